"""What one process remembers of calls under way: questions that wait for an answer, and lines they travel on.

Nothing of it outlives the process, and nothing has to: whoever asked asks again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

from agent.ways import WayBack
from protocols.machine import Message, Protocol
from wallet.keys import PublicKey

Question: TypeAlias = tuple[str, str, str]
"""Our DID, theirs (both canonical), and the thread: who else knows a thread's id cannot answer in it."""

Ear: TypeAlias = Callable[[Message], None]


@dataclass(frozen=True)
class Address:
    """Both ends of a line: DIDs as they are spelled on it, and the keys it is sealed with."""

    ours: str
    our_kid: str
    theirs: str
    their_kid: str
    their_key: PublicKey


How: TypeAlias = Literal["line", "asking", "away"]


@dataclass(frozen=True)
class Reached:
    """How a mediator of ours is reached: over a line, by asking it now and then, or not. why: not, in words.

    since: Unix seconds.
    """

    how: How
    since: int
    why: str = ""


@dataclass
class Handing:
    """What is handed over unasked, by account. up_to: place of the newest that was, for those who are there. late: ids
    of messages whose time came after that. stirred: for whom something came since it was last looked for. tasks: which
    hand over now."""

    up_to: dict[str, int] = field(default_factory=dict)
    late: dict[str, list[str]] = field(default_factory=dict)
    stirred: set[str] = field(default_factory=set)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)


@dataclass
class Lines:
    """See the module.

    waiting: questions of ours. outgoing: our DID -> the line we opened for it. ears: our DID and theirs -> who takes
    what a mediator says unasked. addresses: of the peers that wait for answers on a line that was opened to us. live:
    the peers to whom we hand over unasked on such a line, and in which version of pickup. passed: how often the same
    was taken for the same recipient, by a digest. mediators: how each of ours is reached. changed: set when one was
    added, left or let go.
    """

    waiting: dict[Question, asyncio.Future[Message]] = field(default_factory=dict)
    outgoing: dict[str, WayBack] = field(default_factory=dict)
    ears: dict[tuple[str, str], Ear] = field(default_factory=dict)
    addresses: WeakKeyDictionary[WayBack, dict[str, Address]] = field(default_factory=WeakKeyDictionary)
    live: WeakKeyDictionary[WayBack, dict[str, Protocol]] = field(default_factory=WeakKeyDictionary)
    handing: Handing = field(default_factory=Handing)
    passed: dict[bytes, int] = field(default_factory=dict)
    mediators: dict[str, Reached] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
