"""Routes: the log of an organisation's team (agent/acts.py): its rows, whether they are as they were written."""

import asyncio

import msgspec

from agent import acts
from agent.acts import Act
from agent.agent import Agent
from agent.errors import Refused
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp

LISTED = 50
CHECKED = 500  # rows whose chain is checked whenever it is looked at
LONGEST = 60  # letters of a name


class Sitting(msgspec.Struct, frozen=True):
    """name: what somebody calls herself where she sits now; empty: she leaves."""

    name: str


class Comparing(msgspec.Struct, frozen=True):
    """file: what was saved earlier, as text."""

    file: str


def shown(act: Act) -> dict[str, object]:
    """A row as it is listed."""
    return {**msgspec.to_builtins(act), "at": timestamp(act.at), "on": act.on, "who": act.who, "came": act.came}


def part(agent: Agent, last: int) -> dict[str, object]:
    """The rows up to `last`, newest first, and whether the chain holds there."""
    end = acts.newest(agent)
    last = min(last, end.number)
    rows = (acts.row(agent, number) for number in range(last, max(0, last - LISTED), -1))
    first = max(1, last - CHECKED + 1)
    return {
        "newest": end.number,
        "digest": end.digest,
        "rows": [shown(each) for each in rows if each is not None],
        "checked": [first, last],
        "faults": [{"row": number, "why": why} for number, why in acts.faults(agent, first, last)],
        "sitting": acts.SITTING.get(),
        "name": agent.desk.get(acts.SITTING.get(), ""),
    }


async def listed(agent: Agent) -> object:
    """The newest rows."""
    return part(agent, acts.newest(agent).number)


async def earlier(agent: Agent, last: str) -> object:
    """The rows up to a number."""
    if not (last.isascii() and last.isdecimal() and 0 < len(last) < 16):
        raise Misuse("name a row by its number")
    return part(agent, int(last))


async def verify(agent: Agent) -> object:
    """Check every row there is."""
    end = acts.newest(agent).number
    found: list[tuple[int, str]] = []
    for last in range(end, 0, -CHECKED):
        found += acts.faults(agent, max(1, last - CHECKED + 1), last)
        await asyncio.sleep(0)  # others go on meanwhile
    return {"rows": end, "faults": [{"row": number, "why": why} for number, why in sorted(found)]}


async def file(agent: Agent) -> object:
    """All rows as a text, a line each."""
    return {"file": (await acts.file_of(agent)).decode()}


async def against(agent: Agent, asked: Comparing) -> object:
    """Hold a file that was saved earlier against the rows here."""
    try:
        rows, other = await acts.against(agent, asked.file.encode())
    except ValueError as fault:
        raise Misuse(f"{fault}; nothing was compared") from fault
    return {"rows": rows, "differ": other}


async def sit(agent: Agent, asked: Sitting) -> object:
    """Say who is at the desk, for the rows that are written from there."""
    if agent.config.kind != "org":
        raise Refused("a log of who does what is for an organisation's team; nothing was kept")
    session, name = acts.SITTING.get(), asked.name.strip()
    if len(name) > LONGEST:
        raise Misuse(f"at most {LONGEST} letters; nothing was kept")
    if name:
        agent.desk[session] = name
    else:
        agent.desk.pop(session, None)
    return {"sitting": session, "name": name}


ROUTES = (
    Route("GET", "/v1/acts", listed),
    Route("GET", "/v1/acts/to/{last}", earlier),
    Route("GET", "/v1/acts/file", file),
    Route("POST", "/v1/acts/verify", verify),
    Route("POST", "/v1/acts/against", against, Comparing),
    Route("POST", "/v1/desk", sit, Sitting),
)
