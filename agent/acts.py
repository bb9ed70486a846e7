"""The team log of an organisation: who did what, and when, in rows that are chained by their digests.

A row is written in the transaction of the first change that the act brings about; an act that changed nothing, because
it was refused, say, has its row before it is answered. No value of anybody stands in a row: which act, on what by its
short name, and from which session. Whoever alters, removes or adds a row breaks the chain behind it.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from agent.agent import Agent
from wallet.errors import Corrupt
from wallet.store import items
from wallet.store.change import Item
from wallet.store.companion import BESIDE, Companion, Stands
from wallet.store.transaction import Transaction

T = TypeVar("T")
KIND, NEWEST = "act", "act-newest"
START: Final = "0" * 64  # what the first row names as the one before it
DONE = 200
AT_ONCE: Final = 500  # rows that are read before others may go on
REFUSED, NOTHING, BROKEN = "refused", "nothing changed", "broken off"
TERMINAL, SESSION = "terminal", "session"
SITTING: Final[ContextVar[str]] = ContextVar("sitting", default=TERMINAL)
"""Who acts: the name of a session, `key NAME` for a system with a key, or the terminal."""

NAMING: Final = ("peer", "relationship", "thread", "campaign", "bridge", "roster", "thing", "record")
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # ids and short names; nothing that somebody wrote


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row. number: from 1; at: Unix seconds; did: which act, as the route it came by; on: what it was about.

    by: see SITTING; who: what somebody called herself in that session; came: empty if it was done. before: SHA-256, in
    hex, of the row before it as it is kept.
    """

    number: int
    at: int
    did: str
    by: str
    before: str
    on: tuple[str, ...] = ()
    who: str = ""
    came: str = ""


class Newest(msgspec.Struct, frozen=True):
    """The last row. digest: of it, as in `Act.before`."""

    number: int = 0
    digest: str = START


async def witnessed(
    agent: Agent, did: str, on: Sequence[str], do: Callable[[], Awaitable[tuple[int, T]]]
) -> tuple[int, T]:
    """Do something, and keep a row of it. do: returns an HTTP status and what to say; what it raises is a refusal."""
    outer, by = BESIDE.get(), SITTING.get()
    act = Act(0, agent.now(), did, by, "", tuple(on), agent.desk.get(by, ""))
    beside = Companion(agent.store, partial(add, act=act), within=outer)
    looked()
    token, status = BESIDE.set(beside), 0
    try:
        status, said = await do()
    finally:
        BESIDE.reset(token)
        await finish(agent, act, beside, status)
    return status, said


async def opened(agent: Agent, session: str) -> None:
    """Keep a row of it that somebody opened the pages in a browser. session: by its name."""
    if agent.config.kind == "org" and not agent.store.vault.locked:
        await agent.store.write(partial(add, act=Act(0, agent.now(), SESSION, session, "")))


async def finish(agent: Agent, act: Act, beside: Companion, status: int) -> None:
    """Write what its row does not say, or the row itself if no change took it along."""
    stood, beside.stands = beside.stands, Stands.NEEDLESS  # whatever goes on behind the act is no part of it
    if agent.store.vault.locked or stood is Stands.NEEDLESS or (stood is Stands.WRITTEN and status == DONE):
        return
    came = BROKEN if stood is Stands.WRITTEN else NOTHING if status == DONE else REFUSED
    await agent.store.write(partial(add, act=replace(act, came=came)))


@contextmanager
def sitting(session: str) -> Iterator[None]:
    """Whatever is done in here is done by this name of a session; empty: as it was."""
    token = SITTING.set(session or SITTING.get())
    try:
        yield
    finally:
        SITTING.reset(token)


def looked() -> None:
    """What is done here is no act: it changes nothing, or has a row of its own; so what is around it needs none."""
    outer = BESIDE.get()
    while outer is not None:
        outer.stands = Stands.NEEDLESS
        outer = outer.within


