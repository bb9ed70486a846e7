"""Queries and what answers them: the least that does."""

import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet import keys
from wallet.credentials import sd_jwt
from wallet.credentials.match import Held, Option, held_document, held_sd_jwt, match
from wallet.credentials.query import read_query
from wallet.credentials.sd_jwt_claims import Path as ClaimPath
from wallet.errors import Malformed
from wallet.keys import Curve, Keyring
from wallet.strict_json import Json, JsonObject

VCT = "https://credentials.example.com/identity_credential"
RING = Keyring()
RING.add("did:example:issuer#1", keys.create(Curve.ED25519))
PID: JsonObject = {
    "given_name": "Mina",
    "family_name": "Doe",
    "address": {"street_address": "1 Main St", "locality": "Whitby", "country": "GB"},
    "nationalities": ["GB", "RO"],
    "age": 36,
    "adult": True,
    "postal_code": "90210",
}


def card(id: str, claims: JsonObject, vct: str = VCT, *, hidden: bool = True) -> Held:
    """A credential in which every claim, the parts of the address and each nationality can be left out."""
    pointers: list[sd_jwt.Pointer] = [*claims] if hidden else []
    if hidden and "address" in claims:
        pointers += [("address", "street_address"), ("address", "locality"), ("address", "country")]
    if hidden and "nationalities" in claims:
        pointers += [("nationalities", None)]
    holder = keys.create(Curve.ED25519).public
    text = sd_jwt.issue(
        claims | {"vct": vct}, disclosable=pointers, keys=RING, kid="did:example:issuer#1", holder=holder
    )
    return held_sd_jwt(id, text)


def asked(*claims: JsonObject, vct: str = VCT, **more: Json) -> JsonObject:
    """A query for one credential."""
    credential: JsonObject = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}}
    if claims:
        credential["claims"] = [*claims]
    return {"credentials": [credential | more]}


def answers(query: JsonObject, *held: Held, optional: bool = False) -> tuple[Option, ...]:
    """The ways to answer."""
    return match(read_query(query), held, optional=optional)


def revealed(query: JsonObject, *held: Held) -> set[ClaimPath]:
    """What the best answer reveals."""
    return set(answers(query, *held)[0].picks[0].reveal)


def test_only_what_was_asked_for_is_revealed() -> None:
    assert revealed(asked({"path": ["given_name"]}), card("a", PID)) == {("given_name",)}


def test_a_part_is_revealed_without_its_neighbours() -> None:
    assert revealed(asked({"path": ["address", "locality"]}), card("a", PID)) == {("address",), ("address", "locality")}


def test_a_whole_is_revealed_with_its_parts() -> None:
    found = revealed(asked({"path": ["address"]}), card("a", PID))

    assert found == {("address",), *(("address", part) for part in ("street_address", "locality", "country"))}


def test_one_element_is_revealed_without_the_others() -> None:
    query = asked({"path": ["nationalities", None], "values": ["RO"]})

    assert revealed(query, card("a", PID)) == {("nationalities",), ("nationalities", 1)}


def test_without_claims_nothing_is_revealed() -> None:
    assert revealed(asked(), card("a", PID)) == set()


@pytest.mark.parametrize(
    ("path", "values", "fits"),
    [
        (["age"], [36], True),
        (["age"], ["36"], False),
        (["age"], [35, 36], True),
        (["adult"], [True], True),
        (["adult"], [1], False),
        (["nobody"], None, False),
        (["nationalities", 1], ["RO"], True),
        (["nationalities", 2], None, False),
        (["nationalities", "GB"], None, False),
        (["age", None], None, False),
        (["address", None], None, False),
    ],
)
def test_paths_and_values_have_to_match_in_type_and_value(
    path: list[Json], values: list[Json] | None, fits: bool
) -> None:
    claim: JsonObject = {"path": path} if values is None else {"path": path, "values": values}

    assert bool(answers(asked(claim), card("a", PID))) == fits


def test_another_type_or_format_does_not_answer() -> None:
    assert not answers(asked(vct="https://other.example"), card("a", PID))
    assert not answers({"credentials": [{"id": "q", "format": "mso_mdoc", "meta": {}}]}, card("a", PID))


