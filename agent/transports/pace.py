"""How many messages are taken at once: as many as are still taken in time. The others are refused at once.

Beyond what can be done, more at once gets nothing done sooner and makes everybody wait. So the number falls when a
message took much longer than one alone, and rises while none does: the way TCP finds its window.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

MOST: Final = 256
FEW: Final = 3  # messages at once that are never too many
LONG: Final = 0.035  # seconds that are in time, however quick a message is when it is alone
TIMES: Final = 3  # what takes so many times as long as a message alone is late
DOWN: Final = 0.7  # what is left of the number when a message was late
RISE: Final = 0.5  # by so much of itself the number rises in a second in which none was late
LONGEST_PAUSE: Final = 5.0  # seconds of rest that count as such

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})(?=\r\n)", re.IGNORECASE)
_CODING = re.compile(rb"\r\ntransfer-encoding *:", re.IGNORECASE)


@dataclass
class Pace:
    """alone: seconds that a message takes beside which nothing else is done, on average. most: how many at once."""

    now: Callable[[], float] = monotonic
    alone: float = 0.0
    most: float = MOST / 4
    _at: float = 0.0
    _patient_until: float = 0.0

    def took(self, seconds: float, *, beside: int) -> None:
        """A message was taken, or refused. beside: how many others were being taken when it was done."""
        now = self.now()
        late = seconds > max(LONG, TIMES * self.alone)
        if not beside:
            self.alone += (seconds - self.alone) / 16
        if not late:
            self.most = min(MOST, self.most * (1 + RISE * min(now - self._at, LONGEST_PAUSE)))
        elif beside >= FEW and now >= self._patient_until:
            self.most = max(FEW, min(self.most, beside + 1) * DOWN)
            self._patient_until = now + seconds  # those that began before know nothing of this
        self._at = now

    def behind(self, working: int) -> bool:
        """Whether one more is too many now. working: how many are being taken."""
        return working >= self.most


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
