"""What a bundle of evidence says of itself: everything in it, piece by piece, signed by whoever put it together.

With it, a piece that was changed, moved, left out or put in later is found and named, whatever it is: also what nobody
else has signed, like the presenter's own labels. Source: vrm-protocols 5.11 ("Bundle").
"""

from collections.abc import Iterator
from typing import Final

from wallet.canonical import canonical
from wallet.credentials.issuers import Resolve
from wallet.credentials.proof import add_proof
from wallet.credentials.vcdm import timestamp
from wallet.data_integrity import holds
from wallet.encoding import digest
from wallet.errors import Untrusted, WalletError
from wallet.keys import Keyring
from wallet.names import did_of
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

PARTS: Final = ("record", "objects", "documents", "texts", "rotations", "data", "labels")


def listing(bundle: JsonObject) -> JsonObject:
    """The Digest of each piece, by part: a list as it stands, documents by their DID. Raises Malformed."""
    found: JsonObject = {}
    for part in PARTS:
        pieces = bundle.get(part)
        if isinstance(pieces, list):
            found[part] = [_digest(each) for each in pieces]
        elif isinstance(pieces, dict):
            found[part] = {name: _digest(each) for name, each in pieces.items()}
        elif pieces is not None:
            found[part] = pieces
    return found


def sealed(bundle: JsonObject, *, keys: Keyring, kid: str, now: int, context: Json) -> JsonObject:
    """The bundle with its manifest, signed by `kid`. now: Unix seconds; context: `@context` of all that is signed.

    Raises NotFound without the key, Unsupported if it is not an Ed25519 key.
    """
    at = timestamp(now)
    manifest: JsonObject = {"@context": context, "made": at, "by": did_of(kid), **listing(bundle)}
    return {**bundle, "manifest": add_proof(manifest, keys=keys, kid=kid, created=at)}


def differences(bundle: JsonObject, manifest: JsonObject) -> Iterator[str]:
    """Each piece that is not as the manifest lists it, by its name and place."""
    found = listing(bundle)
    for part in PARTS:
        here, said = found.get(part), manifest.get(part)
        if here == said:
            continue
        if isinstance(here, list) and isinstance(said, list):
            yield from _apart(part, here, said)
        elif isinstance(here, dict) and isinstance(said, dict):
            yield from (
                f"{part}: {name[:200]}"
                for name in sorted(here.keys() | said.keys())
                if here.get(name) != said.get(name)
            )
        else:
            yield f"{part}: it is not what was put in"


def _apart(part: str, here: list[Json], said: list[Json]) -> Iterator[str]:
    """Where two lists of pieces differ: what is missing, what is foreign, what only stands elsewhere."""
    for place, each in enumerate(said, 1):
        if each not in here:
            yield f"{part}: number {place} ({each}) is changed or missing"
    for place, each in enumerate(here, 1):
        if each not in said:
            yield f"{part}: number {place} ({each}) was not put in"
    if sorted(map(str, here)) == sorted(map(str, said)):
        place = next(place for place, pair in enumerate(zip(here, said, strict=True), 1) if pair[0] != pair[1])
        yield f"{part}: from number {place} on they stand in another order"


def prove(manifest: JsonObject, resolve: Resolve) -> Lookup[str]:
    """The DID of whoever put the bundle together. Raises Untrusted, Unresolved, Malformed, Unsupported."""
    proof, by = manifest.get("proof"), manifest.get("by")
    kid = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(by, str) or not isinstance(kid, str) or did_of(kid) != by or not isinstance(proof, dict):
        raise Untrusted("the manifest does not say who made it")
    document = yield from resolve(by)
    plain = {name: value for name, value in manifest.items() if name != "proof"}
    if not holds(plain, proof, document.key(kid, "assertionMethod")):
        raise Untrusted("the signature of the manifest does not hold")
    return by


def is_canonical(raw: bytes, bundle: JsonObject) -> bool:
    """Whether a file is written in the one form: canonical JSON, and one line end."""
    try:
        return raw in (canonical(bundle), canonical(bundle) + b"\n")
    except WalletError:
        return False


def _digest(piece: Json) -> str:
    return digest(canonical(piece))
