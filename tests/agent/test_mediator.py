"""A mediator holds what is for its clients until they have it, and tells nobody who they are."""

from functools import partial

import pytest

from agent import forwarding
from agent.agent import Agent
from agent.didcomm import routing
from agent.didcomm.attachments import Attachment, Content
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped, TooMany
from protocols.standard import mediation as table
from protocols.standard import pickup
from tests.agent.mailbox import Client, Line, contents, handed_over, letter, person, post
from tests.agent.world import World, public_did
from wallet.encoding import b64u
from wallet.keys import new_id
from wallet.store import held


@pytest.fixture
async def office(world: World) -> Agent:
    """An org that mediates."""
    return await world.add("Post", "org", mediates=True)


async def forwarded(
    office: Agent,
    routing_did: str,
    did: str,
    packed: bytes,
    *,
    sender: str | None = None,
    limits: held.Limits = forwarding.LIMITS,
    copies: int = 1,
    link: str | None = None,
    delay_milli: int | None = None,
) -> None:
    """One opened forward, as it comes from the envelope."""
    data = Content(links=(link,), hash="x") if link else Content(base64=b64u(packed))
    kid = f"{routing_did}#{routing_did.removeprefix('did:key:')}"
    plain = Plaintext(
        id=new_id(),
        type=routing.FORWARD,
        delay_milli=delay_milli,
        attachments=(Attachment(data=data),) * copies,
        body={"next": did},
    )
    opened = Opened(
        plain,
        b"{}",
        sender=sender,
        sender_kid=None,
        recipient_kid=kid,
        signer=None,
        wrapping=(),
        who=sender or "",
        ours=routing_did,
    )
    await forwarding.forward(office, opened, limits)


async def test_a_message_waits_until_it_is_fetched_and_acknowledged(office: Agent) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    sent = letter()
    await post(office, routing_did, did, sent)

    first = await ada.fetched()
    assert list(first.values()) == [sent]
    assert await ada.fetched() == first  # handed over is not had
    said = await ada.acknowledge(*first)
    assert isinstance(said, pickup.Status)
    assert said.message_count == 0
    assert await ada.fetched() == {}
    assert office.store.read(held.recount)


async def test_every_grant_is_another_key(office: Agent) -> None:
    ada = Client.of(office)
    assert await ada.granted() != await ada.granted()


async def test_an_org_that_does_not_mediate_says_no_and_keeps_nothing(world: World) -> None:
    shop = await world.add("Shop", "org")
    ada = Client.of(shop)
    before = shop.store.counts()

    assert await ada.ask(table.MediateRequest(), table.mediation) == table.MediateDeny()
    with pytest.raises(Dropped):
        await ada.say(pickup.StatusRequest(), pickup.pickup)
    with pytest.raises(Dropped):
        await forwarded(shop, "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", person()[1], letter())
    assert shop.store.counts() == before


async def test_the_older_version_of_coordination_and_the_newer_of_pickup(office: Agent) -> None:
    ada, (_, did) = Client.of(office), person()
    grant = await ada.ask(table.MediateRequest(), table.mediation_2)
    assert isinstance(grant, table.MediateGrant2)
    said = await ada.ask(table.KeylistUpdate((table.Update(did, "add"),)), table.mediation_2)
    assert isinstance(said, table.KeylistUpdateResponse)
    listed = await ada.ask(table.KeylistQuery(), table.mediation_2)
    assert isinstance(listed, table.Keylist)
    assert [each.recipient_did for each in listed.keys] == [did]

    await post(office, grant.routing_did, did, letter())
    status = await ada.ask(pickup.StatusRequest(), pickup.pickup_4)
    assert isinstance(status, pickup.Status4)
    assert (status.message_count, status.oldest_received_time) == (1, office.now() * 1000)
    [id] = await ada.fetched(protocol=pickup.pickup_4)
    await ada.say(pickup.MessagesReceived((id,)), pickup.pickup_4)
    assert await ada.fetched(protocol=pickup.pickup_4) == {}


