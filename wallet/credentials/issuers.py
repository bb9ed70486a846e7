"""Whose key is behind a token: from a DID, or from the metadata an HTTPS issuer publishes.

Sources: SD-JWT-based Verifiable Credentials, sections 2.5 and 5 (JWT VC Issuer Metadata); DID Core, section 5.3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from wallet.credentials.jose import signing_key
from wallet.dids.document import Document, Purpose
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import PublicKey
from wallet.names import did_of
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject, parse_object

MAX_KEYS = 8
"""Keys of one issuer that are tried, when the token does not say which one it is."""

Resolve: TypeAlias = Callable[[str], Lookup[Document]]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a DID or an HTTPS address, and the keys that may have done it."""

    name: str
    keys: tuple[PublicKey, ...]


def signer_of(
    header: JsonObject, issuer: str, resolve: Resolve, purpose: Purpose = "assertionMethod"
) -> Lookup[Signer]:
    """The signer of a token that says `issuer` issued it. The caller compares `name` with the issuer.

    Raises Untrusted (no such key for this purpose), Unresolved, Malformed, Unsupported.
    """
    kid = header.get("kid")
    if isinstance(kid, str) and kid.startswith("did:"):
        return (yield from _by_did_url(kid, resolve, purpose))
    if issuer.startswith("did:"):
        return (yield from _by_did(issuer, kid, resolve, purpose))
    if issuer.startswith("https://"):
        return (yield from _by_metadata(issuer, kid))
    raise Untrusted(f"the issuer {issuer[:200]!r} is neither a DID nor an HTTPS address, so its key cannot be found")


def _by_did_url(kid: str, resolve: Resolve, purpose: Purpose) -> Lookup[Signer]:
    did = did_of(kid)
    document = yield from resolve(did)
    if kid == did:
        return Signer(did, _only_key(document, purpose))
    return Signer(did, (document.key(kid, purpose),))


def _by_did(did: str, kid: Json, resolve: Resolve, purpose: Purpose) -> Lookup[Signer]:
    document = yield from resolve(did)
    if isinstance(kid, str) and kid.startswith("#"):
        return Signer(did, (document.key(did + kid, purpose),))
    if kid is not None:
        raise Untrusted(f"the key id {kid!r} is not one of {did}")
    return Signer(did, _only_key(document, purpose))


def _only_key(document: Document, purpose: Purpose) -> tuple[PublicKey, ...]:
    kids = document.authentication if purpose == "authentication" else document.assertion_method
    if len(kids) != 1:
        raise Untrusted(f"{document.id} has {len(kids)} keys for {purpose}, and the token does not say which one")
    return tuple(document.key(kid, purpose) for kid in kids)


def _by_metadata(issuer: str, kid: Json) -> Lookup[Signer]:
    metadata = parse_object((yield Fetch(metadata_url(issuer))))
    if metadata.get("issuer") != issuer:
        raise Untrusted(f"the metadata at {issuer} are those of {metadata.get('issuer')!r}")
    keyset = metadata.get("jwks")
    address = metadata.get("jwks_uri")
    if keyset is None and isinstance(address, str) and address.startswith("https://"):
        keyset = parse_object((yield Fetch(address)))
    if not isinstance(keyset, dict) or not isinstance(keyset.get("keys"), list):
        raise Malformed(f"the metadata of {issuer} have no keys")
    return Signer(issuer, _matching(keyset["keys"], kid))


def _matching(jwks: Json, kid: Json) -> tuple[PublicKey, ...]:
    fitting = [jwk for jwk in jwks if isinstance(jwk, dict)] if isinstance(jwks, list) else []
    if kid is not None:
        fitting = [jwk for jwk in fitting if jwk.get("kid") == kid]
        if len(fitting) != 1:
            raise Untrusted(f"the issuer has {len(fitting)} keys with the id {kid!r}, and one is needed")
    found: list[PublicKey] = []
    for jwk in fitting[:MAX_KEYS]:
        try:
            found.append(signing_key(jwk))
        except (Malformed, Unsupported, Untrusted):
            continue  # a key for something else: another one may fit
    if not found:
        raise Untrusted("the issuer has no key that could have signed this")
    return tuple(found)


def metadata_url(issuer: str) -> str:
    """Where an HTTPS issuer publishes its keys. Raises Malformed."""
    try:
        parts = urlsplit(issuer)
        port = parts.port
    except ValueError:
        raise Malformed(f"{issuer[:200]!r} is not an address") from None
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise Malformed(f"{issuer[:200]!r} is not the address of an issuer")
    host = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return f"https://{host}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"
