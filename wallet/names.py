"""DIDs and DID URLs as texts: which two name the same thing. No look-up, no proof: resolving is what proves.

A did:peer:4 has a long form, with its document, and a short form. They name one subject; here the short one stands
for both (peer-did-method-spec, "Method 4").
"""

_PEER4 = "did:peer:4"


def did_of(did_url: str) -> str:
    """The DID of a DID URL: what stands before path, query and fragment."""
    for mark in "#?/":
        if mark in did_url:
            did_url = did_url.partition(mark)[0]
    return did_url


def canonical(did: str) -> str:
    """The spelling under which a DID is filed: the short form of a did:peer:4, any other DID as it is."""
    if not did.startswith(_PEER4):
        return did
    end = did.find(":", len(_PEER4))
    return did if end < 0 else did[:end]


def canonical_kid(kid: str) -> str:
    """The spelling under which a key id is filed: canonical DID and fragment."""
    if not kid.startswith(_PEER4):
        return kid
    did, mark, fragment = kid.partition("#")
    return canonical(did) + mark + fragment


def same(a: str, b: str) -> bool:
    """Whether two DIDs name one subject."""
    return a == b or canonical(a) == canonical(b)
