"""What a verifier asks for, in the Digital Credentials Query Language (OpenID4VP 1.0, section 6).

Reading is strict about what the specification fixes, and does not look at members it does not know.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject, parse_object

MAX_QUERIES = 32
MAX_CLAIMS = 200
MAX_SETS = 32
MAX_PATH = 16

Pattern: TypeAlias = tuple[str | int | None, ...]
"""A claims path pointer (section 7): a name, a place in an array, or None for every element."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class ClaimQuery:
    """One claim wanted. values: any of these; empty for whatever it is."""

    path: Pattern
    values: tuple[str | int | bool, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialQuery:
    """One credential wanted. types: alternatives, each a set of types it has to have; empty for any.

    claim_sets: alternatives, in the verifier's order; empty means all claims. authorities: (kind, value) of which one
    has to fit. bound: whether the holder has to prove that it is theirs.
    """

    id: str
    format: str
    types: tuple[frozenset[str], ...] = ()
    claims: tuple[ClaimQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    authorities: frozenset[tuple[str, str]] = frozenset()
    bound: bool = True
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """Alternatives, each a set of credential queries that answer together."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A whole request. sets: empty means every credential is wanted."""

    credentials: tuple[CredentialQuery, ...]
    sets: tuple[CredentialSet, ...] = ()


def read_query(raw: bytes | str | JsonObject) -> Query:
    """A DCQL query. Raises Malformed with the place of the fault."""
    document = raw if isinstance(raw, dict) else parse_object(raw)
    credentials = tuple(_credential(item) for item in _list(document, "credentials", MAX_QUERIES))
    ids = [credential.id for credential in credentials]
    _require(bool(ids), "credentials is empty")
    _require(len(set(ids)) == len(ids), "two credentials have one id")
    sets = tuple(_set(item, ids) for item in _list(document, "credential_sets", MAX_SETS))
    _require(bool(sets) or "credential_sets" not in document, "credential_sets is empty")
    return Query(credentials, sets)


def _credential(item: Json) -> CredentialQuery:
    query = _dict(item, "a credential")
    meta = _dict(query.get("meta", {}), "meta")
    claims = tuple(_claim(claim) for claim in _list(query, "claims", MAX_CLAIMS))
    named = [claim.id for claim in claims if claim.id is not None]
    _require(len(set(named)) == len(named), "two claims have one id")
    _require(bool(claims) or "claims" not in query, "claims is empty")
    sets = tuple(_names(option, named) for option in _list(query, "claim_sets", MAX_SETS))
    _require(bool(sets) or "claim_sets" not in query, "claim_sets is empty")
    _require(not sets or len(named) == len(claims), "claim_sets needs an id on every claim")
    authorities = _list(query, "trusted_authorities", MAX_SETS)
    return CredentialQuery(
        id=_id(query),
        format=_text(query, "format"),
        types=_types(meta),
        claims=claims,
        claim_sets=sets,
        authorities=frozenset(pair for authority in authorities for pair in _authority(authority)),
        bound=_flag(query, "require_cryptographic_holder_binding", True),
        multiple=_flag(query, "multiple", False),
    )


def _types(meta: JsonObject) -> tuple[frozenset[str], ...]:
    if "vct_values" in meta:
        return tuple(frozenset({name}) for name in _texts(meta["vct_values"], "vct_values"))
    if "type_values" in meta:
        return tuple(frozenset(_texts(option, "type_values")) for option in _list(meta, "type_values", MAX_SETS))
    return ()


def _claim(item: Json) -> ClaimQuery:
    claim = _dict(item, "a claim")
    path: list[str | int | None] = []
    for step in _list(claim, "path", MAX_PATH):
        if isinstance(step, bool) or not isinstance(step, str | int | None) or (isinstance(step, int) and step < 0):
            raise Malformed(f"a query: {step!r} is no step of a path")
        path.append(step)
    _require(bool(path), "a path is empty")
    values: list[str | int | bool] = []
    for value in _list(claim, "values", MAX_CLAIMS):
        if not isinstance(value, str | int | bool):
            raise Malformed("a query: values are texts, integers and booleans")
        values.append(value)
    _require(bool(values) or "values" not in claim, "values is empty")
    return ClaimQuery(tuple(path), tuple(values), _id(claim) if "id" in claim else None)


def _set(item: Json, ids: list[str]) -> CredentialSet:
    wanted = _dict(item, "a credential set")
    options = tuple(_names(option, ids) for option in _list(wanted, "options", MAX_SETS))
    _require(bool(options), "options is empty")
    return CredentialSet(options, _flag(wanted, "required", True))


def _authority(item: Json) -> tuple[tuple[str, str], ...]:
    authority = _dict(item, "a trusted authority")
    kind = _text(authority, "type")
    return tuple((kind, value) for value in _texts(authority.get("values"), "values"))


def _names(option: Json, known: list[str]) -> tuple[str, ...]:
    names = tuple(_texts(option, "an option"))
    _require(set(names) <= set(known), f"an option names {sorted(set(names) - set(known))[:3]}, which is not there")
    return names


def _id(holder: JsonObject) -> str:
    name = _text(holder, "id")
    _require(_ID.fullmatch(name) is not None, f"the id {name[:100]!r}")
    return name


def _text(holder: JsonObject, name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"a query: {name} is not a text")
    return value


def _texts(value: Json, name: str) -> list[str]:
    texts = [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
    if not isinstance(value, list) or not value or len(texts) != len(value) or len(value) > MAX_CLAIMS:
        raise Malformed(f"a query: {name} is not a list of texts")
    return texts


def _flag(holder: JsonObject, name: str, default: bool) -> bool:
    value = holder.get(name, default)
    if not isinstance(value, bool):
        raise Malformed(f"a query: {name} is not true or false")
    return value


def _dict(value: Json, name: str) -> JsonObject:
    if not isinstance(value, dict):
        raise Malformed(f"a query: {name} is not an object")
    return value


def _list(holder: JsonObject, name: str, most: int) -> list[Json]:
    value = holder.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"a query: {name} is not a list of at most {most}")
    return value


def _require(fine: bool, otherwise: str) -> None:
    if not fine:
        raise Malformed(f"a query: {otherwise}")
