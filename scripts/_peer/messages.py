"""Packing and unpacking DIDComm messages, as other implementations' drivers do it."""

import msgspec

from agent.didcomm import envelopes, plaintext
from agent.didcomm.envelopes import Opened
from scripts._peer.identities import Documents, Identity, documents_of, member
from wallet.encoding import unb64u
from wallet.errors import Malformed, Unsupported
from wallet.keys import Keyring, PublicKey
from wallet.needs import offline
from wallet.strict_json import JsonObject, parse_object

PACKINGS = {"authcrypt", "anoncrypt", "jws", "none"} | {
    "authcrypt+jws",
    "anoncrypt+jws",
    "anoncrypt+authcrypt",
    "anoncrypt+authcrypt+jws",
}


def pack(call: JsonObject) -> JsonObject:
    """`message` in the envelopes that `packing` names from the outside in, for the first of its `to`."""
    packing = str(call.get("packing", "authcrypt"))
    if packing not in PACKINGS:
        raise Unsupported(f"packing {packing!r} is not one of {', '.join(sorted(PACKINGS))}")
    message = {"typ": plaintext.MEDIA_TYPE, **member(call, "message")}
    options = member(call, "options") if call.get("options") else {}
    plaintext.from_json(message)  # says what is wrong with it, if anything is
    documents = Documents(documents_of(call))
    packed = msgspec.json.encode(message)
    for layer in reversed(packing.split("+")):
        packed = _wrapped(packed, layer, call, message, documents, str(options.get("enc") or "A256CBC-HS512"))
    return {"message": packed.decode()}


def _wrapped(packed: bytes, layer: str, call: JsonObject, message: JsonObject, documents: Documents, enc: str) -> bytes:
    if layer == "none":
        return packed
    if layer == "anoncrypt":
        recipients = _recipients(message, documents)
        return envelopes.seal(packed, keys=Keyring(), sender_kid=None, recipients=recipients, enc=enc)
    sender = Identity(member(call, "identity"), documents)
    if layer == "jws":
        return envelopes.sign(packed, keys=sender.ring, kid=sender.signing_kid("authentication"))
    recipients = _recipients(message, documents)
    kid = sender.agreement_kid(recipients[0][1].curve)
    return envelopes.seal(packed, keys=sender.ring, sender_kid=kid, recipients=recipients)


def _recipients(message: JsonObject, documents: Documents) -> list[tuple[str, PublicKey]]:
    """All keys of the first recipient that are on the curve of its first key."""
    to = message.get("to")
    if not isinstance(to, list) or not to:
        raise Malformed("`to` names nobody to encrypt for")
    found = documents.get(str(to[0])).agreement_keys()
    if not found:
        raise Unsupported(f"{to[0]} has no key that can be encrypted for")
    return [(kid, key) for kid, key in found if key.curve is found[0][1].curve]


def unpack(call: JsonObject) -> JsonObject:
    """The plaintext in `message`, a text, and how it was wrapped."""
    raw = str(call["message"]).encode()
    outer = parse_object(raw)
    if "ciphertext" not in outer and "payload" not in outer:
        plaintext.from_json(outer)
        return {"message": outer, "metaData": {"encrypted": False, "authenticated": False, "non_repudiation": False}}
    documents = Documents(documents_of(call))
    keys = Identity(member(call, "identity"), documents).ring
    opened = offline(envelopes.open(raw, keys=keys, resolve=documents.resolve, strict=call.get("strict") is not False))
    return {"message": parse_object(opened.raw), "metaData": _meta(opened, outer)}


def _meta(opened: Opened, outer: JsonObject) -> JsonObject:
    header = parse_object(unb64u(str(outer["protected"]))) if "protected" in outer else {}
    return {
        "encrypted": opened.recipient_kid is not None,
        "authenticated": opened.sender is not None,
        "non_repudiation": opened.signer is not None,
        "anonymous_sender": opened.wrapping[0] == "anoncrypt",
        "from": opened.sender_kid,
        "to": [opened.recipient_kid] if opened.recipient_kid else [],
        "sign_from": opened.signer,
        "alg": header.get("alg"),
        "enc": header.get("enc"),
        "wrapping": list(opened.wrapping),
        "warnings": list(opened.warnings),
    }
