"""Domain linkage: an org's DID and its web origin vouch for each other.

Source: DIF Well Known DID Configuration, "Domain Linkage Credential", as a VCDM 2.0 credential with eddsa-jcs-2022.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from agent.config import is_loopback
from wallet.credentials import integrity
from wallet.credentials.vcdm import BASE_CONTEXT, timestamp
from wallet.dids import web
from wallet.dids.document import Document
from wallet.errors import WalletError
from wallet.keys import Keyring
from wallet.names import same
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject, parse_object

CONTEXT = "https://identity.foundation/.well-known/did-configuration/v1"
TYPE = "DomainLinkageCredential"
PATH = "/.well-known/did-configuration.json"
WHOLE_DOMAIN = "/.well-known/did.json"
VALID_FOR = 5 * 365 * 86400

Resolve = Callable[[str], Lookup[Document]]


def make(did: str, kid: str, *, origin: str, keys: Keyring, now: int) -> JsonObject:
    """The credential by which `did` says that it belongs to `origin`. now: Unix seconds."""
    credential: JsonObject = {
        "@context": [BASE_CONTEXT, CONTEXT],
        "type": ["VerifiableCredential", TYPE],
        "issuer": did,
        "validFrom": timestamp(now),
        "validUntil": timestamp(now + VALID_FOR),
        "credentialSubject": {"id": did, "origin": origin},
    }
    return integrity.issue(credential, keys=keys, kid=kid, now=now)


def holds(
    credential: JsonObject, *, did: str, domain: str, development: bool, now: int, resolve: Resolve
) -> Lookup[bool]:
    """Whether `did` and `domain` vouch for each other.

    The DID vouches by signing `credential`. The domain vouches by having the DID's document in its well-known place
    (did:web without a path), or by publishing a credential of its own for this DID.
    """
    policy = integrity.Policy(types=(TYPE,), contexts=(BASE_CONTEXT, CONTEXT))
    verdict = yield from integrity.verify_credential(credential, now=now, resolve=resolve, policy=policy)
    if not verdict.verified or not _names(credential, did, domain, development):
        return False
    if did.startswith("did:web:"):
        place = urlsplit(web.location(did, development))
        if (place.netloc, place.path) == (domain, WHOLE_DOMAIN):
            return True  # at any other path it may be one of many who live under this name
    return (yield from _published(did, domain, development))


def _published(did: str, domain: str, development: bool) -> Lookup[bool]:
    try:
        raw = yield Fetch(f"https://{domain}{PATH}")
        linked = parse_object(raw).get("linked_dids", [])
    except WalletError:
        return False
    return isinstance(linked, list) and any(_names(each, did, domain, development) for each in linked[:32])


def _names(credential: Json, did: str, domain: str, development: bool) -> bool:
    """Whether the credential is by this DID, of itself, for this domain's origin."""
    subject = credential.get("credentialSubject") if isinstance(credential, dict) else None
    if not isinstance(credential, dict) or not isinstance(subject, dict):
        return False
    try:
        origin = urlsplit(str(subject.get("origin")))
    except ValueError:
        return False
    issuer, about = str(credential.get("issuer")), str(subject.get("id"))
    safe = origin.scheme == "https" or (development and origin.scheme == "http" and is_loopback(origin.hostname or ""))
    return safe and origin.netloc == domain and not origin.path and same(issuer, did) and same(about, did)
