"""Finding a relationship by its fingerprint: at once, and before any name."""

from itertools import count

import pytest
from msgspec.structs import replace

from agent import names, relationship
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from protocols.problems import Misuse
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


async def test_whoever_is_new_is_found_without_looking_through_all_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, shop, _ = await two(world)
    names.find_peer(her, fingerprint(shop))
    late = await world.add("Late", "org")
    await world.introduce(her, late)
    peer = next(each.peer for each in her.store.peers() if relationship.read(each).called == "Late")

    monkeypatch.setattr(her.store, "peers", lambda: pytest.fail("they were looked through"))

    assert names.find_peer(her, fingerprint(peer)).called == "Late"


@pytest.mark.parametrize("known", [0, 1])
async def test_of_two_with_one_fingerprint_neither_is_found(world: World, known: int) -> None:
    """known: how many of them were there when somebody first asked for a fingerprint."""
    her, shop, _ = await two(world)
    alike = twins()
    for number, peer in enumerate(alike):
        if number == known:
            names.find_peer(her, fingerprint(shop))
        row = Relationship(peer=peer, our_did=peer, their_did=peer, since=world.time, met=True, name=f"Twin {number}")
        await her.store.apply(Change(peer, relationship=relationship.write(row, 0)))
        her.remember(row, 1)

    for _ in range(2):
        with pytest.raises(Misuse, match="could be any of Twin"):
            names.find_peer(her, fingerprint(alike[0]))
        her.remember(*her.relationship(alike[0]))


def twins() -> tuple[str, str]:
    """Two DIDs of one fingerprint: of a hundred thousand, some are."""
    seen: dict[str, str] = {}
    for number in count():
        did = f"did:peer:4z{number}"
        if (other := seen.setdefault(fingerprint(did), did)) != did:
            return other, did
    raise AssertionError("numbers end nowhere")


async def test_nobody_is_found_in_the_place_of_another_by_taking_its_fingerprint_for_a_name(world: World) -> None:
    her, shop, club = await two(world)
    who, version = her.relationship(club)
    row = relationship.write(replace(who, name=fingerprint(shop)), version)
    await her.store.apply(Change(club, relationship=row))
    her.forget(club)

    assert names.find_peer(her, fingerprint(shop)).peer == shop
    assert towards(her, who.their_did).called == fingerprint(shop)
