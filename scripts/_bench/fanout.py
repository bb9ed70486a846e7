"""One act towards many: what it costs for each of them, that it stays flat, and that memory does not grow with them.

Her agent is a whole one, with a wallet on disk; the vendors are in this process, take what comes, and answer nothing.
Everything is cold: no vendor was written to before, so its document and her keys for it are read for the first time.
"""

import asyncio
import gc
import resource
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import process_time

from agent import clock, home
from agent.agent import Agent
from agent.delivery import matching, respelled
from agent.didcomm import encryption, envelopes
from agent.parcel import read
from agent.web import contact
from agent.web.contact import Editing
from scripts._bench.market import Market, acquaint, edit
from scripts._bench.measure import Effort, Figure, Y, of, seconds
from scripts._bench.world import configuration
from wallet.keys import PublicKey, random_bytes

SEALING, FLAT, GROWTH = 3.0, 1.10, 16.0
BATCH = 50  # messages that are sealed between two looks at the clock
YARDS = 30  # verifications in one look at the yardstick


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU for each recipient, in Y, with few and many; growth of memory with a hundred thousand, in MiB."""
    few, many, most = effort.recipients
    small = [asyncio.run(measured(few)) for _ in range(effort.repeats)]
    large = asyncio.run(measured(many))
    sealing = [cost for costs, _ in (*small, large) for cost in costs]
    yield of(f"sealed for a vendor, nothing remembered, {few:,} to {many:,} of them", "Y", sealing, SEALING)
    whole = median(cost for _, cost in small)
    yield of(f"said, stored, signed, sealed: each of {many:,} against {few:,}", "x", [large[1] / whole], FLAT)
    yield of(f"memory that {most:,} recipients add, from first to last", "MiB", [grown(most)], GROWTH)


async def measured(count: int) -> tuple[list[float], float]:
    """CPU for each of so many recipients, in Y: of sealing alone, a batch after another, and of all there is to do."""
    market = Market(count, keep=False)
    async with person(market) as her:
        await acquaint(her, market.urls())
        gc.collect()
        before, began = yard(), process_time()
        await contact.change(her, Editing(edit(), jitter=0))
        whole = (process_time() - began) / before
        while sum(market.counts) < count:  # beside the yardstick at every step, for others use this machine too
            began = process_time()
            await step(her)
            spent, after = process_time() - began, yard()
            whole, before = whole + spent / ((before + after) / 2), after
        sealing = await sealed(her)
    assert all(each == 1 for each in market.counts)
    return sealing, whole / count


async def sealed(her: Agent) -> list[float]:
    """CPU, in Y, of sealing what was said to one of them once more, batch by batch; nothing is remembered of any pair.

    Reading keys and documents is not counted here; it is in what a recipient costs altogether.
    """
    her.keys.forget()
    encryption.forget()
    spent, batch = list[float](), list[tuple[bytes, str, tuple[str, PublicKey]]]()
    for peer, row in her.store.outgoing():
        who = her.relationship(peer)[0]
        theirs, ours = [await her.meet(her.resolve(each)) for each in (who.their_did, who.our_did)]
        mine, other = matching(ours, theirs)
        assert her.keys.holds(mine)
        spoken = respelled(mine, who.spoken_as), (respelled(other[0], who.spoken_to), other[1])
        batch.append((bytes(read(row.record).plaintext), *spoken))
        if len(batch) == BATCH:
            spent.append(timed(her, batch))
    return [*spent, *([timed(her, batch)] if batch else [])]


def timed(her: Agent, batch: list[tuple[bytes, str, tuple[str, PublicKey]]]) -> float:
    """CPU, in Y, of sealing one of these, which are forgotten then."""
    before, began = yard(), process_time()
    for raw, mine, other in batch:
        envelopes.seal(raw, keys=her.keys, sender_kid=mine, recipients=[other])
    spent = (process_time() - began) / len(batch)
    batch.clear()
    return spent / ((before + yard()) / 2)


async def step(her: Agent) -> None:
    """Let the clock do some of what is due, and all of it arrive."""
    await clock.tick(her)
    await her.outbox.quiet()


async def finish(her: Agent) -> None:
    """Let the clock do all that is due."""
    while True:
        await step(her)
        due = her.store.next_due()
        if due is None or due > her.now():
            return


@asynccontextmanager
async def person(market: Market) -> AsyncIterator[Agent]:
    """A person who reaches this market."""
    with tempfile.TemporaryDirectory() as folder:
        place, secret = Path(folder) / "her", random_bytes(32)
        await home.make(place, configuration("person", "her"), secret)
        her = await home.open_agent(place, secret, market)
        try:
            yield her
        finally:
            await her.outbox.quiet()
            await her.needs.close()
            her.store.close()


def yard() -> float:
    """CPU seconds of one verification, now."""
    return median(seconds(Y, YARDS) for _ in range(3))


# -- memory -------------------------------------------------------------------------------------------------------


def grown(count: int) -> float:
    """By how many MiB a process grows from when it has told a hundredth of so many recipients to when all are told."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts._bench.fanout", str(count)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


async def growing(count: int) -> float:
    """See `grown`; in this process."""
    market = Market(count, keep=False)
    async with person(market) as her:
        await acquaint(her, market.urls())
        await contact.change(her, Editing(edit(), jitter=0))
        while sum(market.counts) < count // 100:
            await step(her)
        gc.collect()
        before = resident()
        await finish(her)
        gc.collect()
        after = resident()
    assert sum(market.counts) == count
    return after - before


def resident() -> float:
    """MiB of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    print(asyncio.run(growing(int(sys.argv[1]))))
