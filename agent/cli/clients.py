"""Command: clients. What a mediator does for others: how much is held, for how many, and ending one."""

from argparse import Namespace
from collections.abc import Iterator

from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Client, Clients
from agent.cli.words import count, show, table, when


async def clients(options: Namespace) -> int:
    """List them, or end one."""
    async with reach(options) as talk:
        if options.action == "close":
            return show(options, await talk.post("clients", "close", client=options.client), Client, ended)
        return show(options, await talk.get("clients"), Clients, listed)


def listed(found: Clients) -> Iterator[str]:
    """Who they are, as far as that is known: letters."""
    if not found.mediates:
        yield "This agent takes no messages for others."
        yield "  To let it: freerange config set mediates true, and start it again"
    if not found.count:
        yield "It has no clients."
        return
    yield f"{count(found.count, 'client')}, {count(found.messages, 'message')} held ({size(found.bytes)})."
    yield ""
    rows = ((each.client, since(each), count(each.dids, "DID"), waits(each)) for each in found.clients)
    yield from table([("client", "since", "reached by", "held"), *rows])
    if found.count > len(found.clients):
        yield f"and {found.count - len(found.clients)} more, for whom less is held"


def since(client: Client) -> str:
    """Since when it is a client, or that it is none any more."""
    return "closed" if client.closed else when(client.since)


def waits(client: Client) -> str:
    """What is held for it."""
    if not client.messages:
        return "nothing"
    return f"{count(client.messages, 'message')} ({size(client.bytes)}), the oldest from {when(client.oldest)}"


def size(number: int) -> str:
    """Bytes, for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if number < 10 * 1024:
            return f"{number} {unit}"
        number //= 1024
    return f"{number} GiB"


def ended(client: Client) -> Iterator[str]:
    """What it means."""
    yield f"Nothing more is taken for {plain(client.client)}. Whoever writes to it is not told."
    if client.messages:
        yield f"  It may still fetch what is held: {waits(client)}. That goes in a week at the latest."


COMMANDS: dict[str, Command] = {"clients": clients}
