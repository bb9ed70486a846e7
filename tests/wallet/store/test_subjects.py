"""What is written can be read back, by each name it may be asked for."""

from functools import partial
from typing import Any

import msgspec
import pytest

from wallet.errors import NotFound
from wallet.keys import Curve, Keyring, create
from wallet.store import ledger
from wallet.store.change import Change, Entry, Heard, Item, Outcome, Outgoing, Peer, Question, SignedRow, Thread, Timer
from wallet.store.keys import key_item
from wallet.store.outbox import DeadLetter
from wallet.store.store import Store

ANN, BOB = "did:peer:4zAnn", "did:peer:4zBob"


def signed(digest: str, *, ours: bool, seq: int) -> SignedRow:
    return SignedRow(digest, "urn:uuid:" + digest, ours, seq, "t1", 5, b"object " + digest.encode())


async def test_a_relationship_is_found_by_its_name_and_by_any_did_that_speaks_for_it(store: Store) -> None:
    row = Peer(ANN, 0, (ANN, "did:web:ann.example"), b"record")

    await store.apply(Change(ANN, relationship=row))

    stored = msgspec.structs.replace(row, version=1)
    assert store.peer(ANN) == stored
    assert list(store.peers()) == [stored]
    assert {store.peer_of(did) for did in row.dids} == {ANN}
    assert store.peer_of(BOB) is None
    assert store.peer(BOB) is None


async def test_after_a_rotation_only_the_new_did_speaks_for_the_peer(store: Store) -> None:
    await store.apply(Change(ANN, relationship=Peer(ANN, 0, (ANN,), b"")))

    await store.apply(Change(ANN, relationship=Peer(ANN, 1, ("did:peer:4zNew",), b"")))

    assert store.peer_of(ANN) is None
    assert store.peer_of("did:peer:4zNew") == ANN


async def test_a_did_cannot_speak_for_two_peers(store: Store) -> None:
    await store.apply(Change(ANN, relationship=Peer(ANN, 0, (ANN,), b"")))

    outcome = await store.apply(Change(BOB, relationship=Peer(BOB, 0, (BOB, ANN), b"")))

    assert outcome is Outcome.CONFLICT
    assert store.peer(BOB) is None
    assert store.peer_of(ANN) == ANN


async def test_threads_are_found_by_peer_and_thid_and_by_whether_they_are_open(store: Store) -> None:
    await store.apply(Change(ANN, threads=(Thread("t1", 0, True, b"1"), Thread("t2", 0, False, b"2"))))
    await store.apply(Change(BOB, threads=(Thread("t1", 0, True, b"3"),)))

    assert store.thread(ANN, "t1") == Thread("t1", 1, True, b"1")
    assert store.thread(BOB, "t1") == Thread("t1", 1, True, b"3")
    assert store.thread(BOB, "t2") is None
    assert {(peer, each.record) for peer, each in store.threads()} == {(ANN, b"1"), (ANN, b"2"), (BOB, b"3")}
    assert [each.record for _, each in store.threads(ANN, only_open=True)] == [b"1"]


async def test_a_log_keeps_its_order_and_each_line_once(store: Store) -> None:
    lines = tuple(Entry("t1", f"m{n}", n % 2 == 0, 100 - n, b"line %d" % n) for n in range(20))

    await store.apply(Change(ANN, log=lines[:12]))
    await store.apply(Change(ANN, log=lines[8:]))

    assert store.log(ANN, "t1") == lines
    assert store.log(BOB, "t1") == ()


async def test_items_are_found_by_id_peer_and_tag_oldest_first(store: Store) -> None:
    rows = tuple(Item("agreement", f"a{n}", b"%d" % n, (ANN, BOB, "")[n % 3], "red" if n % 2 else "") for n in range(9))

    await store.apply(Change(ANN, keep=rows))

    assert store.item("agreement", "a4") == rows[4]
    assert store.item("invitation", "a4") is None
    assert tuple(store.items("agreement")) == rows
    assert tuple(store.items("agreement", peer=BOB)) == rows[1::3]
    assert tuple(store.items("agreement", peer="")) == rows[2::3]
    assert tuple(store.items("agreement", tag="red")) == rows[1::2]
    assert tuple(store.items("agreement", peer=ANN, tag="red")) == (rows[3],)


