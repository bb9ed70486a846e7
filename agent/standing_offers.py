"""What waits behind an invitation: whoever takes it up is offered a card, or asked for proof, in a thread of its own.

It is given once to each who comes: to somebody new when the two have met; at once to somebody we know, or to another
kind of agent, who knocks with the invitation in hand.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from agent import card_types, invitations, proof_requests
from agent.agent import Agent
from agent.draft import Draft
from agent.invitations import Standing
from agent.json_values import as_json
from protocols.machine import Message, Protocol
from protocols.problems import Misuse
from protocols.standard.issue_credential import issue_credential
from protocols.standard.present_proof import present_proof
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item
from wallet.strict_json import JsonObject

KIND: Final = "standing-offer"
TAKEN: Final = "standing-offer-taken"


class StandingOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """See the module. id: of the invitation; of: the kind of card, or request; until: Unix seconds, 0 for no end."""

    id: str
    what: Literal["card", "proof"]
    of: str
    url: str
    since: int
    once: bool = False
    until: int = 0
    claims: dict[str, object] = {}


async def make(
    agent: Agent, what: Literal["card", "proof"], of: str, goal: str, *, once: bool, lasts: int, claims: JsonObject
) -> StandingOffer:
    """An invitation behind which something waits. goal: in words for whoever takes it up; lasts: seconds, 0: no end."""

    def behind(standing: Standing, url: str) -> Item:
        return item(StandingOffer(standing.id, what, of, url, standing.since, once, standing.until, {**claims}))

    standing, _ = await invitations.invite(
        agent, goal=goal, once=once, lasts=lasts, goal_code=invitations.GOAL_AND_MORE, behind=behind
    )
    return find(agent, standing.id)


def item(offer: StandingOffer) -> Item:
    """What is kept of it."""
    return Item(KIND, offer.id, msgspec.json.encode(offer), tag=offer.of)


def every(agent: Agent, of: str) -> Iterator[StandingOffer]:
    """Those of one kind of card or request, oldest first."""
    return (msgspec.json.decode(row.record, type=StandingOffer) for row in agent.store.items(KIND, tag=of))


def newest(agent: Agent, of: str, most: int) -> tuple[StandingOffer, ...]:
    """Some of them, newest first."""
    rows = agent.store.newest_items(KIND, 0, most, tag=of)
    return tuple(msgspec.json.decode(row.record, type=StandingOffer) for row in rows)


def find(agent: Agent, id: str) -> StandingOffer:
    """One of them. Raises NotFound."""
    row = agent.store.item(KIND, id)
    if row is None:
        raise NotFound("there is no such link any more")
    return msgspec.json.decode(row.record, type=StandingOffer)


def stands(agent: Agent, offer: StandingOffer) -> bool:
    """Whether it can still be taken up."""
    return invitations.standing(agent, offer.id) is not None


async def end(agent: Agent, offer: StandingOffer) -> None:
    """Let nobody take it up any more."""
    await agent.store.apply(Change("", claim=((invitations.KIND, offer.id),)))


# -- somebody takes it up -----------------------------------------------------------------------------------------


def knocked(draft: Draft) -> None:
    """Somebody knocked with an invitation in hand."""
    invitation = draft.thread.pthid or ""
    standing = invitations.standing(draft.agent, invitation)
    if standing is None or draft.agent.store.item(KIND, invitation) is None:
        return
    if standing.once and (invitations.KIND, invitation) not in draft.claim:
        draft.claim += ((invitations.KIND, invitation),)
    hand_over(draft, invitation)


def hand_over(draft: Draft, invitation: str) -> None:
    """What waits behind this invitation, if anything does, is said once this change is made."""
    row = draft.agent.store.item(KIND, invitation) if invitation else None
    taken = f"{invitation} {draft.peer}"
    if row is None or draft.agent.store.item(TAKEN, taken) is not None:
        return
    thid = new_id()
    try:
        protocol, message = opening(draft, msgspec.json.decode(row.record, type=StandingOffer), thid)
    except (NotFound, Misuse):  # there is no such card or request any more
        return
    draft.add_item(TAKEN, taken, b"", tag=invitation)
    draft.hand_on(draft.peer, thid, protocol, message, pthid=invitation)


def opening(draft: Draft, offer: StandingOffer, thid: str) -> tuple[Protocol, Message]:
    """What begins the thread. Raises NotFound, Misuse."""
    if offer.what == "card":
        kind = card_types.find(draft.agent, offer.of)
        return issue_credential, card_types.offer(draft, kind, as_json(offer.claims), "link", thid)
    request = proof_requests.find(draft.agent, offer.of)
    return present_proof, proof_requests.message(draft, request, "link", thid)
