"""Command: look."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import NO_ANSWER, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Begun
from agent.cli.waiting import over
from agent.cli.words import quoted, show, table


class Accepted(msgspec.Struct, frozen=True):
    """An agreement that is accepted there. title: None if no roster of ours has its text."""

    id: str
    version: str
    digest: str
    title: str | None


class Found(msgspec.Struct, frozen=True):
    """What is known of an organisation's agent. accepts: None until it has said so."""

    did: str
    domain: str
    name: str
    endpoint: str
    met: bool
    accepts: tuple[Accepted, ...] | None


async def look(options: Namespace) -> int:
    """Find an agent; with --meet, say hello, and see what it accepts."""
    async with reach(options, listen=options.meet and not options.no_wait) as talk:
        said = await talk.post("look", named=options.place)
        if options.meet and not msgspec.json.decode(said, type=Found).met:
            begun = msgspec.json.decode(await talk.post("look", "greet", named=options.place), type=Begun)
            if (
                not options.no_wait
                and await over(talk, begun.thread or "", seconds=options.timeout, waiting_for="its welcome") is None
            ):
                raise Stopped(
                    "It has not answered yet.", f"Look again later: freerange look {quoted(options.place)}", NO_ANSWER
                )
            said = await talk.post("look", named=options.place)
    return show(options, said, Found, lambda found: seen(found, options.place))


def seen(found: Found, place: str) -> Iterator[str]:
    """What was found."""
    name = plain(found.name) or "An organisation"
    yield f"{name} has an agent{f', and proved the domain {plain(found.domain)}' if found.domain else ''}."
    yield f"  it is reached at {plain(found.endpoint)}"
    if found.accepts is None:
        yield f"What it accepts it says in its welcome. To meet it: freerange look {quoted(place)} --meet"
        return
    yield "It accepts these agreements:" if found.accepts else "It names no agreement that it accepts."
    yield from table(
        [(plain(each.id), plain(each.title or "a text that is on no roster of yours")) for each in found.accepts], "  "
    )
    if found.met:
        yield f"To proffer your terms: freerange terms proffer {quoted(found.name)}"


COMMANDS: dict[str, Command] = {"look": look}
