"""Pages: the recovery words, back-ups, and taking everything elsewhere."""

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from agent import backup, examining
from agent.web.pages.doorstep import content
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit
from agent.web.pages.proving import prove
from wallet import age, keys
from wallet.errors import Locked, Malformed
from wallet.store.store import Store
from wallet.words import KEY, key_of, words_of

ASKED: Final = 3  # words that she types, so that they are on paper
Drawn = tuple[tuple[str, ...], tuple[int, ...]]
NEW: Final[WeakKeyDictionary[Store, Drawn]] = WeakKeyDictionary()
"""Words that are shown and do not count yet, with the places that are asked for. In memory, until the agent stops."""
SAID: Final = {"relationship": "relationships", "credential": "cards", "signed": "signed records", "key": "keys"}


async def standing(visit: Visit) -> Shown:
    """Whether there are recovery words, and when the last back-up was made."""
    return Shown("backup", {"known": await visit.get("/v1/backups"), "proof": None})


async def words(visit: Visit) -> Shown | Go:
    """New recovery words, shown until they count, and some of them asked for."""
    if (await visit.get("/v1/backups"))["recipient"]:
        return Go("/backup")
    made, asked = NEW.setdefault(visit.agent.store, drawn())
    return Shown("words", {"words": made, "asked": asked, "new": "welcome" in visit.query})


def drawn() -> Drawn:
    """New words, and the places of those that are asked for."""
    made = words_of(keys.random_bytes(KEY))
    places = dict.fromkeys(1 + each % len(made) for each in keys.random_bytes(64))
    return made, tuple(sorted(list(places)[:ASKED]))


async def welcome(visit: Visit) -> Shown | Go:
    """The second step of a new wallet."""
    return await words(Visit(visit.agent, {"welcome": "1"}, {}, visit.keeper, visit.session))


async def keep(visit: Visit) -> Go:
    """Let the words count, once she has shown that she wrote them down."""
    if visit.agent.store not in NEW:
        raise Failed(409, "These words are no more. Nothing is kept; look at the page again for new ones.")
    made, asked = NEW[visit.agent.store]
    for place in asked:
        if visit.text(f"word-{place}").lower() != made[place - 1]:
            raise Failed(409, f"Word {place} is another one. Look at your paper. Nothing is kept yet.")
    key = key_of(" ".join(made))
    await visit.post("/v1/backups/words", recipient=age.recipient(age.identity(key)), slot=age.slot_secret(key))
    del NEW[visit.agent.store]
    return Go("/backup", "Your words count now. Make the first back-up.")


async def make(visit: Visit) -> File:
    """A back-up, to be saved by the browser."""
    day = datetime.fromtimestamp(visit.agent.now(), UTC).date().isoformat()
    with tempfile.TemporaryDirectory(dir=visit.agent.store.path.parent) as folder:
        file = Path(folder) / "backup.age"
        await visit.post("/v1/backups", file=str(file))
        return File(f"freerange-{day}.age", "application/octet-stream", await asyncio.to_thread(file.read_bytes))


async def test(visit: Visit) -> Shown:
    """Open a back-up with the words, read all of it, try every key."""
    file = content(visit.form.get("file"))
    if file is None:
        raise Failed(409, "Choose the file of a back-up. Nothing was read.")
    identity = age.identity(key_of(visit.text("words")))
    try:
        proof = await asyncio.to_thread(proved, visit.agent.store.path.parent, file, identity)
    except Locked:
        raise Failed(409, "These words do not open this file. It was made with others, or it is no back-up.") from None
    except Malformed as fault:
        raise Failed(409, f"This file is no good back-up: {fault}") from None
    told = {
        "made_at": proof.manifest.made_at,
        "holds": counted(proof.counts),
        "whole": not (proof.unfit or proof.missing),
    }
    return Shown("backup", {"known": await visit.get("/v1/backups"), "proof": told})


def proved(folder: Path, file: bytes, identity: str) -> examining.Proof:
    """What a back-up was found to be."""
    with tempfile.NamedTemporaryFile(dir=folder) as kept:
        kept.write(file)
        kept.flush()
        return examining.prove(Path(kept.name), identity)


def counted(counts: Counter[str]) -> str:
    """What a back-up holds: what a person has words for, and how much else."""
    known = [f"{counts[kind]} {said}" for kind, said in SAID.items() if counts[kind]]
    return ", ".join([*known, f"{sum(counts.values())} entries in all"])


async def forget(visit: Visit) -> Go:
    """Let the recovery words count no more for what comes."""
    await prove(visit, visit.text("passphrase"), "recovery words forgotten")
    await visit.post("/v1/backups/words/forget")
    return Go("/backup", "The words open this wallet no more. Earlier back-ups still open with them.")


async def export(visit: Visit) -> File:
    """Everything, in the clear, for other software."""
    await prove(visit, visit.text("passphrase"), "export")
    store = visit.agent.store
    with tempfile.TemporaryDirectory(dir=store.path.parent) as folder:
        file = Path(folder) / "export.jsonl"
        write = partial(backup.create, target=file, recipient=None, now=visit.agent.now())
        await asyncio.to_thread(write, store.snapshot, visit.agent.config)
        return File("freerange-export.jsonl", "application/jsonl", await asyncio.to_thread(file.read_bytes))


PAGES = (
    Page("GET", "/backup", standing),
    Page("GET", "/backup/words", words),
    Page("GET", "/welcome", welcome),
    Page("POST", "/backup/words", keep),
    Page("POST", "/backup/make", make),
    Page("POST", "/backup/test", test),
    Page("POST", "/backup/forget", forget),
    Page("POST", "/backup/export", export),
)
