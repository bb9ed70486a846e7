"""What happened, counted, and how long it took. Names and labels are fixed words of ours: no DID and no text of anybody
becomes a label.
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from agent import tracing
from wallet.store.standing import Crowd

SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BYTES: Final = (512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0, 65536.0, 262144.0, 1048576.0)
CHANGES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)  # writer.MOST is the last
STAGES: Final = ("open", "look_up", "turn", "decide", "commit", "answered", "seal", "deliver")
"""The stages of a message, in their order; docs/how-to/watch-an-agent.md says where each begins and ends."""


class Spread:
    """How many values were no more than each of some bounds, which ascend, and their sum. The last count is of those
    above all bounds."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.sum = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


def seconds() -> Spread:
    """How long something takes."""
    return Spread(SECONDS)


@dataclass
class Metrics:
    """Counts and measures since this process started. counts: by name and labels.

    stages: seconds, by stage of a message. received, sent: bytes of packed messages. waited, written: seconds for which
    a commit was waited for, and that it took; changes: how many there are in one. lag: seconds by which the event loop
    is late. crowd: for whom most waits, as far as was looked.
    """

    counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)
    stages: dict[str, Spread] = field(default_factory=lambda: {stage: Spread(SECONDS) for stage in STAGES})
    received: Spread = field(default_factory=lambda: Spread(BYTES))
    sent: Spread = field(default_factory=lambda: Spread(BYTES))
    waited: Spread = field(default_factory=seconds)
    written: Spread = field(default_factory=seconds)
    changes: Spread = field(default_factory=lambda: Spread(CHANGES))
    lag: Spread = field(default_factory=seconds)
    crowd: Crowd = field(default_factory=Crowd)

    def count(self, name: str, **labels: str) -> None:
        """One more of this. name: snake_case, what is counted, like `messages_received`."""
        self.counts[name, tuple(sorted(labels.items()))] += 1

    def passed(self, stage: str, began: float) -> None:
        """A message has gone through a stage that it entered at `began`, by perf_counter."""
        ended = perf_counter()
        took = ended - began
        spread = self.stages[stage]
        spread.counts[bisect_left(SECONDS, took)] += 1  # as `add`, without a call: it is done for each message
        spread.sum += took
        if tracing.traces is not None:
            tracing.traces.stage(stage, began, ended)

    def answered(self, began: float, size: int) -> None:
        """A message that came whole at `began` is kept, or will not be. size: bytes."""
        took = perf_counter() - began
        spread = self.stages["answered"]
        spread.counts[bisect_left(SECONDS, took)] += 1
        spread.sum += took
        spread = self.received
        spread.counts[bisect_left(BYTES, size)] += 1
        spread.sum += size

    def delivered(self, began: float) -> None:
        """A message was delivered by an attempt that began then."""
        self.stages["deliver"].add(perf_counter() - began)

    def committed(self, changes: int, waited: float, took: float) -> None:
        """Changes were written together. waited: seconds, the first of them; took: seconds."""
        self.changes.add(changes)
        self.waited.add(waited)
        self.written.add(took)
