"""The shape of W3C Verifiable Credentials and Presentations (Data Model v2.0, section 4), without any look-up.

Each function returns what is wrong as sentences; an empty tuple means nothing is. No context is ever loaded: the terms
of the base context are protected, so an inline context may add to them and never change them.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice

from wallet.strict_json import Json, JsonObject

BASE_CONTEXT = "https://www.w3.org/ns/credentials/v2"

PROTECTED = frozenset(
    {
        "...",
        "BitstringStatusList",
        "BitstringStatusListCredential",
        "BitstringStatusListEntry",
        "DataIntegrityProof",
        "EnvelopedVerifiableCredential",
        "EnvelopedVerifiablePresentation",
        "JsonSchema",
        "JsonSchemaCredential",
        "VerifiableCredential",
        "VerifiablePresentation",
        "_sd",
        "_sd_alg",
        "aud",
        "cnf",
        "description",
        "digestMultibase",
        "digestSRI",
        "exp",
        "iat",
        "id",
        "iss",
        "jku",
        "kid",
        "mediaType",
        "name",
        "nbf",
        "sub",
        "type",
        "x5u",
    }
)
"""Terms the base context defines, all of them protected."""

MAX_ENTRIES = 64
"""Credentials, subjects, statuses and the like in one document."""

_TYPED = frozenset({"credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence", "proof"})
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def validate_credential(document: Json) -> tuple[str, ...]:
    """What is wrong with an object as a credential, secured or not."""
    if not isinstance(document, dict):
        return ("a credential is an object",)
    return tuple(islice(_credential(document), MAX_ENTRIES))


def validate_presentation(document: Json) -> tuple[str, ...]:
    """What is wrong with an object as a presentation, and with the credentials in it."""
    if not isinstance(document, dict):
        return ("a presentation is an object",)
    return tuple(islice(_presentation(document), MAX_ENTRIES))


def seconds_of(text: Json) -> float | None:
    """A dateTimeStamp as Unix seconds; None if it is not one (XML Schema 1.1, section 3.4.28)."""
    return _moment(text) if isinstance(text, str) else None


@lru_cache(maxsize=256)
def _moment(text: str) -> float | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def timestamp(seconds: int) -> str:
    """Unix seconds as RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def types_of(document: JsonObject) -> tuple[str, ...]:
    """The values of `type`, always as a tuple."""
    return tuple([item for item in entries(document.get("type")) if isinstance(item, str)])


def issuer_of(document: JsonObject) -> str | None:
    """The issuer's id, whether written alone or in an object."""
    return id_of(document.get("issuer"))


def id_of(value: Json) -> str | None:
    """A text, or the `id` of an object."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def entries(value: Json) -> list[Json]:
    """A member that may be one thing or a list of things, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _credential(document: JsonObject) -> Iterator[str]:
    yield from _context(document, "VerifiableCredential")
    yield from _optional_url(document, "id", "the credential")
    for name in ("name", "description"):
        yield from _language_text(document, name)
    yield from _issuer(document)
    yield from _subjects(document)
    yield from _period(document)
    for name in document.keys() & _TYPED:
        yield from _typed(document, name, needs_id=name == "credentialSchema")
    yield from _resources(document)


def _context(document: JsonObject, kind: str) -> Iterator[str]:
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts or contexts[0] != BASE_CONTEXT:
        yield f"@context is a list that begins with {BASE_CONTEXT}"
        return
    for context in contexts[1:]:
        if isinstance(context, str):
            if not _URL.fullmatch(context):
                yield f"the context {context!r} is not a URL"
        elif isinstance(context, dict):
            yield from _inline_context(context)
        else:
            yield "a context is a URL or an object"
    types = types_of(document)
    if kind not in types:
        yield f"type lacks {kind}"
    if len(types) != len(entries(document.get("type"))) or "" in types:
        yield "type is a text or a list of texts"