async def test_items_are_counted_and_had_in_parts_newest_first(store: Store) -> None:
    rows = tuple(Item("agreement", f"a{n}", b"%d" % n, (ANN, BOB, "")[n % 3], "red" if n % 2 else "") for n in range(9))
    await store.apply(Change(ANN, keep=rows))
    await store.apply(Change(ANN, keep=(rows[2],)))

    assert store.newest_items("agreement", 0, 4) == rows[:4:-1]
    assert store.newest_items("agreement", 7, 4) == rows[1::-1]
    assert store.newest_items("agreement", 1, 9, tag="red") == rows[5::-2]
    assert store.newest_items("agreement", 0, 9, peer=BOB) == rows[7::-3]
    assert (store.count_items("agreement"), store.count_items("agreement", peer="", tag="red")) == (9, 1)
    assert (store.count_items("note"), store.newest_items("note", 0, 4)) == (0, ())


async def test_more_items_than_a_page_come_back_even_if_they_change_meanwhile(store: Store) -> None:
    await store.apply(Change(ANN, keep=tuple(Item("note", str(n), b"") for n in range(600))))

    found = []
    for item in store.items("note"):
        found.append(item.id)
        if len(found) == 10:
            await store.apply(Change(ANN, claim=(("note", "599"),)))

    assert found == [str(n) for n in range(599)]


async def test_an_item_kept_again_replaces_the_former(store: Store) -> None:
    await store.apply(Change(ANN, keep=(Item("note", "1", b"old", ANN, "tag"),)))
    await store.apply(Change(ANN, keep=(Item("note", "1", b"new"),)))

    assert list(store.items("note")) == [Item("note", "1", b"new")]
    assert list(store.items("note", tag="tag")) == []


async def test_names_may_be_of_any_length_and_any_letters_and_never_collide(store: Store) -> None:
    ids = ("", "\0", "a", "a\0", "é", "e\u0301", "x" * 1_000_000, "'; DROP TABLE item; --")

    await store.apply(Change(ANN, keep=tuple(Item("note", id, id.encode()) for id in ids)))

    assert [store.item("note", id) for id in ids] == [Item("note", id, id.encode()) for id in ids]


async def test_questions_wait_until_they_are_settled(store: Store) -> None:
    late, early = Question("q1", "t1", 9, b"late"), Question("q2", "t2", 3, b"early")
    await store.apply(Change(ANN, ask=(late,)))
    await store.apply(Change(BOB, ask=(early,)))
    assert store.questions() == ((BOB, early), (ANN, late))
    assert store.question("q1") == (ANN, late)

    await store.apply(Change(ANN, settled=("q1",)))

    assert store.questions() == ((BOB, early),)
    assert store.question("q1") is None


async def test_a_timer_set_again_moves_and_a_cancelled_one_is_gone(store: Store) -> None:
    await store.apply(
        Change(ANN, timers=(Timer("t1", "lapse", 10), Timer("t1", "remind", 20), Timer("t2", "lapse", 30)))
    )
    await store.apply(Change(ANN, timers=(Timer("t1", "lapse", 25),), cancel=(("t1", "remind"), ("t9", "never"))))

    assert store.next_due() == 25
    assert store.due_timers(24) == ()
    assert store.due_timers(25) == ((ANN, Timer("t1", "lapse", 25)),)
    assert store.due_timers(99, limit=1) == ((ANN, Timer("t1", "lapse", 25)),)
    assert len(store.due_timers(99)) == 2


async def test_timers_of_one_name_are_counted_and_read_in_parts_the_earliest_first(store: Store) -> None:
    await store.apply(Change(ANN, timers=(Timer("t1", "purge", 30), Timer("t2", "purge", 10), Timer("t3", "lapse", 5))))
    await store.apply(Change(BOB, timers=(Timer("t1", "purge", 20),)))

    first, rest = store.named_timers("purge", 0, 2), store.named_timers("purge", 2, 2)

    assert store.count_timers("purge") == 3
    assert first == ((ANN, Timer("t2", "purge", 10)), (BOB, Timer("t1", "purge", 20)))
    assert rest == ((ANN, Timer("t1", "purge", 30)),)
    assert (store.named_timers("never", 0, 9), store.count_timers("never")) == ((), 0)


async def test_signed_objects_are_found_by_side_digest_and_number(store: Store) -> None:
    rows = (signed("d1", ours=True, seq=1), signed("d2", ours=False, seq=1), signed("d3", ours=False, seq=1))
    await store.apply(Change(ANN, signed=rows))
    await store.apply(Change(ANN, signed=rows[:1]))

    assert store.ledger(ANN) == rows
    assert store.ledger(ANN, ours=True) == rows[:1]
    assert store.signed(ANN, "d2") == rows[1]
    assert store.signed(BOB, "d2") is None
    assert store.numbered(ANN, ours=False, seq=1) == rows[1:]
    assert store.numbered(ANN, ours=False, seq=2) == ()


