"""What a mediator holds: in order, once, within bounds, and counted right whatever happens."""

import random
import sqlite3
from dataclasses import dataclass, field
from functools import partial

import pytest

from wallet.store import checks, held, mediation
from wallet.store.change import Item
from wallet.store.held import Arriving, Fate, Held, Limits, Taken
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction

ANN, BOB = "did:peer:4zAnn", "did:peer:4zBob"
MAIN, OTHER, BOBS = "did:example:main", "did:example:other", "did:example:bobs"
NOW, LATER = 1000, 9000
LIMITS = Limits()


async def opened(store: Store) -> Store:
    """Two accounts; the first has two DIDs."""

    def fill(tx: Transaction) -> None:
        for peer, dids in ((ANN, (MAIN, OTHER)), (BOB, (BOBS,))):
            mediation.grant(tx, peer=peer, key=Item("note", peer, b""), now=1)
            for did in dids:
                mediation.register(tx, peer=peer, did=did)

    await store.write(fill)
    return store


@pytest.fixture
async def office(store: Store) -> Store:
    """A mediator that holds nothing yet."""
    return await opened(store)


async def hold(
    store: Store,
    *packed: bytes,
    to: str = MAIN,
    sender: str = "",
    at: int = NOW,
    due: int = 0,
    expires: int = LATER,
    limits: Limits = LIMITS,
) -> Taken:
    row = Arriving(to, packed, sender, at, due or at, expires)
    return await store.write(partial(held.hold, row=row, limits=limits))


def handed(
    store: Store, account: str = ANN, to: str | None = None, *, now: int = NOW, most: int = 100, size: int = 10**9
) -> tuple[Held, ...]:
    return store.read(partial(held.deliverable, account=account, recipient=to, now=now, most=most, most_bytes=size))


def contents(rows: tuple[Held, ...]) -> list[bytes]:
    return [each.packed for each in rows]


def waiting(store: Store, account: str = ANN, to: str | None = None, now: int = NOW) -> tuple[int, int]:
    found = store.read(partial(held.waiting, account=account, recipient=to, now=now))
    return found.messages, found.bytes


async def received(store: Store, *ids: str, account: str = ANN) -> int:
    return await store.write(partial(held.received, account=account, ids=ids))


async def test_messages_are_handed_out_in_the_order_they_came_until_they_are_received(office: Store) -> None:
    for text in (b"1", b"2", b"3"):
        assert (await hold(office, text)).fate is Fate.HELD
    rows = handed(office)

    assert contents(rows) == [b"1", b"2", b"3"]
    assert handed(office) == rows
    assert await received(office, rows[1].id) == 1
    assert contents(handed(office)) == [b"1", b"3"]
    assert waiting(office) == (2, 2)


async def test_each_recipient_is_counted_and_handed_out_by_itself_and_together(office: Store) -> None:
    await hold(office, b"main")
    await hold(office, b"other!", to=OTHER)
    await hold(office, b"bobs", to=BOBS)

    assert [contents(handed(office, to=to)) for to in (MAIN, OTHER, None)] == [
        [b"main"],
        [b"other!"],
        [b"main", b"other!"],
    ]
    assert [waiting(office, to=to) for to in (MAIN, OTHER, None)] == [(1, 4), (1, 6), (2, 10)]
    assert contents(handed(office, to=BOBS)) == []
    assert waiting(office, to=BOBS) == (0, 0)


async def test_the_same_bytes_are_held_once_for_one_recipient_and_again_once_they_were_received(office: Store) -> None:
    first = await hold(office, b"same")
    assert await hold(office, b"same") == Taken(Fate.REPEATED, ANN)
    assert (await hold(office, b"same", to=OTHER)).ids != first.ids
    assert waiting(office, to=MAIN) == (1, 4)

    await received(office, *first.ids)
    assert (await hold(office, b"same")).ids == first.ids


async def test_what_comes_again_is_held_until_the_later_of_both_ends(office: Store) -> None:
    await hold(office, b"x", expires=NOW + 10)
    assert (await hold(office, b"x", expires=NOW + 5)).fate is Fate.REPEATED
    assert (await hold(office, b"x", expires=NOW + 50)).fate is Fate.REPEATED
    assert contents(handed(office, now=NOW + 49)) == [b"x"]

    again = await hold(office, b"x", at=NOW + 60, expires=NOW + 90)  # expired, and not swept yet

    assert (again.fate, len(again.ids)) == (Fate.HELD, 1)
    assert contents(handed(office, now=NOW + 89)) == [b"x"]
    assert office.verify() == ()
    assert office.read(held.recount)


