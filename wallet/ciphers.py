"""The symmetric half of JOSE: content encryption, AES key wrap, the derivation of keys from shared secrets.

Whatever fails to open raises the same Untrusted with the same text, so that nobody learns from us why.
Source: RFC 7518; draft-madden-jose-ecdh-1pu-04 for the tag in the key derivation; draft-amringer-jose-chacha for XC20P.
"""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType

import nacl.exceptions
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)

from wallet.errors import Malformed, Unsupported, Untrusted

KEY_BITS: Mapping[str, int] = MappingProxyType({"A256CBC-HS512": 512, "A256GCM": 256, "XC20P": 256})
"""Length of the content key by `enc`."""

NONCE_BYTES: Mapping[str, int] = MappingProxyType({"A256CBC-HS512": 16, "A256GCM": 12, "XC20P": 24})
"""Length of the initialization vector by `enc`."""

TAG_BYTES: Mapping[str, int] = MappingProxyType({"A256CBC-HS512": 32, "A256GCM": 16, "XC20P": 16})
"""Length of the authentication tag by `enc`."""

CANNOT_OPEN = "cannot be opened with this key"


def concat_kdf(shared: bytes, *, alg: str, apu: bytes, apv: bytes, bits: int, tag: bytes = b"") -> bytes:
    """A content or wrapping key from an ECDH shared secret (single-step, SHA-256).

    shared: Z, or Ze and Zs joined for ECDH-1PU. apu, apv: decoded, may be empty. alg: the JWE `enc` for direct
    agreement, else `alg`. tag: for ECDH-1PU with key wrapping, the tag of the content, which binds all recipients to
    one ciphertext. bits: 128, 192, 256 or 512. Raises Unsupported for other sizes.
    Source: RFC 7518, section 4.6.2; ECDH-1PU draft 04, section 2.3.
    """
    if bits not in (128, 192, 256, 512):
        raise Unsupported(f"cannot derive a {bits}-bit key; use 128, 192, 256 or 512")
    info = _info(alg, apu, apv, bits)
    if tag:
        info += len(tag).to_bytes(4, "big") + tag
    key = sha256(b"\0\0\0\1" + shared + info).digest()
    if bits > 256:
        key += sha256(b"\0\0\0\2" + shared + info).digest()
    return key[: bits // 8]


@lru_cache(maxsize=4096)
def _info(alg: str, apu: bytes, apv: bytes, bits: int) -> bytes:
    """What goes into every key between the same two sides. It is in the clear in each of their messages."""
    info = b"".join(len(part).to_bytes(4, "big") + part for part in (alg.encode(), apu, apv))
    return info + bits.to_bytes(4, "big")


def forget() -> None:
    """Drop what is remembered of pairs of keys: who wrote to whom."""
    _info.cache_clear()


def aes_kw_wrap(key: bytes, secret: bytes) -> bytes:
    """`secret` (a multiple of 8 bytes, at least 16) wrapped under a 256-bit `key` (RFC 3394). 8 bytes longer."""
    _require_size("the wrapping key", key, 32)
    try:
        return aes_key_wrap(key, secret)
    except ValueError:
        raise Malformed(f"cannot wrap {len(secret)} bytes: not a multiple of 8, or fewer than 16") from None


def aes_kw_unwrap(key: bytes, wrapped: bytes) -> bytes:
    """What was wrapped under a 256-bit `key`. Raises Untrusted whatever is wrong with `wrapped`."""
    _require_size("the wrapping key", key, 32)
    try:
        return aes_key_unwrap(key, wrapped)
    except (InvalidUnwrap, ValueError):
        raise Untrusted(CANNOT_OPEN) from None


def seal_content(enc: str, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    """The ciphertext and its tag. Never use a `nonce` twice with one key; sizes are those of the tables above."""
    _require_sizes(enc, key, nonce)
    if enc == "A256CBC-HS512":
        ciphertext = _cbc_encrypt(key[32:], nonce, plaintext)
        return ciphertext, _cbc_tag(key[:32], nonce, ciphertext, aad)
    if enc == "A256GCM":
        joined = AESGCM(key).encrypt(nonce, plaintext, aad)
    else:
        joined = crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)
    return joined[:-16], joined[-16:]


def open_content(enc: str, key: bytes, nonce: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes:
    """The plaintext. Raises Untrusted, in the same words whichever of the arguments does not fit the others.

    Raises Unsupported for an `enc` outside KEY_BITS.
    """
    if enc not in KEY_BITS:
        raise Unsupported(f"content encryption {enc!r} is not one of {', '.join(KEY_BITS)}")
    if (8 * len(key), len(nonce), len(tag)) != (KEY_BITS[enc], NONCE_BYTES[enc], TAG_BYTES[enc]):
        raise Untrusted(CANNOT_OPEN)
    try:
        if enc == "A256CBC-HS512":
            return _cbc_open(key, nonce, ciphertext, tag, aad)
        if enc == "A256GCM":
            return AESGCM(key).decrypt(nonce, ciphertext + tag, aad)
        return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext + tag, aad, nonce, key)
    except (InvalidTag, nacl.exceptions.CryptoError, ValueError):
        raise Untrusted(CANNOT_OPEN) from None


def _cbc_open(key: bytes, nonce: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes:
    # The tag is checked before a single block is decrypted: padding tells a forger nothing.
    if not hmac.compare_digest(tag, _cbc_tag(key[:32], nonce, ciphertext, aad)):
        raise InvalidTag
    decryptor = Cipher(AES256(key[32:]), CBC(nonce)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    size = padded[-1] if padded else 0
    if not 1 <= size <= 16 or padded[-size:] != bytes([size]) * size:
        raise InvalidTag
    return padded[:-size]


def _cbc_encrypt(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    size = 16 - len(plaintext) % 16
    encryptor = Cipher(AES256(key), CBC(nonce)).encryptor()
    return encryptor.update(plaintext + bytes([size]) * size) + encryptor.finalize()


def _cbc_tag(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    covered = b"".join((aad, nonce, ciphertext, (8 * len(aad)).to_bytes(8, "big")))
    return hmac.digest(key, covered, "sha512")[:32]


def _require_sizes(enc: str, key: bytes, nonce: bytes) -> None:
    if enc not in KEY_BITS:
        raise Unsupported(f"content encryption {enc!r} is not one of {', '.join(KEY_BITS)}")
    _require_size(f"the {enc} key", key, KEY_BITS[enc] // 8)
    _require_size(f"the {enc} nonce", nonce, NONCE_BYTES[enc])


def _require_size(what: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise Malformed(f"{what} has {len(value)} bytes, not {size}")
