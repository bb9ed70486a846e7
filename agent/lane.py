"""What is under way for one peer, one message after another."""

from collections import deque
from dataclasses import dataclass, field
from math import inf

from wallet.store.change import Outgoing


@dataclass(slots=True)
class Lane:
    """What is under way for one peer. fresh: just said; behind: what is due in the store goes before that. unsure: if
    something is held, which nobody has looked up yet. called: another worker has left something for us to say.
    elsewhere: which other worker has a line to this peer. looked: when that was looked up, and with it whether what is
    remembered of the peer holds, if nothing was said since (steady).

    wake: what is held in the store is due at that moment, and no later; Unix seconds. passed: threads of which
    something was left waiting while what is due is being tried; the rest of them waits too.
    """

    fresh: deque[Outgoing] = field(default_factory=deque)
    behind: bool = False
    unsure: bool = False
    called: bool = False
    elsewhere: int | None = None
    looked: float = -inf
    wake: int | None = None
    passed: set[str] = field(default_factory=set)
