"""Encrypted messages: authcrypt (ECDH-1PU) and anoncrypt (ECDH-ES). Source: RFC 7516; RFC 7518, section 4.6;
draft-madden-jose-ecdh-1pu-04; DIDComm Messaging v2.1, "Message Encryption".

`read` looks at the bytes alone: whether it refuses says nothing about the keys that are here. `decrypt` gives one
answer, Dropped("unreadable"), whatever keeps a message closed.

One fault of a published library, didcomm-messaging, is read and never written, in exactly this shape: an anoncrypt
message whose protected header has no `epk`, while every recipient's header consists of `kid` and `epk`. Nothing is lost
by it: with another `epk` the content key does not unwrap. Its authcrypt messages bear the `typ` of an older draft,
which is read too.
"""

import hashlib
from collections.abc import Sequence, Set
from contextlib import suppress
from functools import lru_cache
from typing import Final

import msgspec

from agent.didcomm import headers
from agent.errors import BadEnvelope, Dropped
from wallet import ciphers, keys, strict_json
from wallet.encoding import b64u
from wallet.errors import Malformed, Unsupported, WalletError
from wallet.keys import Keyring, PublicKey
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

_EPK: Final = b',"epk":'
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


def read(envelope: JsonObject) -> Jwe:
    """The message in a JSON object with a `ciphertext`. Raises BadEnvelope."""
    try:
        return _read(envelope)
    except Malformed as fault:
        raise BadEnvelope(f"not an encrypted message: {fault}") from None


def _read(envelope: JsonObject) -> Jwe:
    header, epk = _header(headers.protected(envelope))
    recipients = _recipients(envelope, header, moved=epk is None)
    if header.apv != _apv(sorted([recipient.kid for recipient in recipients])):
        raise Malformed("`apv` is not the hash of the recipients' key ids")
    aad = str(envelope["protected"])
    if "aad" in envelope:
        aad += "." + b64u(headers.octets(envelope, "aad"))
    return Jwe(
        alg=header.alg,
        enc=header.enc,
        epk=epk,
        skid=header.skid,
        apu=header.apu,
        apv=header.apv,
        recipients=recipients,
        aad=aad.encode(),
        nonce=headers.octets(envelope, "iv"),
        ciphertext=headers.octets(envelope, "ciphertext"),
        tag=headers.octets(envelope, "tag"),
    )


class _Header(msgspec.Struct, frozen=True):
    """A protected header, checked, without its `epk`. names: of all its members."""

    alg: str
    enc: str
    skid: str | None
    apu: bytes
    apv: bytes
    names: frozenset[str]


def _header(raw: bytes) -> tuple[_Header, JsonObject | None]:
    """A protected header and its `epk`, or None where there is none.

    If `epk` comes last, as it does in ours, all before it is the same in every message between the same keys, and is
    checked once. No text inside JSON contains the mark, since its quotes would be escaped there.
    """
    head, mark, epk = raw.rpartition(_EPK)
    if mark and len(head) <= MOST_USUAL_BYTES and epk.endswith(b"}"):
        with suppress(Malformed):
            return _usual(head), strict_json.parse_object(epk[:-1])
    header = strict_json.parse_object(raw)
    return _checked(header), headers.child(header, "epk") if "epk" in header else None


@lru_cache(maxsize=4096)
def _usual(head: bytes) -> _Header:
    header = strict_json.parse_object(head + _EPK + b"{}}")
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
    recipients = tuple([_recipient(each, barred, moved) for each in listed])
    if len({recipient.kid for recipient in recipients}) != len(recipients):
        raise Malformed("the same recipient twice")
    return recipients


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


def decrypt(message: Jwe, *, ring: Keyring, recipient: Recipient, sender: PublicKey | None) -> bytes:
    """What was encrypted for `recipient`, whose key `ring` holds; `sender`: the public key of `skid` for authcrypt.

    Raises Dropped("unreadable"), and nothing else, if it does not open.
    """
    try:
        shared = ring.agree(recipient.kid, keys.read_jwk(message.epk or recipient.epk or {}))
        if sender is not None:
            shared += ring.agree(recipient.kid, sender, lasting=True)
        bound = message.tag if sender is not None else b""
        wrapping = ciphers.concat_kdf(shared, alg=message.alg, apu=message.apu, apv=message.apv, bits=256, tag=bound)
        content_key = ciphers.aes_kw_unwrap(wrapping, recipient.encrypted_key)
        return ciphers.open_content(
            message.enc, content_key, message.nonce, message.ciphertext, message.tag, message.aad
        )
    except WalletError:
        raise Dropped("unreadable") from None


