"""What an org does with a change of what it holds about somebody: field by field, by its policy.

For each field the highest revision wins. What is to hold from a later day on is kept, under its Label, until that day;
a higher revision that comes first makes it stale. Source: vrm-protocols 5.5.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias, cast

import msgspec

from agent import contact, held
from agent import conversation as conversations
from agent.agent import Agent
from agent.draft import Draft
from agent.held import Held
from agent.holdings import SCHEMA, inside
from protocols.messages import unix
from protocols.vrm.profile import Result, Update, UpdateReceipt
from protocols.vrm.sign_in import State as SignIn
from protocols.vrm.sign_in import sign_in
from wallet.credentials.vcdm import timestamp
from wallet.store.change import Change, Item
from wallet.strict_json import Json

POLICY: Final = "profile-policy"
SCHEDULED: Final = "scheduled-change"
DUE: Final = "profile-due"
STEPPED_UP: Final = 900  # seconds for which a sign-in vouches for risky changes
MOST_TEXT: Final = 2000
Why: TypeAlias = Literal["step-up", "not-held", "format", "legal-hold", "terms-required"]

_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class Policy(msgspec.Struct, frozen=True):
    """Of which fields, by pointer, an org wants a sign-in first, and of which it may delete nothing."""

    step_up: tuple[str, ...] = ()
    legal_hold: tuple[str, ...] = ()


def policy(agent: Agent) -> Policy:
    """The policy of this org."""
    row = agent.store.item(POLICY, POLICY)
    return msgspec.json.decode(row.record, type=Policy) if row else Policy()


async def set_policy(agent: Agent, wanted: Policy) -> None:
    """Replace it."""
    await agent.store.apply(Change("", keep=(Item(POLICY, POLICY, msgspec.json.encode(wanted)),)))


def answer(draft: Draft, update: Update) -> UpdateReceipt:
    """Apply what may be applied, keep what is for later, and say so of every field."""
    rules, today = policy(draft.agent), timestamp(draft.now)[:10]
    results = []
    for ptr in update.fields:
        value = cast(Json, update.values[ptr[1:]])
        targets = holding(draft, ptr)
        if why := objection(draft, ptr, value, targets, rules):
            results.append(Result(ptr, "refused", why))
        elif update.effective > today and is_newer(update.revision, targets):
            later(draft, update, ptr, value, targets)
            results.append(Result(ptr, "pending", by=update.effective, old_deleted=False))
        else:
            results.append(put(draft, update.revision, ptr, value, targets))
    pending = any(each.result == "pending" for each in results)
    return UpdateReceipt("partial" if pending else "done", results=tuple(results))


def holding(draft: Draft, ptr: str) -> list[Held]:
    """What we hold at this pointer or around it, by a Label that has not ended."""
    known = held.of(draft.agent, draft.peer)
    return [
        each for each in known if each.schema == SCHEMA and draft.now < each.until and held.within(ptr, (each.ptr,))
    ]


def objection(draft: Draft, ptr: str, value: Json, targets: list[Held], rules: Policy) -> Why | None:
    """Why this field is refused, if it is."""
    if draft.relationship.governing(draft.now) is None:
        return "terms-required"
    if not targets:
        return "not-held"
    if value is None and held.within(ptr, rules.legal_hold):
        return "legal-hold"
    if value is not None and not well_formed(ptr, value):
        return "format"
    if held.within(ptr, rules.step_up) and not stepped_up(draft):
        return "step-up"
    return None


def well_formed(ptr: str, value: Json) -> bool:
    """Whether a value could stand there: no endless text, and an address to which mail could go."""
    if any(len(text) > MOST_TEXT or not text.replace("\n", " ").isprintable() for text in texts(value)):
        return False
    mail = value.get("address") if isinstance(value, dict) and re.fullmatch(r"/emails/[^/]+", ptr) else None
    if re.fullmatch(r"/emails/[^/]+/address", ptr):
        mail = value
    return mail is None or (isinstance(mail, str) and _MAIL.fullmatch(mail) is not None)


def texts(value: Json) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def stepped_up(draft: Draft) -> bool:
    """Whether she has signed in a moment ago, which shows that it is she who has her device in hand."""
    found = (conversations.read(row).thread for _, row in draft.agent.store.threads(draft.peer))
    return any(
        each.table == sign_in.id and each.state == SignIn.ADMITTED and each.said[-1].at > draft.now - STEPPED_UP
        for each in found
    )


def is_newer(revision: int, targets: list[Held]) -> bool:
    """Whether a revision is higher than that of something it is about."""
    return any(revision > each.revision for each in targets)


def put(draft: Draft, revision: int, ptr: str, value: Json, targets: list[Held]) -> Result:
    """Let a value take the place of what it replaces, under the same Labels."""
    older = [each for each in targets if revision > each.revision]
    for each in older:
        if ptr != each.ptr:
            new = contact.patched({"held": pending_value(draft, each)}, {inside(each.ptr, ptr): value}).get("held", {})
            held.put(draft, msgspec.structs.replace(each, value=new, revision=revision))
        elif value is None:
            held.drop(draft, [each])
        else:
            held.put(draft, msgspec.structs.replace(each, value=value, revision=revision))
    return Result(ptr, "applied", old_deleted=True) if older else Result(ptr, "stale")


def pending_value(draft: Draft, known: Held) -> Json:
    """What a value is by now: an earlier field of the same change may have altered it."""
    fresh = [each for each in changed(draft) if each.id == known.id]
    return cast(Json, fresh[-1].value if fresh else known.value)


def changed(draft: Draft) -> list[Held]:
    """The values that this draft keeps."""
    kept = (item for item in draft.keep if item.kind == held.VALUE)
    return [msgspec.json.decode(item.record, type=Held) for item in kept]


# -- what is for a later day --------------------------------------------------------------------------------------


class Scheduled(msgspec.Struct, frozen=True):
    """What is to hold from a day on. values: by pointer, each with what it is to replace and that Label."""

    revision: int
    values: dict[str, list[Held]]


def later(draft: Draft, update: Update, ptr: str, value: Json, targets: list[Held]) -> None:
    """Keep a value, under its Labels, for the day from which it holds."""
    known = [item for item in draft.keep if item.kind == SCHEDULED]
    before = msgspec.json.decode(known[0].record, type=Scheduled).values if known else {}
    values = before | {ptr: [msgspec.structs.replace(each, value=value) for each in targets]}
    draft.keep = tuple(item for item in draft.keep if item.kind != SCHEDULED)
    draft.add_item(SCHEDULED, draft.thid, msgspec.json.encode(Scheduled(update.revision, values)))
    draft.remind(DUE, unix(f"{update.effective}T00:00:00Z"))


def due(draft: Draft) -> UpdateReceipt | None:
    """The day has come: apply what was kept for it, unless a higher revision came first, or the Label ended."""
    row = draft.agent.store.item(SCHEDULED, draft.thid)
    if row is None or draft.conversation is None or not draft.still_open:
        return None
    kept = msgspec.json.decode(row.record, type=Scheduled)
    draft.claim += ((SCHEDULED, draft.thid),)
    results = []
    for each in draft.thread.latest(UpdateReceipt).results:
        if each.result == "pending":
            each = at_last(draft, kept, each.ptr)
        results.append(each)
    return UpdateReceipt("done", results=tuple(results))


def at_last(draft: Draft, kept: Scheduled, ptr: str) -> Result:
    """One value whose day has come."""
    targets = holding(draft, ptr)
    if not targets or ptr not in kept.values:
        return Result(ptr, "refused", "not-held")
    return put(draft, kept.revision, ptr, cast(Json, kept.values[ptr][0].value), targets)


# -- what our own systems hear ------------------------------------------------------------------------------------


def told(draft: Draft, receipt: UpdateReceipt) -> dict[str, Json]:
    """The new values with their Labels; one that was removed has none."""
    fresh = {each.id: each for each in changed(draft)}
    gone = {id for kind, id in draft.claim if kind == held.VALUE} - fresh.keys()
    applied = tuple(each.ptr for each in receipt.results if each.result == "applied")
    items: list[Json] = []
    for each in held.of(draft.agent, draft.peer):
        if each.id in fresh and (
            held.within(each.ptr, applied) or any(held.within(ptr, (each.ptr,)) for ptr in applied)
        ):
            items.append(item(fresh[each.id], cast(Json, fresh[each.id].value)))
        elif each.id in gone:
            items.append(item(each, None))
    return {"revision": draft.thread.latest(Update).revision, "items": items}


def item(value: Held, now: Json) -> Json:
    """One value for our own systems."""
    return {"ptr": value.ptr, "value": now, "label": cast(Json, msgspec.to_builtins(value.label))}
