"""Command: api. The API for an org's own systems: its keys, and its document."""

import json
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.words import quoted, show, table, when

OFF = ("The API is off. To turn it on: freerange config set integrations 127.0.0.1:8082, and start the agent again",)


class Key(msgspec.Struct, frozen=True):
    """A key, without what opens with it."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made: str


class Fresh(Key, frozen=True):
    """A key as it is made. key: what the system must send."""

    key: str
    address: str | None


class Keys(msgspec.Struct, frozen=True):
    """All keys. address: where they are used; None: nowhere, for now."""

    address: str | None
    keys: tuple[Key, ...]


async def api(options: Namespace) -> int:
    """Print the document, or see to keys."""
    if options.action != "key":
        from agent.rest.desk import CALLS
        from agent.rest.document import document

        print(json.dumps(document(CALLS), indent=1, ensure_ascii=False))
        return 0
    async with reach(options) as talk:
        if options.doing == "add":
            said = await talk.post("integrations", name=options.name, scopes=options.scope)
            return show(options, said, Fresh, made)
        if options.doing == "revoke":
            return show(options, await talk.post("integrations", "revoke", name=options.name), Key, revoked)
        return show(options, await talk.get("integrations"), Keys, listed)


def made(key: Fresh) -> Iterator[str]:
    """The one time that a key is shown."""
    yield f"Key {quoted(key.name)} may: {', '.join(key.scopes)}. It is shown this once:"
    yield ""
    yield f"  {plain(key.key)}"
    yield ""
    if key.address:
        yield f"Send it as `Authorization: Bearer KEY` to http://{plain(key.address)}/v1/"
    else:
        yield from OFF


def revoked(key: Key) -> Iterator[str]:
    """What it means."""
    yield f"Key {quoted(key.name)} is taken back: nothing is answered to it any more."


def listed(found: Keys) -> Iterator[str]:
    """Which there are."""
    if not found.address:
        yield from OFF
    if not found.keys:
        yield "There are no keys. To make one: freerange api key add NAME"
        return
    yield from table(
        [("KEY", "MADE", "MAY"), *((each.name, when(each.made), ", ".join(each.scopes)) for each in found.keys)]
    )


COMMANDS: dict[str, Command] = {"api": api}
