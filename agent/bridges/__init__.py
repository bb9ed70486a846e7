"""Bridges: how this org's own systems hear what is said, and how what they do comes back.

A bridge is one file with one class of this shape. It knows nothing of DIDs, threads or envelopes: events go out
(`agent/events.py`), and what comes back says one message in one thread, or that a deletion is done. The dispatcher
(`dispatch.py`) sees to the rest: at least once, in order for each subject, retries, a durable place to go on from.
Source: vrm-protocols, section 6.

A bridge is named by its setting: `minicrm`, `tryton:http://127.0.0.1:8000/shop`, or a URL, which is a webhook. What it
needs to log in is kept sealed in the wallet, not in the settings (`agent/bridges/state.py`, `secret`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from agent.events import CloudEvent

__all__ = ["Bridge", "CloudEvent", "Completion", "Gone", "Inbound", "Kept", "Saying", "Undelivered", "Unreachable"]


class Undelivered(Exception):
    """The other system did not take this event: it is tried again later, and its subject's later events wait for it.

    The words go to the operator; they must not quote what the event says.
    """


class Unreachable(Undelivered):
    """Nobody is there at all, or it would take nothing now: everything waits, and no event is to blame."""


class Gone(Undelivered):
    """The other system wants no more, for good (HTTP 410): the bridge is switched off until the operator says so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that a system does not delete. why: `legal-duty`, `claim` or `other`; until: a Date."""

    ptr: str
    why: str
    until: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A system has deleted what an event `vrm.label.delete.v1` named; ptrs as there.

    key: names this inbound at its bridge, once and for good. deletion: the id in the event.
    """

    key: str
    deletion: str
    deleted: tuple[str, ...]
    kept: tuple[Kept, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody acts in the system: says one message, by its table.

    thread: the one it answers, as `vrmthread` in an event named it; or "" to begin one, of `family` (`relationship`),
    with the relationship `subject`. message: its name, `receipt`; body: its fields.
    """

    key: str
    subject: str
    message: str
    body: dict[str, object] = field(default_factory=dict)
    thread: str = ""
    family: str = ""


Inbound: TypeAlias = Completion | Saying


class Bridge(Protocol):
    """See the module. poll_every: seconds between two looks at what comes back; 0: nothing ever does."""

    poll_every: float

    async def deliver(self, event: CloudEvent) -> None:
        """Hand an event over; it is taken once this returns. The same one may come again, with the same id: then
        nothing more happens. Raises Undelivered, Unreachable or Gone, or OSError, which counts as Unreachable.
        """

    async def poll(self) -> Sequence[Inbound]:
        """What has been done there and not been settled, oldest first, a bounded number. The same may come again."""

    async def settle(self, key: str, refused: str = "") -> None:
        """That inbound has been carried out and need not come again; or it cannot be, and why, in words."""

    async def close(self) -> None:
        """Let go of connections and files."""
