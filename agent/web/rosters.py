"""Routes: the rosters of agreements that are here, and loading, swapping and dropping them."""

from typing import Literal

import msgspec

from agent import agreements, rosters
from agent.agent import Agent
from agent.agreements import Roster
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.encoding import digest
from wallet.errors import Unresolved


class Loading(msgspec.Struct, frozen=True):
    """A roster by its URL, or its contents as a text with the name of the file. digest: the one it must have."""

    digest: str
    url: str = ""
    file: str = ""
    name: str = ""


class Looking(msgspec.Struct, frozen=True):
    """The contents of a file that may be a roster."""

    file: str


class Changing(msgspec.Struct, frozen=True):
    """roster: its name, or the beginning of its Digest."""

    roster: str
    do: Literal["use", "drop"]


def shown(agent: Agent, pinned: str, roster: Roster) -> dict[str, object]:
    """A roster as it is listed."""
    listed = [{"id": each.id, "version": each.version, "title": each.title} for each in roster.agreements]
    return {
        "roster": roster.name,
        "version": roster.version,
        "digest": pinned,
        "source": rosters.source_of(agent, pinned),
        "in_use": pinned == rosters.chosen(agent),
        "agreements": listed,
    }


async def listed(agent: Agent) -> object:
    """The rosters that are here."""
    return [shown(agent, pinned, roster) for pinned, roster in rosters.all_of(agent).items()]


async def load(agent: Agent, asked: Loading) -> object:
    """Keep a roster, from a file or fetched from a URL."""
    if asked.url:
        try:
            raw = await agent.meet(rosters.fetched(asked.url))
        except Unresolved as fault:
            raise Misuse(f"the roster could not be fetched ({fault}); nothing was taken") from fault
    else:
        raw = asked.file.encode()
    if not asked.digest:
        raise agreements.BadRoster(
            f"a roster is pinned by its digest, which whoever you have it from tells you; this one has {digest(raw)}."
            " Nothing was taken. If it is the one you mean, give it: --digest DIGEST"
        )
    roster = await rosters.load(agent, raw, pinned=asked.digest, source=asked.url or asked.name)
    return shown(agent, asked.digest, roster)


async def look(agent: Agent, asked: Looking) -> object:
    """What is in a file, with its Digest and the texts; nothing of it is kept."""
    raw = asked.file.encode()
    pinned = digest(raw)
    roster = agreements.read(raw, pinned=pinned)
    texts = [
        {"id": each.id, "version": each.version, "title": each.title, "text": each.text} for each in roster.agreements
    ]
    here = pinned in rosters.all_of(agent)
    return {"roster": roster.name, "version": roster.version, "digest": pinned, "agreements": texts, "here": here}


async def change(agent: Agent, asked: Changing) -> object:
    """Deal in another roster's agreements, or forget a roster."""
    pinned = rosters.find(agent, asked.roster)
    before = shown(agent, pinned, rosters.of(agent, pinned))
    if asked.do == "drop":
        await rosters.drop(agent, pinned)
        return before
    return shown(agent, pinned, await rosters.use(agent, pinned))


ROUTES = (
    Route("GET", "/v1/rosters", listed),
    Route("POST", "/v1/rosters", load, Loading),
    Route("POST", "/v1/rosters/look", look, Looking),
    Route("POST", "/v1/rosters/change", change, Changing),
)
