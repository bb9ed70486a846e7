"""How a figure is measured: CPU time, in many short rounds, each beside a round of the yardstick.

The yardstick Y is one PyNaCl Ed25519 verification of 256 bytes. A ratio to it, taken in the same few milliseconds, says
much the same on any machine and while others use it; seconds do not. A figure is the median over rounds; its spread
reaches from the first to the third quartile.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
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
    people: processes that talk with a vendor, so many at once as `in_flight` says, with so many relationships stored as
    `stored` says. workers: how many processes do one agent's work. deep: also with `most_stored`, which takes long, and
    with `most_workers`.
    """

    rounds: int
    batch: float
    relationships: tuple[int, int]
    exchanges: int
    repeats: int
    acknowledged: float
    held: tuple[int, int, int]
    recipients: tuple[int, int, int]
    people: int
    in_flight: tuple[int, ...]
    stored: tuple[int, ...]
    most_stored: int
    workers: tuple[int, ...]
    most_workers: int
    deep: bool = False


FULL = Effort(
    rounds=41,
    batch=0.006,
    relationships=(100, 3000),
    exchanges=60,
    repeats=3,
    acknowledged=2.5,
    held=(1000, 100_000, 1000),
    recipients=(1000, 10_000, 100_000),
    people=32,
    in_flight=(1, 8, 32),
    stored=(0, 1000, 10_000),
    most_stored=100_000,
    workers=(1, 2),
    most_workers=4,
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
    people=2,
    in_flight=(2,),
    stored=(0, 5),
    most_stored=10,
    workers=(1, 2),
    most_workers=2,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. most: less is better, and the bound is the most it may be; else the other way round.

    bound: None if nothing is promised. median: None if it was not measured. low, high: the quartiles. times: how many
    repetitions these are of. at: where in a plot it stands (see `whole.py`); a figure that is in none has nothing here.
    """

    name: str
    unit: str
    bound: float | None
    median: float | None
    low: float = 0.0
    high: float = 0.0
    times: int = 0
    most: bool = True
    note: str = ""
    at: Mapping[str, str | int] = field(default_factory=dict)
    part: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether it keeps its bound; None if it was not measured, or has none."""
        if self.median is None or self.bound is None:
            return None
        return self.median <= self.bound if self.most else self.median >= self.bound

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, relative to the median."""
        return (self.high - self.low) / 2 / abs(self.median) if self.median else 0.0


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


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; of one value, that value three times."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many of a hundred lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def in_y(name: str, sample: Sample, bound: float | None) -> Figure:
    """A figure in Y that may be at most `bound`."""
    return of(name, "Y", sample.ratios, bound)


def times_faster(name: str, bound: float, ours: Sample, theirs: Sample) -> Figure:
    """How many times faster ours is than theirs, round by round; at least `bound`."""
    factors = [slow / quick for slow, quick in zip(theirs.ratios, ours.ratios, strict=True)]
    return of(name, "x", factors, bound, most=False)


def of(
    name: str,
    unit: str,
    values: Sequence[float],
    bound: float | None = None,
    *,
    most: bool = True,
    at: Mapping[str, str | int] | None = None,
) -> Figure:
    """A figure from values measured elsewhere, one for each repetition."""
    low, middle, high = quartiles(values)
    return Figure(name, unit, bound, middle, low, high, len(values), most, at=at or {})


def unmeasured(name: str, unit: str, bound: float | None, why: str, *, most: bool = True) -> Figure:
    """A figure that could not be taken here."""
    return Figure(name, unit, bound, None, most=most, note=why)
