"""Whether this computer's clock can be believed: it jumped, it is apart from everybody else's, or it cannot be right.

Three facts, from three sources. A jump shows against a clock that nobody sets. A clock that is apart shows against the
Date of those who answer us. One that says less than when this program was written cannot be right. Source: security,
promise P20, cases ST-07 and SR-16.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from statistics import median_low
from typing import Final

BUILT: Final = 1_764_547_200  # this program was not written before December 2025
JUMP: Final = 30  # seconds by which a clock may be set without anybody minding
FAR: Final = 86400  # a longer jump is not believed at once
DOUBT: Final = 3600  # seconds for which nothing is called over after such a jump
SKEW: Final = 300  # seconds that two clocks may be apart
MOST_REMEMBERED: Final = 64  # places whose clock is known


@dataclass
class Watch:
    """What is known of one agent's clock. jumped: seconds of the last jump, 0 for none.

    doubted_until: steady seconds; until then the clock is not believed to say that anything is over.
    """

    jumped: int = 0
    doubted_until: float = 0.0
    _seen: tuple[int, float] | None = None
    _apart: dict[str, int] = field(default_factory=dict)

    def look(self, now: int, steady: float) -> int:
        """Seconds by which the clock was set since the last look, 0 if it was not. now: Unix seconds."""
        before, self._seen = self._seen, (now, steady)
        if before is None:
            return 0
        jump = round((now - before[0]) - (steady - before[1]))
        if abs(jump) <= JUMP:
            return 0
        self.jumped = jump
        self._apart.clear()
        if abs(jump) > FAR:
            self.doubted_until = steady + DOUBT
        return jump

    def silent(self, steady: float) -> float:
        """Seconds since the last look; 0.0 before the first."""
        return steady - self._seen[1] if self._seen else 0.0

    def compare(self, place: str, date: str, now: float) -> None:
        """Somebody answered, with its own time. place: who, in any form; date: as HTTP writes it."""
        theirs = moment(date)
        if theirs is None:
            return
        self._apart.pop(place, None)
        self._apart[place] = round(now - theirs)
        if len(self._apart) > MOST_REMEMBERED:
            del self._apart[next(iter(self._apart))]

    @property
    def apart(self) -> int:
        """Seconds by which our clock is ahead of the others', as most of them say; negative if it is behind."""
        return median_low(self._apart.values()) if self._apart else 0

    @property
    def skewed(self) -> bool:
        """Whether our clock is too far from the others'."""
        return abs(self.apart) > SKEW


@lru_cache(maxsize=MOST_REMEMBERED)
def moment(date: str) -> float | None:
    """Unix seconds of a time as HTTP writes it; None if it is none. Whoever answers often says the same one often."""
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def is_plausible(now: int) -> bool:
    """Whether a clock can be right."""
    return now >= BUILT


def told(now: int) -> str:
    """A time of this computer's clock, as a person reads it."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC"
