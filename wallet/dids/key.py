"""did:key: a DID that is its public key. Source: The did:key Method v0.9."""

from wallet.dids.document import Document, read, write
from wallet.dids.syntax import specific_id
from wallet.errors import Malformed
from wallet.keys import Curve, PublicKey, agreement_of, read_multikey, to_multikey
from wallet.needs import Lookup

_SIGNS = ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")
_AGREES = ("keyAgreement",)


def create(public: PublicKey) -> str:
    """The DID of a key."""
    return f"did:key:{to_multikey(public)}"


def resolve(did: str) -> Lookup[Document]:
    """Its document. An Ed25519 key brings along the X25519 key that derives from it. Raises Malformed, Unsupported."""
    yield from ()
    return document_of(did, specific_id("key", did))


def document_of(did: str, multikey: str) -> Document:
    """The document of a DID that is nothing but this key. Raises Malformed, Unsupported."""
    public = read_multikey(multikey)
    if to_multikey(public) != multikey:
        raise Malformed(f"not the one spelling of its key: {did[:100]!r}")
    return read(write(did, _uses(public)), did)


def _uses(public: PublicKey) -> list[tuple[str, PublicKey, tuple[str, ...]]]:
    fragment = f"#{to_multikey(public)}"
    if public.curve is Curve.X25519:
        return [(fragment, public, _AGREES)]
    if public.curve is Curve.ED25519:
        derived = agreement_of(public)
        return [(fragment, public, _SIGNS), (f"#{to_multikey(derived)}", derived, _AGREES)]
    return [(fragment, public, _SIGNS + _AGREES)]
