"""Invitations: made, read, and honoured. Source: DIDComm v2.1, "Out Of Band Messages"."""

from collections.abc import Callable

import msgspec

from agent import identity, mediation
from agent.agent import Agent
from agent.didcomm import plaintext
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped, Refused
from protocols.problems import Problem
from protocols.standard.out_of_band import Invitation, from_url, out_of_band, to_url
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item

KIND = "invitation"
TYPE = out_of_band.type_of(Invitation)
GOAL = "freerange.relationship"
GOAL_AND_MORE = "freerange.relationship.more"
"""To a relationship; and something waits for whoever comes, also for somebody we know: see standing_offers.py."""
MOST_BYTES = 16 * 1024


class Standing(msgspec.Struct, frozen=True):
    """An invitation of ours that may be answered. did: the one it was made for; once: one answer uses it up.

    code: what for, in a word of the protocol.
    """

    id: str
    did: str
    goal: str
    once: bool
    since: int
    until: int = 0
    code: str = GOAL


async def invite(
    agent: Agent,
    *,
    goal: str,
    once: bool,
    lasts: int = 0,
    goal_code: str = GOAL,
    ours: str = "",
    behind: Callable[[Standing, str], Item] | None = None,
) -> tuple[Standing, str]:
    """Make an invitation, and the link that carries it. lasts: seconds; 0 for no end. goal_code: what for, in a word.

    A person invites from a fresh DID, so that two who compare their invitations find nothing in common. ours: a DID of
    ours that is to be known to whoever answers, for one made for a thing. behind: what is kept with the invitation and
    its link, in the same change. Raises Refused if nobody could answer, Unreachable.
    """
    me, mediator = identity.own(agent), mediation.current(agent)
    page = agent.config.url or (mediator.uri if mediator else "")
    if not page:
        raise Refused(
            "nobody could answer, for you have no address; nothing was done. First: freerange mediator add LINK"
        )
    did, items = (me.did, ()) if me else (ours, ()) if ours else await mediation.fresh(agent)
    now = agent.now()
    standing = Standing(new_id(), did, goal, once, now, now + lasts if lasts else 0, goal_code)
    url = link(page, standing)
    kept = Item(KIND, standing.id, msgspec.json.encode(standing))
    more = (behind(standing, url),) if behind else ()
    await agent.store.apply(Change(peer="", keep=(kept, *more, *items)))
    return standing, url


def link(page: str, standing: Standing) -> str:
    """The link that carries an invitation. page: where it leads whoever follows it without an agent."""
    message = Plaintext(
        id=standing.id,
        type=TYPE,
        from_=standing.did,
        created_time=standing.since - standing.since % 60,
        expires_time=standing.until - standing.until % 60 or None,
        body={"goal_code": standing.code, "goal": standing.goal, "accept": ["didcomm/v2"]},
    )
    return to_url(page, plaintext.write(message))


def read(url: str, now: int) -> Plaintext:
    """The invitation in a link. Raises Refused, saying in plain words what is wrong with it."""
    if len(url) > MOST_BYTES:
        raise Refused(f"the link is {len(url)} characters long; no invitation is. Nothing was done.")
    try:
        message = plaintext.read(from_url(url.strip()))
    except (Problem, Dropped) as fault:
        raise Refused(f"this link carries no invitation that can be read ({fault}). Nothing was done.") from fault
    if message.type.rpartition("/")[2] != "invitation" or message.from_ is None:
        raise Refused("this link carries something, but not an invitation. Nothing was done.")
    if message.expires_time is not None and message.expires_time <= now:
        raise Refused("this invitation has expired. Ask for a new one; nothing was done.")
    accept = message.body.get("accept", ["didcomm/v2"])
    if isinstance(accept, list) and accept and "didcomm/v2" not in accept:
        raise Refused("this invitation is for another kind of agent (it does not accept DIDComm v2). Nothing was done.")
    return message


def standing(agent: Agent, id: str | None) -> Standing | None:
    """Our invitation of this id, if it may still be answered."""
    row = agent.store.item(KIND, id) if id else None
    found = msgspec.json.decode(row.record, type=Standing) if row else None
    return found if found and (not found.until or agent.now() < found.until) else None


def every(agent: Agent) -> list[tuple[Standing, str]]:
    """Our invitations that may still be answered, the newest first, each with its link."""
    mediator = mediation.current(agent)
    page = agent.config.url or (mediator.uri if mediator else "")
    rows = (msgspec.json.decode(row.record, type=Standing) for row in agent.store.items(KIND))
    found = [each for each in rows if not each.until or agent.now() < each.until]
    return [(each, link(page, each)) for each in reversed(found)]


async def revoke(agent: Agent, id: str) -> Standing:
    """Take an invitation back: whoever answers it from now on is a stranger. Raises NotFound."""
    found = standing(agent, id)
    if found is None:
        raise NotFound("there is no such invitation, or it is used up; nothing was done")
    await agent.store.apply(Change(peer="", claim=((KIND, id),)))
    return found
