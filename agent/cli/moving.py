"""Commands: rotate, leave."""

import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.bar import Campaign, Started
from agent.cli.exits import FAILED, MISUSED, NO_ANSWER, Command, Stopped
from agent.cli.many import standing as standing_of
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Chosen, Left, Moved, Parting, Standing
from agent.cli.waiting import until
from agent.cli.words import BOLD, coloured, count, pairs, show, table, tell, when

STATES = {
    "confirmed": "knows your new DID",
    "told": "was told, and has not answered yet",
    "not reached": "could not be reached; it is told as soon as it can be",
}


# -- changing one's DID -------------------------------------------------------------------------------------------


async def rotate(options: Namespace) -> int:
    """Change our DID in some or all relationships; without either, show how that stands."""
    if not options.peers and not options.all:
        async with reach(options) as talk:
            return show(options, await talk.get("rotations"), list[Standing], standing)
    require_one_of(options)
    async with reach(options, listen=not options.no_wait) as talk:
        chosen = msgspec.json.decode(
            await talk.post("rotations", "choose", peers=options.peers, all=options.all), type=Chosen
        )
        if chosen.left_over and not options.json:
            tell([f"Going on with what was left the last time: {count(len(chosen.peers), 'relationship')}."])
        failed = [each for each in chosen.peers if not await changed(talk, each, options)]
        names = {each.fingerprint for each in chosen.peers}
        said = await settled(talk, names, 0 if options.no_wait else options.timeout)
    found = [each for each in msgspec.json.decode(said, type=list[Standing]) if each.fingerprint in names]
    show(options, msgspec.json.encode(found), list[Standing], standing)
    if failed:
        raise Stopped(
            f"{count(len(failed), 'relationship')} could not be changed; in the others it is done",
            "Run the same again: it goes on where it stopped.",
            FAILED,
        )
    if any(each.state != "confirmed" for each in found) and not options.no_wait:
        raise Stopped(
            "Not everybody has answered yet.", "They are told until they do. Look later: freerange rotate", NO_ANSWER
        )
    return 0


def require_one_of(options: Namespace) -> None:
    """Some by name, or all. Raises Stopped."""
    if bool(options.peers) == options.all:
        raise Stopped("name relationships, or say --all; nothing was done", "See: freerange peers", MISUSED)


async def changed(talk: Talk, peer: Moved, options: Namespace) -> bool:
    """Change our DID in one relationship; why not, if that fails, goes to standard error."""
    try:
        await talk.post("rotations", peer=peer.fingerprint, at_once=options.at_once, from_public=options.from_public)
    except Stopped as fault:
        if not options.all:
            raise
        print(f"{plain(peer.with_)}: {plain(fault.what, 400)}", file=sys.stderr)
        return False
    return True


async def settled(talk: Talk, names: set[str], seconds: float) -> bytes:
    """How it stands, once all of these know, or time is up."""
    said = b"[]"

    async def look() -> bytes | None:
        nonlocal said
        said = await talk.get("rotations")
        found = msgspec.json.decode(said, type=list[Standing])
        return said if all(each.state == "confirmed" for each in found if each.fingerprint in names) else None

    return await until(look, seconds=seconds, waiting_for="their answers") or said


def standing(found: list[Standing]) -> Iterator[str]:
    """Who knows of our new DIDs, a line each."""
    if not found:
        yield "You have not changed your DID in any relationship. To do so: freerange rotate NAME, or --all"
    yield from table([(each.with_, each.fingerprint, when(each.since), words(each)) for each in found])


def words(each: Standing) -> str:
    """What one of them knows."""
    return STATES.get(each.state, each.state) + (f" ({each.why})" if each.why else "")


# -- leaving ------------------------------------------------------------------------------------------------------


