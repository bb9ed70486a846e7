"""How a figure is measured: CPU time, in many short rounds, each beside a round of the yardstick.

The yardstick Y is one PyNaCl Ed25519 verification of 256 bytes. A ratio to it, taken in the same few milliseconds, says
much the same on any machine and while others use it; seconds do not. A figure is the median over rounds; its spread is
half the distance between the quartiles, relative to the median.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.signing import SigningKey

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to measure.

    batch: CPU seconds of one round. relationships: few and many, for what must stay flat. exchanges: whole flows of
    agents, in so many repeats; acknowledged: seconds after which bare acknowledgements have gone out. held: few
    and many messages that a mediator holds, and for how many clients. recipients: of one act, few, many and very many.
    """

    rounds: int
    batch: float
    relationships: tuple[int, int]
    exchanges: int
    repeats: int
    acknowledged: float
    held: tuple[int, int, int]
    recipients: tuple[int, int, int]


FULL = Effort(
    rounds=41,
    batch=0.006,
    relationships=(100, 3000),
    exchanges=60,
    repeats=3,
    acknowledged=2.5,
    held=(1000, 100_000, 1000),
    recipients=(1000, 10_000, 100_000),
)
TINY = Effort(
    rounds=3,
    batch=0.0005,
    relationships=(3, 6),
    exchanges=2,
    repeats=1,
    acknowledged=0.1,
    held=(20, 40, 4),
    recipients=(5, 10, 40),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. most: the bound is the most it may be, else the least. median None: not measured."""

    name: str
    unit: str
    bound: float
    median: float | None
    spread: float = 0.0
    most: bool = True
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether it keeps its bound; None if it was not measured."""
        if self.median is None:
            return None
        return self.median <= self.bound if self.most else self.median >= self.bound


@dataclass(frozen=True, slots=True)
class Sample:
    """What rounds of one thing took. seconds: CPU, per call. ratios: the same in Y."""

    seconds: tuple[float, ...]
    ratios: tuple[float, ...]


def _yardstick() -> Call:
    key = SigningKey(bytes(range(32)))
    message = bytes(256)
    signature = key.sign(message).signature
    check = key.verify_key.verify
    return lambda: check(message, signature)


def _second_yardstick() -> Call:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    message = bytes(256)
    signature = key.sign(message)
    check = key.public_key().verify
    return lambda: check(signature, message)


Y = _yardstick()
OPENSSL_Y = _second_yardstick()  # the yardstick of peers that have no PyNaCl


def seconds(call: Call, times: int) -> float:
    """CPU seconds of one call, over so many."""
    began = process_time()
    for _ in range(times):
        call()
    return (process_time() - began) / times


def enough(call: Call, batch: float) -> int:
    """How many calls fill a batch. Warms up on the way."""
    times = 1
    while seconds(call, times) * times < batch / 2:
        times *= 2
    return times


def side_by_side(effort: Effort, *calls: Call) -> tuple[Sample, ...]:
    """Measure several things in turns, so that whatever disturbs one disturbs all."""
    counts = [enough(call, effort.batch) for call in calls]
    count_y = enough(Y, effort.batch)
    rows: list[tuple[list[float], list[float]]] = [([], []) for _ in calls]
    gc.collect()
    for _ in range(effort.rounds):
        for call, count, (took, ratios) in zip(calls, counts, rows, strict=True):
            before, here, after = seconds(Y, count_y), seconds(call, count), seconds(Y, count_y)
            took.append(here)
            ratios.append(here / ((before + after) / 2))
    return tuple(Sample(tuple(took), tuple(ratios)) for took, ratios in rows)


def spread(values: Sequence[float]) -> float:
    """Half the distance between the quartiles, relative to the median."""
    if len(values) < 2:
        return 0.0
    low, _, high = quantiles(values, n=4)
    return (high - low) / 2 / median(values)


def in_y(name: str, sample: Sample, bound: float) -> Figure:
    """A figure in Y that may be at most `bound`."""
    return Figure(name, "Y", bound, median(sample.ratios), spread(sample.ratios))


def times_faster(name: str, bound: float, ours: Sample, theirs: Sample) -> Figure:
    """How many times faster ours is than theirs, round by round; at least `bound`."""
    factors = [slow / quick for slow, quick in zip(theirs.ratios, ours.ratios, strict=True)]
    return Figure(name, "x", bound, median(factors), spread(factors), most=False)


def of(name: str, unit: str, values: Sequence[float], bound: float, *, most: bool = True) -> Figure:
    """A figure from values measured elsewhere."""
    return Figure(name, unit, bound, median(values), spread(values), most)


def unmeasured(name: str, unit: str, bound: float, why: str, *, most: bool = True) -> Figure:
    """A figure that could not be taken here."""
    return Figure(name, unit, bound, None, most=most, note=why)
