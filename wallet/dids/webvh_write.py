"""Writing the history of a did:webvh: the first entry, and every one that follows.

An entry is one line of did.jsonl, to be published whole at `webvh.location`; with witnesses their proofs are published
first. Source: did:webvh DID Method v1.0, "Create (Register)", "Update (Rotate)" and "Deactivate (Revoke)".
"""

from collections.abc import Mapping
from typing import Final

from wallet.canonical import canonical
from wallet.credentials.vcdm import timestamp
from wallet.data_integrity import CRYPTOSUITE, signed_bytes
from wallet.dids.webvh_log import PLACEHOLDER, History, entry_hash, read_history
from wallet.dids.webvh_parameters import METHOD, key_hash
from wallet.encoding import b58, multihash, to_multibase
from wallet.errors import Malformed, Untrusted
from wallet.keys import Keyring, PublicKey, to_multikey
from wallet.strict_json import Json, JsonObject, parse_object

DRAFT: Final = f"did:webvh:{PLACEHOLDER}:"
"""How a DID begins while its first entry is being written: the SCID takes the placeholder's place."""


def signing_kid(public: PublicKey) -> str:
    """The id by which a key signs entries: that of its did:key."""
    multikey = to_multikey(public)
    return f"did:key:{multikey}#{multikey}"


def parameters(
    *, update: PublicKey, following: PublicKey | None = None, witness: Mapping[str, Json] | None = None
) -> JsonObject:
    """Parameters that let `update` change the DID, and commit to `following` as the only key that may come after it
    (pre-rotation: whoever steals `update` still cannot take the DID)."""
    own: JsonObject = {
        "updateKeys": [to_multikey(update)],
        "nextKeyHashes": [key_hash(to_multikey(following))] if following else [],
    }
    return own | ({"witness": dict(witness)} if witness is not None else {})


def first_entry(
    draft: JsonObject, own: JsonObject, *, keys: Keyring, kid: str, now: int, portable: bool = False
) -> tuple[str, bytes]:
    """A new DID and the first line of its log.

    draft: the document, in which the DID begins with `DRAFT`. own: see `parameters`. kid: see `signing_kid`.
    now: Unix seconds. Raises Malformed for a draft of another shape, NotFound without the key.
    """
    if not str(draft.get("id")).startswith(DRAFT):
        raise Malformed(f"a first document is of a DID that begins with {DRAFT}")
    rules: JsonObject = {"method": METHOD, "scid": PLACEHOLDER, "portable": portable, **own}
    blank: JsonObject = {
        "versionId": PLACEHOLDER,
        "versionTime": timestamp(now),
        "parameters": rules,
        "state": draft,
    }
    text = canonical(blank)
    scid = b58(multihash(text))
    plain = parse_object(text.replace(PLACEHOLDER.encode(), scid.encode()))
    state = plain["state"]
    did = str(state["id"]) if isinstance(state, dict) else ""
    return did, _signed(plain, 1, keys, kid)


def next_entry(log: bytes, document: JsonObject | None, own: JsonObject, *, keys: Keyring, kid: str, now: int) -> bytes:
    """The line to add to `log`. document: None for the same as before. own: the parameters that change; to deactivate,
    {"deactivated": True, "updateKeys": []}.

    Raises Untrusted, and nothing is signed, if the log does not hold or the entry would not be accepted after it.
    """
    history = _whole(log)
    last = history.versions[-1]
    plain: JsonObject = {
        "versionId": last.id,
        "versionTime": timestamp(max(now, int(last.time) + 1)),
        "parameters": own,
        "state": last.state if document is None else document,
    }
    line = _signed(plain, last.number + 1, keys, kid)
    _whole(log + line)
    return line


def _whole(log: bytes) -> History:
    first = parse_object(log.partition(b"\n")[0])
    own = first.get("parameters")
    history = read_history(log, str(own.get("scid")) if isinstance(own, dict) else "")
    if history.fault:
        raise Untrusted(f"the log would not be accepted: {history.fault}")
    return history


def _signed(plain: JsonObject, number: int, keys: Keyring, kid: str) -> bytes:
    """An entry whose versionId is still its predecessor's, numbered, hashed, signed, as a line."""
    entry = {**plain, "versionId": f"{number}-{entry_hash(plain)}"}
    proof = _proof(entry, str(entry["versionTime"]), keys, kid)
    return canonical({**entry, "proof": [proof]}) + b"\n"


def approve(version_id: str, *, keys: Keyring, kid: str, now: int) -> JsonObject:
    """A witness's proof for one version, for the list `proof` beside that `versionId` in did-witness.json."""
    return _proof({"versionId": version_id}, timestamp(now), keys, kid)


def _proof(plain: JsonObject, created: str, keys: Keyring, kid: str) -> JsonObject:
    proof: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": kid,
        "created": created,
        "proofPurpose": "assertionMethod",
    }
    return {**proof, "proofValue": to_multibase(keys.sign(kid, signed_bytes(plain, proof)))}
