"""The owner's door: each check alone keeps everybody else out. Source: security 6.2, UI-01 to UI-05."""

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TextIO

import aiohttp
import pytest

from agent.web.server import Door
from tests.agent.web.knocking import asked, token
from tests.agent.world import World


async def test_the_owners_programs_are_let_in(door: Door, tmp_path: Path) -> None:
    status, body, headers = await asked(door, tmp_path)

    assert (status, json.loads(body)["name"]) == (200, "her")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert not {name for name in headers if name.startswith("access-control") or name == "set-cookie"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_every_name_of_this_computer_will_do(door: Door, tmp_path: Path, host: str) -> None:
    """UI-24."""
    origin = f"http://{host}:{door.port}"

    assert (await asked(door, tmp_path, Host=f"{host}:{door.port}", Origin=origin, Sec_Fetch_Site="same-origin"))[
        0
    ] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", "", None]
)
@pytest.mark.parametrize("path", ["/v1/status", "/nowhere"])
async def test_another_name_is_not_answered(door: Door, tmp_path: Path, host: str | None, path: str) -> None:
    """UI-02: before routing, on every route."""
    status, body, _ = await asked(door, tmp_path, path=path, Host=host and host.format(port=door.port))

    assert status in (400, 421)
    assert b"her" not in body


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost:1",
        "http://127.0.0.1:{port}.evil",
        "https://127.0.0.1:{port}",
        "",
    ],
)
async def test_a_page_of_another_origin_is_not_answered(door: Door, tmp_path: Path, origin: str) -> None:
    """UI-03."""
    assert (await asked(door, tmp_path, Origin=origin.format(port=door.port)))[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
async def test_a_request_that_another_site_caused_is_not_answered(door: Door, tmp_path: Path, site: str) -> None:
    """UI-03."""
    assert (await asked(door, tmp_path, Sec_Fetch_Site=site))[0] == 403


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic {token}",
        "bearer{token}",
        "Bearer {token}x",
        "Bearer \xff\xfe",
    ],
)
async def test_without_the_token_nobody_gets_in(door: Door, tmp_path: Path, authorization: str | None) -> None:
    """UI-01."""
    given = authorization and authorization.format(token=token(tmp_path))

    status, body, _ = await asked(door, tmp_path, Authorization=given)

    assert status == 401
    assert token(tmp_path).encode() not in body


@pytest.mark.parametrize("name", ["token", "access_token"])
async def test_a_token_never_stands_in_an_address(door: Door, tmp_path: Path, name: str) -> None:
    """UI-01."""
    path = f"/v1/status?{name}={token(tmp_path)}"

    assert (await asked(door, tmp_path, path=path, Authorization=None))[0] == 400
    assert (await asked(door, tmp_path, path=path))[0] == 400


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
        None,
    ],
)
async def test_what_a_form_can_send_is_not_taken(door: Door, tmp_path: Path, media_type: str | None) -> None:
    """UI-04."""
    assert door.agent
    assert door.agent is not None
    before = door.agent.store.counts()

    status, _, _ = await asked(door, tmp_path, "POST", "/v1/invitations", b"{}", Content_Type=media_type)

    assert status == 415
    assert door.agent.store.counts() == before


async def test_nothing_is_done_by_looking(door: Door, tmp_path: Path) -> None:
    """UI-04."""
    for headers in ({}, {"X_HTTP_Method_Override": "POST"}):
        assert (await asked(door, tmp_path, "GET", "/v1/pings", b"", **headers))[0] == 404
    assert (await asked(door, tmp_path, "GET", "/v1/pings?_method=POST"))[0] == 404


async def test_a_body_above_the_limit_is_refused(door: Door, tmp_path: Path) -> None:
    large = b'{"goal":"' + b"x" * 1024 * 1024 + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        yield large

    headers = {"Authorization": f"Bearer {token(tmp_path)}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", headers=headers) as session:
        for body in (large, chunks()):
            async with session.post("/v1/invitations", data=body) as answer:
                assert answer.status == 413


async def test_the_token_lies_where_only_its_owner_reads_and_is_another_each_time(door: Door, tmp_path: Path) -> None:
    """UI-14."""
    path, first = tmp_path / "api.json", token(tmp_path)
    path.chmod(0o644)

    door.write_token(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token(tmp_path) != first
    assert first.encode() not in door.token_hash
    assert json.loads(path.read_text())["url"] == f"http://127.0.0.1:{door.port}"


async def test_whoever_looks_for_the_token_while_it_is_replaced_finds_one(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, dump, found = token(tmp_path), json.dump, list[str]()

    def looked_for(said: object, file: TextIO) -> None:
        found.append(token(tmp_path))
        dump(said, file)

    monkeypatch.setattr(json, "dump", looked_for)
    door.write_token(tmp_path)

    assert found == [first]
    assert token(tmp_path) != first


async def test_a_token_file_that_leads_elsewhere_is_replaced_not_followed(door: Door, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / "api.json").unlink()
    (tmp_path / "api.json").symlink_to(elsewhere)

    door.write_token(tmp_path)

    assert elsewhere.read_text() == "mine"
    assert (await asked(door, tmp_path))[0] == 200


async def test_before_a_token_is_made_nobody_gets_in(world: World) -> None:
    door = Door(await world.add("her"))
    await door.start("127.0.0.1", 0)

    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as session,
        session.get("/v1/status", headers={"Authorization": "Bearer "}) as answer,
    ):
        status = answer.status
    await door.stop()

    assert status == 401
