"""A row for each recipient, moved by the change that says something to it."""

from functools import partial

import pytest

from tests.wallet.store.changes import ANN
from wallet.store import campaigns, checks
from wallet.store.campaigns import QUEUED, Campaign, Recipient
from wallet.store.change import Change, Item, Outcome, Progress
from wallet.store.store import Store

ROUND = "campaign-1"


async def begin(store: Store, *threads: str, running: bool = True, at: int = 5) -> None:
    """A campaign with these recipients."""
    await store.write(partial(campaigns.write, row=Campaign(ROUND, 0, running, 1, b"what is said")))
    rows = [Recipient(ROUND, thid, QUEUED, at, thid.encode()) for thid in threads]
    await store.write(partial(campaigns.add, rows=rows))


def told(thid: str, state: str = "sent", **fields: object) -> Change:
    """A change that says the first thing to a recipient, and keeps a note of it."""
    progress = Progress(ROUND, thid, state, **{"first": True, **fields})  # type: ignore[arg-type]  # a test may give what it likes
    return Change(ANN, keep=(Item("note", thid, b"said"),), progress=(progress,))


def tally(store: Store) -> dict[str, int]:
    return store.read(partial(campaigns.tally, campaign=ROUND))


def due(store: Store, now: int, limit: int = 99) -> list[str]:
    return [each.thid for each in store.read(partial(campaigns.due, now=now, limit=limit))]


async def test_a_recipient_is_told_once_and_what_was_said_is_in_the_same_change(store: Store) -> None:
    await begin(store, "t1", "t2")

    outcomes = [await store.apply(told("t1")), await store.apply(told("t1")), await store.apply(told("t3"))]

    assert outcomes == [Outcome.APPLIED, Outcome.CONFLICT, Outcome.CONFLICT]
    assert [each.id for each in store.items("note")] == ["t1"]
    assert tally(store) == {"sent": 1, QUEUED: 1}


async def test_nothing_is_said_first_while_it_does_not_run_and_what_was_said_moves_on(store: Store) -> None:
    await begin(store, "t1", "t2")
    await store.apply(told("t1"))
    await store.write(partial(campaigns.write, row=Campaign(ROUND, 1, False, 1, b"what is said")))

    held, moved = await store.apply(told("t2")), await store.apply(told("t1", "applied", first=False))

    assert (held, moved) == (Outcome.CONFLICT, Outcome.APPLIED)
    assert due(store, 99) == []
    assert tally(store) == {"applied": 1, QUEUED: 1}


async def test_what_is_due_comes_by_its_moment_and_in_a_bounded_number(store: Store) -> None:
    await begin(store, "t1", "t2", at=7)
    late = [Recipient(ROUND, f"late-{n}", QUEUED, 6, b"") for n in range(20)]
    await store.write(partial(campaigns.add, rows=late))

    found = due(store, 7)

    assert due(store, 5) == []
    assert len(due(store, 7, limit=3)) == 3
    assert set(found[-2:]) == {"t1", "t2"}
    assert found[:20] != [each.thid for each in late]
    assert store.next_due() == 6


async def test_of_one_campaign_at_most_one_recipient_is_chosen(store: Store) -> None:
    await begin(store, "t1", "t2")

    first = await store.apply(told("t1", "selected", chosen=True))
    second = await store.apply(told("t2", "selected", chosen=True))
    await store.apply(told("t1", "released", first=False))
    third = await store.apply(told("t2", "selected", chosen=True))

    assert (first, second, third) == (Outcome.APPLIED, Outcome.TAKEN, Outcome.APPLIED)
    assert [each.id for each in store.items("note")] == ["t1", "t2"]


async def test_the_moment_may_stay_as_it_was(store: Store) -> None:
    await begin(store, "t1", at=50)

    await store.apply(told("t1", "sent", at=70))
    for state in ("delivered", "never"):
        await store.apply(told("t1", state, first=False, keeps_time=True, record=b"more", only="sent"))

    row = store.read(partial(campaigns.recipient, campaign=ROUND, thid="t1"))
    assert row == Recipient(ROUND, "t1", "delivered", 70, b"more")


async def test_a_campaign_that_was_never_begun_is_cleared_away_in_pieces(store: Store) -> None:
    await begin(store, *(f"t{n}" for n in range(5)), running=False)

    removed = [await store.write(partial(campaigns.clear, id=ROUND, most=3)) for _ in range(2)]

    assert removed == [3, 2]
    assert store.read(partial(campaigns.campaign, id=ROUND)) is None
    assert tally(store) == {}


@pytest.mark.parametrize("state", [None, "sent"])
async def test_recipients_are_read_all_or_by_their_state(store: Store, state: str | None) -> None:
    await begin(store, "t1", "t2", "t3")
    await store.apply(told("t2"))

    found = store.read(lambda tx: [each.thid for each in campaigns.recipients(tx, campaign=ROUND, state=state)])

    assert sorted(found) == (["t1", "t2", "t3"] if state is None else ["t2"])
    assert [each.id for each in store.read(lambda tx: list(campaigns.campaigns(tx)))] == [ROUND]
    assert store.read(checks.next_due) == 5
