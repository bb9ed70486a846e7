"""What every page is made by: visits and forms, parts of long lists, and what a session may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from agent.web.pages import visiting
from agent.web.pages.menu import HERS, ITS
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit, without_advice
from agent.web.server import Door
from tests.agent.web.knocking import sent, written
from tests.agent.world import World

ROUTES = ["/v1/status", "/v1/peers", "/v1/questions", "/v1/codes", "/v1/nowhere", "/pages", "/eventsx", "/pagesx/"]


async def session(door: Door) -> dict[str, str]:
    """What the owner's browser sends with every request."""
    key = door.sessions.begin(door.sessions.code())
    assert key is not None
    return {"Authorization": f"Session {key}"}


@pytest.fixture
async def browsing(door: Door) -> AsyncIterator[aiohttp.ClientSession]:
    """Requests with the key of a session."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", headers=await session(door)) as made:
        yield made


def acts(monkeypatch: pytest.MonkeyPatch, *pages: Page) -> None:
    """These are all the pages there are."""
    monkeypatch.setattr(visiting, "PAGES", pages)


# ---- what a session may ask for -------------------------------------------------------------------------------------


async def test_a_session_is_for_pages_and_their_events_alone(door: Door, tmp_path: Path) -> None:
    """UI-01: whatever runs in her browser cannot ask the interface of her programs."""
    keys = await session(door)

    pages = (await sent(door, tmp_path, keys, path="/pages/"))[0]
    others = [
        (await sent(door, tmp_path, keys, method, path, b"{}"))[0] for path in ROUTES for method in ("GET", "POST")
    ]

    assert pages == 200
    assert others == [401] * len(others)


async def test_a_session_is_begun_by_a_code_that_is_good_once(door: Door) -> None:
    """UI-13: by POST, and what is answered is in no address."""
    code = door.sessions.code()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as browser:
        answers = []
        for _ in range(2):
            async with browser.post("/session", json={"code": code}) as answer:
                answers.append((answer.status, await answer.json()))
        async with browser.get("/session") as answer:
            looked = answer.status
        key = answers[0][1]["key"]
        async with browser.get("/pages/", headers={"Authorization": f"Session {key}"}) as answer:
            seen = answer.status

    assert [status for status, _ in answers] == [200, 401]
    assert list(answers[1][1]) == ["error"]
    assert (looked, seen) == (405, 200)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"code":1}', b'{"code":null}', b'"x"', b"\xff", b"{" * 900])
async def test_what_is_no_code_begins_nothing(door: Door, tmp_path: Path, body: bytes) -> None:
    status, _, _ = await sent(door, tmp_path, {"Authorization": None}, "POST", "/session", body)

    assert status in (400, 401)


async def test_a_long_body_is_not_read_before_anybody_proved_anything(door: Door, tmp_path: Path) -> None:
    """UI-14: whoever has no key gets no memory of ours."""
    status, _, _ = await sent(
        door, tmp_path, {"Authorization": None}, "POST", "/session", b'{"code":"' + b"x" * 100_000 + b'"}'
    )

    assert status == 400


async def test_a_page_hears_that_something_changed(door: Door, world: World, browsing: aiohttp.ClientSession) -> None:
    async with browsing.get("/events") as answer:
        first = await answer.content.readuntil(b"\n\n")
        assert door.agent is not None
        await world.do(door.agent, "/v1/invitations", goal="Meet")
        second = await answer.content.readuntil(b"\n\n")

    assert first == second == b"event: changed\ndata:\n\n"


async def test_a_page_hears_nothing_of_what_changed(door: Door, world: World, browsing: aiohttp.ClientSession) -> None:
    """UI-17: events carry no value; what is shown is asked for again."""
    async with browsing.get("/events") as answer:
        await answer.content.readuntil(b"\n\n")
        assert door.agent is not None
        await world.do(door.agent, "/v1/invitations", goal="Canary 7731")
        told = await answer.content.readuntil(b"\n\n")

    assert b"7731" not in told


# ---- visits and forms -----------------------------------------------------------------------------------------------


async def test_a_page_of_the_other_kind_of_agent_is_not_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(visit: Visit) -> Go:
        return Go("/")

    her, shop = await world.add("her"), await world.add("Shop", "org")
    acts(
        monkeypatch,
        Page("GET", "/hers", act, "person"),
        Page("GET", "/its", act, "org"),
        Page("POST", "/both", act),
    )

    found = {
        (who.config.name, method, path): (await visiting.answer(who, method, path, {}, b"{}"))[0]
        for who in (her, shop)
        for method, path in (("GET", "/hers"), ("GET", "/its"), ("POST", "/both"), ("GET", "/both"), ("POST", "/hers"))
    }

    assert [each for each, status in found.items() if status == 200] == [
        ("her", "GET", "/hers"),
        ("her", "POST", "/both"),
        ("Shop", "GET", "/its"),
        ("Shop", "POST", "/both"),
    ]
    assert set(found.values()) == {200, 404}


async def test_what_stands_in_the_address_comes_to_the_page_as_it_was_meant(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []

    async def act(visit: Visit, name: str) -> Go:
        heard.append((name, visit.query, visit.text("word"), visit.chosen("those"), visit.chosen("one")))
        return Go("/")

    her = await world.add("her")
    acts(monkeypatch, Page("POST", "/x/{name}", act))

    form = msgspec.json.encode({"word": "  said ", "those": ["a", "b"], "one": "c"})
    await visiting.answer(her, "POST", "/x/a%2Fb%20c", {"q": "1"}, form)

    assert heard == [("a/b c", {"q": "1"}, "said", ("a", "b"), ("c",))]


@pytest.mark.parametrize("body", [b"[", b"[]", b'"x"', b"\xff", b"1", b"null"])
async def test_a_form_that_cannot_be_read_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    async def act(visit: Visit) -> Go:
        raise AssertionError("nobody asked for this")

    her = await world.add("her")
    acts(monkeypatch, Page("POST", "/x", act))

    status, made = await visiting.answer(her, "POST", "/x", {}, body)

    assert status == 400
    assert "Nothing was done" in str(made)


async def test_what_the_api_refuses_is_said_in_the_form_or_on_a_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(visit: Visit) -> Shown:
        return Shown("first", {"status": await visit.get("/v1/peers", "no <b>body</b>")})

    her = await world.add("her")
    acts(monkeypatch, Page("POST", "/x", act), Page("GET", "/x", act))

    status, fault = await visiting.answer(her, "POST", "/x", {}, b"{}")
    shown, page = await visiting.answer(her, "GET", "/x", {}, b"")

    assert (status, shown) == (404, 404)
    assert "no <b>body</b>" in str(fault)
    assert isinstance(page, str)
    assert "no &lt;b&gt;body&lt;/b&gt;" in page
    assert "<b>" not in page


async def test_a_page_that_fails_is_an_answer_like_any_other(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UI-06, UI-17: with its headers, and without a word of what went wrong inside."""

    async def act(visit: Visit) -> Shown:
        return Shown("first", {"canary": "7731"})

    acts(monkeypatch, Page("GET", "/", act))
    status, said, headers = await sent(door, tmp_path, await session(door), path="/pages/")

    assert status == 500
    assert "trusted-types pages" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert b"7731" not in said
    assert b"aiohttp" not in said
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    "request_", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA b: c\r\n\r\n"]
)
async def test_what_cannot_be_read_is_answered_likewise(door: Door, request_: bytes) -> None:
    status, said, headers = await written(door, request_)

    assert status == 400
    assert "trusted-types pages" in headers["content-security-policy"]
    assert b"aiohttp" not in said


