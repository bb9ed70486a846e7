"""Each of the door's checks alone stops the attack it is for, with all the others switched off. Source: security 6.2.

The control comes with each: with every check switched off, the same request is answered.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.web import gate
from agent.web.server import Door
from tests.agent.web.knocking import Changes, asked, sent, token

# What a browser sends for a page of somebody else. The name of that page was bound anew to this computer ("rebound"):
# to the browser it is then the same origin, and only the name tells. Or it was not: then the browser says so.
REBOUND: Changes = {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}
REBOUND_READING: Changes = {"Host": "evil.example:{port}", "Sec_Fetch_Site": "same-origin"}
CROSSING: Changes = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
FRAMED: Changes = {"Origin": "null", "Sec_Fetch_Site": "cross-site"}
NEIGHBOUR: Changes = {"Origin": "http://127.0.0.1:1", "Sec_Fetch_Site": "same-site"}

ALONE: list[tuple[gate.Check, Changes, int]] = [
    (gate.named_here, REBOUND, 421),
    (gate.named_here, REBOUND_READING, 421),
    (gate.of_our_own, REBOUND, 403),
    (gate.of_our_own, CROSSING, 403),
    (gate.of_our_own, FRAMED, 403),
    (gate.of_our_own, NEIGHBOUR, 403),
    (gate.from_here, CROSSING, 403),
    (gate.from_here, FRAMED, 403),
    (gate.from_here, NEIGHBOUR, 403),
]
WRITING = ("POST", "/v1/invitations", b'{"goal":"Meet"}')
PLACES = ["/", "/static/page.js", "/session", "/events", "/pages/", "/v1/status", "/v1/codes", "/nowhere"]


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[gate.Check | None], None]:
    """Leaves one check, or none: neither the others, nor the token, nor the media type."""

    def leave(check: gate.Check | None) -> None:
        monkeypatch.setattr(gate, "CHECKS", () if check is None else (check,))
        monkeypatch.setattr(Door, "unproven", lambda door, request: None)
        monkeypatch.setattr(gate, "in_json", lambda request, here: None)

    return leave


def of(door: Door, changes: Changes) -> Changes:
    """Headers of a request to this door."""
    return {name: value and value.format(port=door.port) for name, value in changes.items()}


def kept(door: Door) -> object:
    """How much there is of everything in the wallet behind this door."""
    assert door.agent is not None
    return door.agent.store.counts()


@pytest.mark.parametrize(("check", "attack", "status"), ALONE)
async def test_each_check_alone_stops_the_attack(
    door: Door,
    tmp_path: Path,
    only: Callable[[gate.Check | None], None],
    check: gate.Check,
    attack: Changes,
    status: int,
) -> None:
    """UI-02, UI-03, UI-04."""
    before = kept(door)
    only(check)
    stopped = [await sent(door, tmp_path, of(door, attack), path=path) for path in PLACES]
    stopped.append(await sent(door, tmp_path, of(door, attack), *WRITING))
    after = kept(door)
    only(None)
    done = await sent(door, tmp_path, of(door, attack), *WRITING)

    assert [each for each, _, _ in stopped] == [status] * len(stopped)
    assert after == before
    assert done[0] == 200
    assert kept(door) != before


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_the_media_type_alone_stops_what_a_form_can_send(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media_type: str | None
) -> None:
    """UI-04."""
    monkeypatch.setattr(gate, "CHECKS", ())
    monkeypatch.setattr(Door, "unproven", lambda door, request: None)
    attack: Changes = {**CROSSING, "Content_Type": media_type}
    paths = ["/v1/invitations", "/pages/", "/v1/codes", "/session"]

    stopped = [await sent(door, tmp_path, attack, "POST", path, WRITING[2]) for path in paths]
    monkeypatch.setattr(gate, "in_json", lambda request, here: None)
    done = await sent(door, tmp_path, attack, *WRITING)

    assert [each for each, _, _ in stopped] == [415] * len(paths)
    assert done[0] == 200


@pytest.mark.parametrize(
    "authorization", [None, "Bearer wrong", "Session wrong", "Session ", "Basic x", "Session \xff"]
)
async def test_the_key_alone_stops_whoever_has_none(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authorization: str | None
) -> None:
    """UI-01, UI-14: another user of this computer, whose program sends what it likes."""
    monkeypatch.setattr(gate, "CHECKS", ())
    monkeypatch.setattr(gate, "in_json", lambda request, here: None)
    paths = ["/v1/status", "/pages/", "/events", "/v1/codes", "/nowhere"]

    stopped = [
        await asked(door, tmp_path, method, path, Authorization=authorization)
        for path in paths
        for method in ("GET", "POST")
    ]
    monkeypatch.setattr(Door, "unproven", lambda door, request: None)
    done = await asked(door, tmp_path, Authorization=authorization)

    assert [each for each, _, _ in stopped] == [401] * len(stopped)
    assert done[0] == 200


async def test_an_address_may_be_typed_for_the_empty_page_alone(door: Door, tmp_path: Path) -> None:
    """UI-03: what a browser opens because somebody typed it, or another program named it, says nothing of anybody."""
    typed = {path: await asked(door, tmp_path, path=path, Sec_Fetch_Site="none") for path in PLACES}

    assert {path for path, (status, _, _) in typed.items() if status == 200} == {"/"}
    assert typed["/"][1] == (Path(gate.__file__).parent / "static" / "index.html").read_bytes()
    assert (await asked(door, tmp_path, "POST", "/", b"{}", Sec_Fetch_Site="none"))[0] == 403


@pytest.mark.parametrize("name", ["token", "access_token", "k"])
async def test_no_key_stands_in_an_address(door: Door, tmp_path: Path, name: str) -> None:
    """UI-01: not the code either, which belongs behind the `#`, where it is not sent."""
    answers = [await asked(door, tmp_path, path=f"{path}?{name}={door.sessions.code()}") for path in PLACES]

    assert [status for status, _, _ in answers] == [400] * len(PLACES)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/v1/status", "/pages/", "/session"])
async def test_there_are_two_methods(door: Door, tmp_path: Path, method: str, path: str) -> None:
    """UI-04: no answer to a browser's question whether another origin may."""
    status, _, headers = await asked(door, tmp_path, method, path)

    assert status in (404, 405)
    assert not {name for name in headers if name.startswith(("access-control", "allow"))}