async def test_several_messages_of_one_forward_are_held_together_or_not_at_all(office: Store) -> None:
    tight = Limits(messages=2)

    assert (await hold(office, b"1", b"2", b"3", limits=tight)).fate is Fate.FULL
    assert waiting(office) == (0, 0)
    assert len((await hold(office, b"1", b"2", limits=tight)).ids) == 2


async def test_nothing_is_held_for_who_is_not_registered(office: Store) -> None:
    assert await hold(office, b"x", to="did:example:nobody") == Taken(Fate.UNKNOWN)
    assert office.counts()["held"] == 0


async def test_an_unknown_recipient_costs_a_commit_as_a_known_one_does(office: Store) -> None:
    """MD-05: nobody can tell by the clock who is registered."""

    def version() -> int:
        return office.read(checks.version)

    before = version()
    await hold(office, b"x", to="did:example:nobody")
    unknown = version()
    await hold(office, b"x")
    known = version()

    assert before != unknown != known


async def test_one_recipient_has_room_for_so_many_messages_and_so_many_bytes(office: Store) -> None:
    limits = Limits(messages=3, bytes=10)

    assert (await hold(office, b"x" * 11, limits=limits)).fate is Fate.FULL
    assert (await hold(office, b"x" * 8, limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"yyy", limits=limits)).fate is Fate.FULL
    assert (await hold(office, b"y", limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"z", limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"", limits=limits)).fate is Fate.FULL
    assert (await hold(office, b"there is room for another", to=OTHER)).fate is Fate.HELD


async def test_a_sender_who_is_known_has_its_share_and_no_more(office: Store) -> None:
    limits = Limits(from_one=2)
    for text in (b"1", b"2"):
        await hold(office, text, sender="did:example:flood", limits=limits)

    assert (await hold(office, b"3", sender="did:example:flood", limits=limits)).fate is Fate.FULL
    assert (await hold(office, b"3", sender="did:example:flood", to=OTHER, limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"4", sender="did:example:friend", limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"5", limits=limits)).fate is Fate.HELD

    await received(office, handed(office)[0].id)
    assert (await hold(office, b"3", sender="did:example:flood", limits=limits)).fate is Fate.HELD


async def test_when_all_is_full_whoever_has_less_than_its_share_still_has_room(office: Store) -> None:
    limits = Limits(in_all=100)
    await hold(office, b"x" * 90, limits=limits)

    assert (await hold(office, b"y" * 20, limits=limits)).fate is Fate.FULL  # MAIN has more than its share
    assert (await hold(office, b"y" * 20, to=BOBS, limits=limits)).fate is Fate.HELD
    assert (await hold(office, b"z" * 40, to=BOBS, limits=limits)).fate is Fate.FULL


async def test_the_default_limits_are_those_that_are_documented() -> None:
    assert Limits() == Limits(messages=1000, bytes=64 * 1024**2, from_one=200, in_all=8 * 1024**3)


async def test_a_delivery_has_so_many_messages_and_so_many_bytes_but_one_at_least(office: Store) -> None:
    for text in (b"a" * 10, b"b" * 10, b"c" * 10):
        await hold(office, text)

    assert len(handed(office, most=2)) == 2
    assert len(handed(office, size=25)) == 2
    assert len(handed(office, size=1)) == 1


async def test_what_is_to_wait_or_has_expired_is_neither_handed_out_nor_counted(office: Store) -> None:
    await hold(office, b"now")
    await hold(office, b"late", due=NOW + 60)
    await hold(office, b"short", expires=NOW + 30)
    seen = {now: (waiting(office, now=now), contents(handed(office, now=now))) for now in (NOW, NOW + 30, NOW + 60)}

    assert seen == {
        NOW: ((2, 8), [b"now", b"short"]),
        NOW + 30: ((1, 3), [b"now"]),
        NOW + 60: ((2, 7), [b"now", b"late"]),
    }


async def test_the_oldest_and_the_newest_are_told(office: Store) -> None:
    for at in (NOW, NOW + 5, NOW + 9):
        await hold(office, str(at).encode(), at=at)
    found = office.read(partial(held.waiting, account=ANN, recipient=None, now=NOW + 10))

    assert (found.oldest, found.newest) == (NOW, NOW + 9)


async def test_the_sweep_drops_what_has_expired_so_much_at_a_time(office: Store) -> None:
    for number in range(10):
        await hold(office, str(number).encode(), expires=NOW + number)
    sweep = partial(held.sweep, now=NOW + 6, most=5)

    assert [await office.write(sweep) for _ in range(3)] == [5, 2, 0]
    assert contents(handed(office, now=NOW + 6)) == [b"7", b"8", b"9"]
    assert office.read(held.next_expiry) == NOW + 7
    assert office.read(held.recount)


