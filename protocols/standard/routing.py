"""Routing 2.0: pass on what only the next one can open. Source: DIDComm Messaging v2.1, "Routing Protocol 2.0"."""

from enum import StrEnum

from protocols.machine import Attachment, Message, Protocol, Thread


class Role(StrEnum):
    SENDER = "sender"
    MEDIATOR = "mediator"


class State(StrEnum):
    START = "start"
    FORWARDED = "forwarded"


class Forward(Message, frozen=True):
    """next: DID or key id for whom the attachments are; each is an encrypted message, passed on unread."""

    next: str
    attachments: tuple[Attachment, ...]


routing = Protocol("https://didcomm.org/routing/2.0", Role, State.START, final=frozenset({State.FORWARDED}))
TABLES = (routing,)


@routing.row(when=State.START, by=Role.SENDER, says=Forward, then=State.FORWARDED)
def forward(thread: Thread, message: Forward) -> None:
    """The sender asks a mediator to pass this on; the agent does so, and keeps no thread."""
