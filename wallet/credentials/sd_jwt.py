"""SD-JWT VC: issue, read and present (RFC 9901; SD-JWT-based Verifiable Credentials). Verifying is `sd_jwt_verify`.

A claim is named by its path: ("address", "locality"), ("nationalities", 0); None in place of a number means every
element. A lone text is the path of a top-level claim.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from wallet.canonical import canonical
from wallet.credentials.jose import jws_compact, split_compact
from wallet.credentials.sd_jwt_claims import Path, Shown, put_back
from wallet.credentials.sd_jwt_form import SdJwt, digest_of, read_form
from wallet.encoding import b64u
from wallet.errors import Malformed
from wallet.keys import Keyring, PublicKey, random_bytes, to_jwk
from wallet.names import did_of
from wallet.strict_json import Json, JsonObject

TYPE = "dc+sd-jwt"
BINDING_TYPE = "kb+jwt"

ALWAYS_SHOWN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})
"""Claims that must not be hidden (SD-JWT VC, section 3.2.2.2): a verifier cannot do without them."""

_RESERVED = frozenset({"_sd", "_sd_alg", "..."})

Pointer: TypeAlias = str | Sequence[str | int | None]


def recognises(text: str | bytes) -> bool:
    """Whether this looks like an SD-JWT, without reading it."""
    return b"~" in text if isinstance(text, bytes) else "~" in text


@dataclass(frozen=True, slots=True)
class Held:
    """An SD-JWT VC in its holder's hand, with every disclosure that came with it. Nothing is verified."""

    form: SdJwt
    header: JsonObject
    shown: Shown

    @property
    def claims(self) -> JsonObject:
        """All claims, the hidden ones included."""
        return self.shown.claims


def read(text: str | bytes) -> Held:
    """An SD-JWT VC as its holder sees it. Raises Malformed, Unsupported."""
    form = read_form(text)
    jws = split_compact(form.jwt)
    return Held(form, jws.header, put_back(jws.claims(), form.disclosures))


def issue(
    claims: JsonObject,
    *,
    disclosable: Iterable[Pointer],
    keys: Keyring,
    kid: str,
    holder: PublicKey | None = None,
    decoys: int = 0,
    header: JsonObject | None = None,
) -> str:
    """A signed SD-JWT VC, compact, with all its disclosures.

    `iss` is the DID of `kid` unless the claims name one. holder: whoever holds this key may present (`cnf`).
    decoys: digests of nothing, added wherever something is hidden, so that nobody can count. header: further members of
    the header, over the usual `typ` and `kid`. Raises Malformed for a pointer that names no claim, or one that must be
    shown; NotFound without the key.
    """
    _refuse_reserved(claims)
    marks = _Mark()
    for pointer in disclosable:
        marks.put((pointer,) if isinstance(pointer, str) else tuple(pointer))
    if unhideable := ALWAYS_SHOWN & {name for name, mark in marks.under.items() if mark.hidden}:
        raise Malformed(f"{sorted(unhideable)} cannot be hidden: a verifier needs them")
    disclosures: list[str] = []
    payload = _hide_members(claims, marks, disclosures, decoys)
    if disclosures:
        payload["_sd_alg"] = "sha-256"
    if holder is not None:
        payload["cnf"] = {"jwk": dict(to_jwk(holder))}
    payload.setdefault("iss", did_of(kid))
    jwt = jws_compact({"typ": TYPE, "kid": kid, **(header or {})}, payload, keys, kid)
    return "~".join((jwt, *disclosures, ""))


def present(
    sd_jwt: str | bytes | Held,
    *,
    reveal: Iterable[Pointer],
    audience: str | None = None,
    nonce: str | None = None,
    now: int,
    keys: Keyring,
    holder_kid: str | None = None,
) -> str:
    """What a verifier gets: the claims at `reveal`, what leads to them, and nothing beneath them that is hidden itself.

    With audience and nonce, a KB-JWT by `holder_kid` is added: the holder's answer to this verifier, at `now` (Unix
    seconds). Raises Malformed for a pointer that names no claim, NotFound without the key.
    """
    held = sd_jwt if isinstance(sd_jwt, Held) else read(sd_jwt)
    wanted = {(p,) if isinstance(p, str) else tuple(p) for p in reveal}
    needed: set[Path] = set()
    for pointer in wanted:
        path = _existing(held.claims, pointer)
        needed.update(path[:size] for size in range(1, len(path) + 1))
    chosen = {found.encoded for path, found in held.shown.places.items() if path in needed}
    kept = tuple(encoded for encoded in held.form.disclosures if encoded in chosen)
    bound = SdJwt(held.form.jwt, kept).bound
    if audience is None or nonce is None or holder_kid is None:
        return bound
    return bound + bind(bound, held.shown.algorithm, audience=audience, nonce=nonce, now=now, keys=keys, kid=holder_kid)


