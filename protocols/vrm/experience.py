"""Experience 1.0: what it was like, told to exactly the audience she picks. Source: vrm-protocols, section 5.9.

The person shares praise, a complaint, an idea, a regret, or why she left, with the org concerned, an intermediary, or
everybody. The org says that it has it, answers, and may commit to a remedy, which she takes or does not. She may take
it all back; then the org removes it from use. What she wrote is in the signature: an altered quotation is another text.
The words are those of schema.org/Review.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Protocol, Publish, Thread
from protocols.problems import InvalidMessage
from protocols.vrm.base import VRM
from protocols.vrm.experience_words import (
    Add,
    Decline,
    Reopen,
    Resolve,
    Respond,
    Retract,
    RetractReceipt,
    Settle,
    Share,
    ShareReceipt,
)


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    SHARED = "shared"
    RECEIVED = "received"
    RESOLVED = "resolved"
    SETTLED = "settled"
    RETRACTING = "retracting"
    RETRACTED = "retracted"
    DECLINED = "declined"


experience = Protocol(
    f"{VRM}/experience/1.0", Role, State.START, reliable=True,
    final=frozenset({State.DECLINED, State.SETTLED, State.RETRACTED}),
    binding=frozenset({State.RECEIVED, State.RESOLVED, State.SETTLED, State.RETRACTING, State.RETRACTED}),
    committed={State.SHARED: Role.PERSON},
)  # fmt: skip
TABLES = (experience,)


@experience.row(when=State.START, by=Role.PERSON, says=Share, then=State.SHARED)
def share(thread: Thread, message: Share) -> Effects:
    """The person tells one experience to this audience."""
    if message.rating and not 0 <= message.rating.value <= message.rating.best:
        raise InvalidMessage("share", "the rating is beyond its own scale - at `$.rating`")
    yield Publish("shared")
    yield Ask()


@experience.row(when=State.SHARED, by=Role.ORG, says=ShareReceipt, then=State.RECEIVED)
def receive(thread: Thread, message: ShareReceipt) -> None:
    """The org has it, unaltered."""


@experience.row(when=State.SHARED, by=Role.ORG, says=Decline, then=State.DECLINED)
def decline(thread: Thread, message: Decline) -> None:
    """The org does not take it, with reason."""


@experience.row(when=State.RECEIVED, by=Role.ORG, says=Respond, then=State.RECEIVED)
def respond(thread: Thread, message: Respond) -> None:
    """The org's reply; part of the thread for good."""


@experience.row(when=State.RECEIVED, by=Role.PERSON, says=Add, then=State.RECEIVED)
def add(thread: Thread, message: Add) -> None:
    """The person's answer to it."""


@experience.row(when=State.RECEIVED, by=Role.ORG, says=Resolve, then=State.RESOLVED)
def resolve(thread: Thread, message: Resolve) -> Effects:
    """The org commits to a remedy."""
    yield Ask()


@experience.row(when=State.RESOLVED, by=Role.PERSON, says=Settle, then=State.SETTLED)
def settle(thread: Thread, message: Settle) -> Effects:
    """The person takes the remedy."""
    yield Publish("settled")


@experience.row(when=State.RESOLVED, by=Role.PERSON, says=Reopen, then=State.RECEIVED)
def reopen(thread: Thread, message: Reopen) -> Effects:
    """The person does not."""
    yield Publish("reopened")


@experience.row(when=(State.RECEIVED, State.RESOLVED), by=Role.PERSON, says=Retract, then=State.RETRACTING)
def retract(thread: Thread, message: Retract) -> Effects:
    """Taken back."""
    yield Publish("retracted")
    yield Ask()


@experience.row(when=State.RETRACTING, by=Role.ORG, says=RetractReceipt, then=State.RETRACTED)
def remove(thread: Thread, message: RetractReceipt) -> None:
    """Removed from use, as far as the org controls it."""


@experience.row(when=State.RETRACTING, by=Role.ORG, says=Respond, then=None, crossed=True)
def respond_late(thread: Thread, message: Respond) -> None:
    """The org's reply was on its way when she took it back."""


@experience.row(when=State.RETRACTING, by=Role.ORG, says=Resolve, then=None, crossed=True)
def resolve_late(thread: Thread, message: Resolve) -> None:
    """The org's remedy was on its way when she took it back."""


@experience.row(when=State.RESOLVED, by=Role.PERSON, says=Add, then=None, crossed=True)
def add_late(thread: Thread, message: Add) -> None:
    """The person's answer was on its way when the org committed to a remedy."""
