"""Experience: what each side does about it, beyond the table. Source: vrm-protocols 5.9.

The org's agent says at once that it has it, unless a proof of purchase came that does not hold; what it answers is the
org's own decision. What she takes back it removes, and keeps only the Digest; she is told once that is done.
"""

from collections.abc import Collection

import msgspec

from agent import cards, deletions, wording
from agent.draft import Draft
from agent.vrm.side import WAIT, Side, Wait
from protocols.machine import Message
from protocols.messages import encode
from protocols.standard.issue_credential import SD_JWT
from protocols.vrm.experience import Role, State, experience
from protocols.vrm.experience_words import (
    Decline,
    Kind,
    Reopen,
    Resolve,
    Retract,
    RetractReceipt,
    Settle,
    Share,
    ShareReceipt,
)
from wallet.credentials import sd_jwt_verify
from wallet.credentials.model import Binding
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

PLAN, TAKE_BACK, PROOF = "experience-plan", "experience-take-back", "experience-proof"
SAY, SAY_NO_MORE = "experience.share", "experience.retract"
FRESH = 4 * 86400  # seconds: a proof may have been made up to so long before it is heard
SIGNALS: dict[str, tuple[Kind, str]] = {
    "not-now": ("idea", "Not now."),
    "too-dear": ("idea", "Too dear."),
    "only-this-brand": ("praise", "Only this brand."),
    "why-i-left": ("why-i-left", "I left."),
    "found-elsewhere": ("why-i-left", "I found it elsewhere."),
    "poor-service": ("why-i-left", "The service was poor."),
}
"""Small signals: a word, and how it is said as an experience, so that software and people both understand it."""


class Plan(msgspec.Struct, frozen=True):
    """What is to be said once its moment has come. draft: the experience it is of; body, attachments: of the share."""

    draft: str
    body: dict[str, object]
    attachments: list[object] = []


# -- what we say by ourselves -------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """The org has it, and removes it when it is taken back."""
    match message:
        case Share():
            return (yield from received(draft, message))
        case Retract():
            record = draft.thread.record or ""
            receipt = deletions.begin(draft, "retracted", record, ("",), owes="receipt(retract)", body={"copies": []})
            return receipt or WAIT
    return None


def received(draft: Draft, message: Share) -> Lookup[Message]:
    """It has come; a proof that came along, and does not hold, is the one thing that is not taken."""
    for each in message.attachments:
        if each.format != SD_JWT:
            continue
        binding = Binding(audience=draft.relationship.our_did, nonce=draft.thid, max_age=FRESH)
        text, resolve = cards.text_of(each), draft.agent.resolve
        verdict = yield from sd_jwt_verify.verify(text, now=draft.now, resolve=resolve, binding=binding)
        if not verdict.verified:
            return Decline("no-purchase", f"The proof does not hold: {', '.join(verdict.failed)}."[:2000])
        found = {"issuer": verdict.issuer, "claims": verdict.claims}
        draft.add_item(PROOF, f"{draft.peer} {draft.thid}", msgspec.json.encode(found))
    return ShareReceipt("done")


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """What she took back before it was received is taken back now; the org forgets what it has removed."""
    hers = draft.thread.role == Role.PERSON
    match message:
        case ShareReceipt() if hers and draft.agent.store.item(TAKE_BACK, draft.thid):
            draft.remind(SAY_NO_MORE, draft.now)
        case RetractReceipt() if not hers:
            forget(draft)


def forget(draft: Draft) -> None:
    """Keep of what she said no more than its Digest, which names the record both sides hold."""
    said = tuple(
        msgspec.structs.replace(each, body=msgspec.Raw(b"{}")) if each.by == Role.PERSON else each
        for each in draft.thread.said
    )
    draft.update(thread=msgspec.structs.replace(draft.thread, said=said))
    draft.log = tuple(each for each in draft.log if each.ours or each.thid != draft.thid)
    theirs = draft.agent.store.ledger(draft.peer, ours=False)
    draft.purge += tuple((draft.thid, row.digest) for row in theirs if row.thid == draft.thid)
    proof = f"{draft.peer} {draft.thid}"
    if draft.agent.store.item(PROOF, proof):
        draft.claim += ((PROOF, proof),)


# -- what she planned ---------------------------------------------------------------------------------------------


def say(draft: Draft) -> Message | None:
    """Its moment has come: share it."""
    row = draft.agent.store.item(PLAN, draft.thid)
    if row is None or draft.conversation is not None:
        return None
    plan = msgspec.json.decode(row.record, type=Plan)
    draft.claim += ((PLAN, draft.thid),)
    draft.begin(experience, Role.PERSON)
    return experience.read(Share.name, plan.body, plan.attachments)


def say_no_more(draft: Draft) -> Message | None:
    """She took it back before the org had said that it has it."""
    if draft.agent.store.item(TAKE_BACK, draft.thid) is None:
        return None
    draft.claim += ((TAKE_BACK, draft.thid),)
    return Retract() if draft.conversation and draft.thread.state in (State.RECEIVED, State.RESOLVED) else None


# -- questions ----------------------------------------------------------------------------------------------------

ASKS: dict[type[Message], str] = {
    Share: "Somebody tells you what it was like.",
    Resolve: "{} offers to put right what you told it. Say yes to take that, no to go on.",
    Retract: "Somebody takes back what she told you.",
}


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """A remedy in words."""
    if not isinstance(message, Resolve):
        return None
    lines = [f"It will do this: {message.remedy}"]
    if message.amount:
        lines.append(f"It pays {message.amount.amount} {message.amount.currency}")
    if message.by:
        lines.append(f"By {wording.day(message.by)}")
    return [{"line": each} for each in lines], None


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """She takes the remedy; an org takes what was told."""
    match message:
        case Resolve():
            return Settle()
        case Share():
            return ShareReceipt("done")
    return None


def no(draft: Draft) -> Message | None:
    """She does not take the remedy; an org does not take what was told."""
    if draft.thread.state == State.RESOLVED and draft.thread.role == Role.PERSON:
        return Reopen("This does not settle it.")
    if draft.thread.state == State.SHARED and draft.thread.role == Role.ORG:
        return Decline("other")
    return None


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """What the org's own systems hear: the fields as they are, and a small signal as the word that it is."""
    body: JsonObject = msgspec.to_builtins(encode(message)[0])
    if isinstance(message, Share) and (word := signal(message)):
        body["signal"] = word
    return body


def signal(message: Share) -> str:
    """The word of a small signal; empty if it is more than that."""
    return next((word for word, said in SIGNALS.items() if said == (message.kind, message.text)), "")


SIDE = Side(
    tables=(experience,),
    follow=follow,
    answer=answer,
    asks=ASKS,
    content=content,
    yes=yes,
    takes_yes=(Resolve, Share),
    no=no,
    due={SAY: say, SAY_NO_MORE: say_no_more},
    event=event,
)
