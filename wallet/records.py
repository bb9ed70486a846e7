"""What an export says: one JSON object a line, of a documented kind, in words that any program can carry on from.

Names are in the clear here, keys are JWKs, messages are DIDComm plaintexts. `content` is what is kept of the thing, as
JSON; what is no JSON stands as `content_base64`. Times are Unix seconds; `peer` names a relationship by the first DID
of its other side, "" where there is none; bytes are in base64 (RFC 4648, section 4).
Source: docs/export-format.md, which shows every kind; docs/schemas/export.schema.json.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, TypedDict

import msgspec
from msgspec import UNSET, Raw, UnsetType


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """One line, whatever its kind."""


class Content(Line, frozen=True, kw_only=True):
    """A line with something inside. Exactly one of the two is there."""

    content: Raw | UnsetType = UNSET
    content_base64: bytes | UnsetType = UNSET


class Settings(Content, tag="settings", frozen=True, kw_only=True):
    """How the agent was set up."""


class BlindingKey(Line, tag="blinding-key", frozen=True, kw_only=True):
    """Three HMAC-SHA-256 keys; the first 16 bytes of each one's HMAC are what `heard` lines say.

    peer: blinds the relationship's name; message: the message's id in lower case; digest: SHA-256 of what it said.
    until: when the last mark made with them may be forgotten.
    """

    peer: bytes
    message: bytes
    digest: bytes
    until: int


class Heard(Line, tag="heard", frozen=True, kw_only=True):
    """The mark of one message that was heard, so that a repeat is known. All blind: see `blinding-key`."""

    peer: bytes
    message: bytes
    digest: bytes
    forget_at: int


class Relationship(Content, tag="relationship", frozen=True, kw_only=True):
    """One relationship. dids: every DID that speaks for the other side now."""

    peer: str
    dids: tuple[str, ...]


class Thread(Content, tag="thread", frozen=True, kw_only=True):
    """One conversation. open: something may still be said in it."""

    peer: str
    thread: str
    open: bool


class Message(Content, tag="message", frozen=True, kw_only=True):
    """One message of a thread's log. ours: we said it."""

    peer: str
    thread: str
    id: str
    ours: bool
    at: int


class SignedObject(Content, tag="signed-object", frozen=True, kw_only=True):
    """One signed object of a relationship's ledger. seq: its number in the chain of the side that signed it."""

    peer: str
    digest: str
    id: str
    ours: bool
    seq: int
    thread: str
    at: int


class Question(Content, tag="question", frozen=True, kw_only=True):
    """What waits for the owner."""

    peer: str
    id: str
    thread: str
    at: int


class Timer(Line, tag="timer", frozen=True, kw_only=True):
    """A moment at which a thread is looked at again."""

    peer: str
    thread: str
    name: str
    at: int


class Outgoing(Content, tag="outgoing", frozen=True, kw_only=True):
    """A message on its way out. due: when to try next; until: when to give up."""

    peer: str
    id: str
    thread: str
    due: int
    until: int


class DeadLetter(Content, tag="dead-letter", frozen=True, kw_only=True):
    """A message that was given up. at: when; until: how long it would have been tried."""

    peer: str
    id: str
    thread: str
    at: int
    until: int
    why: str


class Event(Content, tag="event", frozen=True, kw_only=True):
    """What an org's own systems are to hear. subject: what only they and the agent call the relationship."""

    id: str
    subject: str
    at: int


class Campaign(Content, tag="campaign", frozen=True, kw_only=True):
    """One act of the owner towards many. running: it goes on by itself; at: when it was begun."""

    id: str
    running: bool
    at: int


class Recipient(Content, tag="recipient", frozen=True, kw_only=True):
    """How far a campaign has come with one recipient. state: a word; at: when something is to be done about it;
    chosen: of all recipients, this one."""

    campaign: str
    thread: str
    state: str
    at: int | None = None
    chosen: bool = False


class MediationAccount(Line, tag="mediation-account", frozen=True, kw_only=True):
    """Somebody for whom this agent holds messages. closed: nothing new is held."""

    peer: str
    closed: bool
    since: int


class MediationRoute(Line, tag="mediation-route", frozen=True, kw_only=True):
    """A DID whose messages are held for an account. peer: the account's."""

    peer: str
    did: str


