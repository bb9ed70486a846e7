"""Commands: rules, roster, notice. What stands for everybody."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent import wording
from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.fields import pointer
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.terms import contents
from agent.cli.words import count, pairs, quoted, show, table, when

NONE = "none"
LISTS = ("recipients", "storage", "topics_allowed", "topics_denied")
MEANINGS = {
    "otherwise": "what is outside the register",
    "retention": "kept at most",
    "sharing": "passed on",
    "recipients": "passed on to",
    "storage": "stored in",
    "channels": "you may be reached by",
    "promotion": "advertising",
    "topics_allowed": "topics you want",
    "topics_denied": "topics you do not want",
    "max_per_week": "things told a week",
    "quiet": "quiet",
    "paused": "nothing for now",
}


class Entry(msgspec.Struct, frozen=True):
    """A line of the register."""

    who: str
    what: str
    why: str
    words: str
    allow: bool
    until: str | None


class Rules(msgspec.Struct, frozen=True):
    """Her rules; in_force: the version each organisation holds."""

    version: int
    rules: dict[str, object]
    register: tuple[Entry, ...]
    in_force: dict[str, int | None]


class Stated(msgspec.Struct, frozen=True):
    """To whom the rules were stated: threads by name."""

    version: int
    stated: dict[str, str]


class Listed(msgspec.Struct, frozen=True):
    """An agreement of a roster."""

    id: str
    version: str
    title: str


class Roster(msgspec.Struct, frozen=True):
    """A roster that is here."""

    roster: str
    version: str
    digest: str
    source: str
    in_use: bool
    agreements: tuple[Listed, ...]


class Told(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A notice."""

    with_: str
    thread: str
    kind: str
    topic: str | None
    text: str
    action_by: str | None
    at: str
    state: str


class Notices(msgspec.Struct, frozen=True):
    """What was told, and how much was blocked, by whom it came from."""

    notices: tuple[Told, ...]
    blocked: dict[str, int]


class Sent(msgspec.Struct, frozen=True):
    """Whom a notice went to. because: how many were left out by each rule."""

    allowed: int
    suppressed: int
    because: dict[str, int]
    preview: bool


# -- rules --------------------------------------------------------------------------------------------------------


async def rules(options: Namespace) -> int:
    """Show, change or state the house rules."""
    async with reach(options) as talk:
        if options.action == "send":
            return show(options, await talk.post("rules", "send", peers=options.peers), Stated, stated)
        if options.action == "set":
            said = await change(talk, options.key, options.value)
        elif options.action in ("allow", "deny", "forget"):
            said = await register(talk, options)
        else:
            said = await talk.get("rules")
    return show(options, said, Rules, listed)


async def change(talk: Talk, key: str, value: str) -> bytes:
    """Change one rule; all others stay."""
    found = msgspec.json.decode(await talk.get("rules"), type=Rules)
    lines = [
        {name: text for name, text in msgspec.to_builtins(each).items() if text is not None and name != "words"}
        for each in found.register
    ]
    others = {name: rule for name, rule in found.rules.items() if name != key}
    typed = read(key, value)
    return await talk.post("rules", rules={**others, "register": lines, **({} if typed is None else {key: typed})})


async def register(talk: Talk, options: Namespace) -> bytes:
    """Add a line to the register, or take it out whichever way it stands there."""
    what = pointer(options.what) if options.what and options.action != "forget" else wording.pointer(options.what)
    entry = {"who": options.who, "what": what, "why": options.why, "until": options.until}
    if options.action != "forget":
        if ":" not in options.why:
            raise Stopped(
                f'"{options.why}" is no purpose; nothing was changed', "Name one like dpv:Marketing.", MISUSED
            )
        return await talk.post("rules", "register", entry={**entry, "allow": options.action == "allow"}, do="add")
    found = msgspec.json.decode(await talk.get("rules"), type=Rules)
    named = (options.who, wording.pointer(options.what), options.why, options.until or None)
    stands = next((each.allow for each in found.register if (each.who, each.what, each.why, each.until) == named), True)
    return await talk.post("rules", "register", entry={**entry, "allow": stands}, do="remove")


def read(key: str, value: str) -> object:
    """A rule as it was typed; None: there is none. Raises Stopped."""
    if value == NONE and key != "sharing" and key != "promotion":
        return None
    if key in LISTS:
        return [each.strip() for each in value.split(",") if each.strip()]
    if key == "channels":
        return dict(each.split("=", 1) for each in value.split(",") if "=" in each)
    if key == "quiet":
        hours, _, zone = value.partition("@")
        since, _, until = hours.partition("-")
        return {"from": since, "to": until} | ({"zone": zone} if zone else {})
    if key == "max_per_week":
        if not value.isdigit():
            raise Stopped(f'"{value}" is not a number; nothing was changed', "Say how many, or none.", MISUSED)
        return int(value)
    return value == "true" if key == "paused" else value


