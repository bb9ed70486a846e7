"""One act towards many: her steps, the tally, groups, the address book. vrm-protocols 2, 3.8 and 5.5."""

import msgspec
import pytest

from agent import contact, held
from agent.agent import Agent
from tests.agent.world import Said, World, the_only, threads, towards

HOME, PHONE = "/addresses/home", "/phones/main"
OLD, NEW = "9 Old Road, 1000 Lisboa, PT", "1 New Street, 1100 Lisboa, PT"
UNTIL = "2029-06-30T00:00:00Z"
DAY = 86400


async def with_shops(world: World, *names: str, hold: tuple[str, ...] = (HOME,)) -> tuple[Agent, list[Agent]]:
    """A person, and vendors that hold some fields of her card by leave of hers, under her terms."""
    her = await world.add("her")
    await contact.edit(her, {HOME: {"full": OLD, "countryCode": "PT"}, PHONE: {"number": "+351 210 000 000"}})
    shops = []
    for name in names:
        shop = await world.add(name, "org")
        await world.introduce(her, shop)
        await world.agree(her, shop)
        items = [{"ptr": ptr, "purpose": "dpv:DeliveryOfGoods"} for ptr in hold]
        await world.do(her, "/v1/consents/volunteer", peer=name, items=items, until=UNTIL)
        await world.settle()
        await world.answer(shop)
        shops.append(shop)
    return her, shops


async def moves(world: World, her: Agent, **more: object) -> str:
    """She changes her address: one call that shows what will be said, and one that says it. Returns the campaign."""
    edit = {"changes": {"address": NEW}, "reason": "moved", **more}
    await world.do(her, "/v1/contact/preview", **edit)
    return str((await world.do(her, "/v1/contact", **edit))["campaign"])


async def tally(world: World, her: Agent, id: str) -> dict[str, int]:
    """What she sees of a campaign."""
    found = await world.ask(her, "GET", f"/v1/campaigns/{id}")
    return msgspec.convert(msgspec.convert(found, Said)["counts"], dict[str, int])


def address(shop: Agent) -> object:
    """The address a vendor holds."""
    return {each.ptr: each.value for each in held.of(shop, the_only(shop).peer)}.get(HOME)


async def test_f17_one_act_reaches_many_each_by_its_own_message_from_its_own_did(world: World) -> None:
    """A user addresses N vendors in one act; each gets its own encrypted message from its own pairwise DID."""
    her, shops = await with_shops(world, *(f"Shop {number}" for number in range(5)))
    world.network.carried.clear()

    await moves(world, her, jitter=0)
    await world.tick(1)

    first: dict[str, bytes] = {}
    for url, packed in world.network.carried:
        first.setdefault(url, packed)
    sent = [first[shop.config.url] for shop in shops]
    assert len(set(sent)) == len(shops)
    assert all(len(msgspec.json.decode(each)["recipients"]) == 1 for each in sent)
    known_as = [the_only(shop).peer for shop in shops]
    assert len(set(known_as)) == len(shops)
    told = [threads(shop)[thid].thread for shop in shops for thid in profile_threads(shop)]
    assert len({thread.thid for thread in told} | {thread.said[0].id for thread in told}) == 2 * len(shops)


def profile_threads(agent: Agent) -> list[str]:
    """The threads in which somebody's details were changed."""
    return [thid for thid, each in threads(agent).items() if each.thread.table.endswith("/profile/1.0")]


async def test_f19_one_change_of_address_shows_for_each_vendor_what_became_of_it_signed(world: World) -> None:
    """A user changes her address once and sees per vendor applied, refused or silent, each answer signed."""
    her, (applies, refuses, is_silent) = await with_shops(world, "Applies", "Refuses", "Silent")
    await world.do(refuses, "/v1/profile/policy", step_up=[HOME])
    world.network.down.add(is_silent.config.url)

    id = await moves(world, her, jitter=0)
    await world.tick(1)
    await world.tick(5)
    at_first = await tally(world, her, id)
    world.time += 15 * DAY
    await world.tick(0)

    rows = await world.listed(her, f"/v1/campaigns/{id}/recipients")
    assert at_first == {"sent": 1, "applied": 1, "refused": 1}
    assert {row["with"]: row["state"] for row in rows} == {
        "Applies": "applied",
        "Refuses": "refused",
        "Silent": "silent",
    }
    assert address(applies) == {"full": NEW, "countryCode": "PT"}
    assert address(refuses) == {"full": OLD, "countryCode": "PT"}
    for shop in ("Applies", "Refuses"):
        signed = msgspec.convert(await world.ask(her, "GET", f"/v1/ledgers/{shop}"), Said)["objects"]
        assert [each["ours"] for each in msgspec.convert(signed, list[Said]) if each["type"] == "ProfileReceipt"] == [
            False
        ]

    world.network.down.clear()
    world.time += 9 * DAY
    await world.tick(0)
    assert await tally(world, her, id) == {"applied": 2, "refused": 1}
    assert address(is_silent) == {"full": NEW, "countryCode": "PT"}