async def leave(options: Namespace) -> int:
    """End relationships, after saying what will be said to whom; without a name, show what came of earlier ones."""
    if options.among:
        return await leave_group(options)
    if not options.peers and not options.all:
        async with reach(options) as talk:
            return show(options, await talk.get("leavings"), list[Left], left)
    require_one_of(options)
    wish = {"data": options.data, "by": options.by, "reason": options.reason}
    async with reach(options) as talk:
        said = await talk.post("leavings", "preview", peers=options.peers, all=options.all, **wish)
        found = msgspec.json.decode(said, type=list[Parting])
        if options.preview or not found:
            return show(options, said, list[Parting], preview)
        if not options.yes:
            tell(preview(found))
            agree(len(found))
        for each in found:
            await talk.post("leavings", peers=[each.fingerprint], **wish)
        said = await talk.get("leavings")
    names = {each.fingerprint for each in found}
    ended = [each for each in msgspec.json.decode(said, type=list[Left]) if each.fingerprint in names]
    show(options, msgspec.json.encode(ended), list[Left], left)
    return 0


async def leave_group(options: Namespace) -> int:
    """End every relationship of a group, one after the other, in any order."""
    if options.peers or options.all:
        raise Stopped("name relationships, or a group; nothing was done", "See: freerange group", MISUSED)
    wish = {"group": options.among, "data": options.data, "by": options.by, "reason": options.reason}
    async with reach(options) as talk:
        said = await talk.post("leavings", "preview", **wish)
        found = msgspec.json.decode(said, type=list[Parting])
        if options.preview or not found:
            return show(options, said, list[Parting], preview)
        if not options.yes:
            tell(preview(found))
            agree(len(found))
        begun = await talk.post("leavings", "group", jitter=max(0, round(options.spread * 60)), **wish)
        said = await talk.get("campaigns", msgspec.json.decode(begun, type=Started).campaign)
    return show(options, said, Campaign, lambda found: standing_of(found, talk.live))


def preview(found: list[Parting]) -> Iterator[str]:
    """What each of them will be told."""
    if not found:
        yield "There is nobody to leave."
    for each in found:
        yield coloured(f"{plain(each.with_)} ({plain(each.fingerprint)})", BOLD)
        facts: list[tuple[str, object]] = [("is told", each.says)]
        if each.terms:
            facts.append(("terms", f"{', '.join(each.terms)}; what was signed stays in your wallet, and provable"))
        if each.waiting:
            facts.append(("waiting", f"{count(each.waiting, 'message')} of yours to it, not yet delivered or answered"))
        yield from pairs(facts)


def agree(number: int) -> None:
    """Ask whether to go on. Raises Stopped if the answer is not yes."""
    if not sys.stdin.isatty():
        raise Stopped("nobody is here to confirm this; nothing was said", "Look at it, then add --yes.", MISUSED)
    print(f"End {count(number, 'relationship')}? Nothing can be said there afterwards. [yes/no] ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() != "yes":
        raise Stopped("Nothing was said to anybody.", "To end it, answer: yes", FAILED)


def left(found: list[Left]) -> Iterator[str]:
    """What came of leaving, for each of them."""
    if not found:
        yield "You have left nobody, and nobody has left you. To leave: freerange leave NAME"
    for each in found:
        yield f"{plain(each.with_)} ({plain(each.fingerprint)}): {came(each)}"
        for kept in each.kept:
            yield f"  it keeps {plain(kept.what)} until {plain(kept.until)}, because: {plain(kept.why)}"


def came(each: Left) -> str:
    """What came of one."""
    match each.state:
        case "asked" if each.overdue:
            return f"it was told, and has not said by {plain(each.by)} that your data is gone"
        case "asked":
            return f"it was told; it has until {plain(each.by)} to say that your data is gone"
        case "asking":
            return "it is being told"
        case "not reached":
            return f"it could not be reached yet, and is told until it has heard it ({plain(each.why)})"
        case "told":
            return "it ended the relationship; answer it: freerange questions"
    return f"over; it says that your data was erased on {when(each.erased_at)}" if each.erased_at else "over"


COMMANDS: dict[str, Command] = {"rotate": rotate, "leave": leave}
