"""Signatures of Standard Webhooks 1.0: over id, time of the attempt and body, by one key or by several at once.

Keys are text: `whsk_` and 32 bytes in base64, an Ed25519 seed, whose public key is told as `whpk_`; or `whsec_` and 24
to 64 bytes that both sides hold, for HMAC-SHA256. Source: Standard Webhooks 1.0.0, "Signature scheme".
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Collection
from hashlib import sha256
from typing import Final

import msgspec

from agent.errors import Misconfigured
from wallet.keys import Curve, create, from_secret, random_bytes, secret_of

PRIVATE, PUBLIC, SHARED = "whsk_", "whpk_", "whsec_"
SHARED_BYTES: Final = 32
LINGER: Final = 7 * 86400  # seconds for which an old key still signs, so that the receiver can change over


class Key(msgspec.Struct, frozen=True):
    """One key. until: when it ceases to sign, Unix seconds; 0: it is the one in use."""

    key: str
    until: int = 0


class Keys(msgspec.Struct, frozen=True):
    """The keys of one endpoint, the newest first."""

    keys: tuple[Key, ...]

    def at(self, now: int) -> tuple[str, ...]:
        """Those that sign now."""
        return tuple(each.key for each in self.keys if not each.until or now < each.until)

    def rotated(self, fresh: str, now: int) -> "Keys":
        """With a fresh key in use; the old ones sign beside it for a while."""
        left = (Key(each.key, each.until or now + LINGER) for each in self.keys)
        return Keys((Key(fresh), *(each for each in left if now < each.until)))


def fresh(*, shared: bool = False) -> str:
    """A new key: an Ed25519 seed, or a secret that both sides are to hold."""
    if shared:
        return SHARED + b64encode(random_bytes(SHARED_BYTES)).decode()
    return PRIVATE + b64encode(secret_of(create(Curve.ED25519))).decode()


def told(key: str) -> str:
    """What the receiver must know to check signatures: the public key, or the shared secret itself."""
    if key.startswith(SHARED):
        return key
    return PUBLIC + b64encode(from_secret(Curve.ED25519, raw(key)).public.raw).decode()


def header(keys: Collection[str], *, id: str, at: int, body: bytes) -> str:
    """The value of `webhook-signature`. id: without full stops; at: Unix seconds of the attempt."""
    signed = f"{id}.{at}.".encode() + body
    return " ".join(signature(key, signed) for key in keys)


def signature(key: str, signed: bytes) -> str:
    """One signature, with the word that says of which kind."""
    if key.startswith(SHARED):
        return "v1," + b64encode(hmac.digest(raw(key), signed, sha256)).decode()
    return "v1a," + b64encode(from_secret(Curve.ED25519, raw(key)).sign(signed)).decode()


def raw(key: str) -> bytes:
    """The bytes of a key. Raises Misconfigured."""
    for prefix, least, most in ((PRIVATE, 32, 32), (SHARED, 24, 64)):
        if key.startswith(prefix):
            try:
                found = b64decode(key.removeprefix(prefix), validate=True)
            except (Error, ValueError):
                found = b""
            if least <= len(found) <= most:
                return found
    raise Misconfigured("a key of a webhook is whsk_ and 32 bytes in base64, or whsec_ and 24 to 64; this is neither")
