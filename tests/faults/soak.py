"""Mixed load for a long time: whether anything grows, or is lost. `python -m tests.faults.soak MINUTES`.

The slope of memory is the median of the slopes between any two points (Theil and Sen), each point the median of ten
seconds after the first third of the time: what rises for a moment, in under a quarter of it, does not bend it.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Final

from tests.faults import probe
from tests.faults.judging import Verdict, judge_all
from tests.faults.lives import Place
from tests.faults.load import STEADY, Load
from tests.faults.probe import Sample

RATE: Final = 100
AT_ONCE: Final = 6  # messages, and so connections, which come and go else
MIB: Final = 1024 * 1024
HOUR: Final = 3600
GROWTH: Final = 0.01  # of the memory in an hour, at most
SHORT: Final = 512  # bytes a message, at most; in a few minutes the noise is much greater
POINT: Final = 10  # samples
FILES, TASKS, LOG, MEMORY = 5, 10, 64 * MIB, 64 * MIB
POOL: Final = 8  # connections that an agent keeps open to one place, at most
OWN: Final = 8  # sockets that it has in any case: it listens, for messages and for its owner, and wakes itself


@dataclass(frozen=True)
class Growth:
    """What changed from the first third of the time to the last. slope: bytes of memory a second; memory, log: bytes;
    warm: the memory once it was warm; of `log` the greatest size; sockets: the most at any time in the last third;
    said: what it complained of; taken: messages that were accepted; verdict: what became of them."""

    slope: float
    warm: int
    memory: int
    files: float
    sockets: int
    tasks: float
    log: int
    said: str
    taken: int
    verdict: Verdict

    @property
    def share(self) -> float:
        """What memory grows by in an hour, as a share of what it was."""
        return self.slope * HOUR / self.warm

    def faults(self, most: float) -> list[str]:
        """What grew too much. most: bytes of memory a second."""
        judged = {
            f"memory grows by {self.slope:.0f} bytes a second, {self.memory / MIB:.0f} MiB in all":
                self.slope > most or self.memory > MEMORY,
            f"of {self.taken:,} messages: {self.verdict}": self.taken == 0 or self.verdict != Verdict(),
            f"{self.files:+.0f} open files": abs(self.files) > FILES,
            f"{self.sockets} sockets": self.sockets > AT_ONCE + POOL + OWN,
            f"{self.tasks:+.0f} tasks": abs(self.tasks) > TASKS,
            f"the log of the store grew to {self.log / MIB:.0f} MiB": self.log >= LOG,
            f"it complained: {self.said[-2000:]}": "ResourceWarning" in self.said or "never retrieved" in self.said,
        }  # fmt: skip
        return [words for words, wrong in judged.items() if wrong]


async def soak(folder: Path, seconds: float, plant: str = "") -> Growth:
    """Serve that long under load, and compare."""
    place = await Place.make(folder)
    load = Load(await place.org(), folder / "ledger", seed=1, rate=RATE, sources=1, in_flight=AT_ONCE, kinds=STEADY)
    await load.open()
    file = folder / "samples"
    life = await place.start(plant=plant, probe=file)
    loading = asyncio.create_task(load.run())
    try:
        await asyncio.sleep(seconds)
        samples = probe.read(file)
        loading.cancel()
        await load.rest()
        await life.stop()
    finally:
        if not life.dead:
            await life.kill()
        await load.close()
    store = place.store()
    try:
        verdict = judge_all(store, load)
    finally:
        store.close()
    return growth(samples, life.said, sum(1 for _ in load.accepted()), verdict)


def growth(samples: list[Sample], said: str, taken: int, verdict: Verdict) -> Growth:
    """What the samples say; those of the first third are the start, and no part of the slope."""
    third = len(samples) // 3
    first, last = samples[third // 2 : third], samples[-third:]
    memory = [each.memory for each in samples[third:]]
    return Growth(
        slope=slope(memory),
        warm=round(median(memory[: max(1, third // 4)])),
        memory=samples[-1].memory - samples[third // 2].memory,
        files=median(each.files for each in last) - median(each.files for each in first),
        sockets=max(each.sockets for each in last),
        tasks=median(each.tasks for each in last) - median(each.tasks for each in first),
        log=max(each.log for each in samples),
        said=said,
        taken=taken,
        verdict=verdict,
    )


def slope(values: Sequence[float]) -> float:
    """By how much a second values rise that were taken one after the other. See the module."""
    points = [median(values[at : at + POINT]) for at in range(0, len(values) - POINT + 1, POINT)] or list(values)
    apart = probe.EVERY * (POINT if len(values) >= POINT else 1)
    found = [(later - before) / (apart * (end - start)) for (start, before), (end, later) in
             combinations(enumerate(points), 2)]  # fmt: skip
    return median(found) if found else 0.0


def main(minutes: float) -> int:
    """Soak, and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(Path(folder), 60 * minutes))
    faults = found.faults(most=GROWTH * found.warm / HOUR)
    for words in faults:
        print(words)
    memory = f"memory {found.warm / MIB:.1f} MiB, then {found.share:+.2%} an hour (at most {GROWTH:+.0%})"
    others = f"{found.files:+.0f} files, {found.sockets} sockets, {found.tasks:+.0f} tasks"
    lost = f"{found.taken:,} messages accepted, {len(found.verdict.lost)} lost"
    print(f"{minutes:g} min at {RATE} messages a second: {memory}, {others}; {lost}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
