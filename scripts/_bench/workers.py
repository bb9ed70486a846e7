"""Several workers on PostgreSQL: what one message costs all of them and the database together, by how many they are.

Each number of workers has a database of its own, on a server that is started for this. People in this process post
pings of 1 KiB, sealed beforehand, one at a time each; every ping is stored, and answered by a message of its own. Each
has a connection of her own, as agents have, and with it one worker; then all share theirs, and the messages of each go
to any worker.
"""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from agent import config as configs
from agent import home, invitations, places
from agent.agent import Agent
from agent.web import relationships
from agent.web.relationships import Accepting
from scripts._bench import world, yard
from scripts._bench.measure import Effort, Figure, of, unmeasured
from scripts._bench.process import COMMAND, ROOT
from scripts._bench.receive import PING, Senders, cpu_of, posts, sealed
from tests.postgresql import ABSENT, Ground, Server, living, programs
from wallet.keys import Keyring, random_bytes
from wallet.store import waiting

PEOPLE: Final = 32
WAYS: Final = "", " by any worker"  # each person's over her own connection; over connections that all share
BOUNDS: Final = {2: 1.15, 4: 1.5}
WORKER, DATABASE = 8.0, 1.0  # Y of one worker for a message, and of its database
ANSWERED: Final = 0.3  # seconds in which answers go out, and what was delivered leaves the store
TENANT: Final = "vendor"


@dataclass(frozen=True, slots=True)
class Round:
    """So many messages. workers, database: CPU seconds for one; yard: for one Y; took: seconds for all of them."""

    count: int
    workers: float
    database: float
    yard: float
    took: float

    @property
    def both(self) -> float:
        """CPU of all of them for one message, in Y."""
        return (self.workers + self.database) / self.yard


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU for one message, of the workers and of the database; and all of it, against that of one worker."""
    if programs() is None:
        yield unmeasured("a ping, several workers, against one: CPU of all", "x", BOUNDS[4], ABSENT)
        return
    fewest: tuple[list[Round], ...] = ()
    with tempfile.TemporaryDirectory() as folder, server() as database:
        for number in (*effort.workers, *((effort.most_workers,) if effort.deep else ())):
            place = Path(folder) / str(number)
            place.mkdir()
            ways = waiting.run(measured(effort, place, database, number))
            fewest = fewest or ways
            for words, rounds, few in zip(WAYS, ways, fewest, strict=True):
                yield from costs(number, words, rounds, few)


def costs(number: int, words: str, rounds: list[Round], fewest: list[Round]) -> Iterator[Figure]:
    """All that is said of so many workers. words: how messages come to them."""
    name = f"a ping received, stored and answered{words}, {number} worker{'s' * (number > 1)}"
    worker, database = (WORKER, DATABASE) if number == 1 else (None, None)
    yield of(f"{name}: CPU of the workers", "Y", [one.workers / one.yard for one in rounds], worker)
    yield of(f"{name}: CPU of PostgreSQL", "Y", [one.database / one.yard for one in rounds], database)
    yield of(f"{name}: throughput", "/s", [one.count / one.took for one in rounds], most=False)
    if rounds is not fewest:
        ratios = [many.both / few.both for many, few in zip(rounds, fewest, strict=True)]
        yield of(f"{name}: CPU of all, against one", "x", ratios, BOUNDS.get(number))


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL server, which is gone afterwards."""
    ground = Ground()
    try:
        yield Server.make(ground.folder)
    finally:
        ground.close()


async def measured(effort: Effort, folder: Path, server: Server, number: int) -> tuple[list[Round], list[Round]]:
    """A vendor with so many workers, and what messages cost it: each person's over her own connection, and mixed."""
    url = server.database()
    config = configs.stored(world.configuration("org", TENANT), url, TENANT)
    place, key_file, secret = folder / "org", folder / "key", random_bytes(32)
    place.mkdir(mode=0o700)
    places.keep_password(place, configs.password_of(url))
    key_file.touch(0o600)
    key_file.write_bytes(secret)
    await home.make(place, config, secret)
    org = await home.open_agent(place, secret)
    _, invitation = await invitations.invite(org, goal="Meet", once=False)
    org.store.close()
    with serving(place, key_file, number) as workers, yard.beside(folder / "yards"):
        async with world.running("person", (f"p{n}" for n in range(min(PEOPLE, 4 * effort.people)))) as people:
            senders = await met(people, invitation, effort.acknowledged)
            count = max(2, effort.exchanges // 2)
            measuring = partial(taken, senders, config.url, workers, server, folder / "yards")
            await measuring(max(2, count // 4), mixed=True)  # every worker meets everybody
            rounds = [[await measuring(count, mixed=mixed) for mixed in (False, True)] for _ in range(effort.repeats)]
            return [each for each, _ in rounds], [each for _, each in rounds]


@contextmanager
def serving(place: Path, key_file: Path, number: int) -> Iterator[tuple[int, ...]]:
    """The workers, listening; yields their processes."""
    command: tuple[str, ...] = (*COMMAND, "serve", "--quiet", "--home", str(place), "--key-file", str(key_file))
    command += ("--workers", str(number)) if number else ()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            assert " on 127.0.0.1:" in process.stdout.readline()
            yield children(process.pid) if number else (process.pid,)
        finally:
            process.terminate()


def children(pid: int) -> tuple[int, ...]:
    """The processes that a process has started."""
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


async def met(people: tuple[Agent, ...], invitation: str, acknowledged: float) -> Senders:
    """Let everybody meet the vendor. Returns them with their keys: what arrives from now on they cannot read."""
    for person in people:
        await relationships.accept(person, Accepting(invitation))
        await world.quiet(person)
    await asyncio.sleep(acknowledged)
    senders = [(person, person.keys) for person in people]
    for person in people:
        person.keys = Keyring()
    return senders


async def taken(
    senders: Senders, url: str, pids: tuple[int, ...], server: Server, yards: Path, count: int, *, mixed: bool
) -> Round:
    """Send each one's messages, and see what that costs. yards: where the yardstick is taken meanwhile."""
    total = count * len(senders)
    packed = [[await sealed(person, ring, PING) for _ in range(count)] for person, ring in senders]
    sending = posts(packed, url, mixed=mixed)
    await anext(sending)
    before, taken, began = (spent(pids), spent(living(server.data))), yard.read(yards), perf_counter()
    await anext(sending, None)
    took = perf_counter() - began
    one = (await yard.since(yards, taken)).one
    await asyncio.sleep(ANSWERED)
    workers, database = since(before[0], spent(pids)), since(before[1], spent(living(server.data)))
    return Round(total, workers / total, database / total, one, took)


def spent(pids: Iterable[int]) -> dict[int, float]:
    """CPU seconds of processes so far."""
    return {pid: cpu_of(pid) for pid in pids}


def since(before: dict[int, float], now: dict[int, float]) -> float:
    """CPU seconds that were spent meanwhile."""
    return sum(each - before.get(pid, 0.0) for pid, each in now.items())
