"""The three written forms of an SD-JWT, read into one (RFC 9901, sections 4 and 8).

Compact: `<issuer-signed JWT>~<disclosure>~...~[<KB-JWT>]`. JSON, flattened and general: a JWS whose unprotected header
carries `disclosures` and `kb_jwt`.
"""

from hashlib import sha256, sha384, sha512
from typing import NamedTuple

from wallet.encoding import b64u, unb64u
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject, parse, parse_object

MAX_TEXT = 1024 * 1024
"""Characters of one SD-JWT with everything that hangs on it."""

HASHES = {"sha-256": sha256, "sha-384": sha384, "sha-512": sha512}
"""By the names of the IANA registry that `_sd_alg` uses. Nothing shorter, nothing broken."""


class SdJwt(NamedTuple):
    """An SD-JWT in its parts; nothing is verified.

    jwt: issuer-signed, compact. disclosures: as written. key_binding: the KB-JWT, compact. others: signatures beside
    the first one of a general JSON form, which are not looked at.
    """

    jwt: str
    disclosures: tuple[str, ...]
    key_binding: str | None = None
    others: int = 0

    @property
    def bound(self) -> str:
        """The text under `sd_hash`: all but the KB-JWT, ending in a tilde."""
        return "~".join((self.jwt, *self.disclosures, ""))


class Disclosure(NamedTuple):
    """One opened claim. name: None for an element of an array. encoded: as written, for what is sent on."""

    name: str | None
    value: Json
    encoded: str


def read_form(text: str | bytes) -> SdJwt:
    """An SD-JWT from any of its written forms. Raises Malformed."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"an SD-JWT of {len(text)} characters; at most {MAX_TEXT} are read")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("an SD-JWT that is not text") from None
    return _read_json(text) if text.lstrip()[:1] == "{" else _read_compact(text)


def _read_compact(text: str) -> SdJwt:
    jwt, *disclosures = text.split("~")
    if not disclosures:
        raise Malformed("an SD-JWT without a tilde: it is a plain JWT, or it was cut")
    key_binding = disclosures.pop()
    if "" in disclosures:
        raise Malformed("an SD-JWT with an empty disclosure")
    return SdJwt(jwt, tuple(disclosures), key_binding or None)


def _read_json(text: str) -> SdJwt:
    form = parse_object(text)
    signatures = form.get("signatures", [form])
    if not isinstance(signatures, list) or not signatures or not isinstance(signatures[0], dict):
        raise Malformed("an SD-JWT in JSON form without a signature")
    if "signatures" in form and "signature" in form:
        raise Malformed("an SD-JWT that is flattened and general at once")
    first: JsonObject = signatures[0]
    jwt = ".".join(_texts([first.get("protected"), form.get("payload"), first.get("signature")]))
    header = first.get("header", {})
    if not isinstance(header, dict):
        raise Malformed("the unprotected header is not an object")
    disclosures = header.get("disclosures", [])
    key_binding = header.get("kb_jwt")
    if not isinstance(disclosures, list) or not (key_binding is None or isinstance(key_binding, str)):
        raise Malformed("`disclosures` is a list of texts and `kb_jwt` a text")
    return SdJwt(jwt, _texts(disclosures), key_binding, len(signatures) - 1)


def _texts(values: list[Json]) -> tuple[str, ...]:
    texts = tuple(value for value in values if isinstance(value, str) and "~" not in value)
    if len(texts) != len(values):
        raise Malformed("a part of the SD-JWT is not a text")
    return texts


def open_disclosure(encoded: str) -> Disclosure:
    """What a disclosure says (RFC 9901, section 4.2). Raises Malformed: wrong length, salt or name no text."""
    parts = parse(unb64u(encoded))
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
        raise Malformed("a disclosure is [salt, name, value] or [salt, value]")
    if len(parts) == 2:
        return Disclosure(None, parts[1], encoded)
    name = parts[1]
    if not isinstance(name, str) or name in ("_sd", "..."):
        raise Malformed(f"a disclosure cannot be named {name!r}")
    return Disclosure(name, parts[2], encoded)


def digest_of(encoded: str, algorithm: str) -> str:
    """The digest that stands for a disclosure, or for a presentation in `sd_hash`."""
    return b64u(HASHES[algorithm](encoded.encode("utf-8")).digest())