def test_of_two_claim_sets_the_one_that_shows_less_is_taken() -> None:
    claims: list[JsonObject] = [{"id": n, "path": [n]} for n in ("given_name", "family_name", "age", "adult")]
    query = asked(*claims, claim_sets=[["given_name", "family_name", "age"], ["adult"]])

    assert revealed(query, card("a", PID)) == {("adult",)}


def test_a_claim_set_that_cannot_be_met_is_passed_over() -> None:
    claims: list[JsonObject] = [{"id": "a", "path": ["nobody"]}, {"id": "b", "path": ["age"]}]

    assert revealed(asked(*claims, claim_sets=[["a"], ["b"]]), card("a", PID)) == {("age",)}


def test_of_two_credentials_the_one_that_shows_less_comes_first() -> None:
    open_card = card("open", PID, hidden=False)

    options = answers(asked({"path": ["age"]}), open_card, card("closed", PID))

    assert [option.picks[0].held for option in options] == ["closed", "open"]
    assert options[0].cost < options[1].cost


def test_an_option_names_every_claim_the_verifier_will_see() -> None:
    [option] = answers(asked({"path": ["address", "locality"]}), card("a", PID))

    names = {path[0] for path in option.picks[0].shows}

    assert names == {"address", "vct", "iss", "cnf"}
    assert ("address", "locality") in option.picks[0].shows
    assert ("address", "country") not in option.picks[0].shows


def test_what_is_shown_is_what_presenting_shows() -> None:
    text = sd_jwt.issue(
        PID | {"vct": VCT}, disclosable=[*PID, ("address", "locality")], keys=RING, kid="did:example:issuer#1",
        holder=keys.create(Curve.ED25519).public,
    )  # fmt: skip
    [option] = answers(asked({"path": ["address", "locality"]}), held_sd_jwt("a", text))

    shown = sd_jwt.read(sd_jwt.present(text, reveal=option.picks[0].reveal, now=0, keys=RING)).claims

    leaves = {path[:2] for path in option.picks[0].shows}
    assert {("address", part) for part in shown["address"]} == {path for path in leaves if path[0] == "address"}  # type: ignore[union-attr]  # an object
    assert set(shown) == {path[0] for path in leaves}


def sets(*groups: JsonObject) -> JsonObject:
    """A query for three credentials, in sets."""
    credentials: list[Json] = [
        {"id": name, "format": "dc+sd-jwt", "meta": {"vct_values": [name]}, "claims": [{"path": ["age"]}]}
        for name in "abc"
    ]
    return {"credentials": credentials, "credential_sets": [*groups]}


def test_every_credential_is_wanted_without_sets() -> None:
    query = sets()
    del query["credential_sets"]

    assert not answers(query, card("1", PID, "a"), card("2", PID, "b"))
    assert len(answers(query, *(card(name, PID, name) for name in "abc"))[0].picks) == 3


def test_one_option_of_each_required_set_is_answered() -> None:
    query = sets({"options": [["a", "b"], ["c"]]})
    both = answers(query, *(card(name, PID, name) for name in "abc"))

    assert [[pick.query for pick in option.picks] for option in both] == [["c"], ["a", "b"]]
    assert not answers(query, card("1", PID, "a"))


def test_what_is_not_required_is_left_out_unless_the_owner_wants_it() -> None:
    query = sets({"options": [["a"]]}, {"options": [["b"]], "required": False})
    held = [card("1", PID, "a"), card("2", PID, "b")]

    assert [pick.query for pick in answers(query, *held)[0].picks] == ["a"]
    assert [pick.query for pick in answers(query, *held, optional=True)[0].picks] == ["a", "b"]
    assert [pick.query for pick in answers(query, held[0], optional=True)[0].picks] == ["a"]


def test_one_credential_is_picked_once_for_two_sets() -> None:
    query = sets({"options": [["a"]]}, {"options": [["a", "b"], ["a"]]})

    assert [pick.query for pick in answers(query, card("1", PID, "a"))[0].picks] == ["a"]