def bind(bound: str, algorithm: str, *, audience: str, nonce: str, now: int, keys: Keyring, kid: str) -> str:
    """A KB-JWT over `bound`, the SD-JWT with its chosen disclosures (RFC 9901, section 4.3)."""
    answer: JsonObject = {"iat": now, "aud": audience, "nonce": nonce, "sd_hash": digest_of(bound, algorithm)}
    return jws_compact({"typ": BINDING_TYPE}, answer, keys, kid)


def _existing(claims: JsonObject, pointer: Sequence[str | int | None]) -> Path:
    place: Json = claims
    path: list[str | int] = []
    for step in pointer:
        if step is None:
            raise Malformed("one claim is named at a time: None does not name an element here")
        place = _down(place, step)
        path.append(step)
    return tuple(path)


def _down(place: Json, step: str | int) -> Json:
    if isinstance(place, dict) and isinstance(step, str) and step in place:
        return place[step]
    if isinstance(place, list) and isinstance(step, int) and 0 <= step < len(place):
        return place[step]
    raise Malformed(f"the credential has no claim {step!r} there")


@dataclass(slots=True)
class _Mark:
    """What is to be hidden: here, and under here."""

    hidden: bool = False
    under: dict[str | int | None, "_Mark"] = field(default_factory=dict)

    def put(self, pointer: Sequence[str | int | None]) -> None:
        mark = self
        for step in pointer:
            mark = mark.under.setdefault(step, _Mark())
        mark.hidden = True


def _hide(value: Json, mark: _Mark, disclosures: list[str], decoys: int) -> Json:
    if isinstance(value, dict):
        return _hide_members(value, mark, disclosures, decoys)
    if isinstance(value, list):
        return _hide_elements(value, mark, disclosures, decoys)
    if mark.under:
        raise Malformed(f"nothing stands under a plain value; {list(mark.under)} cannot be hidden there")
    return value


def _hide_members(claims: JsonObject, mark: _Mark, disclosures: list[str], decoys: int) -> JsonObject:
    if missing := mark.under.keys() - claims.keys():
        raise Malformed(f"no claim named {sorted(map(str, missing))} is there to be hidden")
    shown: JsonObject = {}
    digests: list[str] = []
    for name, value in claims.items():
        under = mark.under.get(name)
        inside = value if under is None or not under.under else _hide(value, under, disclosures, decoys)
        if under is not None and under.hidden:
            digests.append(_disclose([_salt(), name, inside], disclosures))
        else:
            shown[name] = inside
    if digests:
        shown["_sd"] = [*sorted(digests + _decoys(decoys))]  # sorted: the order of the claims is not told
    return shown


def _hide_elements(claims: list[Json], mark: _Mark, disclosures: list[str], decoys: int) -> list[Json]:
    every = mark.under.get(None, _Mark())
    if outside := [step for step in mark.under if isinstance(step, str) or (step is not None and step >= len(claims))]:
        raise Malformed(f"no element {outside} is there to be hidden")
    shown: list[Json] = []
    for place, value in enumerate(claims):
        here = mark.under.get(place, _Mark())
        both = _Mark(every.hidden or here.hidden, {**every.under, **here.under})
        inside = _hide(value, both, disclosures, decoys) if both.under else value
        shown.append({"...": _disclose([_salt(), inside], disclosures)} if both.hidden else inside)
    if any(mark.hidden for mark in mark.under.values()):
        shown.extend({"...": decoy} for decoy in _decoys(decoys))
    return shown


def _disclose(parts: list[Json], disclosures: list[str]) -> str:
    encoded = b64u(canonical(parts))
    disclosures.append(encoded)
    return digest_of(encoded, "sha-256")


def _salt() -> str:
    return b64u(random_bytes(16))


def _decoys(count: int) -> list[str]:
    return [b64u(random_bytes(32)) for _ in range(count)]


def _refuse_reserved(value: Json) -> None:
    if isinstance(value, dict):
        if taken := _RESERVED & value.keys():
            raise Malformed(f"{sorted(taken)} cannot be the name of a claim")
        for inner in value.values():
            _refuse_reserved(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_reserved(inner)
