"""Message Pickup 3.0 and 4.0: a recipient fetches what a mediator holds for it.

Each exchange is a question and its answer, and keeps no thread; a delivery may also come unasked, in live mode. What is
delivered stays held until it is acknowledged, in live mode too: 4.0 says so, and of 3.0, which leaves it open, we read
the same. Beside that 4.0 renames the limit, counts time in milliseconds, answers with an empty delivery where 3.0 has a
status, and answers `messages-received` with nothing. Source: didcomm.org/messagepickup/3.0 and /message-pickup/4.0.
"""

from enum import StrEnum
from typing import ClassVar

from protocols.machine import Attachment, Message, Problem, Protocol, Thread


class Role(StrEnum):
    RECIPIENT = "recipient"
    MEDIATOR = "mediator"


class State(StrEnum):
    START = "start"
    ASKED = "asked"
    FETCHING = "fetching"
    ANSWERED = "answered"
    DELIVERED = "delivered"


class StatusRequest(Message, frozen=True):
    recipient_did: str | None = None


class Status(Message, frozen=True, kw_only=True):
    """Times: Unix seconds. longest_waited_seconds: of the message that has waited longest."""

    recipient_did: str | None = None
    message_count: int
    longest_waited_seconds: int | None = None
    newest_received_time: int | None = None
    oldest_received_time: int | None = None
    total_bytes: int | None = None
    live_delivery: bool | None = None


class Status4(Message, frozen=True, kw_only=True):
    """Times: Unix milliseconds."""

    name: ClassVar[str] = "status"
    recipient_did: str | None = None
    message_count: int
    newest_received_time: int | None = None
    oldest_received_time: int | None = None
    total_bytes: int | None = None
    live_delivery: bool | None = None


class DeliveryRequest(Message, frozen=True):
    limit: int
    recipient_did: str | None = None


class DeliveryRequest4(Message, frozen=True):
    name: ClassVar[str] = "delivery-request"
    message_count_limit: int
    recipient_did: str | None = None


class Delivery(Message, frozen=True):
    """attachments: encrypted messages as base64, each with the id by which it is acknowledged."""

    recipient_did: str | None = None
    attachments: tuple[Attachment, ...] = ()


class MessagesReceived(Message, frozen=True):
    message_id_list: tuple[str, ...]


class LiveDeliveryChange(Message, frozen=True):
    live_delivery: bool


class LiveModeNotSupported(Problem):
    code = "e.m.live-mode-not-supported"
    comment = "This connection does not support live delivery."


pickup = Protocol(
    "https://didcomm.org/messagepickup/3.0", Role, State.START, final=frozenset({State.ANSWERED, State.DELIVERED})
)
pickup_4 = Protocol(
    "https://didcomm.org/message-pickup/4.0", Role, State.START, final=frozenset({State.ANSWERED, State.DELIVERED})
)
TABLES = (pickup, pickup_4)


@pickup_4.row(when=State.START, by=Role.RECIPIENT, says=StatusRequest, then=State.ASKED)
@pickup.row(when=State.START, by=Role.RECIPIENT, says=StatusRequest, then=State.ASKED)
def ask_status(thread: Thread, message: StatusRequest) -> None:
    """The recipient asks how much is held for it, or for one of its DIDs."""


@pickup_4.row(when=State.START, by=Role.RECIPIENT, says=LiveDeliveryChange, then=State.ASKED)
@pickup.row(when=State.START, by=Role.RECIPIENT, says=LiveDeliveryChange, then=State.ASKED)
def change_live_delivery(thread: Thread, message: LiveDeliveryChange) -> None:
    """The recipient wants what arrives at once over this connection, or no longer."""


@pickup.row(when=State.START, by=Role.RECIPIENT, says=MessagesReceived, then=State.ASKED)
def received(thread: Thread, message: MessagesReceived) -> None:
    """The recipient has these; the mediator stops holding them."""


@pickup_4.row(when=State.START, by=Role.RECIPIENT, says=MessagesReceived, then=State.ANSWERED)
def received_4(thread: Thread, message: MessagesReceived) -> None:
    """The recipient has these; the mediator stops holding them, and says nothing."""


@pickup.row(when=State.ASKED, by=Role.MEDIATOR, says=Status, then=State.ANSWERED)
def status(thread: Thread, message: Status) -> None:
    """The mediator says how much it holds."""


@pickup_4.row(when=State.ASKED, by=Role.MEDIATOR, says=Status4, then=State.ANSWERED)
def status_4(thread: Thread, message: Status4) -> None:
    """The mediator says how much it holds."""


@pickup.row(when=State.START, by=Role.RECIPIENT, says=DeliveryRequest, then=State.FETCHING)
def fetch(thread: Thread, message: DeliveryRequest) -> None:
    """The recipient asks for so many messages."""


@pickup_4.row(when=State.START, by=Role.RECIPIENT, says=DeliveryRequest4, then=State.FETCHING)
def fetch_4(thread: Thread, message: DeliveryRequest4) -> None:
    """The recipient asks for so many messages."""


@pickup.row(when=State.FETCHING, by=Role.MEDIATOR, says=Status, then=State.ANSWERED)
def nothing_held(thread: Thread, message: Status) -> None:
    """There is nothing to deliver."""


@pickup_4.row(when=(State.START, State.FETCHING), by=Role.MEDIATOR, says=Delivery, then=State.DELIVERED)
@pickup.row(when=(State.START, State.FETCHING), by=Role.MEDIATOR, says=Delivery, then=State.DELIVERED)
def deliver(thread: Thread, message: Delivery) -> None:
    """The mediator hands over the oldest it holds, or in live mode what has just come."""
