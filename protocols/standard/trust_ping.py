"""Trust Ping 2.0: is anybody there? Source: DIDComm Messaging v2.1, "Trust Ping"."""

from enum import StrEnum

from protocols.machine import Effects, Message, Protocol, Reply, Thread


class Role(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"


class State(StrEnum):
    START = "start"
    AWAITING = "awaiting-response"
    DONE = "done"


class Ping(Message, frozen=True):
    response_requested: bool = True


class PingResponse(Message, frozen=True): ...


trust_ping = Protocol("https://didcomm.org/trust-ping/2.0", Role, State.START, final=frozenset({State.DONE}))
TABLES = (trust_ping,)


def wants_response(message: Ping) -> bool:
    return message.response_requested


@trust_ping.row(when=State.START, by=Role.SENDER, says=Ping, only=wants_response, then=State.AWAITING)
def ping(thread: Thread, message: Ping) -> Effects:
    """The sender knocks and waits."""
    yield Reply(PingResponse())


@trust_ping.row(when=State.START, by=Role.SENDER, says=Ping, then=State.DONE)
def ping_without_response(thread: Thread, message: Ping) -> None:
    """The sender knocks, and wants no answer."""


@trust_ping.row(when=State.AWAITING, by=Role.RECEIVER, says=PingResponse, then=State.DONE)
def response(thread: Thread, message: PingResponse) -> None:
    """The receiver is there."""
