"""Terms 1.0."""

import pytest

from protocols.machine import Ask, Misuse, Turn, step
from protocols.problems import InvalidMessage, WrongAgreement
from protocols.vrm.base import AgreementRef
from protocols.vrm.terms import (
    Accept,
    Alternative,
    Confirm,
    Decline,
    Proffer,
    Role,
    State,
    Withdraw,
    WithdrawReceipt,
    terms,
)
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows

PREFERRED = AgreementRef(id="TEST-NO-TRACK", version="1", digest="uEiDN0L3fGQTox6z6VxszAR2rFotcPgb2ScODdas0jgShIQ")
OTHER = AgreementRef(id="TEST-BASE", version="1", digest="uEiAPE7bSKEWSPSLRnE-cJW7oxh2pGao9G3LXiREVa_qOIQ")
PROFFER = Proffer(PREFERRED, "relationship", also=(OTHER,), lasts="P1Y")
THIRD = AgreementRef(id="TEST-THIRD", version="1", digest="uEiAeWY8twZMOky4tF2GrhCBKVkHciTuoRr81Y2JAWIHpRQ")
WITHDRAW = Withdraw("2026-12-15T00:00:00Z", "moving-on")
RECEIPT = WithdrawReceipt("done", ended="2026-12-15T00:00:00Z", survives=("warranty",), data="erase")
SAMPLES = (
    PROFFER,
    Accept(PREFERRED),
    Alternative(THIRD, ends="2027-11-02T00:00:00Z"),
    Decline("unacceptable"),
    Confirm(PREFERRED.digest),
    Confirm(THIRD.digest),
    WITHDRAW,
    RECEIPT,
)


def proffered() -> Peers:
    peers = Peers(terms)
    peers.say(Role.PERSON, PROFFER)
    return peers


def in_force() -> Peers:
    peers = proffered()
    peers.say(Role.ORG, Accept(PREFERRED))
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.2."""
    assert_rows(
        terms,
        """
        start person proffer ●⏱ proffered
        proffered org accept ● accepted
        proffered org alternative ● countered
        proffered org decline ● declined
        accepted,countered person confirm ● in-force
        accepted,countered person decline ● declined
        in-force person withdraw ● ending-by-person
        in-force org withdraw ● ending-by-org
        ending-by-person org receipt(withdraw) ● withdrawn
        ending-by-org person receipt(withdraw) ● withdrawn
        ending-by-person org withdraw ●crossed withdrawn
        ending-by-org person withdraw ●crossed withdrawn
        """,
    )
    assert terms.lapses == {"proffered": ("person", 30 * 86400)}
    assert terms.committed == {"accepted": "org", "countered": "org"}
    assert terms.final == {"declined", "withdrawn"}
    assert terms.binding == {"in-force", "ending-by-person", "ending-by-org", "withdrawn"}


def test_what_she_preferred_is_confirmed_without_asking_and_binds_both() -> None:
    peers = in_force()

    assert peers.states == {State.IN_FORCE}
    assert peers.kept == [(Role.PERSON, Accept(PREFERRED)), (Role.ORG, Accept(PREFERRED))]
    assert len({record for _, record in peers.bound}) == 1


SOON = Accept(PREFERRED, ends="2026-11-02T12:01:00Z")


@pytest.mark.parametrize("answer", [Accept(OTHER), Alternative(THIRD), SOON], ids=["other", "alternative", "soon over"])
def test_anything_looser_asks_her(answer: Accept) -> None:
    peers = proffered()

    peers.say(Role.ORG, answer)

    assert Ask() in peers.effects[Role.PERSON]
    assert peers.bound == []


@pytest.mark.parametrize("answer", [Accept(THIRD), Alternative(PREFERRED), Alternative(OTHER)])
def test_an_answer_names_what_she_named_or_is_an_alternative(answer: Accept) -> None:
    peers = proffered()

    with pytest.raises(WrongAgreement):
        step(terms, peers.threads[Role.PERSON], Turn(Role.ORG, answer, "2", NOON, "digest"))


def test_a_confirmation_of_another_text_binds_nobody() -> None:
    peers = proffered()
    peers.say(Role.ORG, Alternative(THIRD))

    with pytest.raises(Misuse):
        peers.say(Role.PERSON, Confirm(PREFERRED.digest))

    assert peers.bound == []


@pytest.mark.parametrize(("role", "other"), [(Role.PERSON, Role.ORG), (Role.ORG, Role.PERSON)])
def test_either_may_end_it(role: Role, other: Role) -> None:
    peers = in_force()

    peers.say(role, WITHDRAW)
    if role == Role.PERSON:
        assert Ask() in peers.effects[other]
        peers.say(other, RECEIPT)

    assert peers.states == {State.WITHDRAWN}


def test_no_is_kept_and_binds_nobody() -> None:
    peers = proffered()

    peers.say(Role.ORG, Decline("not-our-roster"))

    assert peers.states == {State.DECLINED}
    assert peers.bound == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("confirm", {"digest": "uEiAeWY8twZMOky4tF2GrhCBKVkHciTuoRr81Y2JAWIHpRR"}),
        ("confirm", {"digest": PREFERRED.digest, "note": "unknown members are an error in what is signed"}),
        ("decline", {"reason": "because"}),
        ("accept", {"agreement": {"id": "A", "version": "1", "digest": PREFERRED.digest, "and": 1}}),
        ("receipt", {"of": "proffer", "result": "done"}),
        ("withdraw", {"from": "tomorrow", "reason": "moving-on"}),
        ("withdraw", {"from": "2026-12-15T00:00:00Z", "reason": "moving-on", "text": None}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        terms.read(name, body)
