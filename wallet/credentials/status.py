"""Whether a credential still stands: reading and checking status lists.

Sources: Token Status List (draft-ietf-oauth-status-list-20, sections 5 to 8); Bitstring Status List v1.0 (W3C).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from wallet.credentials.issuers import Resolve, signer_of
from wallet.credentials.jose import holds, period_fault, read_compact
from wallet.credentials.model import LEEWAY, Findings, Status
from wallet.credentials.proof import Expected, check_proofs
from wallet.credentials.status_bits import MIN_BITSTRING, Order, unpack_bitstring, unpack_token_list
from wallet.credentials.status_cache import StatusCache, StatusList, bounded_ttl
from wallet.credentials.vcdm import entries, id_of, issuer_of, seconds_of, types_of, validate_credential
from wallet.errors import Malformed, Unresolved, Unsupported, Untrusted
from wallet.names import same
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject, parse_object

TOKEN_TYPE = "statuslist+jwt"
MAX_LIST = 1024 * 1024
MAX_URI = 2048
MAX_REFERENCES = 8

CHECKS = (
    "status_reference",
    "status_available",
    "status_format",
    "status_signature",
    "status_subject",
    "status_issuer",
    "status_stale",
    "status_purpose",
    "status_index",
    "status_valid",
)
"""What is asked of a status, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPolicy:
    """How a verifier treats status lists.

    check: False leaves the status UNKNOWN and says so. accept_stale: seconds for which a list counts after its end, and
    the last one seen for one that cannot be had; 0 fails closed. trusted: issuers of lists, beside the credential's.
    cache: lists at hand; without one every check fetches.
    """

    check: bool = True
    accept_stale: int = 0
    trusted: Collection[str] = ()
    cache: StatusCache | None = None
    leeway: int = LEEWAY


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a credential's status stands. purpose: None in token lists, where the value tells. bits: per entry."""

    uri: str
    index: int
    purpose: str | None = None
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class _Context:
    issuer: str
    now: int
    resolve: Resolve
    policy: StatusPolicy
    read: Callable[[bytes, str, "_Context"], Lookup[StatusList]]
    accept: str


class _Fault(NamedTuple):
    check: str
    detail: str


def check_token_status(
    findings: Findings, status: Json, *, issuer: str, now: int, resolve: Resolve, policy: StatusPolicy
) -> Lookup[None]:
    """Check the `status` claim of a token against its Token Status List, and set `findings.status`."""
    if status is None:
        return
    reference = _token_reference(status)
    context = _Context(issuer, now, resolve, policy, _read_token, "application/statuslist+jwt")
    yield from _check(findings, [reference], context)


def check_bitstring_status(
    findings: Findings, status: Json, *, issuer: str, now: int, resolve: Resolve, policy: StatusPolicy
) -> Lookup[None]:
    """Check `credentialStatus`, one entry or several, against Bitstring Status Lists, and set `findings.status`."""
    references = [_bitstring_reference(entry) for entry in entries(status)[:MAX_REFERENCES]]
    if len(entries(status)) > MAX_REFERENCES:
        references.append(None)
    context = _Context(issuer, now, resolve, policy, _read_bitstring, "application/vc")
    yield from _check(findings, references, context)


def _check(findings: Findings, references: list[Reference | None], context: _Context) -> Lookup[None]:
    for reference in references:
        before, findings.status = findings.status, Status.UNKNOWN
        if reference is None:
            findings.fail("status_reference", "it points to a status in a way that cannot be followed")
            return
        if reference.purpose not in (None, "revocation", "suspension"):
            findings.notes.append(f"its {reference.purpose!r} status was not looked up: it says nothing of validity")
            findings.status = before
            continue
        if not context.policy.check:
            findings.notes.append("its status was not looked up")
            return
        found = yield from _look_up(findings, reference, context)
        if isinstance(found, _Fault):
            findings.fail(found.check, found.detail)
            return
        findings.status = _meaning(found.at(reference.index, reference.bits), reference.purpose)
        fault = None if findings.status is Status.VALID else f"its status is {findings.status.value}"
        if not findings.say("status_valid", "it still stands", fault):
            return


