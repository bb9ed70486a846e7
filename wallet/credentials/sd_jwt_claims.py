"""What an SD-JWT shows once its disclosures are put back (RFC 9901, section 7.1).

Every disclosure has its place and every digest occurs once; whatever is left over, doubled or misplaced makes the whole
unreadable. The work is bounded: it stops at the limits, whoever sent the text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from wallet.credentials.sd_jwt_form import HASHES, Disclosure, digest_of, open_disclosure
from wallet.errors import Malformed, Unsupported
from wallet.strict_json import Json, JsonObject

MAX_DISCLOSURES = 1_000
MAX_DIGESTS = 10_000
MAX_NESTING = 16
"""Disclosures inside disclosures."""
MAX_DEPTH = 64
"""Levels of JSON, all told."""

_NESTS = (dict, list)

Path: TypeAlias = tuple[str | int, ...]
"""Where a claim stands: member names and, in arrays, places counted from 0 with every held disclosure put back."""


class Shown(NamedTuple):
    """The claims with the disclosures put back, where each went, and the digest algorithm (a key of HASHES)."""

    claims: JsonObject
    algorithm: str
    places: Mapping[Path, Disclosure]


def hash_name(payload: JsonObject) -> str:
    """The digest algorithm of a payload. Raises Unsupported."""
    name = payload.get("_sd_alg", "sha-256")
    if not isinstance(name, str) or name not in HASHES:
        raise Unsupported(f"the digest algorithm {name!r} is not one of {', '.join(HASHES)}")
    return name


def put_back(payload: JsonObject, disclosures: Sequence[str]) -> Shown:
    """The claims of an issuer-signed payload with these disclosures.

    Raises Malformed for any breach of section 7.1, Unsupported beyond the limits and for an unknown `_sd_alg`.
    """
    algorithm = hash_name(payload)
    if len(disclosures) > MAX_DISCLOSURES:
        raise Unsupported(f"{len(disclosures)} disclosures; at most {MAX_DISCLOSURES} are read")
    waiting = {digest_of(encoded, algorithm): open_disclosure(encoded) for encoded in disclosures}
    if len(waiting) != len(disclosures):
        raise Malformed("a disclosure is there twice")
    walk = _Walk(waiting)
    claims = walk.members({name: value for name, value in payload.items() if name != "_sd_alg"}, (), 0, 0)
    if walk.waiting:
        stray = next(iter(walk.waiting.values()))
        raise Malformed(f"the disclosure of {stray.name or 'an element'!r} belongs nowhere: nobody signed its digest")
    return Shown(claims, algorithm, walk.places)


@dataclass(slots=True)
class _Walk:
    waiting: dict[str, Disclosure]
    seen: set[str] = field(default_factory=set)
    places: dict[Path, Disclosure] = field(default_factory=dict)

    def value(self, value: Json, path: Path, depth: int, nesting: int) -> Json:
        if isinstance(value, dict):
            return self.members(value, path, depth + 1, nesting)
        if isinstance(value, list):
            return self.elements(value, path, depth + 1, nesting)
        return value

    def members(self, value: JsonObject, path: Path, depth: int, nesting: int) -> JsonObject:
        if depth > MAX_DEPTH:
            raise Unsupported(f"claims nested deeper than {MAX_DEPTH} levels")
        if "..." in value:
            raise Malformed('a member is named "...", which is for elements of arrays only')
        claims: JsonObject = {}
        for name, inner in value.items():
            if name != "_sd":
                claims[name] = self.value(inner, (*path, name), depth, nesting) if isinstance(inner, _NESTS) else inner
        digests = value.get("_sd", [])
        if not isinstance(digests, list):
            raise Malformed("`_sd` is not a list")
        for digest in digests:
            found = self.take(digest, nesting)
            if found is None:
                continue
            if found.name is None:
                raise Malformed("the disclosure of an element stands among the members of an object")
            if found.name in claims:
                raise Malformed(f"the claim {found.name!r} is there twice")
            place = (*path, found.name)
            self.places[place] = found
            inner = found.value
            claims[found.name] = self.value(inner, place, depth, nesting + 1) if isinstance(inner, _NESTS) else inner
        return claims

    def elements(self, value: list[Json], path: Path, depth: int, nesting: int) -> list[Json]:
        if depth > MAX_DEPTH:
            raise Unsupported(f"claims nested deeper than {MAX_DEPTH} levels")
        claims: list[Json] = []
        for element in value:
            place = (*path, len(claims))
            if not isinstance(element, dict) or "..." not in element:
                claims.append(self.value(element, place, depth, nesting))
                continue
            if len(element) != 1:
                raise Malformed('an element named "..." has other members beside it')
            found = self.take(element["..."], nesting)
            if found is None:
                continue
            if found.name is not None:
                raise Malformed("the disclosure of a member stands among the elements of an array")
            self.places[place] = found
            claims.append(self.value(found.value, place, depth, nesting + 1))
        return claims

    def take(self, digest: Json, nesting: int) -> Disclosure | None:
        """The disclosure a digest stands for, once; None if it did not come along."""
        if not isinstance(digest, str):
            raise Malformed("a digest that is not a text")
        if digest in self.seen:
            raise Malformed("a digest is there twice")
        if len(self.seen) >= MAX_DIGESTS:
            raise Unsupported(f"more than {MAX_DIGESTS} digests")
        self.seen.add(digest)
        found = self.waiting.pop(digest, None)
        if found is not None and nesting >= MAX_NESTING:
            raise Unsupported(f"disclosures nested deeper than {MAX_NESTING}")
        return found
