"""Signed objects: whatever creates, changes or ends a right or a duty is one of these, inside the encrypted message.

A signed object is a W3C Verifiable Credential with one eddsa-jcs-2022 proof. Its Digest names it; `re` ties it to what
it answers, `prev` to what its author signed before. The address of the vocabulary is the caller's to say (`base`).
"""

from collections.abc import Callable, Collection, Mapping

from wallet import keys as crypto
from wallet.chain import Head, Place, place, record
from wallet.credentials.issuers import Resolve
from wallet.credentials.proof import add_proof
from wallet.credentials.vcdm import timestamp
from wallet.data_integrity import CRYPTOSUITE, holds
from wallet.encoding import b64u
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import Keyring, PublicKey, random_bytes
from wallet.names import did_of, same
from wallet.needs import Lookup
from wallet.signed_form import MAX_OBJECT, Raw, SignedObject, contexts, digest_of, is_digest, read
from wallet.strict_json import Json, JsonObject

__all__ = [
    "MAX_OBJECT",
    "Head",
    "Place",
    "Raw",
    "SignedObject",
    "check",
    "contexts",
    "covers",
    "digest_of",
    "digest_of_data",
    "is_digest",
    "make",
    "new_object_id",
    "new_salt",
    "place",
    "prove",
    "read",
    "receipt_body",
    "record",
    "type_name",
]


def type_name(family: str, message: str) -> str:
    """The credential type of a message: `data-rights`, `exercise` -> `DataRightsExercise`."""
    return "".join(word.capitalize() for word in f"{family}-{message}".split("-"))


def new_object_id() -> str:
    """`urn:uuid:` and a random UUID, version 4 (RFC 9562, section 5.4)."""
    raw = bytearray(random_bytes(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def make(
    *,
    base: str,
    type: str,
    id: str,
    kid: str,
    keys: Keyring,
    now: int,
    thid: str,
    audience: str,
    seq: int,
    body: JsonObject,
    prev: str | None = None,
    re: str | None = None,
    data_digest: str | None = None,
    attachments: Collection[tuple[str, str]] = (),
    to_the_minute: bool = False,
) -> JsonObject:
    """A new signed object by the owner of `kid`, a DID URL of an assertionMethod key; the DID in it is the issuer.

    type: see `type_name`. id: see `new_object_id`. attachments: (id, Digest). to_the_minute: the time has no seconds,
    as a person's agent does it. Raises Malformed for what `check` would refuse, NotFound without the key.
    """
    at = timestamp(now - now % 60 if to_the_minute else now)
    listed: list[Json] = [{"id": name, "digest": value} for name, value in attachments]
    members: JsonObject = {"thid": thid, "audience": audience, "seq": seq, "prev": prev, "re": re, "body": body}
    members |= {"data_digest": data_digest, "attachments": listed or None}
    subject: JsonObject = {name: value for name, value in members.items() if value is not None}
    types: list[Json] = ["VerifiableCredential", type]
    document: JsonObject = {"@context": contexts(base), "id": id, "type": types, "issuer": did_of(kid)}
    document |= {"validFrom": at, "credentialSubject": subject}
    signed = add_proof(document, keys=keys, kid=kid, created=at)
    read(signed, base=base)
    return signed


def check(
    raw: Raw,
    *,
    base: str,
    type: str,
    issuers: Collection[str],
    audience: Collection[str],
    thid: str,
    answers: Callable[[str | None], bool],
    resolve: Resolve,
) -> Lookup[SignedObject]:
    """Check a signed object in the one order that is allowed (section 3.4); the chain is `place`, with what is held.

    issuers: who may have signed it: the sender, or the public DID it speaks for. audience: our DIDs towards the sender.
    answers: whether `re` names an object of this thread that is held and that this message answers (None: a first one).
    Raises Malformed for its form, Untrusted for all else; the text says which step failed.
    """
    signed = read(raw, base=base)
    if signed.type != type:
        raise Untrusted(f"type: {signed.type!r} where the message needs {type!r}")
    if not any(same(signed.issuer, name) for name in issuers):
        raise Untrusted(f"issuer: {signed.issuer[:200]!r} did not send this")
    if not any(same(signed.audience, name) for name in audience):
        raise Untrusted(f"audience: it was signed for {signed.audience[:200]!r}")
    if signed.thid != thid:
        raise Untrusted(f"thread: it was signed for {signed.thid[:100]!r}, and came in {thid[:100]!r}")
    yield from prove(signed, resolve)
    if not answers(signed.re):
        raise Untrusted(f"re: it answers {signed.re or 'nothing'}, which is not what stands open here")
    return signed


def prove(signed: SignedObject, resolve: Resolve) -> Lookup[PublicKey]:
    """The key that signed it, its issuer's for assertions. Raises Untrusted, Unresolved, Malformed, Unsupported."""
    signer = did_of(signed.kid)
    if not same(signer, signed.issuer):
        raise Untrusted(f"key: {signed.kid[:200]!r} is not a key of its issuer")
    document = yield from resolve(max(signer, signed.issuer, key=len))  # a long did:peer:4 brings its document along
    key = document.key(signed.kid, "assertionMethod")
    if key.curve is not crypto.Curve.ED25519:
        raise Unsupported(f"key: {CRYPTOSUITE} needs an Ed25519 key, and this one is of {key.curve}")
    proof = signed.raw["proof"]
    plain = {name: value for name, value in signed.raw.items() if name != "proof"}
    if not isinstance(proof, dict) or not holds(plain, proof, key):
        raise Untrusted("proof: the signature does not hold")
    return key


def receipt_body(of: str, result: str, fields: Mapping[str, Json] | None = None) -> JsonObject:
    """The body of a receipt: `of` is the message's name, result `done`, `partial` or `pending` (section 3.5)."""
    if result not in ("done", "partial", "pending"):
        raise Malformed(f"a receipt says done, partial or pending, not {result!r}")
    return {"of": of, "result": result, **(fields or {})}


def new_salt() -> str:
    """16 random bytes in base64url, fresh for each recipient."""
    return b64u(random_bytes(16))


def digest_of_data(data: Json, salt: str) -> str:
    """`data_digest`: what ties data beside a signed object to it, without being in it (section 3.7)."""
    return digest_of({"data": data, "salt": salt})


def covers(signed: SignedObject, data: Json, salt: str) -> bool:
    """Whether this is the data the object was signed over."""
    return signed.data_digest is not None and signed.data_digest == digest_of_data(data, salt)
