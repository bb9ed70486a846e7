"""Finding a relationship by its fingerprint: at once, and before any name."""

import pytest
from msgspec.structs import replace

from agent import names, relationship
from agent.agent import Agent
from agent.relationship import fingerprint
from tests.agent.world import World, towards
from wallet.errors import NotFound
from wallet.store.change import Change


async def two(world: World) -> tuple[Agent, str, str]:
    """A person who knows two orgs, and what they are named for good."""
    her = await world.add("her")
    peers = []
    for name in ("Shop", "Club"):
        org = await world.add(name, "org")
        await world.introduce(her, org)
        peers.append(next(each for each in her.store.peers() if relationship.read(each).called == name).peer)
    return her, peers[0], peers[1]


async def test_it_is_found_without_looking_through_all_of_them_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, shop, club = await two(world)
    names.find_peer(her, fingerprint(shop))

    monkeypatch.setattr(her.store, "peers", lambda: pytest.fail("they were looked through"))

    assert names.find_peer(her, fingerprint(club)).called == "Club"


async def test_whoever_was_met_since_is_found_too(world: World) -> None:
    her, shop, _ = await two(world)
    names.find_peer(her, fingerprint(shop))
    late = await world.add("Late", "org")
    await world.introduce(her, late)
    peer = next(each.peer for each in her.store.peers() if relationship.read(each).called == "Late")

    assert names.find_peer(her, fingerprint(peer)).called == "Late"
    with pytest.raises(NotFound):
        names.find_peer(her, "0000-0000")


async def test_nobody_is_found_in_the_place_of_another_by_taking_its_fingerprint_for_a_name(world: World) -> None:
    her, shop, club = await two(world)
    who, version = her.relationship(club)
    row = relationship.write(replace(who, name=fingerprint(shop)), version)
    await her.store.apply(Change(club, relationship=row))
    her.forget(club)

    assert names.find_peer(her, fingerprint(shop)).peer == shop
    assert towards(her, who.their_did).called == fingerprint(shop)
