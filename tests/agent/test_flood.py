"""Connections without end: a running agent keeps a bounded number of them, and answers its owner all the while.

The agent is a process of its own, with its settings as on a public machine. The flood comes from addresses all over
127.0.0.0/8; each of its connections sends a piece of a header and waits, some hang up at once.
"""

import asyncio
import json
import resource
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import aiohttp
import pytest

from agent import home
from agent import serving as agents
from agent.config import Config
from agent.transports.accepting import OTHER_FILES
from agent.transports.guard import Bounds, Guard
from agent.transports.http import Listener
from tests.agent.flood import Result
from tests.agent.transports.sockets import eventually
from tests.agent.transports.wire import PATIENCE, Ear, Wire, connect, listening, request
from tests.faults.failpoints import ROOT
from tests.faults.lives import Place
from tests.ports import free_ports
from tests.promises import Promise

HOST = "shop.example"
AT_ONCE = 5_000
FEW, MANY = 2_000, 10_000  # attempts
WITHIN = 1.0  # seconds in which the owner is answered; only a test that runs alone can hold a clock to it
IN_LINE = 900  # connections that wait to be accepted, all at the same moment
LOUD = "127.66.66.66"  # an address that wants more than its share
WANTED = 100


@pytest.fixture(autouse=True)
def files() -> None:
    """Let this process hold one end of every connection."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < AT_ONCE + OTHER_FILES:
        pytest.skip(f"this process may open {hard} files; {AT_ONCE + OTHER_FILES} are needed")


async def flooded(port: int, attempts: int, seconds: float) -> Result:
    """Let another process make a flood, so that what is measured here is not its own effort."""
    arguments = (str(port), str(attempts), str(AT_ONCE), str(seconds))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.agent.flood", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return Result(**json.loads(said))


async def open_still(port: int, source: str, wanted: int, most: int) -> int:
    """How many of so many connections from one address are not closed at once, on a busy machine soon: as many as there
    may be at most, and a little later still."""
    wires = [await connect(port, source) for _ in range(wanted)]

    def still() -> int:
        return sum(not wire.reader.at_eof() for wire in wires)

    ends = perf_counter() + PATIENCE
    while still() > most and perf_counter() < ends:  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    count = still()
    for wire in wires:
        wire.writer.transport.abort()
    return count


def settings() -> Config:
    """Those of an agent on a public machine."""
    port, api = free_ports()
    return Config(kind="org", name="Shop", listen=f"127.0.0.1:{port}", api=f"127.0.0.1:{api}", url=f"https://{HOST}")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Place, int]]:
    """An agent as on a public machine, and its process id."""
    place = Place(folder / "home", folder / "key", settings())
    place.key_file.write_bytes(bytes(range(32)))
    place.key_file.chmod(0o600)
    await home.make(place.folder, place.config, place.secret)
    life = await place.start()
    try:
        yield place, life.process.pid
    finally:
        status = await life.stop()
    assert status == 0, life.said


def port_of(place: Place) -> int:
    """Where it listens."""
    return int(place.config.listen.rpartition(":")[2])


async def ask_owner(place: Place, until: asyncio.Event) -> list[float]:
    """Ask the owner's API now and then, each time over a new connection; seconds until each answer."""
    access = json.loads((place.folder / "api.json").read_text())
    headers, seconds = {"Authorization": f"Bearer {access['token']}"}, []
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(access["url"], headers=headers, connector=connector) as session:
        while not until.is_set():
            began = perf_counter()
            async with session.get("/v1/questions") as answer:
                assert answer.status == 200
                await answer.read()
            seconds.append(perf_counter() - began)
            await asyncio.sleep(0.05)
    return seconds


async def asked(wire: Wire, times: int) -> list[float]:
    """Seconds until each answer to good requests over one connection, no faster than one address may ask."""
    seconds = []
    for _ in range(times):
        began = perf_counter()
        await wire.write(request("GET /.well-known/did-configuration.json HTTP/1.1", host=HOST, body="", length=0))
        assert (await wire.answer())[0] == 200
        seconds.append(perf_counter() - began)
        await asyncio.sleep(0.025)
    return sorted(seconds)


