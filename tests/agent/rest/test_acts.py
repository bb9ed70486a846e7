"""The API for an org's own systems: notices, deletions, counts, and what is held."""

from msgspec.structs import replace

from agent import contact, deletions
from agent.agent import Agent
from protocols.vrm.relationship import Rules, rules
from tests.agent.rest.conftest import Shop, caller
from tests.agent.rest.test_document import fits
from tests.agent.world import World, state, threads

HOME = "/addresses/home"
UNTIL = "2027-06-30T00:00:00Z"
SALE = {"kind": "promotion", "topic": "lamps", "text": "Lamps at half price."}


async def states(world: World, person: Agent, promotion: str) -> None:
    """She states her rules."""
    stated = {"version": 1, "channels": {"agent": "any"}, "promotion": promotion}
    await world.do(person, "/v1/threads", peer="Town Shop", type=rules.type_of(Rules), body=stated)
    await world.settle()


async def gives_her_address(shop: Shop) -> str:
    """Under her terms she gives her address for delivery. Returns the thread."""
    await shop.world.agree(shop.her, shop.shop)
    await contact.edit(shop.her, {HOME: {"full": "1 New Street, Lisboa"}})
    items = [{"ptr": HOME, "purpose": "dpv:DeliveryOfGoods"}]
    said = await shop.world.do(shop.her, "/v1/consents/volunteer", peer="Town Shop", items=items, until=UNTIL)
    await shop.world.settle()
    taken = {"message": "receipt(grant)", "body": {"result": "done"}}
    await shop.crm.post(f"/v1/threads/{said['thread']}/say", taken)
    await shop.world.settle()
    return str(said["thread"])


async def test_a_notice_goes_to_those_whose_rules_allow_it(shop: Shop) -> None:
    willing, silent = await shop.world.add("Bea"), await shop.world.add("Cleo")
    for person in (willing, silent):
        await shop.world.introduce(person, shop.shop)
    await states(shop.world, shop.her, "none")
    await states(shop.world, willing, "any")

    preview = await shop.crm.post("/v1/notices", {"notice": SALE, "preview": True})
    said = await shop.crm.post("/v1/notices", {"notice": SALE}, once="sale")
    again = await shop.crm.post("/v1/notices", {"notice": SALE}, once="sale")
    await shop.world.settle()

    assert said == preview == again
    assert (said["allowed"], said["suppressed"]) == (1, 2)
    assert sum(said["because"].values()) == 2
    assert [await notices(shop.world, each) for each in (willing, shop.her, silent)] == [1, 0, 0]
    fits(said, "/v1/notices", "post")


async def test_a_notice_goes_to_a_selection(shop: Shop) -> None:
    await shop.world.introduce(await shop.world.add("Bea"), shop.shop)
    recall = {"kind": "recall", "text": "Stop using the charger."}

    one = await shop.crm.post("/v1/notices", {"notice": recall, "relationships": [shop.id]})
    none = await shop.crm.post("/v1/notices", {"notice": recall, "rule": "promotion:any"})

    assert (one["allowed"], none["allowed"], none["suppressed"]) == (1, 0, 0)


async def test_her_rules_hold_for_a_single_thread_too(shop: Shop) -> None:
    asked = {"relationship": shop.id, "message": "relationship/1.0/notice", "body": SALE}

    status, said = await shop.crm.call("POST", "/v1/threads", asked)

    assert status == 409
    assert "nothing was said" in said["error"]
    await shop.world.settle()
    assert await notices(shop.world, shop.her) == 0


async def test_what_is_held_is_listed_by_its_labels_without_the_values(shop: Shop) -> None:
    thid = await gives_her_address(shop)

    listed = await shop.crm.get(f"/v1/relationships/{shop.id}")

    record = threads(shop.shop)[thid].thread.record
    assert listed["labels"] == [{"ptr": HOME, "purpose": "dpv:DeliveryOfGoods", "expires": UNTIL, "record": record}]
    assert "Street" not in str(listed)


async def test_her_withdrawal_is_answered_once_the_system_has_deleted(shop: Shop) -> None:
    thid = await gives_her_address(shop)
    shop.shop.config = replace(shop.shop.config, bridges=("https://crm.shop.example/hook",))
    await shop.world.do(shop.her, f"/v1/consents/{thid}/withdraw")
    await shop.world.settle()
    [(_, deletion)] = deletions.of(shop.shop)
    assert state(shop.her, thid) == "withdrawing"

    path = f"/v1/deletions/{deletion.id}/completion"
    less = await shop.crm.call("POST", path, {"deleted": []})
    said = await shop.crm.post(path, {"deleted": [HOME], "told": ["carrier"]}, once="k")
    await shop.world.settle()

    assert less[0] == 409
    assert "neither deleted nor kept" in less[1]["error"]
    assert said == {"complete": True}
    assert state(shop.her, thid) == "withdrawn"
    assert await shop.crm.post(path, {"deleted": [HOME], "told": ["carrier"]}, once="k") == said
    assert (await shop.crm.call("POST", path, {"deleted": [HOME]}))[0] == 404


async def test_counts_are_counts_and_name_nobody(shop: Shop) -> None:
    await gives_her_address(shop)
    counter = await caller(shop.world, shop.shop, "counters", name="dashboard")

    found = await counter.get("/v1/counters")

    assert found["casts"] == {"received": 0, "bid": 0, "won": 0, "lost": {}, "declined": {}, "released": {}}
    assert (found["bounces_avoided"], found["cases"], found["cases_with_full_context"]) == (0, 0, 0)
    fits(found, "/v1/counters", "get")


async def test_an_address_she_corrects_is_a_bounce_avoided(shop: Shop) -> None:
    await gives_her_address(shop)

    await shop.world.do(shop.her, "/v1/contact", changes={"address": "2 Old Street, Porto"}, jitter=0)
    await shop.world.tick(1)
    await shop.world.tick(5)

    assert (await shop.crm.get("/v1/counters"))["bounces_avoided"] == 1


async def notices(world: World, person: Agent) -> int:
    """How many she has been told."""
    found = await world.ask(person, "GET", "/v1/notices")
    assert isinstance(found, dict)
    return len(found["notices"])
