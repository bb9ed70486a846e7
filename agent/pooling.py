"""Her side of pools: joining with a want, leaving before the match, and the bids a broker passes on.

A bid that comes by way of a broker is proved here as it is anywhere: by the signature of the org that made it. It binds
nobody to her; she casts her want to that org herself. Source: vrm-protocols, section 5.6.
"""

from typing import Final

import msgspec

from agent import effects, one_off, wants
from agent.agent import Agent
from agent.draft import Draft
from agent.json_values import as_json
from agent.owner import act
from agent.wants import Want
from protocols.machine import Thread
from protocols.problems import Misuse
from protocols.vrm.base import VRM
from protocols.vrm.demand import Offer
from protocols.vrm.intent import PoolState, pool
from protocols.vrm.intent_words import Join, Leave, Matched
from wallet.credentials import integrity
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

KIND: Final = "pool-of-hers"  # items: the thread by which one of her wants is in a pool, tagged with the want
MOST_LEVEL: Final = 1  # what a broker may learn
IN: Final = (PoolState.JOINING, PoolState.JOINED)


async def join(agent: Agent, want: Want, broker: str, name: str) -> str:
    """Join a pool. Returns the thread. Raises Misuse, or what `one_off.find` raises."""
    if want.level > MOST_LEVEL:
        raise Misuse(f"a broker learns nothing above level {MOST_LEVEL}, and this want is of level {want.level}")
    demand = wants.demand(want)
    if any(thread.state in IN and thread.latest(Join).pool == name for _, thread in of(agent, want)):
        raise Misuse(f'it is in the pool "{name[:80]}" already; nothing was said')
    thid = new_id()
    peer = await one_off.towards(agent, await one_off.find(agent, broker), once=thid)

    def speak(draft: Draft) -> Lookup[None]:
        draft.begin(pool, "person")
        draft.add_item(KIND, thid, b"{}", tag=want.id)
        effects.say(draft, Join(name, demand))
        yield from ()

    await act(agent, peer, thid, speak)
    return thid


def of(agent: Agent, want: Want) -> list[tuple[str, Thread]]:
    """The threads by which a want is, or was, in pools, with their peers."""
    found = []
    for row in agent.store.items(KIND, tag=want.id):
        conversation, _ = agent.conversation(row.peer, row.id)
        if conversation is not None:
            found.append((row.peer, conversation.thread))
    return found


async def leave(agent: Agent, want: Want) -> int:
    """Leave every pool that it is in. Returns how many. Raises Misuse if there is none."""

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, Leave())
        yield from ()

    joined = [(peer, thread) for peer, thread in of(agent, want) if thread.state == PoolState.JOINED]
    for peer, thread in joined:
        await act(agent, peer, thread.thid, speak)
    if not joined:
        raise Misuse("it is in no pool that could be left; nothing was said")
    return len(joined)


async def standing(agent: Agent, want: Want) -> list[dict[str, object]]:
    """Each pool, where she stands in it, and the bids it drew."""
    found: list[dict[str, object]] = []
    for peer, thread in of(agent, want):
        matched = thread.latest(Matched).bids if thread.state == PoolState.MATCHED else ()
        found.append({
            "broker": agent.relationship(peer)[0].called,
            "pool": thread.latest(Join).pool,
            "thread": thread.thid,
            "state": thread.state,
            "bids": [await shown(agent, as_json(each)) for each in matched],
        })  # fmt: skip
    return found


async def shown(agent: Agent, bid: JsonObject) -> dict[str, object]:
    """A bid that a broker passed on. by: who made it; proved: whether its signature holds."""
    subject = bid.get("credentialSubject")
    body: Json = subject.get("body") if isinstance(subject, dict) else None
    try:
        offer = msgspec.convert(body.get("offer") if isinstance(body, dict) else None, Offer)
    except msgspec.ValidationError:
        return {"by": str(bid.get("issuer"))[:200], "proved": False}
    return {
        "by": str(bid.get("issuer"))[:200],
        "price": offer.price,
        "currency": offer.price_currency,
        "valid_until": body.get("valid_until") if isinstance(body, dict) else None,
        "proved": await proved(agent, bid),
    }


async def proved(agent: Agent, bid: JsonObject) -> bool:
    """Whether it is a bid, and its issuer signed it."""
    types = bid.get("type")
    if not isinstance(types, list) or "IntentBid" not in types:
        return False
    try:
        return await agent.meet(signature_holds(agent, bid))
    except WalletError:
        return False


def signature_holds(agent: Agent, bid: JsonObject) -> Lookup[bool]:
    """Whether the proof on it is its issuer's."""
    contexts = ("https://www.w3.org/ns/credentials/v2", f"{VRM}/context/v1")
    policy = integrity.Policy(types=("IntentBid",), contexts=contexts)
    verdict = yield from integrity.verify_credential(bid, now=agent.now(), resolve=agent.resolve, policy=policy)
    return verdict.verified
