"""What an org's own systems hear of terms: which agreement holds, since when and until when, and what it permits."""

import msgspec

from agent import binding, rosters
from agent.draft import Draft
from agent.vrm.audit import begin
from agent.vrm.side import Side
from protocols.machine import Message
from protocols.messages import encode
from protocols.vrm.terms import Confirm, Proffer, terms
from wallet.credentials.vcdm import timestamp
from wallet.strict_json import Json, JsonObject


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """The agreement with its policy, by which fields are gated; of a refusal, what was refused."""
    if isinstance(message, Confirm):
        agreement = binding.agreement_of(draft.thread, draft.thread.record or "", draft.now)
        text = rosters.text_of(draft.agent, agreement.digest)
        policy: Json = msgspec.to_builtins(text.policy) if text else {}
        return {
            "record": agreement.record,
            "agreement": {"id": agreement.id, "version": agreement.version, "digest": agreement.digest},
            "since": timestamp(agreement.since),
            "ends": timestamp(agreement.ends) if agreement.ends else None,
            "policy": policy,
        }
    offered = encode(draft.thread.latest(Proffer))[0]["agreement"]
    said, _ = encode(message)
    return {"agreement": msgspec.to_builtins(offered), "record": draft.thread.record, **msgspec.to_builtins(said)}


def follow(draft: Draft, message: Message) -> None:
    """Once there is an agreement, both chains are compared from time to time."""
    if isinstance(message, Confirm):
        begin(draft)


SIDE = Side(tables=(terms,), follow=follow, event=event)
