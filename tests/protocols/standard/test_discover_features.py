"""Discover Features 2.0."""

from protocols.standard.discover_features import (
    Disclose,
    Disclosure,
    Queries,
    Query,
    Role,
    State,
    disclose,
    discover_features,
)
from tests.protocols.peers import Peers

PING = "https://didcomm.org/trust-ping/2.0"
CHAT = "https://didcomm.org/basicmessage/2.0"
KNOWN = {"protocol": (PING, CHAT), "goal-code": ("org.meet",)}
SAMPLES = (
    Queries((Query(feature_type="protocol", match="*"),)),
    Disclose((Disclosure(feature_type="protocol", id=PING),)),
)


def ask(feature_type: str, match: str) -> list[str]:
    found = disclose(Queries((Query(feature_type=feature_type, match=match),)), KNOWN)
    return [each.id for each in found.disclosures]


def test_a_star_stands_for_anything_and_nothing_else_is_special() -> None:
    assert ask("protocol", "*") == [PING, CHAT]
    assert ask("protocol", "https://didcomm.org/trust-ping/2.*") == [PING]
    assert ask("protocol", "https://didcomm.org/trust-ping/2.[0-9]") == []
    assert ask("protocol", "https://didcomm?org/*") == []


def test_an_unknown_kind_of_feature_is_ignored() -> None:
    assert ask("software", "*") == []


def test_a_feature_is_named_once_however_often_it_is_asked_for() -> None:
    twice = Queries((Query(feature_type="protocol", match=PING), Query(feature_type="protocol", match="*")))

    assert [each.id for each in disclose(twice, KNOWN).disclosures] == [PING, CHAT]


def test_the_wire_spells_feature_type_with_a_hyphen() -> None:
    message = discover_features.read("queries", {"queries": [{"feature-type": "protocol", "match": "*"}]})

    assert message == SAMPLES[0]


def test_the_responder_answers_once() -> None:
    peers = Peers(discover_features)

    peers.say(Role.REQUESTER, SAMPLES[0])
    peers.say(Role.RESPONDER, SAMPLES[1])

    assert peers.states == {State.DISCLOSED}
