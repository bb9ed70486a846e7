"""Empty 1.0: a message that says nothing, to carry headers such as `ack`.

Source: DIDComm Messaging v2.1, "The Empty Message".
"""

from enum import StrEnum

from protocols.machine import Message, Protocol, Thread


class Role(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"


class State(StrEnum):
    START = "start"
    DONE = "done"


class Empty(Message, frozen=True): ...


empty = Protocol("https://didcomm.org/empty/1.0", Role, State.START, final=frozenset({State.DONE}))
TABLES = (empty,)


@empty.row(when=State.START, by=Role.SENDER, says=Empty, then=State.DONE)
def nothing(thread: Thread, message: Empty) -> None:
    """The sender has only headers to send; the agent reads them, whatever the thread."""
