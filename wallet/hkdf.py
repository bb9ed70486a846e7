"""HMAC-SHA-256 as a keyed function, and HKDF on top of it. Source: RFC 2104, RFC 5869."""

from hashlib import sha256

_BLOCK = 64  # bytes SHA-256 takes at a time
_INNER = bytes(x ^ 0x36 for x in range(256))
_OUTER = bytes(x ^ 0x5C for x in range(256))


class Prf:
    """HMAC-SHA-256 under one key. The key's two blocks are hashed once: a call costs a third of `hmac.digest`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes | bytearray) -> None:
        block = (sha256(key).digest() if len(key) > _BLOCK else bytes(key)).ljust(_BLOCK, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def __call__(self, message: bytes) -> bytes:
        """The tag of `message`, 32 bytes."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def __repr__(self) -> str:
        return "Prf(***)"


def extract(salt: bytes, secret: bytes) -> bytes:
    """A uniform 32-byte key from a secret that is not. An empty salt counts as 32 zero bytes."""
    return Prf(salt)(secret)


def expand(root: Prf, purpose: bytes, size: int = 32) -> bytes:
    """`size` bytes for one purpose (HKDF's `info`) out of a uniform key. size: 1 to 8160."""
    if not 0 < size <= 255 * 32:
        raise ValueError(f"HKDF-SHA-256 gives 1 to 8160 bytes, not {size}")
    made, block = b"", b""
    for number in range(1, -(-size // 32) + 1):
        block = root(block + purpose + bytes((number,)))
        made += block
    return made[:size]
