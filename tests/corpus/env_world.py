"""Three people with fixed keys, and messages between them that may be wrong in one chosen place.

The envelopes are written here from the specifications, not by the code under test, so that a case can hold a consistent
message of a forbidden form: what is refused is the form, not some broken ciphertext.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TypeAlias

from agent.didcomm import jwe
from wallet import ciphers, keys
from wallet.dids import document
from wallet.dids.document import Document
from wallet.keys import ALGORITHM, Curve, Keyring, PrivateKey
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject

Object: TypeAlias = JsonObject

ALICE, BOB, CAROL = "did:example:alice", "did:example:bob", "did:example:carol"
AGREEMENT = {"x25519": Curve.X25519, "p256": Curve.P256, "p384": Curve.P384}
SIGNING = {"ed25519": Curve.ED25519, "es256": Curve.P256, "es256k": Curve.SECP256K1}
SIZE = {Curve.P384: 48}


@cache
def secret(kid: str, curve: Curve) -> PrivateKey:
    """The private key of a key id: made from the id, so that published messages stay readable."""
    seed = hashlib.sha384(kid.encode()).digest()[: SIZE.get(curve, 32)]
    return keys.from_secret(curve, seed)


@cache
def all_keys(did: str) -> dict[str, PrivateKey]:
    """The keys of one of the three, by key id."""
    return {f"{did}#{name}": secret(f"{did}#{name}", curve) for name, curve in (AGREEMENT | SIGNING).items()}


def raw_document(did: str) -> Object:
    """The DID document of one of the three."""
    ids: dict[str, list[Json]] = {}
    for purpose, names in (("authentication", SIGNING), ("assertionMethod", SIGNING), ("keyAgreement", AGREEMENT)):
        ids[purpose] = [f"{did}#{name}" for name in names]
    methods: list[Json] = [
        {"id": kid, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": dict(keys.to_jwk(key.public))}
        for kid, key in all_keys(did).items()
    ]
    return {"id": did, "verificationMethod": methods, **ids}


@dataclass
class World:
    """What a case may look up, and the keys of Bob, who receives. changed: members of DID documents that differ."""

    changed: dict[str, Object] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)

    def resolve(self, did: str) -> Lookup[Document]:
        """Documents of the three at no cost; whatever else is asked for would be a use of the network."""
        self.looked_up.append(did)
        if did not in (ALICE, BOB, CAROL):
            yield Fetch(did)
        return document.read(raw_document(did) | self.changed.get(did, {}), did)

    @cached_property
    def ring(self) -> Keyring:
        """Bob's keys; every agreement is noted."""
        ring = Noted(self.agreed)
        for kid, key in all_keys(BOB).items():
            ring.add(kid, key)
        return ring


class Noted(Keyring):
    """A keyring that notes with which key it agreed on a secret."""

    def __init__(self, agreed: list[str]) -> None:
        super().__init__()
        self.agreed = agreed

    def agree(self, kid: str, public: keys.PublicKey, *, lasting: bool = False) -> bytes:
        """Note it, and agree."""
        self.agreed.append(kid)
        return super().agree(kid, public, lasting=lasting)


def b64u(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value: Json) -> bytes:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def changed(base: Object, changes: Object) -> Object:
    """`base` with members set, or taken out where the new value is {"absent": true}."""
    merged = base | changes
    return {name: value for name, value in merged.items() if value != {"absent": True}}