def _inline_context(context: JsonObject) -> Iterator[str]:
    for term, meaning in context.items():
        target = meaning.get("@id") if isinstance(meaning, dict) else meaning
        if term in PROTECTED:
            yield f"an inline context redefines {term!r}, which is protected"
        elif isinstance(target, str) and not _URL.fullmatch(target) and not target.startswith("@"):
            yield f"an inline context maps {term!r} to {target!r}, which is not a URL"


def _issuer(document: JsonObject) -> Iterator[str]:
    issuer = document.get("issuer")
    if not _is_url(id_of(issuer)):
        yield "issuer is a URL, or an object with a URL as id"
    if isinstance(issuer, dict):
        for name in ("name", "description"):
            yield from _language_text(issuer, name)


def _subjects(document: JsonObject) -> Iterator[str]:
    subjects = entries(document.get("credentialSubject"))
    if not subjects or len(subjects) > MAX_ENTRIES:
        yield f"credentialSubject is an object or a list of 1 to {MAX_ENTRIES}"
        return
    for subject in subjects:
        if not isinstance(subject, dict) or not subject:
            yield "a credentialSubject is an object that says something"
        else:
            yield from _optional_url(subject, "id", "a credentialSubject")


def _period(document: JsonObject) -> Iterator[str]:
    ends: dict[str, float] = {}
    for name in ("validFrom", "validUntil"):
        if name not in document:
            continue
        moment = seconds_of(document[name])
        if moment is None:
            yield f"{name} is {document[name]!r}, which is not a date and time with its zone"
        else:
            ends[name] = moment
    if len(ends) == 2 and ends["validUntil"] < ends["validFrom"]:
        yield "validUntil lies before validFrom"


def _typed(document: JsonObject, name: str, *, needs_id: bool) -> Iterator[str]:
    for item in _some(document[name]):
        if not isinstance(item, dict) or not types_of(item):
            yield f"{name} is an object with a type, or a list of these"
        elif needs_id and "id" not in item:
            yield f"{name} needs an id"
        else:
            yield from _optional_url(item, "id", name)


def _resources(document: JsonObject) -> Iterator[str]:
    for item in entries(document.get("relatedResource")):
        if not isinstance(item, dict) or not _is_url(item.get("id")):
            yield "relatedResource needs a URL as id"
        elif "digestSRI" not in item and "digestMultibase" not in item:
            yield "relatedResource needs a digest"


def _some(value: Json) -> Iterable[Json]:
    found = value if isinstance(value, list) else [value]
    return found[:MAX_ENTRIES] or [None]


def _optional_url(item: JsonObject, name: str, where: str) -> Iterator[str]:
    if name in item and not _is_url(item[name]):
        yield f"the {name} of {where} is not a URL"


def _is_url(value: Json) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def _language_text(item: JsonObject, name: str) -> Iterator[str]:
    for text in entries(item.get(name)):
        if not isinstance(text, str) and not (isinstance(text, dict) and _is_language_object(text)):
            yield f"{name} is a text or a language value object"


def _is_language_object(text: JsonObject) -> bool:
    language, direction = text.get("@language", "en"), text.get("@direction", "ltr")
    return (
        isinstance(text.get("@value"), str)
        and text.keys() <= {"@value", "@language", "@direction"}
        and isinstance(language, str)
        and _LANGUAGE.fullmatch(language) is not None
        and direction in ("ltr", "rtl")
    )


def _presentation(document: JsonObject) -> Iterator[str]:
    yield from _context(document, "VerifiablePresentation")
    yield from _optional_url(document, "id", "the presentation")
    if "holder" in document and not _is_url(id_of(document["holder"])):
        yield "holder is a URL, or an object with a URL as id"
    for name in document.keys() & {"termsOfUse", "proof"}:
        yield from _typed(document, name, needs_id=False)
    for item in entries(document.get("verifiableCredential"))[:MAX_ENTRIES]:
        if isinstance(item, dict) and "EnvelopedVerifiableCredential" in types_of(item):
            envelope = id_of(item)
            if BASE_CONTEXT not in entries(item.get("@context")) or not (envelope or "").startswith("data:"):
                yield "an enveloped credential has the base context and a data: URL as id"
        else:
            yield from (f"in a credential: {fault}" for fault in validate_credential(item))
