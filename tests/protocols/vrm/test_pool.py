"""Intent 1.0, pools."""

import pytest

from protocols.machine import Turn, step
from protocols.problems import InvalidMessage
from protocols.vrm.intent import PoolRole as Role
from protocols.vrm.intent import PoolState as State
from protocols.vrm.intent import pool
from protocols.vrm.intent_words import JoinReceipt, Leave, LeaveReceipt
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows
from tests.protocols.vrm.test_intent import JOIN, MATCHED


def joined() -> Peers:
    peers = Peers(pool)
    peers.say(Role.PERSON, JOIN)
    peers.say(Role.AGENT, JoinReceipt("done"))
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.6."""
    assert_rows(
        pool,
        """
        start person join ● joining
        joining agent receipt(join) ● joined
        joining agent decline - declined
        joined person leave ● leaving
        leaving agent receipt(leave) ● left
        joined agent matched ● matched
        leaving agent matched ●crossed matched
        matched person leave ●crossed same
        """,
    )
    assert pool.lapses == {}
    assert pool.committed == {"joining": "person"}
    assert pool.final == {"declined", "left", "matched"}
    assert pool.binding == {"joined", "leaving", "left", "matched"}


def test_she_is_out_again_before_the_match() -> None:
    peers = joined()

    peers.say(Role.PERSON, Leave())
    peers.say(Role.AGENT, LeaveReceipt("done"))

    assert peers.states == {State.LEFT}
    assert peers.kept == []


def test_a_match_that_crosses_her_leaving_leads_both_to_the_same_end() -> None:
    peers = joined()
    person, _ = step(pool, peers.threads[Role.PERSON], Turn(Role.PERSON, Leave(), "3", NOON, "d3"))
    broker, _ = step(pool, peers.threads[Role.AGENT], Turn(Role.AGENT, MATCHED, "4", NOON, "d4"))

    person, _ = step(pool, person, Turn(Role.AGENT, MATCHED, "4", NOON, "d4"))
    broker, _ = step(pool, broker, Turn(Role.PERSON, Leave(), "3", NOON, "d3"))

    assert {person.state, broker.state} == {State.MATCHED}


@pytest.mark.parametrize(("name", "body"), [("join", {"pool": "p"}), ("decline", {"reason": "terms"}), ("matched", {})])
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        pool.read(name, body)