def test_a_credential_without_holder_key_does_not_answer_where_one_is_needed() -> None:
    text = sd_jwt.issue({"vct": VCT, "age": 36}, disclosable=[], keys=RING, kid="did:example:issuer#1")
    held = held_sd_jwt("a", text)

    assert not answers(asked({"path": ["age"]}), held)
    assert answers(asked({"path": ["age"]}, require_cryptographic_holder_binding=False), held)


def test_a_trusted_authority_has_to_fit() -> None:
    authorities: Json = [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]
    held = card("a", PID)

    assert not answers(asked(trusted_authorities=authorities), held)


def test_a_document_is_shown_whole() -> None:
    document: JsonObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "IDCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"family_name": "Doe", "given_name": "Mina"},
        "proof": {},
    }
    query: JsonObject = {
        "credentials": [
            {
                "id": "q",
                "format": "ldp_vc",
                "meta": {"type_values": [["Licence"], ["IDCredential"]]},
                "claims": [{"path": ["credentialSubject", "family_name"]}],
            }
        ]
    }

    [option] = answers(query, held_document("a", document))

    assert option.picks[0].reveal == ()
    assert ("credentialSubject", "given_name") in option.picks[0].shows


def test_options_are_few_however_much_is_held() -> None:
    query = sets({"options": [["a", "b", "c"]]})
    held = [card(f"{name}{number}", {"age": 36}, name) for name in "abc" for number in range(12)]

    assert 0 < len(answers(query, *held)) <= 32


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"credentials": []},
        {"credentials": {}},
        {"credentials": [1]},
        {"credentials": [{"id": "a"}]},
        {"credentials": [{"id": "a b", "format": "x"}]},
        {"credentials": [{"id": "", "format": "x"}]},
        {"credentials": [{"id": "a", "format": "x"}, {"id": "a", "format": "x"}]},
        {"credentials": [{"id": "a", "format": "x", "claims": []}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": []}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": [True]}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": [-1]}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": [1.5]}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": ["a"], "values": []}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": ["a"], "values": [None]}]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"path": ["a"]}], "claim_sets": [["a"]]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"id": "b", "path": ["a"]}], "claim_sets": [["c"]]}]},
        {"credentials": [{"id": "a", "format": "x", "claims": [{"id": "b", "path": ["a"]}], "claim_sets": []}]},
        {"credentials": [{"id": "a", "format": "x", "multiple": 1}]},
        {"credentials": [{"id": "a", "format": "x", "meta": {"vct_values": []}}]},
        {"credentials": [{"id": "a", "format": "x"}], "credential_sets": []},
        {"credentials": [{"id": "a", "format": "x"}], "credential_sets": [{"options": []}]},
        {"credentials": [{"id": "a", "format": "x"}], "credential_sets": [{"options": [["b"]]}]},
        {"credentials": [{"id": str(number), "format": "x"} for number in range(33)]},
    ],
    ids=lambda query: json.dumps(query)[:100],
)
def test_a_query_of_another_form_is_refused(query: JsonObject) -> None:
    with pytest.raises(Malformed):
        read_query(query)


def test_members_nobody_knows_are_not_looked_at() -> None:
    assert read_query({"credentials": [{"id": "a", "format": "x", "unheard": "of"}], "un": "heard"}).credentials


def test_the_published_queries_are_read(vectors: Path, conformance: Conformance) -> None:
    folder = vectors / "openid4vp"
    found = [*sorted((folder / "query_lang").glob("*.json")), *sorted((folder / "request").glob("dcql_*.json"))]

    queries = [read_query(path.read_bytes()) for path in found]

    assert len(queries) >= 9
    assert all(query.credentials for query in queries)
    conformance("openid4vp", accepted=len(queries))


def test_a_published_query_is_answered_with_what_it_asks_for(vectors: Path) -> None:
    query = json.loads((vectors / "openid4vp" / "query_lang" / "value_matching_simple.json").read_text())

    assert revealed(query, card("a", PID)) == {
        ("family_name",), ("given_name",), ("address",), ("address", "street_address"), ("postal_code",),
    }  # fmt: skip
    assert not answers(query, card("a", PID | {"postal_code": "11111"}))
