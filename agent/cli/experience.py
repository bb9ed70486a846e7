"""Command: experience."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import FAILED, MISUSED, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.terms import contents
from agent.cli.words import GREEN, coloured, pairs, short, show, when


class Experience(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One, as it is listed: hers, or one that an organisation was told."""

    experience: str
    state: str
    kind: str | None
    text: str | None
    to: str | None = None
    from_: str | None = None
    audience: str = ""
    signal: str | None = None
    proved: bool = False
    rating: dict[str, int] | None = None
    want: str | None = None
    when: str | None = None
    since: str | None = None
    answer: str | None = None
    remedy: dict[str, object] | None = None


class Checked(msgspec.Struct, frozen=True):
    """What a published file says."""

    kind: str
    text: str
    author: str
    digest: str
    signed: str
    retracted: str | None
    rating: dict[str, int] | None = None


class Said(msgspec.Struct, frozen=True):
    """What came of saying something."""

    thread: str
    state: str


async def experience(options: Namespace) -> int:
    """Whatever was asked."""
    if options.action == "verify":
        return verify(options)
    async with reach(options) as talk:
        match options.action:
            case "draft":
                said = await talk.post("experiences", **what(options))
                return show(options, said, Experience, drafted)
            case "share":
                more = {"to": options.to, "draft": options.draft, "known": options.as_myself, "proof": options.proof}
                more |= {"delay": 0} if options.now else {}
                said = await talk.post("experiences", "share", **what(options), **more)
                return show(options, said, Experience, told)
            case "show":
                said = await talk.get("experiences", options.id)
                return show(options, said, Experience, one)
            case "retract":
                return show(options, await talk.post("experiences", options.id, "retract"), Experience, back)
            case "file":
                files = msgspec.json.decode(await talk.get("experiences", options.id, "file"))
                return printed(files["retraction" if options.retraction else "share"])
            case "add" | "respond":
                said = await talk.post("experiences", options.id, options.action, text=options.text)
                return show(options, said, Said, lambda _: ["Said."])
            case "resolve":
                remedy = {"remedy": options.remedy, "amount": options.pays}
                remedy |= {"by": options.by} if options.by else {}
                said = await talk.post("experiences", options.id, "resolve", **remedy)
                return show(options, said, Said, lambda _: ["You have committed to it; she is asked."])
        return show(options, await talk.get("experiences"), list[Experience], listed)


def what(options: Namespace) -> dict[str, object]:
    """The words of one, as the agent takes them. Raises Stopped."""
    given: dict[str, object] = {"text": options.text, "regret": options.regret, "signal": options.signal}
    given |= {"contact_ok": options.contact_ok}
    given |= {"kind": options.kind} if options.kind else {}
    given |= {"want": options.want} if options.want else {}
    given |= {"about": {"order": options.order}} if options.order else {}
    given |= {"audience": "public"} if options.public else {"audience": "intermediary"} if options.intermediary else {}
    given |= {"attribution": "named"} if options.named else {}
    if options.rating:
        value, _, best = options.rating.partition("/")
        if not (value.isdigit() and best.isdigit()):
            raise Stopped(f"{plain(options.rating)} is no rating.", "Write it like 2/5.", MISUSED)
        given["rating"] = {"value": int(value), "best": int(best)}
    return given


def drafted(kept: Experience) -> Iterator[str]:
    """It is kept."""
    yield f"Kept, for you alone: {short(kept.experience)}"
    yield f"To tell it: freerange experience share --draft {short(kept.experience)} --to ORG"


def told(kept: Experience) -> Iterator[str]:
    """It is told, or will be."""
    id = short(kept.experience)
    if kept.state == "public":
        yield f"Signed, for everybody: freerange experience file {id} > experience.json"
        yield "Hand the file to any site. Anybody can check it; nobody can alter it."
    elif kept.state == "waiting":
        yield f"It goes to {plain(kept.to)} {when(kept.when)}, so that the time tells nothing. It is {id}."
        yield f"Until then it was never said: freerange experience retract {id}"
    else:
        yield f"Told {plain(kept.to)}: {id}"


def back(kept: Experience) -> Iterator[str]:
    """It is taken back, or will be once they have removed it."""
    if kept.state == "retracted" and kept.to != "everybody":
        yield f"Taken back. {plain(kept.to)} has removed it."
    elif kept.to == "everybody":
        id = short(kept.experience)
        yield f"Taken back, in a second file: freerange experience file {id} --retraction > retraction.json"
    elif kept.state == "taken back unsaid":
        yield "Taken back; it was never said."
    else:
        yield f"Taken back. {plain(kept.to)} is to remove it, and says so once that is done."


def listed(found: list[Experience]) -> Iterator[str]:
    """All of them."""
    if not found:
        yield 'None yet. To write one down: freerange experience draft "WORDS"'
    for place, each in enumerate(found):
        yield from [""] if place else []
        yield from one(each)


def one(each: Experience) -> Iterator[str]:
    """One, with what was answered."""
    with_whom = f"from {plain(each.from_)}" if each.from_ else f"to {plain(each.to)}" if each.to else "for you alone"
    yield f"[{short(each.experience)}]  {plain(each.kind or 'removed')}, {with_whom}: {plain(each.state)}"
    facts: list[tuple[str, object]] = [("words", f'"{each.text}"' if each.text is not None else "removed")]
    if each.rating:
        facts.append(("rating", f"{each.rating.get('value')} of {each.rating.get('best')}"))
    if each.want:
        facts.append(("wants", f'"{each.want}"'))
    if each.signal:
        facts.append(("signal", each.signal))
    if each.proved:
        facts.append(("proof", "whoever says it proved to be a customer of yours"))
    if each.answer is not None:
        facts.append(("answer", f'"{each.answer}"'))
    if each.remedy:
        facts.append(("remedy", f'"{each.remedy.get("remedy")}"'))
    yield from pairs(facts)


# -- files --------------------------------------------------------------------------------------------------------


def printed(signed: object) -> int:
    """A signed file, on standard output. Raises Stopped if there is none."""
    if signed is None:
        raise Stopped("It was not taken back.", "To take it back: freerange experience retract ID", FAILED)
    print(msgspec.json.format(msgspec.json.encode(signed), indent=1).decode())
    return 0


def verify(options: Namespace) -> int:
    """Check a published file with nothing but itself."""
    share = contents(options.file)
    retraction = contents(options.retraction) if options.retraction else b""
    from agent.errors import AgentError
    from agent.web.experiences import checked
    from protocols.problems import Misuse, Problem
    from wallet.errors import WalletError

    try:
        found = checked(share, retraction)
    except (WalletError, AgentError, Problem, Misuse) as fault:
        raise Stopped(f"This is not what anybody signed: {plain(fault)}", "Do not rely on it.", FAILED) from fault
    return show(options, msgspec.json.encode(found), Checked, examined)


def examined(found: Checked) -> Iterator[str]:
    """What was signed, and whether it still stands."""
    rating = f", {found.rating.get('value')} of {found.rating.get('best')}" if found.rating else ""
    yield f"{plain(found.kind)}{rating}, signed {when(found.signed)}:"
    yield from pairs([("words", f'"{found.text}"')])
    yield f"  by somebody who is {plain(found.author, 40)}, and not by that name anywhere else"
    if found.retracted:
        yield f"Taken back by the same hand {when(found.retracted)}. Do not show it any more."
    else:
        yield coloured("Verified, with no network and no wallet. It may have been taken back since.", GREEN)


COMMANDS: dict[str, Command] = {"experience": experience}
