"""Which credentials answer a query, and how little of them has to be shown (OpenID4VP 1.0, sections 6.4 and 7).

Nothing is sent from here: the owner sees each claim of an option before anything leaves.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice, product

from wallet.credentials import sd_jwt
from wallet.credentials.query import ClaimQuery, CredentialQuery, Pattern, Query
from wallet.credentials.sd_jwt_claims import Path
from wallet.credentials.vcdm import issuer_of, types_of
from wallet.strict_json import Json, JsonObject

MAX_OPTIONS = 32
MAX_HELD = 64
"""Credentials considered for one query."""


@dataclass(frozen=True, slots=True)
class Held:
    """A credential in the wallet. hideable: where it can leave something out; empty for what is shown as a whole.

    authorities: (kind, value) pairs of trust frameworks its issuer is known to be in. bound: the holder can prove it.
    """

    id: str
    format: str
    types: frozenset[str]
    issuer: str
    claims: JsonObject
    hideable: frozenset[Path] = frozenset()
    authorities: frozenset[tuple[str, str]] = frozenset()
    bound: bool = True


@dataclass(frozen=True, slots=True)
class Pick:
    """One credential as an answer. reveal: for `sd_jwt.present`. shows: every claim the verifier will see."""

    query: str
    held: str
    reveal: tuple[Path, ...]
    shows: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer the whole query. cost: how many claims it shows."""

    picks: tuple[Pick, ...]

    @property
    def cost(self) -> int:
        return sum(len(pick.shows) for pick in self.picks)


def held_sd_jwt(id: str, text: str | bytes) -> Held:
    """An SD-JWT VC as something to match. Raises Malformed, Unsupported."""
    read = sd_jwt.read(text)
    vct, issuer = read.claims.get("vct"), read.claims.get("iss")
    hideable = frozenset(read.shown.places)
    return Held(id, sd_jwt.TYPE, frozenset({str(vct)}), str(issuer), read.claims, hideable, bound="cnf" in read.claims)


def held_document(id: str, document: JsonObject) -> Held:
    """A VCDM credential as something to match: it is shown whole."""
    claims: JsonObject = {name: value for name, value in document.items() if name != "proof"}
    return Held(id, "ldp_vc", frozenset(types_of(document)), issuer_of(document) or "", claims)


def match(query: Query, held: Sequence[Held], *, optional: bool = False) -> tuple[Option, ...]:
    """The ways to answer a query, the one that shows the fewest claims first; none if it cannot be answered.

    Sets that are not required are left unanswered unless `optional`. Of equal ways, the verifier's order decides, then
    the order of `held`.
    """
    answers = {wanted.id: _answers(wanted, held) for wanted in query.credentials}
    options = [Option(picks) for picks in islice(_ways(query, answers, optional), MAX_OPTIONS * 8)]
    return tuple(sorted(dict.fromkeys(options), key=lambda option: option.cost)[:MAX_OPTIONS])


def _ways(query: Query, answers: dict[str, list[Pick]], optional: bool) -> Iterator[tuple[Pick, ...]]:
    for names in _combinations(query, answers, optional):
        yield from product(*(answers[name] for name in names))


def _combinations(query: Query, answers: dict[str, list[Pick]], optional: bool) -> Iterator[tuple[str, ...]]:
    """The sets of credential queries that answer together, each only once."""
    if not query.sets:
        names = tuple(wanted.id for wanted in query.credentials)
        if all(answers[name] for name in names):
            yield names
        return
    choices: list[list[tuple[str, ...]]] = []
    for group in query.sets:
        possible = [option for option in group.options if all(answers[name] for name in option)]
        if group.required or (optional and possible):
            choices.append(possible)
    for chosen in product(*choices):
        yield tuple(dict.fromkeys(name for option in chosen for name in option))


def _answers(wanted: CredentialQuery, held: Sequence[Held]) -> list[Pick]:
    """The credentials that answer one query, those that show least first; the best few."""
    fitting = (item for item in held if _fits(wanted, item))
    picks = [pick for item in islice(fitting, MAX_HELD) if (pick := _least(wanted, item)) is not None]
    return sorted(picks, key=lambda pick: len(pick.shows))[:8]


def _fits(wanted: CredentialQuery, item: Held) -> bool:
    return (
        wanted.format == item.format
        and (item.bound or not wanted.bound)
        and (not wanted.types or any(option <= item.types for option in wanted.types))
        and (not wanted.authorities or bool(wanted.authorities & item.authorities))
    )


def _least(wanted: CredentialQuery, item: Held) -> Pick | None:
    """How to answer with this credential showing least, or None if it cannot."""
    by_id = {claim.id: claim for claim in wanted.claims}
    sets = [[by_id[name] for name in option] for option in wanted.claim_sets] or [list(wanted.claims)]
    picks = [pick for claims in sets if (pick := _pick(wanted, item, claims)) is not None]
    return min(picks, key=lambda pick: len(pick.shows), default=None)


def _pick(wanted: CredentialQuery, item: Held, claims: Sequence[ClaimQuery]) -> Pick | None:
    selected: set[Path] = set()
    for claim in claims:
        found = [path for path, value in _select(item.claims, claim.path) if _among(value, claim.values)]
        if not found:
            return None
        selected.update(found)
    # What is asked for is wanted with all that is in it, or an object would come empty.
    reveal = {path for path in item.hideable if any(_prefix(path, s) or _prefix(s, path) for s in selected)}
    shows = tuple(_leaves(item.claims, item.hideable - reveal))
    return Pick(wanted.id, item.id, tuple(sorted(reveal, key=str)), shows)


def _select(claims: JsonObject, pattern: Pattern) -> list[tuple[Path, Json]]:
    """The claims a path points at (section 7.1)."""
    found: list[tuple[Path, Json]] = [((), claims)]
    for step in pattern:
        found = [((*path, place), inner) for path, value in found for place, inner in _inside(value, step)]
    return found


def _inside(value: Json, step: str | int | None) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        yield step, value[step]
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        yield step, value[step]
    if isinstance(value, list) and step is None:
        yield from enumerate(value)


def _among(value: Json, values: tuple[str | int | bool, ...]) -> bool:
    """Type and value both have to match (section 6.4.1): true is not 1."""
    return not values or any(type(value) is type(one) and value == one for one in values)


def _prefix(short: Path, long: Path) -> bool:
    return long[: len(short)] == short


def _leaves(value: Json, hidden: Set[Path], path: Path = ()) -> Iterator[Path]:
    """The ends of all that is seen while what stands at `hidden` is not."""
    if path in hidden:
        return
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, hidden, (*path, name))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, hidden, (*path, place))
    elif path:
        yield path
