"""Commands: backup, export, import, passphrase: what keeps a wallet from being lost, and lets it be moved."""

import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from shlex import quote

import msgspec

from agent import config as configs
from agent.cli import recovery, running, secrets, unlocking
from agent.cli.exits import (
    DAMAGED,
    DAMAGED_HEADER,
    DONE,
    FAILED,
    MISUSED,
    TOO_NEW,
    WRONG_SECRET,
    Command,
    Stopped,
    ending,
)
from agent.cli.talk import reach
from agent.cli.words import count, pairs, tell
from agent.errors import Misconfigured
from wallet import age
from wallet.errors import Corrupt, Locked, Malformed, NotFound, Unsupported


def reading() -> AbstractContextManager[None]:
    """How a command ends that was given a file it cannot use."""
    return ending({Locked: WRONG_SECRET, Malformed: DAMAGED, Corrupt: DAMAGED, Unsupported: TOO_NEW, NotFound: MISUSED})


# -- backup -------------------------------------------------------------------------------------------------------


async def backup(options: Namespace) -> int:
    """Make a back-up, prove one, or make a wallet of one."""
    ways = {"create": create, "verify": verify, "restore": restore, "identity": identity, "forget": forget}
    return await ways.get(options.action, standing)(options)


class Standing(msgspec.Struct, frozen=True):
    """What the agent says of recovery words. Times are Unix seconds, 0 for never."""

    recipient: str | None = None
    since: int = 0
    last: int = 0


async def standing(options: Namespace) -> int:
    """Whether there are recovery words, and when the last back-up was made."""
    async with reach(options) as talk:
        found = msgspec.json.decode(await talk.get("backups"), type=Standing)
    if found.recipient is None:
        tell(["There is no back-up of this wallet. Make one: freerange backup create FILE"])
        return DONE
    last = moment(found.last) if found.last else "never"
    tell(pairs([("words", f"made {moment(found.since)}"), ("last", last), ("for", found.recipient)]))
    return DONE


async def create(options: Namespace) -> int:
    """Write a back-up, of an agent that runs or of a wallet that rests."""
    target = new_file(options.file)
    async with reach(options) as talk:
        if msgspec.json.decode(await talk.get("backups"), type=Standing).recipient is None:
            key = recovery.fresh(options)
            made = {"recipient": age.recipient(age.identity(key)), "slot": age.slot_secret(key)}
            await talk.post("backups", "words", **made)
        said = msgspec.json.decode(await talk.post("backups", file=str(target)), type=dict[str, object])
    tell(
        [
            f"Wrote {target}: {said['records']} records, for the recovery words only.",
            "Take it to another place than this computer, and not where the words are.",
            f"Prove that it is good: freerange backup verify {quote(str(target))}",
        ]
    )
    return DONE


async def verify(options: Namespace) -> int:
    """Open a back-up, read all of it, try every key."""
    from agent import examining

    with reading():
        opens = recovery.identity(options)[0] if examining.is_encrypted(Path(options.file)) else None
        proof = examining.prove(Path(options.file), opens)
    tell(proved(proof.manifest.program, proof.manifest.made_at, proof.counts))
    if proof.unfit or proof.missing:
        wrong = (
            f"{count(len(proof.unfit), 'key')} in it cannot do their work, {count(proof.missing, 'key')} are missing"
        )
        raise Stopped(wrong, "Look the wallet over: freerange doctor. Keep your earlier back-ups.", FAILED)
    tell(["It can be restored: all of it opens, nothing is missing or altered, and every key does its work."])
    return DONE


def proved(program: str, made_at: int, counts: Counter[str]) -> Iterator[str]:
    """What a file holds."""
    yield f"Made {moment(made_at)} by {program}."
    yield from pairs([("holds", ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))])


async def restore(options: Namespace) -> int:
    """Make a wallet of a back-up, under a passphrase of its own."""
    from agent import examining, places, restoring

    folder, file = Path(options.home), Path(options.file)
    if running.has_wallet(folder):
        raise Stopped(
            f"there is a wallet in {folder} already; nothing was changed", "Name another: --home DIR", MISUSED
        )
    with reading():
        opens, slot = recovery.identity(options) if examining.is_encrypted(file) else (None, b"")
        examining.prove(file, opens)  # before a passphrase is chosen for nothing
        secret = secrets.chosen(options)
        with places.password_kept(folder, options.store):
            proof = await restoring.restore(
                folder,
                file,
                opens,
                secret=secret,
                slot=slot,
                now=int(time.time()),
                store=options.store,
                tenant=options.tenant,
            )
    tell(proved(proof.manifest.program, proof.manifest.made_at, proof.counts))
    tell(
        [
            f"The wallet is in {folder}, and opens with its new passphrase or key file. Your relationships go on.",
            "What happened after the back-up was made is not in it: look with `freerange threads`, ask if in doubt.",
            "Never let the old copy run again: the two would contradict each other, and others would notice.",
            f"Now start the agent: freerange serve --home {quote(str(folder))}",
        ]
    )
    return DONE


