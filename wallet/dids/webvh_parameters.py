"""The parameters of a did:webvh log: who may change the DID, and under which rules. Source: did:webvh DID Method v1.0,
"did:webvh DID Method Parameters"."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from wallet.encoding import b58, multihash
from wallet.errors import Malformed, Untrusted
from wallet.keys import Curve, read_multikey
from wallet.strict_json import Json, JsonObject

T = TypeVar("T")

METHOD: Final = "did:webvh:1.0"
NAMES: Final = frozenset(
    {"method", "scid", "updateKeys", "nextKeyHashes", "witness", "watchers", "portable", "deactivated", "ttl"}
)
MOST: Final = 64  # keys, hashes, witnesses or watchers in one list
LONGEST_TTL: Final = 2**31


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who has to approve: `threshold` of these Multikeys. None at all: nobody."""

    threshold: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters in force after an entry. update_keys: Multikeys; next_key_hashes: of the keys that may follow."""

    method: str = ""
    scid: str = ""
    update_keys: tuple[str, ...] = ()
    next_key_hashes: tuple[str, ...] = ()
    witness: Witnesses = Witnesses()
    watchers: tuple[str, ...] = ()
    portable: bool = False
    deactivated: bool = False
    ttl: int = 3600

    def signers(self, before: "Parameters | None") -> tuple[str, ...]:
        """The keys of which one signs this entry: those in force before it, or with pre-rotation its own."""
        return self.update_keys if before is None or before.next_key_hashes else before.update_keys


FIRST: Final = Parameters()
"""What is in force before the first entry: nothing."""


def key_hash(multikey: str) -> str:
    """What commits to a key that is not shown yet."""
    return b58(multihash(multikey.encode()))


def read_parameters(own: JsonObject, before: Parameters) -> Parameters:
    """The parameters in force with this entry. Raises Malformed for what has the wrong shape, Untrusted for what the
    rules forbid here."""
    unknown = set(own) - NAMES
    if unknown:
        raise Malformed(f"there is no parameter {sorted(unknown)[0][:50]!r}")

    def given(name: str, read: Callable[[Json], T], otherwise: T) -> T:
        return read(own[name]) if name in own else otherwise

    after = Parameters(
        method=given("method", _read_method, before.method),
        scid=given("scid", _read_text, before.scid),
        update_keys=given("updateKeys", _read_keys, before.update_keys),
        next_key_hashes=given("nextKeyHashes", _read_texts, before.next_key_hashes),
        witness=given("witness", _read_witness, before.witness),
        watchers=given("watchers", _read_texts, before.watchers),
        portable=given("portable", _read_flag, before.portable),
        deactivated=given("deactivated", _read_flag, before.deactivated),
        ttl=given("ttl", _read_ttl, before.ttl),
    )
    if before is FIRST:
        _check_first(own, after)
    else:
        _check_later(own, before, after)
    return after


def _check_first(own: JsonObject, after: Parameters) -> None:
    if not after.method or not after.scid or not after.update_keys:
        raise Malformed("the first entry names the method, the SCID and who may change the DID")
    if after.deactivated:
        raise Untrusted("it begins deactivated")


def _check_later(own: JsonObject, before: Parameters, after: Parameters) -> None:
    if before.deactivated:
        raise Untrusted("it follows the deactivation of the DID")
    if "scid" in own:
        raise Untrusted("only the first entry names the SCID")
    if own.get("portable") is True and not before.portable:
        raise Untrusted("a DID is portable from the first entry on, or never")
    if not before.next_key_hashes:
        return
    if "updateKeys" not in own or "nextKeyHashes" not in own:
        raise Untrusted("with pre-rotation every entry names its keys and commits to the next")
    if any(key_hash(key) not in before.next_key_hashes for key in after.update_keys):
        raise Untrusted("it takes a key to which the entry before did not commit")


def _read_method(value: Json) -> str:
    if value != METHOD:
        raise Untrusted(f"its method is {str(value)[:50]!r}; only {METHOD} is known here")
    return METHOD


def _read_text(value: Json) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed("a SCID is a text")
    return value


def _read_texts(value: Json) -> tuple[str, ...]:
    listed = [] if value is None else value  # null: deprecated, and still read as the default
    if not isinstance(listed, list) or len(listed) > MOST or not all(isinstance(each, str) for each in listed):
        raise Malformed(f"a parameter that lists is a list of at most {MOST} texts")
    texts = tuple(str(each) for each in listed)
    if len(set(texts)) < len(texts):
        raise Malformed("a parameter lists one thing twice")
    return texts


def _read_keys(value: Json) -> tuple[str, ...]:
    keys = _read_texts(value)
    for key in keys:
        _require_ed25519(key)
    return keys


def _require_ed25519(multikey: str) -> None:
    if read_multikey(multikey).curve is not Curve.ED25519:
        raise Malformed("only Ed25519 keys sign here")


def _read_flag(value: Json) -> bool:
    if not isinstance(value, bool | None):
        raise Malformed(f"{str(value)[:20]!r} is neither true nor false")
    return bool(value)


def _read_ttl(value: Json) -> int:
    if value is None:
        return FIRST.ttl
    if type(value) is not int or not 0 <= value <= LONGEST_TTL:
        raise Malformed(f"a ttl is a number of seconds up to {LONGEST_TTL}")
    return value


def _read_witness(value: Json) -> Witnesses:
    if value is None or value == {}:
        return Witnesses()
    if not isinstance(value, dict) or set(value) - {"threshold", "witnesses"}:
        raise Malformed("the witness parameter has a threshold and witnesses")
    threshold, listed = value.get("threshold"), value.get("witnesses")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise Malformed(f"there are between 1 and {MOST} witnesses, or the parameter is empty")
    ids = [each.get("id") if isinstance(each, dict) else None for each in listed]
    keys = tuple(str(id).removeprefix("did:key:") for id in ids if str(id).startswith("did:key:"))
    if len(keys) < len(listed) or len(set(keys)) < len(keys):
        raise Malformed("each witness is a did:key, and another one")
    for key in keys:
        _require_ed25519(key)
    if type(threshold) is not int or not 1 <= threshold <= len(keys):
        raise Malformed(f"{str(threshold)[:20]!r} of {len(keys)} witnesses is no threshold")
    return Witnesses(threshold, keys)
