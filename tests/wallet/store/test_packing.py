"""Long records are written shorter, come back as they were, and short ones stay as they are."""

import json
import random
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from wallet.dids.peer import create4
from wallet.errors import Corrupt
from wallet.keys import Curve, create
from wallet.store.change import Change, Peer
from wallet.store.packing import LEAST, MOST, PARTED, WHOLE, packed, unpacked
from wallet.store.phrases import PHRASES
from wallet.store.sqlite import FileStore
from wallet.vault import STEP, Vault


def text(size: int) -> bytes:
    """A record of JSON that repeats itself, of so many bytes or a few more."""
    lines = json.dumps(
        {"messages": [{"from": "did:peer:4zQm", "body": {"number": each}} for each in range(size // 80)]}
    )
    return msgspec.msgpack.encode((lines.ljust(size),))


@pytest.mark.parametrize("table", ["thread", "log"])
@pytest.mark.parametrize("size", [0, 1, LEAST - 9, LEAST, 5000, 20_000, MOST - 9, MOST, MOST + 1])
def test_a_record_comes_back_as_it_was(table: str, size: int) -> None:
    record = text(size)

    assert unpacked(packed(table, record)) == record


@pytest.mark.parametrize("table", ["thread", "log"])
def test_random_bytes_come_back_and_are_never_longer(table: str) -> None:
    source = random.Random(7)

    for size in (*range(LEAST, LEAST + 40), 4096, MOST - 3):
        record = msgspec.msgpack.encode(source.randbytes(size - 3))
        assert unpacked(packed(table, record)) == record
        assert len(packed(table, record)) <= len(record)


def test_only_long_records_are_packed() -> None:
    assert packed("thread", text(LEAST - 100)) == text(LEAST - 100)
    assert packed("thread", text(MOST + 100)) == text(MOST + 100)
    assert packed("thread", text(4000))[:2] == WHOLE
    assert len(packed("thread", text(4000))) < 1000


def long_did() -> str:
    """The long form of a DID: its document, keys and all, in base58."""
    return create4(create(Curve.ED25519).public, create(Curve.X25519).public)


@pytest.mark.parametrize("dids", [(1,), (1, 1, 1), (1, 2, 1, 3), (1, 2, 3, 4, 5)])
def test_long_dids_come_back_as_they_were_and_stand_there_once(dids: tuple[int, ...]) -> None:
    known = {each: long_did() for each in dids}
    record = msgspec.msgpack.encode((json.dumps({"to": [known[each] for each in dids]}).ljust(LEAST),))

    short = packed("log", record)

    assert short[:2] == PARTED
    assert unpacked(short) == record
    assert len(short) < 60 + 200 * len(known) < len(packed("thread", record))


@pytest.mark.parametrize("run", ["1" * 300, "z" * 300, "11" + "A" * 300, "9" * 4096, "9" * 5000, "A" * 300 + "0"])
def test_what_only_looks_like_a_long_did_comes_back_too(run: str) -> None:
    record = msgspec.msgpack.encode(f"did:peer:4zQm:z{run} and:z{run}".ljust(LEAST))

    assert unpacked(packed("log", record)) == record


def test_a_way_of_packing_that_this_program_does_not_know_is_said_to_be_so() -> None:
    newer = WHOLE[:1] + b"\x03" + packed("thread", text(4000))[2:]

    with pytest.raises(Corrupt, match="Install the newer program"):
        unpacked(newer)


def test_no_more_is_inflated_than_a_record_may_have() -> None:
    claimed = WHOLE + (2 * MOST + 1).to_bytes(4, "big") + packed("thread", text(4000))[6:]

    with pytest.raises(Corrupt):
        unpacked(claimed)
    assert len(unpacked(WHOLE + (10).to_bytes(4, "big") + packed("thread", text(4000))[6:])) == 10


def test_the_phrases_are_those_that_files_were_written_with() -> None:
    assert sha256(PHRASES).hexdigest() == "07c72b8acda58c43aaf059908ccb4b3261c7754ed41d5251af19e978d8038068"


async def test_a_long_record_takes_less_of_the_file_and_says_the_same(tmp_path: Path) -> None:
    store = FileStore.create(tmp_path / "wallet", Vault.create(bytes(32)))
    record = text(4000)

    await store.apply(Change("did:example:her", relationship=Peer("did:example:her", 0, ("did:example:her",), record)))

    kept = store.peer("did:example:her")
    assert kept is not None
    assert kept.record == record
    [(size,)] = store.read(lambda tx: tx.rows("SELECT length(sealed) FROM peer"))
    assert size < 4 * STEP
    assert store.verify() == ()
    store.close()
