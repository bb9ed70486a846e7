"""How many messages are taken at once. While there are few, all of them; beyond that, as many as are taken in time.

Whoever is refused comes again in a second or two. So it is no gain to be refused rather than to wait for less, and that
messages take long says little: often it is the computer that has much else to do. But when there are many at once and
they take long, more comes than can be done, and more at once gets nothing done sooner and makes everybody wait. Then
the number falls at once to what would have been in time, and after that with each message that is late, and rises while
none is: the way TCP finds its window. That ends when there is little to do again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

MOST: Final = 256
MANY: Final = 64  # messages at once that may be too many; with fewer each waits for less than a refusal would cost it
FEW: Final = 3  # messages at once that are never too many
LONG: Final = 0.035  # seconds that are in time, however quick a message is when it is alone
TIMES: Final = 3  # what takes so many times as long as a message alone is late
LONGEST: Final = 5.0  # seconds that are late for whoever waits, however few they are; most give up after 15
DOWN: Final = 0.7  # what is left of the number when a message was late
RISE: Final = 0.5  # by so much of itself the number rises in a second in which none was late
LONGEST_PAUSE: Final = 5.0  # seconds of rest that count as such
IDLE: Final = 0.25  # of a second: with so much of it spent on nothing, no more comes than can be done
LOOK: Final = 1.0  # seconds

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})(?=\r\n)", re.IGNORECASE)
_CODING = re.compile(rb"\r\ntransfer-encoding *:", re.IGNORECASE)


@dataclass
class Pace:
    """alone: seconds that a message takes beside which nothing else is done, on average.

    pressed: whether more comes than can be done. most: how many at once, meanwhile.
    """

    now: Callable[[], float] = monotonic
    alone: float = 0.0
    pressed: bool = False
    most: float = MOST
    _at: float = 0.0
    _patient_until: float = 0.0
    _looked: float = 0.0
    _idle: float = 0.0  # seconds, since it was looked at that
    _idle_since: float | None = None

    def begins(self) -> None:
        """A message begins to be taken."""
        if self._idle_since is not None:
            self._idle += self.now() - self._idle_since
            self._idle_since = None

    def took(self, seconds: float, *, beside: int) -> None:
        """A message was taken, or refused. beside: how many others were being taken when it was done."""
        now = self.now()
        late = seconds > max(LONG, TIMES * self.alone)
        if not beside:
            self.alone += (seconds - self.alone) / 16
            self._idle_since = now
        if self.pressed:
            self._adapt(now, seconds, beside, late=late)
        elif late and (beside >= MANY or (beside >= FEW and seconds > max(LONGEST, TIMES * self.alone))):
            self.pressed, self.most = True, max(FEW, (beside + 1) * LONG / seconds)
            self._patient_until = now + seconds  # those that began before know nothing of this
            self._looked, self._idle = now, 0.0
        self._at = now

    def _adapt(self, now: float, seconds: float, beside: int, *, late: bool) -> None:
        if not late:
            self.most = min(MOST, self.most * (1 + RISE * min(now - self._at, LONGEST_PAUSE)))
        elif beside >= FEW and now >= self._patient_until:
            self.most = max(FEW, min(self.most, beside + 1) * DOWN)
            self._patient_until = now + seconds
        passed = now - self._looked
        if passed >= LOOK:
            self.pressed = self._idle < IDLE * passed and self.most < MANY
            self._looked, self._idle = now, 0.0

    def behind(self, working: int) -> bool:
        """Whether one more is too many now. working: how many are being taken."""
        return working >= (self.most if self.pressed else MOST)


def is_whole(piece: bytes) -> bool:
    """Whether these bytes are one POST with its body and nothing else, so that it can be answered unread."""
    end = piece.find(b"\r\n\r\n")
    head = piece[: end + 2]
    lengths = _LENGTH.findall(head)
    return (
        piece.startswith(b"POST ")
        and len(lengths) == 1
        and len(piece) == end + 4 + int(lengths[0])
        and not _CODING.search(head)
    )