def encrypted(text: bytes, layer: Object) -> bytes:
    """One layer of encryption.

    layer: `sender`, `recipients`, `enc`, `header` (changes to what is protected), `raw_header` (its text, instead),
    `recipient` (changes to each recipient), `envelope` (changes to the whole).
    """
    sender = layer.get("sender")
    kids = [str(kid) for kid in listed(layer.get("recipients", [f"{BOB}#x25519"]))]
    known = {kid: key for did in (ALICE, BOB, CAROL) for kid, key in all_keys(did).items()}
    public = {kid: known.get(kid, known[f"{CAROL}#x25519"]).public for kid in kids}
    enc = str(layer.get("enc", "A256CBC-HS512"))
    curve = public[kids[0]].curve if kids else Curve.X25519
    ephemeral = secret("ephemeral", curve)
    apv = hashlib.sha256(".".join(sorted(kids)).encode()).digest()
    header: Object = {
        "typ": jwe.MEDIA_TYPE,
        "alg": "ECDH-1PU+A256KW" if sender else "ECDH-ES+A256KW",
        "enc": enc,
        "apv": b64u(apv),
        "epk": dict(keys.to_jwk(ephemeral.public)),
    }
    if sender:
        header |= {"skid": sender, "apu": b64u(str(sender).encode())}
    header = changed(header, child(layer, "header"))
    protected = b64u(str(layer["raw_header"]).encode() if "raw_header" in layer else compact(header))
    content_key = hashlib.sha512(b"content").digest()[: ciphers.KEY_BITS[enc] // 8]
    nonce = hashlib.sha512(b"nonce").digest()[: ciphers.NONCE_BYTES[enc]]
    ciphertext, tag = ciphers.seal_content(enc, content_key, nonce, text, protected.encode())
    recipients: list[Json] = []
    for kid in kids:
        shared = ephemeral.agree(public[kid])
        if sender:
            shared += known[str(sender)].agree(public[kid])
        apu = str(sender).encode() if sender else b""
        key = ciphers.concat_kdf(
            shared, alg=str(header.get("alg")), apu=apu, apv=apv, bits=256, tag=tag if sender else b""
        )
        recipient: Object = {"header": {"kid": kid}, "encrypted_key": b64u(ciphers.aes_kw_wrap(key, content_key))}
        recipients.append(changed(recipient, child(layer, "recipient")))
    envelope: Object = {"protected": protected, "recipients": recipients, "iv": b64u(nonce)}
    envelope |= {"ciphertext": b64u(ciphertext), "tag": b64u(tag)}
    return compact(changed(envelope, child(layer, "envelope")))


def signed(text: bytes, layer: Object) -> bytes:
    """One layer of signature.

    layer: `signer`, `header` (changes to what is protected), `unprotected` (that header, instead of one with the kid),
    `signature` (hex, instead of the true one), `flattened`, `envelope` (changes to the whole).
    """
    signer = str(layer.get("signer", f"{ALICE}#ed25519"))
    key = {kid: key for did in (ALICE, BOB, CAROL) for kid, key in all_keys(did).items()}[signer]
    header: Object = {"typ": "application/didcomm-signed+json", "alg": ALGORITHM[key.public.curve]}
    protected, payload = b64u(compact(changed(header, child(layer, "header")))), b64u(text)
    value = bytes.fromhex(str(layer["signature"])) if "signature" in layer else b""
    if "signature" not in layer:
        value = key.sign(f"{protected}.{payload}".encode())
    entry: Object = {"protected": protected, "signature": b64u(value)}
    entry["header"] = layer.get("unprotected", {"kid": signer})
    envelope: Object = {"payload": payload, "signatures": [entry]}
    if layer.get("flattened"):
        envelope = {"payload": payload, **entry}
    return compact(changed(envelope, child(layer, "envelope")))


MESSAGE: Object = {
    "id": "1234567890",
    "typ": "application/didcomm-plain+json",
    "type": "https://didcomm.org/basicmessage/2.0/message",
    "from": ALICE,
    "to": [BOB],
    "created_time": 1516269022,
    "body": {"content": "hello"},
}


def built(generator: Object) -> bytes:
    """The bytes that a case describes.

    generator: `plaintext` (changes to MESSAGE) or, in its place, `text` or `text_hex`; `layers`, from the outside in;
    `bytes`, what happens to the result (`replace`, `encode`, `prefix`, `suffix`). Or nothing but `repeated`.
    """
    if "repeated" in generator:
        repeated = child(generator, "repeated")
        return str(repeated["of"]).encode() * int(str(repeated["times"]))
    text = (
        str(generator["text"]).encode()
        if "text" in generator
        else compact(changed(MESSAGE, child(generator, "plaintext")))
    )
    if "text_hex" in generator:
        text = bytes.fromhex(str(generator["text_hex"]))
    for layer in reversed(listed(generator.get("layers", [{"sender": f"{ALICE}#x25519"}]))):
        assert isinstance(layer, dict)
        text = signed(text, layer) if layer.get("kind") == "signed" else encrypted(text, layer)
    return treated(text, child(generator, "bytes"))


def treated(raw: bytes, how: Object) -> bytes:
    """`raw` after what a case does to the finished bytes."""
    if "replace" in how:
        old, new = listed(how["replace"])
        assert str(old).encode() in raw
        raw = raw.replace(str(old).encode(), str(new).encode(), 1)
    if "encode" in how:
        raw = raw.decode().encode(str(how["encode"]))
    return bytes.fromhex(str(how.get("prefix", ""))) + raw + bytes.fromhex(str(how.get("suffix", "")))


def child(holder: Object, name: str) -> Object:
    """The member `name`, an object; an empty one if it is absent."""
    value = holder.get(name, {})
    assert isinstance(value, dict)
    return value


def listed(value: Json) -> list[Json]:
    """`value`, a list; {"count": n, "of": x} stands for n times x, with `{}` in a text replaced by the number."""
    if isinstance(value, dict):
        many = range(int(str(value["count"])))
        return [str(value["of"]).replace("{}", str(number)) for number in many] + listed(value.get("then", []))
    assert isinstance(value, list)
    return value
