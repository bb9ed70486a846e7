"""Mixed load for a long time, and whether anything grows: `python -m tests.faults.soak MINUTES`."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

from tests.faults import probe
from tests.faults.lives import Place
from tests.faults.load import STEADY, Load
from tests.faults.probe import Sample

RATE: Final = 100
AT_ONCE: Final = 6  # messages, and so connections, which come and go else
MIB: Final = 1024 * 1024
HOUR: Final = 3600
GROWTH: Final = 0.06  # of the memory in an hour, at most; less cannot be told from noise in a quarter of one
SHORT: Final = 512  # bytes a message, at most; in a few minutes the noise is much greater
FILES, TASKS, LOG, MEMORY = 5, 10, 64 * MIB, 64 * MIB
POOL: Final = 8  # connections that an agent keeps open to one place, at most
OWN: Final = 8  # sockets that it has in any case: it listens, for messages and for its owner, and wakes itself


@dataclass(frozen=True)
class Growth:
    """What changed from the first third of the time to the last. slope: bytes of memory a second; memory, log: bytes;
    of `log` the greatest size; sockets: the most at any time in the last third; said: what it complained of."""

    slope: float
    memory: int
    files: float
    sockets: int
    tasks: float
    log: int
    said: str

    def faults(self, most: float) -> list[str]:
        """What grew too much. most: bytes of memory a second."""
        judged = {
            f"memory grows by {self.slope:.0f} bytes a second, {self.memory / MIB:.0f} MiB in all":
                self.slope > most or self.memory > MEMORY,
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
    await asyncio.sleep(seconds)
    loading.cancel()
    await load.rest()
    await life.stop()
    await load.close()
    return growth(probe.read(file), life.said)


def growth(samples: list[Sample], said: str) -> Growth:
    """What the samples say; those of the first third are the start, and no part of the slope."""
    third = len(samples) // 3
    first, last = samples[third // 2 : third], samples[-third:]
    memory = [float(each.memory) for each in samples[third:]]
    return Growth(
        slope=linear_regression([probe.EVERY * number for number in range(len(memory))], memory).slope,
        memory=samples[-1].memory - samples[third // 2].memory,
        files=median(each.files for each in last) - median(each.files for each in first),
        sockets=max(each.sockets for each in last),
        tasks=median(each.tasks for each in last) - median(each.tasks for each in first),
        log=max(each.log for each in samples),
        said=said,
    )


def main(minutes: float) -> int:
    """Soak, and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(Path(folder), 60 * minutes))
    most = GROWTH * MEMORY / HOUR
    for words in found.faults(most):
        print(words)
    print(f"{minutes:g} min at {RATE} messages a second: {found.slope * HOUR / MIB:+.1f} MiB an hour (at most"
          f" {most * HOUR / MIB:.1f}), {found.files:+.0f} files, {found.sockets} sockets,"
          f" {found.tasks:+.0f} tasks")  # fmt: skip
    return 1 if found.faults(most) else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
