"""What stands in an outgoing row of the store: a message in the clear, and how its delivery is going."""

import msgspec

from agent.relationship import Relationship

LEASE = 30  # seconds a row is left alone by others while somebody tries it; the clock looks as often at least
LIFETIME = 14 * 86400  # seconds until the transport gives a message up, unless it names an earlier end
RESEND_AFTER = (600, 3600, 6 * 3600)  # seconds; then daily, and weekly once a month has passed
DAY, MONTH = 86400, 30 * 86400
FOR_EVER = 2**53 - 1
MOST_WAITING = 1000  # messages for one peer, those given up included; then nothing more is said to it


class Parcel(msgspec.Struct, frozen=True):
    """One message on its way.

    plaintext: the DIDComm message as JSON, addressed and encrypted anew at every attempt, so that it goes between the
    DIDs that the two use by then. since: Unix seconds when it was said.
    reliable: resent until the peer acknowledges. tries: attempts since the last success; resends: successes so far.
    refusals: how many of the tries were answered with a no, and not only with nothing.
    why: what kept it back at the last attempt, in words.
    stranger: who it is for, if nothing else is kept of them. goodbye: the proof that our DID is given up, which goes
    without a sender (DIDComm v2.1, "Ending a Relationship").
    """

    plaintext: msgspec.Raw
    since: int
    reliable: bool = False
    tries: int = 0
    resends: int = 0
    refusals: int = 0
    why: str = ""
    stranger: Relationship | None = None
    goodbye: str = ""


_decoder = msgspec.json.Decoder(Parcel)


def read(record: bytes) -> Parcel:
    """The parcel in an outgoing row."""
    return _decoder.decode(record)


def try_read(record: bytes) -> Parcel:
    """The parcel in a row, or one that says nothing if it cannot be read."""
    try:
        return read(record)
    except msgspec.MsgspecError:
        return Parcel(msgspec.Raw(b"{}"), 0)


def write(parcel: Parcel) -> bytes:
    """The record of an outgoing row."""
    return msgspec.json.encode(parcel)


def resend_after(resends: int, age: int) -> int:
    """Seconds until an unacknowledged message is sent again. Source: vrm-protocols 3.6."""
    if resends < len(RESEND_AFTER):
        return RESEND_AFTER[resends]
    return DAY if age < MONTH else 7 * DAY
