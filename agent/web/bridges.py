"""Routes: bridges to an org's own systems: which there are, how they stand, and what the operator does with them."""

from datetime import UTC, datetime

import msgspec

from agent import events
from agent.agent import Agent
from agent.bridges import crm_holdings, operating
from agent.bridges.operating import Standing
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.errors import NotFound


class Adding(msgspec.Struct, frozen=True):
    """bridge: its setting; secret: what it needs to log in, or the key of a webhook. shared: see `operating.add`."""

    bridge: str
    secret: str = ""
    shared: bool = False


class Naming(msgspec.Struct, frozen=True):
    """bridge: its setting, or how that begins."""

    bridge: str
    shared: bool = False


class Replaying(msgspec.Struct, frozen=True):
    """since: RFC 3339; None: only what was not taken."""

    bridge: str
    since: str | None = None


def shown(standing: Standing) -> object:
    """How a bridge stands, as JSON."""
    return msgspec.to_builtins(standing)


async def listed(agent: Agent) -> object:
    """All bridges, and how they stand."""
    return [shown(operating.standing(agent, each)) for each in agent.config.bridges]


async def log(agent: Agent, name: str) -> object:
    """What became of the newest events at one bridge. called: how the owner knows the customer."""
    found = operating.log(agent, operating.named(agent, name))
    return [{**msgspec.to_builtins(each), "called": called(agent, each.customer)} for each in found]


def called(agent: Agent, subject: str) -> str | None:
    """The relationship that an org's own systems call so; None if it is gone."""
    try:
        return agent.relationship(events.peer_of(agent, subject))[0].called
    except NotFound:
        return None


async def one(agent: Agent, name: str) -> object:
    """One bridge: how it stands, and how much there is behind it. unread: why that cannot be told now."""
    whole = operating.named(agent, name)
    standing, holds, unread = msgspec.to_builtins(operating.standing(agent, whole)), None, None
    try:
        holds = await crm_holdings.counted(agent, whole)
    except OSError as fault:
        unread = str(fault.strerror)
    return {**standing, "holds": holds, "unread": unread}


async def add(agent: Agent, asked: Adding) -> object:
    """Have one more."""
    return shown(await operating.add(agent, asked.bridge, secret=asked.secret, shared=asked.shared))


async def remove(agent: Agent, asked: Naming) -> object:
    """Have one less."""
    name = operating.named(agent, asked.bridge)
    await operating.remove(agent, name)
    return {"removed": name}


async def rotate(agent: Agent, asked: Naming) -> object:
    """Change the key of a webhook."""
    return shown(await operating.rotate(agent, operating.named(agent, asked.bridge), shared=asked.shared))


async def pause(agent: Agent, asked: Naming) -> object:
    """Hand nothing over for now."""
    return shown(await operating.pause(agent, operating.named(agent, asked.bridge)))


async def resume(agent: Agent, asked: Naming) -> object:
    """Hand over again."""
    return shown(await operating.resume(agent, operating.named(agent, asked.bridge)))


async def replay(agent: Agent, asked: Replaying) -> object:
    """Tell again."""
    since = None if asked.since is None else moment(asked.since)
    return shown(await operating.replay(agent, operating.named(agent, asked.bridge), since))


def moment(text: str) -> int:
    """Unix seconds of a day or a time. Raises Misuse."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse(f"{text[:40]} is no day and no time; write 2027-01-15 or 2027-01-15T08:00:00Z") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


ROUTES = (
    Route("GET", "/v1/bridges", listed),
    Route("GET", "/v1/bridges/{name}", one),
    Route("GET", "/v1/bridges/{name}/log", log),
    Route("POST", "/v1/bridges", add, Adding),
    Route("POST", "/v1/bridges/remove", remove, Naming),
    Route("POST", "/v1/bridges/rotate", rotate, Naming),
    Route("POST", "/v1/bridges/pause", pause, Naming),
    Route("POST", "/v1/bridges/resume", resume, Naming),
    Route("POST", "/v1/bridges/replay", replay, Replaying),
)
