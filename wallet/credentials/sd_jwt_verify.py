"""SD-JWT VC: verify, by named checks (RFC 9901, section 7; SD-JWT VC, section 3.4).

What is demanded is decided by the verifier, never by what arrived. No status is fetched for what is refused anyway.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from wallet import keys as crypto
from wallet.credentials.issuers import Resolve, Signer, signer_of
from wallet.credentials.jose import (
    Jws,
    algorithm_fault,
    extension_fault,
    fits,
    has_type,
    period_fault,
    signing_key,
    split_compact,
)
from wallet.credentials.model import LEEWAY, Binding, Findings, Verdict, bounded_leeway, distrust, trust
from wallet.credentials.sd_jwt import ALWAYS_SHOWN, BINDING_TYPE, TYPE
from wallet.credentials.sd_jwt_claims import Shown, hash_name, put_back
from wallet.credentials.sd_jwt_form import SdJwt, digest_of, read_form
from wallet.credentials.status import StatusPolicy, check_token_status
from wallet.errors import Malformed, Unsupported, Untrusted, WalletError
from wallet.keys import PublicKey
from wallet.names import same
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

CHECKS = (
    "format",
    "type",
    "critical_headers",
    "hash_algorithm",
    "limits",
    "disclosures",
    "missing_required",
    "credential_type",
    "trusted_issuer",
    "issuer_key",
    "issuer_binding",
    "algorithm",
    "signature",
    "kb_required",
    "kb_format",
    "kb_typ",
    "kb_key",
    "kb_algorithm",
    "kb_signature",
    "kb_nonce",
    "nonce_used",
    "kb_audience",
    "kb_sd_hash",
    "kb_issued_at",
    "validity_period",
)
"""Every check made here, in order; those of a status list are `status.CHECKS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a verifier accepts.

    types: values of `typ`. vct: credential types wanted, None for any; needs_vct: whether there has to be one at all.
    required: claims that have to be shown, beside `iss` and `vct`. trusted: issuers, None for any. leeway: seconds of
    clock difference forgiven, at most 300.
    """

    types: tuple[str, ...] = (TYPE,)
    vct: Collection[str] | None = None
    required: Collection[str] = ()
    needs_vct: bool = True
    trusted: Collection[str] | None = None
    leeway: int = LEEWAY
    status: StatusPolicy = field(default_factory=StatusPolicy)


DEFAULT = Policy()


def verify(
    text: str | bytes, *, now: int, resolve: Resolve, binding: Binding | None = None, policy: Policy = DEFAULT
) -> Lookup[Verdict]:
    """Check a presented SD-JWT VC at `now` (Unix seconds). Never raises, whatever `text` is.

    binding: the answer waited for from the holder; None if this verifier asked for no holder binding, and then a
    KB-JWT is not looked at. Yields what it needs from outside: keys of the issuer, then its status list.
    """
    findings = Findings()
    try:
        form = read_form(text)
        jws = split_compact(form.jwt)
        payload = jws.claims()
    except (Malformed, Unsupported) as fault:
        findings.fail("format", fault)
        return findings.verdict(TYPE, claims={})
    findings.say("format", "the text is an SD-JWT", None)
    shown = _inspect(findings, form, jws, payload, policy, binding)
    if shown is None:
        return findings.verdict(TYPE, issuer=payload.get("iss"), claims={})
    yield from _check_issuer(findings, jws, payload, resolve, policy)
    if binding is not None:
        yield from _check_binding(findings, form, shown, binding, now, resolve, policy)
    elif form.key_binding is not None:
        findings.notes.append("a holder's answer came along; nobody asked for one, and it was not checked")
    late = period_fault(payload, now, bounded_leeway(policy.leeway))
    findings.say("validity_period", "it is in its period", late)
    if findings.good:
        issuer, status = str(payload.get("iss")), payload.get("status")
        yield from check_token_status(findings, status, issuer=issuer, now=now, resolve=resolve, policy=policy.status)
    return findings.verdict(TYPE, issuer=payload.get("iss"), claims=shown.claims)


def _inspect(
    findings: Findings, form: SdJwt, jws: Jws, payload: JsonObject, policy: Policy, binding: Binding | None
) -> Shown | None:
    """The checks that need nobody's key. None: no use going on."""
    typed = has_type(jws.header, *policy.types)
    findings.say("type", "it is a credential", None if typed else f"a {jws.header.get('typ')!r} is no credential")
    findings.say("critical_headers", "nothing in its header is strange", extension_fault(jws.header))
    if algorithm := algorithm_fault(jws.header):
        findings.fail("algorithm", algorithm)
    acceptable = findings.good
    shown = _open(findings, form, payload)
    if shown is None or not acceptable:
        return None
    if form.others:
        findings.notes.append(f"{form.others} further signatures were not checked")
    _check_claims(findings, payload, shown, policy, binding)
    return shown


def _open(findings: Findings, form: SdJwt, payload: JsonObject) -> Shown | None:
    try:
        name = hash_name(payload)
    except Unsupported as fault:
        findings.fail("hash_algorithm", fault)
        return None
    findings.say("hash_algorithm", name, None)
    try:
        shown = put_back(payload, form.disclosures)
    except Unsupported as fault:
        findings.fail("limits", fault)
        return None
    except Malformed as fault:
        findings.fail("disclosures", fault)
        return None
    findings.say("limits", "it is of reasonable size", None)
    findings.say("disclosures", "every shown claim is one the issuer signed", None)
    return shown


def _check_claims(
    findings: Findings, payload: JsonObject, shown: Shown, policy: Policy, binding: Binding | None
) -> None:
    wanted = {"iss", *policy.required, *(("vct",) if policy.needs_vct else ()), *(("cnf",) if binding else ())}
    missing = sorted(wanted - shown.claims.keys())
    hidden = sorted(ALWAYS_SHOWN & {path[0] for path in shown.places if len(path) == 1})
    odd = [name for name in ("iss", "vct") if not isinstance(payload.get(name, ""), str)]
    fault = f"it lacks {missing}" if missing else f"{hidden or odd} cannot stand as it does" if hidden or odd else None
    findings.say("missing_required", "nothing that is needed is missing", fault)
    vct = payload.get("vct")
    fine = policy.vct is None or "vct" in missing or vct in policy.vct
    findings.say("credential_type", "its type is wanted", None if fine else f"a {str(vct)[:200]!r} was not asked for")


def _check_issuer(findings: Findings, jws: Jws, payload: JsonObject, resolve: Resolve, policy: Policy) -> Lookup[None]:
    issuer = payload.get("iss")
    if not isinstance(issuer, str):
        return  # said by missing_required
    findings.say("trusted_issuer", trust(policy.trusted), distrust(issuer, policy.trusted))
    try:
        signer = yield from signer_of(jws.header, issuer, resolve)
    except WalletError as fault:
        findings.fail("issuer_key", fault)
        return
    findings.say("issuer_key", "the issuer's key is known", None)
    own = same(signer.name, issuer)
    foreign = None if own else f"it says {issuer[:200]!r} issued it, but the key is that of {signer.name[:200]!r}"
    findings.say("issuer_binding", "the key is the issuer's own", foreign)
    _check_signature(findings, "algorithm", "signature", jws, signer.keys)


def _check_signature(
    findings: Findings, algorithm: str, signature: str, jws: Jws, candidates: tuple[PublicKey, ...]
) -> None:
    """The key decides the algorithm; the header's has to be the same."""
    signed_by = next((key for key in candidates if crypto.verify(key, jws.signed, jws.signature)), None)
    key = signed_by or next((key for key in candidates if fits(jws.header, key)), candidates[0])
    fault = None if fits(jws.header, key) else f"the header says {jws.header.get('alg')!r}, the key is of {key.curve}"
    findings.say(algorithm, "the algorithm is that of the key", fault)
    findings.say(signature, "the signature holds", None if signed_by else "the signature does not hold")


def _check_binding(
    findings: Findings, form: SdJwt, shown: Shown, binding: Binding, now: int, resolve: Resolve, policy: Policy
) -> Lookup[None]:
    if form.key_binding is None:
        findings.fail("kb_required", "the holder's answer was asked for and is not there")
        return
    findings.say("kb_required", "the holder answered", None)
    try:
        jws = split_compact(form.key_binding)
        answer = jws.claims()
    except WalletError as fault:
        findings.fail("kb_format", fault)
        return
    findings.say("kb_format", "the answer is a signed token", extension_fault(jws.header))
    typed = has_type(jws.header, BINDING_TYPE)
    findings.say("kb_typ", "it is an answer", None if typed else f"it is a {jws.header.get('typ')!r}, no answer")
    yield from _check_holder_key(findings, jws, shown.claims.get("cnf"), resolve)
    _check_answer(findings, answer, digest_of(form.bound, shown.algorithm), binding, now, policy)


def _check_holder_key(findings: Findings, jws: Jws, cnf: Json, resolve: Resolve) -> Lookup[None]:
    if fault := algorithm_fault(jws.header):
        findings.fail("kb_algorithm", fault)
        return
    if cnf is None:
        return  # said by missing_required
    try:
        candidates = (yield from _holder(cnf, resolve)).keys
    except WalletError as fault:
        findings.fail("kb_key", fault)
        return
    findings.say("kb_key", "the credential names its holder's key", None)
    _check_signature(findings, "kb_algorithm", "kb_signature", jws, candidates)


def _holder(cnf: Json, resolve: Resolve) -> Lookup[Signer]:
    """The key a credential is bound to: `jwk`, or `kid` as a DID URL (RFC 7800, section 3)."""
    if isinstance(cnf, dict):
        jwk, kid = cnf.get("jwk"), cnf.get("kid")
        if isinstance(jwk, dict):
            return Signer("cnf", (signing_key(jwk),))
        if isinstance(kid, str) and kid.startswith("did:"):
            return (yield from signer_of({"kid": kid}, kid, resolve, "authentication"))
    raise Untrusted("the credential does not name a key of its holder")


def _check_answer(
    findings: Findings, answer: JsonObject, sd_hash: str, binding: Binding, now: int, policy: Policy
) -> None:
    nonce, audience, issued = answer.get("nonce"), answer.get("aud"), answer.get("iat")
    for_us = None if audience == binding.audience else f"it is meant for {str(audience)[:200]!r}, not for us"
    covers = None if answer.get("sd_hash") == sd_hash else "it covers another selection of claims than the one shown"
    leeway = bounded_leeway(policy.leeway)
    oldest, newest = now - binding.max_age - leeway, now + leeway
    fresh = isinstance(issued, int) and not isinstance(issued, bool) and oldest <= issued <= newest
    findings.say(
        "kb_nonce", "it answers our question", None if nonce == binding.nonce else "it answers another question"
    )
    findings.say("nonce_used", "our question was open", binding.spent)
    findings.say("kb_audience", "it is meant for us", for_us)
    findings.say("kb_sd_hash", "it covers just what was shown", covers)
    findings.say("kb_issued_at", "it is fresh", None if fresh else f"it was made at {issued!r}, and now is {now}")
