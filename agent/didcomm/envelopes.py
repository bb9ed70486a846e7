"""Opening and sealing: what goes around a message. Source: DIDComm Messaging v2.1, "Message Formats" and "Message Layer
Addressing Consistency".

Order of work: strict JSON, shape of the envelope, is a key of ours named, the sender's key, decryption, addressing.
What fails, stops: nothing is looked up for a message that is not for us, or that contradicts itself.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from agent.didcomm import encryption, jwe, jws, plaintext
from agent.didcomm.jwe import Jwe
from agent.didcomm.jws import Jws
from agent.didcomm.plaintext import BadPlaintext, Plaintext
from agent.errors import BadEnvelope, Dropped
from wallet import strict_json
from wallet.dids.document import Document, Purpose
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import Keyring, PublicKey
from wallet.names import canonical, did_of, same
from wallet.needs import Lookup
from wallet.strict_json import JsonObject

Resolve = Callable[[str], Lookup[Document]]

AUTHCRYPT: Final = "authcrypt"
ANONCRYPT: Final = "anoncrypt"
SIGNED: Final = "signed"

WRAPPINGS: Final = frozenset(
    {
        (AUTHCRYPT,),
        (ANONCRYPT,),
        (SIGNED,),
        (ANONCRYPT, AUTHCRYPT),
        (ANONCRYPT, SIGNED),
        (AUTHCRYPT, SIGNED),
        (ANONCRYPT, AUTHCRYPT, SIGNED),
    }
)
"""The combinations that are opened, from the outside in. Each one's beginnings are in it too."""


class Opened(msgspec.Struct, frozen=True):
    """A message out of its envelopes.

    raw: the plaintext's bytes. sender: `from`, if authcrypt or a signature proved it, else None, whatever it claims;
    who: the same in canonical form, else "". sender_kid: the authcrypt key. recipient_kid: our key; None for a message
    only signed, which may be meant for others, and has to be judged by its `to`; ours: its DID, in canonical form.
    signer: the (first) signing key. wrapping: see WRAPPINGS.
    warnings: what only `strict=False` lets pass, "not-addressed-to-us".
    """

    plaintext: Plaintext
    raw: bytes
    sender: str | None
    sender_kid: str | None
    recipient_kid: str | None
    signer: str | None
    wrapping: tuple[str, ...]
    who: str
    ours: str | None
    warnings: tuple[str, ...] = ()


class _Layers(msgspec.Struct, frozen=True):
    """What the envelopes opened so far have shown."""

    wrapping: tuple[str, ...] = ()
    recipient_kid: str | None = None
    sender_kid: str | None = None
    signer: str | None = None

    def inside(self, kind: str) -> "_Layers":
        """One layer further in, if there may be one of this kind."""
        wrapping = (*self.wrapping, kind)
        if wrapping not in WRAPPINGS:
            raise Dropped("wrapping")
        return replace(self, wrapping=wrapping)


def open(raw: bytes, *, keys: Keyring, resolve: Resolve, strict: bool = True) -> Lookup[Opened]:
    """The message in an envelope that names one of `keys` or, if it is only signed, no key at all.

    strict: False accepts a message whose `to` leaves us out, with a warning, as the specification asks in one place and
    forbids in another. It loosens nothing else.
    Raises BadEnvelope for bytes that no good peer sends, which is told from the bytes alone; Dropped for all that is
    found later, BadPlaintext among it; Unresolved if a sender's DID document cannot be had now.
    """
    layers = _Layers()
    found = _outermost(raw)
    while isinstance(found, Jwe):
        layers, raw = yield from _decrypt(found, layers, keys, resolve)
        found = _inner(raw, layers)
    if isinstance(found, Jws):
        layers, message = yield from _verify(found, layers, resolve)
        raw = found.payload
    elif layers.wrapping:
        message = _read(found, layers)
    else:
        raise BadEnvelope("neither encrypted nor signed")
    return _addressed(message, raw, layers, strict)


def _outermost(raw: bytes) -> Jwe | Jws | Plaintext | JsonObject:
    if (usual := jwe.read_usual(raw)) is not None:
        return usual
    try:
        return _recognised(strict_json.parse_object(raw))
    except Malformed as fault:
        raise BadEnvelope(str(fault)) from None


def _inner(raw: bytes, layers: _Layers) -> Jwe | Jws | Plaintext | JsonObject:
    if (usual := plaintext.read_usual(raw)) is not None:
        return usual
    try:
        return _recognised(plaintext.parse(raw))
    except BadPlaintext as fault:
        raise _attributed(fault, layers) from None
    except BadEnvelope:  # who sent it is not told more than of any other message that does not open
        raise Dropped("inner-envelope") from None


def _recognised(found: JsonObject) -> Jwe | Jws | JsonObject:
    """An envelope as what it is; what is none of them is left as it is."""
    if "ciphertext" in found:
        return jwe.read(found)
    return jws.read(found) if "payload" in found else found


