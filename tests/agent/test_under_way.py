"""Whose turn it is."""

import asyncio

import pytest

from agent.metrics import Metrics
from agent.under_way import Turn, Turns


async def test_turns_of_one_name_come_in_their_order_and_leave_nothing_behind() -> None:
    turns: Turns = {}
    order: list[str] = []

    async def take(name: str, word: str) -> None:
        async with Turn(turns, name, Metrics()):
            await asyncio.sleep(0)
            order.append(word)

    await asyncio.gather(take("ada", "first"), take("ada", "second"), take("bob", "other"), take("ada", "third"))

    assert [word for word in order if word != "other"] == ["first", "second", "third"]
    assert order.index("other") < order.index("second")
    assert turns == {}


async def test_whoever_gives_up_waiting_keeps_nobody_from_the_turn() -> None:
    turns: Turns = {}
    go = asyncio.Event()

    async def take() -> None:
        async with Turn(turns, "ada", Metrics()):
            await go.wait()

    first, second, third = [asyncio.create_task(take()) for _ in range(3)]
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go.set()
    await asyncio.gather(first, third)

    assert turns == {}


async def test_a_turn_ends_with_its_block_however_that_ends() -> None:
    turns, metrics = dict[str, tuple[asyncio.Lock, int]](), Metrics()

    with pytest.raises(ValueError, match="within"):
        async with Turn(turns, "ada", metrics):
            raise ValueError("within")

    assert turns == {}
    assert sum(metrics.stages["turn"].counts) == 1
