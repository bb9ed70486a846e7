"""One act towards very many over real HTTP, by an agent in a process of its own that is killed in the middle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from agent import home
from scripts._bench.market import acquaint, duplicates, edit, opened, spellings
from tests.faults.exchange import until
from tests.faults.lives import Life, Place
from tests.faults.points import FANOUT
from tests.ports import free_ports


@dataclass
class Street:
    """Vendors at one address of this machine, each with a path of its own."""

    port: int
    taken: list[tuple[int, bytes]] = field(default_factory=list)

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.port}/v/{number}"

    @property
    def reached(self) -> int:
        """How many of them have got something."""
        return len({number for number, _ in self.taken})

    async def take(self, request: web.Request) -> web.Response:
        """One packet."""
        self.taken.append((int(request.match_info["number"]), await request.read()))
        return web.Response(status=202)


@asynccontextmanager
async def street() -> AsyncIterator[Street]:
    """The vendors, listening."""
    made = Street(free_ports(1)[0])
    app = web.Application()
    app.router.add_post("/v/{number}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    try:
        yield made
    finally:
        await runner.cleanup()


async def wallet(folder: Path, vendors: Street, count: int) -> Place:
    """Her wallet: she knows them all."""
    place = await Place.make(folder, "person", "her")
    her = await home.open_agent(place.folder, place.secret)
    await acquaint(her, (vendors.url(number) for number in range(count)))
    await her.needs.close()
    await her.transport.close()
    her.store.close()
    return place


async def ask(place: Place, method: str, path: str, body: object = None) -> dict[str, object]:
    """What her API says."""
    access = msgspec.json.decode((place.folder / "api.json").read_bytes())
    headers = {"Authorization": f"Bearer {access['token']}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(access["url"], headers=headers) as session,
        session.request(method, path, data=msgspec.json.encode(body) if body else None) as answer,
    ):
        said: dict[str, object] = msgspec.json.decode(await answer.read())
        assert answer.status == 200, said
        return said


async def until_reached(vendors: Street, life: Life, count: int) -> None:
    """Wait until so many vendors have got something, or her agent is dead."""

    async def there() -> bool | None:
        return vendors.reached >= count or life.dead or None

    await until(there)


async def wrong(place: Place, vendors: Street, count: int) -> list[str]:
    """What is wrong if everybody was to be told once."""
    her = await home.open_agent(place.folder, place.secret)
    hers = spellings(her)
    await her.needs.close()
    await her.transport.close()
    her.store.close()
    read = ((number, opened(number, vendors.url(number), packed, hers)) for number, packed in vendors.taken)
    return duplicates(read, count)


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=[pytest.mark.full, pytest.mark.alone])])
async def test_killed_in_the_middle_she_goes_on_and_every_vendor_is_told_once(tmp_path: Path, count: int) -> None:
    async with street() as vendors:
        place = await wallet(tmp_path, vendors, count)
        life = await place.start()
        id = (await ask(place, "POST", "/v1/contact", {"changes": edit(), "jitter": 0}))["campaign"]
        for share in (0.2, 0.6):
            await until_reached(vendors, life, int(count * share))
            assert await life.kill() == -9
            life = await place.start()
        await until_reached(vendors, life, count)
        found = await ask(place, "GET", f"/v1/campaigns/{id}")
        assert await life.stop() == 0

        assert found["counts"] == {"sent": count}
        assert await wrong(place, vendors, count) == []


@pytest.mark.parametrize("name", FANOUT)
async def test_killed_at_any_step_nobody_is_told_twice_or_left_out(tmp_path: Path, name: str) -> None:
    count = 40
    async with street() as vendors:
        place = await wallet(tmp_path, vendors, count)
        life = await place.start(failpoints=f"{name}=kill" + ("@20" if "say" in name else ""))
        try:
            begun = bool(await ask(place, "POST", "/v1/contact", {"changes": edit(), "jitter": 0}))
        except (aiohttp.ClientError, OSError):
            begun = False
        await until_reached(vendors, life, count)
        died = await life.kill()
        life = await place.start()
        if not begun:  # nothing of it had been confirmed, so nothing was said; she does it again
            assert vendors.taken == []
            await ask(place, "POST", "/v1/contact", {"changes": edit(), "jitter": 0})
        await until_reached(vendors, life, count)
        assert await life.stop() == 0

        assert died == -9
        assert await wrong(place, vendors, count) == []


async def test_one_that_is_told_twice_is_found(tmp_path: Path) -> None:
    async with street() as vendors:
        place = await wallet(tmp_path, vendors, 3)
        life = await place.start(plant="told-twice")
        await ask(place, "POST", "/v1/contact", {"changes": edit(), "jitter": 0})

        async def all_twice() -> bool | None:
            return len(vendors.taken) >= 6 or None

        await until(all_twice)
        assert await life.stop() == 0

        assert "vendor 0 was told 2 times" in await wrong(place, vendors, 3)
