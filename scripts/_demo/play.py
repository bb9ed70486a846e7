"""Sets the stage, plays the story, and clears up: whatever happens, no agent is left behind unless it is to be kept."""

import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from agent.transports.ports import free_port
from scripts._demo.actors import Actor, private
from scripts._demo.market import Market
from scripts._demo.story import Story
from scripts._demo.telling import NotSo, Teller

VENDORS = ("Town Library", "Bookshop", "Grocer", "Bicycle Shop")
WHO = {
    False: "A customer and four vendors, each vendor with a small CRM: five agents",
    True: "A customer, a town library and a bookshop: three agents",
}
WELCOME = (
    "{} on this computer, each in a process of its own with a wallet of its own. They talk over HTTP, encrypted."
    " DEVELOPMENT MODE: no TLS, so no real domains, and nothing that may be reached from elsewhere."
)


def play(*, as_json: bool, keep: bool, short: bool) -> int:
    """The story, or the short one. Returns 0 if everything was as it should be."""
    tell = Teller(as_json)
    stage = Path(tempfile.mkdtemp(prefix="freerange-demo-"))
    actors = cast(stage, VENDORS[: 2 if short else None])
    story = Story(tell, *actors) if short else Market(tell, *actors)
    ok = False
    try:
        tell.told(WELCOME.format(WHO[short]))
        story.play()
        bundles = evidence(story, stage)
        if not keep:
            stopped = [each.stop() for each in actors]
            tell.did("everybody", "stops in order")
            tell.sure("each ended with status 0", set(stopped) == {0}, stopped)
        story.verify(bundles)
        ok = True
        tell.end(True, f"All {tell.proved} things that had to be so were so.")
    except (NotSo, OSError) as fault:
        tell.end(False, f"This is not what it should be: {fault}")
        print(f"The agents' logs and wallets are in {stage}", file=sys.stderr)
    except KeyboardInterrupt:
        tell.end(False, "Stopped.")
    finally:
        if keep and ok:
            leave(tell, actors)
        else:
            for each in actors:
                each.stop()
            if ok:
                shutil.rmtree(stage)
    return 0 if ok else 1


def cast(stage: Path, vendors: tuple[str, ...]) -> tuple[Actor, ...]:
    """Everybody, with ports of their own; she has a passphrase, the vendors a key file each. She comes first."""
    passphrase = private(stage / "her-passphrase", secrets.token_urlsafe(18) + "\n")
    ports = [f"127.0.0.1:{free_port()}" for _ in range(2 + 2 * len(vendors))]
    cast = [Actor("she", stage / "her", ports[0], ports[1], ("--passphrase-file", str(passphrase)))]
    for place, name in enumerate(vendors, 1):
        home = stage / name.split()[-1].lower()
        opens = ("--key-file", str(home.with_suffix(".key")))
        cast.append(Actor(name, home, ports[2 * place], ports[2 * place + 1], opens))
    return tuple(cast)


def evidence(story: Story, stage: Path) -> dict[str, str]:
    """She saves what proves what was agreed. Returns a file by vendor."""
    files: dict[str, str] = {}
    for vendor in story.records:
        file = stage / f"{vendor.lower().replace(' ', '-')}.json"
        file.write_text(story.prove_to_others(vendor))
        files[vendor] = str(file)
    return files


def leave(tell: Teller, actors: tuple[Actor, ...]) -> None:
    """Say how to talk to the agents, and how to stop them."""
    command = Path(sys.executable).with_name("freerange")
    freerange = str(command) if command.exists() else f"{sys.executable} -m agent"
    tell.told("The agents keep running. Talk to them, for example:")
    for each in actors:
        tell.typed(f"{freerange} --home {each.home} peers")
    tell.told("Stop them, and forget everything:")
    pids = " ".join(str(each.process.pid) for each in actors if each.process)
    tell.typed(f"kill {pids}; rm -r {actors[0].home.parent}")
