"""Evidence holds by itself, or says what does not; nobody is asked."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wallet.signed_world import BASE, DIGESTS, KEYS, KIDS, ORG, PERSON, TEXT, THREAD, published
from wallet import evidence, keys, prior, signed
from wallet.dids import key as did_key
from wallet.dids import peer, web
from wallet.evidence import Beside, verify_bundle, verify_record
from wallet.keys import Curve, Keyring
from wallet.strict_json import JsonObject

WEB = "did:web:shop.example"


def another(**changes: object) -> JsonObject:
    """One more object of the person towards the org."""
    given: dict[str, object] = {
        "type": "TermsProffer", "id": signed.new_object_id(), "kid": KIDS[PERSON], "keys": KEYS, "now": 1_800_000_000,
        "thid": THREAD, "audience": ORG, "seq": 3, "prev": DIGESTS[2], "body": {},
    }  # fmt: skip
    return signed.make(base=BASE, **(given | changes))  # type: ignore[arg-type]  # members as named


def test_a_whole_record_holds() -> None:
    verdict = verify_record(published(), {}, [TEXT], base=BASE)

    assert verdict.verified, verdict.why()
    assert [check.name for check in verdict.checks] == list(evidence.CHECKS)
    assert verdict.notes == ()
    assert [line["digest"] for line in verdict.claims["objects"]] == list(DIGESTS)  # type: ignore[union-attr,index,call-overload]  # a list of objects


def test_a_bundle_file_holds() -> None:
    bundle = {"objects": published(), "documents": {}, "texts": [TEXT], "labels": []}

    assert verify_bundle(json.dumps(bundle).encode(), base=BASE).verified


def test_the_same_object_twice_is_one_object() -> None:
    assert verify_record([*published(), published()[0]], {}, [TEXT], base=BASE).verified


def test_a_part_of_a_record_holds_and_says_what_is_not_there() -> None:
    verdict = verify_record(published()[2:], {}, [], base=BASE)

    assert verdict.verified
    assert any("1 gaps" in note for note in verdict.notes)
    assert any("not in the bundle" in note for note in verdict.notes)


def test_a_missing_text_is_a_note() -> None:
    verdict = verify_record(published(), {}, [], base=BASE)

    assert verdict.verified
    assert any("text of the agreement" in note for note in verdict.notes)


def forged() -> list[JsonObject]:
    """The record with one word changed."""
    objects = json.loads(json.dumps(published()))
    objects[1]["credentialSubject"]["body"]["ends"] = "2037-11-02T00:00:00Z"
    return list(objects)


FAULTS: dict[str, Callable[[], tuple[list[JsonObject], list[str]]]] = {
    "format": lambda: ([*published(), {"type": "X"}], [TEXT]),
    "issuer_key": lambda: ([*published(), another(kid=KIDS[ORG]) | {"issuer": PERSON}], [TEXT]),
    "equivocation": lambda: ([*published(), another(seq=2, prev=DIGESTS[0])], [TEXT]),
    "chain": lambda: ([*published(), another(prev=DIGESTS[1])], [TEXT]),
    "links": lambda: ([*published(), another(re=DIGESTS[1], thid="another")], [TEXT]),
    "texts": lambda: (published(), [TEXT, "TEST-BASE, version 2\n"]),
}


@pytest.mark.parametrize("check", FAULTS)
def test_one_fault_fails_its_own_check(check: str) -> None:
    objects, texts = FAULTS[check]()

    verdict = verify_record(objects, {}, texts, base=BASE)

    assert verdict.failed == (check,), verdict.why()
    assert verdict.claims == {}


def test_a_changed_word_breaks_the_signature() -> None:
    assert "signature" in verify_record(forged(), {}, [TEXT], base=BASE).failed


def test_data_shown_beside_an_object_is_the_data_signed_for() -> None:
    salt = signed.new_salt()
    with_data = another(data_digest=signed.digest_of_data({"street": "1 Main St"}, salt))
    name = signed.digest_of(with_data)
    objects = [*published(), with_data]

    assert verify_record(objects, {}, [TEXT], base=BASE, data={name: Beside({"street": "1 Main St"}, salt)}).verified
    for beside in ({name: Beside({"street": "2 Main St"}, salt)}, {DIGESTS[0]: Beside({"street": "1 Main St"}, salt)}):
        assert verify_record(objects, {}, [TEXT], base=BASE, data=beside).failed == ("data",)


def test_nothing_in_a_bundle_is_passed_over() -> None:
    """Else a reader of the file would take for checked what was not looked at."""
    salt = signed.new_salt()
    with_data = another(data_digest=signed.digest_of_data({"street": "1 Main St"}, salt))
    shown = {"digest": signed.digest_of(with_data), "data": {"street": "1 Main St"}, "salt": salt}
    bundle = {"objects": [*published(), with_data], "texts": [TEXT], "data": [shown]}

    assert verify_bundle(json.dumps(bundle), base=BASE).verified
    for changes in (
        {"data": [shown | {"data": {"street": "2 Main St"}}, shown]},
        {"data": [shown, "2 Main St"]},
        {"data": {"street": "2 Main St"}},
        {"texts": [TEXT, ["TEST-BASE, version 2"]]},
    ):
        assert verify_bundle(json.dumps(bundle | changes), base=BASE).failed == ("format",)


def test_a_person_under_a_long_did_needs_no_document() -> None:
    ring, signing = Keyring(), keys.create(Curve.ED25519)
    long = peer.create4(signing.public, keys.create(Curve.X25519).public, [])
    ring.add(f"{long}#key-1", signing)
    made = another(kid=f"{long}#key-1", keys=ring, seq=1, prev=None)

    verdict = verify_record([made], {}, [], base=BASE)

    assert verdict.verified, verdict.why()
    assert verdict.notes == ()


def test_an_org_on_the_web_verifies_by_a_snapshot_which_is_the_presenters_word() -> None:
    ring, signing = Keyring(), keys.create(Curve.ED25519)
    document = web.create_document(WEB, signing.public, keys.create(Curve.X25519).public, [])
    ring.add(f"{WEB}#key-1", signing)
    made = another(kid=f"{WEB}#key-1", keys=ring, seq=1, prev=None)

    with_document = verify_record([made], {WEB: document}, [], base=BASE)
    without = verify_record([made], {}, [], base=BASE)
    of_another = verify_record([made], {WEB: document | {"id": "did:web:other.example"}}, [], base=BASE)

    assert with_document.verified, with_document.why()
    assert any("presenter's word" in note for note in with_document.notes)
    assert without.failed == ("issuer_key",)
    assert of_another.failed == ("issuer_key",)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"objects":{}}', b'{"objects":[]}', b'{"objects":[1]}', b'{"objects":[null],"documents":[]}'],
)
def test_anything_else_is_a_verdict_and_no_error(raw: bytes) -> None:
    assert verify_bundle(raw, base=BASE).failed == ("format",)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_verdict_and_no_error(raw: bytes) -> None:
    assert verify_bundle(raw, base=BASE).failed == ("format",)


def test_two_dids_are_one_side_only_by_a_proof_of_the_first() -> None:
    other = keys.create(Curve.ED25519)
    did = did_key.create(other.public)
    kid = f"{did}#{did.removeprefix('did:key:')}"
    ring = Keyring()
    ring.add(kid, other)
    answer = another(kid=kid, keys=ring, re=DIGESTS[1])
    moved = prior.make(keys=KEYS, kid=KIDS[PERSON], new=did, at=1_800_000_000)
    claimed = prior.make(keys=ring, kid=kid, new=PERSON, at=1_800_000_000)

    def failed(*rotations: str) -> tuple[str, ...]:
        return verify_record([*published(), answer], {}, [TEXT], base=BASE, rotations=rotations).failed

    assert failed(moved) == ()
    assert failed() == ("links",)
    assert failed(moved[:-4] + "AAAA") == ("rotations", "links")
    assert failed(moved, "not a proof") == ("rotations",)
    assert failed(claimed) == ("links",)
    bundle = {"objects": published(), "texts": [TEXT], "rotations": [1]}
    assert verify_bundle(json.dumps(bundle).encode(), base=BASE).failed == ("format",)
