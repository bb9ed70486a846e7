import pickle
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.wallet.conftest import Case
from wallet.encoding import b64u, tagged, to_multibase
from wallet.errors import Malformed, Unsupported, WalletError
from wallet.keys import (
    ALGORITHM,
    Curve,
    PublicKey,
    agreement_of,
    agreement_secret_of,
    create,
    from_compressed,
    from_secret,
    new_id,
    random_bytes,
    read_jwk,
    read_multikey,
    read_private_jwk,
    secret_of,
    to_jwk,
    to_multikey,
    verify,
)

Cases = Callable[[str], list[Case]]

SIGNS = tuple(ALGORITHM)
AGREES = tuple(curve for curve in Curve if curve is not Curve.ED25519)
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# All 14 encodings of points of low order, canonical or not (C2SP/CCTV, ed25519).
LOW_ORDER_ED25519 = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


# -- what a key must be


@pytest.mark.parametrize("text", LOW_ORDER_ED25519)
def test_an_ed25519_key_of_low_order_is_no_key(text: str) -> None:
    low = bytes.fromhex(text)

    with pytest.raises(Malformed):
        PublicKey(Curve.ED25519, low)
    with pytest.raises(Malformed):
        read_jwk({"kty": "OKP", "crv": "Ed25519", "x": b64u(low)})
    with pytest.raises(Malformed):
        read_multikey(to_multibase(tagged("ed25519-pub", low)))


@pytest.mark.parametrize("y", range(P, 2**255))
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_an_ed25519_key_has_one_form(y: int, sign: int) -> None:
    with pytest.raises(Malformed):
        PublicKey(Curve.ED25519, (y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("u", [0, 1, P - 1, P, P + 1])
def test_an_x25519_key_of_low_order_is_no_key(u: int, sign: int) -> None:
    with pytest.raises(Malformed):
        PublicKey(Curve.X25519, (u | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("curve", Curve)
def test_a_key_of_another_length_is_no_key(curve: Curve) -> None:
    public = create(curve).public

    for wrong in (b"", public.raw[:-1], public.raw + b"\0"):
        with pytest.raises(Malformed):
            PublicKey(curve, wrong)


@pytest.mark.parametrize("curve", [c for c in Curve if c not in (Curve.ED25519, Curve.X25519)])
def test_a_point_is_on_its_curve_and_uncompressed(curve: Curve) -> None:
    point = create(curve).public.raw

    for wrong in (
        point[:-1] + bytes([point[-1] ^ 1]),
        b"\x04" + bytes(len(point) - 1),
        b"\x06" + point[1:],
        b"\x00",
        b"\x04" + b"\xff" * (len(point) - 1),
    ):
        with pytest.raises(Malformed):
            PublicKey(curve, wrong)


@pytest.mark.parametrize("curve", Curve)
def test_a_public_key_survives_every_notation(curve: Curve) -> None:
    public = create(curve).public

    assert read_jwk(to_jwk(public)) == public
    assert read_multikey(to_multikey(public)) == public
    assert hash(read_jwk(to_jwk(public))) == hash(public)


@pytest.mark.parametrize("curve", Curve)
def test_a_secret_brings_its_key_back(curve: Curve) -> None:
    key = create(curve)

    again = from_secret(curve, secret_of(key))
    imported = read_private_jwk({**to_jwk(key.public), "d": b64u(secret_of(key)), "kid": "any"})

    assert again.public == imported.public == key.public


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"d": "AA"}, Malformed),
        ({"k": "AA"}, Malformed),
        ({"x": None}, Malformed),
        ({"x": 1}, Malformed),
        ({"x": "AA"}, Malformed),
        ({"x": b64u(bytes(33))}, Malformed),
        ({"x": "A" * 43 + "="}, Malformed),
        ({"kty": None}, Malformed),
        ({"crv": ["P-256"]}, Malformed),
        ({"kty": "OKP"}, Unsupported),
        ({"crv": "Ed25519"}, Unsupported),
        ({"crv": "P-192"}, Unsupported),
        ({"crv": "p-256"}, Unsupported),
        ({"crv": None}, Unsupported),
        ({"kty": "RSA", "crv": None}, Unsupported),
        ({"kty": "oct", "crv": None}, Unsupported),
    ],
)
def test_a_jwk_that_is_no_public_key_of_ours_is_refused(change: dict[str, object], error: type[WalletError]) -> None:
    with pytest.raises(error):
        read_jwk({**to_jwk(create(Curve.P256).public), **change})


def test_a_private_jwk_belongs_to_its_public_part() -> None:
    mine, other = create(Curve.X25519), create(Curve.X25519)

    with pytest.raises(Malformed):
        read_private_jwk({**to_jwk(other.public), "d": b64u(secret_of(mine))})


