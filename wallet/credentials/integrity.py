"""W3C Verifiable Credentials and Presentations (Data Model v2.0) secured by eddsa-jcs-2022 proofs.

Contexts are compared, never loaded: a document may use those that are known here and no others, and for some types the
whole list is fixed, so that no context can be slipped in that changes what the words mean.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from wallet.credentials.issuers import Resolve
from wallet.credentials.model import LEEWAY, Binding, Findings, Verdict, bounded_leeway, distrust, trust
from wallet.credentials.proof import (
    BINDING_CHECKS,
    Expected,
    add_proof,
    check_proofs,
)
from wallet.credentials.proof import CHECKS as PROOF_CHECKS
from wallet.credentials.status import StatusPolicy, check_bitstring_status
from wallet.credentials.vcdm import (
    BASE_CONTEXT,
    entries,
    id_of,
    issuer_of,
    seconds_of,
    timestamp,
    types_of,
    validate_credential,
    validate_presentation,
)
from wallet.data_integrity import CRYPTOSUITE
from wallet.errors import Malformed
from wallet.keys import Keyring
from wallet.names import did_of, same
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject, parse_object

FORMAT = "ldp_vc"
MAX_TEXT = 1024 * 1024
MAX_CREDENTIALS = 32

KNOWN_CONTEXTS = frozenset(
    {
        BASE_CONTEXT,
        "https://www.w3.org/ns/credentials/examples/v2",
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "https://www.w3.org/ns/credentials/status/v1",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/multikey/v1",
        "https://w3id.org/citizenship/v4rc1",
        "https://w3id.org/vdl/v1",
    }
)

CHECKS = (
    "format",
    "data_model",
    "context_unknown",
    "context_order",
    "credential_type",
    "trusted_issuer",
    "validity_period",
    *PROOF_CHECKS,
)
"""Every check of a credential, in order; those of its status are `status.CHECKS`."""

PRESENTATION_CHECKS = (
    "format",
    "data_model",
    "context_unknown",
    "context_order",
    *PROOF_CHECKS[:5],
    *BINDING_CHECKS,
    *PROOF_CHECKS[5:],
    "credentials",
    "subject_binding",
)
"""Every check of a presentation; what was found in each credential is in `Verdict.parts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a verifier accepts.

    types: credential types of which one has to be there, None for any. trusted: issuers, None for any. contexts: URLs
    that may be used. approved: the one list of contexts a type must come with. subject_is_holder: whether credentials
    with a subject id count only if their subject presents them. leeway: seconds, at most 300.
    """

    types: Collection[str] | None = None
    trusted: Collection[str] | None = None
    contexts: Collection[str] = KNOWN_CONTEXTS
    approved: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    subject_is_holder: bool = True
    leeway: int = LEEWAY
    status: StatusPolicy = field(default_factory=StatusPolicy)


DEFAULT = Policy()


def recognises(document: Json) -> bool:
    """Whether this looks like a credential or presentation with a Data Integrity proof."""
    return isinstance(document, dict) and "@context" in document and "proof" in document


def issue(credential: JsonObject, *, keys: Keyring, kid: str, now: int) -> JsonObject:
    """The credential, signed at `now` by `kid`, a key of its issuer. Raises Malformed with everything that is wrong."""
    faults = validate_credential(credential)
    if not same(issuer_of(credential) or "", did_of(kid)):
        faults = (*faults, f"the issuer is not {did_of(kid)}")
    if faults:
        raise Malformed(f"not a credential, and not signed: {'; '.join(faults)}")
    return add_proof(credential, keys=keys, kid=kid, created=timestamp(now))


def present(
    credentials: Sequence[JsonObject], *, keys: Keyring, holder_kid: str, audience: str, nonce: str, now: int
) -> JsonObject:
    """A presentation of whole credentials by the owner of `holder_kid`, in answer to one question of one verifier."""
    presentation: JsonObject = {
        "@context": [BASE_CONTEXT],
        "type": ["VerifiablePresentation"],
        "holder": did_of(holder_kid),
        "verifiableCredential": [*credentials],
    }
    return add_proof(
        presentation,
        keys=keys,
        kid=holder_kid,
        purpose="authentication",
        created=timestamp(now),
        challenge=nonce,
        domain=audience,
    )


def verify_credential(
    raw: bytes | str | JsonObject, *, now: int, resolve: Resolve, policy: Policy = DEFAULT
) -> Lookup[Verdict]:
    """Check a credential at `now` (Unix seconds). Never raises. An object must come from the strict gate."""
    findings = Findings()
    document = _document(findings, raw)
    if document is None:
        return findings.verdict(FORMAT, claims={})
    yield from _check_credential(findings, document, now, resolve, policy)
    if findings.good and "credentialStatus" in document:
        issuer = issuer_of(document) or ""
        yield from check_bitstring_status(
            findings, document.get("credentialStatus"), issuer=issuer, now=now, resolve=resolve, policy=policy.status
        )
    return findings.verdict(FORMAT, issuer=issuer_of(document), claims=document)


def verify_presentation(
    raw: bytes | str | JsonObject,
    *,
    now: int,
    resolve: Resolve,
    binding: Binding | None,
    policy: Policy = DEFAULT,
) -> Lookup[Verdict]:
    """Check a presentation, and every credential in it. Never raises.

    binding: our nonce and name; None if the request asked for no holder binding, and then the presentation itself need
    not be signed. A credential without proof counts only if the holder is its issuer and signed the presentation.
    """
    findings = Findings()
    document = _document(findings, raw)
    if document is None:
        return findings.verdict("ldp_vp", claims={})
    holder = id_of(document.get("holder")) or _claimed_signer(document)
    _check_shape(findings, document, validate_presentation(document), policy)
    signed = binding is not None or "proof" in document
    if signed:
        expected = Expected(
            purpose="authentication",
            signer=holder,
            now=now,
            leeway=bounded_leeway(policy.leeway),
            binding=binding,
        )
        yield from check_proofs(findings, document, expected, resolve)
    inside = entries(document.get("verifiableCredential"))
    parts: list[Verdict] = []
    for credential in inside[:MAX_CREDENTIALS]:
        parts.append((yield from _verify_part(credential, holder if signed else "", now, resolve, policy)))
    _check_parts(findings, inside, parts, holder if signed else "", policy)
    return findings.verdict("ldp_vp", issuer=holder, claims=document, parts=parts)


def _document(findings: Findings, raw: bytes | str | JsonObject) -> JsonObject | None:
    try:
        if isinstance(raw, dict):
            document = raw
        elif len(raw) > MAX_TEXT:
            raise Malformed(f"a document of {len(raw)} characters; at most {MAX_TEXT} are read")
        else:
            document = parse_object(raw)
    except Malformed as fault:
        findings.fail("format", fault)
        return None
    findings.say("format", "the text is a JSON object", None)
    return document


def _check_credential(
    findings: Findings, document: JsonObject, now: int, resolve: Resolve, policy: Policy
) -> Lookup[None]:
    _check_shape(findings, document, validate_credential(document), policy)
    issuer = issuer_of(document) or ""
    types = types_of(document)
    wanted = policy.types is None or any(name in policy.types for name in types)
    fault = None if wanted else f"a credential of the types {str(types)[:200]} was not asked for"
    findings.say("credential_type", "it is of a wanted type", fault)
    findings.say("trusted_issuer", trust(policy.trusted), distrust(issuer, policy.trusted))
    leeway = bounded_leeway(policy.leeway)
    findings.say("validity_period", "it is in its period", _period_fault(document, now, leeway))
    expected = Expected(purpose="assertionMethod", signer=issuer, now=now, leeway=leeway)
    yield from check_proofs(findings, document, expected, resolve)


def _check_shape(findings: Findings, document: JsonObject, faults: tuple[str, ...], policy: Policy) -> None:
    findings.say("data_model", "it has the shape it should have", "; ".join(faults)[:1000] if faults else None)
    contexts = entries(document.get("@context"))
    fixed = [policy.approved[name] for name in types_of(document) if name in policy.approved] if policy.approved else []
    strange = [] if fixed else [item for item in contexts if not isinstance(item, str) or item not in policy.contexts]
    fault = f"contexts that are not known here, and were not fetched: {str(strange)[:200]}" if strange else None
    findings.say("context_unknown", "its contexts are known", fault)
    approved = all(contexts == list(wanted) for wanted in fixed)
    fault = None if approved else "its contexts are not the ones approved for its type"
    findings.say("context_order", "its contexts are those of its type", fault)


def _period_fault(document: JsonObject, now: int, leeway: int) -> str | None:
    begin, end = seconds_of(document.get("validFrom")), seconds_of(document.get("validUntil"))
    if begin is not None and begin > now + leeway:
        return f"it is not valid before {document['validFrom']}"
    if end is not None and end <= now - leeway:
        return f"it was valid until {document['validUntil']}"
    return None


def _claimed_signer(document: JsonObject) -> str:
    """Who signs a presentation that names no holder; whether the signature holds is said elsewhere."""
    for proof in entries(document.get("proof")):
        if isinstance(proof, dict) and isinstance(proof.get("verificationMethod"), str):
            return did_of(str(proof["verificationMethod"]))
    return ""


def _verify_part(credential: Json, holder: str, now: int, resolve: Resolve, policy: Policy) -> Lookup[Verdict]:
    if not isinstance(credential, dict):
        findings = Findings()
        findings.fail("format", "a credential in a presentation is an object")
        return findings.verdict(FORMAT, claims={})
    if "proof" not in credential and holder and same(issuer_of(credential) or "", holder):
        return _self_asserted(credential, now, policy)
    return (yield from verify_credential(credential, now=now, resolve=resolve, policy=policy))


def _self_asserted(credential: JsonObject, now: int, policy: Policy) -> Verdict:
    """What the holder says about itself: the presentation's own proof covers it."""
    findings = Findings()
    _check_shape(findings, credential, validate_credential(credential), policy)
    issuer = issuer_of(credential) or ""
    findings.say("trusted_issuer", trust(policy.trusted), distrust(issuer, policy.trusted))
    late = _period_fault(credential, now, bounded_leeway(policy.leeway))
    findings.say("validity_period", "it is in its period", late)
    findings.notes.append("the holder says this about itself")
    return findings.verdict(FORMAT, issuer=issuer, claims=credential)


def _check_parts(findings: Findings, inside: list[Json], parts: list[Verdict], holder: str, policy: Policy) -> None:
    bad = [f"number {place} ({', '.join(part.failed)})" for place, part in enumerate(parts, 1) if not part.verified]
    fault = f"credentials do not hold: {'; '.join(bad)}" if bad else None
    if not inside or len(inside) != len(parts):
        fault = f"it has {len(inside)} credentials; 1 to {MAX_CREDENTIALS} are checked"
    findings.say("credentials", "every credential in it holds", fault)
    foreign = [
        subject
        for credential in inside[:MAX_CREDENTIALS]
        if isinstance(credential, dict)
        for subject in filter(None, map(id_of, entries(credential.get("credentialSubject"))))
        if policy.subject_is_holder and holder and not same(subject, holder)
    ]
    fault = f"it is about {str(foreign[:1])[:200]}, and presented by {holder[:200]!r}" if foreign else None
    findings.say("subject_binding", "who presents it is who it is about", fault)


__all__ = [
    "CHECKS",
    "CRYPTOSUITE",
    "PRESENTATION_CHECKS",
    "Policy",
    "add_proof",
    "issue",
    "present",
    "recognises",
    "verify_credential",
    "verify_presentation",
]