def _look_up(findings: Findings, reference: Reference, context: _Context) -> Lookup[StatusList | _Fault]:
    """The list that answers for a reference, with the checks that held already said."""
    found = yield from _list(findings, reference, context)
    if isinstance(found, _Fault):
        return found
    inside = found.at(reference.index, reference.bits) is not None
    own = same(found.issuer, context.issuer) or any(same(found.issuer, name) for name in context.policy.trusted)
    stale = found.expired(context.now, context.policy.leeway + context.policy.accept_stale)
    faults = (
        _Fault("status_issuer", "" if own else f"its list is by {found.issuer[:200]!r}, who did not issue it"),
        _Fault("status_stale", "its list has expired" if stale else ""),
        _Fault("status_purpose", _purpose_fault(reference, found)),
        _Fault("status_index", "" if inside else "its list ends before it"),
    )
    for fault in faults:
        if fault.detail:
            return fault
        findings.say(fault.check, "as it should be", None)
    return found


def _purpose_fault(reference: Reference, found: StatusList) -> str:
    if reference.purpose is None or reference.purpose in found.purposes:
        return ""
    return f"it asks for {reference.purpose!r}, and its list tells {', '.join(found.purposes) or 'nothing'}"


def _forgiven(found: StatusList, context: _Context) -> bool:
    return context.now < found.fetched + context.policy.accept_stale


def _list(findings: Findings, reference: Reference, context: _Context) -> Lookup[StatusList | _Fault]:
    """From the cache while fresh, else from outside; a stale one if that fails and the policy forgives it."""
    findings.say("status_reference", "it says where its status stands", None)
    cache = context.policy.cache
    held = cache.get(reference.uri) if cache else None
    if held is not None and held.fresh(context.now):
        return held
    try:
        raw = yield Fetch(reference.uri, context.accept, MAX_LIST)
    except Unresolved:
        if held is not None and _forgiven(held, context):
            findings.notes.append(f"its status is as of {held.fetched}: the list could not be had now")
            return held
        return _Fault("status_available", "its status list cannot be had, so its status is unknown")
    findings.say("status_available", "its status list is there", None)
    if len(raw) > MAX_LIST:
        return _Fault("status_format", f"a status list of {len(raw)} bytes; at most {MAX_LIST} are read")
    try:
        found = yield from context.read(raw, reference.uri, context)
    except (Untrusted, Unresolved) as fault:
        return _Fault("status_signature", str(fault))
    except (Malformed, Unsupported) as fault:
        return _Fault("status_format", str(fault))
    for name in ("status_format", "status_signature"):
        findings.say(name, "as it should be", None)
    if found.subject != reference.uri:
        return _Fault("status_subject", f"the list of {found.subject[:200]!r} came from {reference.uri[:200]!r}")
    findings.say("status_subject", "it is the list that was asked for", None)
    newest = cache.keep(found) if cache else found
    if newest is not found:
        findings.notes.append("an older status list was offered than one seen before; the newer one counts")
    return newest


def _meaning(value: int | None, purpose: str | None) -> Status:
    """Token lists: section 7.1, values 0, 1 and 2. Bitstrings: a set bit means what the list is for."""
    if value == 0:
        return Status.VALID
    if purpose == "revocation" or (purpose is None and value == 1):
        return Status.REVOKED
    if purpose == "suspension" or (purpose is None and value == 2):
        return Status.SUSPENDED
    return Status.UNKNOWN


def _token_reference(status: Json) -> Reference | None:
    listed = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(listed, dict):
        return None
    return _reference(listed.get("uri"), listed.get("idx"), None, None)


def _reference(uri: Json, index: Json, purpose: str | None, bits: int | None) -> Reference | None:
    if not isinstance(uri, str) or not uri.startswith("https://") or len(uri) > MAX_URI:
        return None
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        return None
    return Reference(uri, index, purpose, bits)


def _bitstring_reference(item: Json) -> Reference | None:
    if not isinstance(item, dict) or types_of(item) != ("BitstringStatusListEntry",):
        return None
    index, purpose, bits = item.get("statusListIndex"), item.get("statusPurpose"), item.get("statusSize", 1)
    if not isinstance(index, str) or not (index.isascii() and index.isdigit() and len(index) <= 12):
        return None
    if not isinstance(purpose, str) or bits not in (1, 2, 4, 8) or not isinstance(bits, int):
        return None
    return _reference(item.get("statusListCredential"), int(index), purpose, bits)


