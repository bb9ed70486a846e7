"""What is asked for or offered, in words: item by item what, what for and until when, and what a no means."""

from collections.abc import Iterable

from agent import contact, house_rules, wording
from agent.draft import Draft
from agent.vrm.side import typed
from protocols.machine import Message
from protocols.vrm.consent_words import Granted, Request, Volunteer, Wanted
from wallet.strict_json import Json, JsonObject

BASES = {
    "dpv:Consent": "only because you agree, which you can take back at any time",
    "dpv:Contract": "because an agreement with you needs it",
    "dpv:LegalObligation": "because a law tells it to",
    "dpv:LegitimateInterest": "because it says its own interest outweighs yours",
}


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """The lines of a question about a request or an offer, and why it is asked; None for anything else."""
    match message:
        case Request():
            return request(draft, message), ", ".join(
                dict.fromkeys(wording.purpose(each.purpose) for each in message.items)
            )
        case Volunteer():
            return offer(draft, message), None
    return None


def request(draft: Draft, asked: Request) -> list[Json]:
    """Each item that is asked for with what would be sent; then for whom, how long and where; then what a no means."""
    card = contact.read(draft.agent) if asked.schema == "jscontact" else {}
    barred = house_rules.judge(draft.agent, draft.relationship, asked).refused
    until = asked.until[:10]
    lines: list[Json] = []
    for each in asked.items:
        found = contact.value_at(card, each.ptr) if card else None
        lines.append(
            {
                "line": f"{named(each.ptr, asked.schema)}: {seen(found, asked.schema)}",
                "item": each.ptr,
                "value": found,
                "purpose": each.purpose,
                "necessary": each.necessary,
                "barred": barred.get(each.ptr),
            }
        )
        need = "It says it cannot do without." if each.necessary else "It can do without."
        clause = f" Not to be had: {barred[each.ptr]}." if each.ptr in barred else ""
        said = f"   {wording.purpose(each.purpose)}, until {until}. {need}{clause}"
        lines += [{"line": said, "of": each.ptr}, typed(f"   to keep it back: --refuse {each.ptr}")]
    return [
        *lines,
        *kept(asked.recipients, asked.retention, asked.storage),
        {"line": f"It would do so {BASES.get(asked.legal_basis, f'on the ground {asked.legal_basis}')}."},
        {"line": f'If you say no: "{asked.refusal_effect}" (their words)'},
    ]


def offer(draft: Draft, offered: Volunteer) -> list[Json]:
    """Each item that is offered; nothing of it has travelled yet."""
    items: list[Json] = [line_of(each, offered.schema) for each in offered.items]
    return [*items, *kept(offered.recipients, offered.retention, ())]


def line_of(item: Granted | Wanted, schema: str) -> JsonObject:
    """One item in a line."""
    until = f", until {item.until[:10]}" if isinstance(item, Granted) else ""
    return {
        "line": f"{named(item.ptr, schema)}: {wording.purpose(item.purpose)}{until}",
        "item": item.ptr,
        "purpose": item.purpose,
    }


def kept(recipients: Iterable[str], retention: str, storage: Iterable[str]) -> list[Json]:
    """To whom it goes on, how long it is kept, and where."""
    who, where = ", ".join(recipients), ", ".join(storage)
    return [
        {"line": f"Passed on to: {who}." if who else "Passed on to nobody."},
        {"line": f"Kept for {wording.lasting(retention)}" + (f", in {where}." if where else ".")},
    ]


def named(ptr: str, schema: str) -> str:
    """What a person calls it."""
    if schema == "jscontact":
        return f"Your {wording.card_field(ptr)}"
    return f"{wording.field(ptr)} ({schema})"


def seen(value: Json, schema: str) -> str:
    """What they would see, in a line."""
    if value is None:
        return "there is nothing on your card" if schema == "jscontact" else "what you choose to send, or record later"
    return wording.value(value)
