"""Things at both sides: registering one, alerts about it, and problems with it followed to their end.

The person's side keeps what it is told with the thing; the org's keeps what is registered, and knows its own papers.
"""

from collections.abc import Collection

import msgspec

from agent import assets, deletions, things
from agent.assets import Asset
from agent.draft import Draft
from agent.things import Alerted
from agent.vrm.side import WAIT, Side, Wait, typed
from protocols.machine import Message, can_say
from protocols.messages import label
from protocols.vrm.things import Role, registration, service
from protocols.vrm.things_words import (
    Alert,
    AlertReceipt,
    Close,
    Decline,
    Register,
    RegisterReceipt,
    Release,
    ReleaseReceipt,
    Report,
    ReportReceipt,
    Resolve,
    Thing,
)
from wallet.dids import key as did_key
from wallet.dids.document import Document
from wallet.errors import WalletError
from wallet.keys import PublicKey
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject, parse_object

change = msgspec.structs.replace


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """Keep what a turn says: hers with the thing, the org's with what is registered."""
    if draft.thread.role == Role.PERSON:
        learn(draft, message)
    else:
        note(draft, message)


def learn(draft: Draft, message: Message) -> None:
    """What becomes known of a thing of hers."""
    owned = things.of_did(draft)
    if owned is None:
        return
    match message:
        case Register():
            owned = change(owned, registration=draft.thid, org=draft.relationship.their_did)
        case RegisterReceipt():
            owned = change(
                owned,
                warranty_until=message.warranty_until or owned.warranty_until,
                support_until=message.support_until or owned.support_until,
            )
        case Alert():
            told = Alerted(message.kind, message.text, draft.now, draft.relationship.called, message.remedy or "")
            owned = change(owned, alerts=(*owned.alerts, told))
        case Release():
            owned = change(owned, state=message.reason)
        case _:
            return
    things.put(draft, owned)


def note(draft: Draft, message: Message) -> None:
    """What an org remembers of a thing somebody registered."""
    known = assets.asset(draft)
    match message:
        case RegisterReceipt():
            asked = draft.thread.latest(Register)
            proof = assets.proof_in(asked.attachments)
            made = Asset(draft.thid, draft.peer, asked.thing, draft.now, proof[0] if proof else "")
            assets.put(draft, change(made, warranty_until=message.warranty_until or ""))
        case Alert() if known:
            assets.put(draft, change(known, alerts=known.alerts + 1))
        case AlertReceipt() if known:
            assets.put(draft, change(known, arrived=known.arrived + 1))
        case Release() if known:
            assets.put(draft, change(known, state=message.reason))
            title = assets.title(draft.agent, known.title)
            if title is not None and message.reason == "stolen":
                assets.put_title(draft, change(title, state=assets.STOLEN))
        case ReleaseReceipt() if known:
            assets.drop(draft)


# -- what is answered ---------------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """An org knows its own proof of ownership again; it lets go of a registration when it is told to."""
    match message:
        case Register():
            return (yield from recognised(draft, message))
        case Release():
            gone = deletions.begin(draft, "released", draft.thread.record or "", ("",), owes=label(ReleaseReceipt))
            return gone or WAIT
    return None


def recognised(draft: Draft, message: Register) -> Lookup[Message | None]:
    """Registered at once if our own proof of ownership is shown by whoever has its key; else a human decides."""
    proof = assets.proof_in(message.attachments)
    title = assets.title(draft.agent, proof[0]) if proof else None
    signer = yield from key_of(draft)
    if title is None or not assets.counts(draft.agent, title.digest) or signer is None:
        return None
    if did_key.create(signer) != title.subject or title.state != assets.LIVING:
        return None
    if any(each.title == title.digest and each.state == assets.LIVING for each in assets.assets(draft.agent)):
        return Decline("already-registered")
    return RegisterReceipt("done", warranty_until=assets.warranty(draft.agent, title.thing) or None)


