"""Relationships for one exchange: with whom, under which DID, and what the org can tell of it."""

import pytest

from agent import agreements, identity, one_off, owner, rotation, strangers
from agent.agent import Agent
from agent.errors import Refused
from agent.relationship import Relationship, fingerprint
from protocols.problems import Misuse
from protocols.vrm.base import VRM, AgreementRef
from protocols.vrm.demand import Demand, Item
from protocols.vrm.intent import cast
from protocols.vrm.intent_words import Cast
from tests.agent.mediated import behind, linked, mediator, until
from tests.agent.world import World, known, public_did, state
from wallet import dids
from wallet.errors import NotFound

TEXT = agreements.shipped()["freerange-intent"]
TERMS = AgreementRef(TEXT.id, TEXT.version, TEXT.digest)
WANT = Cast(
    Demand(Item(category="twin stroller"), "GB-GLG"),
    level=0,
    terms=TERMS,
    seal=False,
    questions=0,
    bid_by="2027-01-16T00:00:00Z",
    select_by="2027-01-17T00:00:00Z",
    nonce="q83vEjRWeJCrze8SNFZ4kA",
)


async def casts(her: Agent, named: str) -> tuple[Relationship, str]:
    """She asks for offers. Returns the relationship and the thread."""
    peer = await one_off.towards(her, await one_off.find(her, named))
    thid = await owner.open_thread(her, peer, cast, WANT)
    return her.relationship(peer)[0], thid


async def declines(world: World, org: Agent, thid: str) -> None:
    """The org answers, as its owner would."""
    await world.do(org, f"/v1/threads/{thid}/say", message="decline", body={"reason": "not-us"})


async def test_an_org_she_has_met_cannot_tell_that_it_is_she(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    who, thid = await casts(her, "Shop")
    await world.settle()

    await declines(world, shop, thid)
    await world.settle()

    assert state(her, thid) == state(shop, thid) == "declined"
    main, alone = sorted(known(shop), key=lambda each: each.met, reverse=True)
    assert not set(main.their_dids) & set(alone.their_dids)
    assert (alone.met, alone.name) == (False, "")
    assert dids.same(alone.their_did, who.our_did)
    assert [(each["name"], each["state"]) for each in await world.listed(her, "/v1/peers")] == [("Shop", "met")]


async def test_two_at_one_org_are_strangers_to_each_other(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    begun = [await casts(her, public_did(shop)) for _ in range(2)]
    await world.settle()

    for _, thid in begun:
        await declines(world, shop, thid)
    await world.settle()

    assert {state(her, thid) for _, thid in begun} == {"declined"}
    assert len({each.peer for each in known(shop)}) == len({each.peer for each in known(her)}) == 2


async def test_an_org_is_found_by_its_domain_its_link_its_did_and_its_name(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    link = await world.do(shop, "/v1/invitations", goal="Meet")

    strange = [await one_off.find(her, named) for named in ("127.0.0.1:9000", str(link["url"]), public_did(shop))]
    await world.introduce(her, shop)
    met = [await one_off.find(her, named) for named in ("Shop", public_did(shop))]

    assert strange == [one_off.Org(public_did(shop), domain="127.0.0.1:9000")] * 3
    assert met == [one_off.Org(public_did(shop), "Shop", "127.0.0.1:9000", "vendor")] * 2


async def test_whoever_is_no_org_is_not_written_to(world: World) -> None:
    her, friend = await world.add("her"), await world.add("friend")
    link = await world.do(friend, "/v1/invitations", goal="Meet")

    for named in (
        str(link["url"]),
        "did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX",
        "not a domain.example/",
    ):
        with pytest.raises(Refused, match="Nothing was done"):
            await one_off.find(her, named)
    with pytest.raises(NotFound, match="nobody yet"):
        await one_off.find(her, "Shop")
    assert known(her) == []


async def test_an_org_speaks_as_itself(world: World) -> None:
    shop, other = await world.add("Shop", "org"), await world.add("Other", "org")

    with pytest.raises(Misuse, match="one public DID"):
        await one_off.towards(shop, await one_off.find(shop, public_did(other)))
    with pytest.raises(Refused, match="your own"):
        await one_off.find(shop, public_did(shop))


async def test_behind_a_mediator_each_has_a_way_of_its_own(world: World) -> None:
    post = await mediator(world)
    shop, her = await world.add("Shop", "org"), await behind(world, post)

    async with linked(her):
        begun = [await casts(her, public_did(shop)) for _ in range(2)]
        await until(world, lambda: len(known(shop)) == 2)
        for _, thid in begun:
            await declines(world, shop, thid)
        await until(world, lambda: {state(her, thid) for _, thid in begun} == {"declined"})

    assert len({who.our_did for who, _ in begun}) == 2


async def test_it_goes_on_after_a_change_of_our_did_and_after_a_restart(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    who, thid = await casts(her, public_did(shop))
    await world.settle()
    did, items = identity.pairwise(her.config)
    await rotation.rotate(her, who.peer, did, items)
    her = await world.restart(her)
    await her.outbox.post_due()
    await world.settle()

    await declines(world, shop, thid)
    await world.settle()

    assert state(her, thid) == state(shop, thid) == "declined"


async def test_a_name_means_the_org_she_has_met_and_letters_one_exchange(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    who, _ = await casts(her, "Shop")

    met = await world.ask(her, "GET", "/v1/peers/Shop")
    alone = await world.ask(her, "GET", f"/v1/peers/{fingerprint(who.peer)}")

    assert isinstance(met, dict)
    assert isinstance(alone, dict)
    assert (met["state"], alone["state"]) == ("met", "one-off")


@pytest.mark.parametrize(
    ("type", "heard"),
    [
        (f"{VRM}/intent/1.0/cast", True),
        (f"{VRM}/intent/1.0/bid", False),
        (f"{VRM}/terms/1.0/proffer", False),
        (f"{VRM}/nothing/1.0/cast", False),
    ],
)
async def test_at_an_orgs_door_only_what_needs_no_hello_is_heard(world: World, type: str, heard: bool) -> None:
    shop = await world.add("Shop", "org")

    assert strangers.at_the_door(shop, type, public_did(shop)) is heard
