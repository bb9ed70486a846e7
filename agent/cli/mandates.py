"""Commands: helper, mandate. Somebody acts for her, and she may end it at any time."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent import wording
from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.fields import fields, pointers
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.words import count, pairs, short, show, table, when
from agent.wording import MAY

KINDS = {
    "device": ", as a device of yours",
    "family": ", as family",
    "guardian": ", as a guardian",
    "assistant": ", as an assistant",
    "authorized-agent": ", as an authorised agent",
    "fourth-party": "",
    "recovery": ", to recover what was lost",
}
STATES = {
    "appointed": "asked, not accepted yet",
    "accepted": "accepted, not confirmed yet",
    "revoking": "being ended",
    "resigning": "being given back",
    "revoked": "ended",
}


class Org(msgspec.Struct, frozen=True):
    """An organisation with which it may be used."""

    org: str
    did: str


class Mandate(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One mandate, given or held."""

    mandate: str
    given: bool
    with_: str
    kind: str
    state: str
    over: bool
    active: bool
    scope: tuple[str, ...]
    until: str
    orgs: tuple[Org, ...]
    unreported: int


class Act(msgspec.Struct, frozen=True):
    """Something that was done under one."""

    at: str
    did: str
    org: str | None
    digest: str


class Whole(Mandate, frozen=True, rename={"with_": "with"}):
    """One mandate, with what was done under it."""

    acts: tuple[Act, ...]