async def identity(options: Namespace) -> int:
    """Say what the words are for the `age` tool."""
    print(age.identity(recovery.given(options)))
    print("This line opens every back-up. Whoever reads it needs no words.", file=sys.stderr)
    return DONE


async def forget(options: Namespace) -> int:
    """Let the recovery words count no more for what comes."""
    async with reach(options) as talk:
        await talk.post("backups", "words", "forget")
    tell(["The words open this wallet no more. The next back-up makes new ones; earlier ones open with the old ones."])
    return DONE


# -- export and import --------------------------------------------------------------------------------------------


async def export(options: Namespace) -> int:
    """Write everything down in the clear, or for an age recipient; asks for the passphrase though the agent runs."""
    from agent import places
    from agent.backup import create as write

    home, target = Path(options.home), new_file(options.file)
    config = configs.read(home)
    ends = ending({Misconfigured: MISUSED, Malformed: MISUSED, Corrupt: DAMAGED})
    with unlocking.beside(home, options) as vault, ends:
        wallet = partial(places.snapshot, home, config, vault)
        manifest = write(wallet, config, target=target, recipient=options.to, now=int(time.time()))
    tell([f"Wrote {target}: {manifest.records} records, as docs/export-format.md describes."])
    if options.to is None:
        print(
            "YOUR PRIVATE KEYS ARE IN THIS FILE, IN THE CLEAR. Whoever reads it is you, to everybody.", file=sys.stderr
        )
        print("Bring it where it is to go, and destroy it: it does not matter to this program.", file=sys.stderr)
    return DONE


async def take_in(options: Namespace) -> int:
    """Add what a file holds to this wallet; what is there stays as it is."""
    from agent import examining, restoring

    file = Path(options.file)
    with reading():
        opens = recovery.identity(options)[0] if examining.is_encrypted(file) else None
    store = unlocking.open_store(Path(options.home))
    try:
        with ending({Locked: WRONG_SECRET}):
            await unlocking.unlock(store, options)
        with reading():
            _, report = await restoring.add(store, file, opens)
    finally:
        store.close()
    tell([f"Added {added(report.added)}."])
    for what, found in (("here already", report.same), ("of threads that have moved on", report.left)):
        if found:
            tell([f"{count(found.total(), 'record')} {what}; nothing was done about them."])
    if not report.differing:
        return DONE
    tell(f"  {line.__struct_config__.tag} {restoring.called(line)}" for line in report.conflicts)
    raise Stopped(
        f"{count(report.differing.total(), 'record')} of the file differ from what is here; what is here was kept",
        "They are listed above. The file is as it was; restore it to a folder of its own to look at it.",
        FAILED,
    )


def added(found: Counter[str]) -> str:
    """Records by kind, in words."""
    return ", ".join(f"{number} {kind}" for kind, number in sorted(found.items())) or "nothing"


# -- passphrase ---------------------------------------------------------------------------------------------------


async def passphrase(options: Namespace) -> int:
    """Change what opens the wallet, by what opens it now or by the recovery words."""
    from agent.backup import SLOT
    from agent.home import cost

    store = unlocking.open_store(Path(options.home))
    try:
        if options.words or options.words_file is not None:
            with ending({Locked: WRONG_SECRET, Corrupt: DAMAGED_HEADER}):
                await store.unlock(age.slot_secret(recovery.given(options)))
        else:
            with ending({Locked: WRONG_SECRET}):
                await unlocking.unlock(store, options)
        name = next(slot for slot in (store.vault.opened, *store.vault.slots) if slot != SLOT)
        new = secrets.chosen_anew(options)
        with ending({Malformed: MISUSED}):
            await store.replace_secret(name, new, cost(new))
    finally:
        store.close()
    tell(["Changed. Copies of the wallet file that were made before still open with what opened them then."])
    return DONE


def new_file(typed: str) -> Path:
    """A whole path at which there is nothing yet. Raises Stopped."""
    path = Path(typed).absolute()
    if path.exists():
        raise Stopped(f"there is something at {path} already; nothing was written", "Name another file.", MISUSED)
    return path


def moment(at: int) -> str:
    """A time, as this place's clock shows it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


COMMANDS: dict[str, Command] = {
    "backup": backup,
    "export": export,
    "import": take_in,
    "passphrase": passphrase,
}
