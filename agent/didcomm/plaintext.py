"""The message inside all envelopes. Source: DIDComm Messaging v2.1, "Plaintext Messages"; its extension "advanced
sequencing"; vrm-protocols 3.3 for the headers `terms` and `mandate`.
"""

import hashlib
import json
import re
from functools import lru_cache
from math import isinf
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec

from agent.didcomm import attachments
from agent.didcomm.attachments import Attachment
from agent.errors import Dropped
from wallet import strict_json
from wallet.errors import Malformed

if TYPE_CHECKING:
    from wallet.strict_json import Json, JsonObject
else:  # msgspec knows no recursive types; what is inside has passed the strict gate
    JsonObject = dict

MEDIA_TYPE = "application/didcomm-plain+json"
INVALID = "e.m.msg.invalid"
UNSUPPORTED_TYPE = "e.m.msg.unsupported-type"

MOST_RECIPIENTS = 100
MOST_ACKNOWLEDGED = 1000
MOST_DEPTH_TOLD = 256  # brackets in one another beyond which nobody is told, for nobody reads that far
MOST_TYPE_CHARACTERS = 512
MOST_REMEMBERED = 256  # characters of a DID

_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_DID = re.compile(r"did:[a-z0-9]+:[^\s#\x00-\x20]+")
_TYPE = re.compile(
    r"(?!.*\.\.)[A-Za-z][A-Za-z0-9+.-]*:[!-~]*[?/&:;=]"  # the protocol's home, a URI
    r"[A-Za-z][A-Za-z0-9._-]*/\d+(?:\.\d+){1,2}/[A-Za-z][A-Za-z0-9._-]*"
)
_PLACE = re.compile(r"at `(\$[^`]*)`")
_BEFORE_ADDRESSES = re.compile(rb'\{"typ":"[^"\\]*","id":"[^"\\]*","type":"[^"\\]*"(?!,"(?:from|to)")')

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class BadPlaintext(Dropped):
    """A message that was opened and cannot be read. Whoever does not know more drops it, as its base class says.

    code: for a problem report. path: JSON path of the fault. sender: the DID proven to have sent it, None if none is
    proven; only then may a report go out. recipient_kid: our key it was for. id, thid: of the message, where they are
    fit to be quoted.
    """

    def __init__(
        self,
        code: str,
        path: str,
        *,
        sender: str | None = None,
        recipient_kid: str | None = None,
        claims: "JsonObject | None" = None,
    ) -> None:
        super().__init__("plaintext")
        self.code = code
        self.path = path
        self.sender = sender
        self.recipient_kid = recipient_kid
        self.claims = claims or {}
        self.id = _quotable(self.claims.get("id"))
        self.thid = _quotable(self.claims.get("thid")) or self.id


class ReceivedOrder(msgspec.Struct, frozen=True):
    """How far a party's messages have come: the highest `sender_order` seen, and those below it that are missing."""

    id: str
    last: Count
    gaps: tuple[Count, ...] = ()


class Plaintext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="typ", tag=MEDIA_TYPE):
    """A message and its headers, under their names on the wire (but for `from_`).

    created_time, expires_time: Unix seconds; nothing here compares them with a clock. to: None if the header is absent.
    """

    id: str
    type: str
    from_: str | None = msgspec.field(name="from", default=None)
    to: tuple[str, ...] | None = None
    thid: str | None = None
    pthid: str | None = None
    created_time: Count | None = None
    expires_time: Count | None = None
    from_prior: str | None = None
    return_route: str | None = None
    return_route_thread: str | None = None
    delay_milli: int | None = None
    lang: str | None = None
    accept_lang: tuple[str, ...] = msgspec.field(name="accept-lang", default=())
    please_ack: tuple[str, ...] = ()
    ack: tuple[str, ...] = ()
    sender_order: Count | None = None
    sent_count: Count = 1
    received_orders: tuple[ReceivedOrder, ...] = ()
    terms: JsonObject | None = None
    mandate: str | None = None
    attachments: tuple[Attachment, ...] = ()
    body: JsonObject

    @property
    def thread(self) -> str:
        """The thread this message belongs to: a first message names its thread by its own id."""
        return self.thid or self.id


_usual_form = msgspec.json.Decoder(Plaintext)


def read(raw: bytes) -> Plaintext:
    """The message in a JSON text. Raises Dropped if it is not JSON of one meaning, BadPlaintext for everything else."""
    return read_usual(raw) or from_json(parse(raw))


def read_usual(raw: bytes) -> Plaintext | None:
    """The message in a text that is spelled, byte for byte, as `write` would spell it; None for any other.

    Such a text cannot mean two things, so it need not pass the gate.
    """
    if not strict_json.is_plain(raw):
        return None
    try:
        message = _usual_form.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return message if write(message) == raw and _fault(message) is None else None