async def test_one_sender_fills_no_more_than_its_share(office: Agent) -> None:
    """MD-01, MD-02: the newest is refused, what was accepted stays; others still get through."""
    limits = held.Limits(messages=5, from_one=3)
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    send = partial(forwarded, office, routing_did, did, limits=limits)

    for each in range(3):
        await send(letter(f"flood {each}"), sender="did:example:flooder")
    with pytest.raises(TooMany) as refused:
        await send(letter("flood 3"), sender="did:example:flooder")
    assert refused.value.retry_after > 0
    await send(letter("hello"), sender="did:example:friend")
    await send(letter("anonymous"))
    with pytest.raises(TooMany):
        await send(letter("one too many"))

    assert len(await ada.fetched()) == 5
    assert office.store.read(held.recount)


async def test_what_its_recipient_would_not_read_counts_no_longer_once_it_is_acknowledged(office: Agent) -> None:
    """MD-03."""
    limits = held.Limits(messages=2)
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    for each in range(6):
        await forwarded(office, routing_did, did, letter(str(each)), limits=limits)
        await ada.acknowledge(*await ada.fetched())
    assert await ada.waiting() == 0


async def test_the_same_bytes_twice_are_held_once(office: Agent) -> None:
    """MD-04."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    same = letter()
    for _ in range(5):
        await post(office, routing_did, did, same)
    assert await ada.waiting() == 1
    await ada.acknowledge(*await ada.fetched())
    assert await ada.waiting() == 0
    assert office.store.read(held.recount)


async def test_nobody_learns_who_is_registered(office: Agent) -> None:
    """MD-05, MD-06, MD-08: an unknown recipient is answered as a known one is, over HTTP; a taken one by nothing but a
    no; a queue of another's is as empty as none."""
    ada, eve = Client.of(office), Client.of(office)
    routing_did, did = await ada.ready()
    with pytest.raises(Dropped):
        await post(office, routing_did, person()[1], letter())
    assert await eve.registered(did) == "client_error"  # she has no account
    await eve.granted()
    assert await eve.registered(did) == "client_error"
    await post(office, routing_did, did, letter())
    [id] = await ada.fetched()

    assert await eve.fetched() == {}
    said = await eve.ask(pickup.DeliveryRequest(10, recipient_did=did), pickup.pickup)
    assert isinstance(said, pickup.Status)
    assert said.message_count == 0
    await eve.acknowledge(id, "no-id", "00" * 16)
    assert await ada.waiting() == 1
    removal = await eve.ask(table.RecipientUpdate((table.Update(did, "remove"),)), table.mediation)
    assert isinstance(removal, table.RecipientUpdateResponse)
    assert removal.updated[0].result == "no_change"


async def test_nobody_registers_more_than_a_thousand(office: Agent) -> None:
    """MD-07."""
    ada = Client.of(office)
    await ada.granted()
    many = tuple(table.Update(f"did:example:{number}", "add") for number in range(1000))
    said = await ada.ask(table.RecipientUpdate(many), table.mediation)
    assert isinstance(said, table.RecipientUpdateResponse)
    assert {each.result for each in said.updated} == {"success"}
    assert await ada.registered("did:example:one-more") == "client_error"
    assert await ada.registered("not a DID") == "client_error"
    page = await ada.ask(table.RecipientQuery(table.Paginate(limit=10, offset=995)), table.mediation)
    assert isinstance(page, table.Recipients)
    assert page.pagination == table.Pagination(count=5, offset=995, remaining=0)


