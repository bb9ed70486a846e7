"""Odd names stay apart, and what is too large is refused whole. Cases SR-17 and SR-18."""

import pytest

from wallet.errors import Malformed
from wallet.store.change import Change, Heard, Item, Outcome, Thread
from wallet.store.store import Store

ANN = "did:peer:4zAnn"
LONG = "k" * 1_000_000
ALIKE = ("\u00e9", "e\u0301", "\ufb01", "fi", "\u00c5", "\u212b", "a\0", "a", "a\0b", "", " ", LONG, LONG[:-1])


async def test_names_that_look_alike_or_hold_odd_letters_are_different_things(store: Store) -> None:
    await store.apply(Change(ANN, keep=tuple(Item("note", name, name.encode()) for name in ALIKE)))
    await store.apply(Change(ANN, threads=tuple(Thread(name, 0, True, name.encode()) for name in ALIKE)))

    for name in ALIKE:
        item, thread = store.item("note", name), store.thread(ANN, name)
        assert item is not None
        assert thread is not None
        assert item.record == thread.record == name.encode()
    assert store.counts()["item"] == store.counts()["thread"] == len(ALIKE)


async def test_a_name_that_is_taken_is_not_taken_again(store: Store) -> None:
    await store.apply(Change(ANN, threads=(Thread("t", 0, True, b"first"),)))

    outcome = await store.apply(Change(ANN, threads=(Thread("t", 0, True, b"second"),)))

    assert outcome is Outcome.CONFLICT
    thread = store.thread(ANN, "t")
    assert thread is not None
    assert thread.record == b"first"


async def test_messages_of_two_peers_may_have_one_id_and_those_of_one_may_not(store: Store) -> None:
    mark = Heard("m" * 100_000, b"digest", 9)

    assert await store.apply(Change(ANN, heard=mark)) is Outcome.APPLIED
    assert await store.apply(Change(ANN + "n", heard=mark)) is Outcome.APPLIED
    assert await store.apply(Change(ANN, heard=mark)) is Outcome.DUPLICATE


async def test_a_record_of_the_documented_size_is_kept_and_one_above_it_refused_whole(store: Store) -> None:
    small, large = Item("note", "small", b"x"), Item("note", "large", bytes(64 * 1024 * 1024))

    with pytest.raises(Malformed, match="too large"):
        await store.apply(Change(ANN, keep=(small, large)))
    assert store.counts()["item"] == 0

    await store.apply(Change(ANN, keep=(Item("note", "large", bytes(8 * 1024 * 1024)),)))
    assert store.verify() == ()
