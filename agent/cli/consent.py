"""Commands: consent, told, held, deletions, usage. What of hers is used by whom, what for, and until when."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent import wording
from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.fields import by_pointer, literal, pointers
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun
from agent.cli.words import count, short, show, table, when, wrapped


class Item(msgspec.Struct, frozen=True):
    """One item of a consent."""

    ptr: str
    why: str
    until: str | None


class Consent(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One consent. owed: what the other side has yet to say."""

    thread: str
    with_: str
    state: str
    schema: str
    items: tuple[Item, ...]
    terms: str | None
    owed: str | None


class Value(msgspec.Struct, frozen=True):
    """One value that was told."""

    at: str
    ptr: str
    value: object
    why: str
    until: str
    terms: str | None
    standing: str


class Told(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """All that was told to one."""

    with_: str
    told: tuple[Value, ...]


class Label(msgspec.Struct, frozen=True):
    """A Label."""

    purpose: str
    expires: str
    record: str


class Kept(msgspec.Struct, frozen=True):
    """One value that is held."""

    ptr: str
    value: object
    label: Label
    restricted: bool = False


class Held(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """All that is held of one person."""

    with_: str
    held: tuple[Kept, ...]


class Deletion(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One deletion under way."""

    deletion: str
    with_: str
    ptrs: tuple[str, ...]
    reason: str
    due: str
    overdue: bool
    owes: str | None


class Fact(msgspec.Struct, frozen=True):
    """One fact of a thing."""

    thing: str
    fact: str
    value: object
    at: str


class Noted(msgspec.Struct, frozen=True):
    """To how many a fact went."""

    sent_to: int


STATES = {
    "requested": "asked for, not answered",
    "granted": "offered, not taken yet",
    "given": "in force",
    "withdrawing": "taken back; they have yet to say what they deleted",
    "withdrawn": "taken back, and deleted",
    "stopped": "over, and deleted",
    "declined": "refused",
    "cancelling": "taken back before it began",
    "cancelled": "taken back before it began",
    "lapsed": "asked for, never answered",
}


async def consent(options: Namespace) -> int:
    """Consents: listed, asked for, offered, used, ended."""
    async with reach(options) as talk:
        match options.action:
            case "ask":
                return show(options, await talk.post("consents", "ask", **asking(options)), Begun, asked)
            case "volunteer":
                return show(options, await talk.post("consents", "volunteer", **offering(options)), Begun, offered)
            case "disclose":
                said = await talk.post("consents", options.thread, "disclose", values=by_pointer(options.value))
                return show(options, said, Begun, lambda begun: [f"Sent. See: freerange log {short(begun.thread)}"])
            case "withdraw":
                said = await talk.post(
                    "consents", await one(talk, options.thread), "withdraw", only=pointers(options.only)
                )
                return show(options, said, Begun, withdrawn)
            case "renew":
                said = await talk.post("consents", await one(talk, options.thread), "renew", until=day(options.until))
                return show(options, said, Begun, offered)
            case "stop":
                return show(options, await talk.post("consents", options.thread, "stop"), Begun, stopped)
        return show(options, await talk.get("consents"), list[Consent], listed)


async def one(talk: Talk, typed: str) -> str:
    """The thread that is meant: the one whose id begins so."""
    known = msgspec.json.decode(await talk.get("consents"), type=list[Consent])
    found = [each.thread for each in known if each.thread.startswith(typed)]
    return found[0] if len(found) == 1 else typed


def day(typed: str) -> str:
    """The end of a day, as the protocol writes it; what is no date stands as it is."""
    return f"{typed}T23:59:00Z" if len(typed) == 10 else typed


def common(options: Namespace) -> dict[str, object]:
    """What asking and offering have in common."""
    return {
        "peer": options.peer,
        "until": day(options.until),
        "schema": options.schema,
        "recipients": options.recipient,
        "retention": options.retention,
    }


def asking(options: Namespace) -> dict[str, object]:
    """A request as the agent takes it. Raises Stopped."""
    necessary, asked = pointers(options.necessary), pointers(options.field)
    if stray := sorted(set(necessary) - set(asked)):
        raise Stopped(f"{stray[0]} is necessary, but not asked for; nothing was said", "Add it as --field.", MISUSED)
    items = [{"ptr": each, "purpose": options.purpose, "necessary": each in necessary} for each in asked]
    more = {"effect": options.effect, "storage": options.storage, "basis": options.basis, "renews": options.renews}
    return {**common(options), "items": items, **more}


def offering(options: Namespace) -> dict[str, object]:
    """An offer as the agent takes it."""
    items = [{"ptr": each, "purpose": options.purpose} for each in pointers(options.field)]
    return {**common(options), "items": items, "values": by_pointer(options.value)}


def asked(begun: Begun) -> Iterator[str]:
    """A request is on its way."""
    yield f"Asked {plain(begun.to)}. What she grants comes by itself: freerange held {plain(begun.to)}"


def offered(begun: Begun) -> Iterator[str]:
    """An offer is on its way."""
    yield f"Offered to {plain(begun.to)}. Nothing of it has been sent: it goes once they have taken the offer."


def withdrawn(begun: Begun) -> Iterator[str]:
    """It has been taken back."""
    yield "Taken back; nothing more is sent. They must delete it, and say so: freerange consent"


def stopped(begun: Begun) -> Iterator[str]:
    """An organisation has stopped."""
    done = begun.state == "stopped"
    yield "Deleted, and said so." if done else "Your systems are told to delete it; it is said once they have."


def listed(found: list[Consent]) -> Iterator[str]:
    """Every consent with its items."""
    if not found:
        yield "Nobody was given leave to use anything, and nobody asked."
    for each in found:
        under = f", under {plain(each.terms)}" if each.terms else ""
        yield f"[{short(each.thread)}]  {plain(each.with_)}: {STATES.get(each.state, plain(each.state))}{under}"
        yield from table(
            [(wording.field(item.ptr), item.why, f"until {(item.until or '-')[:10]}") for item in each.items], "  "
        )
        if each.owed:
            yield f"  They owe you {plain(each.owed)}."


async def told(options: Namespace) -> int:
    """What was told to one."""
    async with reach(options) as talk:
        return show(options, await talk.get("told", options.peer), Told, telling)


def telling(found: Told) -> Iterator[str]:
    """Every value that was told, oldest first."""
    if not found.told:
        yield f"You have told {plain(found.with_)} nothing."
        return
    yield f"You have told {plain(found.with_)}:"
    for each in found.told:
        yield from wrapped(f"{plain(wording.field(each.ptr))}: {plain(wording.value(each.value))}", "  ")
        under = f", under {plain(each.terms)}" if each.terms else ", under no terms"
        said = f"told {when(each.at)[:10]} {plain(each.why)}, until {plain(each.until[:10])}{under}"
        yield from wrapped(f"{plain(each.standing)}: {said}", "    ")


async def held(options: Namespace) -> int:
    """What is held of one."""
    async with reach(options) as talk:
        return show(options, await talk.get("held", options.peer), Held, holding)


def holding(found: Held) -> Iterator[str]:
    """Every value that is held, with its Label."""
    if not found.held:
        yield f"You hold nothing of {plain(found.with_)}."
        return
    yield f"You hold of {plain(found.with_)}:"
    rows = [("WHAT", "VALUE", "ONLY FOR", "UNTIL", "RECORD")]
    rows += [
        (
            wording.field(each.ptr),
            wording.value(each.value),
            "nothing: restricted" if each.restricted else wording.purpose(each.label.purpose),
            each.label.expires[:10],
            short(each.label.record),
        )
        for each in found.held
    ]
    yield from table(rows, "  ")


async def deletions(options: Namespace) -> int:
    """Deletions under way, and what was done about one."""
    async with reach(options) as talk:
        said = await talk.get("deletions")
        if options.action != "done":
            return show(options, said, list[Deletion], under_way)
        known = msgspec.json.decode(said, type=list[Deletion])
        fitting = [each for each in known if each.deletion.startswith(options.deletion)]
        if len(fitting) != 1:
            raise Stopped(f"{plain(options.deletion)} is none of them, or several", "See: freerange deletions", MISUSED)
        kept = [keeping(each) for each in options.kept]
        deleted = [each for each in fitting[0].ptrs if each not in {row["ptr"] for row in kept}]
        id = fitting[0].deletion
        said = await talk.post("deletions", id, "completion", deleted=deleted, kept=kept, told=options.told)
    return show(options, said, Begun, lambda begun: [f"Done. What was said: {plain(begun.said) or 'nothing was owed'}"])


def keeping(typed: str) -> dict[str, str]:
    """`/orders=legal-duty,2033-12-31` as the agent takes it. Raises Stopped."""
    ptr, equals, rest = typed.partition("=")
    why, comma, until = rest.partition(",")
    if not equals or not comma:
        raise Stopped(f"{plain(typed)} is not FIELD=WHY,DATE", "Like /orders=legal-duty,2033-12-31", MISUSED)
    return {"ptr": wording.pointer(ptr), "why": why, "until": until}


def under_way(found: list[Deletion]) -> Iterator[str]:
    """What is still to be deleted."""
    if not found:
        yield "Nothing waits to be deleted."
    for each in found:
        late = " OVERDUE" if each.overdue else ""
        what = ", ".join(wording.field(ptr) for ptr in each.ptrs)
        yield f"[{short(each.deletion)}]  {plain(each.with_)}: {what}; due {plain(each.due[:10])}{late}"
    if found:
        yield f"{count(len(found), 'deletion')}. Once done: freerange deletions done ID"


async def usage(options: Namespace) -> int:
    """Facts of her things."""
    async with reach(options) as talk:
        if options.action != "note":
            return show(options, await talk.get("usage"), list[Fact], recorded)
        value = literal(options.value)
        said = await talk.post("usage", thing=options.thing, fact=options.fact, value=value, at=options.at or None)
    return show(options, said, Noted, lambda noted: [f"Recorded, and sent to {noted.sent_to}."])


def recorded(found: list[Fact]) -> Iterator[str]:
    """What was recorded."""
    if not found:
        yield "Nothing is recorded. To record a fact: freerange usage note THING FACT VALUE"
    yield from table([(when(each.at), each.thing, each.fact, wording.value(each.value)) for each in found])


COMMANDS: dict[str, Command] = {
    "consent": consent,
    "told": told,
    "held": held,
    "deletions": deletions,
    "usage": usage,
}