@pytest.mark.parametrize(("limit", "gets"), [(-1, 1), (0, 1), (2, 2), (10**9, 3)])
async def test_a_limit_that_makes_no_sense_is_brought_to_one_that_does(office: Agent, limit: int, gets: int) -> None:
    """MD-09."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    for _ in range(3):
        await post(office, routing_did, did, letter())
    assert len(await ada.fetched(limit)) == gets


async def test_live_messages_come_at_once_and_stay_until_acknowledged(office: Agent) -> None:
    """MD-11: on the newest line that works; nothing is lost with a line."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    status = await ada.go_live()
    assert isinstance(status, pickup.Status)
    assert status.live_delivery
    other = ada.again()
    await other.go_live()
    other.line.broken = True
    before = len(ada.line.carried)

    sent = letter()
    await post(office, routing_did, did, sent)
    await handed_over(office)

    delivered = ada.read(ada.line.carried[before])
    assert isinstance(delivered, pickup.Delivery)
    assert list(contents(delivered).values()) == [sent]
    assert await ada.waiting() == 1
    await ada.acknowledge(*contents(delivered))
    await ada.ask(pickup.LiveDeliveryChange(live_delivery=False), pickup.pickup)
    before = len(ada.line.carried)
    await post(office, routing_did, did, letter())
    await handed_over(office)
    assert len(ada.line.carried) == before


async def test_a_line_that_takes_one_message_cannot_be_live(office: Agent) -> None:
    ada = Client.of(office)
    await ada.ready()
    ada.line = Line(single=True)
    said = await ada.ask(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup)
    assert said.name == "problem-report"


async def test_a_mediator_is_nobodys_next_hop_but_its_clients(office: Agent) -> None:
    """MD-12: a forward inside a forward for the mediator itself leads nowhere, however deep."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    for following in (public_did(office), routing_did):
        with pytest.raises(Dropped):
            await post(office, routing_did, following, letter())
    assert await ada.waiting() == 0
    assert did


@pytest.mark.parametrize("attachments", [0, 21])
async def test_a_forward_of_nothing_or_of_too_much_is_dropped(office: Agent, attachments: int) -> None:
    """MD-13."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    with pytest.raises(Dropped):
        await forwarded(office, routing_did, did, letter(), copies=attachments)
    with pytest.raises(Dropped):
        await forwarded(office, routing_did, did, b"", link="https://a.example/x")
    assert await ada.waiting() == 0


@pytest.mark.parametrize(
    ("milli", "least", "most"), [(None, 0, 0), (1500, 2, 2), (10**12, 0, 0), (-5000, 0, 5), (-(10**12), 0, 0)]
)
async def test_a_sender_may_ask_to_wait_for_up_to_an_hour(milli: int | None, least: int, most: int) -> None:
    """MD-14."""
    assert {least <= forwarding.delay(milli) <= most for _ in range(50)} == {True}


async def test_a_delayed_message_is_handed_over_when_its_time_has_come(world: World, office: Agent) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    await forwarded(office, routing_did, did, letter(), delay_milli=60_000)
    assert await ada.fetched() == {}
    world.time += 60
    assert len(await ada.fetched()) == 1


async def test_everything_is_there_after_a_restart_in_its_order(world: World, office: Agent) -> None:
    """MD-10, MD-16."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    sent = [letter(str(number)) for number in range(30)]
    for each in sent:
        await post(office, routing_did, did, each)
    ada.post = await world.restart(office)
    ada.line = Line()

    handed = await ada.fetched(10)
    assert list(handed.values()) == sent[:10]
    await ada.acknowledge(*list(handed)[:5])
    assert list((await ada.fetched(100)).values()) == sent[5:25]


async def test_what_expires_goes_by_its_senders_time_or_after_a_week(world: World, office: Agent) -> None:
    """MD-19."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    await post(office, routing_did, did, letter("short"), expires_time=world.time + 60)
    await post(office, routing_did, did, letter("long"), expires_time=world.time + 30 * 86400)
    with pytest.raises(Dropped):
        await post(office, routing_did, did, letter("past"), expires_time=world.time)
    world.time += 61
    assert await ada.waiting() == 1
    assert await forwarding.sweep(office) == 1
    world.time += forwarding.KEPT
    assert await ada.waiting() == 0
    assert await forwarding.sweep(office) == 1
    assert office.store.counts()["held"] == 0
    assert office.store.read(held.recount)


async def test_a_refusal_of_the_mediator_is_packed_as_everything_is(office: Agent) -> None:
    """MD-18."""
    ada = Client.of(office)
    ada.line = Line(single=True)
    await ada.say(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup)
    [packed] = ada.line.carried
    assert b"live" not in packed
    assert ada.read(packed).name == "problem-report"
