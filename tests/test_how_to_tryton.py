"""docs/how-to/tryton.md: what it says to type, with a real Tryton server."""

import asyncio
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.bridges.tryton_rpc import Login
from tests.agent.bridges.tryton_server import CLERK, OURS, Clerk, Office, hire, office
from tests.agent.cli.conftest import Owner, _cheap, invitation, library, she

__all__ = ["_cheap", "library", "she"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "tryton.md").read_text()
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()
SECONDS = 60.0


@pytest.fixture
def tryton(tmp_path: Path) -> Iterator[Office]:
    """A Tryton server, where the clerk has made a user for the agent."""
    folder = tmp_path / "tryton"
    folder.mkdir()
    with office(folder) as found:
        asyncio.run(hire(found.url))
        yield found


def test_whoever_meets_the_vendor_is_a_party_in_tryton(
    tryton: Office, library: Owner, she: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in LINES:
        words = shlex.split(line.replace("tryton:http://127.0.0.1:8000/shop", tryton.setting))
        if words[0] == "echo":
            login = Path(words[3])
            login.touch(0o600)  # as umask 077 has it
            login.write_text(f"{words[1].replace('its password', OURS.password)}\n")
        elif words[0] == "freerange":
            assert library.types(*words[1:]).status == 0, line
        elif words[0] == "rm":
            Path(words[1]).unlink()
    assert she.init().status == 0
    assert she.unlocks("accept", invitation(library)).status == 0

    assert asyncio.run(appears(tryton, CLERK)).startswith("rel_")


async def appears(tryton: Office, login: Login) -> str:
    """The name of the party that the clerk finds, as soon as there is one."""
    clerk, until = Clerk(tryton.url, login), time.monotonic() + SECONDS
    try:
        while not (found := await clerk.search("party.party", [])):
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
        return str((await clerk.whole(found[0]))["name"])
    finally:
        await clerk.close()
