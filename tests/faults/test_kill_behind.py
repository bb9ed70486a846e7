"""Somebody who is reached through a mediator is killed: while she takes it on, meets an org, answers it, and moves.

Her steps are taken again until they are done; nothing is lost, and everybody finds her. Source: docs/security.md, P1
and P22.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import aiohttp
import msgspec
import pytest

from agent import config as configs
from agent import relationship as relationships
from tests.faults.exchange import Side, until
from tests.faults.lives import Life, Place
from tests.faults.points import BEHIND
from tests.faults.proxy import FINE

PINGS = 3
PATIENCE = 60.0  # seconds for one thing to be done
DONE = ("already", "you have a mediator")  # what was asked for was done before she died
FALSE = (aiohttp.ClientError, OSError, msgspec.DecodeError)


class NotDone(Exception):
    """She was killed meanwhile, or it was refused."""


@dataclass
class Her:
    """A person in a process of her own, and the failpoint at which it dies once."""

    place: Place
    failpoint: str
    life: Life | None = None
    deaths: int = 0

    async def alive(self) -> None:
        """See that she lives. The first time she is to die."""
        if self.life is not None and self.life.dead:
            await self.life.kill()
            self.deaths, self.life = self.deaths + 1, None
        if self.life is None:
            order = "" if self.deaths else f"{self.failpoint}=kill"
            self.life = await self.place.start(failpoints=order, plant="hasty")

    async def ask(self, method: str, path: str, body: object = None) -> object:
        """What her API says. Raises NotDone."""
        await self.alive()
        try:
            access = msgspec.json.decode((self.place.folder / "api.json").read_bytes())
            headers = {"Authorization": f"Bearer {access['token']}", "Content-Type": "application/json"}
            async with (
                aiohttp.ClientSession(access["url"], headers=headers) as session,
                session.request(method, path, data=msgspec.json.encode(body) if body else None) as answer,
            ):
                said: object = msgspec.json.decode(await answer.read())
        except FALSE as fault:
            raise NotDone(str(fault)) from fault
        if answer.status != 200:
            raise NotDone(str(said))
        return said

    async def insist(self, path: str, **body: object) -> None:
        """Do something, again if she dies of it; what was done before is refused the second time."""
        ends = monotonic() + PATIENCE
        while monotonic() < ends:
            try:
                await self.ask("POST", path, body)
            except NotDone as fault:
                if any(words in str(fault) for words in DONE):
                    return
                last = fault
                await asyncio.sleep(0.1)
            else:
                return
        raise last


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[Side, Side, Side]]:
    """An org and two mediators, on a good network."""
    sides = [
        await Side.start(folder / name, "org", name, number, FINE, mediates=name != "Library", slow=True)
        for number, name in enumerate(("Library", "Post", "Mail"))
    ]
    yield sides[0], sides[1], sides[2]
    for side in sides:
        await side.stop()


async def behind(folder: Path) -> Place:
    """Her wallet. She listens nowhere."""
    place = await Place.make(folder, "person", "her")
    configs.write(place.folder, msgspec.structs.replace(place.config, listen="", url=""))
    return place


@pytest.mark.parametrize("name", BEHIND)
async def test_killed_anywhere_she_is_found_and_answers(tmp_path: Path, name: str) -> None:
    her = Her(await behind(tmp_path), name)
    async with town(tmp_path) as (org, post, mail):
        await her.insist("/v1/mediator", link=(await post.insist("/v1/invitations", goal="Reach"))["url"])
        invitation = await org.insist("/v1/invitations", goal="Meet")
        await her.insist("/v1/invitations/accept", url=invitation["url"])
        before = await moved(her, org, "")
        await answered(her, org)
        link = (await mail.insist("/v1/invitations", goal="Reach"))["url"]
        await her.insist("/v1/mediator", link=link, instead=True)
        await moved(her, org, before)
        await answered(her, org)
        await until(lambda: left(her))
        assert her.life is not None
        assert await her.life.stop() == 0, her.life.said

    assert her.deaths == 1


async def moved(her: Her, org: Side, before: str) -> str:
    """Wait until the org writes to another DID of hers than before. Returns it."""

    async def there() -> str | None:
        await her.alive()
        found = [relationships.read(row).their_did for row in org.agent.store.peers()]
        return next((did for did in found if did != before), None)

    return await until(there)


async def answered(her: Her, org: Side) -> None:
    """Let the org ask some questions, and wait until all are answered."""
    [peer] = [relationships.fingerprint(relationships.read(row).peer) for row in org.agent.store.peers()]
    asked = [str((await org.insist("/v1/pings", peer=peer))["thread"]) for _ in range(PINGS)]

    async def there() -> bool | None:
        await her.alive()
        states = org.states()
        return all(states[thid] == "done" for thid in asked) or None

    await until(there)


async def left(her: Her) -> bool | None:
    """Whether the mediator she left is out of use."""
    try:
        said = await her.ask("GET", "/v1/mediator")
    except NotDone:
        return None
    assert isinstance(said, dict)
    return not said["former"] or None
