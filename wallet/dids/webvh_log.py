"""The history of a did:webvh: every version, each chained to the one before and signed by whoever may.

    raw log -> one entry after another -> verified versions, and the first fault, if there is one

A log is trusted up to its first fault and no further. Whether the versions were witnessed is `webvh_witness.py`'s part.
Source: did:webvh DID Method v1.0, "Read (Resolve)" and "DID Method Processes".
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from wallet.canonical import canonical
from wallet.data_integrity import CRYPTOSUITE, holds
from wallet.dids.webvh_parameters import FIRST, Parameters, read_parameters
from wallet.encoding import b58, multihash
from wallet.errors import Malformed, Untrusted, WalletError
from wallet.keys import read_multikey
from wallet.strict_json import Json, JsonObject, parse_object

PLACEHOLDER: Final = "{SCID}"
MEMBERS: Final = {"versionId", "versionTime", "parameters", "state", "proof"}
MAX_ENTRIES: Final = 1000
MAX_PROOFS: Final = 5
AHEAD: Final = 300  # seconds a versionTime may lie in the future
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Version:
    """One verified version. id: `number-hash`; time: Unix seconds; state: the DID document as published."""

    number: int
    id: str
    time: float
    written: str
    parameters: Parameters
    state: JsonObject

    @property
    def did(self) -> str:
        """The DID under which this version was published."""
        return str(self.state.get("id"))


@dataclass(frozen=True, slots=True)
class History:
    """What a log proves. versions: those before the first fault, oldest first; fault: what is wrong with the next."""

    versions: tuple[Version, ...]
    fault: str = ""


def read_history(raw: bytes, scid: str, now: int | None = None) -> History:
    """Verify a log. scid: of the DID asked for. now: Unix seconds, to refuse what lies in the future; None: not asked.

    Never raises: a fault ends the history where it stands.
    """
    history = _verified(raw, scid)
    for index, version in enumerate(history.versions):
        if now is not None and version.time > now + AHEAD:
            return History(history.versions[:index], f"entry {index + 1}: {version.written} has not come")
    return history


@lru_cache(maxsize=64)
def _verified(raw: bytes, scid: str) -> History:
    """Verifying is the same every time, and costs a signature check an entry."""
    versions: list[Version] = []
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) > MAX_ENTRIES:
        return History((), f"a log of {len(lines)} entries; at most {MAX_ENTRIES} are read")
    for line in lines:
        try:
            versions.append(_next(parse_object(line), versions[-1] if versions else None, scid))
        except WalletError as fault:
            return History(tuple(versions), f"entry {len(versions) + 1}: {fault}")
    return History(tuple(versions), "" if versions else "the log is empty")


def _next(entry: JsonObject, before: Version | None, scid: str) -> Version:
    """The version that an entry adds. Raises Malformed or Untrusted."""
    if set(entry) - MEMBERS or not set(entry) >= MEMBERS - {"proof"}:
        raise Malformed(f"an entry has {', '.join(sorted(MEMBERS))}, not {', '.join(sorted(entry))[:200]}")
    own, state, proof = entry["parameters"], entry["state"], entry.get("proof")
    if not isinstance(own, dict) or not isinstance(state, dict):
        raise Malformed("its parameters and its state have to be objects")
    parameters = read_parameters(own, before.parameters if before else FIRST)
    plain = {name: value for name, value in entry.items() if name != "proof"}
    _check_signature(plain, proof, parameters.signers(before.parameters if before else None))
    number, id = _check_hash(plain, before, parameters.scid)
    time, written = _check_time(entry["versionTime"], before)
    if before is None:
        _check_scid(plain, parameters.scid)
    _check_did(state, before, parameters, scid)
    return Version(number, id, time, written, parameters, state)


def _check_signature(plain: JsonObject, proof: Json, signers: tuple[str, ...]) -> None:
    """At least one proof, and every one by a key that may change the DID now."""
    proofs = proof if isinstance(proof, list) else [proof]
    if not 0 < len(proofs) <= MAX_PROOFS:
        raise Untrusted("it is not signed, or too often")
    for each in proofs:
        key = signer_of(each)
        if key not in signers:
            raise Untrusted(f"it is signed by {key[:100]!r}, which may not change this DID")
        if not isinstance(each, dict) or not holds(plain, each, read_multikey(key)):
            raise Untrusted("its signature does not hold")


def signer_of(proof: Json) -> str:
    """The Multikey that a proof names, in the one form that is allowed. Raises Untrusted."""
    if not isinstance(proof, dict) or proof.get("type") != "DataIntegrityProof":
        raise Untrusted("it is not signed with a Data Integrity proof")
    if proof.get("cryptosuite") != CRYPTOSUITE or proof.get("proofPurpose") != "assertionMethod":
        raise Untrusted(f"a proof here is of {CRYPTOSUITE}, for assertionMethod")
    did, _, fragment = str(proof.get("verificationMethod")).partition("#")
    key = did.removeprefix("did:key:")
    if did == key or fragment != key:
        raise Untrusted("a proof here names a did:key and its one key")
    return key


def entry_hash(plain: JsonObject) -> str:
    """The hash of an entry without its proof, as text."""
    return b58(multihash(canonical(plain)))


def _check_hash(plain: JsonObject, before: Version | None, scid: str) -> tuple[int, str]:
    id, expected = str(plain["versionId"]), before.number + 1 if before else 1
    number, _, given = id.partition("-")
    if number != str(expected):
        raise Untrusted(f"it says it is version {number[:20]!r}, where {expected} comes next")
    if given != entry_hash({**plain, "versionId": before.id if before else scid}):
        raise Untrusted("its hash is not that of its content and the entry before")
    return expected, id


def _check_time(value: Json, before: Version | None) -> tuple[float, str]:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Malformed(f"its versionTime is {str(value)[:50]!r}, not a time in UTC")
    try:
        time = datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError) as fault:
        raise Malformed(f"its versionTime is {value!r}: {fault}") from fault
    if before is not None and time <= before.time:
        raise Untrusted("its versionTime is not later than that of the entry before")
    return time, value


def _check_scid(plain: JsonObject, scid: str) -> None:
    """The SCID is the hash of the first entry with a placeholder wherever the SCID stands."""
    blank = canonical({**plain, "versionId": PLACEHOLDER}).replace(scid.encode(), PLACEHOLDER.encode())
    if b58(multihash(blank)) != scid:
        raise Untrusted("the first entry does not hash to the SCID")


def _check_did(state: JsonObject, before: Version | None, parameters: Parameters, scid: str) -> None:
    did = str(state.get("id"))
    if parameters.scid != scid or did.split(":")[:3] != ["did", "webvh", scid] or did.count(":") < 3:
        raise Untrusted(f"it is of {did[:100]!r}, another DID than was asked for")
    if before is None or did == before.did:
        return
    names = state.get("alsoKnownAs")
    if not parameters.portable or not isinstance(names, list) or before.did not in names:
        raise Untrusted("it moves the DID to another place, which this DID may not do, or not so")