@pytest.mark.parametrize(
    "text",
    [
        to_multibase(tagged("p256-pub", b"\x04" + bytes(64))),
        to_multibase(tagged("p256-pub", b"\x02" + b"\xff" * 32)),
        to_multibase(tagged("ed25519-pub", bytes(31))),
        to_multibase(tagged("ed25519-priv", bytes(32))),
        to_multibase(b""),
        to_multibase(b"\xff\xff\x7f"),
        "",
        "6Mk",
    ],
)
def test_a_multikey_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises((Malformed, Unsupported)):
        read_multikey(text)


@pytest.mark.parametrize("scalar", [0, P256_ORDER, P256_ORDER + 1])
def test_a_secret_out_of_range_is_refused(scalar: int) -> None:
    with pytest.raises(Malformed):
        from_secret(Curve.P256, scalar.to_bytes(32, "big"))


@pytest.mark.parametrize("curve", Curve)
def test_a_secret_of_another_length_is_refused(curve: Curve) -> None:
    with pytest.raises(Malformed):
        from_secret(curve, secret_of(create(curve)) + b"\0")


# -- signing


@pytest.mark.parametrize("curve", SIGNS)
def test_a_signature_fits_its_key_and_message_only(curve: Curve) -> None:
    key, other = create(curve), create(curve)

    signature = key.sign(b"message")

    assert verify(key.public, b"message", signature)
    assert not verify(key.public, b"massage", signature)
    assert not verify(other.public, b"message", signature)


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 96, 132, 1000])
def test_verification_answers_whatever_it_is_given(curve: Curve, size: int) -> None:
    public = create(curve).public

    assert not verify(public, b"", bytes(size))
    assert not verify(public, b"", b"\xff" * size)


def test_an_ed25519_signature_has_one_form() -> None:
    key = create(Curve.ED25519)
    signature = key.sign(b"message")
    s = int.from_bytes(signature[32:], "little")

    assert not verify(key.public, b"message", signature[:32] + (s + ORDER).to_bytes(32, "little"))
    assert not verify(key.public, b"message", signature + b"\0")
    assert not verify(key.public, b"essage", signature + b"m")


def test_es256_accepts_a_high_s_and_nothing_in_der() -> None:
    key = create(Curve.P256)
    signature = key.sign(b"message")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")

    assert verify(key.public, b"message", signature[:32] + (P256_ORDER - s).to_bytes(32, "big"))
    assert not verify(key.public, b"message", encode_dss_signature(r, s))
    assert not verify(key.public, b"message", bytes(32) + signature[32:])
    assert not verify(key.public, b"message", signature[:32] + bytes(32))


def test_a_key_for_agreement_does_not_sign() -> None:
    with pytest.raises(Unsupported):
        create(Curve.X25519).sign(b"message")


# -- agreement


@pytest.mark.parametrize("curve", AGREES)
def test_two_keys_agree(curve: Curve) -> None:
    ephemeral, static = create(curve), from_secret(curve, secret_of(create(curve)))

    assert ephemeral.agree(static.public) == static.agree(ephemeral.public)


@pytest.mark.parametrize(("mine", "theirs"), [("Ed25519", "Ed25519"), ("X25519", "Ed25519"), ("P-256", "P-384")])
def test_keys_of_different_curves_do_not_agree(mine: str, theirs: str) -> None:
    with pytest.raises(Malformed):
        create(Curve(mine)).agree(create(Curve(theirs)).public)


def test_an_ed25519_key_lends_itself_to_agreement() -> None:
    key, peer = create(Curve.ED25519), create(Curve.X25519)

    derived = agreement_secret_of(key)

    assert derived.public == agreement_of(key.public)
    assert derived.agree(peer.public) == peer.agree(agreement_of(key.public))


def test_only_ed25519_lends_itself_to_agreement() -> None:
    with pytest.raises(Malformed):
        agreement_of(create(Curve.P256).public)
    with pytest.raises(Malformed):
        agreement_secret_of(create(Curve.X25519))


def test_a_point_outside_the_group_lends_itself_to_nothing() -> None:
    off_curve = (2).to_bytes(32, "little")

    with pytest.raises(Malformed):
        agreement_of(PublicKey(Curve.ED25519, off_curve))


# -- keeping quiet


@pytest.mark.parametrize("curve", Curve)
def test_a_private_key_shows_only_its_curve(curve: Curve) -> None:
    key = create(curve)

    assert repr(key) == str(key) == f"PrivateKey({curve}, ***)"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_ids_and_random_bytes_do_not_repeat() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)
    assert len(random_bytes(24)) == 24
    assert random_bytes(24) != random_bytes(24)


def test_a_compressed_point_must_say_its_sign() -> None:
    with pytest.raises(Malformed):
        from_compressed(Curve.P256, create(Curve.P256).public.raw[:33])
