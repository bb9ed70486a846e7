"""An organisation's pages about what it asks to see, and what was found."""

import re
from html import unescape

from agent.agent import Agent
from agent.web.pages.check_words import WORDS
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World
from wallet.credentials import integrity, sd_jwt_verify, status

FIELDS = [{"label": "Name"}, {"label": "Date of birth", "holds": "day"}, {"label": "Adult", "holds": "yes-no"}]
ASKED = {"field": ["name", "adult"], "yes": ["adult"], "purpose": "To lend films for adults"}


async def shop_and_her(world: World) -> tuple[Agent, Agent, str, str]:
    """An org that issued somebody its card, what it calls her, and the page of a request it keeps."""
    shop, her = await world.add("Film Shop", "org"), await world.add("her")
    kind = await world.do(shop, "/v1/card-types", name="Library card", fields=FIELDS)
    called = await world.introduce(her, shop)
    claims = {"name": "<script>Ada", "date_of_birth": "1990-12-10", "adult": "yes"}
    await world.do(shop, f"/v1/card-types/{kind['id']}/offers", peer=called, claims=claims)
    await world.settle()
    await world.answer(her)
    return shop, her, called, (await sent(shop, "/requests", card=kind["id"], **ASKED)).go


def test_every_check_has_words() -> None:
    names = {*sd_jwt_verify.CHECKS, *status.CHECKS, *integrity.CHECKS, *integrity.PRESENTATION_CHECKS, "query_answered"}

    assert names <= WORDS.keys()


async def test_what_is_ticked_is_shown_as_the_customer_will_see_it_with_hints(world: World) -> None:
    shop, _, _, _ = await shop_and_her(world)
    kind = (await world.listed(shop, "/v1/card-types"))[0]["id"]
    assert "Tick only what you need" in await seen(shop, "/requests/new", card=str(kind))

    much = await filled(shop, "/requests/preview", card=kind, field=["date_of_birth"], purpose="To check your age")
    fine = await filled(shop, "/requests/preview", card=kind, field=["adult"], purpose="To check your age")
    bare = await filled(shop, "/requests/preview", card=kind, field=["adult"], purpose="")

    assert "can be shown without an exact birth date" in much
    assert "nothing stands out" in fine
    assert "Say what it is for" in bare or "say what it is for" in bare


async def test_a_request_without_a_purpose_is_not_kept(world: World) -> None:
    shop, _, _, _ = await shop_and_her(world)
    kind = (await world.listed(shop, "/v1/card-types"))[0]["id"]

    assert "what it is for" in await refused(shop, "/requests", card=kind, field=["name"], purpose="")
    assert len(await world.listed(shop, "/v1/proof-requests")) == 1


async def test_one_customer_is_asked_and_the_result_shows_every_check(world: World) -> None:
    shop, her, called, path = await shop_and_her(world)
    assert "Nobody was asked yet" in await seen(shop, path)

    await sent(shop, f"{path}/ask", to=called)
    await world.settle()
    waiting = await seen(shop, path)
    await world.answer(her)

    assert "waits for the customer" in waiting
    assert "all of it holds" in await seen(shop, path)
    listed = await seen(shop, "/results")
    assert "1 held today" in listed
    [thid] = set(re.findall(r'href="#/results/([^"]+)"', listed))
    result = await seen(shop, f"/results/{thid}")
    assert "&lt;script&gt;Ada" in result
    assert not any(each in result for each in ("date of birth", "10 December 1990", "1990-12-10"))
    assert all(WORDS[name][0] in unescape(result) for name in ("signature", "kb_signature", "query_answered"))


async def test_a_failed_result_says_why_and_shows_no_value(world: World) -> None:
    shop, her, called, path = await shop_and_her(world)
    await sent(shop, f"{path}/ask", to=called)
    await world.settle()

    await world.answer(her, refuse=["adult"])

    listed = await seen(shop, "/results")
    assert "1 did not hold today" in listed
    assert WORDS["query_answered"][1] in listed
    [thid] = set(re.findall(r'href="#/results/([^"]+)"', listed))
    assert "Because a check failed" in await seen(shop, f"/results/{thid}")


async def test_a_code_can_be_put_on_a_web_page_and_loads_nothing(world: World) -> None:
    shop, _, _, path = await shop_and_her(world)

    link = (await sent(shop, f"{path}/links", days="7")).go

    page = await seen(shop, link)
    [piece] = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    snippet = unescape(piece)
    assert snippet.count("<a href=") == 1
    assert "<svg" in snippet
    assert not re.search(r"<script|<img|<iframe|\bsrc=|\bstyle=|\bon\w+=", snippet)
    await sent(shop, f"{link}/end")
    assert "Nobody can take it up any more" in await seen(shop, link)


async def test_a_request_is_tried_with_a_demo_person(world: World) -> None:
    shop, _, _, path = await shop_and_her(world)
    before = shop.store.counts()

    whole = await filled(shop, f"{path}/try")
    less = await filled(shop, f"{path}/try", refuse=["adult"])

    assert "It works" in whole
    assert "To lend films for adults" in whole
    assert "it does not hold" in less
    assert shop.store.counts() == before
    assert "Nobody was asked yet" in await seen(shop, path)


async def test_a_request_is_taken_away_after_a_page_that_says_what_follows(world: World) -> None:
    shop, _, _, path = await shop_and_her(world)

    assert "end at once" in await seen(shop, f"{path}/drop")
    await sent(shop, f"{path}/drop")

    assert "The requests you keep will be here" in await seen(shop, "/requests")
