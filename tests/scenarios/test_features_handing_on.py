"""A thing changes hands: with its papers and its history, without anybody's name, and its maker takes it up."""

import asyncio

import msgspec
import pytest

from agent import mediation, things
from agent.agent import Agent
from agent.vrm import handing_on
from agent.vrm.handing_on import OFFERING
from protocols.machine import Attachment, Content
from tests.agent.mediated import behind, linked, mediator, until
from tests.agent.world import Said, World, known, public_did, state
from tests.scenarios.shop import WASHER, Sale, bought, open_shop, rows
from wallet.store.change import Change, Item, Timer


@pytest.fixture
async def sale(world: World) -> Sale:
    sold = await open_shop(world)
    await bought(sold)
    return sold


async def hand_over(world: World, giver: Agent, taker: Agent, price: Said | None = None) -> None:
    """One offers the machine by a link, the other takes it up and says yes, and so does the one."""
    link = await world.do(giver, "/v1/things/transfer", thing="Washing machine", price=price)
    await world.do(taker, "/v1/things/take", url=link["url"])
    await settle(world)
    await world.answer(taker)
    await settle(world)
    await world.answer(giver)
    await settle(world)


async def settle(world: World) -> None:
    for _ in range(3):
        await world.settle()
        await world.tick(1)


async def verified(world: World, agent: Agent) -> Said:
    """What somebody finds of the machine."""
    found = await world.ask(agent, "GET", "/v1/things/Washing%20machine/verification")
    assert isinstance(found, dict)
    return found


async def claimed(world: World, agent: Agent) -> Said:
    """Claim the machine; the thread in which that is."""
    said = await world.do(agent, "/v1/things/claim", thing="Washing machine")
    await settle(world)
    found = await world.ask(agent, "GET", f"/v1/threads/{said['thread']}/log")
    assert isinstance(found, dict)
    return found


async def test_f43_she_hands_a_thing_on_with_its_history_and_without_her_name(sale: Sale) -> None:
    """A user transfers a thing with its history to a new owner without passing on her identity."""
    world, her = sale.world, sale.her
    await world.do(
        her, "/v1/things/problem", thing="Washing machine", text="It hums, says Mr Neighbour.", want="repair"
    )
    await settle(world)
    [case] = await world.listed(sale.vendor, "/v1/cases")
    for asked in ({"act": "answer", "number": "C-1"}, {"act": "resolve", "remedy": "repaired", "text": "New pump."}):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
        await settle(world)
    await world.answer(her)
    buyer = await world.add("Buyer")

    await hand_over(world, her, buyer, {"amount": "100.00", "currency": "EUR"})

    [mine], [theirs] = await world.listed(her, "/v1/things"), await world.listed(buyer, "/v1/things")
    assert (mine["state"], theirs["state"], theirs["handed_on"]) == ("passed-on", "mine", 1)
    assert [each["kind"] for each in rows(theirs["papers"])] == ["ownership", "warranty"]
    assert theirs["warranty_until"] == "2028-10-02"
    found = await verified(world, buyer)
    assert (found["verified"], found["yours"], found["claimed"]) == (True, True, False)
    whole = await world.ask(buyer, "GET", f"/v1/things/{theirs['thing']}")
    assert "ThingsResolve" in str(whole)
    met = next(each.our_did for each in known(her) if each.met)
    everything = b"".join(row.record for row in buyer.store.items("thing"))
    assert b"New pump." in everything
    assert not [word for word in (b"Augusta", b"Neighbour", b"399.00", met.encode()) if word in everything]


async def test_the_new_holder_claims_it_and_holds_its_papers_in_her_own_right(sale: Sale) -> None:
    world = sale.world
    buyer = await world.add("Buyer")
    await hand_over(world, sale.her, buyer)

    thread = await claimed(world, buyer)

    assert thread["state"] == "recognised"
    [thing] = await world.listed(buyer, "/v1/things")
    assert (thing["claimed"], thing["handed_on"]) == (True, 0)
    found = await verified(world, buyer)
    assert (found["verified"], found["yours"]) == (True, True)
    said = await world.ask(sale.vendor, "GET", "/v1/assets")
    assert isinstance(said, dict)
    assert sorted(str(each["state"]) for each in rows(said["titles"])) == ["live", "retired"]
    third = await world.add("Third")
    await hand_over(world, buyer, third)
    assert (await claimed(world, third))["state"] == "recognised"