async def test_no_line_is_upgraded(door: Door, tmp_path: Path) -> None:
    """UI-05: there are no WebSockets here, so none can be hijacked."""
    upgrade: Changes = {
        "Connection": "Upgrade, close",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }

    foreign = await sent(door, tmp_path, {**upgrade, **CROSSING}, path="/v1/ws")
    keyless = await sent(door, tmp_path, {**upgrade, "Authorization": None}, path="/v1/ws")
    ours = [await sent(door, tmp_path, upgrade, path=path) for path in ("/v1/ws", "/ws", "/pages/")]

    assert (foreign[0], keyless[0]) == (403, 401)
    assert all(status != 101 for status, _, _ in ours)


async def answers(door: Door, folder: Path) -> list[tuple[str, dict[str, str], bytes]]:
    """One answer of each kind that the door gives: assets, pages, forms, files, errors of every sort."""
    session = {"Authorization": f"Session {door.sessions.begin(door.sessions.code())}"}
    requests: list[tuple[str, str, bytes, Changes]] = [
        ("GET", "/", b"", {}),
        ("GET", "/static/page.js", b"", {}),
        ("GET", "/static/style.css", b"", {}),
        ("GET", "/static/mark.svg", b"", {}),
        ("GET", "/static/nothing.js", b"", {}),
        ("GET", "/static/../gate.py", b"", {}),
        ("POST", "/session", b'{"code":"x"}', {"Authorization": None}),
        ("POST", "/session", b"[", {"Authorization": None}),
        ("POST", "/session", json.dumps({"code": door.sessions.code()}).encode(), {"Authorization": None}),
        ("GET", "/pages/", b"", dict(session)),
        ("GET", "/pages/nowhere", b"", dict(session)),
        ("POST", "/pages/", b"{}", dict(session)),
        ("POST", "/pages/", b"[", dict(session)),
        ("GET", "/v1/status", b"", {}),
        ("GET", "/v1/status", b"", dict(session)),
        ("GET", "/v1/peers/nobody", b"", {}),
        ("POST", "/v1/invitations", b"{", {}),
        ("POST", "/v1/invitations", b"{}", {"Content_Type": "text/plain"}),
        ("GET", "/v1/status", b"", {"Authorization": None}),
        ("GET", "/v1/status", b"", CROSSING),
        ("GET", "/v1/status", b"", {"Host": "evil.example"}),
        ("GET", "/v1/status?token=x", b"", {}),
        ("DELETE", "/v1/status", b"", {}),
        ("GET", "/nowhere", b"", {}),
    ]
    found = []
    for method, path, body, changes in requests:
        status, said, headers = await sent(door, folder, changes, method, path, body)
        found.append((f"{method} {path} {changes} -> {status}", headers, said))
    return found


async def test_every_answer_tells_the_browser_what_it_may_do(door: Door, tmp_path: Path) -> None:
    """UI-06, UI-07, UI-13: also an error, also an asset."""
    wanted = {name.lower(): value for name, value in gate.HEADERS.items()}

    for what, headers, _ in await answers(door, tmp_path):
        assert {name: headers.get(name) for name in wanted} == wanted, what


async def test_nothing_is_ever_kept_by_the_browser_or_opened_to_others(door: Door, tmp_path: Path) -> None:
    """UI-03, and no cookie anywhere: all ports of a computer share those."""
    for what, headers, said in await answers(door, tmp_path):
        assert "set-cookie" not in headers, what
        assert not {name for name in headers if name.startswith("access-control")}, what
        assert token(tmp_path).encode() not in said, what


def test_what_the_browser_may_do_is_little() -> None:
    """UI-06, UI-07, UI-08: own script, own style, own pictures, no frame around, no text made into a page but ours."""
    parts = [each.split() for each in gate.HEADERS["Content-Security-Policy"].split(";")]
    policy = {name: set(values) for name, *values in parts}

    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == {"'self'"}
    assert policy["img-src"] == {"'self'", "blob:"}
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == {"'none'"}
    assert policy["require-trusted-types-for"] == {"'script'"}
    assert policy["trusted-types"] == {"pages"}
    assert "unsafe" not in gate.HEADERS["Content-Security-Policy"]


async def test_the_checks_are_made_before_anything_is_looked_at(door: Door, tmp_path: Path) -> None:
    """A body that never comes, from another page, holds nobody up."""
    status, _, _ = await sent(door, tmp_path, {**CROSSING, "Content-Length": "1000"}, "POST", "/session")

    assert status == 403
