"""Which versions of a did:webvh were witnessed, as far as they had to be. Source: did:webvh DID Method v1.0,
"Verifying Witness Proofs During Resolution"."""

from collections.abc import Iterator

from wallet.data_integrity import holds
from wallet.dids.webvh_log import History, Version, signer_of
from wallet.dids.webvh_parameters import Witnesses
from wallet.errors import Malformed, WalletError
from wallet.keys import read_multikey
from wallet.strict_json import Json, parse

MOST_PROOFS = 1000


def needs_witnesses(history: History) -> bool:
    """Whether any version had to be witnessed."""
    return any(required for _, required in _required(history) if required.keys)


def witnessed(history: History, raw: bytes | None) -> History:
    """The history up to the first version that lacks approval. raw: did-witness.json; None: there is none."""
    try:
        approvals = _approvals(history, parse(raw) if raw is not None else [])
    except WalletError as fault:
        approvals, excuse = {}, f": {fault}"
    else:
        excuse = ""
    for index, (version, required) in enumerate(_required(history)):
        approved = [key for key in required.keys if approvals.get(key, 0) >= version.number]
        if len(approved) < required.threshold:
            words = f"version {version.number} was approved by {len(approved)} of {required.threshold} witnesses"
            return History(history.versions[:index], words + excuse)
    return history


def _required(history: History) -> Iterator[tuple[Version, Witnesses]]:
    """Every version with those who had to approve it: a new list is in force after its entry, a first one at once."""
    before = Witnesses()
    for version in history.versions:
        yield version, before if before.keys else version.parameters.witness
        before = version.parameters.witness


def _approvals(history: History, listed: Json) -> dict[str, int]:
    """The newest version that each witness approved, and with it all before. A proof of nobody known counts nothing."""
    numbers = {version.id: version.number for version in history.versions}
    known = {key for _, required in _required(history) for key in required.keys}
    found: dict[str, int] = {}
    for id, proof in _proofs(listed):
        number = numbers.get(id, 0)
        try:
            key = signer_of(proof)
            genuine = number > found.get(key, 0) and key in known and isinstance(proof, dict)
            if genuine and isinstance(proof, dict) and holds({"versionId": id}, proof, read_multikey(key)):
                found[key] = number
        except WalletError:
            continue
    return found


def _proofs(listed: Json) -> Iterator[tuple[str, Json]]:
    if not isinstance(listed, list):
        raise Malformed("did-witness.json is not a list")
    count = 0
    for each in listed:
        proofs = each.get("proof") if isinstance(each, dict) else None
        for proof in proofs if isinstance(proofs, list) else [proofs]:
            count += 1
            if count > MOST_PROOFS:
                raise Malformed(f"more than {MOST_PROOFS} proofs of witnesses")
            yield str(each.get("versionId")) if isinstance(each, dict) else "", proof