async def test_only_the_owner_lets_go_and_what_is_no_id_does_no_harm(office: Store) -> None:
    [id] = (await hold(office, b"x")).ids

    assert await received(office, id, account=BOB) == 0
    assert await received(office, "", "no-id", id.upper(), "00" * 16, "g" * 32) == 0
    assert await received(office, *[id] * 3, *(f"{number:032x}" for number in range(1000))) == 1


async def test_a_place_is_never_taken_twice(office: Store) -> None:
    """Else what came after all was let go would seem to have been handed over already."""
    await hold(office, b"1")
    newest = office.read(partial(held.newest, account=ANN))
    await received(office, *(each.id for each in handed(office)))

    await hold(office, b"2")

    assert handed(office)[0].place > newest


# -- the counts, whatever happens ---------------------------------------------------------------------------------


@dataclass
class Model:
    """What should be held, by account and recipient: id -> (bytes, due, expires)."""

    held: dict[tuple[str, str], dict[str, tuple[bytes, int, int]]] = field(default_factory=dict)

    def ready(self, account: str, to: str | None, now: int) -> dict[str, bytes]:
        return {
            id: packed
            for (of, did), rows in self.held.items()
            if of == account and to in (None, did)
            for id, (packed, due, expires) in rows.items()
            if due <= now < expires
        }


async def play(store: Store, seed: int, steps: int) -> None:
    """A random program, compared with the model and counted anew after every step."""
    source, model, now = random.Random(seed), Model(), NOW
    owners = {MAIN: ANN, OTHER: ANN, BOBS: BOB}
    for _ in range(steps):
        now += source.randrange(3)
        to = source.choice(list(owners))
        account, rows = owners[to], model.held.setdefault((owners[to], to), {})
        match source.choice(("hold", "hold", "hold", "receive", "sweep", "again")):
            case "hold":
                packed = source.randbytes(source.randrange(1, 40))
                due, expires = now + source.choice((0, 0, 5)), now + source.choice((3, 20, 50))
                sender = source.choice(("", "did:example:sender"))
                limits = Limits(messages=12, bytes=400, from_one=8)
                taken = await hold(store, packed, to=to, sender=sender, at=now, due=due, expires=expires, limits=limits)
                assert taken.fate is (Fate.HELD if taken.ids else Fate.FULL)
                rows.update(dict.fromkeys(taken.ids, (packed, due, expires)))
                assert len(rows) <= limits.messages
            case "again" if rows:
                id, (packed, due, expires) = source.choice(list(rows.items()))
                later = now + source.choice((1, 99))
                taken = await hold(store, packed, to=to, at=now, due=now, expires=later)
                assert taken.fate is (Fate.REPEATED if expires > now else Fate.HELD)
                rows[id] = packed, due, max(expires, later)
            case "receive":
                ids = [id for id in rows if source.random() < 0.4]
                assert await received(store, *ids, *ids, "0" * 32, account=account) == len(ids)
                for id in ids:
                    del rows[id]
            case "sweep":
                over = {id for of in model.held.values() for id, row in of.items() if row[2] <= now}
                assert await store.write(partial(held.sweep, now=now, most=1000)) == len(over)
                for of in model.held.values():
                    for id in over & of.keys():
                        del of[id]
        for who, did in ((ANN, None), (ANN, MAIN), (ANN, OTHER), (BOB, BOBS)):
            ready = model.ready(who, did, now)
            assert {each.id: each.packed for each in handed(store, who, did, now=now)} == ready
            assert waiting(store, who, did, now) == (len(ready), sum(map(len, ready.values())))
        assert store.read(held.recount)


@pytest.mark.parametrize("programs", [8, pytest.param(200, marks=pytest.mark.full)])
async def test_every_count_is_what_counting_anew_gives(office: Store, programs: int) -> None:
    for seed in range(programs):
        await play(office, seed, steps=60)
        await office.write(lambda tx: tx.run("DELETE FROM held"))
        assert office.read(held.recount)


def miscounted(store: FileStore) -> None:
    """As a program would that lets go of a row and forgets to count."""
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("DROP TRIGGER held_less")
    other.close()


async def test_a_count_that_is_wrong_is_found(file_store: FileStore) -> None:
    """The control: the same program finds a store that does not count what it lets go."""
    office = await opened(file_store)
    miscounted(file_store)

    with pytest.raises(AssertionError):
        await play(office, 1, steps=60)
