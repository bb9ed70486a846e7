"""Whether this agent can do its work now: each condition with its name, its words, and what to do if it does not hold.

Looked at by the owner's doctor, by whoever watches over the agent (`/ready`, `/metrics`), and by the agent itself every
half minute, which logs what changed. Names are fixed words; no condition says with whom anything happened.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from shutil import disk_usage
from typing import Final

import msgspec

from agent.agent import Agent
from agent.logs import note
from agent.parcel import MOST_WAITING
from agent.watch import SKEW, is_plausible, told
from wallet.errors import WalletError
from wallet.store import meta, quarantine, standing
from wallet.store.quarantine import MOST_BYTES, MOST_ROWS

LATE: Final = 120  # seconds after which a message that is due and not tried means that something is stuck
SILENT: Final = 180.0  # seconds after which a clock that looked at nothing has stopped
NEARLY: Final = 0.9  # of a queue: it will be full soon
LEAST_FREE: Final = 64 * 1024 * 1024  # bytes on the disk
PROBE_SECONDS: Final = 5.0
LOOK_EVERY: Final = 30.0


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. mend: what to do, if it is not well."""

    check: str
    ok: bool
    detail: str
    mend: str = ""


async def conditions(agent: Agent) -> tuple[Finding, ...]:
    """Everything that must hold for this agent to do its work."""
    if agent.store.vault.locked:
        return (Finding("unlocked", False, "the wallet is locked", "start the agent again, and unlock it"),)
    store = await writable(agent)
    away = agent.config.store and not store.ok  # then nothing can be read, either
    return (
        Finding("unlocked", True, "the wallet is open"),
        store,
        disk(agent),
        clock(agent),
        loop(agent),
        *(() if away else (sending(agent), room(agent), apart(agent))),
        *(Finding(name, False, *words) for name, words in sorted(agent.troubles.items())),
    )


async def writable(agent: Agent) -> Finding:
    """Whether the store takes what is written, within a few seconds."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await agent.store.write(meta.touch)
    except OSError as fault:  # TimeoutError among them
        why = fault.strerror or f"it took more than {PROBE_SECONDS:g} s"
        if agent.config.store:
            mend = "nothing is lost: messages are refused until it is back, and then all goes on by itself. Start it"
            return Finding("store", False, f"the database cannot be written to: {why}", mend)
        mend = "nothing is lost: messages are refused until it works again. Free space, or stop what keeps the file"
        return Finding("store", False, f"the wallet file cannot be written: {why}", mend)
    where = "database can be written to" if agent.config.store else "wallet file can be written"
    return Finding("store", True, f"the {where}")


def disk(agent: Agent) -> Finding:
    """Whether there is room on the disk."""
    free = disk_usage(agent.store.path.parent).free
    detail = f"{free // 2**20} MiB are free on the disk of the wallet"
    return Finding("disk", free >= LEAST_FREE, detail, f"free space: at least {LEAST_FREE // 2**20} MiB")


def clock(agent: Agent) -> Finding:
    """Whether this computer's clock can be believed."""
    now, watch, mend = agent.now(), agent.watch, "set the clock, by network time if you can"
    if not is_plausible(now):
        return Finding("clock", False, f"this computer's clock says {told(now)}, which cannot be", mend)
    if agent.clock_in_doubt:
        detail = f"this computer's clock was set by {abs(watch.jumped)} s; nothing is called over for an hour"
        return Finding("clock", False, detail, f"if {told(now)} is wrong, {mend}")
    if watch.skewed:
        side = "ahead of" if watch.apart > 0 else "behind"
        return Finding("clock", False, f"this computer's clock is {abs(watch.apart)} s {side} the others'", mend)
    return Finding("clock", True, f"this computer's clock is within {SKEW} s of the others', as far as is known")


def loop(agent: Agent) -> Finding:
    """Whether what is due is looked at."""
    silent = agent.watch.silent(agent.steady())
    if silent > SILENT:
        detail = f"for {silent:.0f} s nothing that is due was looked at"
        return Finding("timers", False, detail, "start the agent again, and please report it")
    return Finding("timers", True, "what is due is looked at")


def sending(agent: Agent) -> Finding:
    """Whether what is due to be sent is sent. What waits because nobody is there is not late."""
    waiting = agent.store.read(partial(standing.counted, table="outgoing"))
    due = agent.store.read(standing.first_due)
    detail = f"{standing.in_words(waiting)} message{' waits' if waiting == 1 else 's wait'} to be sent or acknowledged"
    late = agent.now() - due if due is not None and not agent.clock_in_doubt else 0
    if late > LATE:
        return Finding(
            "outbox",
            False,
            f"{detail}, the oldest for {late} s",
            "let the agent run: freerange serve; it tries again by itself",
        )
    return Finding("outbox", True, detail)


def room(agent: Agent) -> Finding:
    """Whether there is room for more to say to everybody. Of a long queue each look sees a part, and then the next."""
    crowd = agent.metrics.crowd = agent.store.read(partial(standing.step, known=agent.metrics.crowd))
    most = crowd.most
    detail = f"at most {most} messages wait for one peer, of {MOST_WAITING} that may"
    mend = "see for whom: freerange queue; what need not go any more can be thrown away there"
    return Finding("queues", most < NEARLY * MOST_WAITING, detail, mend)


def apart(agent: Agent) -> Finding:
    """Whether there is room in quarantine."""
    rows, size = agent.store.read(quarantine.filled)
    full = rows >= NEARLY * MOST_ROWS or size >= NEARLY * MOST_BYTES
    detail = f"{rows} message{' is' if rows == 1 else 's are'} kept apart, {size // 1024} KiB of {MOST_BYTES // 1024}"
    mend = "look at them: freerange queue; try them again with a newer program, or throw them away"
    return Finding("quarantine", not full, detail, mend)


# -- watching over it ---------------------------------------------------------------------------------------------


class Lookout:
    """What held at the last look, so that a change is noted once. every: seconds between looks of its own."""

    def __init__(self, agent: Agent, every: float = LOOK_EVERY) -> None:
        self.agent, self.every = agent, every
        self.found: tuple[Finding, ...] = ()
        self._bad: dict[str, Finding] = {}

    async def look(self) -> tuple[Finding, ...]:
        """Look now, and note what changed."""
        try:
            self.found = await conditions(self.agent)
        except (OSError, WalletError) as fault:
            mend = "see what is wrong with it: freerange doctor, and restore it from a back-up if it is damaged"
            self.found = (Finding("store", False, f"the wallet file cannot be read: {fault}", mend),)
        bad = {each.check: each for each in self.found if not each.ok}
        for check in bad.keys() - self._bad.keys():
            note("not ready", check=check, why=bad[check].detail, mend=bad[check].mend)
            self.agent.metrics.count("unready", check=check)
        for check in self._bad.keys() - bad.keys():
            note("ready again", check=check)
        self._bad = bad
        return self.found

    async def run(self) -> None:
        """Look every now and then, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self.every)


def wrong(found: tuple[Finding, ...]) -> Iterator[str]:
    """The names of what does not hold."""
    return (each.check for each in found if not each.ok)
