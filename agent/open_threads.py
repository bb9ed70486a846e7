"""How many threads of one protocol a peer may hold open with us at once (ST-26).

What is remembered is at most how many are open: what the peer began and did not end at once is added, what ended later
is noticed when it would be too many, by counting in the store; who is refused is not counted again for some seconds.
Protocols whose threads never end, chats above all, are not counted: nothing waits in them.
"""

from collections import Counter
from collections.abc import Sequence

from agent import conversation as conversations
from agent.agent import Agent
from agent.limits import OpenThreads
from protocols.machine import Protocol
from protocols.problems import TooManyOpen

MOST_OPEN = 200
MOST_REMEMBERED = 4096  # peers
COUNT_AGAIN_AFTER = 10  # seconds


def admit(agent: Agent, peer: str, tables: Sequence[Protocol]) -> None:
    """A peer begins one more thread of this protocol. Raises TooManyOpen. tables: those of the protocol."""
    if not any(table.final for table in tables):
        return
    counts, now = agent.limits.open_threads, agent.now()
    known = counts.pop(peer) if peer in counts else counted(agent, peer)
    if among(known.most, tables) >= MOST_OPEN and (known.added or not known.at <= now < known.at + COUNT_AGAIN_AFTER):
        known = counted(agent, peer)
    counts[peer] = known
    if len(counts) > MOST_REMEMBERED:
        del counts[next(iter(counts))]
    if among(known.most, tables) >= MOST_OPEN:
        raise TooManyOpen(str(MOST_OPEN), tables[0].id)


def opened(agent: Agent, peer: str, table: Protocol) -> None:
    """The peer was admitted, and its thread goes on."""
    known = agent.limits.open_threads.get(peer)
    if known is not None:
        known.most[table.id] += 1
        known.added += 1


def among(counts: Counter[str], tables: Sequence[Protocol]) -> int:
    """How many of these threads are of one of the tables."""
    return sum(counts[table.id] for table in tables)


def counted(agent: Agent, peer: str) -> OpenThreads:
    """What is open by the store."""
    rows = agent.store.threads(peer, only_open=True)
    return OpenThreads(agent.now(), Counter(conversations.read(row).thread.table for _, row in rows))
