"""Which threads are of which table: an item for each, so that a list of one kind of thread opens no other.

They are kept as threads begin. Those that began before there were such items are looked up once, when a list is first
asked for.
"""

from collections.abc import Iterable
from typing import Final

from agent import conversation as conversations
from agent.agent import Agent
from agent.conversation import Conversation
from protocols.machine import Protocol
from protocols.vrm.audit import challenge, dispute
from protocols.vrm.consent import consent
from protocols.vrm.data_rights import data_rights
from protocols.vrm.delegation import mandate
from protocols.vrm.experience import experience
from protocols.vrm.loyalty import statement
from protocols.vrm.things import service
from wallet.store.change import Change, Item

KIND, KNOWN = "thread-of", "threads-of-are-kept"
LISTED: Final = frozenset(
    {mandate.id, experience.id, statement.id, service.id, consent.id, data_rights.id, challenge.id, dispute.id}
)


def begun(peer: str, conversation: Conversation) -> tuple[Item, ...]:
    """What is kept of a thread that has just begun, if its kind is listed."""
    thread = conversation.thread
    listed = thread.table in LISTED
    return (Item(KIND, f"{peer} {thread.thid}", thread.thid.encode(), peer, thread.table),) if listed else ()


async def look_up(agent: Agent) -> None:
    """Keep an item for each thread that began before there were any; done once in the life of a wallet."""
    if all(agent.store.item(KNOWN, table) is not None for table in LISTED):
        return
    rows = ((peer, conversations.read(row)) for peer, row in agent.store.threads())
    found = [each for each in rows if each[1].thread.table in LISTED]
    found.sort(key=lambda each: each[1].thread.said[0].at if each[1].thread.said else 0)
    missing = (
        item
        for peer, conversation in found
        for item in begun(peer, conversation)
        if agent.store.item(KIND, item.id) is None
    )
    done = (Item(KNOWN, table, b"") for table in sorted(LISTED))
    await agent.store.apply(Change(peer="", keep=(*missing, *done)))


def count(agent: Agent, protocol: Protocol) -> int:
    """How many threads of a kind there are."""
    return agent.store.count_items(KIND, tag=protocol.id)


def newest(agent: Agent, protocol: Protocol, start: int, most: int) -> list[tuple[str, Conversation]]:
    """Some threads of a kind, each with its peer, the last begun first. start: how many are left out before them."""
    return opened(agent, agent.store.newest_items(KIND, start, most, tag=protocol.id))


def every(agent: Agent, protocol: Protocol) -> list[tuple[str, Conversation]]:
    """All threads of a kind, each with its peer, in the order in which they began."""
    return opened(agent, agent.store.items(KIND, tag=protocol.id))


def opened(agent: Agent, items: Iterable[Item]) -> list[tuple[str, Conversation]]:
    """The threads that items stand for."""
    found = ((each.peer, agent.conversation(each.peer, each.record.decode())[0]) for each in items)
    return [(peer, conversation) for peer, conversation in found if conversation is not None]
