"""About me, and one change to many: what is shown before, what is confirmed, and how it is followed."""

import re

import pytest

from agent import campaigns, contact, held
from agent.agent import Agent
from agent.web import campaigns as routes
from agent.web.pages import visiting
from tests.agent.web.pages.shops import HOME, MAIL, holding
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, the_only

NEW = "1 New Street, 1100 Lisboa, PT"
AT_ONCE = {"address.home": NEW, "spread": "0"}


def mark_of(page: str) -> str:
    """What tells the edit that a page shows from any other."""
    found = re.search(r'name="mark" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def confirmed(her: Agent, **typed: str) -> str:
    """She types a change, looks at it, and confirms it. Returns the page on which it is followed."""
    await sent(her, "/me", **{**AT_ONCE, **typed})
    return (await sent(her, "/changes", mark=mark_of(await seen(her, "/changes/new")))).go


def row(page: str, name: str) -> str:
    """The row of a table that names somebody."""
    return next(each for each in page.split("<tr>") if name in each and 'scope="row"' in each)


async def test_her_card_is_shown_in_plain_lines(world: World) -> None:
    her, _ = await holding(world)

    page = await seen(her, "/me")

    assert 'name="address.home" type="text" value="9 Old Road, 1000 Lisboa, PT"' in page
    assert 'name="email.main" type="email" value="her@example.org"' in page
    assert ">Address (home)" in page
    assert ">Phone" in page


async def test_the_preview_says_exactly_what_each_gets_and_who_gets_nothing_and_why(world: World) -> None:
    her, shops = await holding(world, Baker=(HOME,), Tax=(f"{HOME}/countryCode",), Mailer=(MAIL,), Gone=(HOME,))
    await world.ask(her, "POST", "/v1/leavings", peers=["Gone"])
    await world.settle()

    went = await sent(her, "/me", **AT_ONCE | {"address.home": "1 New Street, Paris, FR"})
    page = await seen(her, went.go)

    assert went.go == "/changes/new"
    assert "1 New Street, Paris, FR" in row(page, "Baker")
    assert "address (home), country: <bdi" in row(page, "Tax")
    assert "New Street" not in row(page, "Tax")
    assert "you gave them nothing of this" in row(page, "Mailer")
    assert "your relationship has ended" in row(page, "Gone")
    assert "2 vendors are told" in page
    assert contact.value_at(contact.read(her), f"{HOME}/full") == "9 Old Road, 1000 Lisboa, PT"
    assert held.of(shops["Baker"], the_only(shops["Baker"]).peer)[0].value == contact.value_at(contact.read(her), HOME)


async def test_the_preview_of_a_group_names_those_outside_of_it(world: World) -> None:
    her, _ = await holding(world, Baker=(HOME,), Mailer=(HOME,))
    await world.ask(her, "POST", "/v1/tags", tag="shops", peers=["Baker"])

    await sent(her, "/me", **AT_ONCE, among="tag:shops")
    page = await seen(her, "/changes/new")

    assert "One vendor is told" in page
    assert "not among those you chose" in row(page, "Mailer")


async def test_the_preview_is_the_same_when_too_much_was_told_to_be_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, _ = await holding(world, Baker=(HOME,), Tax=(f"{HOME}/countryCode",), Mailer=(MAIL,))
    await sent(her, "/me", **AT_ONCE)
    at_once = await seen(her, "/changes/new")

    monkeypatch.setattr("agent.told.AT_ONCE", 2)

    assert await seen(her, "/changes/new") == at_once


async def test_what_was_given_and_is_over_is_said_to_be_so(world: World) -> None:
    her, _ = await holding(world, Baker=(HOME,))
    [thread] = [each["thread"] for each in await world.listed(her, "/v1/consents")]
    await world.do(her, f"/v1/consents/{thread}/withdraw")
    await world.settle()

    await sent(her, "/me", **AT_ONCE)
    page = await seen(her, "/changes/new")

    assert "what you once gave them of this is over" in row(page, "Baker")
    assert "nobody is told" in page


async def test_it_is_confirmed_once_and_followed_until_each_has_answered(world: World) -> None:
    her, shops = await holding(world, Baker=(HOME,), Bank=(HOME, MAIL), Quiet=(HOME,), Slow=(HOME,))
    await world.do(shops["Bank"], "/v1/profile/policy", step_up=[HOME])
    world.network.down.add(shops["Quiet"].config.url)

    path = await confirmed(her, **{"email.main": "new@example.org"})
    before = await seen(her, path)
    await world.tick(1)
    await world.tick(5)
    page = await seen(her, path)

    assert '<progress id="told" max="4" value="0">' in before
    assert "<b>4</b> waiting for their turn" in before
    assert '<progress id="told" max="4" value="4">' in page
    assert '<progress id="answered" max="4" value="3">' in page
    assert "address (home): done" in row(page, "Baker")
    assert "address (home): refused, because they want you to sign in first" in row(page, "Bank")
    assert "email (main): done" in row(page, "Bank")
    assert "done in part" in row(page, "Bank")
    assert "told, no sign from them yet" in row(page, "Quiet")
    assert "new@example.org" not in page  # what was said to whom stands in the history
    some = await seen(her, path, state="partial")
    assert "Bank" in some
    assert "Baker" not in some
    listed = await seen(her, "/changes")
    assert "2 done" in listed
    assert "1 done in part" in listed


async def test_what_holds_from_a_later_day_is_shown_with_that_day(world: World) -> None:
    her, _ = await holding(world, Baker=(HOME,))

    path = await confirmed(her, effective="2027-03-01")
    await world.tick(1)
    await world.tick(5)

    assert "address (home): will be done on 1 March 2027" in row(await seen(her, path), "Baker")


async def test_an_edit_outlives_its_page_and_only_the_one_that_was_seen_is_confirmed(world: World) -> None:
    her, _ = await holding(world, Baker=(HOME,))
    await sent(her, "/me", **AT_ONCE)
    looked_at = mark_of(await seen(her, "/changes/new"))

    her = await world.restart(her)
    again = await seen(her, "/me")
    await sent(her, "/me", **AT_ONCE | {"address.home": "2 Other Street"})
    fault = await refused(her, "/changes", mark=looked_at)

    assert f'value="{NEW}"' in again
    assert "in another window" in fault
    assert campaigns.listed(her) == []
    await sent(her, "/changes/drop")
    assert "No change is begun" in await seen(her, "/changes/new")


async def test_what_was_added_is_still_there_when_she_goes_on_typing(world: World) -> None:
    her, _ = await holding(world)
    await sent(her, "/me", kind="email", label="work", new="work@example.org")

    page = await seen(her, "/me")
    await sent(her, "/me", **{"email.work": "work@example.org", "phone.main": "+351 210 000 111"})

    assert 'name="email.work" type="email" value="work@example.org"' in page
    found = await seen(her, "/changes/new")
    assert "work@example.org" in row(found, "email (work)")
    assert "+351 210 000 111" in row(found, "phone (main)")


async def test_a_field_with_parts_is_changed_as_a_whole(world: World) -> None:
    her, _ = await holding(world)
    await contact.edit(her, {"/name": {"full": "Her Name", "isOrdered": True}, "/language": "pt"})

    page = await seen(her, "/me")
    await sent(her, "/me", **{"/name": '{"full": "New Name", "isOrdered": true}', "/language": "en"})
    again = await seen(her, "/me")
    await sent(her, "/changes", mark=mark_of(await seen(her, "/changes/new")))

    assert 'name="name"' not in page
    assert ">pt</textarea>" in page
    assert "New Name" in again
    assert contact.value_at(contact.read(her), "/name") == {"full": "New Name", "isOrdered": True}
    assert contact.value_at(contact.read(her), "/language") == "en"


async def test_an_edit_is_over_in_the_very_change_that_carries_it_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, _ = await holding(world, Baker=(HOME,))
    await sent(her, "/me", **AT_ONCE)
    await world.do(her, "/v1/contact", changes={"phone": "+351 210 000 111"}, jitter=0)  # by other means
    mark = mark_of(await seen(her, "/changes/new"))

    with monkeypatch.context() as broken:
        broken.setattr(campaigns, "tally", lambda *_: pytest.fail("broken off as soon as it has begun"))
        with pytest.raises(pytest.fail.Exception):
            await sent(her, "/changes", mark=mark)
    her = await world.restart(her)

    assert "No change is begun" in await seen(her, "/changes/new")
    assert [each.plan.size for each in campaigns.listed(her)] == [1]


async def test_it_is_paused_gone_on_with_and_cancelled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "WINDOW", 1)
    her, _ = await holding(world, Baker=(HOME,), Bank=(HOME,), Club=(HOME,))
    path = await confirmed(her)

    await campaigns.attend(her)
    await sent(her, f"{path}/pause")
    paused = await seen(her, path)
    await world.tick(1)
    still = await seen(her, path)
    await sent(her, f"{path}/resume")
    await campaigns.attend(her)
    asks = await seen(her, f"{path}/cancel")
    went = await sent(her, f"{path}/cancel")
    await world.tick(5)
    over = await seen(her, path)

    assert ">Paused<" in paused
    assert "1 of 3 told" in paused
    assert "1 of 3 told" in still
    assert "Cancel for the one who was not told" in asks
    assert went.said == "Cancelled. 1 will not be told."
    assert "2 of 3 told" in over
    assert ">Cancelled<" in over
    assert "<b>1</b> not told" in over
    assert "Pause" not in over
    with_state = await seen(her, path, state="unsaid")
    assert with_state.count('scope="row"') == 1


