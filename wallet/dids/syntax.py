"""The grammar of a DID (DID Core 1.1, section 3.1), checked before anything is done with one."""

import re
from typing import Final

from wallet.errors import Malformed

MAX_DID: Final = 8 * 1024
"""Characters. A did:peer:4 with a few services has about 1,000."""

# Possessive, so that no text makes the matcher try again.
_DID = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._:-]++|%[0-9A-Fa-f]{2})++)(?<!:)")


def parted(did: str) -> tuple[str, str]:
    """The method and the method-specific id. Raises Malformed for what is no DID, such as a DID URL."""
    if len(did) > MAX_DID:
        raise Malformed(f"a DID of {len(did)} characters; at most {MAX_DID} are read")
    match = _DID.fullmatch(did)
    if match is None:
        raise Malformed(f"not a DID: {did[:100]!r}")
    return match[1], match[2]


def specific_id(method: str, did: str) -> str:
    """The method-specific id of a DID of this method. Raises Malformed."""
    found, rest = parted(did)
    if found != method:
        raise Malformed(f"not a did:{method}: {did[:100]!r}")
    return rest
