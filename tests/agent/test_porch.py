"""The owner's way in: a wallet that is made, locked and opened behind one door. Source: security, UI-11, 15, 20, 23."""

import asyncio
import gc
import json
import re
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from agent import config as configs
from agent import serving
from agent.errors import Misconfigured
from agent.porch import Porch
from tests.agent.transports.sockets import eventually
from wallet.errors import Locked

SECRET = "a passphrase for tests only"


class Visitor:
    """Somebody at the page, by the same requests as the page makes."""

    def __init__(self, session: aiohttp.ClientSession, key: str) -> None:
        self.session, self.headers = session, {"Authorization": f"Session {key}"}

    async def sees(self, path: str) -> str:
        """What the page shows."""
        async with self.session.get(f"/pages{path}", headers=self.headers) as answer:
            return await answer.text()

    async def sends(self, path: str, **form: object) -> dict[str, str]:
        """What comes of a form."""
        async with self.session.post(f"/pages{path}", headers=self.headers, json=form) as answer:
            found: dict[str, str] = json.loads(await answer.text())
            return found


@pytest.fixture
async def porch(tmp_path: Path) -> AsyncIterator[Porch]:
    """The door of an empty folder."""
    made = Porch(tmp_path / "home")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def visitor(porch: Porch) -> AsyncIterator[Visitor]:
    """Its owner."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{porch.door.port}") as session:
        async with session.post("/session", json={"code": porch.sessions.code()}) as answer:
            key = (await answer.json())["key"]
        yield Visitor(session, key)


async def begun(visitor: Visitor, **form: object) -> dict[str, str]:
    """A wallet that is made on its first page."""
    asked = {"name": "her", "passphrase": SECRET, "again": SECRET, "for": "trying", **form}
    return await visitor.sends("/begin", **asked)


async def test_a_first_page_makes_a_wallet_and_what_is_wrong_makes_none(porch: Porch, visitor: Visitor) -> None:
    assert "A wallet of your own" in await visitor.sees("/")
    assert "12 characters" in (await begun(visitor, passphrase="short", again="short"))["error"]
    assert "differ" in (await begun(visitor, again="another passphrase"))["error"]
    assert not porch.exists()

    assert (await begun(visitor))["go"] == "/welcome"

    assert "24 words" in await visitor.sees("/welcome")
    assert configs.read(porch.home).name == "her"
    assert porch.running


async def test_a_locked_wallet_shows_nothing_does_nothing_and_opens_again(porch: Porch, visitor: Visitor) -> None:
    await begun(visitor)
    agent = porch.running and porch.running.agent
    assert agent

    await visitor.sends("/settings/lock")

    assert porch.running is None
    assert agent.store.vault.locked
    assert "Your wallet is locked" in await visitor.sees("/cards")
    assert "locked" in (await visitor.sends("/settings/name", name="x"))["error"]
    assert "That is not it" in (await visitor.sends("/unlock", passphrase="another passphrase"))["error"]
    assert (await visitor.sends("/unlock", passphrase=SECRET))["go"] == "/"
    assert "her" in await visitor.sees("/")


async def test_nothing_of_an_agent_is_in_memory_a_moment_after_it_was_locked(porch: Porch, visitor: Visitor) -> None:
    """Though as it began everything there was had been put where nobody looks for garbage."""
    before = gc.get_threshold()
    await begun(visitor)
    serving.settle()
    try:
        assert porch.running
        agent = weakref.ref(porch.running.agent)

        await visitor.sends("/settings/lock")

        await eventually(lambda: agent() is None)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


async def test_guessing_at_the_page_is_slowed_down(porch: Porch, visitor: Visitor) -> None:
    await begun(visitor)
    await visitor.sends("/settings/lock")
    for _ in range(5):
        await visitor.sends("/unlock", passphrase="another passphrase")

    assert re.search(r"wait \d+ seconds", (await visitor.sends("/unlock", passphrase=SECRET))["error"])
    assert porch.running is None


async def test_programs_are_told_that_it_is_locked(porch: Porch) -> None:
    token = json.loads((porch.home / "api.json").read_text())["token"]

    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{porch.door.port}") as session,
        session.get("/v1/status", headers={"Authorization": f"Bearer {token}"}) as answer,
    ):
        assert answer.status == 423


async def test_there_is_one_door_to_a_folder(porch: Porch) -> None:
    with pytest.raises(Misconfigured, match="already"):
        await Porch(porch.home).start()


async def test_another_program_at_its_port_is_said_loudly(porch: Porch, tmp_path: Path) -> None:
    """UI-15: nobody is led to a page that is not hers."""
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    configs.write(other, configs.Config(kind="person", name="x", api=f"127.0.0.1:{porch.door.port}", development=True))
    (other / "wallet.db").write_bytes(b"")

    with pytest.raises(Misconfigured, match="Something else is there"):
        await Porch(other).start()


async def test_words_back_up_and_a_new_home(porch: Porch, visitor: Visitor, tmp_path: Path) -> None:
    """UI-20: what shows her keys asks for the passphrase once more."""
    await begun(visitor)
    page = await visitor.sees("/welcome")
    words = re.findall(r"<li>([a-z]+)</li>", page)
    asked = {name: words[int(name[5:]) - 1] for name in re.findall(r'name="(word-\d+)"', page)}
    assert len(asked) == 3
    assert page == await visitor.sees("/welcome")  # looked at again, they are the same
    wrong = {name: "zoo" if word != "zoo" else "abandon" for name, word in asked.items()}
    assert "another one" in (await visitor.sends("/backup/words", **wrong))["error"]

    assert (await visitor.sends("/backup/words", **asked))["go"] == "/backup"
    async with visitor.session.post("/pages/backup/make", headers=visitor.headers, json={}) as answer:
        backup = await answer.read()
        assert answer.headers["Content-Disposition"].endswith('.age"')

    again = Porch(tmp_path / "again")
    await again.start()
    with pytest.raises(Locked):
        await again.restore(backup, " ".join(["abandon"] * 23 + ["art"]), SECRET)
    assert not again.exists()
    await again.lock()
    assert "not your passphrase" in (await visitor.sends("/backup/export", passphrase="another passphrase"))["error"]
    await visitor.sends("/settings/lock")
    configs_before = configs.read(porch.home)
    await again.restore(backup, " ".join(words), SECRET)
    assert again.running
    assert again.running.agent.config.name == configs_before.name
    await again.stop()


async def test_demo_vendors_are_met_issue_and_ask(porch: Porch, visitor: Visitor) -> None:
    await begun(visitor)
    await visitor.sends("/try")
    await visitor.sends("/try/library/meet")
    await appears(visitor, "/try", "Offer the Demo Library your terms")
    await visitor.sends("/try/library/terms")
    await appears(visitor, "/try", "Let it offer you a member card")

    assert "meet it first" in (await visitor.sends("/try/bakery/act"))["error"]
    assert await visitor.sends("/try/library/act") == {
        "go": "/questions",
        "said": "It asks you now: see what waits for you.",
    }

    await appears(visitor, "/", "offers you a card")


async def appears(visitor: Visitor, path: str, words: str) -> None:
    """Wait until a page shows these words."""
    async with asyncio.timeout(60):
        while words not in await visitor.sees(path):  # noqa: ASYNC110 - others do what is waited for, and tell nobody
            await asyncio.sleep(0.05)