def key_of(draft: Draft) -> Lookup[PublicKey | None]:
    """The key by which the other side signs here."""
    theirs = draft.relationship.their_did
    try:
        document: Document = yield from draft.agent.resolve(theirs)
        return document.key(document.assertion_method[0], "assertionMethod")
    except (WalletError, IndexError):
        return None


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """What a plain yes says: taken, or solved."""
    match message:
        case Register():
            return RegisterReceipt("done", warranty_until=assets.warranty(draft.agent, message.thing) or None)
        case Report():
            return ReportReceipt("done", case=case_number(draft))
        case Resolve():
            return Close(solved=True)
    return None


def case_number(draft: Draft) -> str:
    """A number for a case that nobody has given one: it is of this thread, and tells nothing else."""
    return f"C-{draft.thid[:8].upper()}"


def no(draft: Draft) -> Message | None:
    """No, where the table has one."""
    says = {label(row.says) for row in can_say(draft.protocol, draft.thread)}
    return Decline("other") if "decline" in says else None


# -- in words -----------------------------------------------------------------------------------------------------


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What is asked, line by line."""
    match message:
        case Register():
            proof = assets.proof_in(message.attachments)
            known = proof is not None and assets.title(draft.agent, proof[0]) is not None
            shown = (
                "It comes with a proof of ownership that you issued." if known else "It comes with no proof of yours."
            )
            return [*described(message.thing), {"line": shown}], None
        case Report():
            found = message.problem
            lines: list[Json] = [*attached(message), {"line": f"Problem: {found.text}"}]
            lines += [{"line": f"Since {found.since}"}] if found.since else []
            lines += [{"line": f"Tried already: {each}"} for each in message.tried]
            return [*lines, {"line": f"Wanted: {message.want}"}], None
        case Resolve():
            outcome: list[Json] = [{"line": f"Outcome: {message.remedy}"}, {"line": message.text}]
            if message.amount:
                outcome.append({"line": f"Amount: {message.amount.amount} {message.amount.currency}"})
            return [
                *outcome,
                {"line": "Yes: it is solved, and the case is closed."},
                typed("If it is not: freerange cases", "/things"),
            ], None
    return None


def described(thing: Thing) -> list[Json]:
    """A thing, a line for each thing known of it."""
    said = {"Thing": thing.name, "Article number": thing.gtin, "Serial number": thing.serial, "See": thing.url}
    return [{"line": f"{name}: {value}"} for name, value in said.items() if value]


def attached(message: Report) -> list[Json]:
    """The papers that came with a problem, and the thing they are about."""
    lines: list[Json] = []
    for each in message.attachments:
        thing = things.thing_in(things.claims_of(things.carried(each)), "")
        lines += described(thing) if not lines else []
        lines.append({"line": f"Attached: {each.description or each.id}"})
    return lines


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """What an org's systems hear: the thing by name and number, with what became of it."""
    match event, message:
        case "registered", RegisterReceipt():
            asked = draft.thread.latest(Register)
            return {"thing": plain(asked.thing), "warranty_until": message.warranty_until}
        case "reported", Report():
            papers = (things.claims_of(things.carried(each)) for each in message.attachments)
            found = next((things.thing_in(each, "") for each in papers), None)
            return {
                "thing": plain(found) if found else None,
                "problem": plain(message.problem),
                "want": message.want,
                "tried": [*message.tried],
                "attachments": [each.id for each in message.attachments],
            }
    return None


def plain(part: msgspec.Struct) -> JsonObject:
    """A part of a message as JSON."""
    return parse_object(msgspec.json.encode(part))


ASKS: dict[type[Message], str] = {
    Register: "{} registers a thing.",
    Report: "{} has a problem with a thing.",
    Resolve: "{} says what was done about your problem.",
}
YES = (Register, Report, Resolve)

SIDE = Side(
    tables=(registration, service),
    follow=follow,
    answer=answer,
    asks=ASKS,
    content=content,
    yes=yes,
    takes_yes=YES,
    no=no,
    event=event,
)