def _read(found: Plaintext | JsonObject, layers: _Layers) -> Plaintext:
    try:
        return found if isinstance(found, Plaintext) else plaintext.from_json(found)
    except BadPlaintext as fault:
        raise _attributed(fault, layers) from None


def _attributed(fault: BadPlaintext, layers: _Layers) -> Dropped:
    """The same fault, with the sender if one is proven; Dropped if the message claims another."""
    if layers.sender_kid is None:
        return fault
    claimed = fault.claims.get("from")
    if not isinstance(claimed, str) or not same(claimed, did_of(layers.sender_kid)):
        return Dropped("from")
    ours = layers.recipient_kid
    return BadPlaintext(fault.code, fault.path, sender=claimed, recipient_kid=ours, claims=fault.claims)


def _decrypt(message: Jwe, layers: _Layers, keys: Keyring, resolve: Resolve) -> Lookup[tuple[_Layers, bytes]]:
    layers = layers.inside(ANONCRYPT if message.skid is None else AUTHCRYPT)
    for recipient in message.recipients:
        if keys.holds(recipient.kid):
            break
    else:
        raise Dropped("unreadable")
    if layers.recipient_kid is not None and not same(did_of(layers.recipient_kid), did_of(recipient.kid)):
        raise Dropped("to")  # else an answer would tell that two of our DIDs are kept in one place
    sender = (yield from _key(message.skid, "keyAgreement", resolve)) if message.skid is not None else None
    opened = encryption.decrypt(message, ring=keys, recipient=recipient, sender=sender)
    return replace(layers, recipient_kid=recipient.kid, sender_kid=message.skid), opened


def _verify(message: Jws, layers: _Layers, resolve: Resolve) -> Lookup[tuple[_Layers, Plaintext]]:
    layers = layers.inside(SIGNED)
    found = _inner(message.payload, layers)
    if isinstance(found, Jwe | Jws):
        raise Dropped("wrapping")
    text = _read(found, layers)
    for signature in message.signatures:
        if text.from_ is None or not same(text.from_, did_of(signature.kid)):
            raise Dropped("signer")
    for signature in message.signatures:
        public = yield from _key(signature.kid, "authentication", resolve)
        if not jws.verify(signature, public):
            raise Dropped("signature")
    return replace(layers, signer=message.signatures[0].kid), text


def _key(kid: str, purpose: Purpose, resolve: Resolve) -> Lookup[PublicKey]:
    try:
        document = yield from resolve(did_of(kid))
        return document.key(kid, purpose)
    except (Malformed, Untrusted, Unsupported):
        raise Dropped("sender-key") from None


def _addressed(message: Plaintext, raw: bytes, layers: _Layers, strict: bool) -> Opened:
    proven = layers.sender_kid or layers.signer
    if proven is not None and (message.from_ is None or not same(message.from_, did_of(proven))):
        raise Dropped("from")
    ours = did_of(layers.recipient_kid) if layers.recipient_kid is not None else None
    if ours is not None and layers.signer is not None and not message.to:
        raise Dropped("to")  # else whoever got a signed message could seal it for us and seem to be its author
    warnings: tuple[str, ...] = ()
    if ours is not None and message.to is not None and not _includes(message.to, ours):
        if strict or (layers.signer is not None and layers.sender_kid is None):  # the same holds here
            raise Dropped("to")
        warnings = ("not-addressed-to-us",)
    sender = message.from_ if proven is not None else None
    return Opened(
        plaintext=message,
        raw=raw,
        sender=sender,
        sender_kid=layers.sender_kid,
        recipient_kid=layers.recipient_kid,
        signer=layers.signer,
        wrapping=layers.wrapping,
        who=canonical(sender) if sender is not None else "",
        ours=canonical(ours) if ours is not None else None,
        warnings=warnings,
    )


def _includes(dids: Sequence[str], did: str) -> bool:
    return did in dids or any(same(each, did) for each in dids)


def seal(
    plaintext: bytes,
    *,
    keys: Keyring,
    sender_kid: str | None,
    recipients: Sequence[tuple[str, PublicKey]],
    enc: str = "A256CBC-HS512",
) -> bytes:
    """Encrypt for `recipients`, (key id, key) each: authcrypt from our key `sender_kid`, anoncrypt if that is None.

    To nest, seal what was sealed or signed. See encryption.encrypt for what it raises.
    """
    return encryption.encrypt(plaintext, ring=keys, sender_kid=sender_kid, recipients=recipients, enc=enc)


def sign(plaintext: bytes, *, keys: Keyring, kid: str) -> bytes:
    """Sign with our key `kid`. See jws.sign for what it raises."""
    return jws.sign(plaintext, ring=keys, kid=kid)


def forget() -> None:
    """Drop what is remembered between messages. The keyring forgets the secrets; do both on lock and on rotation."""
    encryption.forget()
