"""Routes: her contact card, changing it everywhere at once, and what an org does with such changes."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from agent import applying, campaigns, contact, editing, groups, holdings, names, owner, updating, wording
from agent import relationship as relationships
from agent.agent import Agent
from agent.campaigns import To
from agent.relationship import Relationship, fingerprint
from agent.told import Told
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.vrm.base import Date, Ptr
from protocols.vrm.profile import AskFields, profile
from wallet.credentials.vcdm import timestamp
from wallet.store.change import Change
from wallet.strict_json import Json, JsonObject

REASONS = ("moved", "renamed", "corrected", "other")
MOST_JITTER = 86400


class Editing(msgspec.Struct, frozen=True):
    """changes: what she types by field, null removes; among: a group or rule, empty: everybody it concerns.

    effective: from which day on, today if empty; jitter: seconds over which the messages are spread.
    """

    changes: dict[str, str | None]
    among: str = ""
    effective: Date | None = None
    reason: str | None = None
    jitter: int = campaigns.JITTER


class Previewing(Editing, frozen=True):
    """start, skip: how many of those who are told, and of those who are not, are left out before what is named."""

    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0


class Ruling(msgspec.Struct, frozen=True):
    """An org's policy: for which fields it wants a sign-in first, and of which it may delete nothing."""

    step_up: tuple[Ptr, ...] = ()
    legal_hold: tuple[Ptr, ...] = ()


class Asking(msgspec.Struct, frozen=True):
    """Fields of which an org asks whether they are still right."""

    peer: str
    fields: tuple[str, ...]


async def card(agent: Agent) -> object:
    """The card, field by field, and how many hold each."""
    found = contact.read(agent)
    return {
        "card": found,
        "fields": [{"field": wording.card_field(ptr), "ptr": ptr, "value": value} for ptr, value in parts(found)],
    }


def parts(card: JsonObject) -> Iterator[tuple[str, Json]]:
    """The fields of a card by pointer: what stands under a label has its own."""
    for top, value in card.items():
        if top.startswith("@") or top in ("version", "uid"):
            continue
        if isinstance(value, dict) and f"/{top}" != wording.WORDS["name"][0]:
            yield from ((f"/{top}/{label}", each) for label, each in value.items())
        else:
            yield f"/{top}", value


def changes_of(asked: Editing) -> dict[str, Json]:
    """What is to change, by pointer. Raises Misuse."""
    if not asked.changes:
        raise Misuse("no field was named; nothing was changed")
    if asked.reason not in (None, *REASONS):
        raise Misuse(f"a reason is one of {', '.join(REASONS)}")
    if not 0 <= asked.jitter <= MOST_JITTER:
        raise Misuse(f"messages can be spread over {MOST_JITTER} seconds at most")
    found = {
        contact.pointer(name): None if text is None else contact.typed(name, text)
        for name, text in asked.changes.items()
    }
    deep = [ptr for ptr in found if any(ptr != other and ptr.startswith(f"{other}/") for other in found)]
    if deep:
        raise Misuse(f"{deep[0]} is inside of another field that is changed too; change one of the two")
    return found


async def preview(agent: Agent, asked: Previewing) -> object:
    """What would change, who would be told what, and who would not and why; nothing is said."""
    changes, now = changes_of(asked), contact.read(agent)
    after, _ = contact.edited(agent, changes)
    found = updating.preview(agent, changes, asked.among or "all", start=asked.start, skip=asked.skip)
    return {
        "changes": [
            {"field": wording.card_field(ptr), "ptr": ptr, "before": contact.value_at(now, ptr), "after": value}
            for ptr, value in changes.items()
        ],
        "effective": asked.effective or timestamp(agent.now())[:10],
        "told": found.told,
        "each": [
            {
                **called(who),
                "fields": [wording.card_field(each) for each in named],
                "gets": [{"field": wording.card_field(each), "value": contact.value_at(after, each)} for each in named],
            }
            for who, named in found.each
        ],
        "untold": found.untold,
        "left": [{**called(who), "why": why} for who, why in found.left],
        "spread": asked.jitter if found.told > 1 else 0,
        "reminded_after": updating.KIND.patience // 86400,
        "shared": [wording.card_field(each) for each in found.shared],
        "warning": updating.WARNING if found.shared else "",
    }


