"""Proof that she is entitled to something, before an order: asked in a child thread of her cast, bound to its nonce.

Whoever was asked for an offer may ask for no more than the level of the cast allows, and what is presented is good for
this one cast at this one org. Source: vrm-protocols, section 5.6 (`level`, `nonce`).
"""

from typing import Final

from agent import showing
from agent.draft import Draft
from agent.vrm.intent_person import CAST
from protocols.problems import BeyondAgreement, InvalidMessage
from protocols.standard.present_proof import RequestPresentation
from protocols.vrm.intent_words import Cast

ENTITLED: Final = 1  # the level from which on proof of eligibility may be asked for


def check(draft: Draft, message: RequestPresentation) -> None:
    """A request by somebody who knows her by a cast alone is about that cast. Raises a Problem."""
    casts = {row.id for row in draft.agent.store.items(CAST, peer=draft.peer)}
    parent = draft.thread.pthid
    if not casts or (parent not in casts and not draft.relationship.one_off):
        return
    conversation = draft.agent.conversation(draft.peer, parent)[0] if parent in casts and parent else None
    if conversation is None:
        raise BeyondAgreement("proof that is not asked for in a child thread of the cast")
    cast = conversation.thread.latest(Cast)
    if cast.level < ENTITLED:
        raise BeyondAgreement(f"proof for a cast of level {cast.level}")
    if showing.asked(message).nonce != cast.nonce:
        raise InvalidMessage(message.name, "it is not bound to the nonce of the cast")