async def test_the_newest_signed_objects_are_found_in_parts_with_their_peers(store: Store) -> None:
    """Of one relationship or all, of one side or both; what is left out is counted all the same."""
    rows = tuple(signed(f"d{n}", ours=n % 2 == 0, seq=n + 1) for n in range(6))
    await store.apply(Change(ANN, relationship=Peer(ANN, 0, (ANN,), b""), signed=rows[:4]))
    await store.apply(Change(BOB, relationship=Peer(BOB, 0, (BOB,), b""), signed=rows[4:]))

    def found(**asked: Any) -> list[tuple[str, str]]:
        return [
            (peer, row.digest) for peer, row in store.read(partial(ledger.newest, **({"start": 0, "most": 9} | asked)))
        ]

    assert found() == [(BOB, "d5"), (BOB, "d4"), (ANN, "d3"), (ANN, "d2"), (ANN, "d1"), (ANN, "d0")]
    assert found(peer=ANN, start=1, most=2) == [(ANN, "d2"), (ANN, "d1")]
    assert found(ours=True, start=1) == [(ANN, "d2"), (ANN, "d0")]
    assert found(peer=ANN, ours=False) == [(ANN, "d3"), (ANN, "d1")]
    assert store.read(ledger.count) == 6
    assert store.read(partial(ledger.count, ours=True)) == 3
    assert store.read(partial(ledger.count, peer=BOB, ours=False)) == 1


async def test_a_keyring_loads_the_keys_that_are_kept(store: Store) -> None:
    keys = {f"{ANN}#key-{n}": create(curve) for n, curve in enumerate(Curve)}
    await store.apply(Change(ANN, keep=tuple(key_item(kid, key, peer=ANN) for kid, key in keys.items())))

    ring = Keyring(load=store.key)

    assert {kid: ring.public(kid) for kid in keys} == {kid: key.public for kid, key in keys.items()}
    with pytest.raises(NotFound):
        ring.public(f"{BOB}#key-1")


# -- the way out ---------------------------------------------------------------------------------------------------


def message(id: str, due: int = 5, record: bytes = b"parcel") -> Outgoing:
    return Outgoing(id, "t1", due, 1000, record)


async def queued(store: Store, now: int) -> tuple[tuple[str, Outgoing], ...]:
    """What is due, peer by peer, in the order it was said."""
    return tuple((peer, row) for peer in store.due_peers(now) for _, row in store.due_outgoing(peer, now))


