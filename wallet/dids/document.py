"""DID documents: which key may do what for a DID, and where messages for it go. Source: DID Core 1.1, section 5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from wallet.dids.methods import VerificationMethod, absolute, read_method
from wallet.dids.services import DIDCOMM, V2, Endpoint, Service, read_service, texts, write_services
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import Curve, PublicKey, to_multikey
from wallet.names import canonical_kid
from wallet.strict_json import Json, JsonObject

__all__ = ["Document", "Endpoint", "Purpose", "Service", "VerificationMethod", "read", "write"]

Purpose: TypeAlias = Literal["authentication", "assertionMethod", "keyAgreement"]

MAX_METHODS: Final = 64
MAX_SERVICES: Final = 16
CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


@dataclass(frozen=True)
class Document:
    """What a DID stands for now. All ids are absolute.

    raw: as resolved; not to be changed. version: its id in the DID's history, if its method keeps one.
    """

    id: str
    methods: tuple[VerificationMethod, ...]
    authentication: tuple[str, ...]
    assertion_method: tuple[str, ...]
    key_agreement: tuple[str, ...]
    services: tuple[Service, ...]
    also_known_as: tuple[str, ...]
    raw: JsonObject
    version: str = ""

    def key(self, kid: str, purpose: Purpose) -> PublicKey:
        """The key `kid`, in its long or its short spelling.

        Raises Untrusted unless the document lists it for `purpose`, Unsupported if it is of a kind not known here.
        """
        name = canonical_kid(kid)
        method = self._by_kid.get(name)
        if method is None or name not in self._listed[purpose]:
            raise Untrusted(f"{self.id[:100]} does not list {kid[-100:]} for {purpose}")
        if method.key is None:
            raise Unsupported(f"{kid[-100:]} is a key of a kind that is not known here")
        return method.key

    def agreement_keys(self) -> list[tuple[str, PublicKey]]:
        """The keys that a message to this DID may be encrypted for, with their ids, in order of preference."""
        found = [self._by_kid.get(canonical_kid(kid)) for kid in self.key_agreement]
        usable = (m for m in found if m is not None)
        return [(m.id, m.key) for m in usable if m.key is not None and m.key.curve is not Curve.ED25519]

    def endpoint(self) -> Endpoint | None:
        """Where DIDComm v2 messages go: the first endpoint that accepts them. Its scheme is for the sender to judge."""
        offered = (endpoint for service in self.services if service.type == DIDCOMM for endpoint in service.endpoints)
        return next((endpoint for endpoint in offered if not endpoint.accept or V2 in endpoint.accept), None)

    @cached_property
    def _by_kid(self) -> Mapping[str, VerificationMethod]:
        return {canonical_kid(method.id): method for method in self.methods}

    @cached_property
    def _listed(self) -> Mapping[Purpose, frozenset[str]]:
        return {
            "authentication": frozenset(map(canonical_kid, self.authentication)),
            "assertionMethod": frozenset(map(canonical_kid, self.assertion_method)),
            "keyAgreement": frozenset(map(canonical_kid, self.key_agreement)),
        }


def read(raw: JsonObject, did: str, version: str = "") -> Document:
    """The document of `did`. Raises Malformed if it is of another DID, ambiguous, oversized or of another shape."""
    if raw.get("id") != did:
        raise Malformed(f"asked for the document of {did[:100]}, got that of {str(raw.get('id'))[:100]!r}")
    methods: dict[str, VerificationMethod] = {}
    for method in (read_method(one, did) for one in _all_methods(raw)):
        if methods.setdefault(method.id, method) != method:
            raise Malformed(f"{method.id[-100:]} names two different keys")
    services = _listing(raw, "service")
    if len(services) > MAX_SERVICES:
        raise Malformed(f"a DID document with {len(services)} services; at most {MAX_SERVICES} are read")
    return Document(
        did,
        tuple(methods.values()),
        _references(raw, "authentication", did),
        _references(raw, "assertionMethod", did),
        _references(raw, "keyAgreement", did),
        tuple(read_service(one, did) for one in services),
        texts(_listing(raw, "alsoKnownAs"), "alsoKnownAs"),
        raw,
        version,
    )


def write(
    did: str, keys: Sequence[tuple[str, PublicKey, Sequence[str]]], services: Sequence[Service] = ()
) -> JsonObject:
    """A document as JSON: each key with its fragment, such as `#key-1`, and the relationships that list it.

    did: empty for a document that is yet to get its id, and then all ids are relative.
    """
    listed: dict[str, list[Json]] = {}
    methods: list[Json] = []
    for fragment, key, purposes in keys:
        method: JsonObject = {"id": did + fragment, "type": "Multikey", "publicKeyMultibase": to_multikey(key)}
        methods.append(method | {"controller": did} if did else method)
        for purpose in purposes:
            listed.setdefault(purpose, []).append(did + fragment)
    raw: JsonObject = {"@context": list(CONTEXT)}
    if did:
        raw["id"] = did
    raw |= {"verificationMethod": methods, **listed}
    if services:
        raw["service"] = write_services(services, did)
    return raw


def _listing(raw: JsonObject, name: str) -> list[Json]:
    value = raw.get(name, [])
    if not isinstance(value, list):
        raise Malformed(f"{name} of a DID document is not a list")
    return value


_RELATIONSHIPS: Final = (
    "authentication",
    "assertionMethod",
    "keyAgreement",
    "capabilityInvocation",
    "capabilityDelegation",
)


def _all_methods(raw: JsonObject) -> list[Json]:
    found = list(_listing(raw, "verificationMethod"))
    for name in _RELATIONSHIPS:
        listed = _listing(raw, name)
        if len(listed) > MAX_METHODS:
            raise Malformed(f"a DID document with {len(listed)} keys for {name}; at most {MAX_METHODS} are read")
        found += (one for one in listed if isinstance(one, dict))
    if len(found) > MAX_METHODS:
        raise Malformed(f"a DID document with {len(found)} keys; at most {MAX_METHODS} are read")
    return found


def _references(raw: JsonObject, name: str, did: str) -> tuple[str, ...]:
    listed = (one.get("id") if isinstance(one, dict) else one for one in _listing(raw, name))
    return tuple(absolute(one, did) for one in listed)
