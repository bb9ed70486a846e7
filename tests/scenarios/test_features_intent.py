"""A want and what comes of it: offers without a name, one order, and nothing left behind. Features of section 2."""

import msgspec

from agent import held, told
from agent.agent import Agent
from tests.agent.market import DAY, TOLD, answers, bids, buys, casts, got, offers, rows, shops, stock, wants
from tests.agent.world import Said, World, known, public_did, threads
from wallet.store import events
from wallet.strict_json import parse_object


async def test_f01_a_want_with_limits_gets_comparable_offers_and_names_nobody(world: World) -> None:
    """A user states a want with limits (what, where, by when, ceiling) and gets comparable offers, unnamed."""
    one, other = await shops(world, "One", "Other")
    her = await world.add("Augusta Lovelace")
    want = await wants(world, her)
    await casts(world, her, want, one, other)

    await bids(world, one, "319.00", delivery="P2D")
    await bids(world, other, "299.00", warranty="P2Y")

    found = await offers(world, her, want)
    assert [(each["price"], each["currency"]) for each in rows(found)] == [("299.00", "GBP"), ("319.00", "GBP")]
    assert [each["domain"] for each in rows(found)] == ["127.0.0.1:9001", "127.0.0.1:9000"]
    [cast] = await world.listed(one, "/v1/demand")
    assert "at most 350.00 GBP" in str(cast["wants"])
    for shop in (one, other):
        [who] = known(shop)
        assert (who.name, who.met) == ("", False)
        assert "Augusta" not in str(await world.listed(shop, "/v1/threads"))
    assert len({who.their_did for shop in (one, other) for who in known(shop)}) == 2


async def tally(world: World, her: Agent, want: str) -> Said:
    """How far the cast has come."""
    found = (await got(world, her, f"/v1/wants/{want}"))["tally"]
    assert isinstance(found, dict)
    return found


async def test_f04_a_private_wish_becomes_a_cast_with_one_command(world: World) -> None:
    """A user keeps private wishes and regrets and turns one into a cast with one command."""
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    regret = await world.do(her, "/v1/wants", words="the last stroller broke", kind="regret")
    await world.tick(DAY)
    assert world.network.carried == []

    await casts(world, her, want, shop)

    assert [each["state"] for each in await world.listed(her, "/v1/wants")] == ["cast", "kept"]
    [cast] = await world.listed(shop, "/v1/demand")
    assert "for the spring" not in str(cast)
    assert "stroller broke" not in str(await world.listed(shop, "/v1/threads"))
    assert "not cast" in await world.refused(her, f"/v1/wants/{regret['id']}/cast", to=[public_did(shop)])


async def test_f14_a_vendor_serves_one_customer_with_quote_receipt_and_support(world: World) -> None:
    """A vendor serves one customer at a time over its agent (quote, receipt, support)."""
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    want = await wants(world, her, level=3)
    await world.do(her, f"/v1/wants/{want}/cast", to=["Shop"], jitter=0)
    await world.tick(1)
    [person] = known(shop)

    await bids(world, shop, "319.00")
    await buys(world, her, want, shop)
    await answers(world, shop)
    await answers(world, her)
    await world.tick(1)
    note = {"type": "https://didcomm.org/basicmessage/2.0/message", "body": {"content": "How does it fold?"}}
    await world.do(her, "/v1/threads", peer="Shop", **note)
    await world.settle()

    assert {each.ptr: each.value for each in held.of(shop, person.peer)} == TOLD
    assert {each.label.purpose for each in held.of(shop, person.peer)} == {"dpv:DeliveryOfGoods"}
    [org] = known(her)
    assert {each.ptr: each.value for each in told.of(her, org.peer)} == TOLD
    [receipt] = await world.listed(her, "/v1/credentials")
    claims = receipt["claims"]
    assert isinstance(claims, dict)
    assert (receipt["name"], claims["price"], claims["currency"]) == ("Purchase receipt", "319.00", "GBP")
    assert [each.peer for each in known(shop)] == [person.peer]
    states = {str(each["about"]): each["state"] for each in await world.listed(shop, "/v1/threads")}
    assert (states["intent/cast"], states["issue-credential"], states["basicmessage"]) == (
        "completed",
        "done",
        "talking",
    )


