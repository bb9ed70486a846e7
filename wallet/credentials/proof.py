"""Data Integrity proofs of cryptosuite eddsa-jcs-2022, on any JSON object.

Sources: Verifiable Credential Data Integrity 1.0, sections 4.2 to 4.4; Data Integrity EdDSA Cryptosuites v1.0,
section 3.3.
The canonical form is JCS, so no context is processed and every member is signed.
"""

from dataclasses import dataclass

from wallet.credentials.issuers import Resolve
from wallet.credentials.model import Binding, Findings
from wallet.credentials.vcdm import entries, seconds_of
from wallet.data_integrity import CRYPTOSUITE, holds, signed_bytes
from wallet.dids.document import Purpose
from wallet.encoding import to_multibase
from wallet.errors import Unsupported, WalletError
from wallet.keys import Curve, Keyring, PublicKey
from wallet.names import did_of, same
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

MAX_PROOFS = 5

CHECKS = (
    "proof_required",
    "cryptosuite",
    "purpose",
    "proof_context",
    "proof_period",
    "issuer_key",
    "signature",
    "issuer_binding",
)
"""What is asked of a proof, in order."""

BINDING_CHECKS = ("challenge", "nonce_used", "domain")
"""What is asked of a proof that answers a question, besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a proof has to be for. signer: a DID that has to be among the signers. binding: the question it answers."""

    purpose: Purpose
    signer: str
    now: int
    leeway: int
    binding: Binding | None = None


def add_proof(
    document: JsonObject,
    *,
    keys: Keyring,
    kid: str,
    purpose: str = "assertionMethod",
    created: str | None = None,
    challenge: str | None = None,
    domain: str | None = None,
) -> JsonObject:
    """The document with a proof by `kid`; a document that has proofs gets one more, beside them (a proof set).

    created: RFC 3339. Raises NotFound without the key, Unsupported if it is not an Ed25519 key.
    """
    if keys.public(kid).curve is not Curve.ED25519:
        raise Unsupported(f"{CRYPTOSUITE} needs an Ed25519 key; {kid} is of {keys.public(kid).curve}")
    proof: JsonObject = {"type": "DataIntegrityProof", "cryptosuite": CRYPTOSUITE}
    members = (("created", created), ("verificationMethod", kid), ("proofPurpose", purpose))
    proof.update((n, v) for n, v in (*members, ("challenge", challenge), ("domain", domain)) if v is not None)
    if "@context" in document:
        proof["@context"] = document["@context"]
    plain = {name: value for name, value in document.items() if name != "proof"}
    proof["proofValue"] = to_multibase(keys.sign(kid, signed_bytes(plain, proof)))
    before = entries(document.get("proof"))
    return {**plain, "proof": [*before, proof] if before else proof}


def check_proofs(findings: Findings, document: JsonObject, expected: Expected, resolve: Resolve) -> Lookup[None]:
    """Check every proof of a document; all have to hold, and one of them has to be the expected signer's."""
    proofs = entries(document.get("proof"))
    if not findings.say("proof_required", "it is signed", None if proofs else "it carries no proof"):
        return
    plain = {name: value for name, value in document.items() if name != "proof"}
    signers: list[str] = []
    for proof in proofs[:MAX_PROOFS]:
        signer = yield from _check_proof(findings, plain, proof, expected, resolve)
        signers += [signer] if signer else []
    if len(proofs) > MAX_PROOFS:
        findings.fail("cryptosuite", f"{len(proofs)} proofs; at most {MAX_PROOFS} are checked")
    if signers:
        own = any(same(signer, expected.signer) for signer in signers)
        fault = None if own else f"it says it is by {expected.signer[:200]!r}, but {signers[0][:200]!r} signed"
        findings.say("issuer_binding", "the signer is the one who speaks", fault)


def _check_proof(
    findings: Findings, plain: JsonObject, proof: Json, expected: Expected, resolve: Resolve
) -> Lookup[str | None]:
    if not findings.say("cryptosuite", f"the proof is {CRYPTOSUITE}", _suite_fault(proof)) or not isinstance(
        proof, dict
    ):
        return None
    _check_options(findings, plain, proof, expected)
    if expected.binding is not None:
        _check_answer(findings, proof, expected.binding)
    method = proof["verificationMethod"]
    kid = method if isinstance(method, str) else ""
    try:
        key = yield from _key(kid, expected.purpose, resolve)
    except WalletError as problem:
        findings.fail("issuer_key", problem)
        return None
    findings.say("issuer_key", "the key is known, and may be used for this", None)
    fault = None if _holds(plain, proof, key) else "the signature does not hold"
    findings.say("signature", "the signature holds", fault)
    return did_of(kid)


def _suite_fault(proof: Json) -> str | None:
    if not isinstance(proof, dict):
        return "a proof is an object"
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != CRYPTOSUITE:
        return f"a proof of {str(proof.get('cryptosuite'))[:100]!r}; only {CRYPTOSUITE} is checked here"
    if "previousProof" in proof:
        return "a chain of proofs, which is not understood here"
    if not isinstance(proof.get("verificationMethod"), str) or not isinstance(proof.get("proofValue"), str):
        return "the proof lacks its verificationMethod or its proofValue"
    return None


def _check_options(findings: Findings, plain: JsonObject, proof: JsonObject, expected: Expected) -> None:
    purpose, contexts = proof.get("proofPurpose"), plain.get("@context")
    other = None if purpose == expected.purpose else f"it was signed for {purpose!r}, not for {expected.purpose}"
    moved = None if proof.get("@context", contexts) == contexts else "contexts were added or changed after signing"
    findings.say("purpose", "it was signed for this", other)
    findings.say("proof_context", "the signed contexts are those of the document", moved)
    findings.say("proof_period", "it was signed in time", _time_fault(proof, expected.now, expected.leeway))


def _time_fault(proof: JsonObject, now: int, leeway: int) -> str | None:
    created, expires = seconds_of(proof.get("created")), seconds_of(proof.get("expires"))
    if ("created" in proof and created is None) or ("expires" in proof and expires is None):
        return "the proof has a time that is none"
    if created is not None and created > now + leeway:
        return f"it says it was signed at {proof['created']}, which has not come"
    if expires is not None and expires <= now - leeway:
        return f"the proof expired at {proof['expires']}"
    return None


def _check_answer(findings: Findings, proof: JsonObject, binding: Binding) -> None:
    answers = proof.get("challenge") == binding.nonce
    for_us = entries(proof.get("domain")) == [binding.audience]
    findings.say("challenge", "it answers our question", None if answers else "it answers another question")
    findings.say("nonce_used", "our question was open", binding.spent)
    fault = None if for_us else f"it is meant for {str(proof.get('domain'))[:200]!r}, not for us"
    findings.say("domain", "it is meant for us", fault)


def _key(kid: str, purpose: Purpose, resolve: Resolve) -> Lookup[PublicKey]:
    document = yield from resolve(did_of(kid))
    key = document.key(kid, purpose)
    if key.curve is not Curve.ED25519:
        raise Unsupported(f"{CRYPTOSUITE} needs an Ed25519 key; {kid[:200]} is of {key.curve}")
    return key


def _holds(plain: JsonObject, proof: JsonObject, key: PublicKey) -> bool:
    if "@context" in proof and proof["@context"] != plain.get("@context"):
        plain = plain | {"@context": proof["@context"]}  # what was signed; that it differs is said by proof_context
    return holds(plain, proof, key)
