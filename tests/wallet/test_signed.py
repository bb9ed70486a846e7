"""Signed objects: made, read exactly, and checked in one order."""

import json
from datetime import datetime

import pytest

from tests.wallet.signed_world import AGREED, BASE, DIGESTS, KEYS, KIDS, ORG, PERSON, THREAD, published
from wallet import dids, keys, signed
from wallet.credentials import integrity
from wallet.dids import peer
from wallet.errors import Malformed, NotFound, Untrusted
from wallet.keys import Curve, Keyring
from wallet.needs import offline
from wallet.signed import Head, Place, SignedObject
from wallet.strict_json import Json, JsonObject


def checked(raw: signed.Raw, **changes: object) -> SignedObject:
    """The first published object as the org checks it, but for the changes."""
    given: dict[str, object] = {
        "base": BASE,
        "type": "TermsProffer",
        "issuers": [PERSON],
        "audience": [ORG],
        "thid": THREAD,
        "answers": lambda re: re is None,
        "resolve": dids.resolve,
    }
    return offline(signed.check(raw, **(given | changes)))  # type: ignore[arg-type]  # a test may pass nonsense


def altered(changes: JsonObject, *, subject: bool = False, resign: bool = True) -> JsonObject:
    """The first published object with members changed (None: taken out), and signed again as a whole."""
    document = json.loads(json.dumps(published()[0]))
    part = document["credentialSubject"] if subject else document
    part.update(changes)
    for name in [name for name, value in changes.items() if value is None]:
        del part[name]
    if not resign:
        return dict(document)
    proof = document.pop("proof", None) or {}
    at = proof.get("created", "2026-11-02T09:00:00Z")
    return integrity.add_proof(document, keys=KEYS, kid=KIDS[PERSON], created=at)


@pytest.mark.parametrize("place", range(3))
def test_the_published_objects_are_made_byte_for_byte(place: int) -> None:
    wanted = published()[place]
    it = signed.read(wanted, base=BASE)

    made = signed.make(
        base=BASE,
        type=it.type,
        id=it.id,
        kid=it.kid,
        keys=KEYS,
        now=int(datetime.fromisoformat(it.valid_from).timestamp()),
        thid=it.thid,
        audience=it.audience,
        seq=it.seq,
        body=it.body,
        prev=it.prev,
        re=it.re,
    )

    assert made == wanted
    assert json.dumps(made, separators=(",", ":")) == json.dumps(wanted, separators=(",", ":"))
    assert signed.digest_of(made) == DIGESTS[place]


def test_the_published_agreement_text_has_the_published_digest() -> None:
    it = signed.read(published()[0], base=BASE)

    assert it.body["agreement"] == {"id": "TEST-BASE", "version": "1", "digest": AGREED}


def test_a_good_object_passes_every_check() -> None:
    it = checked(published()[0])

    assert it.digest == DIGESTS[0]
    assert it.body["scope"] == "relationship"


def test_it_passes_as_bytes_too() -> None:
    assert checked(json.dumps(published()[0]).encode()).digest == DIGESTS[0]


def test_any_verifier_of_credentials_accepts_it() -> None:
    approved = {"TermsProffer": signed.contexts(BASE)}
    policy = integrity.Policy(approved=approved)

    verdict = offline(
        integrity.verify_credential(published()[0], now=1_900_000_000, resolve=dids.resolve, policy=policy)
    )

    assert verdict.verified, verdict.why()


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"type": "TermsAccept"}, "type"),
        ({"issuers": [ORG]}, "issuer"),
        ({"issuers": []}, "issuer"),
        ({"audience": [PERSON]}, "audience"),
        ({"thid": "another"}, "thread"),
        ({"answers": lambda re: False}, "re"),
    ],
)
def test_what_does_not_fit_the_message_is_refused(changes: dict[str, object], step: str) -> None:
    with pytest.raises(Untrusted, match=f"^{step}:"):
        checked(published()[0], **changes)


def test_the_checks_are_made_in_the_order_that_is_allowed() -> None:
    steps = []
    wrong: dict[str, object] = {"type": "X", "issuers": [], "audience": [], "thid": "x", "answers": lambda re: False}
    forged = published()[0] | {"proof": published()[0]["proof"] | {"proofValue": "z1"}}  # type: ignore[operator]  # an object
    for name in [*wrong, "none"]:
        try:
            checked(forged, **wrong)
        except Untrusted as fault:
            steps.append(str(fault).partition(":")[0])
        wrong.pop(name, None)

    assert steps == ["type", "issuer", "audience", "thread", "proof", "proof"]


