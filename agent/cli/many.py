"""Commands: campaign, group, tag. One act towards many, and who they are."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.bar import Campaign, tally, watch
from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Fields
from agent.cli.words import BOLD, coloured, count, short, show, table, tell, when

FOREVER = 10.0**9


class Group(msgspec.Struct, frozen=True):
    """A group that has a name."""

    name: str
    count: int
    rule: str = ""


class Member(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One of a group, or one that was tagged."""

    with_: str
    tags: tuple[str, ...] = ()
    fingerprint: str = ""
    kind: str = ""


class Members(msgspec.Struct, frozen=True):
    """Who belongs to a group; so many are named."""

    rule: str
    count: int
    members: tuple[Member, ...]


class Tag(msgspec.Struct, frozen=True):
    """A tag, and how many bear it."""

    tag: str
    count: int


class Recipient(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One recipient of a campaign."""

    with_: str
    state: str
    thread: str
    why: str
    chosen: bool


# -- campaigns ----------------------------------------------------------------------------------------------------


async def campaign(options: Namespace) -> int:
    """List campaigns; show, hold up or watch one."""
    listen = options.action in ("watch", "resume")
    async with reach(options, listen=listen) as talk:
        if options.action in (None, "list"):
            return show(options, await talk.get("campaigns"), list[Campaign], campaigns)
        if options.action == "watch":
            return await follow(talk, options, options.campaign, FOREVER)
        if options.action == "show":
            said = await talk.get("campaigns", options.campaign)
            known = await talk.get("campaigns", options.campaign, "recipients")
            if options.json:
                whole = msgspec.json.decode(said) | {"recipients": msgspec.json.decode(known)}
                return show(options, msgspec.json.encode(whole), Campaign, lambda _: ())
            tell(shown(msgspec.json.decode(said, type=Campaign), msgspec.json.decode(known, type=list[Recipient])))
            return 0
        said = await talk.post("campaigns", options.campaign, options.action)
        if options.action == "cancel":
            return show(options, said, Fields, lambda found: [f"Cancelled; {found['unsaid']} will not be told."])
        return show(options, said, Campaign, lambda found: [head(found), f"  {tally(found)}"])


async def follow(talk: Talk, options: Namespace, id: str, most: float | None = None) -> int:
    """Watch a campaign as it goes, and say how it stands then."""

    async def look() -> Campaign:
        return msgspec.json.decode(await talk.get("campaigns", id), type=Campaign)

    usual = 0.0 if most is not None or options.no_wait or not talk.live else float(options.timeout)
    wait = usual if most is None else most
    found = await (watch(look, seconds=wait) if wait else look())
    return show(options, msgspec.json.encode(found), Campaign, lambda found: standing(found, talk.live))


def standing(found: Campaign, live: bool) -> Iterator[str]:
    """How a campaign stands, and where to see more."""
    yield head(found)
    yield f"  {tally(found)}"
    if not found.settled:
        later = "" if live else " It goes on as soon as your agent runs: freerange serve."
        yield f"  More will come.{later} Look later: freerange campaign show {short(found.campaign)}"


def head(found: Campaign) -> str:
    """A campaign in a line."""
    state = {"running": "under way", "said": "everybody was told", "filling": "never begun whole; nothing was said"}
    return f"[{short(found.campaign)}]  {plain(found.title)}: {state.get(found.state, plain(found.state))}"


def campaigns(found: list[Campaign]) -> Iterator[str]:
    """All campaigns."""
    if not found:
        yield "You have said nothing to many yet. See: freerange contact set --help, freerange leave --help"
    for each in found:
        yield coloured(head(each), BOLD)
        yield f"  {when(each.begun)}, {count(each.size, 'recipient')}: {tally(each)}"


def shown(found: Campaign, known: list[Recipient]) -> Iterator[str]:
    """One campaign, with everybody in it."""
    yield from campaigns([found])
    yield from table(
        [
            (each.with_, each.state + (" (chosen)" if each.chosen else ""), short(each.thread), each.why)
            for each in known
        ],
        "  ",
    )
    if len(known) < found.size:
        yield f"  and {found.size - len(known)} more"


# -- groups and tags ----------------------------------------------------------------------------------------------


async def group(options: Namespace) -> int:
    """List, show, define or forget groups."""
    async with reach(options) as talk:
        if options.action == "show":
            return show(options, await talk.post("groups", "members", rule=options.rule), Members, belonging)
        if options.action == "define":
            said = await talk.post("groups", name=options.name, rule=options.rule)
            return show(
                options, said, Group, lambda found: [f"{plain(found.name)}: {count(found.count, 'organisation')}"]
            )
        if options.action == "remove":
            said = await talk.post("groups", "remove", name=options.name)
            return show(options, said, Fields, lambda found: [f"Forgotten: {plain(found['name'])}"])
        return show(options, await talk.get("groups"), list[Group], named)


def named(found: list[Group]) -> Iterator[str]:
    """The groups that have a name."""
    if not found:
        yield "No group has a name yet. To name one: freerange group define NAME RULE"
    yield from table([(each.name, str(each.count), each.rule) for each in found])


def belonging(found: Members) -> Iterator[str]:
    """Who belongs."""
    yield f"{count(found.count, 'organisation')} for {plain(found.rule)}"
    yield from table([(each.with_, each.fingerprint, each.kind, ", ".join(each.tags)) for each in found.members], "  ")
    if len(found.members) < found.count:
        yield f"  and {found.count - len(found.members)} more"


async def tag(options: Namespace) -> int:
    """List, give or take away tags."""
    async with reach(options) as talk:
        if options.action in (None, "list"):
            return show(options, await talk.get("tags"), list[Tag], tags)
        way = ("tags",) if options.action == "add" else ("tags", "remove")
        said = await talk.post(*way, tag=options.tag, peers=options.peers)
        return show(
            options,
            said,
            list[Member],
            lambda found: [f"{plain(each.with_)}: {', '.join(map(plain, each.tags)) or 'no tag'}" for each in found],
        )


def tags(found: list[Tag]) -> Iterator[str]:
    """Every tag."""
    if not found:
        yield "You have given no tags. To give one: freerange tag add insurer NAME"
    yield from table([(each.tag, str(each.count)) for each in found])


COMMANDS: dict[str, Command] = {
    "campaign": campaign,
    "group": group,
    "tag": tag,
}
