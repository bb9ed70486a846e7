"""Rights chosen in plain words, asked of one or many, followed by the clock; and letters in the same list."""

import msgspec
import pytest

from agent import families, held, letters
from agent.agent import Agent
from agent.web.pages import rights, vendors, visiting
from agent.web.pages.page import Visit
from tests.agent.web.pages.shops import HOME, MAIL, PHONE, holding
from tests.agent.web.pages.test_changes import row
from tests.agent.web.pages.visits import refused, saved, seen, sent
from tests.agent.world import World, the_only
from wallet.store.change import Change

DAY = 86400


async def only(world: World, shop: Agent) -> str:
    """The vendor's name for the one case it has."""
    [case] = await world.listed(shop, "/v1/rights")
    return str(case["case"])


async def test_a_right_is_chosen_looked_at_and_asked_and_a_clock_runs(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))

    form = await seen(her, "/rights/new")
    [(fingerprint, name)] = await vendors.vendors(Visit(her))
    asks = await seen(her, "/rights/ask", right="access", whom=f"v:{fingerprint}")
    went = await sent(her, "/rights", right="access", who=fingerprint, regime="gdpr", scope=[])
    await world.settle()
    page = await seen(her, went.go)
    listed = await seen(her, "/rights")

    assert all(title in form for title in rights.TITLES.values())
    assert name.startswith("Shop (")
    assert "phone (main)</bdi>: <bdi" in asks
    assert "They must answer by 15 February 2027" in page
    assert "in 31 days" in page
    assert "in 31 days" in row(listed, "Shop")
    assert "they have it" in row(listed, "Shop")
    case = await only(world, shops["Shop"])
    await world.do(shops["Shop"], f"/v1/rights/{case}/progress", by="2027-03-20", details="We look for it.")
    await world.do(shops["Shop"], f"/v1/rights/{case}/fulfil")
    await world.settle()
    done = await seen(her, went.go)
    assert "They say: We look for it." in done
    assert "+351 210 000 000" in row(done, "phone (main)")
    assert "to deliver what you ordered" in row(done, "phone (main)")
    assert "no answer is owed" in await seen(her, "/rights")


async def test_what_is_late_is_said_to_be_late(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,))
    went = await sent(her, "/rights", right="erasure", who="Shop")
    await world.settle()

    await world.pass_time(40 * DAY)

    assert "They are late" in await seen(her, went.go)
    assert "late: was due 9 days ago" in await seen(her, "/rights")


async def test_what_is_wrong_is_corrected_where_it_stands(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))

    form = await seen(her, "/rights/ask", right="rectification", who="Shop")
    nothing = await refused(her, "/rights", right="rectification", who="Shop")
    typed = {f"c{HOME}": "2 Old Street, Paris, FR", f"c{PHONE}": ""}
    await sent(her, "/rights", right="rectification", who="Shop", **typed)
    await world.settle()
    await world.do(shops["Shop"], f"/v1/rights/{await only(world, shops['Shop'])}/fulfil")

    assert f'name="c{HOME}"' in form
    assert "for one field at least" in nothing
    found = {each.ptr: each.value for each in held.of(shops["Shop"], the_only(shops["Shop"]).peer)}
    assert found == {
        HOME: {"full": "2 Old Street, Paris, FR", "countryCode": "FR"},
        PHONE: {"number": "+351 210 000 000"},
    }


async def test_a_denial_is_said_in_words_and_appealed_against(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME,))
    went = await sent(her, "/rights", right="erasure", who="Shop")
    await world.settle()
    denial = {"reason": "not-covered", "appeal": "appeals@shop.example"}
    await world.do(shops["Shop"], f"/v1/rights/{await only(world, shops['Shop'])}/deny", **denial)
    await world.settle()

    page = await seen(her, went.go)
    again = await sent(her, f"{went.go}/appeal")
    await world.settle()

    assert ">denied<" in page
    assert "the law they name does not cover this" in page
    assert again.go != went.go
    assert "This is an appeal against an earlier denial" in await seen(her, again.go)
    assert "an appeal" in await seen(her, "/rights")


async def test_what_they_have_to_keep_is_said_with_why_and_until_which_day(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))
    shop = shops["Shop"]
    shop.config = msgspec.structs.replace(shop.config, bridges=("minicrm",))
    went = await sent(her, "/rights", right="erasure", who="Shop")
    await world.settle()
    await world.do(shop, f"/v1/rights/{await only(world, shop)}/fulfil")
    [deletion] = await world.listed(shop, "/v1/deletions")
    kept = [{"ptr": PHONE, "why": "legal-duty", "until": "2033-12-31"}]
    await world.do(shop, f"/v1/deletions/{deletion['deletion']}/completion", deleted=[HOME], kept=kept)
    await world.settle()

    assert "until 31 December 2033: the law makes them keep it" in await seen(her, went.go)


