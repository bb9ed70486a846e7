"""The form of encrypted messages: what must stand where, and what must fit what, before any key is touched.

Source: RFC 7516; draft-madden-jose-ecdh-1pu-04; DIDComm Messaging v2.1, "Message Encryption".

Reading looks at the bytes alone: whether it refuses says nothing about the keys that are here.

One fault of a published library, didcomm-messaging, is read and never written, in exactly this shape: an anoncrypt
message whose protected header has no `epk`, while every recipient's header consists of `kid` and `epk`. Nothing is lost
by it: with another `epk` the content key does not unwrap. Its authcrypt messages bear the `typ` of an older draft,
which is read too.
"""

import hashlib
from collections.abc import Sequence, Set
from functools import lru_cache
from typing import Final

import msgspec

from agent.didcomm import headers
from agent.errors import BadEnvelope
from wallet import strict_json
from wallet.encoding import b64u, unb64u
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject

AUTHCRYPT: Final = "ECDH-1PU+A256KW"
ANONCRYPT: Final = "ECDH-ES+A256KW"
CONTENT: Final = {AUTHCRYPT: frozenset({"A256CBC-HS512"}), ANONCRYPT: frozenset({"A256CBC-HS512", "A256GCM", "XC20P"})}
"""Content encryption by key wrapping. Only A256CBC-HS512 commits to its key, so ECDH-1PU takes nothing else, and it is
what is written by default."""

MEDIA_TYPE: Final = "application/didcomm-encrypted+json"
_TYPES: Final = (None, MEDIA_TYPE, MEDIA_TYPE.removeprefix("application/"))
_TYPE_OF_A_DRAFT: Final = "application/didcomm+encrypted"

MOST_RECIPIENTS: Final = 100
MOST_USUAL_BYTES: Final = 1024  # of a header that is remembered

EPK: Final = b',"epk":'
_PROTECTED_ONLY: Final = frozenset({"alg", "enc", "epk", "skid", "apu", "apv", "typ", "zip", "crit"})


class Recipient(msgspec.Struct, frozen=True):
    """One for whom the content key was wrapped. epk: only in the one tolerated shape (see above)."""

    kid: str
    encrypted_key: bytes
    epk: JsonObject | None = None


class Jwe(msgspec.Struct, frozen=True):
    """An encrypted message, well-formed and consistent in itself. skid: the sender's key, None for anoncrypt."""

    alg: str
    enc: str
    epk: JsonObject | None
    skid: str | None
    apu: bytes
    apv: bytes
    recipients: tuple[Recipient, ...]
    aad: bytes
    nonce: bytes
    ciphertext: bytes
    tag: bytes


class _Header(msgspec.Struct, frozen=True):
    """A protected header, checked, without its `epk`. names: of all its members."""

    alg: str
    enc: str
    skid: str | None
    apu: bytes
    apv: bytes
    names: frozenset[str]


class _Addressed(msgspec.Struct, gc=False):
    kid: str


class _Wrapped(msgspec.Struct, forbid_unknown_fields=True):
    header: _Addressed
    encrypted_key: str


class _Usual(msgspec.Struct, forbid_unknown_fields=True):
    """An envelope as `encrypt` spells it."""

    protected: str
    recipients: list[_Wrapped]
    iv: str
    ciphertext: str
    tag: str


_usual_form = msgspec.json.Decoder(_Usual)


def read_usual(raw: bytes) -> Jwe | None:
    """The message in an envelope that is spelled, byte for byte, as `encrypt` would spell it; None for any other.

    Such a text cannot mean two things, so it need not pass the gate. Raises BadEnvelope.
    """
    try:
        usual = _usual_form.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if b"\\" in raw or msgspec.json.encode(usual) != raw:
        return None
    try:
        header, epk = _header(headers.protected(usual.protected))
        if epk is None or "kid" in header.names or not 1 <= len(usual.recipients) <= MOST_RECIPIENTS:
            return None
        recipients = tuple([Recipient(each.header.kid, unb64u(each.encrypted_key)) for each in usual.recipients])
        return _consistent(header, epk, recipients, usual.protected, usual.iv, usual.ciphertext, usual.tag)
    except Malformed as fault:
        raise BadEnvelope(f"not an encrypted message: {fault}") from None


def read(envelope: JsonObject) -> Jwe:
    """The message in a JSON object with a `ciphertext`. Raises BadEnvelope."""
    try:
        return _read(envelope)
    except Malformed as fault:
        raise BadEnvelope(f"not an encrypted message: {fault}") from None


def _read(envelope: JsonObject) -> Jwe:
    header, epk = _header(headers.protected(headers.text(envelope, "protected")))
    recipients = _recipients(envelope, header, moved=epk is None)
    covered = str(envelope["protected"])
    if "aad" in envelope:
        covered += "." + b64u(headers.octets(envelope, "aad"))
    sealed = (headers.text(envelope, "iv"), headers.text(envelope, "ciphertext"), headers.text(envelope, "tag"))
    return _consistent(header, epk, recipients, covered, *sealed)


