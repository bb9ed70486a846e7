"""Relationship 1.0, signing in."""

from dataclasses import astuple, dataclass

import pytest

from protocols.machine import Misuse, Wake
from protocols.vrm.relationship import Role
from protocols.vrm.sign_in import Admit, Challenge, Decline, Response, State, sign_in
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows


@dataclass(frozen=True)
class Session:
    origin: str = "https://shop.example"
    session: str = "uEiB0PAvc5BXPM7sz04yx6dlA-hMQz5QWnThQKqLIJhYLXQ"
    nonce: str = "q83vEjRWeJCrze8SNFZ4kA"


CHALLENGE = Challenge(*astuple(Session()))
RESPONSE = Response(*astuple(Session()))
ADMIT = Admit("https://shop.example/enter?code=1")
SAMPLES = (CHALLENGE, RESPONSE, ADMIT, Decline("unknown-origin"))


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.1."""
    assert_rows(
        sign_in,
        """
        start org challenge ⏱ challenged
        challenged person response ●⏱ answered
        challenged person decline - declined
        answered org admit - admitted
        answered org decline - declined
        """,
    )
    assert sign_in.lapses == {"challenged": ("org", 300), "answered": ("person", 120)}
    assert sign_in.final == {"admitted", "declined"}
    assert not sign_in.committed


def test_whoever_signs_the_challenge_is_admitted() -> None:
    peers = Peers(sign_in)

    peers.say(Role.ORG, CHALLENGE)
    peers.say(Role.PERSON, RESPONSE)
    peers.say(Role.ORG, ADMIT)

    assert peers.states == {State.ADMITTED}


@pytest.mark.parametrize(
    "other",
    [
        Session(origin="https://shop.example.evil.example"),
        Session(session="uEiAPE7bSKEWSPSLRnE-cJW7oxh2pGao9G3LXiREVa_qOIQ"),
        Session(nonce="AAAAAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_an_answer_to_another_origin_session_or_nonce_is_none(other: Session) -> None:
    peers = Peers(sign_in)
    peers.say(Role.ORG, CHALLENGE)

    with pytest.raises(Misuse, match="another challenge"):
        peers.say(Role.PERSON, Response(*astuple(other)))


@pytest.mark.parametrize("url", ["https://evil.example/", "https://shop.example.evil.example/", "https://shop.example"])
def test_a_way_in_that_leads_elsewhere_is_refused(url: str) -> None:
    peers = Peers(sign_in)
    peers.say(Role.ORG, CHALLENGE)
    peers.say(Role.PERSON, RESPONSE)

    with pytest.raises(Misuse, match="not at the origin"):
        peers.say(Role.ORG, Admit(url))


def test_a_sign_in_is_a_matter_of_minutes() -> None:
    peers = Peers(sign_in)

    peers.say(Role.ORG, CHALLENGE)
    assert peers.effects[Role.ORG] == (Wake(NOON + 300),)
    peers.say(Role.PERSON, RESPONSE)
    assert peers.effects[Role.PERSON] == (Wake(NOON + 120),)
