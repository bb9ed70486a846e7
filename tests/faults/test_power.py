"""The power fails at any moment: what was acknowledged is there, whole, and the wallet opens. Promise P5."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.power import Connection, Disk, Event, Image, Recorder, Sync, Told
from tests.promises import Promise
from wallet.errors import Corrupt
from wallet.store import file
from wallet.store.change import Change, Entry, Heard, Item, Outgoing
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.vault import Vault

KEY = bytes(32)
LANES = 4
CHECKPOINT = 60  # pages, so that there are many checkpoints
EACH = 5  # images at each moment


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Everything the store writes, in order."""
    made = Recorder()
    yield made
    made.unregister()


def connecting(monkeypatch: pytest.MonkeyPatch, synchronous: str) -> None:
    """Have the store use recorded connections, which are set up as its own are."""

    def connect(path: Path, *, writes: bool) -> Connection:
        made = Connection(path)
        if writes:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute(f"PRAGMA synchronous = {synchronous}")
            made.execute("PRAGMA foreign_keys = ON")
            made.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
        return made

    monkeypatch.setattr(file, "connect", connect)


def durability() -> str:
    """How the program has SQLite synchronise."""
    [line] = [text for text in Path(file.__file__).read_text().splitlines() if "PRAGMA synchronous" in text]
    return line.partition("= ")[2].partition('"')[0]


async def work(store: Store, events: list[Event], changes: int) -> None:
    """Store numbers, each in a change that touches many tables; take some messages out again, and forget."""

    async def lane(number: int) -> None:
        for turn in range(changes // LANES):
            id = number + LANES * turn
            await store.apply(change(id, number))
            events.append(Told(id))
            if turn % 7 == 6:
                await store.retry_outgoing(f"peer-{number}", str(id), due=id + 60, record=bytes(300))
            if turn % 11 == 10:
                await store.save_header()

    await asyncio.gather(*map(lane, range(LANES)))


def change(id: int, lane: int) -> Change:
    """One number."""
    return Change(
        f"peer-{lane}",
        heard=Heard(str(id), b"", 10**9),
        log=(Entry("t1", str(id), False, id, bytes(id % 900)),),
        keep=(Item("key", str(id), b"key"),),
        send=(Outgoing(str(id), "t1", id, 10**9, b"message"),),
    )


async def recorded(folder: Path, recorder: Recorder, changes: int) -> Image:
    """Write that much, and return what the files were before."""
    path = folder / "wallet.db"
    store = FileStore.open(path)
    await store.unlock(KEY)
    before = contents(folder)
    recorder.events.clear()
    await work(store, recorder.events, changes)
    store.close()
    return before


def contents(folder: Path) -> Image:
    """The files of a wallet, but for what SQLite keeps in memory."""
    return {each.name: each.read_bytes() for each in folder.glob("wallet.db*") if "-shm" not in each.name}


def remains(folder: Path, image: Image, told: set[int]) -> list[str]:
    """What is wrong with what the power left, opened by the program as it is."""
    for each in folder.glob("*"):
        each.unlink()
    for name, content in image.items():
        if not name.endswith(".lock"):
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
    try:
        store = FileStore.open(folder / "wallet.db")
    except (OSError, Corrupt) as fault:
        return [f"it does not open: {fault}"]
    try:
        store.vault.unlock(KEY)
        return [*unsound(folder / "wallet.db"), *store.verify(), *missing(store, told)]
    finally:
        store.close()


def unsound(path: Path) -> list[str]:
    """What SQLite finds wrong."""
    connection = sqlite3.connect(path)
    found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check")]
    connection.close()
    return [] if found == ["ok"] else found


def missing(store: Store, told: set[int]) -> list[str]:
    """What was acknowledged and is not there, and what is there in part."""
    logged = {int(entry.id) for lane in range(LANES) for entry in store.log(f"peer-{lane}", "t1")}
    kept = {int(item.id) for item in store.items("key")}
    counts = store.counts()
    lost = [f"{number} was acknowledged, and is lost" for number in sorted(told - kept)]
    half = (
        [] if logged == kept and counts["heard"] == counts["outgoing"] == len(kept) else ["a change is there in part"]
    )
    return lost + half


def found(folder: Path, before: Image, events: list[Event], images: int, seed: int) -> Iterator[str]:
    """What is wrong in so many images, made before every sync, as long as there are any left to make, and at random."""
    folder.mkdir()
    source, disk = random.Random(seed), Disk(before)
    syncs = [at for at, event in enumerate(events) if isinstance(event, Sync)]
    chosen = set(source.sample(syncs, min(len(syncs), images // (2 * EACH))))
    others = [at for at in range(len(events)) if at not in chosen]
    chosen |= set(source.sample(others, images // EACH - len(chosen)))
    for at, event in enumerate(events):
        if at in chosen:
            for number, image in enumerate(disk.images(source, EACH)):
                yield from (f"event {at}, image {number}: {words}" for words in remains(folder, image, disk.told))
        disk.happen(event)


@pytest.mark.parametrize("images", [100, pytest.param(2000, marks=pytest.mark.full)])
async def test_what_was_acknowledged_survives_a_loss_of_power(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, images: int, promise: Promise
) -> None:
    FileStore.create(tmp_path / "wallet.db", Vault.create(KEY)).close()
    with monkeypatch.context() as patched:
        connecting(patched, durability())
        before = await recorded(tmp_path, recorder, changes=120 + images // 10)

    wrong = list(found(tmp_path / "left", before, recorder.events, images, seed=images))

    assert wrong == []
    assert sum(isinstance(event, Sync) and event.file == "wallet.db" for event in recorder.events) > 3
    promise(
        "P5",
        what="images of what a loss of power leaves: what was not synced is missing or torn, in any part",
        size=images,
        result="0 lost, all open",
        control="the same with synchronous=NORMAL",
        each="image",
    )


async def test_without_a_sync_at_every_commit_rows_are_lost(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    FileStore.create(tmp_path / "wallet.db", Vault.create(KEY)).close()
    with monkeypatch.context() as patched:
        connecting(patched, "NORMAL")
        before = await recorded(tmp_path, recorder, changes=120)

    wrong = list(found(tmp_path / "left", before, recorder.events, 100, seed=1))

    assert any("is lost" in words for words in wrong)
    assert not any("open" in words or "part" in words for words in wrong)
