import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tally import Conformance
from tests.wallet.conftest import Case
from wallet.ciphers import (
    CANNOT_OPEN,
    KEY_BITS,
    NONCE_BYTES,
    TAG_BYTES,
    aes_kw_unwrap,
    aes_kw_wrap,
    concat_kdf,
    open_content,
    seal_content,
)
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import random_bytes, read_private_jwk

Cases = Callable[[str], list[Case]]


def raw(case: Case, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize(
    ("name", "enc", "least"),
    [("a256cbc_hs512", "A256CBC-HS512", 90), ("aes_gcm", "A256GCM", 60), ("xchacha20_poly1305", "XC20P", 300)],
)
def test_content_is_sealed_and_opened_as_wycheproof_says(
    wycheproof: Cases, name: str, enc: str, least: int, conformance: Conformance
) -> None:
    cases = [
        case
        for case in wycheproof(name)
        if (case["group"]["keySize"], case["group"]["ivSize"]) == (KEY_BITS[enc], 8 * NONCE_BYTES[enc])
    ]
    for case in cases:
        key, nonce, plaintext, ciphertext, tag, aad = raw(case, "key", "iv", "msg", "ct", "tag", "aad")
        if case["result"] == "valid":
            assert seal_content(enc, key, nonce, plaintext, aad) == (ciphertext, tag)
            assert open_content(enc, key, nonce, ciphertext, tag, aad) == plaintext
        else:
            with pytest.raises(Untrusted):
                open_content(enc, key, nonce, ciphertext, tag, aad)

    assert len(cases) > least
    conformance.cases("wycheproof", (case["result"] == "valid" for case in cases))


def test_keys_are_wrapped_as_wycheproof_says(wycheproof: Cases, conformance: Conformance) -> None:
    cases = [case for case in wycheproof("aes_wrap") if case["group"]["keySize"] == 256]
    for case in cases:
        key, secret, wrapped = raw(case, "key", "msg", "ct")
        if case["result"] == "valid":
            assert aes_kw_wrap(key, secret) == wrapped
            assert aes_kw_unwrap(key, wrapped) == secret
        else:
            with pytest.raises(Untrusted, match=CANNOT_OPEN):
                aes_kw_unwrap(key, wrapped)

    assert len(cases) > 40
    conformance.cases("wycheproof", (case["result"] == "valid" for case in cases))


def test_keys_are_derived_as_the_ecdh_1pu_draft_says(vectors: Path) -> None:
    for case in json.loads((vectors / "ecdh-1pu" / "vectors.json").read_text())["cases"]:
        alice, bob, ephemeral = (read_private_jwk(case[name]) for name in ("alice", "bob", "ephemeral"))
        derived = bytes.fromhex(case["derived_hex"])
        shared = ephemeral.agree(bob.public) + alice.agree(bob.public)
        received = bob.agree(ephemeral.public) + bob.agree(alice.public)

        key = concat_kdf(
            shared,
            alg=case["alg"],
            apu=case["apu"].encode(),
            apv=case["apv"].encode(),
            bits=8 * len(derived),
            tag=bytes.fromhex(case.get("cctag_hex", "")),
        )

        assert shared == received
        assert key == derived


def test_a_key_is_derived_as_rfc_7518_appendix_c_says() -> None:
    shared = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")

    key = concat_kdf(shared, alg="A128GCM", apu=b"Alice", apv=b"Bob", bits=128)

    assert key == bytes([86, 170, 141, 234, 248, 35, 109, 32, 92, 34, 40, 205, 113, 167, 16, 26])


def test_a_long_key_is_two_different_halves() -> None:
    key = concat_kdf(bytes(32), alg="A256CBC-HS512", apu=b"", apv=b"", bits=512)

    assert len(key) == 64
    assert key[:32] != key[32:]


@pytest.mark.parametrize("bits", [0, 64, 255, 1024])
def test_other_key_sizes_are_not_derived(bits: int) -> None:
    with pytest.raises(Unsupported):
        concat_kdf(bytes(32), alg="A256KW", apu=b"", apv=b"", bits=bits)


@pytest.mark.parametrize("enc", KEY_BITS)
@given(plaintext=st.binary(max_size=70), aad=st.binary(max_size=20))
def test_content_opens_to_what_was_sealed(enc: str, plaintext: bytes, aad: bytes) -> None:
    key, nonce = random_bytes(KEY_BITS[enc] // 8), random_bytes(NONCE_BYTES[enc])

    ciphertext, tag = seal_content(enc, key, nonce, plaintext, aad)

    assert open_content(enc, key, nonce, ciphertext, tag, aad) == plaintext
    assert len(tag) == TAG_BYTES[enc]


@pytest.mark.parametrize("enc", KEY_BITS)
def test_content_that_cannot_be_opened_says_the_same_whatever_the_cause(enc: str) -> None:
    key, nonce = random_bytes(KEY_BITS[enc] // 8), random_bytes(NONCE_BYTES[enc])
    ciphertext, tag = seal_content(enc, key, nonce, b"p" * 40, b"aad")
    attempts = [
        (bytes(len(key)), nonce, ciphertext, tag, b"aad"),
        (key[:-1], nonce, ciphertext, tag, b"aad"),
        (key, bytes(len(nonce)), ciphertext, tag, b"aad"),
        (key, nonce[:-1], ciphertext, tag, b"aad"),
        (key, b"", ciphertext, tag, b"aad"),
        (key, nonce, ciphertext[:-1], tag, b"aad"),
        (key, nonce, b"", tag, b"aad"),
        (key, nonce, bytes([ciphertext[0] ^ 1]) + ciphertext[1:], tag, b"aad"),
        (key, nonce, ciphertext, tag[:-1], b"aad"),
        (key, nonce, ciphertext, b"", b"aad"),
        (key, nonce, ciphertext, bytes(len(tag)), b"aad"),
        (key, nonce, ciphertext, tag, b"add"),
    ]

    for attempt in attempts:
        with pytest.raises(Untrusted) as caught:
            open_content(enc, *attempt)
        assert str(caught.value) == CANNOT_OPEN
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("enc", ["", "A128CBC-HS256", "A128GCM", "a256gcm", "none"])
def test_other_ciphers_are_unsupported(enc: str) -> None:
    with pytest.raises(Unsupported):
        seal_content(enc, bytes(32), bytes(12), b"", b"")
    with pytest.raises(Unsupported):
        open_content(enc, bytes(32), bytes(12), b"", b"", b"")


@pytest.mark.parametrize("enc", KEY_BITS)
def test_sealing_needs_key_and_nonce_of_the_right_length(enc: str) -> None:
    key, nonce = bytes(KEY_BITS[enc] // 8), bytes(NONCE_BYTES[enc])

    with pytest.raises(Malformed):
        seal_content(enc, key[1:], nonce, b"", b"")
    with pytest.raises(Malformed):
        seal_content(enc, key, nonce[1:], b"", b"")


@pytest.mark.parametrize("size", [0, 8, 15, 17])
def test_what_cannot_be_wrapped_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        aes_kw_wrap(bytes(32), bytes(size))


@pytest.mark.parametrize("size", [0, 16, 24])
def test_only_256_bit_keys_wrap(size: int) -> None:
    with pytest.raises(Malformed):
        aes_kw_wrap(bytes(size), bytes(32))
    with pytest.raises(Malformed):
        aes_kw_unwrap(bytes(size), bytes(40))
