"""Routes: what leaving would say to whom, leaving, and what came of it."""

from collections.abc import Mapping

import msgspec

from agent import campaigns, groups, leaving, names
from agent.agent import Agent
from agent.campaigns import To
from agent.leaving import Wish
from agent.parcel import Parcel
from agent.relationship import Relationship, fingerprint
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.vrm.base import Date, Disposal, Reason

DATA: dict[Disposal, str] = {
    "erase": "erase everything it has of you",
    "return-then-erase": "give you everything it has of you, and then erase it",
    "keep-legal-minimum": "erase everything it has of you, but for what the law has it keep",
}


class Leaving(msgspec.Struct, frozen=True):
    """data: what must happen to it; by: a date, a month from now if it is empty; reason: a word of the protocol.

    group: a group or rule; those in it are told one after another, over `jitter` seconds.
    """

    peers: tuple[str, ...] = ()
    all: bool = False
    group: str = ""
    jitter: int = campaigns.JITTER
    data: Disposal = "erase"
    by: Date | None = None
    reason: Reason | None = None


def chosen(agent: Agent, asked: Leaving) -> list[Relationship]:
    """Which relationships are meant."""
    if asked.group:
        return [*groups.members(agent, asked.group)]
    if asked.all:
        return [each for each in known(agent) if not each.ended]
    found = [names.find_peer(agent, name) for name in asked.peers]
    if over := [each.called for each in found if each.ended]:
        raise Misuse(f"the relationship with {', '.join(over)} has ended already; nothing was said to anybody")
    return found


def wish(agent: Agent, asked: Leaving) -> Wish:
    """What is wished. Raises Misuse for a date that is past."""
    by = asked.by or leaving.usual_date(agent)
    if by < leaving.today(agent):
        raise Misuse(f"{by} is past; nothing was said. Name a date to come: --by YYYY-MM-DD")
    return Wish(asked.data, by, asked.reason)


def says(agent: Agent, who: Relationship, wished: Wish) -> str:
    """What one of them will be told, in words."""
    match leaving.way(agent, who):
        case "signed":
            todo = DATA[wished.data] if agent.config.kind == "person" else "take leave of you"
            why = f" (your reason: {wished.reason})" if wished.reason else ""
            return f"signed by you: you end it{why}; it is to {todo} by {wished.by}, and to answer when that is done"
        case "goodbye":
            return "that you give up the address it knows; it can be told no more, as it speaks no language for that"
    return "nothing: it speaks no language for leaving, and your public address goes on serving others"


async def preview(agent: Agent, asked: Leaving) -> object:
    """What would be said to whom; nothing is said."""
    wished, now = wish(agent, asked), agent.now()
    under_way = leaving.waiting(agent)
    return [
        {
            "with": each.called,
            "fingerprint": fingerprint(each.peer),
            "says": says(agent, each, wished),
            "terms": [agreement.id for agreement in each.agreements if not agreement.ends or now < agreement.ends],
            "waiting": len(under_way.get(each.peer, {})),
        }
        for each in chosen(agent, asked)
    ]


async def leave(agent: Agent, asked: Leaving) -> object:
    """End the relationships that are named, one after the other."""
    wished = wish(agent, asked)
    return [
        {
            "with": each.called,
            "fingerprint": fingerprint(each.peer),
            "way": await leaving.leave(agent, each.peer, wished),
        }
        for each in chosen(agent, asked)
    ]


async def leave_group(agent: Agent, asked: Leaving) -> object:
    """End every relationship of a group, as a campaign."""
    wished = wish(agent, asked)
    if not asked.group or asked.peers or asked.all:
        raise Misuse("name a group, and nothing else; nothing was said to anybody")
    everybody = (To(each.peer) for each in groups.members(agent, asked.group))
    title = f"Leave {asked.group}"
    id = await campaigns.start(
        agent, leaving.KIND.name, msgspec.to_builtins(wished), everybody, title=title, jitter=asked.jitter
    )
    return {"campaign": id, "told": campaigns.tally(agent, id).plan.size}


async def standing(agent: Agent) -> object:
    """Every relationship that was ended, and what came of it."""
    under_way = leaving.waiting(agent)
    return [came_of_it(agent, each, under_way.get(each.peer, {})) for each in known(agent) if each.ended]


def came_of_it(agent: Agent, who: Relationship, under_way: Mapping[str, Parcel]) -> dict[str, object]:
    """What came of ending one. under_way: what is on its way to it, by thread."""
    came = leaving.outcome(agent, who, under_way)
    shown = {"with": who.called, "fingerprint": fingerprint(who.peer), **msgspec.to_builtins(came)}
    return shown | {"overdue": came.state == "asked" and came.by < leaving.today(agent)}


async def one(agent: Agent, name: str) -> object:
    """What came of ending this one; nothing, while it goes on."""
    who = names.find_peer(agent, name)
    return came_of_it(agent, who, leaving.waiting(agent).get(who.peer, {})) if who.ended else None


ROUTES = (
    Route("GET", "/v1/leavings", standing),
    Route("GET", "/v1/leavings/{name}", one),
    Route("POST", "/v1/leavings/preview", preview, Leaving),
    Route("POST", "/v1/leavings", leave, Leaving),
    Route("POST", "/v1/leavings/group", leave_group, Leaving),
)
