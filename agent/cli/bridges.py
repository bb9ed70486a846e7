"""Commands: vendor, bridge, crm. What they do with the mini-CRM and with a new vendor is in files of their own."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from agent.cli import secrets
from agent.cli.exits import DONE, Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Fields
from agent.cli.words import count, pairs, show, table, when

WORDS = {
    "works": "it has heard everything",
    "waits": "it has not heard everything yet",
    "rests": "nobody is there, and it is tried again",
    "paused": "you paused it: freerange bridge resume",
    "gone": "it wants no more; to try again: freerange bridge resume",
}


class Standing(msgspec.Struct, frozen=True):
    """One bridge. Source: agent/bridges/operating.py."""

    bridge: str
    state: str
    waiting: int
    held_up: int
    given_up: int
    why: str
    next: str | None
    key: str


class Told(msgspec.Struct, frozen=True):
    """One event at one bridge. Source: agent/bridges/operating.py."""

    id: str
    type: str
    customer: str
    at: str
    became: str
    tries: int
    why: str
    next: str | None


async def bridge(options: Namespace) -> int:
    """See to bridges."""
    async with reach(options) as talk:
        match options.action:
            case None | "list":
                return show(options, await talk.get("bridges"), list[Standing], listed)
            case "log":
                return show(options, await talk.get("bridges", options.bridge, "log"), list[Told], logged)
            case "add":
                secret = key_of(options.secret_file) if options.secret_file else ""
                said = await talk.post("bridges", bridge=options.bridge, secret=secret, shared=options.shared)
                return show(options, said, Standing, added)
            case "replay":
                since = utc(options.since) if options.since else None
                said = await talk.post("bridges", "replay", bridge=options.bridge, since=since)
            case "remove":
                said = await talk.post("bridges", "remove", bridge=options.bridge)
                return show(options, said, Fields, lambda found: [f"{plain(found['removed'])} hears nothing more."])
            case "rotate":
                said = await talk.post("bridges", "rotate", bridge=options.bridge, shared=options.shared)
                return show(options, said, Standing, added)
            case other:
                said = await talk.post("bridges", other, bridge=options.bridge)
        return show(options, said, Standing, lambda found: listed([found]))


def key_of(file: str) -> str:
    """What is in a file that only its owner may read. Raises Stopped."""
    return secrets.as_passphrase(secrets.read_file(Path(file)))


def utc(typed: str) -> str:
    """A day or a time of this place's clock, as RFC 3339; what is none is left for the agent to refuse."""
    try:
        return datetime.fromisoformat(typed).astimezone().isoformat()
    except ValueError:
        return typed


def listed(found: list[Standing]) -> Iterator[str]:
    """All bridges, and how they stand."""
    if not found:
        yield "Nothing of yours hears what customers say. The small CRM that comes along: freerange bridge add minicrm"
    for each in found:
        yield f"{plain(each.bridge)}: {WORDS.get(each.state, plain(each.state))}"
        yield from pairs(details(each), size=9)


def details(each: Standing) -> Iterator[tuple[str, str]]:
    """What else there is to say of one."""
    if each.waiting:
        yield "waiting", count(each.waiting, "event")
    if each.held_up:
        yield "held up", f"the events of {count(each.held_up, 'customer')}; they are tried again"
    if each.given_up:
        again = f"when it is mended: freerange bridge replay {each.bridge}"
        yield "given up", f"the events of {count(each.given_up, 'customer')}; {again}"
    if each.why:
        yield "why", each.why
    if each.next:
        yield "next try", when(each.next)
    if each.key:
        yield "key", each.key


def added(each: Standing) -> Iterator[str]:
    """What a fresh bridge, or a fresh key, means."""
    yield f"{plain(each.bridge)} hears from now on what customers say, and what they said in the last week."
    if each.key.startswith("whpk_"):
        yield "Every event is signed (Standard Webhooks, v1a). The receiver checks it by this public key:"
        yield f"  {plain(each.key)}"
    elif each.key:
        yield "Every event is signed (Standard Webhooks, v1). The receiver checks it by this secret; tell nobody else:"
        yield f"  {plain(each.key)}"


def logged(found: list[Told]) -> Iterator[str]:
    """The newest events, newest first."""
    if not found:
        yield "Nothing has happened in the last week."
    rows = [("WHEN", "CUSTOMER", "EVENT", "BECAME", "WHY")]
    rows += [(when(each.at), each.customer, each.type, became(each), each.why) for each in found]
    yield from table(rows) if found else ()


def became(each: Told) -> str:
    """What became of it, and when it is tried again."""
    again = f", again {when(each.next)}" if each.next else ""
    return f"{each.became} ({each.tries} tries{again})" if each.tries else each.became


# -- what is in files of its own ----------------------------------------------------------------------------------


async def crm(options: Namespace) -> int:
    """Look into the mini-CRM."""
    from agent.cli import crm as looking

    return looking.crm(options)


async def vendor(options: Namespace) -> int:
    """Make an agent for an organisation."""
    from agent.cli import vendor as making

    await making.init(options)
    return DONE


COMMANDS: dict[str, Command] = {"bridge": bridge, "crm": crm, "vendor": vendor}