class _Frame(msgspec.Struct, frozen=True):
    """All of an envelope that is the same from message to message between the same keys."""

    alg: str
    header: bytes  # of the protected header, up to the value of `epk`, which comes last
    apu: bytes
    apv: bytes
    kids: tuple[bytes, ...]  # as JSON


def encrypt(
    plaintext: bytes,
    *,
    ring: Keyring,
    sender_kid: str | None,
    recipients: Sequence[tuple[str, PublicKey]],
    enc: str = "A256CBC-HS512",
) -> bytes:
    """Encrypt for `recipients`, (key id, key) each, from the key `sender_kid` of `ring` or, if None, from nobody.

    Raises Unsupported for a content encryption that is not offered, and for recipients whose keys are of different
    curves: they share one ephemeral key, so each curve needs an envelope of its own. Raises NotFound for `sender_kid`.
    """
    addressed = sorted(recipients)
    frame = _frame(sender_kid, tuple(kid for kid, _ in addressed), enc)
    if len({public.curve for _, public in addressed}) != 1:
        raise Unsupported("recipients with keys of different curves; seal once per curve")
    ephemeral = keys.create(addressed[0][1].curve)
    protected = b64u(b"".join((frame.header, msgspec.json.encode(keys.to_jwk(ephemeral.public)), b"}"))).encode()
    size = ciphers.KEY_BITS[enc] // 8
    random = keys.random_bytes(size + ciphers.NONCE_BYTES[enc])
    content_key, nonce = random[:size], random[size:]
    ciphertext, tag = ciphers.seal_content(enc, content_key, nonce, plaintext, protected)
    wrapped = []
    for kid, (_, public) in zip(frame.kids, addressed):
        shared = ephemeral.agree(public)
        if sender_kid is not None:
            shared += ring.agree(sender_kid, public, lasting=True)
        bound = tag if sender_kid is not None else b""
        wrapping = ciphers.concat_kdf(shared, alg=frame.alg, apu=frame.apu, apv=frame.apv, bits=256, tag=bound)
        key = b64u(ciphers.aes_kw_wrap(wrapping, content_key)).encode()
        wrapped.append(b'{"header":{"kid":%b},"encrypted_key":"%b"}' % (kid, key))
    return b'{"protected":"%b","recipients":[%b],"iv":"%b","ciphertext":"%b","tag":"%b"}' % (
        protected,
        b",".join(wrapped),
        b64u(nonce).encode(),
        b64u(ciphertext).encode(),
        b64u(tag).encode(),
    )


@lru_cache(maxsize=4096)
def _frame(sender_kid: str | None, kids: tuple[str, ...], enc: str) -> _Frame:
    alg = ANONCRYPT if sender_kid is None else AUTHCRYPT
    if enc not in CONTENT[alg]:
        raise Unsupported(f"{enc} is not offered with {alg}; use {', '.join(sorted(CONTENT[alg]))}")
    if not 1 <= len(set(kids)) == len(kids) <= MOST_RECIPIENTS:
        raise Unsupported(f"{len(kids)} recipients; from 1 to {MOST_RECIPIENTS}, each once, can be sealed for")
    apv = _apv(kids)
    header = {"typ": MEDIA_TYPE, "alg": alg, "enc": enc, "apv": b64u(apv)}
    if sender_kid is not None:
        header |= {"skid": sender_kid, "apu": b64u(sender_kid.encode())}
    head = msgspec.json.encode(header)[:-1] + _EPK
    return _Frame(alg, head, (sender_kid or "").encode(), apv, tuple(map(msgspec.json.encode, kids)))


def _apv(sorted_kids: Sequence[str]) -> bytes:
    return hashlib.sha256(".".join(sorted_kids).encode()).digest()


def forget() -> None:
    """Drop what is remembered of pairs of keys: who wrote to whom. The secrets are the keyring's to forget."""
    _frame.cache_clear()
    _usual.cache_clear()
