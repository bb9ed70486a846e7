"""Consent 1.0."""

import pytest

from protocols.machine import Ask, Message, Misuse, Publish, Turn, step
from protocols.problems import InvalidMessage
from protocols.vrm.base import ItemLabel, KeptItem
from protocols.vrm.consent import Role, State, consent
from protocols.vrm.consent_words import (
    Decline,
    Disclose,
    Grant,
    Granted,
    GrantReceipt,
    Request,
    Stop,
    Volunteer,
    Wanted,
    Withdraw,
    WithdrawReceipt,
    covered,
)
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows

UNTIL = "2026-12-31T00:00:00Z"
HOME, PHONES = "/addresses/home", "/phones"
DELIVERY, MARKETING = "dpv:DeliveryOfGoods", "dpv:DirectMarketing"
AGREEMENT = "uEiBVMpXkuEi-54HDCgyGpbcxMwgG6qyiFN4ZXkh2G4ph7g"
REQUEST = Request(
    "jscontact", (Wanted(HOME, DELIVERY, True), Wanted(PHONES, MARKETING, False)), "dpv:Consent", ("carrier",), "P30D",
    ("PT",), "No delivery to your door.", UNTIL,
)  # fmt: skip
ITEM = Granted(HOME, DELIVERY, UNTIL)
GRANT = Grant("jscontact", (ITEM,), ("carrier",), "P30D", "dpv:Consent", AGREEMENT, refused=(PHONES,))
VOLUNTEER = Volunteer("jscontact", (ITEM,), ("carrier",), "P30D", "dpv:Consent", AGREEMENT)
RECORD = "uEiD9D-Ys0g5pI8c368jd8D6PolzyAcO1-_FWWasio6CNfA"
DISCLOSE = Disclose(RECORD, (ItemLabel(HOME, DELIVERY, UNTIL),))
RECEIPT = WithdrawReceipt("done", stopped=(HOME,), deleted=(HOME,), kept=(), told=("carrier",))
STOP = Stop((HOME,), (HOME,), (KeptItem(HOME, "legal-duty", "2033-12-31"),), ("carrier",))
SAMPLES: tuple[Message, ...] = (
    REQUEST, GRANT, VOLUNTEER, GrantReceipt("done"), Decline("not-needed"), DISCLOSE, Withdraw("changed-mind"), RECEIPT,
    STOP,
)  # fmt: skip


def given() -> Peers:
    peers = Peers(consent)
    peers.say(Role.ORG, REQUEST)
    peers.say(Role.PERSON, GRANT)
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.3."""
    assert_rows(
        consent,
        """
        start org request ●⏱ requested
        requested person grant ● granted
        requested person decline ● declined
        start person volunteer ● granted
        granted org receipt(grant) ● given
        granted org decline ● declined
        granted person withdraw ● cancelling
        cancelling org receipt(withdraw) ● cancelled
        given person disclose ● given
        given person withdraw ● withdrawing
        withdrawing org receipt(withdraw) ● withdrawn
        given org stop ● stopped
        cancelling org receipt(grant) ●crossed withdrawing
        cancelling org decline ●crossed declined
        withdrawing org stop ●crossed stopped
        stopped person disclose ●crossed same
        declined,stopped person withdraw ●crossed same
        """,
    )
    assert consent.committed == {"granted": "person", "cancelling": "person"}
    assert consent.lapses == {"requested": ("org", 30 * 86400)}
    assert consent.binding == {"given", "withdrawing", "withdrawn", "stopped"}
    assert consent.final == {"declined", "cancelled", "withdrawn", "stopped"}


def test_the_receipt_of_a_grant_comes_by_itself_and_binds_both() -> None:
    peers = given()

    assert peers.states == {State.GIVEN}
    assert [role for role, _ in peers.bound] == [Role.ORG, Role.PERSON]
    assert Publish("given") in peers.effects[Role.ORG]


def test_whether_it_takes_what_was_not_asked_for_is_the_orgs_to_say() -> None:
    peers = Peers(consent)

    peers.say(Role.PERSON, VOLUNTEER)

    assert peers.states == {State.GRANTED}
    assert Ask() in peers.effects[Role.ORG]


@pytest.mark.parametrize(
    "grant",
    [
        Grant("jscontact", (Granted("/name", DELIVERY, UNTIL),), (), "P30D", "dpv:Consent", AGREEMENT),
        Grant("jscontact", (Granted(HOME, MARKETING, UNTIL),), (), "P30D", "dpv:Consent", AGREEMENT),
        Grant("jscontact", (Granted(HOME, DELIVERY, "2027-01-01T00:00:00Z"),), (), "P1D", "dpv:Consent", AGREEMENT),
        Grant("jscontact", (ITEM,), ("a list broker",), "P30D", "dpv:Consent", AGREEMENT),
        Grant("order", (ITEM,), ("carrier",), "P30D", "dpv:Consent", AGREEMENT),
    ],
    ids=["another item", "another purpose", "longer", "another recipient", "another schema"],
)
def test_nothing_is_granted_that_was_not_asked_for(grant: Grant) -> None:
    peers = Peers(consent)
    peers.say(Role.ORG, REQUEST)

    with pytest.raises(Misuse):
        peers.say(Role.PERSON, grant)
    with pytest.raises(InvalidMessage):
        step(consent, peers.threads[Role.ORG], Turn(Role.PERSON, grant, "2", NOON, "digest"))


@pytest.mark.parametrize(
    "label",
    [
        ItemLabel(PHONES, MARKETING, UNTIL),
        ItemLabel(HOME, MARKETING, UNTIL),
        ItemLabel(HOME, DELIVERY, "2027-12-31T00:00:00Z"),
    ],
    ids=["refused", "another purpose", "longer"],
)
def test_nothing_is_disclosed_that_was_not_granted(label: ItemLabel) -> None:
    with pytest.raises(Misuse, match="was not granted"):
        given().say(Role.PERSON, Disclose(RECORD, (label,)))


def test_no_data_travels_before_the_record_exists() -> None:
    peers = Peers(consent)
    peers.say(Role.PERSON, VOLUNTEER)

    with pytest.raises(Misuse, match="may say withdraw"):
        peers.say(Role.PERSON, DISCLOSE)


def test_a_part_of_what_was_granted_is_covered_by_it_and_its_neighbour_is_not() -> None:
    assert covered(f"{HOME}/full", (HOME,))
    assert not covered(f"{HOME}2", (HOME,))
