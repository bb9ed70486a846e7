"""Commands: contact, address. Her card, and changing it everywhere at once; what an organisation does with that."""

import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent import wording
from agent.cli.bar import Started
from agent.cli.exits import FAILED, MISUSED, Command, Stopped
from agent.cli.fields import pointers
from agent.cli.many import follow
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun, Fields
from agent.cli.words import BOLD, coloured, count, pairs, short, show, table, tell, when


class Card(msgspec.Struct, frozen=True):
    """The contact card."""

    card: Fields
    fields: tuple[Fields, ...]


class Changed(msgspec.Struct, frozen=True):
    """A field before and after."""

    field: str
    ptr: str
    before: object = None
    after: object = None


class Preview(msgspec.Struct, frozen=True):
    """What a change would say to whom."""

    changes: tuple[Changed, ...]
    effective: str
    told: int
    each: tuple[Fields, ...]
    spread: int
    reminded_after: int
    shared: tuple[str, ...]
    warning: str


class Holder(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """Somebody who holds data of hers."""

    with_: str
    fingerprint: str
    domain: str
    ended: bool
    terms: str | None
    tags: tuple[str, ...]
    holds: tuple[Fields, ...]


class Policy(msgspec.Struct, frozen=True):
    """Which changes an org takes at once."""

    step_up: tuple[str, ...]
    legal_hold: tuple[str, ...]


async def contact(options: Namespace) -> int:
    """Show or change the contact card."""
    if options.action == "set":
        if len(options.changes) % 2:
            raise Stopped("a field has no value; nothing was changed", "Type FIELD VALUE, in pairs.", MISUSED)
        return await change(options, dict(zip(options.changes[::2], options.changes[1::2])))
    if options.action == "remove":
        return await change(options, dict.fromkeys(options.fields))
    async with reach(options) as talk:
        if options.action == "held":
            return show(options, await talk.get("contact", "held"), list[Holder], holders)
        if options.action == "ask":
            said = await talk.post("profile", "ask", peer=options.peer, fields=options.fields)
            return show(
                options, said, Begun, lambda begun: [f"Asked {plain(begun.to)}: freerange log {short(begun.thread)}"]
            )
        if options.action == "policy":
            return show(options, await policy(talk, options), Policy, ruled)
        return show(options, await talk.get("contact"), Card, card)


async def address(options: Namespace) -> int:
    """Show or change the addresses on the card."""
    if options.action == "change":
        return await change(options, {f"address.{options.label}": options.value})
    async with reach(options) as talk:
        return show(options, await talk.get("contact"), Card, lambda found: card(found, "/addresses/"))


def card(found: Card, below: str = "/") -> Iterator[str]:
    """The card, a field each."""
    rows = [
        (str(each["field"]), wording.value(each["value"]))
        for each in found.fields
        if str(each["ptr"]).startswith(below)
    ]
    if not rows:
        yield "Nothing is there yet. To begin: freerange contact set address '1 New Street, 1100 Lisboa, PT'"
    yield from pairs(rows, "", max([len(name) for name, _ in rows], default=0))


def holders(found: list[Holder]) -> Iterator[str]:
    """The address book: who holds what."""
    if not found:
        yield "Nobody holds data of yours by leave that is in force."
    for each in found:
        place = f", {plain(each.domain)}" if each.domain else ""
        under = f"under {plain(each.terms)}" if each.terms else "under no terms in force"
        yield coloured(f"{plain(each.with_)} ({plain(each.fingerprint)}){place}: {under}", BOLD)
        yield from table(
            [
                (one["field"], wording.value(one["value"]), one["purpose"], f"until {when(str(one['until']))}")
                for one in each.holds
            ],
            "  ",
        )


async def policy(talk: Talk, options: Namespace) -> bytes:
    """An org's policy, changed if something was named."""
    if options.none:
        return await talk.post("profile", "policy")
    if options.step_up is None and options.legal_hold is None:
        return await talk.get("profile", "policy")
    known = msgspec.json.decode(await talk.get("profile", "policy"), type=Policy)
    wanted = (pointers(options.step_up or [*known.step_up]), pointers(options.legal_hold or [*known.legal_hold]))
    return await talk.post("profile", "policy", step_up=wanted[0], legal_hold=wanted[1])


def ruled(found: Policy) -> Iterator[str]:
    """What an org does with changes."""
    yield "Changes of what you hold are taken at once, the newest first."
    if found.step_up:
        yield f"Only shortly after a sign-in: {', '.join(map(wording.field, found.step_up))}"
    if found.legal_hold:
        yield f"Never deleted: {', '.join(map(wording.field, found.legal_hold))}"


async def change(options: Namespace, changes: dict[str, str | None]) -> int:
    """One edit, one preview, one confirmation; then watch it being told."""
    asked = {
        "changes": changes,
        "among": options.among,
        "effective": options.effective,
        "reason": options.reason,
        "jitter": seconds(options),
    }
    async with reach(options, listen=not options.no_wait and not options.preview) as talk:
        said = await talk.post("contact", "preview", **asked)
        found = msgspec.json.decode(said, type=Preview)
        if options.preview:
            return show(options, said, Preview, preview)
        if not options.yes:
            tell(preview(found))
            agree(f"Change it, and tell {count(found.told, 'organisation')}?")
        started = msgspec.json.decode(await talk.post("contact", **asked), type=Started)
        if not started.campaign:
            return show(
                options,
                msgspec.json.encode(started),
                Started,
                lambda _: ["Changed. Nobody holds it, so nobody was told."],
            )
        return await follow(talk, options, started.campaign)


def seconds(options: Namespace) -> int:
    """Over how long many are told."""
    spread: float = options.spread
    return max(0, round(spread * 60))


def preview(found: Preview) -> Iterator[str]:
    """What would change, and who is told what."""
    for each in found.changes:
        yield coloured(f"{plain(each.field)}: {wording.value(each.after)}", BOLD)
        yield f"  until now: {wording.value(each.before)}"
    if not found.told:
        yield "Nobody holds this by leave that is in force; nobody is told."
        return
    over = f", in any order over {found.spread // 60} minutes" if found.spread >= 60 else ""
    yield f"{count(found.told, 'organisation')} told, each only what it holds, as of {plain(found.effective)}{over}:"
    yield from table(
        sorted((each["with"], each["fingerprint"], ", ".join(map(str, listed(each["fields"])))) for each in found.each),
        "  ",
    )
    if len(found.each) < found.told:
        yield f"  and {found.told - len(found.each)} more"
    yield f"Whoever says nothing for {found.reminded_after} days is reminded once."
    if found.shared:
        yield f"Told to several alike: {', '.join(map(plain, found.shared))}."
        yield from pairs([("", found.warning)], "", 0)


def listed(found: object) -> list[object]:
    """A list, if it is one."""
    return found if isinstance(found, list) else []


def agree(question: str) -> None:
    """Ask whether to go on. Raises Stopped if the answer is not yes."""
    if not sys.stdin.isatty():
        raise Stopped(
            "nobody is here to confirm this; nothing was changed or said", "Look at it, then add --yes.", MISUSED
        )
    print(f"{question} [yes/no] ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() != "yes":
        raise Stopped("Nothing was changed, and nobody was told.", "To do it, answer: yes", FAILED)


COMMANDS: dict[str, Command] = {"contact": contact, "address": address}