def named(segments: Mapping[str, str], body: object) -> tuple[str, ...]:
    """What an act is about, by short names; whatever else was typed stays out. segments: of its path."""
    fields = body if isinstance(body, dict) else {}
    several = fields.get("peers") or fields.get("relationships")
    listed = [str(each) for each in several] if isinstance(several, list) else []
    found = [*segments.values(), *(str(fields[each]) for each in NAMING if isinstance(fields.get(each), str)), *listed]
    plain = tuple(dict.fromkeys(each for each in found if _PLAIN.fullmatch(each)))
    return plain if len(plain) <= 8 else (*plain[:8], f"{len(plain) - 8} more")


# -- the chain ----------------------------------------------------------------------------------------------------


def add(tx: Transaction, *, act: Act) -> None:
    """Write a row behind the last one."""
    last = _newest(items.item(tx, kind=NEWEST, id=NEWEST))
    record = msgspec.json.encode(replace(act, number=last.number + 1, before=last.digest))
    items.keep(tx, row=Item(KIND, str(last.number + 1), record))
    newest = Newest(last.number + 1, digest(record))
    items.keep(tx, row=Item(NEWEST, NEWEST, msgspec.json.encode(newest)))


def newest(agent: Agent) -> Newest:
    """The last row there is."""
    return _newest(agent.store.item(NEWEST, NEWEST))


def _newest(item: Item | None) -> Newest:
    return msgspec.json.decode(item.record, type=Newest) if item else Newest()


def record(agent: Agent, number: int) -> bytes | None:
    """A row as it is kept; None if it is not there, or does not open."""
    try:
        item = agent.store.item(KIND, str(number))
    except Corrupt:
        return None
    return item.record if item else None


def row(agent: Agent, number: int) -> Act | None:
    """A row; None if it is not there, or cannot be read."""
    found = record(agent, number)
    try:
        return msgspec.json.decode(found, type=Act) if found is not None else None
    except msgspec.MsgspecError:
        return None


def digest(record: bytes) -> str:
    """SHA-256 of a row, in hex."""
    return hashlib.sha256(record).hexdigest()


def faults(agent: Agent, first: int, last: int) -> Iterator[tuple[int, str]]:
    """What is wrong with the rows from `first` to `last`: the number of each that was changed or is gone, and how.

    Every row is held against what the row behind it, and of the last what the wallet, says it was.
    """
    end = newest(agent)
    if last >= end.number and agent.store.item(KIND, str(end.number + 1)) is not None:
        yield end.number + 1, "it stands behind the last row that was written"
    wanted = end.digest if last >= end.number else before(agent, last + 1)
    for number in range(min(last, end.number), first - 1, -1):
        found = record(agent, number)
        act = row(agent, number)
        if found is None or act is None:
            yield number, "it is gone, or cannot be read any more"
        elif wanted is not None and digest(found) != wanted:
            yield number, "it is not as it was written"
        elif act.number != number:
            yield number, "it is another row, put in its place"
        wanted = act.before if act else None
    if first == 1 and wanted not in (START, None):
        yield 0, "rows before the first are gone"


def before(agent: Agent, number: int) -> str | None:
    """What a row says of the one before it."""
    found = row(agent, number)
    return found.before if found else None


async def file_of(agent: Agent) -> bytes:
    """All rows as they are kept, a line each, oldest first: whoever has the file checks each line by the next."""
    lines: list[bytes] = []
    for number in range(1, newest(agent).number + 1):
        if (found := record(agent, number)) is not None:
            lines.append(found + b"\n")
        await breathe(number)
    return b"".join(lines)


async def against(agent: Agent, kept: bytes) -> tuple[int, tuple[int, ...]]:
    """Hold a file that was saved earlier against the rows here: how many it has, and the numbers of those that are not
    the same here. Raises ValueError if it is no such file."""
    rows, differ = 0, list[int]()
    for line in filter(bytes.strip, kept.splitlines()):
        try:
            number = msgspec.json.decode(line, type=Act).number
        except msgspec.MsgspecError as fault:
            raise ValueError("this is not a file of this log") from fault
        rows += 1
        if record(agent, number) != line:
            differ.append(number)
        await breathe(rows)
    return rows, tuple(differ)


async def breathe(done: int) -> None:
    """Let others go on now and then, in a long row of things to do."""
    if done % AT_ONCE == 0:
        await asyncio.sleep(0)