async def test_a_change_that_nobody_holds_is_made_and_nobody_is_told(world: World) -> None:
    her, _ = await holding(world, Baker=(MAIL,))

    await sent(her, "/me", kind="nickname", new="Her")
    went = await sent(her, "/changes", mark=mark_of(await seen(her, "/changes/new")))

    assert (went.go, went.said) == ("/me", "Changed. Nobody holds it, so nobody was told.")
    assert contact.value_at(contact.read(her), "/nicknames/main") == {"name": "Her"}
    assert "No change is begun" in await seen(her, "/changes/new")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Nothing is different"),
        ({"kind": "email", "new": "two@example.org"}, "There is a E-mail already"),
        ({"kind": "email", "label": "a/b", "new": "two@example.org"}, "letters and digits"),
        ({"kind": "shoes", "new": "42"}, "Say what it is"),
        ({"address.home": NEW, "reason": "because"}, "reason is one of"),
        ({"address.home": NEW, "among": "nobody knows"}, "is no group"),
        ({"address.home": NEW, "effective": "soon"}, "day, like"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(world: World, typed: dict[str, str], words: str) -> None:
    her, _ = await holding(world)

    assert words in await refused(her, "/me", **typed)
    assert "No change is begun" in await seen(her, "/changes/new")


async def test_long_lists_come_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.web.pages.changes.PAGE_SIZE", 2)
    monkeypatch.setattr("agent.web.pages.page.PAGE_SIZE", 2)
    monkeypatch.setattr("agent.updating.SHOWN", 2)
    her, _ = await holding(world, A=(HOME,), B=(HOME,), C=(HOME,), D=(), E=(), F=())
    await sent(her, "/me", **AT_ONCE)

    parts = [await seen(her, "/changes/new", page="1", none="2"), await seen(her, "/changes/new", page="2")]
    path = await confirmed(her)
    await world.tick(1)
    await world.tick(5)
    follows = [await seen(her, path, page=page) for page in ("1", "2")]

    assert [each.count("address (home): <bdi") for each in parts] == [2, 1]
    assert [each.count("you gave them nothing of this</td>") for each in parts] == [1, 2]
    assert [each.count('scope="row"') for each in follows] == [2, 1]
    assert "Part 2 of 2, 3 in all" in follows[1]


async def test_only_the_recipients_that_are_shown_are_read(world: World) -> None:
    her, _ = await holding(world, A=(HOME,), B=(HOME,), C=(HOME,))
    id = (await confirmed(her)).rpartition("/")[2]

    found = [*routes.slices(her, id, {"queued": 3}, 1, 1)]

    assert len(found) == 1
    assert [*routes.slices(her, id, {"queued": 3}, 3, 5)] == []


async def test_organisations_have_no_such_pages(world: World) -> None:
    shop = await world.add("Shop", "org")

    assert [(await visiting.answer(shop, "GET", path, {}, b""))[0] for path in ("/me", "/changes")] == [404, 404]


async def test_a_page_of_a_group_leads_to_a_change_that_is_told_to_it_alone(world: World) -> None:
    her, _ = await holding(world, Baker=(HOME,))
    await world.ask(her, "POST", "/v1/tags", tag="shops", peers=["Baker"])

    assert '<option value="tag:shops" selected>' in await seen(her, "/me", among="tag:shops")
