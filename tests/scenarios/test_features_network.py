"""What her agent does on the network, recorded by the kernel. Source: vrm-protocols, F30, and section 7, line 15."""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.failpoints import ROOT
from tests.faults.lives import Place

CONNECTS = ("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect")
IDLE = 3.0  # seconds in which an agent that has nothing to do is watched


def connected(record: Path) -> set[int]:
    """The ports to which connections were opened, as the kernel saw it; -1 for one beyond this machine."""
    found = re.findall(
        r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)", record.read_text()
    )
    return {int(port) if address in ("127.0.0.1", "::1") else -1 for port, address in found}


async def typed(place: Place, *words: str) -> str:
    """What `freerange WORDS` prints."""
    command = (sys.executable, "-m", "agent", "--home", str(place.folder), *words)
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)
    said, complaint = await done.communicate()
    assert done.returncode == 0, complaint.decode()
    return said.decode()


@asynccontextmanager
async def watched(place: Place, record: Path) -> AsyncIterator[None]:
    """An agent whose every attempt to connect is written down."""
    life = await place.start(under=(*CONNECTS, "-o", str(record)))
    try:
        assert not life.dead
        yield
    finally:
        await life.stop()


async def test_f30_her_agent_opens_no_connection_that_she_did_not_cause(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace on this machine; install it with the system's package manager")
    for name in ("shop", "hers"):
        (tmp_path / name).mkdir()
    shop = await Place.make(tmp_path / "shop", name="Shop")
    hers = await Place.make(tmp_path / "hers", kind="person", name="me")
    port, record = int(shop.config.listen.rpartition(":")[2]), tmp_path / "connects"
    record.touch()

    shop_life = await shop.start()
    async with watched(hers, record):
        await asyncio.sleep(IDLE)
        alone = connected(record)
        [link] = re.findall(r"http://\S+_oob=\S+", await typed(shop, "invite"))
        await typed(hers, "accept", link)
        await asyncio.sleep(IDLE)
        met = connected(record)
    await shop_life.stop()

    assert alone == set()
    assert met == {port}
