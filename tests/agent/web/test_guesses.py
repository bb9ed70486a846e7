"""How often a passphrase may be tried at the door. Source: security, case UI-11."""

import asyncio

import pytest

from agent.errors import TooMany
from agent.web.guesses import FIRST_WAIT, FREE, LONGEST, Guesses
from wallet.errors import Locked


class Clock:
    """Seconds that pass when they are told to."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


async def wrong(guesses: Guesses) -> None:
    """One wrong guess."""
    with pytest.raises(Locked):
        async with guesses.guess():
            raise Locked("no")


async def waits(guesses: Guesses) -> int:
    """The seconds it asks for before another guess; 0 if it takes one."""
    try:
        async with guesses.guess():
            raise Locked("no")
    except TooMany as fault:
        return int(fault.retry_after)
    except Locked:
        return 0


async def test_after_five_wrong_guesses_each_waits_twice_as_long_up_to_five_minutes() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(FREE):
        await wrong(guesses)

    asked = []
    for _ in range(7):
        asked.append(await waits(guesses))
        clock.at += asked[-1]
        await wrong(guesses)

    assert asked == [min(int(LONGEST), int(FIRST_WAIT) * 2**turn) for turn in range(7)]


async def test_the_right_one_makes_all_as_it_was() -> None:
    guesses = Guesses(Clock())
    for _ in range(FREE - 1):
        await wrong(guesses)

    async with guesses.guess():
        pass
    for _ in range(FREE - 1):
        await wrong(guesses)

    assert await waits(guesses) == 0


async def test_one_is_tried_at_a_time() -> None:
    guesses, at_once, most = Guesses(), 0, 0

    async def one() -> None:
        nonlocal at_once, most
        async with guesses.guess():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(one() for _ in range(8)))

    assert most == 1
