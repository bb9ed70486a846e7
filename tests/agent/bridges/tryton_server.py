"""A real Tryton server on SQLite, started by the test: its database made once, and the clerk who works in it."""

import atexit
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from agent.bridges.tryton_rpc import Login, Row, Server
from tests.ports import free_ports

CLERK = Login("admin", "a password of the clerk")
OURS = Login("freerange", "a password of the agent")
STARTS = 120.0  # seconds


@dataclass
class Office:
    """Where the clerk works. url: of the database."""

    url: str

    @property
    def setting(self) -> str:
        """As an agent's settings name it."""
        return f"tryton:{self.url}"


class Clerk(Server):
    """Somebody who works in Tryton, by the same calls as its own client makes."""

    async def party(self, name: str) -> Row:
        """The party of that name, archived or not, with all that hangs on it."""
        [id] = await self.search("party.party", [["name", "=", name]])
        return await self.whole(id)

    async def whole(self, id: int) -> Row:
        """A party with all that hangs on it."""
        [party] = await self.read(
            "party.party", [id], "name", "active", "addresses", "contact_mechanisms", "categories"
        )
        party["addresses"] = await self.read("party.address", party["addresses"], "street", "city", "postal_code")
        mechanisms = party["contact_mechanisms"]
        party["contact_mechanisms"] = await self.read("party.contact_mechanism", mechanisms, "type", "value", "comment")
        party["categories"] = [each["name"] for each in await self.read("party.category", party["categories"], "name")]
        notes = await self.search("ir.note", [["resource", "=", f"party.party,{id}"]])
        party["notes"] = [each["message"] for each in await self.read("ir.note", notes, "message")]
        return party

    async def read(self, model: str, ids: Any, *names: str) -> list[Row]:
        """Records."""
        found: list[Row] = await self.call(f"model.{model}.read", list(ids), list(names))
        return found


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """A server with a fresh database, in a folder, until the block ends."""
    shutil.copy(template(), folder / "shop.sqlite")
    with serving(folder) as found:
        yield found


@cache
def template() -> Path:
    """A fresh database, which takes seconds to make: once for all tests of this process."""
    folder = Path(mkdtemp(prefix="freerange-tryton-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make(folder)
    return folder / "shop.sqlite"


def make(folder: Path) -> None:
    """A fresh database with the module `party`, and the clerk as its administrator."""
    (folder / "shop.sqlite").touch()
    (folder / "password").write_text(f"{CLERK.password}\n")
    (folder / "trytond.conf").write_text(f"[database]\nuri = sqlite://\npath = {folder}\n")
    command = (program("trytond-admin"), "-c", "trytond.conf", "-d", "shop", "-u", "party", "--activate-dependencies")
    known = {**os.environ, "TRYTONPASSFILE": str(folder / "password")}
    more = ("--email", "clerk@shop.example", "-p")
    subprocess.run((*command, *more), cwd=folder, env=known, check=True, capture_output=True)


@contextmanager
def serving(folder: Path) -> Iterator[Office]:
    """The server of a folder, running."""
    [port] = free_ports(1)
    conf = f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    (folder / "trytond.conf").write_text(conf)
    command = (program("trytond"), "-c", "trytond.conf", "-d", "shop")
    with (
        open(folder / "log", "ab") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            until = time.monotonic() + STARTS
            while not answers(f"http://127.0.0.1:{port}/"):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.1)
            yield Office(f"http://127.0.0.1:{port}/shop")
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """Whether somebody answers there, whatever it is."""
    try:
        with urlopen(url, timeout=10):
            return True
    except URLError as fault:
        return hasattr(fault, "code")
    except OSError:
        return False


def program(name: str) -> str:
    """A program that was installed with this Python."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed; it is among the development dependencies"
    return found


async def hire(url: str) -> None:
    """Let the clerk make a user for the agent, in the group that administers parties."""
    clerk = Clerk(url, CLERK)
    groups = await clerk.search("res.group", [["name", "=", "Party Administration"]])
    user = {"name": "freerange", "login": OURS.user, "password": OURS.password, "groups": [["add", groups]]}
    await clerk.create("res.user", user)
    await clerk.close()