async def test_f20_groups_by_tag_and_by_rule_are_acted_on(world: World) -> None:
    """A user defines groups by tag or rule ("all insurers", "unused for a year") and acts on the group."""
    her, (green, blue, _) = await with_shops(world, "Green Insurance", "Blue Insurance", "Bakery")
    await world.ask(her, "POST", "/v1/tags", tag="insurer", peers=["Green Insurance", "Blue Insurance"])
    await world.do(her, "/v1/groups", name="all insurers", rule="tag:insurer")

    id = await moves(world, her, among="all insurers", jitter=0)
    await world.tick(1)
    world.time += 200 * DAY
    await world.do(her, "/v1/terms", peer="Bakery")
    await world.settle()
    world.time += 200 * DAY
    await world.do(her, "/v1/groups", name="unused for a year", rule="unused:1y")
    left = await world.do(her, "/v1/leavings/group", group="unused for a year", jitter=0)
    await world.tick(1)

    assert await tally(world, her, id) == {"applied": 2}
    assert left["told"] == 2
    assert [the_only(shop).ended for shop in (green, blue)] == [True, True]
    assert not towards(her, the_only(world.agents["Bakery"]).our_did).ended


@pytest.mark.parametrize("many", [1, pytest.param(25), pytest.param(100, marks=pytest.mark.full)])
async def test_f24_her_steps_are_the_same_for_one_and_for_many_and_it_ends_in_bounded_time(
    world: World, many: int
) -> None:
    """A user's steps stay constant as N grows (one confirmation for 1 or 100); 100 deliveries end in bounded time."""
    her = await world.add("her")
    shops = [await world.add(f"Shop {number}", "org") for number in range(many)]
    for shop in shops:
        await world.introduce(her, shop)

    preview = await world.ask(her, "POST", "/v1/leavings/preview", group="all")
    done = await world.do(her, "/v1/leavings/group", group="all")
    await world.pass_time(600 + 60)

    assert isinstance(preview, list)
    assert len(preview) == many
    assert done["told"] == many
    assert all(the_only(shop).ended for shop in shops)
    assert await tally(world, her, str(done["campaign"])) == {"delivered": many}


async def test_f34_one_address_book_of_hers_shows_everybody_who_holds_data_of_hers(world: World) -> None:
    """A user finds every organisation that holds her data in one local address book."""
    her, (_, second, _) = await with_shops(world, "First", "Second", "Third")
    stranger = await world.add("Met, and told nothing", "org")
    await world.introduce(her, stranger)
    before = len(world.network.carried)
    [thread] = [each for each in await world.listed(her, "/v1/consents") if each["with"] == "Second"]

    full = await world.listed(her, "/v1/contact/held")
    asked_nobody = len(world.network.carried) == before
    await world.do(her, f"/v1/consents/{thread['thread']}/withdraw")
    await world.settle()
    after = await world.listed(her, "/v1/contact/held")

    assert asked_nobody
    assert [each["with"] for each in full] == ["First", "Second", "Third"]
    assert "'value': {'full': '9 Old Road" in str(full[0]["holds"])
    assert "to deliver what you ordered" in str(full[0]["holds"])
    assert UNTIL in str(full[0]["holds"])
    assert full[0]["terms"] == "freerange-service-only"
    assert [each["with"] for each in after] == ["First", "Third"]
    assert address(second) is None


async def test_f46_a_bulk_act_is_paused_resumed_and_partly_fails_and_the_ledger_is_right(world: World) -> None:
    """A user runs, pauses and resumes a bulk act; partial failure leaves an accurate ledger."""
    her, shops = await with_shops(world, *(f"Shop {number}" for number in range(6)))
    unreachable, left = shops[0], shops[1]
    world.network.down.add(unreachable.config.url)

    id = await moves(world, her, jitter=600)
    await world.ask(her, "POST", "/v1/leavings", peers=[left.config.name])
    while (await tally(world, her, id)).get("queued", 0) > 3:
        await world.tick(20)
    await world.do(her, f"/v1/campaigns/{id}/pause")
    paused = await tally(world, her, id)
    await world.pass_time(DAY)
    still = await tally(world, her, id)
    her = await world.restart(her)
    await world.do(her, f"/v1/campaigns/{id}/resume")
    await world.pass_time(600 + 60)
    resumed = await tally(world, her, id)
    world.network.down.clear()
    await world.pass_time(DAY)
    at_last = await tally(world, her, id)

    assert paused["queued"] == still["queued"] > 0
    assert resumed == {"sent": 1, "skipped": 1, "applied": 4}
    assert at_last == {"skipped": 1, "applied": 5}
    rows = await world.listed(her, f"/v1/campaigns/{id}/recipients")
    assert [(row["with"], row["why"]) for row in rows if row["state"] == "skipped"] == [
        (left.config.name, "the relationship has ended")
    ]
    for shop in shops:
        told = [threads(shop)[thid].thread.said for thid in profile_threads(shop)]
        assert len(told) == (shop is not left)
        assert address(shop) == {"full": OLD if shop is left else NEW, "countryCode": "PT"}
