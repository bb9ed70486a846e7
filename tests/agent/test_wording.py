"""Names for people of what machines write."""

import pytest

from agent import wording


@pytest.mark.parametrize(
    ("ptr", "shown"),
    [
        ("/addresses/home", "address (home)"),
        ("/emails/work", "email (work)"),
        ("/addresses", "address (all)"),
        ("/name", "name"),
    ],
)
def test_what_is_shown_of_a_card_can_be_typed(ptr: str, shown: str) -> None:
    assert wording.field(ptr) == shown
    assert wording.pointer(shown) == ptr


def test_what_nobody_has_words_for_stands_as_it_is() -> None:
    assert [wording.field(each) for each in ("/shoes", "/a~1b/c", "", "shoes")] == [
        "shoes",
        "a/b, c",
        "everything",
        "shoes",
    ]
    assert wording.pointer("/shoes") == "/shoes"
    assert wording.lasting("soon") == "soon"
    assert wording.moment("soon") == wording.day("soon") == "soon"
    assert wording.purpose("dpv:NewPurposeOfTheirs") == 'for the purpose "new purpose of theirs"'
    assert wording.purpose("x:Y") == 'for the purpose "x:Y"'
    assert wording.deed("X509Thing2 of sorts") == "X509Thing2 of sorts"
    assert wording.act("weather/1.0/ask") == "weather/1.0/ask"


def test_durations_and_moments_are_read_as_they_are_spoken() -> None:
    assert wording.lasting("P1DT12H") == "1 day 12 hours"
    assert wording.lasting("P3D") == "3 days"
    assert wording.moment("2026-11-22T09:00:00Z") == "2026-11-22 09:00 UTC"
    assert wording.day("2026-11-22T09:00:00Z") == "2026-11-22"


def test_a_value_is_said_without_the_names_of_its_parts() -> None:
    label = {"ptr": "/name", "purpose": "dpv:DeliveryOfGoods", "expires": "2027-11-30T23:59:00Z"}

    assert wording.value({"@type": "Address", "full": "1 Low Street, PT", "countryCode": "PT"}) == "1 Low Street, PT"
    assert wording.value({"amount": "3.00", "currency": "EUR"}) == "3.00 EUR"
    assert wording.value([label]) == "name to deliver what you ordered until 2027-11-30"
    assert wording.value({"size": 3, "wide": True}) == "size: 3, wide: yes"


def test_who_and_what_was_signed_have_names() -> None:
    assert wording.organisation("did:web:shop.example%3A8443") == "shop.example:8443"
    assert wording.deed("DataRightsExercise") == "data rights: exercise"
    assert wording.deed("ConsentGrant") == "consent: grant"
    assert wording.level(0) == "nothing"
