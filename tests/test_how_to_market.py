"""docs/how-to/go-to-market.md: every line of it can be typed, and its price rules are taken."""

import re
import shlex
from pathlib import Path

import pytest

from agent import prices
from agent.cli.parser import parse
from protocols.vrm.intent_words import Decline
from tests.agent.market import casts, offers, rows, shops, wants
from tests.agent.world import World
from tests.scenarios.conftest import cheap_passphrases, world
from wallet.strict_json import parse_object

__all__ = ["cheap_passphrases", "world"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "go-to-market.md").read_text()
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()
[RULES] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("line", LINES)
def test_each_line_can_be_typed(line: str) -> None:
    program, *words = shlex.split(line)

    assert program == "freerange"
    assert parse(words).command == words[0]


def test_each_reason_of_the_page_is_one_of_the_protocol() -> None:
    for reason in ("area", "price", "stock", "not-us"):
        assert f"`{reason}`" in PAGE
        assert Decline(reason).reason == reason


async def test_the_price_rules_of_the_page_bid_by_themselves(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await world.do(shop, "/v1/demand/prices", rules=parse_object(RULES.encode()))
    want = await wants(world, her)

    await casts(world, her, want, shop)

    assert [each["price"] for each in rows(await offers(world, her, want))] == ["319.00"]
    assert prices.in_use(shop).rules[0].stock == 12
    assert [each["waits"] for each in await world.listed(shop, "/v1/demand")] == [False]