async def test_a_thing_goes_through_many_hands_before_anybody_claims_it(sale: Sale) -> None:
    world, hands = sale.world, [sale.her]
    for name in ("Second", "Third", "Fourth"):
        hands.append(await world.add(name))
        await hand_over(world, hands[-2], hands[-1])

    assert (await verified(world, hands[-1]))["yours"] is True
    assert (await claimed(world, hands[-1]))["state"] == "recognised"
    everything = b"".join(row.record for row in hands[-1].store.items("thing"))
    assert not [word for word in (b"Augusta", b"Second", b"Third") if word in everything]


async def test_who_gives_one_thing_to_two_is_found_out_by_the_second_claim(sale: Sale) -> None:
    """The first valid claim wins; whoever was given the same thing is told so, and nothing else."""
    world = sale.world
    one, two = await world.add("One"), await world.add("Two")
    [row] = sale.her.store.items("thing")
    await hand_over(world, sale.her, one)
    await put_back(sale.her, row.id)
    await hand_over(world, sale.her, two)
    assert (await verified(world, two))["yours"] is True

    first, second = await claimed(world, one), await claimed(world, two)

    assert (first["state"], second["state"]) == ("recognised", "declined")
    last = rows(second["log"])[-1]["message"]
    assert "already-claimed" in str(last)


async def test_of_two_claims_that_arrive_at_once_one_wins(sale: Sale) -> None:
    world = sale.world
    buyers = [await world.add("One"), await world.add("Two")]
    [row] = sale.her.store.items("thing")
    for buyer in buyers:
        await hand_over(world, sale.her, buyer)
        await put_back(sale.her, row.id)
    said = [await world.do(buyer, "/v1/things/claim", thing="Washing machine") for buyer in buyers]
    for buyer in buyers:
        await buyer.outbox.quiet()

    packets, world.network.flying = [packed for _, packed, _ in world.network.flying], []
    await asyncio.gather(*(sale.vendor.receive(packed, None) for packed in packets))
    await settle(world)

    threads = [await world.ask(buyer, "GET", f"/v1/threads/{each['thread']}") for buyer, each in zip(buyers, said)]
    assert sorted(str(each["state"]) for each in threads if isinstance(each, dict)) == ["declined", "recognised"]
    assert len(list(sale.vendor.store.items("title-live"))) == 1


async def put_back(agent: Agent, id: str) -> None:
    """A cheat says that a thing is still hers."""
    [row] = agent.store.items("thing")
    entry = {**msgspec.json.decode(row.record), "state": "mine"}
    kept = Item(row.kind, id, msgspec.json.encode(entry), row.peer, row.tag)
    await agent.store.apply(Change(peer="", keep=(kept,)))


async def test_a_stolen_thing_is_not_recognised_without_a_human(sale: Sale) -> None:
    world = sale.world
    buyer = await world.add("Buyer")
    await world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await settle(world)
    await hand_over(world, sale.her, buyer)
    await world.do(sale.her, "/v1/things/release", thing="Washing machine", reason="stolen")
    await settle(world)

    thread = await claimed(world, buyer)

    assert thread["state"] == "claiming"
    [question] = await world.listed(sale.vendor, "/v1/questions")
    assert "stolen" in str(question["what"])
    await world.answer(sale.vendor, "no")
    after = await world.ask(buyer, "GET", f"/v1/threads/{thread['thread']}")
    assert isinstance(after, dict)
    assert after["state"] == "declined"


async def test_when_the_maker_is_gone_the_chain_still_verifies(sale: Sale) -> None:
    world = sale.world
    buyer = await world.add("Buyer")
    await hand_over(world, sale.her, buyer)
    del world.agents["Machine Shop"]
    sale.vendor.store.close()
    fetched = len(world.fetched)

    found = await verified(world, buyer)

    assert (found["verified"], found["yours"], found["claimed"]) == (True, True, False)
    assert "last holder's word" in str(found["papers"])
    assert len(world.fetched) == fetched