def test_nothing_is_resolved_for_an_object_that_is_not_for_us() -> None:
    def nobody(did: str) -> None:
        raise AssertionError(f"resolved {did}")

    with pytest.raises(Untrusted, match="audience"):
        checked(published()[0], audience=[PERSON], resolve=nobody)


@pytest.mark.parametrize(
    "changes",
    [
        {"validUntil": "2030-01-01T00:00:00Z"},
        {"issuer": {"id": PERSON}},
        {"issuer": None},
        {"id": "urn:uuid:00000000-0000-1000-8000-000000000001"},
        {"id": "urn:uuid:00000000-0000-4000-8000-00000000000A"},
        {"type": ["VerifiableCredential"]},
        {"type": ["TermsProffer", "VerifiableCredential"]},
        {"type": ["VerifiableCredential", "TermsProffer", "More"]},
        {"type": "TermsProffer"},
        {"validFrom": "2026-11-02T09:00:00.5Z"},
        {"validFrom": "2026-11-02T10:00:00+01:00"},
        {"validFrom": "2026-13-02T09:00:00Z"},
        {"@context": ["https://www.w3.org/ns/credentials/v2"]},
        {"@context": ["https://www.w3.org/ns/credentials/v2", BASE + "/context/v1", {"a": "b:c"}]},
    ],
    ids=str,
)
def test_every_member_is_exactly_as_it_has_to_be(changes: JsonObject) -> None:
    with pytest.raises(Malformed):
        checked(altered(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": True},
        {"seq": "1"},
        {"seq": 2},
        {"prev": DIGESTS[1]},
        {"seq": 2, "prev": "uEi"},
        {"seq": 2, "prev": DIGESTS[1][:-1] + "B"},
        {"re": DIGESTS[1][1:]},
        {"re": 1},
        {"body": None},
        {"body": []},
        {"unheard": "of"},
        {"thid": ""},
        {"audience": None},
        {"data_digest": "x"},
        {"attachments": []},
        {"attachments": [{"id": "a"}]},
        {"attachments": [{"id": "a", "digest": DIGESTS[0], "name": "a"}]},
        {"body": {"price": 1.5}},
    ],
    ids=str,
)
def test_every_member_of_the_subject_is_exactly_as_it_has_to_be(changes: JsonObject) -> None:
    with pytest.raises(Malformed):
        checked(altered(changes, subject=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"created": "2026-11-02T09:00:01Z"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"@context": []},
        {"expires": "2030-01-01T00:00:00Z"},
        {"verificationMethod": 1},
    ],
    ids=str,
)
def test_the_proof_is_exactly_as_it_has_to_be(changes: JsonObject) -> None:
    document = json.loads(json.dumps(published()[0]))
    document["proof"].update(changes)

    with pytest.raises(Malformed):
        checked(document)


@pytest.mark.parametrize("value", ["z1", "u" + "A" * 86, "", "z" + "2" * 88, "z" + "1" * 200])
def test_a_signature_that_is_none_does_not_hold(value: str) -> None:
    document = json.loads(json.dumps(published()[0]))
    document["proof"]["proofValue"] = value

    with pytest.raises((Untrusted, Malformed)):
        checked(document)


def test_a_changed_object_does_not_hold() -> None:
    changed = altered({"body": {"agreement": "another"}}, subject=True, resign=False)

    with pytest.raises(Untrusted, match=r"^proof:"):
        checked(changed)


def test_the_key_has_to_be_the_issuers_own() -> None:
    document = altered({"issuer": ORG})

    with pytest.raises(Untrusted, match=r"^key:"):
        checked(document, issuers=[ORG])


def test_doubtful_json_is_refused() -> None:
    text = json.dumps(published()[0])
    for raw in (
        text.replace('"seq": 1', '"seq": 1, "seq": 1'),
        text.replace('"seq": 1', '"seq": 1.0'),
        text + " " * 65536,
        "[]",
        "null",
        "",
    ):
        with pytest.raises(Malformed):
            checked(raw.encode())


@pytest.mark.parametrize("raw", [None, 1, "text", [], [1]])
def test_anything_else_is_refused(raw: Json) -> None:
    with pytest.raises(Malformed):
        checked(raw)


def test_an_object_is_at_most_64_kib() -> None:
    with pytest.raises(Malformed, match="65536"):
        checked(altered({"body": {"text": "x" * 65_536}}, subject=True))


