"""Command: sign-in."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.words import short, show, when


class Link(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A link that opens her session."""

    with_: str
    page: str
    url: str
    until: str


class Asked(msgspec.Struct, frozen=True):
    """Somebody was asked."""

    thread: str
    of: str


class Inside(msgspec.Struct, frozen=True):
    """Whose session it is."""

    peer: str


async def sign_in(options: Namespace) -> int:
    """Whatever was asked."""
    async with reach(options) as talk:
        match options.action:
            case "ask":
                body = {"peer": options.peer, "origin": options.origin, "session": options.session}
                return show(options, await talk.post("sign-ins", **body), Asked, asked)
            case "redeem":
                body = {"code": options.code, "session": options.session}
                return show(options, await talk.post("sign-ins", "redeem", **body), Inside, inside)
        return show(options, await talk.get("sign-ins"), list[Link], listed)


def listed(found: list[Link]) -> Iterator[str]:
    """Links, as they are to be opened."""
    if not found:
        yield "Nothing to open. A page that asks who you are appears in: freerange questions"
    for each in found:
        yield f"{plain(each.with_)} lets you in at {plain(each.page)}, until {when(each.until)}."
        yield "Open this in the browser that asked, and nowhere else:"
        yield f"  {plain(each.url, 2048)}"


def asked(said: Asked) -> Iterator[str]:
    """She is asked."""
    yield f"{plain(said.of)} is asked, and has five minutes: freerange log {short(said.thread)}"


def inside(found: Inside) -> Iterator[str]:
    """Whose session it is."""
    yield f"This session is {plain(found.peer)}'s. The code is used up."


COMMANDS: dict[str, Command] = {"sign-in": sign_in}
