"""Marks of messages heard are dropped in parts: each looks at so many, and others write in between.

A file looks at all marks, in the order of their names; a server finds those by their time that may be dropped.
"""

import asyncio
from functools import partial

import pytest

from wallet.store import log
from wallet.store.change import Change, Heard, Outcome
from wallet.store.postgresql import ServerStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction

PEERS, EACH, LATE = 5, 6, 500


async def hear(store: Store) -> None:
    """Some messages of some peers, of which every other may be forgotten at `LATE`, or up to half a minute before."""
    for peer in range(PEERS):
        for number in range(EACH):
            until = LATE + 1 if number % 2 else LATE - peer * EACH - number
            mark = Heard(f"message {number}", b"digest", until)
            assert await store.apply(Change(f"peer {peer}", heard=mark)) is Outcome.APPLIED


def looked_at(store: Store) -> int:
    """How many marks are looked at."""
    return PEERS * EACH // 2 if isinstance(store, ServerStore) else PEERS * EACH


def left(store: Store) -> set[tuple[int, int]]:
    """What a repeat of would be known, by the numbers of its peer and its own."""
    every = ((peer, number) for peer in range(PEERS) for number in range(EACH))
    return {(peer, number) for peer, number in every if store.seen(f"peer {peer}", f"message {number}")}


@pytest.mark.parametrize("most", [1, 4, 6, 29, 30, 31, 1000])
async def test_marks_are_dropped_in_parts_and_none_too_many(store: Store, most: int) -> None:
    await hear(store)

    dropped, parts, after = 0, 0, log.FIRST
    while True:
        count, more = await store.write(partial(log.forget, now=LATE, after=after, most=most))
        dropped, parts = dropped + count, parts + 1
        if more is None:
            break
        after = more

    assert dropped == PEERS * EACH // 2
    assert left(store) == {(peer, number) for peer in range(PEERS) for number in range(1, EACH, 2)}
    assert parts == looked_at(store) // most + 1


async def test_others_write_between_the_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await hear(store)
    order: list[str] = []
    forget = log.forget

    def part(tx: Transaction, *, now: int, after: log.Mark) -> tuple[int, log.Mark | None]:
        order.append("part")
        return forget(tx, now=now, after=after, most=7)

    async def write() -> None:
        for _ in range(3):
            await store.write(lambda tx: order.append("other"))

    monkeypatch.setattr(log, "forget", part)

    dropped, _ = await asyncio.gather(store.forget(LATE), write())

    assert dropped == PEERS * EACH // 2
    assert order.count("part") == looked_at(store) // 7 + 1
    assert "other" in order[order.index("part") : -1]
    assert order[-1] == "part"