async def test_messages_for_one_peer_come_in_the_order_they_were_said_once_they_are_due(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1", 7), message("m2", 5), message("m3", 5), message("m4", 90))))

    [(first, _), (second, _)] = store.due_outgoing(ANN, 10, limit=2)

    assert [row for _, row in store.due_outgoing(ANN, 10)] == [message("m1", 7), message("m2", 5), message("m3", 5)]
    assert [row.id for _, row in store.due_outgoing(ANN, 10, after=second)] == ["m3"]
    assert first < second
    assert store.due_outgoing(BOB, 10) == ()
    assert store.next_due() == 5


async def test_peers_come_in_the_order_in_which_their_messages_are_due_and_busy_ones_not_at_all(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1", 7), message("m2", 5))))
    await store.apply(Change(BOB, send=(message("m1", 6),)))

    assert store.due_peers(10) == (ANN, BOB)
    assert store.due_peers(5) == (ANN,)
    assert store.due_peers(10, besides=[ANN]) == (BOB,)
    assert store.due_peers(10, besides=[ANN, BOB]) == ()
    assert store.due_peers(10, limit=1) == (ANN,)


async def test_a_message_put_back_is_due_again_at_its_time(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1"),)))

    assert await store.retry_outgoing(ANN, "m1", due=12, record=b"second parcel")

    assert await queued(store, 11) == ()
    assert await queued(store, 12) == ((ANN, message("m1", 12, b"second parcel")),)
    assert await store.retry_outgoing(ANN, "m1", due=13, held=True)
    assert await queued(store, 13) == ((ANN, msgspec.structs.replace(message("m1", 13, b"second parcel"), held=True)),)


async def test_what_is_held_for_a_peer_waits_together_and_is_woken_together(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1", 5), message("m2", 600), message("m3", 700))))
    await store.apply(Change(BOB, send=(message("m1", 5),)))

    await store.hold_outgoing(ANN, due=50, now=10, records=[("m3", b"tried")])

    assert [(row.id, row.due, row.held) for _, row in store.outgoing()] == [
        ("m1", 50, True), ("m2", 600, False), ("m3", 50, True), ("m1", 5, False),
    ]  # fmt: skip
    assert (store.holds_outgoing(ANN), store.holds_outgoing(BOB)) == (True, False)
    assert await store.wake_outgoing(ANN, 20) == 2
    assert [row.id for _, row in store.due_outgoing(ANN, 20)] == ["m1", "m3"]


async def test_at_a_start_everything_is_due_and_if_the_clock_jumps_everything_moves_with_it(
    store: Store,
) -> None:
    await store.apply(Change(ANN, send=(message("m1", 5), message("m2", 600))))

    await store.shift_outgoing(100)
    moved = [row.due for _, row in store.outgoing()]
    await store.hasten_outgoing(300)

    assert moved == [105, 700]
    assert [(row.due, row.held) for _, row in store.outgoing()] == [(105, True), (300, True)]


async def test_what_need_not_be_sent_any_more_is_found(store: Store) -> None:
    await store.apply(Change(ANN, send=(msgspec.structs.replace(message("m1", 600), until=10), message("m2", 600))))

    assert [row.id for row in store.expired_outgoing(ANN, 10)] == ["m1"]
    assert store.expired_outgoing(ANN, 9) == ()


async def test_a_peer_for_whom_too_much_waits_is_told_nothing_more_until_there_is_room(store: Store) -> None:
    await store.apply(Change(ANN, send=tuple(message(f"m{place}") for place in range(3))))
    await store.bury(ANN, "m0", why="late", at=3)
    more = Change(ANN, heard=Heard("h1", b"", 50), send=(message("m9"),), room=3)

    refused = await store.apply(more)
    elsewhere = await store.apply(Change(BOB, send=(message("m1"),), room=3))
    freed = await store.apply(msgspec.structs.replace(more, done=("m1",)))

    assert (refused, elsewhere, freed) == (Outcome.FULL, Outcome.APPLIED, Outcome.APPLIED)
    assert await store.apply(Change(ANN, heard=Heard("h2", b"", 50), room=0)) is Outcome.APPLIED


async def test_a_message_sent_again_replaces_the_one_that_waits(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1"), message("m2"))))
    await store.apply(Change(ANN, send=(message("m1", 5, b"resent"),)))

    assert await queued(store, 5) == ((ANN, message("m1", 5, b"resent")), (ANN, message("m2")))


async def test_what_is_finished_or_acknowledged_is_not_sent_again(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1"), message("m2"), message("m3"))))
    await store.apply(Change(BOB, send=(message("m1"),)))

    await store.finish_outgoing([(ANN, "m1")])
    await store.apply(Change(ANN, done=("m2", "unknown")))

    assert await queued(store, 99) == ((ANN, message("m3")), (BOB, message("m1")))
    await store.finish_outgoing([(ANN, "m1")])
    assert not await store.retry_outgoing(ANN, "m1", due=3)
    assert not await store.bury(ANN, "m1", why="late", at=3)


async def test_a_dead_letter_can_be_put_on_its_way_again(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1"),)))
    await store.bury(ANN, "m1", why="expired", at=77)

    assert await store.revive(ANN, message("m1", 80, b"once more"))

    assert store.dead_letters() == ()
    assert await queued(store, 80) == ((ANN, message("m1", 80, b"once more")),)
    assert not await store.revive(ANN, message("m1"))


async def test_what_is_given_up_is_kept_for_inspection(store: Store) -> None:
    await store.apply(Change(ANN, send=(message("m1"),)))

    assert await store.bury(ANN, "m1", why="expired", at=77)

    assert store.next_due() is None
    assert store.dead_letters() == (DeadLetter(ANN, message("m1", 77), "expired", 77),)
    assert await store.discard(ANN, "m1")
    assert store.dead_letters() == ()


async def test_marks_of_messages_heard_are_forgotten_when_their_time_is_over(store: Store) -> None:
    await store.apply(Change(ANN, heard=Heard("m1", b"", 50)))
    await store.apply(Change(ANN, heard=Heard("m2", b"", 60)))

    assert await store.forget(50) == 1
    assert not store.seen(ANN, "m1")
    assert store.seen(ANN, "m2")
    assert not store.seen(BOB, "m2")