class HeldMessage(Line, tag="held-message", frozen=True, kw_only=True):
    """A message held for an account. recipient: as it was registered; sender: a DID that was proved, or "";
    packed: the envelope as it came. due, expires: when it may be handed out, and until when."""

    peer: str
    recipient: str
    packed: bytes
    sender: str = ""
    arrived: int
    due: int
    expires: int


class Quarantined(Line, tag="quarantined", frozen=True, kw_only=True):
    """A message that could not be taken, through a fault of the program. sender, id: "" if it failed before they were
    known; packed: the envelope as it came."""

    sender: str = ""
    id: str = ""
    packed: bytes
    why: str
    at: int


class Key(Line, tag="key", frozen=True, kw_only=True):
    """A private key. id: a DID URL; jwk: RFC 7517, with the private part. tag: the thread it was made for, if any."""

    id: str
    jwk: dict[str, str]
    peer: str = ""
    tag: str = ""


class Kept(Content, frozen=True, kw_only=True):
    """Something kept. tag: one value by which it may be found."""

    id: str
    peer: str = ""
    tag: str = ""


class Did(Kept, tag="did", frozen=True, kw_only=True):
    """A DID of ours that is published, with its document and domain proof."""


class Credential(Kept, tag="credential", frozen=True, kw_only=True):
    """A credential we hold."""


class Agreement(Kept, tag="agreement", frozen=True, kw_only=True):
    """A record that binds both sides. id: the Digest that both hold."""


class Invitation(Kept, tag="invitation", frozen=True, kw_only=True):
    """An invitation of ours that may still be answered."""


class Verdict(Kept, tag="verdict", frozen=True, kw_only=True):
    """What was found of a proof that somebody showed us."""


class Mediator(Kept, tag="mediator", frozen=True, kw_only=True):
    """A mediator of ours, current or former."""


class MediatedDid(Kept, tag="mediated-did", frozen=True, kw_only=True):
    """A DID of ours that is registered at a mediator."""


class Recovery(Kept, tag="recovery", frozen=True, kw_only=True):
    """Whom back-ups are encrypted to."""


class Item(Kept, tag="item", frozen=True, kw_only=True):
    """Anything else that was kept. of: its kind in the wallet it comes from."""

    of: str


KEPT: Final[Mapping[str, type[Kept]]] = MappingProxyType(
    {
        "did": Did,
        "credential": Credential,
        "record": Agreement,
        "invitation": Invitation,
        "verdict": Verdict,
        "mediator": Mediator,
        "recipient": MediatedDid,
        "recovery": Recovery,
    }
)
"""The kinds under which the wallet keeps things, and what they are called outside; all others are an `item`."""

Record: TypeAlias = (
    Settings
    | BlindingKey
    | Heard
    | Relationship
    | Thread
    | Message
    | SignedObject
    | Question
    | Timer
    | Outgoing
    | DeadLetter
    | Event
    | Campaign
    | Recipient
    | MediationAccount
    | MediationRoute
    | HeldMessage
    | Quarantined
    | Key
    | Did
    | Credential
    | Agreement
    | Invitation
    | Verdict
    | Mediator
    | MediatedDid
    | Recovery
    | Item
)


class Carried(TypedDict, total=False):
    """The content of a line, by the name of its field."""

    content: Raw
    content_base64: bytes


def carried(record: bytes) -> Carried:
    """What the wallet keeps, as the `content` of a line: JSON as it is, on one line, and anything else in base64."""
    try:
        record.decode()
        whole = msgspec.json.decode(record, type=Raw)
        if b"\n" in record or b"\r" in record:
            whole = Raw(msgspec.json.encode(msgspec.json.decode(record)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"content_base64": record}
    return {"content": whole}


def kept_of(line: Content) -> bytes:
    """What the wallet keeps of a line. Raises ValueError if it says nothing, or two things."""
    content, other = line.content, line.content_base64
    if isinstance(content, Raw) and other is UNSET:
        return bytes(content)
    if isinstance(other, bytes) and content is UNSET:
        return other
    raise ValueError(f"a {type(line).__name__} has content, or content_base64, and not both")
