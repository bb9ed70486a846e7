"""`from_prior`: a JWT by which the holder of one DID says that another takes its place, or that none does.

It names no audience and never expires, so whoever reads one decides by what it knows besides: which DID it deals with
now, and when that last changed. Source: DIDComm Messaging v2.1, "DID Rotation" and "Ending a Relationship".
"""

from collections.abc import Iterable
from typing import NamedTuple

from wallet.credentials import jose
from wallet.credentials.issuers import Resolve
from wallet.credentials.jose import Jws
from wallet.dids.syntax import parted
from wallet.errors import Malformed, Untrusted
from wallet.keys import Curve, Keyring
from wallet.names import canonical, did_of, same
from wallet.needs import Lookup
from wallet.strict_json import JsonObject

MAX_TEXT = 16 * 1024
"""Characters of one; two long forms of did:peer:4 take 4,000."""
LEEWAY = 300
"""Seconds by which its author's clock may be ahead."""


class Prior(NamedTuple):
    """What one says. new: None if nothing takes the place of `old`. at: Unix seconds of the rotation, not of a message.

    Nothing in it is verified until `prove`.
    """

    old: str
    new: str | None
    at: int
    kid: str
    jws: Jws


def make(*, keys: Keyring, kid: str, new: str | None, at: int) -> str:
    """The JWT by which the owner of `kid`, an authentication key of the old DID, moves to `new`, or to nothing.

    The old DID is spelled as in `kid`. Raises NotFound if the key is not held.
    """
    header: JsonObject = {"typ": "JWT", "kid": kid}
    if keys.public(kid).curve is Curve.ED25519:
        header["crv"] = "ED25519"  # as the specification spells it
    claims: JsonObject = {"iss": did_of(kid), "iat": at}
    return jose.jws_compact(header, claims if new is None else claims | {"sub": new}, keys, kid)


def read(text: str, *, now: int | None) -> Prior:
    """What a `from_prior` says. now: Unix seconds; None to look at what was believed earlier, as evidence.

    Raises Malformed, Unsupported or Untrusted if it cannot be one.
    """
    if len(text) > MAX_TEXT:
        raise Malformed(f"a from_prior of {len(text)} characters; at most {MAX_TEXT} are read")
    jws = jose.read_compact(text, typ="jwt")
    claims, kid = jws.claims(), jws.header.get("kid")
    old, new, at = claims.get("iss"), claims.get("sub"), claims.get("iat")
    if not isinstance(old, str) or not isinstance(kid, str) or not isinstance(at, int) or isinstance(at, bool):
        raise Malformed("a from_prior names its old DID, the key, and the time in whole seconds")
    if "sub" in claims and (not isinstance(new, str) or same(old, new)):
        raise Malformed("a from_prior moves to another DID, or to none")
    for did in (old, new) if isinstance(new, str) else (old,):
        parted(did)
    if not same(did_of(kid), old):
        raise Untrusted("a from_prior signed by somebody else than the DID that moves")
    if now is not None and (fault := jose.period_fault(claims, now, LEEWAY)):
        raise Untrusted(fault)
    return Prior(old, new if isinstance(new, str) else None, at, kid, jws)


def prove(prior: Prior, resolve: Resolve) -> Lookup[None]:
    """Check the signature: by a key that the document of the old DID lists for authentication, as it is now.

    Raises Untrusted if it does not hold, and what resolving raises.
    """
    document = yield from resolve(did_of(prior.kid))
    if not jose.holds(prior.jws, document.key(prior.kid, "authentication")):
        raise Untrusted("the signature of the from_prior does not hold")


class Moves:
    """Which DIDs are one side's, by rotations that are proved: (old, new) each, in any order."""

    def __init__(self, moves: Iterable[tuple[str, str]]) -> None:
        self._before: dict[str, str] = {}
        self._after: dict[str, list[str]] = {}
        for old, new in moves:
            self._before[canonical(new)] = canonical(old)
            self._after.setdefault(canonical(old), []).append(canonical(new))

    def first(self, did: str) -> str:
        """The first of the DIDs that led to this one."""
        named = canonical(did)
        for _ in range(len(self._before)):  # a ring of them would have no first
            if named not in self._before:
                break
            named = self._before[named]
        return named

    def lead(self, earlier: str, later: str) -> bool:
        """Whether `later` is `earlier`, or took its place. Only the earlier one can say so: it signs."""
        seen: set[str] = set()
        pending = [canonical(earlier)]
        while pending:
            did = pending.pop()
            if did not in seen:
                seen.add(did)
                pending += self._after.get(did, ())
        return canonical(later) in seen
