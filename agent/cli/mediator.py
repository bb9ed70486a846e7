"""Command: mediator. Through whom others reach us: have one, see how it stands, move to another, go without."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Final

import msgspec

from agent.cli.exits import FAILED, MISUSED, NO_ANSWER, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Mediated, Mediators, MediatorSeen
from agent.cli.waiting import until
from agent.cli.words import count, pairs, show, table, tell, when

MEANING: Final = (
    "A mediator is a letter box for your agent: others send their messages there, and your agent fetches them.",
    "So you need no address of your own, and what comes while you are away is kept for you, for about a week.",
    "It sees that something comes for you, when, and how large it is; it can read none of it.",
    "Everybody you know is given a letter box of their own, so that two of them cannot tell that you are one person.",
    "You can go to another mediator whenever you like, and nobody you know is lost: freerange mediator move LINK",
)
STATES: Final = {
    "confirmed": "knows where to write",
    "told": "was told, and has not answered yet",
    "not reached": "could not be told yet; it is tried again until it can be",
    "to do": "is told as soon as your mediator has a letter box ready for it",
}
REACHED: Final = {
    "line": "connected",
    "asking": "asked now and then; no lasting connection can be had",
    "away": "does not answer now; what others send you waits there, and it is tried again",
    "unknown": "not connected, for no agent is running; start it: freerange serve",
}


async def mediator(options: Namespace) -> int:
    """Show how it stands, or change it."""
    match options.action:
        case "add":
            tell([*MEANING, ""] if not options.json else ())
            return await change(options, "mediator", link=options.link)
        case "move":
            return await change(options, "mediator", link=options.link, instead=True)
        case "remove":
            return await change(options, "mediator", "leave")
    async with reach(options) as talk:
        return show(options, await talk.get("mediator"), Mediators, standing)


async def change(options: Namespace, *path: str, **body: object) -> int:
    """Ask for a change, and wait until everybody knows."""
    async with reach(options, listen=not options.no_wait) as talk:
        await talk.post(*path, **body)
        said = await settled(talk, 0 if options.no_wait else options.timeout)
    show(options, said, Mediators, standing)
    found = msgspec.json.decode(said, type=Mediators)
    if open_ends(found) and not options.no_wait:
        raise Stopped(
            "Not everybody has answered yet.",
            "They are told until they do, while your agent runs. Look later: freerange mediator",
            NO_ANSWER,
        )
    return 0


async def settled(talk: Talk, seconds: float) -> bytes:
    """How it stands, once everybody knows, or time is up."""
    said = await talk.get("mediator")

    async def look() -> bytes | None:
        nonlocal said
        said = await talk.get("mediator")
        return None if open_ends(msgspec.json.decode(said, type=Mediators)) else said

    return await until(look, seconds=seconds, waiting_for="their answers") or said


def open_ends(found: Mediators) -> bool:
    """Whether somebody does not know yet where to write."""
    return any(each.state != "confirmed" for each in found.relationships)


def standing(found: Mediators) -> Iterator[str]:
    """The mediator there is, and whom it stands between."""
    if found.mediator is not None:
        yield f"Others reach you through {plain(found.mediator.name)}."
        yield from pairs([("state", reached(found.mediator)), ("since", when(found.mediator.since))])
    elif found.address:
        yield f"You have no mediator. Others reach you at your own address, {plain(found.address)}."
    else:
        yield "You have no mediator and no address: nobody can write to you first."
        yield "  To have one: freerange mediator add LINK"
    for each in found.former:
        yield f"Former: {plain(each.name)}, left on {when(each.left)}. {kept(each)}"
    if found.relationships:
        yield ""
    yield from table(
        [(each.with_, each.fingerprint, each.through or "directly", words(each)) for each in found.relationships]
    )


def reached(mediator: MediatorSeen) -> str:
    """How it is reached now."""
    why = f" ({plain(mediator.why)})" if mediator.why and mediator.reached == "away" else ""
    return REACHED.get(mediator.reached, plain(mediator.reached)) + why


def kept(mediator: MediatorSeen) -> str:
    """Why a mediator that was left is still there."""
    if mediator.waits:
        return (
            f"{count(mediator.waits, 'letter box')} there is still in use; what comes is fetched until all have moved."
        )
    return "Nobody needs it any more; what may still be on its way is fetched for a day, and then it is let go."


def words(each: Mediated) -> str:
    """What one of them knows."""
    return STATES.get(each.state, plain(each.state)) + (f" ({plain(each.why)})" if each.why else "")


# -- an invitation of a mediator ----------------------------------------------------------------------------------


async def taken_up(options: Namespace) -> int:
    """Have the mediator whose invitation was accepted, after saying what that means."""
    tell([*MEANING, ""])
    if not options.yes:
        agree()
    return await change(options, "mediator", link=options.url)


def agree() -> None:
    """Ask whether to go on. Raises Stopped if the answer is not yes."""
    if not sys.stdin.isatty():
        raise Stopped(
            "nobody is here to confirm this; nothing was done", "If that is what you want, add --yes.", MISUSED
        )
    print("Be reached through this mediator from now on? [yes/no] ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() not in ("yes", "y"):
        raise Stopped("Nothing was done.", "To use it, answer: yes", FAILED)


COMMANDS: dict[str, Command] = {"mediator": mediator}
