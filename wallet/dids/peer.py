"""did:peer: DIDs that carry their document, one for each relationship. Methods 0, 2, and 4 with its two forms.

Source: Peer DID Method Specification. Short forms (method 3, and 4 without its document) say nothing of their document:
whoever uses one must have seen the long form before.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from wallet.dids.document import CONTEXT, Document, read, write
from wallet.dids.key import document_of
from wallet.dids.peer_service import abbreviated, expanded
from wallet.dids.services import Service, write_service
from wallet.dids.syntax import specific_id
from wallet.encoding import b64u, from_multibase, multihash, tagged, to_multibase, unb64u, untag
from wallet.errors import Malformed, Unresolved, Unsupported
from wallet.keys import PublicKey, to_multikey
from wallet.names import canonical
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject, parse, parse_object

_RELATIONSHIP_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "assertionMethod",
        "E": "keyAgreement",
        "V": "authentication",
        "I": "capabilityInvocation",
        "D": "capabilityDelegation",
    }
)


def create2(signing: PublicKey, agreement: PublicKey, services: Sequence[Service] = ()) -> str:
    """A method 2 DID: `#key-1` authenticates, `#key-2` agrees, `#key-3` is the signing key again, for assertions."""
    return _joined2([f"V{to_multikey(signing)}", f"E{to_multikey(agreement)}", f"A{to_multikey(signing)}"], services)


def create2_silent(agreement: PublicKey, services: Sequence[Service] = ()) -> str:
    """A method 2 DID that takes messages and says nothing: `#key-1` agrees."""
    return _joined2([f"E{to_multikey(agreement)}"], services)


def create4(signing: PublicKey, agreement: PublicKey, services: Sequence[Service] = ()) -> str:
    """A method 4 DID, long form: `#key-1` signs (authentication, assertionMethod), `#key-2` agrees."""
    keys = [("#key-1", signing, ("authentication", "assertionMethod")), ("#key-2", agreement, ("keyAgreement",))]
    return encode4(write("", keys, services))


def encode4(document: JsonObject) -> str:
    """The long form of the DID whose document is this one; it has no `id`, and its own ids are relative."""
    encoded = to_multibase(tagged("json", json.dumps(document, separators=(",", ":")).encode()))
    return f"did:peer:4{to_multibase(multihash(encoded.encode()))}:{encoded}"


def short(did: str) -> str:
    """The short form: of a method 4 DID, or the method 3 DID of a method 2 DID. Other DIDs stay as they are."""
    if did.startswith("did:peer:2"):
        return "did:peer:3" + to_multibase(multihash(did.removeprefix("did:peer:2").encode()))
    return canonical(did)


def resolve(did: str) -> Lookup[Document]:
    """The document inside the DID. Raises Malformed, Unsupported, and Unresolved for short forms."""
    rest = specific_id("peer", did)
    if rest[0] not in _READERS:
        raise Unsupported(f"did:peer method {rest[0]!r} is not known here")
    return (yield from _READERS[rest[0]](did, rest[1:]))


def resolve_short(long: str) -> Lookup[Document]:
    """The document that the short form of a method 4 DID has, from its long form. Raises Malformed."""
    yield from ()
    rest = specific_id("peer", long)
    if not rest.startswith("4") or ":" not in rest:
        raise Malformed(f"not the long form of a did:peer:4: {long[:100]!r}")
    return _read4(long, rest[1:], canonical(long))


def _joined2(segments: list[str], services: Sequence[Service]) -> str:
    for service in services:
        raw = abbreviated(write_service(service))
        segments.append("S" + b64u(json.dumps(raw, separators=(",", ":")).encode()))
    return "did:peer:2." + ".".join(segments)


def _resolve0(did: str, multikey: str) -> Lookup[Document]:
    yield from ()
    return document_of(did, multikey)


def _resolve2(did: str, rest: str) -> Lookup[Document]:
    yield from ()
    raw: JsonObject = {"@context": list(CONTEXT), "id": did}
    methods: list[Json] = []
    services: list[Json] = []
    listed: dict[str, list[Json]] = {}
    if not rest.startswith("."):
        raise Malformed(f"not a did:peer:2: {did[:100]!r}")
    for segment in rest[1:].split("."):
        purpose, text = segment[:1], segment[1:]
        if purpose == "S":
            found = parse(unb64u(text))
            services += found if isinstance(found, list) else [found]
        elif purpose in _RELATIONSHIP_OF and text.startswith("z"):
            kid = f"#key-{len(methods) + 1}"
            methods.append({"id": kid, "type": "Multikey", "controller": did, "publicKeyMultibase": text})
            listed.setdefault(_RELATIONSHIP_OF[purpose], []).append(kid)
        else:
            raise Malformed(f"did:peer:2 segment that is neither key nor service: {segment[:20]!r}")
    raw |= {"verificationMethod": methods, **listed}
    if services:
        raw["service"] = expanded(services)
    raw["alsoKnownAs"] = [short(did)]
    return read(raw, did)


def _resolve3(did: str, rest: str) -> Lookup[Document]:
    yield from ()
    raise Unresolved(f"{did} is a short form; its document is in the long form, which must come first")


def _resolve4(did: str, rest: str) -> Lookup[Document]:
    if ":" not in rest:
        return (yield from _resolve3(did, rest))
    return _read4(did, rest, did)


def _read4(long: str, rest: str, did: str) -> Document:
    """The document in `long`, in the form that belongs to `did`, its long or its short form."""
    claimed, _, encoded = rest.partition(":")
    if claimed != to_multibase(multihash(encoded.encode())):
        raise Malformed(f"the hash in {long[:60]} is not that of its document")
    if not encoded.startswith("z"):
        raise Malformed(f"the document in {long[:60]} is not in base58btc")
    codec, document = untag(from_multibase(encoded))
    if codec != "json":
        raise Malformed(f"the document in {long[:60]} is {codec}, not json")
    raw = parse_object(document)
    if "id" in raw:
        raise Malformed(f"the document in {long[:60]} names itself, which its own hash cannot allow")
    others = raw.get("alsoKnownAs", [])
    methods = raw.get("verificationMethod", [])
    if not isinstance(others, list) or not isinstance(methods, list):
        raise Malformed(f"the document in {long[:60]} lists something without a list")
    for method in methods:
        if isinstance(method, dict):
            method.setdefault("controller", did)
    raw["alsoKnownAs"] = [*others, long if did != long else canonical(long)]
    raw["id"] = did
    return read(raw, did)


_READERS: Final[Mapping[str, Callable[[str, str], Lookup[Document]]]] = MappingProxyType(
    {"0": _resolve0, "2": _resolve2, "3": _resolve3, "4": _resolve4}
)
