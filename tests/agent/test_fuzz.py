"""Whatever bytes come, the way in takes them for a bad envelope or drops them, and keeps nothing. ENV-39."""

import random

import pytest

from agent import inbox
from agent.didcomm import plaintext
from agent.errors import BadEnvelope, Dropped
from tests.agent.puppet import HELLO, MEET, Puppet
from tests.agent.world import World, public_did

KINDS = ("random", "cut", "flipped", "spliced", "doubled")


def damaged(source: random.Random, good: bytes) -> bytes:
    """A message in which something is wrong, or bytes that never were one."""
    kind, place = source.choice(KINDS), source.randrange(1, len(good))
    match kind:
        case "random":
            return source.randbytes(place)
        case "cut":
            return good[:place]
        case "flipped":
            return good[:place] + bytes([good[place] ^ (1 << source.randrange(8))]) + good[place + 1 :]
        case "spliced":
            return good[:place] + source.randbytes(source.randrange(1, 40)) + good[place + source.randrange(20) :]
    return good[:place] + good[source.randrange(place) :]


@pytest.mark.parametrize("cases", [600, pytest.param(20_000, marks=pytest.mark.full)])
async def test_damaged_bytes_leave_no_trace(world: World, cases: int) -> None:
    library = await world.add("Town Library", "org")
    source = random.Random(7)
    bad = 0
    stranger = Puppet.make(world)
    good = await stranger.pack(library, stranger.message(f"{MEET}/hello", HELLO, to=public_did(library)))
    before = library.store.counts()

    for _ in range(cases):
        raw = damaged(source, good)
        if raw == good:
            continue
        with pytest.raises((BadEnvelope, Dropped)) as fault:
            await inbox.receive(library, raw)
        bad += fault.type is BadEnvelope

    assert library.store.counts() == before
    assert cases // 50 < bad < cases - cases // 50
    await inbox.receive(library, good)
    assert library.store.counts()["peer"] == 1


@pytest.mark.parametrize("cases", [300, pytest.param(10_000, marks=pytest.mark.full)])
async def test_well_packed_nonsense_from_a_stranger_leaves_no_trace(world: World, cases: int) -> None:
    """The envelope is good; what is in it was damaged before it was packed."""
    library = await world.add("Town Library", "org")
    source, stranger = random.Random(11), Puppet.make(world)
    good = plaintext.write(stranger.message("https://example.com/chess/1.0/move", HELLO, to=public_did(library)))
    before = library.store.counts()

    for _ in range(cases):
        packed = await stranger.pack_raw(library, damaged(source, good), public_did(library))
        with pytest.raises(Dropped):
            await inbox.receive(library, packed)

    assert library.store.counts() == before
