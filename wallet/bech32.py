"""Bech32, as age writes its keys. Source: BIP-173, "Bech32"; age-encryption.org/v1, "The X25519 recipient type"."""

from typing import Final

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, raw: bytes) -> str:
    """Bytes as text, in lower case: the prefix, "1", five bits a letter, six letters of checksum."""
    bits = int.from_bytes(raw, "big") << -len(raw) * 8 % 5
    letters = -(-len(raw) * 8 // 5)
    values = [bits >> 5 * place & 31 for place in reversed(range(letters))]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*spread, *values, *[0] * 6]) ^ 1
    values += [check >> 5 * place & 31 for place in reversed(range(6))]
    return prefix + "1" + "".join(ALPHABET[value] for value in values)


def _polymod(values: list[int]) -> int:
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(GENERATORS):
            state ^= generator if top >> place & 1 else 0
    return state
