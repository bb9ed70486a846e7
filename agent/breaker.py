"""When to try again: waits that grow, and one breaker per destination, so that a dead one is knocked at by one only.

A destination is where messages are handed over: the origin of an endpoint, often a mediator that many peers share. All
moments here are seconds of a steady clock, which no change of the computer's clock moves. Source: security, promise P6.
"""

import random
from dataclasses import dataclass, field

FIRST_WAIT, MOST_WAIT = 1, 3600
MOST_ASKED = 6 * 3600  # the other side may ask us to come again later than that; we come at this
OPENS_AFTER = 3  # failures in a row, of anybody's messages
KNOCK_AGAIN = 30  # seconds between attempts made only because the peer spoke to us


def wait_after(tries: int, asked: int | None = None) -> int:
    """Seconds to wait after so many failures in a row, one or more. asked: what the other side asked for."""
    if asked is not None:
        return min(max(1, asked), MOST_ASKED)
    return min(jittered(min(FIRST_WAIT * 2 ** min(max(0, tries - 1), 12), MOST_WAIT)), MOST_WAIT)


def jittered(seconds: int) -> int:
    """About so many seconds, so that not all come at once: up to a fifth more or less, and at least one."""
    return max(1, round(seconds * random.uniform(0.8, 1.2)))


@dataclass(slots=True)
class Breaker:
    """How one destination does. until: open until then; waiting: peers that wait for it, by name."""

    failures: int = 0
    until: float = 0.0
    tried: float = 0.0
    probing: bool = False
    waiting: set[str] = field(default_factory=set)


class Breakers:
    """The destinations that failed lately, by name. One that works is not remembered."""

    def __init__(self) -> None:
        self._failing: dict[str, Breaker] = {}

    def __bool__(self) -> bool:
        return bool(self._failing)

    def open(self) -> int:
        """How many destinations are given a rest."""
        return sum(each.failures >= OPENS_AFTER for each in self._failing.values())

    def failures(self, place: str) -> int:
        """How often a destination failed in a row, if it is given a rest; else 0."""
        breaker = self._failing.get(place)
        return breaker.failures if breaker and breaker.failures >= OPENS_AFTER else 0

    def wait(self, place: str, peer: str, now: float) -> float:
        """Seconds for which this peer must wait for a destination. 0.0: it may try now, and then says how it went."""
        breaker = self._failing.get(place)
        if breaker is None or breaker.failures < OPENS_AFTER:
            return 0.0
        if now >= breaker.until and not breaker.probing:
            breaker.probing = True
            return 0.0
        breaker.waiting.add(peer)
        return max(1.0, breaker.until - now)

    def failed(self, place: str, peer: str, now: float, wait: float) -> None:
        """An attempt failed. wait: seconds until that peer tries again."""
        breaker = self._failing.setdefault(place, Breaker())
        breaker.failures += 1
        breaker.probing = False
        breaker.tried, breaker.until = now, now + wait
        breaker.waiting.add(peer)

    def told(self, place: str) -> None:
        """An attempt that was to tell about a destination is over."""
        breaker = self._failing.get(place)
        if breaker is not None:
            breaker.probing = False

    def worked(self, place: str) -> set[str]:
        """It works. Returns the peers that waited for it."""
        breaker = self._failing.pop(place, None)
        return breaker.waiting if breaker else set()

    def spoken(self, place: str, now: float) -> None:
        """Somebody who is reached there spoke to us: the next attempt may come soon."""
        breaker = self._failing.get(place)
        if breaker is not None:
            breaker.until = min(breaker.until, max(now, breaker.tried + KNOCK_AGAIN))