class Said(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What came of it."""

    mandate: str = ""
    thread: str = ""
    state: str = ""
    to: str = ""
    with_: str = ""
    acts: int = 0


class Question(msgspec.Struct, frozen=True):
    """A question that waits."""

    question: str
    thread: str


async def helper(options: Namespace) -> int:
    """Hers."""
    async with reach(options) as talk:
        match options.action:
            case "appoint":
                return show(options, await talk.post("mandates", **wanted(options)), Said, appointed)
            case "show":
                return show(options, await talk.get("mandates", options.id), Whole, whole)
            case "report":
                return show(options, await talk.get("mandates", options.id), Whole, done)
            case "revoke":
                return show(options, await talk.post("mandates", options.id, "revoke"), Said, revoked)
        found = msgspec.json.decode(await talk.get("mandates"), type=list[Mandate])
    given = [each for each in found if each.given]
    return show(options, msgspec.json.encode(given), list[Mandate], helpers)


def wanted(options: Namespace) -> dict[str, object]:
    """A mandate as the agent takes it. Raises Stopped."""
    actions: list[str] = []
    for each in options.may:
        if each not in MAY and "/" not in each:
            raise Stopped(f"{plain(each)} is nothing it may do.", f"There are: {', '.join(MAY)}", MISUSED)
        actions += MAY.get(each, (each,))
    asked: dict[str, object] = {"peer": options.peer, "actions": actions, "duty": options.duty, "orgs": options.org}
    asked |= {"kind": options.kind, "level": options.level, "spend": options.spend, "lasts": options.lasts}
    asked |= {"sub_delegate": options.may_pass_on, "report_every": options.reports}
    asked |= {"casts": options.casts} if options.casts is not None else {}
    asked |= {"fields": pointers(options.tell)} if options.tell is not None else {}
    return asked


def appointed(said: Said) -> Iterator[str]:
    """It was asked."""
    yield f"{plain(said.to)} is asked to act for you. Nothing is allowed yet."
    yield f"When it accepts, you are asked once more: freerange questions. The mandate is {short(said.mandate)}"


def revoked(said: Said) -> Iterator[str]:
    """It is over."""
    yield f"{plain(said.with_)} may do nothing more for you."
    yield "Every organisation that was shown the mandate is told, and refuses it from then on."


def helpers(found: list[Mandate]) -> Iterator[str]:
    """Who acts for her."""
    if not found:
        yield "Nobody acts for you. To let somebody: freerange helper appoint PEER --may WHAT --duty TEXT"
    for place, each in enumerate(found):
        yield from [""] if place else []
        yield from one(each)


def one(each: Mandate) -> Iterator[str]:
    """One mandate in words."""
    who = f"{plain(each.with_)} acts for you" if each.given else f"you act for {plain(each.with_)}"
    state = "" if each.active else f" ({STATES.get(each.state, plain(each.state))})"
    yield f"[{short(each.mandate)}]  {who}{KINDS.get(each.kind, f', as {plain(each.kind)}')}{state}"
    yield from (f"  {plain(line, 400)}" for line in each.scope)
    names = ", ".join(plain(org.org) for org in each.orgs) or "nobody yet"
    yield from pairs([("used with", names)])
    if each.unreported:
        yield f"  {count(each.unreported, 'act')} not reported yet"


def whole(found: Whole) -> Iterator[str]:
    """One, and what was done."""
    yield from one(found)
    yield from done(found)


def done(found: Whole) -> Iterator[str]:
    """What was done, as it was reported."""
    if not found.acts:
        yield "  Nothing was reported yet."
    yield from table([(when(act.at), wording.act(act.did), act.org or "-") for act in found.acts], "  ")


# -- whoever acts -------------------------------------------------------------------------------------------------


async def mandate(options: Namespace) -> int:
    """Her agent's."""
    async with reach(options) as talk:
        match options.action:
            case "accept":
                return show(options, await accepted(talk, options.id), Said, taken)
            case "ask":
                return show(options, await talk.post("mandates", options.id, "copies", org=options.org), Said, asked)
            case "introduce":
                return show(options, await talk.post("mandates", options.id, "introduce", org=options.org), Said, shown)
            case "act":
                body = fields(options.field)
                said = await talk.post("mandates", options.id, "act", org=options.org, type=options.message, body=body)
                return show(options, said, Said, acted)
            case "report":
                return show(options, await talk.post("mandates", options.id, "report"), Said, reported)
            case "resign":
                return show(options, await talk.post("mandates", options.id, "resign"), Said, resigned)
        found = msgspec.json.decode(await talk.get("mandates"), type=list[Mandate])
    held = [each for each in found if not each.given]
    return show(options, msgspec.json.encode(held), list[Mandate], mandates)


async def accepted(talk: Talk, id: str) -> bytes:
    """Say yes to the question about a mandate. Raises Stopped if none waits."""
    waiting = msgspec.json.decode(await talk.get("questions"), type=list[Question])
    found = [each for each in waiting if each.thread.startswith(id)]
    if len(found) != 1:
        raise Stopped(f"nobody waits for your word about {plain(id)}", "See: freerange questions", MISUSED)
    return await talk.post("questions", found[0].question, "answer", answer="yes")


def mandates(found: list[Mandate]) -> Iterator[str]:
    """For whom one acts."""
    if not found:
        yield "You act for nobody. Who wants you to asks you: freerange questions"
    for place, each in enumerate(found):
        yield from [""] if place else []
        yield from one(each)


def taken(said: Said) -> Iterator[str]:
    """Accepted."""
    yield "Accepted. It begins when she confirms it."


def asked(said: Said) -> Iterator[str]:
    """A copy was asked for."""
    yield f"{plain(said.with_)} is asked for a copy of the mandate for this organisation."


def shown(said: Said) -> Iterator[str]:
    """An org was shown it."""
    yield f"Shown to {plain(said.with_)}. What it says: freerange log {short(said.thread)}"


def acted(said: Said) -> Iterator[str]:
    """Something was said for her."""
    yield f"Said to {plain(said.with_)}, for her: freerange log {short(said.thread)}"


def reported(said: Said) -> Iterator[str]:
    """It was reported."""
    yield f"Reported to {plain(said.with_)}: {count(said.acts, 'act')}"


def resigned(said: Said) -> Iterator[str]:
    """It was given back."""
    yield f"Given back. You act for {plain(said.with_)} no more."


COMMANDS: dict[str, Command] = {"helper": helper, "mandate": mandate}