def listed(found: Rules) -> Iterator[str]:
    """The rules in words."""
    if not found.version:
        yield "You have no house rules: you are asked about everything. To begin: freerange rules allow --help"
        return
    yield f"Your house rules, version {found.version}:"
    yield from pairs([(MEANINGS.get(name, name), in_words(rule)) for name, rule in found.rules.items()], size=30)
    yield ""
    yield "The register, who may use what and why:" if found.register else "The register is empty."
    verbs = {True: "may use", False: "may NOT use"}
    for each in found.register:
        until = f", until {each.until}" if each.until else ""
        what = plain(wording.field(each.what)) if each.what else "anything"
        yield f"  {plain(wording.whoever(each.who))} {verbs[each.allow]} {what} {plain(each.words)}{until}"
    behind = [name for name, version in found.in_force.items() if version != found.version]
    if behind:
        yield ""
        yield f"Not told yet of this version: {', '.join(map(plain, behind))}. To tell them: freerange rules send"


def in_words(rule: object) -> str:
    """A rule's value for people."""
    if isinstance(rule, dict) and {"from", "to"} <= rule.keys():
        return plain(f"{rule['from']} to {rule['to']} ({rule.get('zone', 'UTC')})")
    if isinstance(rule, dict):
        return plain(", ".join(f"{name} {value}" for name, value in rule.items()))
    return plain(wording.lasting(rule) if isinstance(rule, str) else wording.value(rule))


def stated(found: Stated) -> Iterator[str]:
    """To whom the rules went."""
    if not found.stated:
        yield f"Everybody has version {found.version} of your rules already; nothing was said."
        return
    yield f"Version {found.version} of your rules goes to {', '.join(map(plain, found.stated))}."
    if len(found.stated) > 1:
        yield "They are told the same: a topic that nobody else names could show them that you are one person."


# -- rosters ------------------------------------------------------------------------------------------------------


async def roster(options: Namespace) -> int:
    """List, load, swap or drop rosters."""
    async with reach(options) as talk:
        if options.action == "load":
            if options.place.startswith(("https://", "http://")):
                said = await talk.post("rosters", url=options.place, digest=options.digest)
            else:
                text = contents(options.place).decode("utf-8", "replace")
                said = await talk.post("rosters", file=text, digest=options.digest, name=Path(options.place).name)
            return show(
                options, said, Roster, lambda each: one(each, "It is here. To deal in it: freerange roster use")
            )
        if options.action in ("use", "drop"):
            said = await talk.post("rosters", "change", roster=options.roster, do=options.action)
            word = "In use from now on:" if options.action == "use" else "Dropped:"
            return show(options, said, Roster, lambda each: one(each, word))
        return show(options, await talk.get("rosters"), list[Roster], rosters)


def one(found: Roster, word: str) -> Iterator[str]:
    """One roster."""
    yield f"{word} {quoted(found.roster)}"
    yield from rosters([found])


def rosters(found: list[Roster]) -> Iterator[str]:
    """Rosters with their agreements."""
    for each in found:
        mark = "in use" if each.in_use else "here"
        source = f", from {plain(each.source)}" if each.source else ""
        yield f"{plain(each.roster)} {plain(each.version)} ({mark}{source})"
        yield f"  its digest, by which others can load just this: {plain(each.digest)}"
        yield from table([(plain(text.id), plain(text.title)) for text in each.agreements], "  ")


# -- notices ------------------------------------------------------------------------------------------------------


async def notice(options: Namespace) -> int:
    """Show what was told, or tell everybody something."""
    async with reach(options) as talk:
        if options.action != "send":
            return show(options, await talk.get("notices"), Notices, told)
        named = {"kind": options.kind, "text": options.text, "topic": options.topic, "action_by": options.action_by}
        fields = {name: value for name, value in named.items() if value is not None}
        said = await talk.post("notices", notice=fields, peers=options.to, preview=options.preview)
    return show(options, said, Sent, sent)


def told(found: Notices) -> Iterator[str]:
    """Notices, a line each, the newest first."""
    if not found.notices:
        yield "Nobody has told you anything."
    for each in found.notices:
        until = f" Do something until {when(each.action_by)}." if each.action_by else ""
        yield f"{when(each.at)}  {plain(each.with_)} ({plain(each.kind)}): {plain(each.text, 1000)}{until}"
    for name, number in found.blocked.items():
        yield f"Blocked by your rules: {count(number, 'message')} of {plain(name)}."


def sent(found: Sent) -> Iterator[str]:
    """How many were told, and why others were not."""
    people = "1 person" if found.allowed == 1 else f"{found.allowed} people"
    yield f"{'Would be told' if found.preview else 'Told'}: {people}."
    if found.suppressed:
        yield f"Left out, because their rules do not allow it: {found.suppressed}."
    yield from (f"  {number}: {plain(why)}" for why, number in found.because.items())


class Pause(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """How it stands with one. told: the thread in which it was told."""

    with_: str
    until: str | None
    told: str | None


async def pause(options: Namespace) -> int:
    """Hear nothing new from one of them, or go on."""
    async with reach(options) as talk:
        if options.end:
            said = await talk.post("pauses", "end", peer=options.peer)
        else:
            said = await talk.post("pauses", peer=options.peer, until=options.until)
    return show(options, said, Pause, paused)


def paused(found: Pause) -> Iterator[str]:
    """How it stands."""
    told = "They are told." if found.told else "They are not told anew."
    if found.until:
        yield f"Nothing new of {plain(found.with_)} reaches you until {plain(found.until[:10])}. {told}"
    else:
        yield f"{plain(found.with_)} can reach you again. {told}"


COMMANDS: dict[str, Command] = {"rules": rules, "roster": roster, "pause": pause, "notice": notice}
