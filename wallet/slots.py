"""Slots: each wraps the same random wallet key under one secret of the owner.

A passphrase goes through Argon2id, a key file through HKDF. A slot tells a secret that does not fit by its key
commitment, before anything is decrypted: AES-GCM alone does not commit to a key.
Source: RFC 9106; RFC 5869; NIST SP 800-38D.
"""

import unicodedata
from hmac import compare_digest
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from wallet.errors import Corrupt, Locked, Malformed
from wallet.hkdf import Prf, expand, extract

Secret: TypeAlias = str | bytes
"""A passphrase is text; the contents of a key file are bytes."""

LEAST_PASSPHRASE: Final = 12  # characters, after normalisation
LEAST_KEY_FILE: Final = 32  # bytes
SALT: Final = 16
NONCE: Final = 12


class Argon2(msgspec.Struct, frozen=True, tag="argon2id", forbid_unknown_fields=True):
    """The cost of one guess. memory: KiB."""

    memory: int
    passes: int
    lanes: int


class KeyFile(msgspec.Struct, frozen=True, tag="hkdf-sha256", forbid_unknown_fields=True):
    """No stretching: the secret is random already."""


STANDARD: Final = Argon2(memory=128 * 1024, passes=3, lanes=4)
SERVER: Final = Argon2(memory=64 * 1024, passes=3, lanes=4)  # RFC 9106, second recommended option
CHEAP: Final = Argon2(memory=64, passes=1, lanes=1)  # for tests; `Vault` says when it is let through


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in. All but `commitment` and `wrapped` is bound to the wrapping as associated data."""

    name: str
    kdf: Argon2 | KeyFile
    salt: bytes
    nonce: bytes
    commitment: bytes = b""
    wrapped: bytes = b""

    def fits(self, secret: Secret) -> bool:
        """Whether this kind of secret can open this kind of slot."""
        return isinstance(secret, str) == isinstance(self.kdf, Argon2)


def check_cost(kdf: Argon2 | KeyFile, *, cheap: bool) -> None:
    """Raise Corrupt for a cost that would make guessing easy or opening impossible. cheap: let the test profile by."""
    if isinstance(kdf, KeyFile) or (cheap and kdf == CHEAP):
        return
    if not (19 * 1024 <= kdf.memory <= 1024 * 1024 and 1 <= kdf.passes <= 10 and 1 <= kdf.lanes <= 8):
        raise Corrupt(
            f"the key derivation asks for {kdf.memory} KiB, {kdf.passes} passes, {kdf.lanes} lanes; allowed are"
            " 19 MiB to 1 GiB, 1 to 10 and 1 to 8. Nothing was derived. Restore the wallet from a back-up."
        )


def check_strength(secret: Secret) -> None:
    """Raise Malformed for a secret too short to protect a wallet."""
    if isinstance(secret, str) and len(unicodedata.normalize("NFKC", secret)) < LEAST_PASSPHRASE:
        raise Malformed(f"a passphrase has at least {LEAST_PASSPHRASE} characters; nothing was changed. Choose longer.")
    if isinstance(secret, bytes) and len(secret) < LEAST_KEY_FILE:
        raise Malformed(f"a key file has at least {LEAST_KEY_FILE} random bytes; this one has {len(secret)}")


def wrap(slot: Slot, secret: Secret, wallet_key: bytes | bytearray) -> Slot:
    """The slot, filled: `secret` opens it and finds `wallet_key` (32 bytes)."""
    wrapping, commitment = _keys(slot, secret)
    sealed = AESGCM(wrapping).encrypt(slot.nonce, wallet_key, _header(slot))
    return msgspec.structs.replace(slot, commitment=commitment, wrapped=sealed)


def unwrap(slot: Slot, secret: Secret) -> bytearray:
    """The wallet key, 32 bytes, for the caller to wipe. Raises Locked if the secret does not fit, Corrupt if the
    secret does and the slot is damaged."""
    wrapping, commitment = _keys(slot, secret)
    if not compare_digest(commitment, slot.commitment):
        raise Locked("the secret does not fit; nothing was changed. Try again.")
    try:
        return bytearray(AESGCM(wrapping).decrypt(slot.nonce, slot.wrapped, _header(slot)))
    except (InvalidTag, ValueError):
        raise Corrupt(f"slot {slot.name!r} is damaged. Open another slot or restore a back-up.") from None


def stretch(cost: Argon2) -> None:
    """Do the work of one guess, for whoever measures it."""
    _stretched(Slot("", cost, bytes(SALT), b""), "x" * LEAST_PASSPHRASE)


def _header(slot: Slot) -> bytes:
    return msgspec.json.encode((slot.name, slot.kdf, slot.salt, slot.nonce))


def _keys(slot: Slot, secret: Secret) -> tuple[bytes, bytes]:
    """(wrapping key, commitment), 32 bytes each, both bound to the slot's header."""
    root, header = Prf(_stretched(slot, secret)), _header(slot)
    return expand(root, b"wrap|" + header), expand(root, b"commit|" + header)


def _stretched(slot: Slot, secret: Secret) -> bytes:
    if isinstance(slot.kdf, KeyFile) and isinstance(secret, bytes):
        return extract(slot.salt, secret)
    if isinstance(slot.kdf, Argon2) and isinstance(secret, str):
        return Argon2id(
            salt=slot.salt,
            length=32,
            iterations=slot.kdf.passes,
            lanes=slot.kdf.lanes,
            memory_cost=slot.kdf.memory,
        ).derive(unicodedata.normalize("NFKC", secret).encode())
    raise Locked(f"slot {slot.name!r} wants the other kind of secret (passphrase or key file)")
