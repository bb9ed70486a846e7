"""24 words stand for one recovery key; what was written down wrongly is said in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import Malformed
from wallet.words import are_words, key_of, words_of

# BIP-39, published test vectors (256 bits, English)
PUBLISHED = {
    "00" * 32: "abandon " * 23 + "art",
    "7f" * 32: "legal winner thank year wave sausage worth useful " * 2
    + "legal winner thank year wave sausage worth title",
    "ff" * 32: "zoo " * 23 + "vote",
    "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c": (
        "hamster diagram private dutch cause delay private meat slide toddler razor book"
        " happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"
    ),
}


@pytest.mark.parametrize(("key", "words"), PUBLISHED.items())
def test_words_are_those_of_the_published_vectors(key: str, words: str) -> None:
    assert words_of(bytes.fromhex(key)) == tuple(words.split())
    assert key_of(words) == bytes.fromhex(key)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_from_its_words(key: bytes) -> None:
    assert key_of(" ".join(words_of(key))) == key


def test_words_may_be_written_as_people_write() -> None:
    words = words_of(bytes(range(32)))

    assert key_of("\n".join(word.upper() for word in words) + " \t\n") == bytes(range(32))


def test_a_word_that_is_none_is_named_by_its_place() -> None:
    words = ["zoo"] * 23 + ["vote"]
    words[6] = "zooo"

    with pytest.raises(Malformed, match="word 7 \\('zooo'\\)"):
        key_of(" ".join(words))


@pytest.mark.parametrize("count", [0, 1, 12, 23, 25])
def test_another_number_of_words_is_refused(count: int) -> None:
    with pytest.raises(Malformed, match=f"these are {count}"):
        key_of(" ".join(["zoo"] * count))


def test_two_words_that_changed_places_do_not_pass_for_another_key() -> None:
    words = list(words_of(bytes(range(32))))
    words[0], words[1] = words[1], words[0]
    words[3], words[20] = words[20], words[3]

    with pytest.raises(Malformed, match="do not fit together"):
        key_of(" ".join(words))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_has_no_words(size: int) -> None:
    with pytest.raises(Malformed):
        words_of(bytes(size))


def test_recovery_words_are_known_from_other_text_whoever_made_them() -> None:
    words = words_of(bytes(range(32)))

    assert are_words("\n".join(words).upper())
    assert are_words(" ".join(words[:12]))
    assert not are_words(" ".join(words[:11]))
    assert not are_words(" ".join([*words[:23], "library.example"]))