def called(who: Relationship) -> dict[str, object]:
    """Somebody as listed here: a name is never the only sign of who it is."""
    return {"with": who.called, "fingerprint": fingerprint(who.peer), "domain": who.domain}


async def change(agent: Agent, asked: Editing) -> object:
    """Change the card, and tell it to everybody whom it concerns."""
    changes = changes_of(asked)
    order = updating.Change(tuple(changes), asked.effective or timestamp(agent.now())[:10], asked.reason)
    concerned = updating.concerned(agent, changes, asked.among or "all")
    _, item = contact.edited(agent, changes)
    first = next(concerned, None)
    kept = (item, *editing.done(agent, msgspec.to_builtins(asked)))
    if first is None:
        await agent.store.apply(Change("", keep=kept))
        return {"campaign": "", "told": 0}
    rest = (To(who.peer) for who, _ in concerned)
    id = await campaigns.start(
        agent,
        updating.KIND.name,
        msgspec.to_builtins(order),
        (each for part in ((To(first[0].peer),), rest) for each in part),
        title=f"Change {', '.join(wording.card_field(each) for each in changes)}",
        jitter=asked.jitter,
        keep=kept,
    )
    return {"campaign": id, "told": campaigns.tally(agent, id).plan.size}


# -- an edit that she looks at before she confirms it --------------------------------------------------------------


async def draft(agent: Agent) -> object:
    """The edit that is begun, with a mark that tells it from any other; empty if there is none."""
    kept = editing.read(agent)
    return {"edit": kept, "mark": editing.mark(kept)} if kept else {"edit": None, "mark": ""}


async def set_draft(agent: Agent, asked: Editing) -> object:
    """Begin an edit, in place of any other. Nothing is changed by it, and nothing said."""
    contact.edited(agent, changes_of(asked))
    groups.reading(agent, asked.among or "all")
    await editing.keep(agent, msgspec.to_builtins(asked))
    return await draft(agent)


async def forget_draft(agent: Agent) -> object:
    """Let it be."""
    await editing.forget(agent)
    return await draft(agent)


# -- an org's side ------------------------------------------------------------------------------------------------


async def policy(agent: Agent) -> object:
    """The policy of this org."""
    return msgspec.to_builtins(applying.policy(agent))


async def set_policy(agent: Agent, asked: Ruling) -> object:
    """Replace it."""
    await applying.set_policy(agent, applying.Policy(asked.step_up, asked.legal_hold))
    return msgspec.to_builtins(applying.policy(agent))


async def ask(agent: Agent, asked: Asking) -> object:
    """Ask a person whether what we hold is still right."""
    who = names.find_peer(agent, asked.peer)
    fields = tuple(contact.pointer(each) for each in asked.fields)
    return {"thread": await owner.open_thread(agent, who.peer, profile, AskFields(fields)), "to": who.called}


async def book(agent: Agent) -> object:
    """Her address book: every org that holds data of hers, which, what for, until when and under which terms."""
    found = []
    for row in agent.store.peers():
        who = relationships.read(row)
        if held := holdings.live(agent, who.peer, schema=""):
            governing = who.governing(agent.now())
            found.append(
                {
                    "with": who.called,
                    "fingerprint": fingerprint(who.peer),
                    "domain": who.domain,
                    "ended": who.ended,
                    "terms": governing.id if governing else None,
                    "tags": groups.tags(agent, who.peer),
                    "holds": [line(each) for each in held],
                }
            )
    return sorted(found, key=lambda each: str(each["with"]).casefold())


def line(each: Told) -> dict[str, object]:
    """One value that somebody holds."""
    return {
        "field": wording.card_field(each.ptr),
        "ptr": each.ptr,
        "value": each.value,
        "purpose": wording.purpose(each.label.purpose),
        "until": each.label.expires,
        "since": timestamp(each.at),
    }


ROUTES = (
    Route("GET", "/v1/contact", card),
    Route("POST", "/v1/contact/preview", preview, Previewing),
    Route("GET", "/v1/contact/draft", draft),
    Route("POST", "/v1/contact/draft", set_draft, Editing),
    Route("POST", "/v1/contact/draft/remove", forget_draft),
    Route("POST", "/v1/contact", change, Editing),
    Route("GET", "/v1/contact/held", book),
    Route("GET", "/v1/profile/policy", policy),
    Route("POST", "/v1/profile/policy", set_policy, Ruling),
    Route("POST", "/v1/profile/ask", ask, Asking),
)
