"""SD-JWT VC: what is hidden, what is shown, and what a stranger can tell from it."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet import dids, keys
from wallet.credentials import sd_jwt, sd_jwt_verify
from wallet.credentials.model import Binding
from wallet.credentials.sd_jwt import Pointer
from wallet.credentials.sd_jwt_form import digest_of, open_disclosure, read_form
from wallet.dids import key as did_key
from wallet.encoding import b64u
from wallet.errors import Malformed, NotFound, Unsupported
from wallet.keys import Curve, Keyring
from wallet.needs import offline
from wallet.strict_json import Json, JsonObject

NOW = 1_760_000_000
VCT = "https://issuer.example/card"
CLAIMS: JsonObject = {
    "vct": VCT,
    "name": "Mina",
    "address": {"street": "1 Main St", "town": {"name": "Whitby", "code": "YO22"}},
    "nationalities": ["GB", "RO", ["nested", {"deep": True}]],
}

DEEP: list[Pointer] = ["name", "nationalities", "address", ("address", "street"), ("address", "town")]
DEEP.append(("address", "town", "code"))

RING, HOLDER = Keyring(), keys.create(Curve.ED25519)
_ISSUER = keys.create(Curve.ED25519)
ISSUER = did_key.create(_ISSUER.public)
KID = f"{ISSUER}#{ISSUER.removeprefix('did:key:')}"
RING.add(KID, _ISSUER)
RING.add("holder", HOLDER)


def issued(disclosable: list[Pointer], claims: JsonObject = CLAIMS, *, decoys: int = 0) -> str:
    """The claims as an SD-JWT bound to the holder."""
    return sd_jwt.issue(claims, disclosable=disclosable, keys=RING, kid=KID, holder=HOLDER.public, decoys=decoys)


def seen(credential: str, reveal: list[Pointer]) -> JsonObject:
    """What a verifier sees, less what every credential has."""
    shown = sd_jwt.present(
        credential, reveal=reveal, audience="shop", nonce="n", now=NOW, keys=RING, holder_kid="holder"
    )
    binding = Binding(audience="shop", nonce="n")
    verdict = offline(sd_jwt_verify.verify(shown, now=NOW, resolve=dids.resolve, binding=binding))
    assert verdict.verified, verdict.why()
    return {name: value for name, value in verdict.claims.items() if name not in ("iss", "vct", "cnf")}


@pytest.mark.parametrize(
    ("disclosable", "reveal", "left"),
    [
        (["name"], [], {"address": CLAIMS["address"], "nationalities": CLAIMS["nationalities"]}),
        (["name", "address", "nationalities"], ["name"], {"name": "Mina"}),
        (["name", "address", "nationalities"], ["address"], {"address": CLAIMS["address"]}),
        (
            ["name", ("address", "street"), ("address", "town"), "nationalities"],
            [("address", "street")],
            {"address": {"street": "1 Main St"}},
        ),
        (
            [
                "name",
                "nationalities",
                "address",
                ("address", "street"),
                ("address", "town"),
                ("address", "town", "code"),
            ],
            [("address", "town", "name")],
            {"address": {"town": {"name": "Whitby"}}},
        ),
        (
            [
                "name",
                "nationalities",
                "address",
                ("address", "street"),
                ("address", "town"),
                ("address", "town", "code"),
            ],
            [("address", "town", "code")],
            {"address": {"town": {"name": "Whitby", "code": "YO22"}}},
        ),
        (["name", "address", ("nationalities", None)], [("nationalities", 1)], {"nationalities": ["RO"]}),
        (["name", "address", ("nationalities", 0)], [], {"nationalities": ["RO", ["nested", {"deep": True}]]}),
        (
            ["name", "address", ("nationalities", None), ("nationalities", 2, 1), ("nationalities", 2, 1, "deep")],
            [("nationalities", 2)],
            {"nationalities": [["nested"]]},
        ),
        (
            ["name", "address", ("nationalities", None), ("nationalities", 2, 1), ("nationalities", 2, 1, "deep")],
            [("nationalities", 2, 1, "deep")],
            {"nationalities": [["nested", {"deep": True}]]},
        ),
    ],
)
@pytest.mark.parametrize("decoys", [0, 3])
def test_what_is_revealed_is_seen_with_what_leads_to_it_and_nothing_else(
    disclosable: list[Pointer], reveal: list[Pointer], left: JsonObject, decoys: int
) -> None:
    assert seen(issued(disclosable, decoys=decoys), reveal) == left


def test_the_holder_sees_everything() -> None:
    held = sd_jwt.read(issued(["name", "address", ("address", "street"), ("nationalities", None)], decoys=4))

    assert {name: held.claims[name] for name in CLAIMS} == CLAIMS
    assert held.header["typ"] == "dc+sd-jwt"


def test_hidden_claims_are_not_in_what_is_sent() -> None:
    shown = sd_jwt.present(issued(["name", "address"]), reveal=[], now=NOW, keys=RING)

    plain = b"".join(keys_of(shown))
    assert b"Mina" not in plain
    assert b"Whitby" not in plain


def keys_of(text: str) -> list[bytes]:
    """Every part of an SD-JWT, decoded."""
    from wallet.encoding import unb64u

    return [unb64u(part) for token in text.split("~") if token for part in token.split(".")[:2]]


def test_the_order_of_digests_does_not_tell_the_order_of_claims() -> None:
    orders = set()
    for _ in range(20):
        form = read_form(issued(["name", "address", "nationalities"]))
        digests = [digest_of(each, "sha-256") for each in form.disclosures]
        orders.add(tuple(sorted(range(3), key=lambda place: digests[place])))
        payload = json.loads(keys_of(form.jwt)[1])
        assert all(a < b for a, b in pairwise(payload["_sd"]))

    assert len(orders) > 1


def test_decoys_look_like_digests_and_are_added_wherever_something_is_hidden() -> None:
    form = read_form(issued(["name", ("address", "street"), ("nationalities", 0)], decoys=5))

    payload = json.loads(keys_of(form.jwt)[1])

    assert len(payload["_sd"]) == len(payload["address"]["_sd"]) == 6
    assert sum(isinstance(one, dict) and "..." in one for one in payload["nationalities"]) == 6
    assert {len(digest) for digest in payload["_sd"]} == {43}
    assert len(form.disclosures) == 3


def test_salts_are_fresh_128_bits() -> None:
    salts = {keys_of(d)[0] for _ in range(10) for d in read_form(issued(["name", "address"])).disclosures}

    assert len(salts) == 20
    assert all(len(json.loads(salt)[0]) == 22 for salt in salts)


@pytest.mark.parametrize("name", sorted(sd_jwt.ALWAYS_SHOWN))
def test_what_a_verifier_needs_is_never_hidden(name: str) -> None:
    with pytest.raises(Malformed):
        issued([name], CLAIMS | {name: "x"})


@pytest.mark.parametrize("pointer", ["nobody", ("address", "nobody"), ("nationalities", 9), ("name", "x"), ("name", 0)])
def test_a_pointer_to_nothing_is_an_error(pointer: Pointer) -> None:
    with pytest.raises(Malformed):
        issued([pointer])
    with pytest.raises(Malformed):
        sd_jwt.present(issued(["name"]), reveal=[pointer], now=NOW, keys=RING)


@pytest.mark.parametrize("claims", [{"_sd": []}, {"a": [{"...": "x"}]}, {"a": {"_sd_alg": "x"}}], ids=str)
def test_reserved_names_are_no_claims(claims: JsonObject) -> None:
    with pytest.raises(Malformed):
        issued([], claims)


def test_without_the_key_nothing_is_issued_or_presented() -> None:
    with pytest.raises(NotFound):
        sd_jwt.issue(CLAIMS, disclosable=[], keys=Keyring(), kid=KID)
    with pytest.raises(NotFound):
        sd_jwt.present(issued([]), reveal=[], audience="a", nonce="n", now=NOW, keys=Keyring(), holder_kid="holder")


def test_an_answer_covers_its_own_selection_only() -> None:
    credential = issued(["name", "address"])
    full = sd_jwt.present(
        credential, reveal=["name", "address"], audience="a", nonce="n", now=NOW, keys=RING, holder_kid="holder"
    )
    jwt, *disclosures, answer = full.split("~")
    fewer = "~".join([jwt, *disclosures[1:], answer])

    verdict = offline(
        sd_jwt_verify.verify(fewer, now=NOW, resolve=dids.resolve, binding=Binding(audience="a", nonce="n"))
    )

    assert verdict.failed == ("kb_sd_hash",)


def test_an_answer_uses_the_digest_algorithm_of_the_credential() -> None:
    from tests.corpus.cred_world import BUILDERS, World, judged

    text = BUILDERS["sd_jwt"]({"payload": {"_sd_alg": "sha-512"}, "hidden": []})

    assert judged("sd_jwt", text, {}, World()).failed == ("kb_sd_hash",)  # its answer says SHA-256


@pytest.mark.parametrize(
    "parts",
    [[], ["s"], ["s", "n", 1, 2], [1, "n", 1], ["s", 1, 1], ["s", "_sd", 1], ["s", "...", 1], {}, "text", None],
    ids=str,
)
def test_a_disclosure_of_another_form_is_refused(parts: Json) -> None:
    with pytest.raises(Malformed):
        open_disclosure(b64u(json.dumps(parts).encode()))


def nested(levels: int) -> tuple[str, list[str]]:
    """A payload and disclosures, each of which hides the next one."""
    disclosures: list[str] = []
    inner: Json = "bottom"
    for _ in range(levels):
        disclosures.append(b64u(json.dumps(["salt", "in", inner]).encode()))
        inner = {"_sd": [digest_of(disclosures[-1], "sha-256")]}
    assert isinstance(inner, dict)
    return b64u(json.dumps({"vct": VCT, "iss": ISSUER, **inner}).encode()), disclosures


@pytest.mark.parametrize(("levels", "readable"), [(15, True), (16, True), (17, False), (900, False)])
def test_disclosures_nest_sixteen_deep_and_no_deeper(levels: int, readable: bool) -> None:
    payload, disclosures = nested(levels)
    header = b64u(b'{"alg":"EdDSA","typ":"dc+sd-jwt"}')
    text = "~".join([f"{header}.{payload}.AA", *disclosures, ""])

    if readable:
        assert sd_jwt.read(text).claims["in"]
    else:
        with pytest.raises(Unsupported):
            sd_jwt.read(text)
        verdict = offline(sd_jwt_verify.verify(text, now=NOW, resolve=dids.resolve))
        assert verdict.failed == ("limits",)


def test_the_disclosure_of_a_member_has_no_place_in_an_array() -> None:
    member, element = (b64u(json.dumps(parts).encode()) for parts in (["s", "n", 1], ["s", 1]))
    header = b64u(b'{"alg":"EdDSA","typ":"dc+sd-jwt"}')
    in_array = b64u(json.dumps({"a": [{"...": digest_of(member, "sha-256")}]}).encode())
    in_object = b64u(json.dumps({"_sd": [digest_of(element, "sha-256")]}).encode())
    beside = b64u(json.dumps({"a": [{"...": digest_of(element, "sha-256"), "b": 1}]}).encode())

    for payload, disclosure in ((in_array, member), (in_object, element), (beside, element)):
        with pytest.raises(Malformed):
            sd_jwt.read(f"{header}.{payload}.AA~{disclosure}~")


names = st.text(min_size=1, max_size=6).filter(lambda name: name not in ("_sd", "_sd_alg", "...", *sd_jwt.ALWAYS_SHOWN))
plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


def places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for step, inner in inside:
        found += places(inner, (*path, step))
    return found


@given(st.dictionaries(names, values, min_size=1, max_size=4), st.data())
def test_whatever_is_hidden_comes_back_when_all_is_revealed(claims: JsonObject, data: st.DataObject) -> None:
    try:
        json.dumps(claims, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    if "\\u0000" in json.dumps(claims):
        return
    everywhere = places(claims)
    hidden = data.draw(st.lists(st.sampled_from(everywhere), unique=True))

    credential = issued([*hidden], claims | {"vct": VCT}, decoys=1)

    assert seen(credential, [*everywhere]) == claims
