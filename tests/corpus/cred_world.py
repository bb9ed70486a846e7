"""An issuer, a holder and a stranger with fixed keys, and credentials that may be wrong in one chosen place.

Everything is built here from the specifications, down to the signature, so that a case can be consistent in all but the
one thing that has to be noticed. A case is JSON: changes to what a good credential says.
"""

import gzip
import hashlib
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wallet import dids, keys
from wallet.canonical import canonical
from wallet.credentials import integrity, sd_jwt_verify
from wallet.credentials.model import Binding, Verdict
from wallet.credentials.status import StatusPolicy
from wallet.dids import document
from wallet.dids import key as did_key
from wallet.dids.document import Document
from wallet.encoding import b58
from wallet.errors import Unresolved
from wallet.keys import Curve, PrivateKey
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject

Object: TypeAlias = JsonObject
Encode: TypeAlias = Callable[[Json], str]

NOW = 1_760_000_000
AUDIENCE, NONCE = "https://shop.example", "n-0S6_WzA2Mj"
TOKEN_LIST, BITSTRING = "https://issuer.example/status/1", "https://issuer.example/status/2"
VCT = "https://issuer.example/card"
V2 = "https://www.w3.org/ns/credentials/v2"


def key(name: str, curve: Curve = Curve.ED25519) -> PrivateKey:
    """The private key of one of the three: made from the name, so that cases stay readable."""
    return keys.from_secret(curve, hashlib.sha256(name.encode()).digest())


KEYS = {
    "issuer": key("issuer"),
    "holder": key("holder"),
    "stranger": key("stranger"),
    "es256": key("es256", Curve.P256),
}
DIDS = {name: did_key.create(private.public) for name, private in KEYS.items()}
KIDS = {name: f"{did}#{did.removeprefix('did:key:')}" for name, did in DIDS.items()}
LOGIN = "did:example:login"
"""A DID of the issuer's key which lists it for authentication only."""


