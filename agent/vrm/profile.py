"""Profile, beyond its table: what is noted of an update that goes out, and what an org's policy answers to one."""

from collections.abc import Collection

from agent import applying, contact, holdings, wording
from agent.draft import Draft
from agent.vrm.side import Side, Wait
from protocols.machine import Message, Thread
from protocols.problems import Misuse
from protocols.vrm.profile import AskFields, Decline, State, Unchanged, Update, UpdateReceipt, profile
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject


def follow(draft: Draft, message: Message) -> None:
    """She remembers what she tells, when she tells it."""
    if isinstance(message, Update) and draft.agent.config.kind == "person":
        holdings.noted(draft, message)


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """An org answers every field by its policy; whether all is as it was is for her to say."""
    yield from ()
    return applying.answer(draft, message) if isinstance(message, Update) else None


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What it holds of the fields it asks about, and what the card says now."""
    if not isinstance(message, AskFields):
        return None
    card, known = contact.read(draft.agent), {each.ptr: each.value for each in holdings.live(draft.agent, draft.peer)}
    lines: list[Json] = []
    for ptr in message.fields:
        told, now = holdings.known_at(known, ptr), contact.value_at(card, ptr)
        name = wording.card_field(ptr)
        if told is None:
            lines.append({"line": f"{name}: you have told it nothing there"})
        elif told == now:
            lines.append({"line": f"{name}: as you told it", "value": told})
        else:
            lines.append({"line": f"{name}: your card has changed since you told it", "value": now})
    lines.append({"line": "Yes tells it what has changed since, or that nothing has."})
    return lines, None


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """How it is now: that nothing has changed, or the change."""
    if not isinstance(message, AskFields):
        return None
    if not holdings.fields(draft.agent, draft.peer, message.fields):
        raise Misuse("you have told it nothing of these; answer no")
    changed = holdings.differing(draft.agent, draft.peer, message.fields)
    if not changed:
        return Unchanged(message.fields)
    return holdings.update(draft, changed, timestamp(draft.now)[:10], None)


def no(draft: Draft) -> Message | None:
    """No answer will be given. To an update there is no such answer: its fields are answered one by one."""
    return Decline("other") if draft.thread.state == State.ASKED and draft.thread.role == "person" else None


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """Of an update, the values that were applied, with their Labels."""
    return applying.told(draft, message) if isinstance(message, UpdateReceipt) else None


def word(thread: Thread) -> str:
    """How a campaign counts an answer: applied, partial, refused, stale, or pending."""
    if not any(entry.name == "receipt(update)" for entry in thread.said):
        return thread.state
    found = {each.result for each in thread.latest(UpdateReceipt).results}
    if "pending" in found:
        return "pending"
    return found.pop() if len(found) == 1 else "partial"


SIDE = Side(
    tables=(profile,),
    follow=follow,
    answer=answer,
    asks={AskFields: "{} asks whether what it holds about you is still right."},
    content=content,
    yes=yes,
    takes_yes=(AskFields,),
    no=no,
    due={applying.DUE: applying.due},
    event=event,
    word=word,
)
