"""Casting a want: one act of hers, a message of its own to each org, from a DID made for it. Source: vrm-protocols 5.6.

What is cast is made from the want as it was when she confirmed it. Each org gets a nonce of its own, and nothing by
which two of them could tell that they were asked by the same person but what she asked for.
"""

from typing import Any, Final

import msgspec

from agent import many, one_off, rosters, wants
from agent.agent import Agent
from agent.draft import Draft
from agent.errors import Refused, Unreachable
from agent.many import Kind, Order
from agent.vrm.intent_person import CAST, Behind
from agent.wants import Want
from protocols.problems import Misuse
from protocols.vrm.base import AgreementRef
from protocols.vrm.intent import cast
from protocols.vrm.intent_words import Cast
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup
from wallet.signed import new_salt

TERMS: Final = "freerange-intent"  # unless she names another agreement of the roster in use
HOUR: Final = 3600
BID_WITHIN, SELECT_WITHIN = 24 * HOUR, 48 * HOUR
KNOWN: Final = "known "  # before the name of a relationship, to which a want of level 3 is cast as who she is there


def content(
    agent: Agent, want: Want, *, terms: str = "", bid_within: int = 0, select_within: int = 0
) -> dict[str, Any]:
    """What is said to all, as the campaign keeps it. bid_within, select_within: seconds; 0: the usual.

    Times are whole hours, so that they say nothing of the minute in which she cast. Raises Misuse.
    """
    text = rosters.in_use(agent).by_id(terms or TERMS) or (rosters.on_the_roster(agent, terms) if terms else None)
    if text is None:
        raise Misuse(f'no agreement "{terms or TERMS}" is on the roster in use; nothing was said')
    bid_by = whole_hour(agent.now() + (bid_within or BID_WITHIN))
    select_by = max(bid_by + HOUR, whole_hour(agent.now() + (select_within or (bid_within or BID_WITHIN) * 2)))
    message = Cast(
        wants.demand(want),
        level=want.level,
        terms=AgreementRef(text.id, text.version, text.digest),
        seal=want.seal,
        questions=want.questions,
        bid_by=timestamp(bid_by),
        select_by=timestamp(select_by),
        nonce=new_salt(),
        must=want.must,
    )
    return {"want": want.id, "bids": want.bids, "cast": msgspec.to_builtins(message)}


def whole_hour(at: int) -> int:
    """The next whole hour."""
    return -(-at // HOUR) * HOUR


def say(draft: Draft, order: Order) -> Lookup[None]:
    """Cast it to one org."""
    message = msgspec.structs.replace(msgspec.convert(order.content["cast"], Cast), nonce=new_salt())
    want = wants.by_id(draft.agent, str(order.content["want"]))
    if want is not None and want.state in ("ordered", "over"):
        raise Misuse("it was ordered, or over, before it could be said")
    if timestamp(draft.now) > message.bid_by:
        raise Misuse("the time for bids was over before it could be said")
    found = msgspec.convert({"want": order.content["want"], "bids": order.content["bids"]}, Behind)
    draft.add_item(CAST, draft.thid, msgspec.json.encode(found))
    many.opening(draft, cast, message)
    yield from ()


async def towards(agent: Agent, to: str, thid: str) -> str:
    """A relationship for this cast alone; for a known customer, the one there is. Raises Misuse if there is no way, and
    OSError if there is none for now."""
    if to.startswith(KNOWN):
        return to.removeprefix(KNOWN)
    try:
        return await one_off.towards(agent, await one_off.public(agent, to), once=thid)
    except Unreachable as fault:
        raise ConnectionError(str(fault)) from fault
    except Refused as fault:
        raise Misuse(str(fault)) from fault


KIND = Kind("cast", say, towards, patience=14 * many.DAY)
"""Its content is made by `content`; a recipient is the public DID of an org or, for level 3, a relationship."""
