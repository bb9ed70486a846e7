"""What an agent did between two looks at its counters: how much a second, and how long it took.

Quantiles are read from buckets, as Prometheus reads them: within a bucket, values are taken to lie evenly.
"""

from itertools import accumulate

import msgspec


class Shape(msgspec.Struct, frozen=True):
    """How values spread. counts: one more than bounds. Source: agent/web/vitals.py."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


class Vitals(msgspec.Struct, frozen=True):
    """One look. up, cpu: seconds; memory: bytes. Source: agent/web/vitals.py."""

    name: str
    kind: str
    up: float
    cpu: float
    memory: int
    sending: int
    resting: int
    held_up: int
    counts: dict[str, dict[str, int]]
    stages: dict[str, Shape]
    measures: dict[str, Shape]

    @property
    def shapes(self) -> dict[str, Shape]:
        """How long everything took, and how much it was."""
        return {**self.measures, **self.stages}


class Kept(msgspec.Struct, frozen=True):
    """What the wallet says: rows by queue, and conditions that do not hold. Source: agent/web/vitals.py."""

    waiting: dict[str, int]
    unready: tuple[str, ...]


class Taken(msgspec.Struct, frozen=True):
    """How long something took. count: how often; p50, p99: what half of them, and all but a hundredth, did not exceed;
    None if there were none; the highest bound, if it was more than that."""

    count: int
    per_second: float
    p50: float | None
    p99: float | None


class Sight(msgspec.Struct, frozen=True):
    """What is to be seen. seconds: how long was looked. received, deliveries: messages a second, by result.

    lately, since_start: by stage of a message, and by name of what else is measured, like the loop's lag.
    cpu: of one core, 1 is all of it; changes: in one commit, on average. memory: bytes.
    """

    name: str
    kind: str
    up: float
    seconds: float
    received: dict[str, float]
    deliveries: dict[str, float]
    refused: float
    given_up: int
    lately: dict[str, Taken]
    since_start: dict[str, Taken]
    changes: float | None
    sending: int
    resting: int
    held_up: int
    waiting: dict[str, int]
    unready: tuple[str, ...]
    memory: int
    cpu: float


def between(before: Vitals, now: Vitals, kept: Kept) -> Sight:
    """What happened from one look to the next."""
    seconds = max(now.up - before.up, 1e-3)

    def rates(name: str) -> dict[str, float]:
        then = before.counts.get(name, {})
        return {kind: (count - then.get(kind, 0)) / seconds for kind, count in now.counts.get(name, {}).items()}

    earlier, later = before.shapes, now.shapes
    changes = grown(earlier["commit_changes"], later["commit_changes"])
    return Sight(
        name=now.name,
        kind=now.kind,
        up=now.up,
        seconds=seconds,
        received=rates("messages_received"),
        deliveries=rates("deliveries"),
        refused=sum(rates("refused").values()),
        given_up=sum(now.counts.get("dead_letters", {}).values()),
        lately={name: taken(grown(earlier[name], shape), seconds) for name, shape in later.items()},
        since_start={name: taken(shape, now.up) for name, shape in later.items()},
        changes=changes.sum / sum(changes.counts) if any(changes.counts) else None,
        sending=now.sending,
        resting=now.resting,
        held_up=now.held_up,
        waiting=kept.waiting,
        unready=kept.unready,
        memory=now.memory,
        cpu=(now.cpu - before.cpu) / seconds,
    )


def grown(before: Shape, now: Shape) -> Shape:
    """The values that came meanwhile."""
    return Shape(now.bounds, tuple(b - a for a, b in zip(before.counts, now.counts)), now.sum - before.sum)


def taken(shape: Shape, seconds: float) -> Taken:
    """How often, and how long."""
    count = sum(shape.counts)
    half, nearly_all = (quantile(shape, part) for part in (0.5, 0.99))
    return Taken(count, count / seconds, half, nearly_all)


def quantile(shape: Shape, part: float) -> float | None:
    """What this part of the values did not exceed; None if there are none."""
    rank = part * sum(shape.counts)
    if rank == 0:
        return None
    lows = (0.0, *shape.bounds)
    for low, high, count, until in zip(lows, shape.bounds, shape.counts, accumulate(shape.counts)):
        if count and until >= rank:
            return low + (high - low) * (rank - (until - count)) / count
    return shape.bounds[-1]
