"""DIDs: one method a file, chosen by its name."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from wallet.dids import jwk, key, peer, web, webvh
from wallet.dids.document import Document
from wallet.dids.syntax import parted
from wallet.errors import Unsupported
from wallet.names import canonical, canonical_kid, did_of, same
from wallet.needs import Lookup, offline

__all__ = ["canonical", "canonical_kid", "did_of", "resolve", "same", "short_document"]

_SELF_CONTAINED: Final[Mapping[str, Callable[[str], Lookup[Document]]]] = MappingProxyType(
    {"key": key.resolve, "jwk": jwk.resolve, "peer": peer.resolve}
)


def resolve(did: str, *, development: bool = False, now: int | None = None, seen: str = "") -> Lookup[Document]:
    """The document of a DID; only did:web and did:webvh ask for anything.

    development: lets them name this machine. now, seen: see `webvh.resolve`.
    Raises Malformed, Unsupported, Unresolved, and Untrusted for a history that does not hold.
    """
    method, _ = parted(did)
    if method in _SELF_CONTAINED:
        return _immutable(did)
    if method == "web":
        return (yield from web.resolve(did, development))
    if method == "webvh":
        return (yield from webvh.resolve(did, development, now, seen))
    raise Unsupported(f"DID method {method!r} is not known here")


@lru_cache(maxsize=256)
def short_document(long: str) -> Document:
    """The document of a did:peer:4 in its short form, for who has seen the long one. Raises Malformed."""
    return offline(peer.resolve_short(long))


@lru_cache(maxsize=256)
def _immutable(did: str) -> Document:
    return offline(_SELF_CONTAINED[parted(did)[0]](did))
