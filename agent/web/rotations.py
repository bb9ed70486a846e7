"""Routes: changing our DID in relationships, and how far each has come."""

from typing import Literal

import msgspec

from agent import identity, leaving, mediation, names, rotation
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet import dids
from wallet.credentials.vcdm import timestamp
from wallet.store.change import Change, Item

KIND, ALL = "rotation-act", "all"


class Choosing(msgspec.Struct, frozen=True):
    """peers: by name; all: every relationship that has not ended, or what is left of the last time that was asked."""

    peers: tuple[str, ...] = ()
    all: bool = False


class Rotating(msgspec.Struct, frozen=True):
    """peer: by name. at_once: stop listening at the old DID as soon as they know the new one.

    from_public: an org gives up its public DID in this relationship.
    """

    peer: str
    at_once: bool = False
    from_public: bool = False


class Act(msgspec.Struct, frozen=True):
    """When it was asked that every relationship change its DID; those that have not since are left to do."""

    since: int


def state(agent: Agent, who: Relationship, tries: int) -> Literal["confirmed", "told", "not reached"]:
    """What the other side knows of our last move. tries: how often the announcement could not be handed over."""
    if rotation.standing(who) == "settled":
        return "confirmed"
    return "not reached" if tries else "told"


async def standing(agent: Agent) -> object:
    """Every relationship in which we have moved, and whether they know."""
    under_way = leaving.waiting(agent)
    moved = [each for each in known(agent) if each.we_moved and not each.ended]
    found = []
    for each in moved:
        parcels = under_way.get(each.peer, {}).values()
        worst = max(parcels, key=lambda parcel: parcel.tries, default=None)
        found.append(
            {
                "with": each.called,
                "fingerprint": fingerprint(each.peer),
                "state": state(agent, each, worst.tries if worst else 0),
                "since": timestamp(each.we_moved),
                "why": worst.why if worst and worst.tries else "",
            }
        )
    return found


async def choose(agent: Agent, asked: Choosing) -> object:
    """Which relationships are meant. If the last time all were meant was broken off, those that were left then."""
    if not asked.all:
        chosen = [names.find_peer(agent, name) for name in asked.peers]
        return {"left_over": False, "peers": [shown(each) for each in chosen]}
    row = agent.store.item(KIND, ALL)
    since = msgspec.json.decode(row.record, type=Act).since if row else 0
    open_ones = [each for each in known(agent) if not each.ended]
    left = [each for each in open_ones if each.since < since and each.we_moved < since]
    if not left:
        kept = Item(KIND, ALL, msgspec.json.encode(Act(agent.now())))
        await agent.store.apply(Change(peer="", keep=(kept,)))
    return {"left_over": bool(left), "peers": [shown(each) for each in left or open_ones]}


def shown(who: Relationship) -> dict[str, str]:
    """A relationship by the names a person may use."""
    return {"with": who.called, "fingerprint": fingerprint(who.peer)}


async def rotate(agent: Agent, asked: Rotating) -> object:
    """Change our DID in one relationship."""
    who, me = names.find_peer(agent, asked.peer), identity.own(agent)
    if me is not None and dids.same(me.did, who.our_did) and not asked.from_public:
        raise Misuse(
            f"{who.called} knows you by your public DID, which your domain vouches for; nothing was changed. If you"
            " mean to give it up there, for one that nobody else knows: --from-public"
        )
    did, items = await mediation.fresh(agent)
    await rotation.rotate(agent, who.peer, did, items, linger=0 if asked.at_once else rotation.LINGER)
    return shown(who)


ROUTES = (
    Route("GET", "/v1/rotations", standing),
    Route("POST", "/v1/rotations/choose", choose, Choosing),
    Route("POST", "/v1/rotations", rotate, Rotating),
)