async def test_f16_she_goes_from_vendor_to_vendor_with_the_same_want(world: World) -> None:
    """A user goes vendor to vendor with her own want carried along, nothing re-typed."""
    one, other, last = await shops(world, "One", "Other", "Last")
    her = await world.add("her")
    want = await wants(world, her)

    for shop, price in ((one, "349.00"), (other, "329.00"), (last, "309.00")):
        await casts(world, her, want, shop)
        await bids(world, shop, price)

    assert [each["price"] for each in rows(await offers(world, her, want))] == ["309.00", "329.00", "349.00"]
    asked = [(await world.listed(shop, "/v1/demand"))[0]["wants"] for shop in (one, other, last)]
    assert asked[0] == asked[1] == asked[2]


async def test_f18_one_want_to_fifty_vendors_with_a_live_tally(world: World) -> None:
    """A user casts one want to 50 vendors and sees a live tally: delivered, declined, offered, silent."""
    sellers = await shops(world, *(f"Shop {number}" for number in range(50)))
    her = await world.add("her")
    for shop in sellers[:20]:
        await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "319.00"))
    for shop in sellers[20:30]:
        await world.do(shop, "/v1/demand/prices", rules={"rules": [], "otherwise": "decline"})
    want = await wants(world, her)

    await world.do(her, f"/v1/wants/{want}/cast", to=[public_did(each) for each in sellers], jitter=600)
    before = await tally(world, her, want)
    await world.pass_time(660)

    assert (before["waiting"], before["delivered"]) == (50, 0)
    counts = await tally(world, her, want)
    assert {name: counts[name] for name in ("delivered", "declined", "offered", "silent")} == {
        "delivered": 50,
        "declined": 10,
        "offered": 20,
        "silent": 20,
    }
    assert len(rows(await offers(world, her, want))) == 20


async def test_f26_small_signals_reach_the_vendor_typed(world: World) -> None:
    """A user sends small signals (not now, too dear, only this brand, why not); the vendor gets them typed."""
    dear, late, wrong = await shops(world, "Dear", "Late", "Wrong")
    her = await world.add("her")
    want = await wants(world, her, must=["only the brand Foldable"])
    await casts(world, her, want, dear, late, wrong)
    for shop in (dear, late):
        await bids(world, shop, "349.00")

    found = {each["domain"]: str(each["thread"]) for each in rows(await offers(world, her, want))}
    await world.do(her, f"/v1/wants/{want}/close", bid=found["127.0.0.1:9000"], reason="too-dear")
    await world.do(her, f"/v1/wants/{want}/close", bid=found["127.0.0.1:9001"], reason="too-late")
    await world.do(her, f"/v1/wants/{want}/close", reason="changed-mind")
    await world.settle()

    lost = [(await got(world, shop, "/v1/demand/counters"))["why"] for shop in (dear, late, wrong)]
    assert [each["lost"] for each in lost if isinstance(each, dict)] == [
        {"too-dear": 1},
        {"too-late": 1},
        {"changed-mind": 1},
    ]
    assert [told["reason"] for shop in (dear, late, wrong) for told in closed(shop)] == [
        "too-dear",
        "too-late",
        "changed-mind",
    ]


