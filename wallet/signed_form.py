"""The form of signed objects: exactly these members, each as it has to be; nothing here is proved.

Whoever is bound by an object must be able to read all of it: an unknown member is a fault, and so is a float anywhere.
"""

import re as regex
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from wallet.canonical import canonical
from wallet.credentials.vcdm import BASE_CONTEXT, seconds_of
from wallet.data_integrity import CRYPTOSUITE
from wallet.encoding import digest
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject, parse_object

Raw: TypeAlias = "bytes | Json"
"""An object as bytes, or as the strict gate read it."""

MAX_OBJECT: Final = 64 * 1024
"""Bytes of one signed object."""

_MEMBERS: Final = {"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"}
_SUBJECT: Final = {"thid", "audience", "seq", "body"}
_SUBJECT_MAY: Final = _SUBJECT | {"prev", "re", "data_digest", "attachments"}
_PROOF: Final = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "@context", "proofValue"}
_DIGEST: Final = regex.compile(r"uEi[A-D][A-Za-z0-9_-]{42}[AQgw]")
_OBJECT_ID: Final = regex.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIME: Final = regex.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class SignedObject:
    """A signed object with its members as they should be. raw: the whole; not to be changed."""

    raw: JsonObject
    id: str
    type: str
    issuer: str
    valid_from: str
    thid: str
    audience: str
    seq: int
    prev: str | None
    re: str | None
    body: JsonObject
    data_digest: str | None
    attachments: tuple[tuple[str, str], ...]
    kid: str

    @cached_property
    def digest(self) -> str:
        """What names this object: the Digest of its canonical form, proof included."""
        return digest_of(self.raw)


def digest_of(value: Json) -> str:
    """The Digest of a JSON value's canonical form (section 3.5): 47 characters."""
    return digest(canonical(value))


def is_digest(value: Json) -> bool:
    """Whether this is written as a Digest is."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def contexts(base: str) -> list[Json]:
    """The contexts of every signed object. Neither is ever fetched."""
    return [BASE_CONTEXT, f"{base}/context/v1"]


def read(raw: Raw, *, base: str) -> SignedObject:
    """The members of a signed object, exactly as they have to be. Proves nothing. Raises Malformed."""
    document = _strict(raw)
    _require(document.keys() == _MEMBERS, f"its members are {sorted(document)}")
    _require(document["@context"] == contexts(base), "its contexts are others")
    id, valid_from, types = _text(document, "id"), _text(document, "validFrom"), document["type"]
    _require(_OBJECT_ID.fullmatch(id) is not None, f"its id is {id[:100]!r}")
    _require(_TIME.fullmatch(valid_from) is not None and seconds_of(valid_from) is not None, "it has no proper time")
    if not isinstance(types, list) or len(types) != 2 or types[0] != "VerifiableCredential":
        raise Malformed("a signed object: its type is not VerifiableCredential and one more")
    _require(isinstance(types[1], str), "its type is no text")
    subject = _object(document, "credentialSubject")
    _require(_SUBJECT <= subject.keys() <= _SUBJECT_MAY, f"its subject has the members {sorted(subject)}")
    return SignedObject(
        raw=document,
        id=id,
        type=str(types[1]),
        issuer=_text(document, "issuer"),
        valid_from=valid_from,
        thid=_text(subject, "thid"),
        audience=_text(subject, "audience"),
        seq=_number(subject),
        prev=_digest(subject, "prev"),
        re=_digest(subject, "re"),
        body=_object(subject, "body"),
        data_digest=_digest(subject, "data_digest"),
        attachments=_attachments(subject),
        kid=_proof_kid(document, valid_from),
    )


def _number(subject: JsonObject) -> int:
    seq = subject["seq"]
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        raise Malformed(f"a signed object: its number is {seq!r}")
    _require((seq == 1) != ("prev" in subject), f"number {seq} {'with' if seq == 1 else 'without'} one before it")
    return seq


def _strict(raw: Raw) -> JsonObject:
    if isinstance(raw, bytes | str):
        _require(len(raw) <= MAX_OBJECT, f"it has {len(raw)} bytes, and at most {MAX_OBJECT} may be")
        return parse_object(raw, floats=False)
    if not isinstance(raw, dict):
        raise Malformed("a signed object: it is not an object")
    size = len(canonical(raw))
    _require(size <= MAX_OBJECT, f"it has {size} bytes, and at most {MAX_OBJECT} may be")
    _require(not _has_float(raw), "it has a number with a fraction")
    return raw


def _has_float(value: Json) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float):
            return True
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False


def _proof_kid(document: JsonObject, valid_from: str) -> str:
    proof = _object(document, "proof")
    _require(proof.keys() == _PROOF, f"its proof has the members {sorted(proof)}")
    wanted: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": valid_from,
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    }
    odd = sorted(name for name, value in wanted.items() if proof[name] != value)
    _require(not odd, f"its proof is not as it should be in {odd}")
    return _text(proof, "verificationMethod")


def _attachments(subject: JsonObject) -> tuple[tuple[str, str], ...]:
    listed = subject.get("attachments", [])
    if not isinstance(listed, list) or ("attachments" in subject and not listed):
        raise Malformed("a signed object: attachments are a list, or left out")
    found: list[tuple[str, str]] = []
    for item in listed:
        if not isinstance(item, dict) or item.keys() != {"id", "digest"}:
            raise Malformed("a signed object: an attachment is an id and a digest")
        found.append((_text(item, "id"), _digest(item, "digest") or ""))
    return tuple(found)


def _require(fine: bool, otherwise: str) -> None:
    if not fine:
        raise Malformed(f"a signed object: {otherwise}"[:500])


def _text(holder: JsonObject, name: str) -> str:
    value = holder[name]
    if not isinstance(value, str) or not value:
        raise Malformed(f"a signed object: {name} is not a text")
    return value


def _object(holder: JsonObject, name: str) -> JsonObject:
    value = holder[name]
    if not isinstance(value, dict):
        raise Malformed(f"a signed object: {name} is not an object")
    return value


def _digest(holder: JsonObject, name: str) -> str | None:
    if name not in holder:
        return None
    value = holder[name]
    if not isinstance(value, str) or not is_digest(value):
        raise Malformed(f"a signed object: {name} is not a digest")
    return value
