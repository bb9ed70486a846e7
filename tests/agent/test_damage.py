"""A damaged byte in a wallet or in a back-up is noticed before it is used. Promise P16; cases SR-03, SR-04, SR-07."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from agent import backup, examining
from agent.agent import Agent
from agent.cli import unlocking
from agent.cli.exits import Stopped
from tests.agent.released import lines
from tests.agent.rich import rich
from tests.agent.world import World
from tests.promises import Promise
from wallet import age, slots
from wallet.backup import Intake, Manifest
from wallet.errors import Locked, WalletError
from wallet.slots import CHEAP, Argon2
from wallet.store.file import PAGE_SIZE
from wallet.store.sqlite import FileStore
from wallet.vault import Header, Vault

PASSPHRASE = "a passphrase for tests only"
IDENTITY = age.identity(bytes(32))
SIZES = [100, pytest.param(1000, marks=pytest.mark.full)]


async def filled(world: World) -> Path:
    """A wallet with everything in it, at rest."""
    her, library = await rich(world)
    await world.close()
    world.agents.clear()
    library.store.close()
    return her.store.path


def flipped(whole: bytes, position: int) -> bytes:
    """The same with one bit the other way."""
    return whole[:position] + bytes((whole[position] ^ 1 << position % 8,)) + whole[position + 1 :]


def reading(path: Path) -> object:
    """Everything a wallet says: what `doctor` and an export see. Raises if anything is found wrong.

    When to try a message next is a plan, and not sealed: at worst it is tried at another time.
    """
    store = FileStore.open(path)
    try:
        store.vault.unlock(PASSPHRASE)
        faults = store.verify()
        if faults:
            raise ValueError(faults[0])
        return [{key: value for key, value in line.items() if key != "due"} for line in lines(store)]
    finally:
        store.close()


def misses(path: Path, damaged: bytes, expected: object, read: Callable[[Path], object] = reading) -> bool:
    """Whether damage changes what is read, and nothing says so."""
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    path.write_bytes(damaged)
    try:
        return read(path) != expected
    except (WalletError, OSError, ValueError):
        return False


@pytest.mark.parametrize("flips", SIZES)
async def test_a_flipped_bit_of_a_wallet_is_noticed_or_has_no_effect(
    world: World, flips: int, promise: Promise
) -> None:
    path = await filled(world)
    whole, expected, source = path.read_bytes(), reading(path), random.Random(flips)
    used = [position for position, byte in enumerate(whole) if byte]

    missed = [place for place in source.sample(used, flips) if misses(path, flipped(whole, place), expected)]

    assert missed == []
    promise(
        "P16", what="bits flipped in a wallet", size=flips, result="0 used", each="flip",
        control="a reader that takes records without checking them",
    )  # fmt: skip


async def test_a_reader_that_checks_nothing_would_be_found_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await filled(world)
    with closing(sqlite3.connect(path, isolation_level=None)) as thief:
        thief.execute("UPDATE timer SET at = at + 1")
    altered = path.read_bytes()
    unseal = Vault.unseal

    def careless(self: Vault, table: str, id: bytes, revision: int, tags: bytes, sealed: bytes) -> bytes:
        if table == "timer":
            tags = msgspec.msgpack.encode([each - 1 for each in msgspec.msgpack.decode(tags)])
        return unseal(self, table, id, revision, tags, sealed)

    assert not misses(path, altered, None)
    monkeypatch.setattr(Vault, "unseal", careless)
    assert misses(path, altered, None)


@pytest.mark.parametrize("flips", SIZES)
async def test_a_flipped_bit_of_a_back_up_is_noticed(
    world: World, tmp_path: Path, flips: int, promise: Promise
) -> None:
    files = await both(world, tmp_path)
    source = random.Random(flips)

    for file, identity in files:
        whole = file.read_bytes()
        for place in source.sample(range(len(whole)), flips // len(files)):
            file.write_bytes(flipped(whole, place))
            with pytest.raises(WalletError):
                pytest.fail(f"{file.name}, bit {place}: {examining.prove(file, identity).counts}")
    promise(
        "P16", what="bits flipped in back-ups and exports", size=flips, result="0 used", each="flip",
        control="a reader that does not look at the trailer",
    )  # fmt: skip


async def both(world: World, tmp_path: Path) -> tuple[tuple[Path, str | None], ...]:
    """A back-up and an export of one wallet, with what opens them."""
    her, _ = await rich(world)
    store, made = her.store, []
    for name, identity in (("her.age", IDENTITY), ("her.jsonl", None)):
        to = age.recipient(identity) if identity else None
        backup.create(store.snapshot, her.config, target=tmp_path / name, recipient=to, now=1)
        made.append((tmp_path / name, identity))
    return tuple(made)


async def test_a_reader_that_does_not_look_at_the_trailer_would_be_found_out(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (file, _) = await both(world, tmp_path)
    file.write_bytes(file.read_bytes().replace(b"Late", b"Lady").replace(b"Given up", b"Given in"))
    with pytest.raises(WalletError):
        examining.prove(file, None)

    def trusting(self: Intake) -> Manifest:
        assert self.manifest is not None
        return self.manifest

    monkeypatch.setattr(Intake, "close", trusting)
    assert examining.prove(file, None).counts.total() > 20


# -- the header ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flips", [60, pytest.param(0, marks=pytest.mark.full)])
async def test_a_flipped_bit_of_the_header_is_told_from_a_wrong_passphrase(world: World, flips: int) -> None:
    path = await filled(world)
    connection = sqlite3.connect(path, isolation_level=None)
    ((header,),) = connection.execute("SELECT value FROM meta WHERE name = 'header'")
    places = range(len(header)) if not flips else random.Random(1).sample(range(len(header)), flips)

    for place in places:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'header'", (flipped(header, place),))
        with pytest.raises(Stopped) as stopped:
            unlocking.open_store(path.parent)
        assert stopped.value.code == 11, place
    connection.close()


async def test_a_header_altered_together_with_its_digest_opens_nothing(world: World) -> None:
    her, _ = await rich(world)
    header = her.store.vault.header

    for place in range(0, len(header), 7):
        with pytest.raises((WalletError, ValueError)):
            Vault(flipped(header, place)).unlock(PASSPHRASE)


@pytest.mark.parametrize(
    "cost", [Argon2(8, 3, 4), Argon2(64 * 1024**2, 3, 4), Argon2(131072, 0, 4), Argon2(131072, 3, 99)]
)
def test_a_derivation_made_too_cheap_or_too_dear_is_refused_before_it_is_done(cost: Argon2) -> None:
    header = msgspec.json.decode(Vault.create(PASSPHRASE, CHEAP).header, type=Header)
    slot = msgspec.structs.replace(header.slots[0], kdf=cost)

    with pytest.raises(WalletError, match="Nothing was derived"):
        Vault(msgspec.json.encode(msgspec.structs.replace(header, slots=(slot,))))


def test_a_cost_within_bounds_that_was_altered_opens_nothing() -> None:
    header = msgspec.json.decode(Vault.create(PASSPHRASE, CHEAP).header, type=Header)
    slot = msgspec.structs.replace(header.slots[0], kdf=slots.Argon2(19 * 1024, 1, 1))

    with pytest.raises(Locked):
        Vault(msgspec.json.encode(msgspec.structs.replace(header, slots=(slot,)))).unlock(PASSPHRASE)


# -- pages and logs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.full)])
async def test_a_file_cut_at_any_page_or_with_a_page_of_zeros_is_noticed(world: World, step: int) -> None:
    path = await filled(world)
    whole, expected = path.read_bytes(), reading(path)
    pages = range(0, len(whole), PAGE_SIZE)

    for at in pages[::step]:
        assert not misses(path, whole[:at], expected), f"cut at {at}"
        zeroed = whole[:at] + bytes(PAGE_SIZE) + whole[at + PAGE_SIZE :]
        assert not misses(path, zeroed, expected), f"zeros at {at}"


async def test_a_log_that_is_missing_or_of_another_wallet_never_gives_a_mixture(world: World, tmp_path: Path) -> None:
    her, library = await rich(world)
    states = [copied(her, tmp_path / "1")]
    await world.settle()
    await world.tick(10)
    states.append(copied(her, tmp_path / "2"))
    theirs = copied(library, tmp_path / "theirs")
    states.append(theirs)  # its log holds all of that wallet: whoever finds it finds the whole of another

    wholly = [
        reading(shutil.copytree(each.parent, tmp_path / f"read {n}") / each.name) for n, each in enumerate(states)
    ]
    for number, (database, log) in enumerate([(0, None), (1, None), (0, theirs), (1, theirs), (0, states[1])]):
        folder = tmp_path / f"mixed {number}"
        folder.mkdir(mode=0o700)
        shutil.copy2(states[database], folder)
        if log is not None:
            shutil.copy2(f"{log}-wal", folder / "wallet.db-wal")
            shutil.copy2(f"{log}-shm", folder / "wallet.db-shm")
        try:
            found = reading(folder / "wallet.db")
        except (WalletError, OSError, ValueError):
            continue
        assert found in [*wholly, reading_of_the_database_alone(states[database], folder)]


def copied(agent: Agent, folder: Path) -> Path:
    """A wallet as it lies on the disk while its agent runs: the file, and its log beside it."""
    folder.mkdir(mode=0o700)
    for suffix in ("", "-wal", "-shm"):
        shutil.copy2(f"{agent.store.path}{suffix}", folder)
    return folder / agent.store.path.name


def reading_of_the_database_alone(path: Path, folder: Path) -> object:
    """What the file says without its log: the state of its last checkpoint."""
    alone = folder / "alone"
    alone.mkdir(mode=0o700)
    shutil.copy2(path, alone)
    return reading(alone / path.name)