async def test_f27_she_joins_a_pool_and_leaves_it_before_it_is_matched(world: World) -> None:
    """A user joins a pooled want through an intermediary and leaves it before it is matched."""
    broker, shop = await shops(world, "Broker", "Shop")
    one, other = await world.add("one"), await world.add("other")
    await world.do(broker, "/v1/demand/pools", name="strollers", about="Twin strollers, Glasgow")
    for her in (one, other):
        want = await wants(world, her)
        await world.do(her, f"/v1/wants/{want}/join", broker=public_did(broker), pool="strollers")
        await world.settle()
    assert (await world.listed(broker, "/v1/demand/pools"))[0]["wanted"] == {"twin stroller, GB-GLG": 2}
    await casts(world, one, str((await world.listed(one, "/v1/wants"))[0]["id"]), shop)
    await bids(world, shop, "280.00")
    [bid] = [row.record for row in shop.store.ledger(known(shop)[0].peer) if row.ours]

    await world.do(other, f"/v1/wants/{(await world.listed(other, '/v1/wants'))[0]['id']}/leave")
    await world.settle()
    told = await world.do(broker, "/v1/demand/pools/strollers/match", bids=[parse_object(bid)])
    await world.settle()

    assert (told["told"], told["bids"]) == (1, 1)
    assert pool_states(one) == ["matched"]
    assert pool_states(other) == ["left"]
    assert pool_states(broker) == ["left", "matched"]
    assert "Augusta" not in str(await world.listed(broker, "/v1/threads"))


def pool_states(agent: Agent) -> list[str]:
    """Where the pool threads of an agent stand."""
    return sorted(each.thread.state for each in threads(agent).values() if each.thread.table.endswith("#pool"))


def closed(shop: Agent) -> list[Said]:
    """The events by which a vendor's own systems hear that a lead is over."""
    found = shop.store.read(lambda tx: [row for _, row in events.after(tx, place=0, limit=1000)])
    told = [msgspec.json.decode(row.record, type=dict[str, object]) for row in found]
    return [each["data"] for each in told if each["type"] == "vrm.intent.closed.v1" and isinstance(each["data"], dict)]


async def test_f41_demand_is_counted_and_who_did_not_buy_is_forgotten(world: World) -> None:
    """A vendor counts demand (casts received, won, lost, why) without identifying those who did not buy."""
    won, lost = await shops(world, "Won", "Lost")
    buyer, her = await world.add("buyer"), await world.add("her")
    want = await wants(world, buyer)
    await casts(world, buyer, want, won, lost)
    await bids(world, won, "299.00", hold=DAY)
    await bids(world, lost, "319.00")
    await casts(world, her, await wants(world, her), won)

    await world.do(buyer, f"/v1/wants/{want}/select", bid="1")
    await world.settle()
    await world.do(buyer, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()
    await world.pass_time(4 * DAY)

    counted = [await got(world, shop, "/v1/demand/counters") for shop in (won, lost)]
    assert [(each["received"], each["bid"], each["won"], each["lost"]) for each in counted] == [
        (2, 1, 1, 1),
        (1, 1, 0, 1),
    ]
    assert [each["why"]["lost"] for each in counted if isinstance(each["why"], dict)] == [
        {"expired": 1},
        {"chose-another": 1},
    ]
    kept = bytes_of(lost)
    assert b"stroller" not in kept
    assert b"GB-GLG" not in kept
    assert b"Lovelace" not in kept


def bytes_of(agent: Agent) -> bytes:
    """All that an agent's store holds of threads, logs, ledgers, items and events, opened."""
    rows = [row.record for _, row in agent.store.threads()]
    rows += [row.record for each in known(agent) for row in agent.store.ledger(each.peer)]
    rows += [entry.record for peer, row in agent.store.threads() for entry in agent.store.log(peer, row.thid)]
    rows += [row.record for _, row in agent.store.read(lambda tx: list(events.after(tx, place=0, limit=1000)))]
    return b"\n".join(rows)


async def test_f48_a_vendor_sees_how_many_bids_were_accepted(world: World) -> None:
    """A vendor sees its gain: bids accepted per cast."""
    [shop] = await shops(world, "Shop")
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "319.00", stock=1))
    for number in range(2):
        her = await world.add(f"her {number}")
        want = await wants(world, her)
        await casts(world, her, want, shop)
        if number == 0:
            await buys(world, her, want, shop)

    counted = await got(world, shop, "/v1/demand/counters")

    assert (counted["received"], counted["bid"], counted["won"], counted["won_of_bids"]) == (2, 1, 1, "100 %")
    left = (await got(world, shop, "/v1/demand/prices"))["rules"]
    assert isinstance(left, list | tuple)
    assert [each["stock"] for each in left] == [0]
    assert counted["why"] == {"lost": {}, "declined": {"stock": 1}, "released": {}}
