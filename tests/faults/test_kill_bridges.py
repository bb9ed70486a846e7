"""kill -9 while an org's own systems are told: they hear everything, in order for each customer, and nothing is lost.

Source: vrm-protocols, section 6.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time

import msgspec
import pytest
from aiohttp import web

from agent import config as configs
from agent import events
from agent.bridges import Saying, crm_file, minicrm, state
from agent.events import CloudEvent
from tests.faults.lives import Place
from tests.faults.points import BRIDGE
from tests.ports import free_ports
from wallet.store import events as rows
from wallet.store.change import Event
from wallet.store.transaction import Transaction

SUBJECTS, EACH = 4, 40
PATIENCE = 60.0  # seconds for what an agent does of itself


@dataclass
class Receiver:
    """Takes webhooks, and remembers by whose events they came and in which order."""

    url: str
    came: list[tuple[str, int]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        event = msgspec.json.decode(await request.read(), type=CloudEvent)
        self.came.append((event.subject, int(str(event.data["number"]))))
        return web.Response(status=204)

    def first_of(self, subject: str) -> list[int]:
        """What came of one customer, without what came again."""
        return list(dict.fromkeys(number for each, number in self.came if each == subject))


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A server of the org's own."""
    port, _ = free_ports()
    made = Receiver(f"http://127.0.0.1:{port}/crm")
    app = web.Application()
    app.router.add_post("/crm", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


def filled(tx: Transaction) -> None:
    """Events of a few customers, one after the other."""
    for number in range(SUBJECTS * EACH):
        event = CloudEvent(
            id=f"{number:032x}",
            source="did:web:shop.example",
            type="vrm.test.happened.v1",
            subject=f"rel_{number % SUBJECTS}",
            time="2027-01-15T08:00:00Z",
            data={"number": number},
        )
        rows.publish(tx, row=Event(event.id, event.subject, int(time()), msgspec.json.encode(event)))


async def prepared(folder: Path, *bridges: str) -> Place:
    """An org with these bridges, and events that wait for them."""
    place = await Place.make(folder, name="Shop")
    configs.write(place.folder, msgspec.structs.replace(place.config, bridges=bridges))
    store = place.store()
    await store.write(filled)
    store.close()
    return place


@pytest.mark.parametrize("name", [each for each in BRIDGE if each != "bridges.carried-out"])
async def test_killed_while_it_tells_it_tells_everything_in_order(tmp_path: Path, name: str) -> None:
    async with receiver() as crm:
        place = await prepared(tmp_path, crm.url)
        for nth in (1, 2):
            life = await place.start(failpoints=f"{name}=kill@{nth}")
            async with asyncio.timeout(PATIENCE):
                assert await life.ended() == -9, life.said
        await told(place, crm)

    for subject in range(SUBJECTS):
        assert crm.first_of(f"rel_{subject}") == [*range(subject, SUBJECTS * EACH, SUBJECTS)]


async def told(place: Place, crm: Receiver) -> None:
    """A last life, until everything has come."""
    life = await place.start()
    async with asyncio.timeout(PATIENCE):
        while len(set(crm.came)) < SUBJECTS * EACH:  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.05)
    assert await life.stop() == 0, life.said


async def test_killed_before_an_act_is_settled_it_settles_it(tmp_path: Path) -> None:
    place = await prepared(tmp_path, "minicrm")
    path = place.folder / crm_file.FILE
    with crm_file.opened(path) as crm:
        minicrm.act(crm, Saying("k1", "rel_unknown", "notice", {}, family="relationship"), 1)

    life = await place.start(failpoints="bridges.carried-out=kill@1")
    assert await life.ended() == -9, life.said
    life = await place.start()
    async with asyncio.timeout(PATIENCE):
        while standing(path) == "open":  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.05)
    assert await life.stop() == 0, life.said

    assert standing(path) == "refused"
    store = place.store()
    assert list(store.items(state.CARRIED_OUT)) == []
    assert store.read(partial(rows.place_of, id="0" * 32)) == 1
    assert events.read(store.read(partial(rows.newest, limit=1))[0][1].record).data == {"number": SUBJECTS * EACH - 1}
    store.close()
    with crm_file.opened(path) as crm:
        assert crm.execute("SELECT count(*) FROM seen").fetchone()[0] == SUBJECTS * EACH


def standing(path: Path) -> str:
    """How the act stands."""
    with sqlite3.connect(path) as crm:
        ((found,),) = crm.execute("SELECT state FROM action")
    return str(found)