def files_of(pid: int) -> int:
    """How many file descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def under_flood(place: Place, pid: int, attempts: int) -> tuple[int, list[float]]:
    """The most files that the agent had open more than before, and the seconds until each answer to its owner."""
    over, before = asyncio.Event(), files_of(pid)
    owner = asyncio.create_task(ask_owner(place, over))
    most, flooding = 0, asyncio.create_task(flooded(port_of(place), attempts, 2.0))
    while not flooding.done():
        most = max(most, files_of(pid) - before)
        await asyncio.sleep(0.1)
    over.set()
    waits = await owner
    assert flooding.result().tried == attempts
    return most, waits


async def test_the_owner_is_answered_while_others_still_wait_to_come_in(tmp_path: Path) -> None:
    """HT-04, counted instead of timed: the agent sees her question and the whole crowd at the same moment."""
    config, secret = settings(), bytes(range(32))
    await home.make(tmp_path / "home", config, secret)
    running = await agents.start(await home.open_agent(tmp_path / "home", secret), tmp_path / "home")
    token = json.loads(running.token_file.read_text())["token"]
    question = f"GET /v1/questions HTTP/1.1\r\nHost: {config.api}\r\nAuthorization: Bearer {token}\r\n\r\n"
    entrance = running.listener._entrance
    assert entrance is not None
    entrance.server.bounds = replace(entrance.server.bounds, head=PATIENCE)  # nobody leaves before all are inside

    crowd = [
        socket.create_connection(agents.host_and_port(config.listen), source_address=(f"127.7.{each // 50}.1", 0))
        for each in range(IN_LINE)
    ]  # no address has more than its share
    with socket.create_connection(agents.host_and_port(config.api)) as owner:
        owner.sendall(question.encode())
        owner.setblocking(False)
        answer = await asyncio.get_running_loop().sock_recv(owner, 65536)
    inside = entrance.total

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert inside < IN_LINE
    await eventually(lambda: entrance.total == IN_LINE)  # there was room for all of them
    for each in crowd:
        each.close()
    await agents.stop(running)


@pytest.mark.parametrize("attempts", [FEW, pytest.param(MANY, marks=(pytest.mark.full, pytest.mark.alone))])
async def test_under_a_flood_of_connections_the_owner_is_answered_within_a_second(
    tmp_path: Path, promise: Promise, attempts: int
) -> None:
    """HT-04."""
    bounds = Bounds()
    async with serving(tmp_path) as (place, pid):
        before = files_of(pid)
        most, waits = await under_flood(place, pid, attempts)
        share = await open_still(port_of(place), LOUD, WANTED, bounds.per_address)

        assert most <= bounds.connections + OTHER_FILES
        assert share == bounds.per_address
        assert len(waits) > 10
        assert attempts == FEW or max(waits) < WITHIN
        await eventually(lambda: files_of(pid) <= before + 8)  # nothing of the flood is left

    careless = Guard(bounds=Bounds(per_address=10**6), hosts=frozenset({HOST}))
    async with listening(Listener(Ear().receive, lambda path: None, guard=careless)) as port:
        assert await open_still(port, LOUD, WANTED, WANTED) == WANTED  # an agent that counts nobody would be noticed
    soon = f"within {WITHIN:.0f} s" if attempts == MANY else "meanwhile"
    promise(
        "P10",
        what=f"attempts to connect from addresses all over 127.0.0.0/8, up to {AT_ONCE:,} at once",
        size=attempts,
        result=f"at most {bounds.per_address} of one address held; the owner answered {soon}, always",
        control="an agent that counts no connections",
    )


@pytest.mark.parametrize(
    "loris", [pytest.param(5_000, marks=(pytest.mark.full, pytest.mark.alone))]
)  # small: test_guard.py
async def test_who_dawdles_over_a_header_holds_up_nobody_else(tmp_path: Path, promise: Promise, loris: int) -> None:
    """HT-01: slow-loris."""
    bounds = Bounds()
    async with serving(tmp_path) as (place, _):
        good = await connect(port_of(place))
        before = await asked(good, 100)
        dawdling = asyncio.create_task(flooded(port_of(place), loris, bounds.head + 5))
        await asyncio.sleep(5)  # until they hang on

        meanwhile = await asked(good, 100)
        flood = await dawdling

        assert meanwhile[98] < 2 * before[98] + 0.05  # of a hundred; a twentieth of a second is this computer's own
        assert flood.closed >= loris // 2  # all that hung on

    patient = Guard(bounds=replace(bounds, head=60.0), hosts=frozenset({HOST}))
    async with listening(Listener(Ear().receive, lambda path: None, guard=patient)) as port:
        assert (
            await flooded(port, 10, bounds.look_every + 0.5)
        ).closed == 0  # an agent that waits for ever would be noticed
    promise(
        "P10",
        what="connections that dawdle over a header",
        size=loris,
        result=f"all closed after {bounds.head:.0f} s; good requests answered as before",
        control="an agent that waits a minute",
    )
