"""Whose a thing is: the credential of who had it first, and what each holder since then signed as it changed hands.

A transfer is three signed objects: an offer, its acceptance, and the confirmation. The first holder signs with the key
that the credential is bound to; each next one with that of the DID it was named by. So the chain verifies
with no network, and names nobody beyond the DIDs that were made for the thing. Source: vrm-protocols, section 5.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.vrm.base import VRM
from wallet import signed
from wallet.credentials.issuers import Resolve
from wallet.dids import key as did_key
from wallet.errors import Untrusted
from wallet.evidence import from_snapshots
from wallet.names import same
from wallet.needs import Lookup
from wallet.signed import SignedObject
from wallet.signed_form import digest_of
from wallet.strict_json import Json, JsonObject

STEPS = ("ThingsOffer", "ThingsAccept", "ThingsConfirm")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a thing now. key: a did:key; did: made for the thing, empty for the first holder, who is but a key."""

    key: str
    did: str = ""


def holder_of(credential: JsonObject, chain: Sequence[Json]) -> Lookup[Holder]:
    """Who has it after these transfers, oldest first. The credential itself is checked by whoever calls.

    Raises Untrusted, which says what is broken, Malformed, Unresolved.
    """
    subject = credential.get("credentialSubject")
    first = subject.get("id") if isinstance(subject, dict) else None
    if not isinstance(first, str) or not first.startswith("did:key:"):
        raise Untrusted("the credential is bound to no key")
    if len(chain) % len(STEPS):
        raise Untrusted("a transfer is an offer, an acceptance and a confirmation")
    holder, wanted, resolve = Holder(first), digest_of(credential), by_themselves(chain)
    for start in range(0, len(chain), len(STEPS)):
        objects = [signed.read(raw, base=VRM) for raw in chain[start : start + len(STEPS)]]
        holder = yield from handed_on(holder, objects, wanted, resolve)
    return holder


def by_themselves(chain: Sequence[Json]) -> Resolve:
    """Documents of the DIDs in a chain, which carry them in themselves: there are no others among the holders of a
    thing, and nothing is looked up because of what somebody claims. A short one is known by its long form in it."""
    subjects = [each.get("credentialSubject") for each in chain if isinstance(each, dict)]
    named = [each.get("issuer") for each in chain if isinstance(each, dict)]
    for each in subjects:
        if isinstance(each, dict):
            body = each.get("body")
            named += [each.get("audience"), body.get("new_holder") if isinstance(body, dict) else None]
    return from_snapshots({}, [did for did in named if isinstance(did, str)])


def handed_on(holder: Holder, objects: list[SignedObject], credential: str, resolve: Resolve) -> Lookup[Holder]:
    """The next holder, after one transfer by `holder`. Raises Untrusted."""
    offer, accept, confirm = objects
    require(tuple(each.type for each in objects) == STEPS, "its objects are not those of a transfer")
    giver = did_key.create((yield from signed.prove(offer, resolve)))
    taker = did_key.create((yield from signed.prove(accept, resolve)))
    confirmer = did_key.create((yield from signed.prove(confirm, resolve)))
    require(giver == holder.key and confirmer == giver, "a transfer was not signed by who had the thing")
    require(same(confirm.issuer, offer.issuer) and same(accept.audience, offer.issuer), "its two sides change")
    require(len({each.thid for each in objects}) == 1, "its objects are of several threads")
    require((accept.re, confirm.re) == (offer.digest, accept.digest), "its objects do not answer each other")
    require(offer.digest == accept.body.get("offer") == confirm.body.get("offer"), "another offer was accepted")
    require(offer.body.get("credential") == confirm.body.get("credential") == credential, "it is of another thing")
    taken = str(accept.body.get("new_holder"))
    require(same(taken, accept.issuer) and confirm.body.get("new_holder") == taken, "another holder was confirmed")
    return Holder(taker, accept.issuer)


def require(holds: bool, otherwise: str) -> None:
    """Raises Untrusted unless it holds."""
    if not holds:
        raise Untrusted(f"the chain is broken: {otherwise}")
