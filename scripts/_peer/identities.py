"""Who takes part in one call: an identity with its private keys, and the DID documents that came with the call."""

from collections.abc import Mapping

from wallet import dids
from wallet.dids import document, peer, services
from wallet.dids.document import Document, Purpose
from wallet.errors import Malformed, NotFound
from wallet.keys import Curve, Keyring, PrivateKey, create, from_secret, secret_of
from wallet.needs import Lookup, offline
from wallet.strict_json import Json, JsonObject

SIZE = {Curve.P384: 48, Curve.P521: 66}
RELATIONSHIPS = ("authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation")


class Documents:
    """DID documents by DID, long and short forms alike: those of the call, else those that a DID carries itself."""

    def __init__(self, given: Mapping[str, JsonObject]) -> None:
        self.known: dict[str, Document] = {}
        for did, raw in given.items():
            found = document.read(raw, str(raw.get("id", did)))
            self.known |= {dids.canonical(did): found, dids.canonical(found.id): found}

    def resolve(self, did: str) -> Lookup[Document]:
        """The document of a DID, without the network."""
        if (found := self.known.get(dids.canonical(did))) is not None:
            return found
        found = yield from dids.resolve(did)
        self.known[dids.canonical(did)] = found
        return found

    def get(self, did: str) -> Document:
        """The same, at once. Raises WalletError if it cannot be had."""
        return offline(self.resolve(did))


class Identity:
    """A DID whose private keys are here. raw: `{did, keys: [{type, privateKeyHex}]}`."""

    def __init__(self, raw: JsonObject, documents: Documents) -> None:
        self.did = str(raw["did"])
        self.document = documents.get(self.did)
        self.ring = Keyring()
        for private in map(_private, objects(raw["keys"])):
            for method in self.document.methods:
                if method.key == private.public:
                    self.ring.add(method.id, private)

    def signing_kid(self, purpose: Purpose) -> str:
        """The first key listed for `purpose` that is here."""
        listed = self.document.authentication if purpose == "authentication" else self.document.assertion_method
        return self._held(listed)

    def agreement_kid(self, curve: Curve) -> str:
        """The first key on `curve` that is here and may agree on secrets."""
        return self._held([kid for kid, key in self.document.agreement_keys() if key.curve is curve])

    def _held(self, kids: tuple[str, ...] | list[str]) -> str:
        for kid in kids:
            if self.ring.holds(kid):
                return kid
        raise NotFound(f"no private key for this among those given for {self.did}")


def create_did(call: JsonObject) -> JsonObject:
    """A new DID with an agreement and a signing key; `method` 2 (as without it) or 4, `service` as in a document."""
    signing, agreement = create(Curve.ED25519), create(Curve.X25519)
    given = call.get("service", {"serviceEndpoint": {"uri": "http://127.0.0.1:1", "accept": ["didcomm/v2"]}})
    offered = [{"id": "#service", "type": "DIDCommMessaging", **one} for one in objects(given)]
    make = peer.create4 if str(call.get("method", 2)) == "4" else peer.create2
    did = make(signing.public, agreement.public, [services.read_service(one, "") for one in offered])
    keys: list[Json] = [
        {"type": str(key.public.curve), "privateKeyHex": secret_of(key).hex()} for key in (agreement, signing)
    ]
    return {"did": did, "keys": keys, "didDocument": absolute(offline(peer.resolve(did)))}


def resolve(call: JsonObject) -> JsonObject:
    """The document of `did`: one of `didDocuments`, else the one that the DID carries."""
    documents = Documents(documents_of(call))
    return {"didDocument": absolute(documents.get(str(call["did"])))}


def absolute(found: Document) -> JsonObject:
    """A document as JSON, with absolute ids, and embedded methods moved to where references find them."""
    listed = objects(found.raw.get("verificationMethod", []))
    shown: JsonObject = dict(found.raw)
    for name in RELATIONSHIPS:
        if name in found.raw:
            entries = found.raw[name]
            assert isinstance(entries, list)
            listed += [one for one in entries if isinstance(one, dict)]
            shown[name] = [_absolute(one["id"] if isinstance(one, dict) else one, found.id) for one in entries]
    shown["verificationMethod"] = [
        {**one, "id": _absolute(one["id"], found.id), "controller": one.get("controller", found.id)} for one in listed
    ]
    if "service" in found.raw:
        shown["service"] = [{**one, "id": _absolute(one.get("id"), found.id)} for one in objects(found.raw["service"])]
    return shown


def _absolute(name: Json, did: str) -> Json:
    return did + name if isinstance(name, str) and name.startswith("#") else name


def _private(raw: JsonObject) -> PrivateKey:
    curve = Curve(str(raw["type"]))
    return from_secret(curve, bytes.fromhex(str(raw["privateKeyHex"]))[: SIZE.get(curve, 32)])


def documents_of(call: JsonObject) -> dict[str, JsonObject]:
    """The member `didDocuments` of a call: documents by DID."""
    given = member(call, "didDocuments") if call.get("didDocuments") else {}
    return {did: raw for did, raw in given.items() if isinstance(raw, dict)}


def member(call: JsonObject, name: str) -> JsonObject:
    """A member of the call that must be an object."""
    value = call.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"the call has no object {name!r}")
    return value


def objects(value: Json) -> list[JsonObject]:
    """A JSON object, or the objects of a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
