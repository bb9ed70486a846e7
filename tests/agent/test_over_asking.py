"""Hints about more being asked for than a reason needs: what they say, and what they leave alone."""

import pytest

from agent.over_asking import in_words, kind, notices, reasons

FINE = [
    (("over_18",), "to see that you are old enough for this film"),
    (("tier", "member_since"), "to give you the price of members"),
    (("name", "addresses.home", "phone"), "to deliver what you ordered"),
    (("/addresses/home",), "dpv:DeliveryOfGoods"),
    (("name", "date_of_birth", "passport_number"), "dpv:IdentityVerification"),
    (("allergies",), "so that the pharmacy gives you nothing that harms you"),
    (("colour", "frame_number"), "to find a bicycle that fits"),
    ((), ""),
]


@pytest.mark.parametrize(("claims", "purpose"), FINE)
def test_what_a_reason_needs_is_asked_for_without_a_word(claims: tuple[str, ...], purpose: str) -> None:
    assert notices(claims, purpose) == []


ODD = [
    (("birth_date",), "to see that you are 18", "old enough can be shown without an exact birth date"),
    (("dateOfBirth",), "to give you the discount of members", "An exact birth date is seldom needed"),
    (("passport_number",), "to deliver what you ordered", "a number that a state gave"),
    (("religion",), "to deliver what you ordered", "The law protects what is about belief"),
    (("email",), "to see that you are an adult", "Nothing in the reason given needs this: email"),
    (("tier",), "", "No reason is given"),
    (("tier",), "for our internal purposes", "would fit nearly anything"),
    (("email",), "dpv:DirectMarketing", "The reason is advertising"),
    (("given_name", "birthdate"), "a quiz", "singles out one person"),
    (("a", "b", "c", "d", "e", "f", "g"), "a quiz", "7 things are asked for at once"),
]


@pytest.mark.parametrize(("claims", "purpose", "said"), ODD)
def test_what_a_reason_does_not_need_is_named_in_a_sentence(claims: tuple[str, ...], purpose: str, said: str) -> None:
    found = notices(claims, purpose)

    assert any(said in each for each in found), found
    assert all(each.endswith(".") for each in found)


def test_nothing_is_said_twice() -> None:
    found = notices(("birthdate", "birthdate", "birth.date"), "a quiz")

    assert len(found) == len(set(found)) == 2


def test_names_are_read_however_they_are_written() -> None:
    written = ("dateOfBirth", "date_of_birth", "/date/of/birth", "date.of.birth")

    assert {in_words(each) for each in written} == {"date of birth"}
    assert {kind(each) for each in written} == {"birth"}
    assert kind("age_over_18") == "threshold"
    assert kind("message") == ""


def test_a_term_of_the_vocabulary_counts_with_all_it_is_part_of() -> None:
    assert reasons("dpv:TargetedAdvertising") == ["advertising"]
    assert reasons("dpv:SomethingElse") == []


def test_long_names_and_reasons_are_cut() -> None:
    found = notices(("x" * 10_000 + "_email",), "for " * 100_000)

    assert all(len(each) < 300 for each in found)
