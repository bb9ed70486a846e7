"""A thread: what one side remembers of a conversation."""

from typing import TypeVar

import msgspec

from protocols.messages import Message, label
from protocols.problems import Misuse

M = TypeVar("M", bound=Message)


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as the thread remembers it. body: its fields, attachments included; at: Unix seconds."""

    by: str
    name: str
    body: msgspec.Raw
    id: str
    at: int
    digest: str | None = None


class Thread(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side's view of a conversation."""

    table: str
    thid: str
    role: str
    """Ours."""
    state: str
    pthid: str | None = None
    said: tuple[Said, ...] = ()
    """The latest message of each kind and side, oldest first."""
    entered: str = ""
    """Id of the message by which the present state was reached; empty if no message did."""
    record: str | None = None
    """Digest of the signed object that bound both sides."""

    def latest(self, kind: type[M]) -> M:
        """The latest message of this kind, whoever said it. Raises Misuse if there is none."""
        for entry in reversed(self.said):
            if entry.name == label(kind):
                message: M = msgspec.json.decode(entry.body, type=kind)
                return message
        raise Misuse(f"nobody has said {label(kind)} in thread {self.thid} yet")


def encode_thread(thread: Thread) -> bytes:
    """A thread as JSON, for the store."""
    return msgspec.json.encode(thread)


def decode_thread(raw: bytes) -> Thread:
    """A thread from the store."""
    return msgspec.json.decode(raw, type=Thread)
