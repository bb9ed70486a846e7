"""did:webvh: a did:web with a history that anybody can verify. Source: did:webvh DID Method v1.0.

The place is read from the DID as for did:web; what is found there is a log, verified from its first entry to its last
(`webvh_log.py`, `webvh_parameters.py`, `webvh_witness.py`). Writing one is `webvh_write.py`'s part.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from wallet.dids.document import Document, read
from wallet.dids.syntax import specific_id
from wallet.dids.web import location as location_of_web
from wallet.dids.webvh_log import History, Version, read_history
from wallet.dids.webvh_witness import needs_witnesses, witnessed
from wallet.errors import Malformed, NotFound, Unresolved, Untrusted
from wallet.needs import Fetch, Lookup
from wallet.strict_json import Json, JsonObject

LOG_LIMIT: Final = 1024 * 1024
_SCID_LETTERS: Final = frozenset("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
_SCID_LENGTH: Final = 46


@dataclass(frozen=True, slots=True)
class Resolved:
    """One version, and what its log says of the whole DID. created, updated: as written; deactivated: now."""

    version: Version
    created: str
    updated: str
    deactivated: bool

    @property
    def document(self) -> JsonObject:
        """The document, with the two services that every did:webvh has unless it says otherwise."""
        return with_implicit_services(self.version.state)


def parts(did: str) -> tuple[str, str]:
    """The SCID, and the did:web of the same place. Raises Malformed."""
    scid, _, place = specific_id("webvh", did).partition(":")
    if len(scid) != _SCID_LENGTH or not _SCID_LETTERS.issuperset(scid):
        raise Malformed(f"no SCID in {did[:200]!r}")
    authority, colon, path = place.partition(":")
    return scid, f"did:web:{authority.replace('%3a', '%3A')}{colon}{path}"


def location(did: str, development: bool = False) -> str:
    """The URL of the log. Raises Malformed."""
    return f"{location_of_web(parts(did)[1], development).removesuffix('did.json')}did.jsonl"


def resolve(did: str, development: bool = False, now: int | None = None, seen: str = "") -> Lookup[Document]:
    """The newest document. now: Unix seconds. seen: the newest version id that was ever seen of this DID.

    Raises Malformed; Unresolved if nothing came; Untrusted if anything in the history is wrong, if the DID was
    deactivated, or, as `did_rollback`, if `seen` is no longer in its history.
    """
    history = yield from read_verified(did, development, now)
    if history.fault:
        raise Untrusted(f"the history of {did[:100]} is not to be trusted: {history.fault}")
    if seen and all(version.id != seen for version in history.versions):
        raise Untrusted(f"did_rollback: the history of {did[:100]} no longer has a version that was seen before")
    newest = _found(history, did).version
    if newest.parameters.deactivated:
        raise Untrusted(f"{did[:100]} was deactivated by whoever controls it")
    return read(with_implicit_services(newest.state), newest.did, version=newest.id)


def resolve_version(url: str, development: bool = False, now: int | None = None) -> Lookup[Resolved]:
    """The version that a DID URL asks for by `versionId`, `versionNumber` or `versionTime`; without any, the newest.

    A version before the first fault of a log is good. Raises NotFound if there is no such version, and as `resolve`.
    """
    did, _, query = url.partition("?")
    history = yield from read_verified(did, development, now)
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if not asked and history.fault:
        raise Untrusted(f"the history of {did[:100]} is not to be trusted: {history.fault}")
    fitting = [version for version in history.versions if _fits(version, asked)]
    if not fitting and history.fault:
        raise Untrusted(f"no such version before the history of {did[:100]} goes wrong: {history.fault}")
    if not fitting:
        raise NotFound(f"no version of {did[:100]} is the one asked for")
    return _found(history, did, fitting[-1])


def read_verified(did: str, development: bool = False, now: int | None = None) -> Lookup[History]:
    """The history of a DID, as far as it can be trusted."""
    place = location(did, development)
    raw = yield Fetch(place, "text/jsonl, application/json", LOG_LIMIT)
    history = read_history(raw, parts(did)[0], now)
    if not needs_witnesses(history):
        return history
    try:
        proofs: bytes | None = yield Fetch(f"{place.removesuffix('did.jsonl')}did-witness.json", limit=LOG_LIMIT)
    except Unresolved:
        proofs = None
    return witnessed(history, proofs)


def _found(history: History, did: str, version: Version | None = None) -> Resolved:
    if all(each.did != did for each in history.versions):
        raise Untrusted(f"no version in this history is of {did[:100]}")
    first, last = history.versions[0], history.versions[-1]
    return Resolved(version or last, first.written, last.written, last.parameters.deactivated)


def _fits(version: Version, asked: dict[str, str]) -> bool:
    if "versionTime" in asked and version.time > _moment(asked["versionTime"]):
        return False
    number = str(version.number)
    return asked.get("versionId", version.id) == version.id and asked.get("versionNumber", number) == number


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as fault:
        raise Malformed(f"versionTime is {text[:50]!r}, which is no time") from fault


def with_implicit_services(state: JsonObject) -> JsonObject:
    """A published document with `#files` and `#whois`, where it does not name its own."""
    did = str(state.get("id"))
    base = location(did, development=True).removesuffix("did.jsonl").removesuffix(".well-known/")
    listed = state.get("service", [])
    if not isinstance(listed, list):
        raise Malformed("service of a DID document is not a list")
    named = {str(each.get("id")).partition("#")[2] for each in listed if isinstance(each, dict)}
    implicit: tuple[tuple[str, JsonObject], ...] = (
        ("files", {"id": f"{did}#files", "type": "relativeRef", "serviceEndpoint": base}),
        (
            "whois",
            {
                "@context": "https://identity.foundation/linked-vp/contexts/v1",
                "id": f"{did}#whois",
                "type": "LinkedVerifiablePresentation",
                "serviceEndpoint": f"{base}whois.vp",
            },
        ),
    )
    added: list[Json] = [service for name, service in implicit if name not in named]
    return {**state, "service": [*listed, *added]}
