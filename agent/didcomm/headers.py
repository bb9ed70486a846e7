"""Reading JOSE headers: what signed and encrypted messages have in common. All raise Malformed."""

from typing import Final

from wallet.encoding import unb64u
from wallet.errors import Malformed
from wallet.strict_json import JsonObject

MOST_BYTES: Final = 16 * 1024


def protected(encoded: str) -> bytes:
    """The JSON text of a protected header, at most MOST_BYTES long."""
    if len(encoded) > MOST_BYTES * 4 // 3:
        raise Malformed(f"a protected header of more than {MOST_BYTES} bytes")
    return unb64u(encoded)


def text(holder: JsonObject, name: str) -> str:
    """The member `name`, which must be a text."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise Malformed(f"`{name}` is not a text")
    return value


def octets(holder: JsonObject, name: str) -> bytes:
    """What the member `name` spells in base64url."""
    return unb64u(text(holder, name))


def child(holder: JsonObject, name: str) -> JsonObject:
    """The member `name`, which must be an object."""
    value = holder.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"`{name}` is not an object")
    return value


def key_id(value: str) -> str:
    """`value`, which must name a key: a DID URL with a fragment."""
    did, _, fragment = value.partition("#")
    if not did.startswith("did:") or not fragment:
        raise Malformed("a key id is not a DID URL with a fragment")
    return value
