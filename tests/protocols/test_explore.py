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

LARGE = {"consent", "data-rights", "intent"}  # families of ten thousand worlds on the network and more

reliable = pytest.mark.parametrize("protocol", [pytest.param(each, id=each.id) for each in RELIABLE])
on_the_network = pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(each, id=each.id, marks=[pytest.mark.full] if each.uri.split("/")[-2] in LARGE else [])
        for each in RELIABLE
    ],
)


@on_the_network
def test_no_world_splits_on_a_bad_network(protocol: Protocol) -> None:
    explored = explore_network(protocol)

    print(f"{protocol.id}: {explored.worlds} worlds on the network, 0 splits")


@on_the_network
def test_a_bad_network_leads_nowhere_that_a_good_one_does_not(protocol: Protocol) -> None:
    assert explore_network(protocol, limit=2).states == explore(protocol, limit=2).states


@pytest.mark.parametrize("place", range(len(CROSSED)))
def test_without_a_crossed_row_the_finder_objects(place: int) -> None:
    protocol, row = CROSSED[place]
    without = replace(protocol, rows=[each for each in protocol.rows if each is not row])

    with pytest.raises(Fault):
        explore(without)
    with pytest.raises(Fault):
        explore_network(without)


@pytest.mark.parametrize(("protocol", "state", "role"), COMMITTED, ids=[state for _, state, _ in COMMITTED])
def test_if_a_committed_peer_could_lapse_the_finder_finds_a_split(protocol: Protocol, state: str, role: str) -> None:
    weakened = replace(protocol, lapses={**protocol.lapses, state: (role, 1)})

    with pytest.raises(Fault, match="split"):
        explore(weakened)
    with pytest.raises(Fault, match="split"):
        explore_network(weakened)


@reliable
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
    weakened = replace(terms, lapses={**terms.lapses, "accepted": ("org", 1)})

    with pytest.raises(Fault) as found:
        explore(weakened)

    story = str(found.value).splitlines()
    assert story[0] == "split: person is in-force, org is lapsed"
    assert "  person: proffer is said" in story
    assert "  org stops waiting" in story
