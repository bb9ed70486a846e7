"""The recovery key on paper: 256 random bits as 24 words, and back.

The word list and the checksum are those of BIP-39, used as an encoding only: the key is full of entropy already, so
nothing is stretched, and no passphrase is mixed in. What is made from the key is in `wallet/age.py`.
Source: BIP-39, "Generating the mnemonic"; security 5.5.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from wallet.errors import Malformed

if TYPE_CHECKING:
    from mnemonic import Mnemonic

KEY: Final = 32  # bytes
COUNT: Final = 24


@cache
def _english() -> "Mnemonic":
    from mnemonic import Mnemonic  # reads its list from a file, needed by few commands

    return Mnemonic("english")


def words_of(key: bytes) -> tuple[str, ...]:
    """The 24 words of a recovery key of 32 bytes."""
    if len(key) != KEY:
        raise Malformed(f"a recovery key has {KEY} bytes, not {len(key)}")
    return tuple(_english().to_mnemonic(key).split(" "))


def key_of(text: str) -> bytes:
    """The recovery key that these words stand for. text: 24 words, in any case, with anything blank between them.

    Raises Malformed, saying which word is not in the list; a checksum finds most words that were mistaken for others.
    """
    words = unicodedata.normalize("NFKD", text).lower().split()
    known = set(_english().wordlist)
    for place, word in enumerate(words, 1):
        if word not in known:
            raise Malformed(f"word {place} ({word[:20]!r}) is not one of the list. Look at your paper again.")
    if len(words) != COUNT:
        raise Malformed(f"there are {COUNT} words, and these are {len(words)}. Look at your paper again.")
    try:
        return bytes(_english().to_entropy(" ".join(words)))
    except (ValueError, LookupError):
        raise Malformed(
            "each word is in the list, but they do not fit together: one is another, or two changed places."
            " Look at your paper again."
        ) from None


def sign_of(sign: bytes) -> str:
    """Two words that stand for 32 bytes, for people to recognise; not for programs to tell them apart."""
    words = _english().wordlist
    number = int.from_bytes(sign[:4], "big")
    return f"{words[number % len(words)]} {words[number // len(words) % len(words)]}"


def are_words(text: str) -> bool:
    """Whether a text is nothing but a dozen or more words of the list, as no other text is: recovery words, perhaps of
    another program."""
    said = text.lower().split()
    return 12 <= len(said) <= COUNT and set(said) <= set(_english().wordlist)
