"""Basic Message 2.0: one person writes to another. Source: didcomm.org/basicmessage/2.0.

A chat has no end and no turns; each side may write whenever it likes. The text is for people: it is shown as it is, and
never carried out, rendered as markup or followed as a link.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from protocols.machine import Message, Protocol, Thread

MOST_CHARACTERS = 16 * 1024
Text = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]


class Role(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"


class State(StrEnum):
    TALKING = "talking"


class BasicMessage(Message, frozen=True):
    name: ClassVar[str] = "message"
    content: Text


basic_message = Protocol("https://didcomm.org/basicmessage/2.0", Role, State.TALKING, final=frozenset())
TABLES = (basic_message,)


@basic_message.row(when=State.TALKING, by=Role.SENDER, says=BasicMessage, then=State.TALKING)
def write(thread: Thread, message: BasicMessage) -> None:
    """Who wrote first writes, once or often."""


@basic_message.row(when=State.TALKING, by=Role.RECEIVER, says=BasicMessage, then=State.TALKING)
def write_back(thread: Thread, message: BasicMessage) -> None:
    """The other writes back in the same thread."""
