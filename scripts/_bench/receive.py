"""What it costs to receive one message over HTTP: read, decrypt, decide, store durably, answer 202.

The receiver is a process of its own; people in this one post basic messages of 1 KiB, sealed beforehand, a message at a
time each, so that there are always as many in flight as there are people.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from agent import home, invitations, relationship
from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import Plaintext
from agent.transports.http import ENCRYPTED
from agent.web import relationships
from agent.web.relationships import Accepting
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, Y, enough, of, seconds
from wallet.keys import new_id, random_bytes

PEOPLE = 16
TEXT = "x" * 600  # makes a plaintext of about 1 KiB
BOUND = 8.0


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU of the receiver for one message, in Y."""
    with tempfile.TemporaryDirectory() as folder:
        ratios = asyncio.run(_measure(effort, Path(folder)))
    yield of(f"message received over HTTP, {PEOPLE} in flight", "Y", ratios, BOUND)


async def _measure(effort: Effort, folder: Path) -> list[float]:
    place, key_file, secret = folder / "org", folder / "key", random_bytes(32)
    key_file.write_bytes(secret)
    config = world.configuration("org", "receiver")
    await home.make(place, config, secret)
    org = await home.open_agent(place, secret)
    _, url = await invitations.invite(org, goal="Meet", once=False)
    org.store.close()
    count = max(2, effort.exchanges)
    with _receiver(place, key_file) as pid:
        async with world.running("person", (f"p{n}" for n in range(PEOPLE))) as people:
            for person in people:
                await relationships.accept(person, Accepting(url))
                await world.quiet(person)
            await asyncio.sleep(effort.acknowledged)
            await _round(people, config.url, count)  # warms up
            ratios = []
            for _ in range(max(3, effort.rounds // 4)):
                ratios.append(await _ratio(pid, people, config.url, count))
            return ratios


@contextmanager
def _receiver(place: Path, key_file: Path) -> Iterator[int]:
    """The receiving process, listening; yields its id."""
    command = (sys.executable, "-m", "scripts._bench.receiver", str(place), str(key_file))
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline().strip() == "listening"
            yield process.pid
        finally:
            process.stdin.close()


def cpu_of(pid: int) -> float:
    """CPU seconds of all threads of a process so far."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


async def _ratio(pid: int, people: tuple[Agent, ...], url: str, count: int) -> float:
    times = enough(Y, 0.01)
    before, yard_before = cpu_of(pid), seconds(Y, times)
    sent = await _round(people, url, count)
    spent, yard_after = cpu_of(pid) - before, seconds(Y, times)
    return spent / sent / ((yard_before + yard_after) / 2)


async def _round(people: tuple[Agent, ...], url: str, count: int) -> int:
    """Everybody posts `count` messages. Returns how many were taken."""
    sealed = [[await _sealed(person) for _ in range(count)] for person in people]
    headers = {"Content-Type": ENCRYPTED}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=PEOPLE), headers=headers) as session:

        async def post(messages: list[bytes]) -> None:
            for message in messages:
                async with session.post(url, data=message) as answer:
                    assert answer.status == 202, answer.status

        await asyncio.gather(*(post(messages) for messages in sealed))
    return len(people) * count


async def _sealed(person: Agent) -> bytes:
    """A basic message to the org she knows."""
    [row] = person.store.peers()
    known = relationship.read(row)
    document = await person.meet(person.resolve(known.their_did))
    message = Plaintext(
        id=new_id(),
        type="https://didcomm.org/basicmessage/2.0/message",
        from_=known.our_did,
        to=(known.their_did,),
        created_time=person.now(),
        body={"content": TEXT},
    )
    return envelopes.seal(
        plaintext.write(message),
        keys=person.keys,
        sender_kid=f"{known.our_did}#key-2",
        recipients=document.agreement_keys()[:1],
    )
