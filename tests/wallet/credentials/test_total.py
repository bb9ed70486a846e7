"""Verification is total: any bytes in, a verdict out, after bounded work, and without asking anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.cred_world import BITSTRING, BUILDERS, TOKEN_LIST, World, judged
from tests.cost import cost
from wallet.strict_json import Json

GOOD = {kind: BUILDERS[kind]({}) for kind in BUILDERS}
anything: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", BUILDERS)
@given(raw=st.binary(max_size=300))
def test_any_bytes(kind: str, raw: bytes) -> None:
    assert not judged(kind, raw, {}, World()).verified


@pytest.mark.parametrize("kind", BUILDERS)
@given(raw=st.text(alphabet='eyJ0.~{}[]":,aA_-', max_size=60))
def test_any_text_of_the_right_letters(kind: str, raw: str) -> None:
    assert not judged(kind, raw, {}, World()).verified


@given(data=st.data())
def test_an_sd_jwt_with_any_one_character_changed(data: st.DataObject) -> None:
    good = str(GOOD["sd_jwt"])
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.sampled_from("Aa0-_.~={ "))

    verdict = judged("sd_jwt", good[:place] + letter + good[place + 1 :], {}, World())

    assert verdict.verified == (letter == good[place])


@pytest.mark.parametrize("kind", ["credential", "presentation"])
@given(data=st.data())
def test_a_document_with_any_member_replaced_by_anything(kind: str, data: st.DataObject) -> None:
    good = GOOD[kind]
    assert isinstance(good, dict)
    name = data.draw(st.sampled_from(sorted(good)))
    value = data.draw(anything)

    verdict = judged(kind, good | {name: value}, {}, World())

    assert not verdict.verified or good[name] == value


@pytest.mark.parametrize("kind", ["credential", "presentation"])
@given(data=st.data())
def test_a_proof_with_any_member_replaced_by_anything(kind: str, data: st.DataObject) -> None:
    good = GOOD[kind]
    assert isinstance(good, dict)
    proof = good["proof"]
    assert isinstance(proof, dict)
    name = data.draw(st.sampled_from(sorted(proof)))
    value = data.draw(anything)

    verdict = judged(kind, good | {"proof": proof | {name: value}}, {}, World())

    assert not verdict.verified or proof[name] == value


@given(
    payload=st.dictionaries(st.sampled_from(["iss", "vct", "exp", "nbf", "iat", "cnf", "status", "_sd", "x"]), anything)
)
def test_a_signed_payload_of_any_values(payload: dict[str, Json]) -> None:
    try:
        text = BUILDERS["sd_jwt"]({"payload": payload})
    except (UnicodeEncodeError, AssertionError):
        return
    verdict = judged("sd_jwt", text, {}, World())

    assert verdict.checks


@given(answer=st.dictionaries(st.sampled_from(["iat", "aud", "nonce", "sd_hash", "x"]), anything))
def test_a_holders_answer_of_any_values(answer: dict[str, Json]) -> None:
    try:
        text = BUILDERS["sd_jwt"]({"answer": {"claims": answer}})
    except UnicodeEncodeError:
        return
    verdict = judged("sd_jwt", text, {}, World())

    assert verdict.checks


@given(header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "x"]), anything))
def test_a_header_of_any_values(header: dict[str, Json]) -> None:
    try:
        text = BUILDERS["sd_jwt"]({"header": header})
    except UnicodeEncodeError:
        return
    verdict = judged("sd_jwt", text, {}, World())

    assert verdict.checks


@given(raw=st.binary(max_size=300))
def test_a_status_list_of_any_bytes(raw: bytes) -> None:
    token: Json = {"payload": {"status": {"status_list": {"idx": 1, "uri": TOKEN_LIST}}}}
    entry: Json = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1"}
    assert isinstance(token, dict)
    assert isinstance(entry, dict)
    document: Json = {"document": {"credentialStatus": entry | {"statusListCredential": BITSTRING}}}
    assert isinstance(document, dict)

    verdicts = [
        judged("sd_jwt", BUILDERS["sd_jwt"](token), {}, World({TOKEN_LIST: raw})),
        judged(
            "credential",
            BUILDERS["credential"](document),
            {},
            World({BITSTRING: raw}),
        ),
    ]

    assert [verdict.failed for verdict in verdicts] in ([("status_format",)] * 2, [("status_available",)] * 2)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("sd_jwt", "~" * 1_000_000),
        ("sd_jwt", "." * 1_000_000),
        ("sd_jwt", "A" * 1_000_000 + "~"),
        ("sd_jwt", "{" * 1_000_000),
        ("sd_jwt", "e30.e30.AA~" + "WyJhIiwiYiIsMV0~" * 60_000),
        ("credential", "[" * 1_000_000),
        ("credential", '{"@context":[' + '"https://a.example",' * 40_000 + '"b:c"]}'),
        ("credential", '{"proof":[' + "{}," * 300_000 + "{}]}"),
        ("credential", '{"credentialStatus":[' + "{}," * 300_000 + "{}]}"),
        ("credential", '{"credentialSubject":[' + "{}," * 300_000 + "{}]}"),
        ("presentation", '{"verifiableCredential":[' + "{}," * 300_000 + "{}]}"),
    ],
    ids=range(11),
)
def test_the_work_is_bounded(kind: str, raw: str) -> None:
    verdict = judged(kind, raw, {}, World())

    assert not verdict.verified
    assert cost(lambda: judged(kind, raw, {}, World())) < 0.5
