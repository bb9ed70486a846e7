"""Commands: threads, say, log."""

import re
from argparse import Namespace
from collections.abc import Iterator
from typing import Final

import msgspec

from agent.cli.content import content
from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.fields import fields
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun, Fields, Line, Log, Thread
from agent.cli.words import pairs, short, show, table, when

WRITE: Final = "https://didcomm.org/basicmessage/2.0/message"


# -- what is going on ---------------------------------------------------------------------------------------------


async def threads(options: Namespace) -> int:
    """All threads, or those that are not over."""
    async with reach(options) as talk:
        said = await talk.get("threads")
    return show(options, said, list[Thread], lambda found: listed(found, everything=options.all))


def listed(found: list[Thread], *, everything: bool) -> Iterator[str]:
    """Threads, a line each."""
    chosen = [each for each in found if everything or not each.over]
    if chosen:
        rows = [("THREAD", "WITH", "ABOUT", "STATE", "LAST", "YOU CAN SAY")]
        rows += [
            (short(each.thread), each.with_, each.about, each.state, when(each.last), ", ".join(each.can_say) or "-")
            for each in chosen
        ]
        yield from table(rows)
    over = len(found) - len(chosen)
    if over:
        yield f"{over} more {'is' if over == 1 else 'are'} over: freerange threads --all"
    if not found:
        yield "Nothing has been said yet."


async def log(options: Namespace) -> int:
    """What was said in one thread."""
    async with reach(options) as talk:
        said = await talk.get("threads", options.thread, "log")
    return show(options, said, Log, lambda found: transcript(found, whole=options.whole))


def transcript(log: Log, *, whole: bool = False) -> Iterator[str]:
    """A thread as a conversation: who, what, and the content in words."""
    yield f"{plain(log.about)} with {plain(log.with_)}, thread {plain(log.thread)}"
    for line in log.log:
        speaker = "you" if line.ours else plain(line.by)
        yield f"{when(line.at)}  {speaker}: {plain(line.says)}"
        if whole:
            yield from ("    " + plain(each, 4000) for each in msgspec.json.format(encoded(line)).decode().splitlines())
        else:
            yield from pairs(content(line), indent="    ", size=12)
        if line.refused:
            yield f"    This was not taken: {plain(line.refused)}"
    state = "over" if log.over else "open"
    record = f"; both sides hold record {plain(log.record)}" if log.record else ""
    yield f"It is {state}, as {plain(log.state)}{record}."
    if log.can_say:
        yield f"You can say: {', '.join(plain(each) for each in log.can_say)}"


def encoded(line: Line) -> bytes:
    """A message as JSON."""
    return msgspec.json.encode(line.message)


# -- saying something ---------------------------------------------------------------------------------------------


async def say(options: Namespace) -> int:
    """Write to somebody, begin a thread, or say the next thing in one."""
    body = fields(options.field)
    async with reach(options) as talk:
        said = await spoken_in(talk, options, body)
    return show(options, said, Begun, lambda begun: [done(begun)])


async def spoken_in(talk: Talk, options: Namespace, body: Fields) -> bytes:
    """What came of saying it. Raises Stopped."""
    if options.message is None:
        if options.text is None or body:
            raise Stopped("there is nothing to say", "Give a text, or --message NAME: freerange say --help", MISUSED)
        return await talk.post("threads", peer=options.to, type=WRITE, body={"content": options.text})
    if options.text is not None:
        body["content"] = options.text
    if "://" in options.message:
        return await talk.post("threads", peer=options.to, type=options.message, body=body)
    if not re.fullmatch(r"[0-9A-Za-z._:-]{1,64}", options.to):
        raise Stopped(
            f"{plain(options.to)} is not the id of a thread, and {plain(options.message)} begins none",
            "freerange threads lists threads and what you can say in them",
            MISUSED,
        )
    return await talk.post("threads", options.to, "say", message=options.message, body=body)


def done(begun: Begun) -> str:
    """What came of it, in a line."""
    state = f"; the thread is now {plain(begun.state)}" if begun.state else ""
    return f"Said{state}. See: freerange log {short(begun.thread)}"


COMMANDS: dict[str, Command] = {"threads": threads, "say": say, "log": log}
