"""What one process remembers of calls under way: questions that wait for an answer, and lines they travel on.

Nothing of it outlives the process, and nothing has to: whoever asked asks again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from weakref import WeakKeyDictionary

from protocols.machine import Message
from wallet.keys import PublicKey

Question: TypeAlias = tuple[str, str, str]
"""Our DID, theirs (both canonical), and the thread: who else knows a thread's id cannot answer in it."""

Ear: TypeAlias = Callable[[Message], None]


class Line(Protocol):
    """An open connection that takes packed messages."""

    closed: bool

    def send(self, packed: bytes) -> Awaitable[None]:
        """Hand one packed message over. Raises Unreachable."""


@dataclass(frozen=True)
class Address:
    """Both ends of a line: DIDs as they are spelled on it, and the keys it is sealed with."""

    ours: str
    our_kid: str
    theirs: str
    their_kid: str
    their_key: PublicKey


@dataclass
class Lines:
    """See the module.

    waiting: questions of ours. outgoing: our DID -> the line we opened for it. ears: our DID and theirs -> who takes
    what a mediator says unasked. addresses: of whoever is at the other end of a line that was opened to us.
    """

    waiting: dict[Question, asyncio.Future[Message]] = field(default_factory=dict)
    outgoing: dict[str, Line] = field(default_factory=dict)
    ears: dict[tuple[str, str], Ear] = field(default_factory=dict)
    addresses: WeakKeyDictionary[Line, Address] = field(default_factory=WeakKeyDictionary)