def test_a_long_and_a_short_did_are_one_signer() -> None:
    ring, signing, agreement = Keyring(), keys.create(Curve.ED25519), keys.create(Curve.X25519)
    long = peer.create4(signing.public, agreement.public, [])
    ring.add(f"{long}#key-1", signing)
    made = signed.make(
        base=BASE, type="TermsProffer", id=signed.new_object_id(), kid=f"{long}#key-1", keys=ring, now=1_800_000_059,
        thid=THREAD, audience=ORG, seq=1, body={}, to_the_minute=True,
    )  # fmt: skip

    it = checked(made, issuers=[peer.short(long)])

    assert it.issuer == long
    assert it.valid_from.endswith(":00Z")


def test_what_would_be_refused_is_not_made() -> None:
    with pytest.raises(Malformed):
        signed.make(
            base=BASE, type="X", id="1", kid=KIDS[PERSON], keys=KEYS, now=0, thid="t", audience=ORG, seq=1, body={}
        )
    with pytest.raises(NotFound):
        signed.make(
            base=BASE, type="X", id=signed.new_object_id(), kid="did:example:a#1", keys=KEYS, now=0,
            thid="t", audience=ORG, seq=1, body={},
        )  # fmt: skip


def test_ids_are_random_uuids_of_version_4() -> None:
    ids = {signed.new_object_id() for _ in range(100)}

    assert len(ids) == 100
    for id in ids:
        checked(altered({"id": id}))


@pytest.mark.parametrize(
    ("family", "message", "name"),
    [("terms", "proffer", "TermsProffer"), ("data-rights", "exercise", "DataRightsExercise")],
)
def test_a_type_is_named_after_family_and_message(family: str, message: str, name: str) -> None:
    assert signed.type_name(family, message) == name


def test_data_beside_an_object_is_tied_to_it_by_its_salted_digest() -> None:
    data: Json = {"street": "1 Main St"}
    salt = signed.new_salt()
    it = checked(altered({"data_digest": signed.digest_of_data(data, salt)}, subject=True))

    assert signed.covers(it, data, salt)
    assert not signed.covers(it, data, signed.new_salt())
    assert not signed.covers(it, {"street": "2 Main St"}, salt)
    assert not signed.covers(checked(published()[0]), data, salt)


def test_a_receipt_names_what_it_is_for() -> None:
    assert signed.receipt_body("withdraw", "done", {"told": []}) == {"of": "withdraw", "result": "done", "told": []}
    with pytest.raises(Malformed):
        signed.receipt_body("withdraw", "agreed")


# -- the chain ------------------------------------------------------------------------------------------------------

FIRST, _, SECOND = (signed.read(each, base=BASE) for each in published())


def test_the_first_object_begins_a_chain() -> None:
    assert signed.place(FIRST, head=None) is Place.NEXT


def test_the_next_object_names_the_one_before() -> None:
    assert signed.place(SECOND, head=Head(1, DIGESTS[0])) is Place.NEXT


def test_a_skipped_number_is_a_gap() -> None:
    assert signed.place(SECOND, head=None) is Place.GAP


def test_what_came_before_is_the_same() -> None:
    assert signed.place(FIRST, head=Head(2, DIGESTS[2]), at_seq=DIGESTS[0], at_id=DIGESTS[0]) is Place.SAME


def test_an_early_number_that_was_missing_comes_late() -> None:
    assert signed.place(FIRST, head=Head(2, DIGESTS[2])) is Place.LATE


@pytest.mark.parametrize("at", [{"at_seq": DIGESTS[1]}, {"at_id": DIGESTS[1]}])
def test_one_number_or_id_for_two_objects_is_equivocation(at: dict[str, str]) -> None:
    assert signed.place(FIRST, head=Head(1, DIGESTS[1]), **at) is Place.EQUIVOCATION


def test_naming_another_one_before_is_equivocation() -> None:
    assert signed.place(SECOND, head=Head(1, DIGESTS[1])) is Place.EQUIVOCATION


def test_a_record_is_what_answers_lead_to() -> None:
    held = {it.digest: it for it in (signed.read(each, base=BASE) for each in published())}

    found = signed.record(DIGESTS[2], held)

    assert [it.digest for it in found] == list(DIGESTS)


def test_a_record_with_a_hole_is_not_a_record() -> None:
    held = {it.digest: it for it in (signed.read(each, base=BASE) for each in published()[1:])}

    with pytest.raises(NotFound):
        signed.record(DIGESTS[2], held)
