"""Being reached through a mediator: what is agreed, what each vendor is shown, and what is registered before it is."""

import pytest

from agent import invitations, mediation
from agent import mediator as office
from agent.agent import Agent
from agent.errors import Dropped, Refused, Unreachable
from agent.web import api
from protocols.machine import Message, Protocol
from protocols.standard import mediation as table
from tests.agent.mediated import behind, linked, mediator, shown, until
from tests.agent.world import World, known, public_did, the_only
from wallet import dids
from wallet.store import mediation as accounts

NOTE = "https://didcomm.org/basicmessage/2.0/message"


def registered(post: Agent, her: Agent) -> tuple[str, ...]:
    """What she has registered at a mediator, by its own books."""
    found = mediation.current(her) or mediation.mediators(her)[0]
    return post.store.read(lambda tx: accounts.registered(tx, peer=found.ours, limit=1000, offset=0))


async def test_a_person_without_an_address_takes_on_a_mediator(world: World) -> None:
    post = await mediator(world)

    her = await behind(world, post)

    found = mediation.current(her)
    assert found is not None
    assert (found.name, found.uri) == ("127.0.0.1:9000", post.config.url)
    assert (found.coordination, found.pickup) == (
        "https://didcomm.org/coordinate-mediation/3.0",
        "https://didcomm.org/message-pickup/4.0",
    )
    assert [each.peer for each in post.store.read(accounts.accounts)] == [found.ours]
    assert her.keys.holds(f"{found.ours}#key-2")


async def test_each_vendor_is_shown_another_did_behind_another_routing_key(world: World) -> None:
    post = await mediator(world)
    vendors = [await world.add(f"Shop {number}", "org") for number in range(3)]
    her = await behind(world, post)

    async with linked(her):
        for vendor in vendors:
            await world.introduce(her, vendor)
        await until(world, lambda: all(each.met for each in known(her)))

    addresses = shown(her)
    assert {each.uri for each in addresses} == {post.config.url}
    assert len({key for each in addresses for key in each.routing_keys}) == len(vendors)
    assert len({each.our_did for each in known(her)}) == len(vendors)
    account = mediation.mediators(her)[0].ours
    for vendor in vendors:
        carried = [packed for url, packed in world.network.carried if url == vendor.config.url]
        assert carried
        assert not any(account.encode() in packed for packed in carried)


async def test_a_did_is_registered_before_anybody_is_shown_it(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    invitation = await world.do(library, "/v1/invitations", goal="Meet")

    await world.do(her, "/v1/invitations/accept", url=invitation["url"])

    ours = the_only(her).our_did
    assert registered(post, her) == (dids.canonical(ours),)
    assert mediation.recipient_of(her, ours) is not None
    assert world.network.flying or world.network.carried


async def test_without_its_mediator_nothing_is_shown_to_anybody(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    invitation = await world.do(library, "/v1/invitations", goal="Meet")
    world.network.down.add(post.config.url)

    with pytest.raises(Unreachable, match=r"your mediator, 127\.0\.0\.1:9000, cannot be reached now"):
        await mediation.fresh(her)

    status, said = await api.answer(
        her, "POST", "/v1/invitations/accept", b'{"url": "%s"}' % str(invitation["url"]).encode()
    )
    assert status == 422
    assert "nothing was done" in str(said)
    assert not known(her)


async def test_without_a_mediator_or_an_address_a_did_names_no_place(world: World) -> None:
    her, library = await world.add("her", listens=False), await world.add("Town Library", "org")
    world.network.prompt.add(library.config.url)
    invitation = await world.do(library, "/v1/invitations", goal="Meet")

    await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    await until(world, lambda: the_only(her).met)

    assert shown(her) == []


async def test_nobody_is_invited_by_whoever_cannot_be_reached(world: World) -> None:
    her = await world.add("her", listens=False)

    with pytest.raises(Refused, match="nobody could answer"):
        await invitations.invite(her, goal="Meet", once=True)


async def test_an_org_that_is_no_mediator_is_not_taken_on(world: World) -> None:
    library = await world.add("Town Library", "org")
    world.network.prompt.add(library.config.url)
    her = await world.add("her", listens=False)
    keys = len(list(her.store.items("key")))

    with pytest.raises(Refused, match="is no mediator for you"):
        await mediation.take_on(her, public_did(library))

    assert mediation.mediators(her) == []
    assert len(list(her.store.items("key"))) == keys


async def test_a_mediator_that_speaks_only_the_older_versions_is_asked_in_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the new one's words are taken from it: whatever it hears of version 3.0, it says nothing to."""
    post, library = await mediator(world), await world.add("Town Library", "org")
    both = office.answer

    async def old(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
        if protocol.uri.endswith(("coordinate-mediation/3.0", "message-pickup/4.0")):
            raise Dropped("unknown")
        return await both(agent, peer, protocol, request)

    monkeypatch.setattr(office, "answer", old)
    her = await behind(world, post)

    async with linked(her):
        await world.introduce(her, library)
        await until(world, lambda: the_only(her).met)

    found = mediation.current(her)
    assert found is not None
    assert mediation.coordination(found) is table.mediation_2
    assert found.pickup == "https://didcomm.org/messagepickup/3.0"