def _consistent(
    header: _Header,
    epk: JsonObject | None,
    recipients: tuple[Recipient, ...],
    covered: str,
    iv: str,
    ciphertext: str,
    tag: str,
) -> Jwe:
    """The message made of parts that have to fit each other. covered: what the tag covers beside the ciphertext."""
    kids = sorted([recipient.kid for recipient in recipients])
    if len(set(kids)) != len(kids):
        raise Malformed("the same recipient twice")
    if header.apv != apv_of(kids):
        raise Malformed("`apv` is not the hash of the recipients' key ids")
    return Jwe(
        header.alg,
        header.enc,
        epk,
        header.skid,
        header.apu,
        header.apv,
        recipients,
        covered.encode(),
        unb64u(iv),
        unb64u(ciphertext),
        unb64u(tag),
    )


def _header(raw: bytes) -> tuple[_Header, JsonObject | None]:
    """A protected header and its `epk`, or None where there is none.

    If `epk` comes last, as it does in ours, all before it is the same in every message between the same keys, and is
    checked once. No text inside JSON contains the mark, since its quotes would be escaped there.
    """
    head, mark, epk = raw.rpartition(EPK)
    if mark and len(head) <= MOST_USUAL_BYTES and epk.endswith(b"}"):
        try:
            return _usual(head), strict_json.parse_object(epk[:-1])
        except Malformed:
            pass  # the long way says what is wrong
    header = strict_json.parse_object(raw)
    return _checked(header), headers.child(header, "epk") if "epk" in header else None


@lru_cache(maxsize=4096)
def _usual(head: bytes) -> _Header:
    header = strict_json.parse_object(head + EPK + b"{}}")
    if header.get("epk") != {}:
        raise Malformed("an `epk` deeper inside")
    return _checked(header)


def _checked(header: JsonObject) -> _Header:
    alg, enc, typ = header.get("alg"), header.get("enc"), header.get("typ")
    if not isinstance(alg, str) or not isinstance(enc, str) or enc not in CONTENT.get(alg, ()):
        raise Malformed(f"key wrapping {alg!r:.40} with content encryption {enc!r:.40}")
    if typ not in _TYPES and not (typ == _TYPE_OF_A_DRAFT and alg == AUTHCRYPT):
        raise Malformed(f"`typ` {typ!r:.80}")
    if "zip" in header or "crit" in header:
        raise Malformed("`zip` and `crit` are never used in DIDComm")
    apu, skid = _sender(header) if alg == AUTHCRYPT else (_anonymous(header), None)
    return _Header(alg, enc, skid, apu, headers.octets(header, "apv"), frozenset(header))


def _recipients(envelope: JsonObject, header: _Header, *, moved: bool) -> tuple[Recipient, ...]:
    """moved: `epk` is not in the protected header, so it must be in every recipient's, and the sender anonymous."""
    shared = envelope.get("unprotected", {})
    barred = header.names | _PROTECTED_ONLY
    if not isinstance(shared, dict) or not barred.isdisjoint(shared):
        raise Malformed("the unprotected header has what must be protected, or repeats it")
    listed = envelope.get("recipients")
    if listed is None:  # flattened form (RFC 7516, section 7.2.2)
        listed = [{name: envelope[name] for name in ("header", "encrypted_key") if name in envelope}]
    elif "header" in envelope or "encrypted_key" in envelope:
        raise Malformed("both `recipients` and the one recipient of the flattened form")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_RECIPIENTS:
        raise Malformed(f"not 1 to {MOST_RECIPIENTS} recipients")
    if moved and header.alg != ANONCRYPT:
        raise Malformed("no `epk` in the protected header")
    barred |= shared.keys()
    return tuple([_recipient(each, barred, moved) for each in listed])


def _recipient(entry: Json, barred: Set[str], moved: bool) -> Recipient:
    if not isinstance(entry, dict):
        raise Malformed("a recipient is an object")
    header = headers.child(entry, "header")
    if header.keys() != {"kid", "epk"} if moved else not barred.isdisjoint(header):
        raise Malformed("a recipient's header has what must be protected, or repeats it")
    kid = headers.text(header, "kid")
    epk = headers.child(header, "epk") if moved else None
    return Recipient(kid, headers.octets(entry, "encrypted_key"), epk)


def _sender(header: JsonObject) -> tuple[bytes, str]:
    apu = headers.octets(header, "apu")
    try:
        named = apu.decode()
    except UnicodeDecodeError:
        raise Malformed("`apu` is not a text") from None
    if header.get("skid", named) != named:  # the draft lets `skid` be absent
        raise Malformed("`apu` is not the `skid`")
    return apu, headers.key_id(named)


def _anonymous(header: JsonObject) -> bytes:
    if "skid" in header:
        raise Malformed("an anonymous message that names its sender")
    return headers.octets(header, "apu") if "apu" in header else b""


def apv_of(sorted_kids: Sequence[str]) -> bytes:
    """What `apv` has to be for these recipients: SHA-256 of their key ids, joined by full stops."""
    return hashlib.sha256(".".join(sorted_kids).encode()).digest()


def forget() -> None:
    """Drop the header frames that were remembered."""
    _usual.cache_clear()
