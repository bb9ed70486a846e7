"""The split finder finds what there is to find, and finds nothing in the tables as they are: never one side bound and
the other not, never a lapse of whoever has committed. Source: vrm-protocols, section 4, and section 7, lines 4 and 5.
"""

from dataclasses import replace

import pytest

import protocols
from protocols.machine import Protocol
from tests.protocols.explore import Fault, explore
from tests.protocols.network import explore_network

RELIABLE = [each for each in protocols.tables() if each.reliable]
CROSSED = [(each, row) for each in RELIABLE for row in each.rows if row.crossed]
COMMITTED = [(each, state, role) for each in RELIABLE for state, role in each.committed.items()]

LARGE = {"consent", "data-rights", "intent", "loyalty"}  # families of ten thousand worlds on the network and more


def marks(protocol: Protocol) -> list[pytest.MarkDecorator]:
    """What walks all worlds of a large family on the network is tried at full size only."""
    return [pytest.mark.full] if protocol.uri.split("/")[-2] in LARGE else []


on_the_network = pytest.mark.parametrize(
    "protocol", [pytest.param(each, id=each.id, marks=marks(each)) for each in RELIABLE]
)


@on_the_network
def test_a_bad_network_splits_no_world_and_leads_nowhere_that_a_good_one_does_not(protocol: Protocol) -> None:
    explored = explore_network(protocol, limit=2)

    print(f"{protocol.id}: {explored.worlds} worlds on the network, 0 splits")
    assert explored.states == explore(protocol, limit=2).states


@pytest.mark.parametrize("place", range(len(CROSSED)))
def test_without_a_crossed_row_the_finder_objects(place: int) -> None:
    with pytest.raises(Fault):
        explore(without_crossed(place))


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=marks(protocol)) for place, (protocol, _) in enumerate(CROSSED)]
)
def test_without_a_crossed_row_the_finder_objects_on_the_network(place: int) -> None:
    with pytest.raises(Fault):
        explore_network(without_crossed(place))


def without_crossed(place: int) -> Protocol:
    """A table that lacks one of its crossed rows."""
    protocol, row = CROSSED[place]
    return replace(protocol, rows=[each for each in protocol.rows if each is not row])


@pytest.mark.parametrize(("protocol", "state", "role"), COMMITTED, ids=[state for _, state, _ in COMMITTED])
def test_if_a_committed_peer_could_lapse_the_finder_finds_a_split(protocol: Protocol, state: str, role: str) -> None:
    with pytest.raises(Fault, match="split"):
        explore(weakened(protocol, state, role))


@pytest.mark.parametrize(
    ("protocol", "state", "role"),
    [pytest.param(*each, id=each[1], marks=marks(each[0])) for each in COMMITTED],
)
def test_if_a_committed_peer_could_lapse_the_finder_finds_a_split_on_the_network(
    protocol: Protocol, state: str, role: str
) -> None:
    with pytest.raises(Fault, match="split"):
        explore_network(weakened(protocol, state, role))


def weakened(protocol: Protocol, state: str, role: str) -> Protocol:
    """A table in which a peer that has committed may stop waiting."""
    return replace(protocol, lapses={**protocol.lapses, state: (role, 1)})


@on_the_network
def test_where_somebody_commits_a_message_lost_for_good_is_a_fault(protocol: Protocol) -> None:
    if not protocol.committed:
        assert explore_network(protocol, resends=False).worlds
        return

    with pytest.raises(Fault):
        explore_network(protocol, resends=False)


def test_terms_need_the_order_of_what_one_peer_said() -> None:
    with pytest.raises(Fault, match="withdraw cannot be said"):
        explore_network(protocols.vrm.terms.terms, in_order=False)


def test_a_fault_tells_the_way_to_it() -> None:
    terms = protocols.vrm.terms.terms

    with pytest.raises(Fault) as found:
        explore(weakened(terms, "accepted", "org"))

    story = str(found.value).splitlines()
    assert story[0] == "split: person is in-force, org is lapsed"
    assert "  person: proffer is said" in story
    assert "  org stops waiting" in story