def parse(raw: bytes) -> JsonObject:
    """The object in a decrypted or signed text. Raises Dropped or, if only its numbers or characters are at fault and
    the sender may thus be told, BadPlaintext.
    """
    try:
        return strict_json.parse_object(raw)
    except Malformed:
        claims = _claims(raw)
    if claims is None:
        raise Dropped("json")
    raise BadPlaintext(INVALID, "$", claims=claims)


def from_json(claims: JsonObject) -> Plaintext:
    """The message in an object that passed the strict gate. Unknown headers are ignored. Raises BadPlaintext."""
    typ = claims.get("typ", MEDIA_TYPE)
    if typ in (MEDIA_TYPE, MEDIA_TYPE.removeprefix("application/")):
        claims = {"body": {}, **claims, "typ": MEDIA_TYPE}
    try:
        message = msgspec.convert(claims, Plaintext)
    except msgspec.ValidationError as fault:
        place = _PLACE.search(str(fault))
        raise BadPlaintext(INVALID, place.group(1) if place else "$", claims=claims) from None
    if path := _fault(message):
        raise BadPlaintext(UNSUPPORTED_TYPE if path == "$.type" else INVALID, path, claims=claims)
    return message


def write(plaintext: Plaintext) -> bytes:
    """The message as JSON, absent headers left out; `typ` and `body` always stand, since old readers demand them."""
    return msgspec.json.encode(plaintext)


def resent(raw: bytes, sent_count: int) -> bytes:
    """A message of ours, as `write` left it, to be sent for the `sent_count`-th time; nothing else changes."""
    return write(msgspec.structs.replace(msgspec.json.decode(raw, type=Plaintext), sent_count=sent_count))


def addressed(
    raw: bytes, *, from_: str | None, to: str, from_prior: str | None = None, return_route: str | None = None
) -> bytes:
    """A message of ours, as `write` left it, between these two DIDs; nothing else changes.

    In the usual case its addresses are put where `write` would have put them, without reading what it says.
    """
    head = _BEFORE_ADDRESSES.match(raw)
    if head is not None and from_ is not None and from_prior is None and return_route is None:
        ends = b',"from":%b,"to":[%b]' % (msgspec.json.encode(from_), msgspec.json.encode(to))
        return raw[: head.end()] + ends + raw[head.end() :]
    message = msgspec.json.decode(raw, type=Plaintext)
    route = return_route or message.return_route
    return write(msgspec.structs.replace(message, from_=from_, to=(to,), from_prior=from_prior, return_route=route))


def fingerprint(message: Plaintext) -> bytes:
    """SHA-256 of what a message says: however often and between whichever DIDs of the two sides it was sent, and in
    whatever order its members stood."""
    said = msgspec.structs.replace(
        message, sent_count=1, from_=None, to=None, from_prior=None, return_route=None, return_route_thread=None
    )
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def former_fingerprint(message: Plaintext) -> bytes:
    """What marked a message as heard before version 0.2: its addresses were part of what it said."""
    said = msgspec.structs.replace(message, sent_count=1)
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def _fault(message: Plaintext) -> str | None:
    if not _ID.fullmatch(message.id):
        return "$.id"
    if len(message.type) > MOST_TYPE_CHARACTERS or not _is_type(message.type):
        return "$.type"
    if message.thid is not None and not _ID.fullmatch(message.thid):
        return "$.thid"
    if message.pthid is not None and not _ID.fullmatch(message.pthid):
        return "$.pthid"
    if message.from_ is not None and not _is_did(message.from_):
        return "$.from"
    to = message.to or ()
    if len(to) > MOST_RECIPIENTS or not all(map(_is_did, to)):
        return "$.to"
    if len(message.ack) > MOST_ACKNOWLEDGED:
        return "$.ack"
    return attachments.fault(message.attachments) if message.attachments else None


@lru_cache(maxsize=256)  # the same few come again and again
def _is_type(text: str) -> bool:
    return _TYPE.fullmatch(text) is not None


def _is_did(text: str) -> bool:
    """Whether this is a DID. What is longer than most is not remembered: it takes as much room as a stranger likes."""
    return _is_short_did(text) if len(text) <= MOST_REMEMBERED else _DID.fullmatch(text) is not None


@lru_cache(maxsize=256)
def _is_short_did(text: str) -> bool:
    return _DID.fullmatch(text) is not None


def _claims(raw: bytes) -> JsonObject | None:
    """The object whose structure is in order though a number or a character in it is not; numbers are left as texts."""
    try:
        text = raw.decode()
        strict_json.require_shallow(text, MOST_DEPTH_TOLD)
        found = json.loads(
            text, object_pairs_hook=_unique, parse_int=str, parse_float=_finite, parse_constant=_no_constant
        )
    except (ValueError, Malformed):
        return None
    return found if isinstance(found, dict) else None


def _unique(pairs: list[tuple[str, "Json"]]) -> JsonObject:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("one name twice")
    return found


def _finite(digits: str) -> str:
    if isinf(float(digits)):
        raise ValueError(digits)
    return digits


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _quotable(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