async def test_a_file_is_saved_and_not_shown(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it holds, the browser makes no page of it."""

    async def act(visit: Visit) -> File:
        return File("history.csv", "text/csv", b"<script>")

    acts(monkeypatch, Page("GET", "/file", act))
    status, said, headers = await sent(door, tmp_path, await session(door), path="/pages/file")

    assert (status, said) == (200, b"<script>")
    assert headers["content-disposition"] == 'attachment; filename="history.csv"'
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "number"),
    [("1", 0, 1), ("3", 100, 3), ("4", 100, 3), ("0", 0, 1), ("-1", 0, 1), ("x", 0, 1), ("9" * 30, 0, 1), ("²", 0, 1)],
)
async def test_a_long_list_has_parts(world: World, asked: str, first: int, number: int) -> None:
    part = Visit(await world.add("her"), {"page": asked}).slice(range(120))

    assert (part.items[0], part.number, part.parts, part.total) == (first, number, 3, 120)
    assert len(part.items) == (20 if number == 3 else 50)


async def test_a_list_of_nothing_has_one_part(world: World) -> None:
    part = Visit(await world.add("her")).slice([])

    assert (list(part.items), part.number, part.parts, part.total) == ([], 1, 1, 0)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("nobody is called x; list them with: freerange peer list", "Nobody is called x."),
        ("that is not so. Run: freerange backup make", "That is not so."),
        ("run freerange x", "That cannot be done."),
        ("Already there.", "Already there."),
    ],
)
def test_what_a_terminal_would_be_told_to_type_is_not_said_on_a_page(said: str, left: str) -> None:
    assert without_advice(said) == left


def test_what_the_menu_leads_to_is_named_once() -> None:
    for menu in (HERS, ITS):
        entries = [entry for _, group in menu for entry in group]

        assert len({each.path for each in entries}) == len({each.name for each in entries}) == len(entries)


async def test_what_failed_keeps_its_status(world: World) -> None:
    with pytest.raises(Failed) as found:
        await Visit(await world.add("her")).get("/v1/peers", "nobody")

    assert found.value.status == 404
