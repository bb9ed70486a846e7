"""Sets the stage, plays the story, and clears up: whatever happens, no agent is left behind unless it is to be kept."""

import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from scripts._demo.actors import Actor, free_ports, private
from scripts._demo.story import Story
from scripts._demo.telling import NotSo, Teller

WELCOME = (
    "A customer, a town library and a bookshop: three agents on this computer, each in a process of its own with a"
    " wallet of its own. They talk over HTTP, encrypted. DEVELOPMENT MODE: no TLS, so no real domains, and nothing that"
    " may be reached from elsewhere."
)


def play(*, as_json: bool, keep: bool) -> int:
    """The whole story. Returns 0 if everything was as it should be."""
    tell = Teller(as_json)
    stage = Path(tempfile.mkdtemp(prefix="freerange-demo-"))
    actors = cast(stage)
    story = Story(tell, *actors)
    ok = False
    try:
        tell.told(WELCOME)
        story.play()
        bundles = evidence(story, stage)
        if not keep:
            stopped = [each.stop() for each in actors]
            tell.did("all three", "stop in order")
            tell.sure("each ended with status 0", stopped == [0, 0, 0], stopped)
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


def cast(stage: Path) -> tuple[Actor, Actor, Actor]:
    """The three, with ports of their own; she has a passphrase, the vendors a key file each."""
    ports = [f"127.0.0.1:{port}" for port in free_ports(6)]
    passphrase = private(stage / "her-passphrase", secrets.token_urlsafe(18) + "\n")
    she = Actor("she", stage / "her", ports[0], ports[1], ("--passphrase-file", str(passphrase)))
    library = Actor("Town Library", stage / "library", ports[2], ports[3], ("--key-file", str(stage / "library.key")))
    bookshop = Actor("Bookshop", stage / "bookshop", ports[4], ports[5], ("--key-file", str(stage / "bookshop.key")))
    return she, library, bookshop


def evidence(story: Story, stage: Path) -> dict[str, str]:
    """She saves the evidence of her two agreements. Returns a file by vendor."""
    files: dict[str, str] = {}
    for vendor, record in story.records.items():
        file = stage / f"{vendor.lower().replace(' ', '-')}.json"
        file.write_text(story.she.run("terms", "evidence", record))
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
