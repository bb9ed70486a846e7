"""Papers, registrations and warnings of an organisation, by the pages alone."""

import pytest

from agent.web.pages import visiting
from tests.agent.web.pages.plainly import read, words
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World
from tests.scenarios.shop import Sale, open_shop

OWNERSHIP = {
    "kind": "ownership",
    "name": "Washing machine",
    "serial": "A1B2C3",
    "gtin": "4012345678901",
    "on": "2026-10-02",
}


@pytest.fixture
async def sale(world: World) -> Sale:
    return await open_shop(world)


async def issued(sale: Sale, **paper: object) -> None:
    """A paper goes out, and is taken."""
    await sent(sale.vendor, "/assets/issue", peer=sale.called, **paper)
    await sale.world.settle()
    await sale.world.answer(sale.her)


async def test_papers_are_issued_to_a_customer(sale: Sale) -> None:
    assert "Machine Shop" not in await read(sale.vendor, "/assets/issue")
    await issued(sale, **OWNERSHIP)
    await issued(sale, **{**OWNERSHIP, "kind": "warranty", "until": "2028-10-02"})
    await issued(sale, **{**OWNERSHIP, "kind": "receipt", "amount": "399,00", "currency": "eur"})

    [thing] = await sale.things()

    papers = thing["papers"]
    assert isinstance(papers, list)
    assert [each["kind"] for each in papers] == ["ownership", "warranty", "receipt"]
    assert thing["warranty_until"] == "2028-10-02"
    assert "Proofs of ownership issued: 1, of which 1 counts today." in await read(sale.vendor, "/assets")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"peer": ""}, "to whom"),
        ({"name": ""}, "what it is"),
        ({"gtin": "12"}, "8 to 14"),
        ({"kind": "warranty"}, "last day"),
        ({"amount": "3"}, "currency"),
    ],
)
async def test_what_is_missing_is_asked_for(sale: Sale, wrong: dict[str, str], why: str) -> None:
    assert why in await refused(sale.vendor, "/assets/issue", **{"peer": sale.called, **OWNERSHIP, **wrong})


async def test_a_warning_says_whom_it_reaches_before_and_whom_it_reached(sale: Sale) -> None:
    await issued(sale, **OWNERSHIP)
    await sale.world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await sale.run()
    warning = {"kind": "recall", "text": "Stop using the drum.", "remedy": "Call us.", "gtin": "4012345678901"}
    nobody = words(await filled(sale.vendor, "/assets/alert/preview", **{**warning, "gtin": "4012345678902"}))
    assert "nobody: no such thing is registered" in nobody
    assert "Send the warning" not in nobody
    assert "what is wrong" in await refused(sale.vendor, "/assets/alert/preview", **{**warning, "text": ""})

    page = words(await filled(sale.vendor, "/assets/alert/preview", **warning))
    again = await filled(sale.vendor, "/assets/alert/again", **warning)
    before = await read(sale.vendor, "/assets")
    done = await sent(sale.vendor, "/assets/alert", **warning)
    await sale.run()

    assert "Warn 1 owner?" in page
    assert "Stop using the drum.</textarea>" in again
    assert "0 of 0 arrived" in before
    assert "Sent to 1 owner," in done.said
    assert "1 of 1 arrived" in await read(sale.vendor, "/assets")
    assert "Augusta" not in await seen(sale.vendor, "/assets")
    [thing] = await sale.things()
    assert thing["alerts"]


async def test_only_organisations_have_these_pages(sale: Sale) -> None:
    for path in ("/assets", "/programme"):
        assert (await visiting.answer(sale.her, "GET", path, {}, b""))[0] == 404
