"""What a rule may ask of the agent. Nothing else can follow from a message.

A rule yields these; it performs nothing. Both peers run the same rule when a message is said and heard, so two of the
effects, `Ask` and `Reply`, are meant for the one who hears: the machine leaves them out for the one who speaks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from protocols.messages import Message


@dataclass(frozen=True, slots=True)
class Ask:
    """The hearer's standing policy, or else its owner, decides which row comes next."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The hearer says this next, in the same thread and the same change."""

    message: Message


@dataclass(frozen=True, slots=True)
class Keep:
    """Something to keep beyond the thread. kind: what it is, a word; value: the message that carries it."""

    kind: str
    value: Message


@dataclass(frozen=True, slots=True)
class Wake:
    """Look at this thread again at `at` (Unix seconds): by then we may stop waiting. Yielded by the machine."""

    at: int


@dataclass(frozen=True, slots=True)
class Bind:
    """Both sides are bound from here on. record: digest of the object that bound them. Yielded by the machine."""

    record: str


@dataclass(frozen=True, slots=True)
class Publish:
    """An org's own systems hear of this, whoever said it. event: a word, as in the specification's list for the family:
    `given` is the event `vrm.consent.given.v1`. A person's agent has no such systems and lets it be.
    """

    event: str


Effect: TypeAlias = Ask | Reply | Keep | Wake | Bind | Publish
Effects: TypeAlias = Iterable[Effect]