async def test_a_request_is_taken_back_after_a_page_that_says_what_follows(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,))
    went = await sent(her, "/rights", right="objection", who="Shop", scope=[HOME])
    await world.settle()

    asks = await seen(her, f"{went.go}/cancel")
    back = await sent(her, f"{went.go}/cancel")
    await world.settle()

    assert "They need not answer any more" in asks
    assert back.go == went.go
    assert ">taken back<" in await seen(her, went.go)


async def test_all_who_hold_something_or_a_group_are_asked_in_one_act(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,), Club=(MAIL,), Rest=())
    await world.ask(her, "POST", "/v1/tags", tag="clubs", peers=["Club", "Rest"])

    everybody = await seen(her, "/rights/ask", right="sale-opt-out", whom="g:holds:any")
    group = await seen(her, "/rights/ask", right="sale-opt-out", whom="g:tag:clubs")
    went = await sent(her, "/rights", right="sale-opt-out", who="", rule=rights.EVERYBODY, scope=[])
    await world.pass_time(600)
    page = await seen(her, went.go)

    assert "Who is asked (2)" in everybody
    assert "<bdi class='said' dir='auto'>Rest<" not in everybody
    assert "Who is asked (2)" in group
    assert "Shop" not in group
    assert went.go.startswith("/changes/")
    assert "Neither sell nor share it" in page
    assert page.count("See the request") == 2
    assert (await seen(her, "/rights")).count("Do not sell or share it") == 2


async def test_whoever_has_no_agent_gets_a_letter_that_stands_in_the_same_list(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,))

    nobody = await seen(her, "/rights/ask", right="erasure", who="Old Bank")
    form = await seen(her, "/letters/new", right="erasure", to="Old Bank")
    typed = {"right": "erasure", "to": "Old Bank", "me": "New Name\n1 Road", "about": "account 12", "regime": "gdpr"}
    went = await sent(her, "/letters", **typed)
    drafted = await seen(her, went.go)
    pdf, text = await saved(her, f"{went.go}/pdf"), await saved(her, f"{went.go}/text")

    assert "#/letters/new?right=erasure&amp;to=Old%20Bank" in nobody
    assert 'value="Old Bank"' in form
    assert "9 Old Road\n1000 Lisboa\nPT" in form
    assert "written, not sent yet" in drafted
    assert "that you erase the personal data about me" in drafted
    assert (pdf.media_type, pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "account 12" in text.content.decode()
    assert "once you sent it" in row(await seen(her, "/rights"), "Old Bank")
    await sent(her, f"{went.go}/enter", step="sent", on="2027-01-20", note="by post")
    page = await seen(her, went.go)
    assert "They must answer by 20 February 2027" in page
    assert "by post" in page
    assert "in 36 days" in row(await seen(her, "/rights"), "Old Bank")
    await sent(her, f"{went.go}/enter", step="fulfilled", on="", note="")
    over = await seen(her, went.go)
    assert "They did it" in over
    assert "Enter it" not in over
    assert "no answer is owed" in row(await seen(her, "/rights"), "Old Bank")


async def test_cases_and_letters_come_in_parts_the_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.web.rights.A_PART", 2)
    monkeypatch.setattr("agent.web.pages.rights.PAGE_SIZE", 2)
    monkeypatch.setattr("agent.web.pages.page.PAGE_SIZE", 2)
    her, _ = await holding(world, Shop=(HOME,))
    await sent(her, "/rights", right="access", who="Shop")
    await sent(her, "/letters", right="erasure", to="Old Bank", me="Name")
    await sent(her, "/rights", right="portability", who="Shop")

    first, second = await seen(her, "/rights"), await seen(her, "/rights", page="2")

    assert first.index("Hand me a copy") < first.index("Old Bank")
    assert "See what they have of me" not in first
    assert "See what they have of me" in second
    assert "Part 2 of 2, 3 in all" in second


async def test_letters_that_were_written_before_there_was_such_a_list_are_in_it(world: World) -> None:
    her = await world.add("her")
    went = await sent(her, "/letters", right="erasure", to="Old Bank", me="Name")
    id = went.go.rpartition("/")[2]
    await her.store.apply(Change("", claim=((families.KIND, f" {id}"),)))
    assert her.store.item(letters.LISTED, letters.LISTED) is None

    assert "Old Bank" in await seen(her, "/rights")


async def test_what_is_not_chosen_is_asked_for(world: World) -> None:
    her = await world.add("her")

    status, page = await visiting.answer(her, "GET", "/rights/ask", {"right": "everything"}, b"")

    assert status == 409
    assert "Choose what you want" in str(page)
    assert "Nobody was named" in await seen(her, "/rights/ask", right="access")


async def test_a_case_is_no_letter_and_a_letter_no_case(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,))
    case = (await sent(her, "/rights", right="access", who="Shop")).go.rpartition("/")[2]
    letter = (await sent(her, "/letters", right="erasure", to="Old Bank", me="Name")).go.rpartition("/")[2]

    found = [
        (await visiting.answer(her, "GET", path, {}, b""))[0] for path in (f"/letters/{case}", f"/rights/{letter}")
    ]

    assert found == [404, 404]