async def test_without_a_proof_of_ownership_nothing_is_handed_on(world: World) -> None:
    her = await world.add("Augusta Lovelace")
    await world.do(her, "/v1/things", thing={"name": "Clock"})

    assert "no proof of ownership" in await world.refused(her, "/v1/things/transfer", thing="Clock")


async def test_a_holder_who_does_not_answer_keeps_the_thing(sale: Sale) -> None:
    """The receiver has committed, and is not left hanging: after the hold date the answer is no."""
    world = sale.world
    buyer = await world.add("Buyer")
    link = await world.do(sale.her, "/v1/things/transfer", thing="Washing machine")
    await world.do(buyer, "/v1/things/take", url=link["url"])
    await settle(world)
    await world.answer(buyer)

    await world.pass_time(8 * 86400)

    [mine] = await world.listed(sale.her, "/v1/things")
    assert mine["state"] == "mine"
    assert await world.listed(buyer, "/v1/things") == []
    [thread] = [each for each in await world.listed(buyer, "/v1/threads") if each["about"] == "things/transfer"]
    assert thread["state"] == "declined"


@pytest.mark.parametrize("content", [None, 1, "x", [1], {"did:web:a": 1}, [{"a": 1}], [[]]])
def test_what_comes_along_may_be_anything_and_breaks_nothing(content: object) -> None:
    attachment = Attachment(id="chain", data=Content(json=content))

    assert isinstance(handing_on.objects(attachment), tuple)
    assert isinstance(handing_on.documents_in(attachment), dict)
    assert isinstance(things.carried(attachment, "ownership"), things.Paper)
    assert things.claims_of(things.carried(attachment)) == {}


async def asked(world: World, agent: Agent) -> None:
    """Answer yes, once somebody behind a mediator is asked."""
    await until(world, lambda: bool(agent.store.questions()))
    await world.answer(agent)


async def test_two_who_have_no_address_hand_it_over_through_their_mediators(world: World) -> None:
    post, other = await mediator(world), await mediator(world, "Other Post")
    her, shop = await behind(world, post, "Augusta Lovelace"), await world.add("Machine Shop", "org")
    buyer = await behind(world, other, "Buyer")

    async with linked(her, buyer):
        called = await world.introduce(her, shop)
        paper = {"kind": "ownership", "thing": WASHER, "on": "2026-10-02"}
        await world.do(shop, "/v1/things/issue", peer=called, **paper)
        await asked(world, her)
        await until(world, lambda: any(her.store.items("thing")))
        link = await world.do(her, "/v1/things/transfer", thing="Washing machine")
        await world.do(buyer, "/v1/things/take", url=link["url"])
        await until(world, lambda: any(each.name == OFFERING for each in due(her)))
        await world.tick(1)
        await asked(world, buyer)
        await asked(world, her)
        await until(world, lambda: any(buyer.store.items("thing")))

    assert (await verified(world, buyer))["yours"] is True


async def test_after_she_moved_to_another_mediator_the_thing_is_hers_still(world: World) -> None:
    """She holds it by a key; another way to reach her is another DID with that key."""
    post, other = await mediator(world), await mediator(world, "Other Post")
    buyer, sale = await behind(world, post, "Buyer"), await open_shop(world)
    await bought(sale)
    async with linked(buyer):
        link = await world.do(sale.her, "/v1/things/transfer", thing="Washing machine")
        await world.do(buyer, "/v1/things/take", url=link["url"])
        await until(world, lambda: any(each.name == OFFERING for each in due(sale.her)))
        await world.tick(1)
        await asked(world, buyer)
        await asked(world, sale.her)
        await until(world, lambda: any(buyer.store.items("thing")))
    before = next(things.every(buyer)).did

    await mediation.take_on(buyer, public_did(other))
    async with linked(buyer):
        said = await world.do(buyer, "/v1/things/claim", thing="Washing machine")
        await until(world, lambda: state(buyer, str(said["thread"])) == "recognised")
        await world.tick(1)
        await until(world, lambda: next(things.every(buyer)).chain == ())

    [thing] = things.every(buyer)
    assert thing.did != before
    assert (await verified(world, buyer))["yours"] is True


def due(agent: Agent) -> list[Timer]:
    """The reminders that have been set."""
    return [timer for _, timer in agent.store.due_timers(agent.now() + 1)]