def filled(value: Json) -> Json:
    """`value` with `{issuer}`, `{issuer.kid}` and so on in its texts replaced by the DIDs and key ids of the three."""
    if isinstance(value, dict):
        return {name: filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    if not isinstance(value, str):
        return value
    for name in DIDS:
        value = value.replace(f"{{{name}}}", DIDS[name]).replace(f"{{{name}.kid}}", KIDS[name])
    return value


def child(holder: Object, name: str) -> Object:
    """The member `name`, an object; an empty one if it is absent."""
    value = holder.get(name, {})
    assert isinstance(value, dict)
    return value


def listed(value: Json) -> list[Json]:
    """`value`, a list; `{"count": n, "of": x}` stands for n different texts made from x."""
    if isinstance(value, dict):
        return [f"{value['of']}{number}" for number in range(int(str(value["count"])))]
    assert isinstance(value, list)
    return value


def changed(base: Object, changes: Object) -> Object:
    """`base` with members set, or taken out where the new value is `{"absent": true}`."""
    merged = base | changes
    return {name: value for name, value in merged.items() if value != {"absent": True}}


def b64u(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def encoded(value: Json) -> str:
    """JSON as base64url; a text stands for itself, byte for byte."""
    return b64u(value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode())


def jws(header: Json, payload: Json, signer: str) -> str:
    """A compact JWS by one of the three, whatever its header says. signer: empty for no signature."""
    signed = f"{encoded(header)}.{encoded(payload)}"
    return f"{signed}.{b64u(KEYS[signer].sign(signed.encode())) if signer else ''}"


# -- SD-JWT VC ------------------------------------------------------------------------------------------------------

HIDDEN: list[Json] = [["salt-1", "given_name", "Mina"], ["salt-2", "age", 36]]


def sd_jwt(case: Object) -> str:
    """An SD-JWT as presented. `header`, `payload`: changes. `hidden`: disclosures whose digests are signed.

    `shown`: disclosures that are sent, by default the hidden ones. `signer`. `text`: changes to the whole payload text.
    `answer`: the KB-JWT (`header`, `claims`, `signer`, or null for none). `form`: compact, flattened or general.
    """
    hidden = [encoded(one) for one in listed(filled(case.get("hidden", HIDDEN)))]
    digests: list[Json] = [digest(one) for one in hidden]
    payload: Object = {"iss": DIDS["issuer"], "vct": VCT, "iat": NOW - 60, "exp": NOW + 86400, "_sd_alg": "sha-256"}
    payload |= {"_sd": digests, "cnf": {"jwk": dict(keys.to_jwk(KEYS["holder"].public))}}
    payload = changed(payload, child(case, "payload"))
    if "more_digests" in case:
        payload["_sd"] = [*listed(payload["_sd"]), *listed(case["more_digests"])]
    text: Json = filled(payload)
    for old, new in child(case, "text").items():
        text = (text if isinstance(text, str) else json.dumps(text)).replace(old, str(new))
    header = changed({"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": KIDS["issuer"]}, child(case, "header"))
    jwt = jws(filled(header), text, str(case.get("signer", "issuer")))
    shown = [encoded(one) for one in listed(filled(case["shown"]))] if "shown" in case else hidden
    bound = "~".join([jwt, *shown, ""])
    answer = "" if case.get("answer", {}) is None else answered(bound, child(case, "answer"))
    return in_form(str(case.get("form", "compact")), jwt, shown, answer) if "form" in case else bound + answer


def digest(text: str) -> str:
    """SHA-256 of a text, as base64url."""
    return b64u(hashlib.sha256(text.encode()).digest())


def answered(bound: str, answer: Object) -> str:
    """A KB-JWT over `bound`. `over`: text that is signed for instead."""
    claims: Object = {"iat": NOW, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(str(answer.get("over", bound)))}
    header = changed({"alg": "EdDSA", "typ": "kb+jwt"}, child(answer, "header"))
    if "raw" in answer:
        return str(answer["raw"])
    return jws(filled(header), changed(claims, child(answer, "claims")), str(answer.get("signer", "holder")))


def in_form(form: str, jwt: str, shown: list[str], answer: str) -> str:
    """The JSON serialisations (RFC 9901, section 8)."""
    protected, payload, signature = jwt.split(".")
    unprotected: Object = {"disclosures": [*shown]}
    if answer:
        unprotected["kb_jwt"] = answer
    entry: Object = {"header": unprotected, "protected": protected, "signature": signature}
    if form == "flattened":
        return json.dumps({"payload": payload, "given_name": "Lucy", **entry})
    return json.dumps({"payload": payload, "signatures": [entry]})


# -- Verifiable credentials and presentations -------------------------------------------------------------------------


def proof(plain: Object, how: Object, purpose: str, signer: str) -> Object:
    """A Data Integrity proof of eddsa-jcs-2022. how: changes to its members before signing, `signer`, `value`."""
    signer = str(how.get("signer", signer))
    options: Object = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": "2025-10-09T08:53:20Z"}
    options |= {"verificationMethod": KIDS[signer], "proofPurpose": purpose, "@context": plain["@context"]}
    if purpose == "authentication":
        options |= {"challenge": NONCE, "domain": AUDIENCE}
    options = changed(options, child(how, "options"))
    hashes = hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(plain)).digest()
    value = str(how["value"]) if "value" in how else "z" + b58(KEYS[signer].sign(hashes))
    return options | {"proofValue": value}


def secured(plain: Object, case: Object, purpose: str, signer: str) -> Object:
    """A document with its proof or proofs. `proofs`: a description each, null for none. `after`: later changes."""
    hows = case.get("proofs", [{}])
    made: list[Json] = []
    for how in hows if isinstance(hows, list) else []:
        filled_how = filled(how)
        assert isinstance(filled_how, dict)
        made.append(proof(plain, filled_how, purpose, signer))
    document = dict(plain)
    if made:
        document["proof"] = made[0] if len(made) == 1 else made
    return changed(document, case_object(filled(child(case, "after"))))


def case_object(value: Json) -> Object:
    """`value`, an object."""
    assert isinstance(value, dict)
    return value


def credential(case: Object) -> Object:
    """A credential. `document`: changes before signing; then see `secured`."""
    plain: Object = {"@context": [V2], "id": "urn:uuid:58172aac-d8ba-41ed-83dd-0b3aef56cc33", "issuer": DIDS["issuer"]}
    plain |= {"type": ["VerifiableCredential", "Card"], "validFrom": "2025-01-01T00:00:00Z"}
    plain |= {"credentialSubject": {"id": DIDS["holder"], "name": "Mina"}}
    return secured(changed(plain, case_object(filled(child(case, "document")))), case, "assertionMethod", "issuer")


def presentation(case: Object) -> Object:
    """A presentation. `credentials`: one description each. `document`: changes before signing; then see `secured`."""
    inside: list[Json] = [credential(case_object(one)) for one in listed(case.get("credentials", [{}]))]
    plain: Object = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": DIDS["holder"]}
    plain |= {"verifiableCredential": inside}
    return secured(changed(plain, case_object(filled(child(case, "document")))), case, "authentication", "holder")


# -- status lists -----------------------------------------------------------------------------------------------------


def token_list(case: Object) -> bytes:
    """A Token Status List, 1 bit each, where index 7 is set. `header`, `claims`, `list`: changes. `zeros`: its size."""
    raw = bytes(int(str(case["zeros"]))) if "zeros" in case else bytes([0x80]) + bytes(127)
    if "bytes" in case:
        raw = bytes.fromhex(str(case["bytes"]))
    entries = changed({"bits": 1, "lst": b64u(zlib.compress(raw, 9))}, child(case, "list"))
    claims: Object = {"sub": TOKEN_LIST, "iss": DIDS["issuer"], "iat": NOW - 60, "exp": NOW + 3600, "ttl": 600}
    claims = changed(claims | {"status_list": entries}, child(case, "claims"))
    header = changed({"alg": "EdDSA", "typ": "statuslist+jwt", "kid": KIDS["issuer"]}, child(case, "header"))
    return jws(filled(header), filled(claims), str(case.get("signer", "issuer"))).encode()


def bitstring(case: Object) -> bytes:
    """A Bitstring Status List where index 7 is set. `subject`: changes. `zeros`: its length. Else a credential."""
    raw = bytes([0x01]) + bytes(int(str(case.get("zeros", 16383))))
    listing = "u" + b64u(gzip.compress(raw, 9, mtime=0))
    subject: Object = {"id": f"{BITSTRING}#list", "type": "BitstringStatusList", "statusPurpose": "revocation"}
    subject = changed(subject | {"encodedList": listing}, child(case, "subject"))
    document: Object = {"id": BITSTRING, "type": ["VerifiableCredential", "BitstringStatusListCredential"]}
    document |= {"credentialSubject": subject, "validFrom": "2025-10-09T08:00:00Z"}
    return json.dumps(credential(case | {"document": document | child(case, "document")})).encode()


# -- the verifier -----------------------------------------------------------------------------------------------------

BUILDERS: Mapping[str, Callable[[Object], str | bytes | Object]] = {
    "sd_jwt": sd_jwt,
    "credential": credential,
    "presentation": presentation,
}


@dataclass
class World:
    """What a verification may have: the documents and lists of a case. used: addresses and DIDs it asked for."""

    lists: dict[str, bytes] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def resolve(self, did: str) -> Lookup[Document]:
        """The DIDs that carry their documents, and LOGIN."""
        self.resolved.append(did)
        if did == LOGIN:
            method: Object = {"id": f"{LOGIN}#1", "type": "Multikey", "controller": LOGIN}
            method["publicKeyMultibase"] = keys.to_multikey(KEYS["issuer"].public)
            return document.read({"id": LOGIN, "verificationMethod": [method], "authentication": [f"{LOGIN}#1"]}, LOGIN)
        return (yield from dids.resolve(did))

    def finish(self, lookup: Lookup[Verdict]) -> Verdict:
        """Drive a verification with what the case gives; whatever else it asks for is a use of the network."""
        try:
            need: Fetch = next(lookup)
            while True:
                assert need.url in self.lists, f"wanted to fetch {need.url}"
                self.fetched.append(need.url)
                answer = self.lists[need.url]
                need = lookup.throw(Unresolved("refused")) if answer == b"down" else lookup.send(answer)
        except StopIteration as done:
            verdict = done.value
        assert isinstance(verdict, Verdict)
        return verdict


LISTS: Mapping[str, Callable[[Object], bytes]] = {TOKEN_LIST: token_list, BITSTRING: bitstring}


def lists_of(case: Object) -> dict[str, bytes]:
    """The status lists a case gives: a description, or "down" for one that cannot be had."""
    given = child(case, "lists")
    return {
        url: b"down" if how == "down" else how.encode() if isinstance(how, str) else LISTS[url](case_object(how))
        for url, how in given.items()
    }


def judged(kind: str, raw: str | bytes | Object, given: Object, world: World) -> Verdict:
    """The verdict of a verifier. given: `answer` (false for no holder binding), `accepts`, `status`."""
    binding: Binding | None = Binding(audience=AUDIENCE, nonce=NONCE)
    if given.get("answer", {}) is False:
        binding = None
    elif binding and child(given, "answer").get("used"):
        binding = replace(binding, used=True)
    policy = {name: tuple(value) if isinstance(value, list) else value for name, value in chosen(given).items()}
    status = StatusPolicy(**child(given, "status"))  # type: ignore[arg-type]  # a case is JSON: checked when it runs
    if kind == "sd_jwt":
        assert not isinstance(raw, dict)
        accepted = sd_jwt_verify.Policy(status=status, **policy)  # type: ignore[arg-type]  # as above
        lookup = sd_jwt_verify.verify(raw, now=NOW, resolve=world.resolve, binding=binding, policy=accepted)
        return world.finish(lookup)
    rules = integrity.Policy(status=status, **policy)  # type: ignore[arg-type]  # as above
    if kind == "credential":
        return world.finish(integrity.verify_credential(raw, now=NOW, resolve=world.resolve, policy=rules))
    return world.finish(
        integrity.verify_presentation(raw, now=NOW, resolve=world.resolve, binding=binding, policy=rules)
    )


def chosen(given: Object) -> Object:
    """The policy of a case, with the names of the three filled in."""
    return case_object(filled(child(given, "accepts")))
