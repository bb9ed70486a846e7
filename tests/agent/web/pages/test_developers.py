"""An organisation's pages for whoever builds on its agent."""

import json
import re
from html import unescape

from agent.rest.desk import CALLS
from agent.rest.keys import SCOPES
from agent.web.pages.developers import ABOUT, SYSTEMS, about
from agent.web.pages.sequence import Arrow, drawn
from protocols import PROTOCOLS
from protocols.machine import Protocol
from tests.agent.web.pages.visits import filled, refused, saved, seen, sent
from tests.agent.world import World


def test_every_scope_and_every_kind_of_exchange_has_words() -> None:
    tables = [each for module in PROTOCOLS for each in vars(module).values() if isinstance(each, Protocol)]
    names = {f"{each.uri.rsplit('/', 2)[1]}{'/' * bool(each.table)}{each.table}" for each in tables}

    assert SCOPES.keys() == SYSTEMS.keys()
    assert {about(each) for each in names} <= set(ABOUT.values())


async def test_a_key_is_shown_once_and_can_be_taken_back(world: World) -> None:
    shop = await world.add("Shop", "org")
    assert "No system has a key yet" in await seen(shop, "/developers")

    made = await filled(shop, "/developers/keys", name="web shop", scope=["relationships", "counters"])

    key = re.search(r"fr_\w+_[\w-]{40,}", made)
    assert key is not None
    page = await seen(shop, "/developers")
    assert key[0] not in page
    assert SYSTEMS["counters"] in page
    found = await world.ask(shop, "GET", "/v1/integrations")
    assert isinstance(found, dict)
    [kept] = found["keys"]
    assert "from this moment on" in await seen(shop, f"/developers/keys/{kept['id']}/revoke")
    await sent(shop, f"/developers/keys/{kept['id']}/revoke")
    assert "No system has a key yet" in await seen(shop, "/developers")


async def test_a_key_that_may_do_nothing_is_not_made(world: World) -> None:
    shop = await world.add("Shop", "org")

    assert "Tick what the key may do" in await refused(shop, "/developers/keys", name="web shop", scope=[])


async def test_every_call_can_be_read_and_the_document_saved(world: World) -> None:
    shop = await world.add("Shop", "org")

    page = unescape(await seen(shop, "/developers/calls"))
    whole = json.loads((await saved(shop, "/developers/calls/file")).content)

    assert all(f"<b>{call.method}</b> {call.path}" in page for call in CALLS)
    assert whole["paths"].keys() == {call.path for call in CALLS}


async def test_exchanges_are_listed_newest_first_and_drawn_with_a_list_beside(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    assert "Nothing was said yet" in await seen(shop, "/developers/exchanges")
    called = await world.introduce(her, shop)
    world.jump(60)
    asked = await world.do(shop, "/v1/requests", peer=called, type="urn:card", purpose="why")
    await world.settle()

    listed = await seen(shop, "/developers/exchanges")
    [first, *_] = re.findall(r'href="#/developers/exchanges/([^"]+)"', listed)
    page = await seen(shop, f"/developers/exchanges/{first}")

    assert first == asked["thread"]
    assert listed.index("showing a card") < listed.index("meeting")
    file = json.loads((await saved(shop, f"/developers/exchanges/{first}/file")).content)
    assert [each["says"] for each in file["log"]] == ["request-presentation"]
    assert page.count('<path class="ours"') == 1
    assert "request presentation" in page
    assert "<ol" in page
    assert "DIDComm" not in page.split("<summary>Details")[0]


def test_what_others_wrote_is_text_in_the_drawing() -> None:
    arrows = [Arrow("<script>x</script>" * 9, ours=False, at="now", refused=True)]

    made = str(drawn(arrows, "</svg>", "\u202eevil"))

    assert "<script>" not in made
    assert made.count("</svg>") == 1
    assert "\u202e" not in made
    assert "(not taken)" in made


async def test_exchanges_come_in_parts(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    for _ in range(60):
        await world.do(shop, "/v1/pings", peer=called)
    await world.settle()

    first, second = await seen(shop, "/developers/exchanges"), await seen(shop, "/developers/exchanges", page="2")

    assert "Part 1 of 2" in first
    assert first.count("whether anybody is there") == 50
    assert second.count("whether anybody is there") == 10