def _read_token(raw: bytes, uri: str, context: _Context) -> Lookup[StatusList]:
    """A Token Status List in its JWT form, verified."""
    try:
        jws = read_compact(raw.decode("ascii"), typ=TOKEN_TYPE)
    except (UnicodeDecodeError, Untrusted) as fault:
        raise Malformed(f"not a status list token: {fault}") from None
    claims = jws.claims()
    listed, issuer = claims.get("status_list"), claims.get("iss", context.issuer)
    bits = listed.get("bits") if isinstance(listed, dict) else None
    lst = listed.get("lst") if isinstance(listed, dict) else None
    if bits not in (1, 2, 4, 8) or not isinstance(bits, int) or not isinstance(lst, str) or not isinstance(issuer, str):
        raise Malformed("a status list without 1, 2, 4 or 8 bits an entry, or without its entries")
    unpacked = unpack_token_list(lst)
    signer = yield from signer_of(jws.header, issuer, context.resolve)
    if not any(holds(jws, key) for key in signer.keys) or not same(signer.name, issuer):
        raise Untrusted("the status list is not signed by the one it says it is by")
    exp, iat, ttl = claims.get("exp"), claims.get("iat"), claims.get("ttl")
    early = period_fault({"iat": iat, "exp": max(_number(exp) or 0, context.now + 1)}, context.now, LEEWAY)
    if early is not None:
        raise Malformed(f"the status list: {early}")  # one that has expired is not malformed, but stale
    return StatusList(
        uri=uri, subject=str(claims.get("sub")), issuer=issuer, raw=unpacked, bits=bits, order=Order.LOW_FIRST,
        purposes=(), issued=_number(iat) or 0, expires=_number(exp), ttl=bounded_ttl(_number(ttl)), fetched=context.now,
    )  # fmt: skip


def _read_bitstring(raw: bytes, uri: str, context: _Context) -> Lookup[StatusList]:
    """A Bitstring Status List credential, verified: the same proof as any other credential's."""
    document = parse_object(raw)
    subject = document.get("credentialSubject")
    faults = validate_credential(document)
    if faults or not isinstance(subject, dict) or "BitstringStatusListCredential" not in types_of(document):
        raise Malformed(f"not a status list credential: {'; '.join(faults)[:200]}")
    encoded, issuer = subject.get("encodedList"), issuer_of(document) or ""
    if not isinstance(encoded, str) or types_of(subject) != ("BitstringStatusList",):
        raise Malformed("a status list credential without its list")
    unpacked = unpack_bitstring(encoded)
    if len(unpacked) * 8 < MIN_BITSTRING:
        raise Malformed(f"a status list of {len(unpacked) * 8} entries; at least {MIN_BITSTRING} hide a holder")
    yield from _verify_list(document, issuer, context)
    issued = seconds_of(document.get("validFrom"))
    if issued is not None and issued > context.now + LEEWAY:
        raise Malformed("a status list that is not valid yet")
    ttl = _number(subject.get("ttl"))
    return StatusList(
        uri=uri, subject=str(document.get("id")), issuer=issuer, raw=unpacked, bits=1, order=Order.HIGH_FIRST,
        purposes=tuple(filter(None, map(id_of, entries(subject.get("statusPurpose"))))), issued=issued or 0,
        expires=seconds_of(document.get("validUntil")), ttl=bounded_ttl(None if ttl is None else ttl / 1000),
        fetched=context.now,
    )  # fmt: skip


def _verify_list(document: JsonObject, issuer: str, context: _Context) -> Lookup[None]:
    inner = Findings()
    expected = Expected(purpose="assertionMethod", signer=issuer, now=context.now, leeway=LEEWAY)
    yield from check_proofs(inner, document, expected, context.resolve)
    for check in inner.checks:
        if not check.ok:
            raise Untrusted(f"the status list does not hold: {check.detail}")


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
