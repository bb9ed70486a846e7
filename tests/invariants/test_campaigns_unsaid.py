"""A campaign's id, size and other recipients, her tags and groups are never sent (vrm-protocols, section 7, line 12).

All that left her agent is searched, as plaintext and with the data beside what is signed: her own logs hold every
message as it was said, and the vendors' stores hold every message as it was heard.
"""

from collections.abc import Iterator

import pytest

from agent import campaigns, contact
from agent.agent import Agent
from tests.agent.world import World, the_only, threads

TAG, GROUP = "secret tag kq7x", "secret group 9zvw"
SHOPS = ("Shop Alpha 4711", "Shop Beta 0815", "Shop Gamma 1337")
HOME = "/addresses/home"


async def acted(world: World) -> tuple[Agent, list[Agent], str]:
    """A person who tags three vendors, names the group, and changes her address for all of it."""
    her = await world.add("her")
    await contact.edit(her, {HOME: {"full": "9 Old Road"}})
    shops = []
    for name in SHOPS:
        shop = await world.add(name, "org")
        await world.introduce(her, shop)
        await world.agree(her, shop)
        items = [{"ptr": HOME, "purpose": "dpv:DeliveryOfGoods"}]
        await world.do(her, "/v1/consents/volunteer", peer=name, items=items, until="2029-06-30T00:00:00Z")
        await world.settle()
        await world.answer(shop)
        shops.append(shop)
    await world.ask(her, "POST", "/v1/tags", tag=TAG, peers=SHOPS)
    await world.do(her, "/v1/groups", name=GROUP, rule=f"tag:{TAG}")
    edit = {"changes": {"address": "1 New Street"}, "among": GROUP, "jitter": 0}
    id = str((await world.do(her, "/v1/contact", **edit))["campaign"])
    await world.tick(1)
    await world.do(her, "/v1/leavings/group", group=GROUP, jitter=0)
    await world.tick(1)
    return her, shops, id


def said_to(her: Agent, peer: str) -> Iterator[bytes]:
    """Every message of hers to one vendor, as it was said, headers and data and all."""
    for _, row in her.store.threads(peer):
        yield from (entry.record for entry in her.store.log(peer, row.thid) if entry.ours)


def heard_by(shop: Agent) -> Iterator[bytes]:
    """Everything in a vendor's store that came about through her."""
    for peer, row in shop.store.threads():
        yield row.record
        yield from (entry.record for entry in shop.store.log(peer, row.thid))
    yield from (item.record for kind in ("value", "record") for item in shop.store.items(kind))


def leaked(pieces: Iterator[bytes], secrets: set[str]) -> set[str]:
    """Which of these is somewhere in there."""
    text = b"\n".join(pieces).decode("utf-8", "replace").casefold()
    return {each for each in secrets if each.casefold() in text}


def secrets_beside(her: Agent, shop: Agent, shops: list[Agent], id: str) -> set[str]:
    """What this vendor must not see: the campaign's own words, and all that belongs to the other recipients."""
    campaign = [each.id for each in campaigns.listed(her)]
    rows = [row for each in campaign for row, _ in campaigns.recipients(her, each)]
    mine = threads(shop)
    others = [each for each in shops if each is not shop]
    found = {*campaign, TAG, GROUP, *(row.thid for row in rows if row.thid not in mine)}
    found |= {each.config.name for each in others} | {the_only(each).peer[:60] for each in others}
    return found | {each.config.url for each in others} | {campaigns.tally(her, id).plan.title}


async def test_nothing_of_a_campaign_a_tag_or_a_group_is_sent(world: World) -> None:
    her, shops, id = await acted(world)

    for shop in shops:
        peer = next(row.peer for row in her.store.peers() if her.relationship(row.peer)[0].name == shop.config.name)
        secret = secrets_beside(her, shop, shops, id)
        assert len(secret) >= 10
        assert leaked(said_to(her, peer), secret) == set()
        assert leaked(heard_by(shop), secret) == set()


@pytest.mark.parametrize("planted", ["campaign", "tag", "another recipient"])
async def test_the_search_finds_what_is_planted(world: World, planted: str) -> None:
    her, shops, id = await acted(world)
    shop = await world.add("Shop Delta 2323", "org")
    await world.introduce(her, shop)
    peer = next(row.peer for row in her.store.peers() if her.relationship(row.peer)[0].name == shop.config.name)
    text = {"campaign": id, "tag": TAG, "another recipient": SHOPS[0]}[planted]

    message = {"type": "https://didcomm.org/basicmessage/2.0/message", "body": {"content": f"By the way: {text}."}}
    await world.do(her, "/v1/threads", peer=shop.config.name, **message)
    await world.settle()

    secret = secrets_beside(her, shop, [*shops, shop], id)
    assert leaked(said_to(her, peer), secret) == {text}
    assert leaked(heard_by(shop), secret) == {text}
