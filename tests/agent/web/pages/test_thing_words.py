"""Every code that the protocols have for these subjects is a word or two on a page; what others wrote is only words."""

from typing import Any, get_args

import msgspec
import pytest

from agent import wording
from agent.web.pages import visiting
from agent.web.pages.thing_words import WORDS
from protocols.machine import ABANDONED, LAPSED
from protocols.vrm import delegation, delegation_words, experience_words, loyalty, loyalty_words, things_words
from protocols.vrm.base import Reason
from protocols.vrm.experience import experience
from protocols.vrm.things import claim, service
from tests.agent.web.pages.visits import seen, sent
from tests.agent.world import Said, World, the_only
from tests.scenarios.shop import open_shop

HOSTILE = "<script>alert(1)</script>\u202egnp.exe" + "a\u0301" * 3 + "\u0301" * 1500 + "javascript:alert(1)"


def codes(struct: type, field: str) -> tuple[str, ...]:
    """The codes that one field of a message may have."""
    kind: Any = next(each.type for each in msgspec.structs.fields(struct) if each.name == field)
    return get_args(kind)


@pytest.mark.parametrize(
    ("subject", "those"),
    [
        ("alert", codes(things_words.Alert, "kind")),
        ("thing", codes(things_words.Release, "reason")),
        ("want", codes(things_words.Report, "want")),
        ("status", codes(things_words.Update, "status")),
        ("remedy", codes(things_words.Resolve, "remedy")),
        ("refusal", get_args(things_words.Refusal)),
        ("refusal", get_args(loyalty_words.Refusal)),
        ("strength", codes(loyalty_words.Declare, "strength")),
        ("why", get_args(loyalty_words.Why)),
        ("exit", codes(loyalty_words.Exit, "balance")),
        ("your exit", codes(loyalty_words.Exit, "balance")),
        ("credit", codes(loyalty_words.Credit, "reason")),
        ("end", get_args(Reason)),
        ("kind", get_args(experience_words.Kind)),
        ("audience", get_args(experience_words.Audience)),
        ("attribution", get_args(experience_words.Attribution)),
        ("helper", get_args(delegation_words.Kind)),
        ("may", tuple(wording.MAY)),
        ("level", tuple(map(str, range(len(wording.LEVELS))))),
    ],
)
def test_each_code_has_words(subject: str, those: tuple[str, ...]) -> None:
    assert those
    assert [each for each in those if each not in WORDS[subject]] == []


@pytest.mark.parametrize(
    ("subject", "table"),
    [
        ("case", service),
        ("claim", claim),
        ("statement", loyalty.statement),
        ("experience", experience),
        ("mandate", delegation.mandate),
    ],
)
def test_each_state_that_can_be_seen_has_words(subject: str, table: Any) -> None:
    states = {row.then for row in table.rows if row.then} | {ABANDONED}
    states |= {LAPSED} if table.lapses else set()

    assert sorted(each for each in states if str(each) not in WORDS[subject]) == []


async def test_hostile_words_of_a_vendor_are_only_words_on_her_pages(world: World) -> None:
    sale = await open_shop(world)
    [known] = await world.listed(sale.her, "/v1/peers")
    await world.agree(sale.her, sale.vendor)
    programme: Said = {"name": HOSTILE, "rules": HOSTILE, "exit": {"balance": "forfeited", "notice": "P0D"}}
    await world.do(sale.vendor, "/v1/programme", **programme, admit="all", welcome=7)
    await sent(sale.her, "/loyalties/memberships", peer=known["peer"])
    await sale.run()
    await world.answer(sale.her)
    await sale.run()
    thing: Said = {"name": HOSTILE, "serial": "<img src=x>"}
    await sale.issue("ownership", thing, on="2026-10-02")
    [owned] = await sale.things()
    path = f"/things/{owned['thing']}"
    await sent(sale.her, f"{path}/register", org="", papers=["ownership"])
    await sale.run()
    await world.do(sale.vendor, "/v1/things/alert", kind="recall", text=HOSTILE, remedy=HOSTILE)
    done = await sent(sale.her, f"{path}/problem", text="It hums.", want="repair", org="", papers=[])
    await sale.run()
    [case] = await world.listed(sale.vendor, "/v1/cases")
    for asked in (
        {"act": "answer", "number": "<b>1</b>"},
        {"act": "resolve", "remedy": "denied", "text": HOSTILE},
    ):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
        await sale.run()

    pages = ["/things", path, f"{path}/register", f"{path}/problem", f"{path}/hand-on", f"{path}/release", done.go]
    pages += ["/loyalties", "/loyalties/memberships"]
    [held] = await world.listed(sale.her, "/v1/memberships")
    pages += [f"/loyalties/memberships/{held['membership']}", f"/loyalties/memberships/{held['membership']}/leave"]
    for each in pages:
        page = await seen(sale.her, each)
        assert "<script" not in page, each
        assert "<img" not in page, each
        assert "<b>1" not in page, each
        assert "\u0301" * 4 not in page, each
        assert "\u202e" not in page, each
    assert "U+202E" in await seen(sale.her, path)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/things/x", "no thing"),
        ("/loyalties/x", "no statement"),
        ("/loyalties/memberships/x", "no membership"),
        ("/experiences/x", "no experience"),
        ("/helpers/x", "no mandate"),
    ],
)
async def test_what_is_not_there_is_said_plainly(world: World, path: str, why: str) -> None:
    status, page = await visiting.answer(await world.add("her"), "GET", path, {}, b"")

    assert (status, why in str(page), "thread" in str(page)) == (404, True, False)


async def test_a_name_is_never_the_only_sign_of_who_it_is(world: World) -> None:
    sale = await open_shop(world)
    await world.do(
        sale.her, "/v1/statements", peer=the_only(sale.her).peer, strength="regular", category="x", until="2099-01-01"
    )
    [said] = await world.listed(sale.her, "/v1/statements")

    for path in ("/loyalties", f"/loyalties/{said['statement']}", "/loyalties/new", "/helpers/new"):
        assert "127.0.0.1:9000" in await seen(sale.her, path), path
