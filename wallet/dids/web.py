"""did:web: a DID that is a place on the web. Source: did:web Method Specification.

The text is judged before anything is asked of the network: a host is a public domain name in lower case, never an
address in any notation, and a path goes down only.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from wallet.dids.document import Document, read, write
from wallet.dids.services import Service
from wallet.dids.syntax import specific_id
from wallet.errors import Malformed
from wallet.keys import PublicKey
from wallet.needs import Fetch, Lookup
from wallet.strict_json import JsonObject, parse_object

ACCEPT: Final = "application/did+json, application/json"

# The last label begins with a letter, so no notation of an IP address passes. Lower case: one place, one spelling.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1"})


def location(did: str, development: bool = False) -> str:
    """The URL of the document. Raises Malformed.

    development: also localhost and 127.0.0.1, with a port in plain sight, over http.
    """
    authority, *path = specific_id("web", did).split(":")
    host, mark, port = authority.partition("%3A")
    if mark and not (_PORT.fullmatch(port) and int(port) < 1 << 16):
        raise Malformed(f"not a port: {did[:200]!r}")
    if development and host in _LOOPBACK and port:
        origin = f"http://{host}:{port}"
    elif len(host) <= 253 and _HOST.fullmatch(host) and not host.endswith(".localhost"):
        origin = f"https://{host}:{port}" if port else f"https://{host}"
    else:
        raise Malformed(f"not a public domain name in lower case: {did[:200]!r}")
    if not all(_SEGMENT.fullmatch(segment) for segment in path):
        raise Malformed(f"not a plain path: {did[:200]!r}")
    return f"{origin}/{'/'.join(path or ['.well-known'])}/did.json"


def resolve(did: str, development: bool = False) -> Lookup[Document]:
    """The document at its place. Raises Malformed, and Unresolved if nothing came."""
    raw = yield Fetch(location(did, development), ACCEPT)
    return _document(raw, did)


@lru_cache(maxsize=256)
def _document(raw: bytes, did: str) -> Document:
    """Reading is the same every time; whether the bytes are still those of the DID is for whoever fetches to say."""
    return read(parse_object(raw), did)


def create_document(did: str, signing: PublicKey, agreement: PublicKey, services: Sequence[Service] = ()) -> JsonObject:
    """A document to publish: `#key-1` signs (authentication, assertionMethod), `#key-2` agrees."""
    signs = ("authentication", "assertionMethod")
    return write(did, [("#key-1", signing, signs), ("#key-2", agreement, ("keyAgreement",))], services)
