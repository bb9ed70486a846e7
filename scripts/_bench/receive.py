"""What it costs to receive one message: read, decrypt, decide, store durably, answer 202 over HTTP, or nothing over a
WebSocket; and, for a ping, to send the answer as a message of its own.

The receiver is a process of its own; people in this one post messages of 1 KiB, sealed beforehand, a message at a time
each, so that there are always as many in flight as there are people; over WebSockets they send as fast as they are
read, and the receiver takes the messages of each one after another. It takes the yardstick itself, now and then, so
that both are taken on the same core in the same company.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

import aiohttp

from agent import home, invitations, relationship
from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import Plaintext
from agent.transports.http import ENCRYPTED
from agent.web import relationships
from agent.web.relationships import Accepting
from scripts._bench import world, yard
from scripts._bench.measure import Effort, Figure, of
from scripts._bench.receiver import YARDS
from wallet.keys import Keyring, new_id, random_bytes
from wallet.strict_json import JsonObject

PEOPLE = 16
TEXT = "x" * 600  # makes a plaintext of about 1 KiB
BOUND, SOCKET_BOUND = 6.5, 5.5

Kind: TypeAlias = tuple[str, JsonObject]
Senders: TypeAlias = list[tuple[Agent, Keyring]]
MESSAGE: Kind = ("https://didcomm.org/basicmessage/2.0/message", {"content": TEXT})
PING: Kind = ("https://didcomm.org/trust-ping/2.0/ping", {"response_requested": True, "comment": TEXT})


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU of the receiver for one message, in Y."""
    with tempfile.TemporaryDirectory() as folder:
        posted, answered, streamed = asyncio.run(_measure(effort, Path(folder)))
    yield of(f"message received over HTTP and stored, {PEOPLE} in flight", "Y", posted, BOUND)
    yield of(f"ping received, stored and answered by a message, {PEOPLE} in flight", "Y", answered, BOUND)
    yield of(f"message received over a WebSocket and stored, {PEOPLE} in flight", "Y", streamed, SOCKET_BOUND)


async def _measure(effort: Effort, folder: Path) -> tuple[list[float], list[float], list[float]]:
    place, key_file, secret = folder / "org", folder / "key", random_bytes(32)
    key_file.write_bytes(secret)
    config = world.configuration("org", "receiver")
    await home.make(place, config, secret)
    org = await home.open_agent(place, secret)
    _, url = await invitations.invite(org, goal="Meet", once=False)
    org.store.close()
    count = max(2, effort.exchanges)
    with receiver(place, key_file) as pid:
        async with world.running("person", (f"p{n}" for n in range(PEOPLE))) as people:
            for person in people:
                await relationships.accept(person, Accepting(url))
                await world.quiet(person)
            await asyncio.sleep(effort.acknowledged)
            for person in people:
                async for _ in posts([[await sealed(person, person.keys, MESSAGE)]], config.url):
                    pass
            senders = [(person, person.keys) for person in people]
            for person in people:
                person.keys = Keyring()  # answers arrive, and she makes nothing of them: she has asked nothing herself
            found: tuple[list[float], list[float], list[float]] = ([], [], [])
            ways = ((posts, MESSAGE), (posts, PING), (streams, MESSAGE))
            for _ in range(max(3, effort.rounds // 4)):
                for ratios, (over, kind) in zip(found, ways, strict=True):
                    packed = [[await sealed(person, ring, kind) for _ in range(count)] for person, ring in senders]
                    ratios.append(await _ratio(place, pid, over(packed, config.url), count * len(senders)))
            return found


@contextmanager
def receiver(place: Path, key_file: Path) -> Iterator[int]:
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


async def _ratio(place: Path, pid: int, sending: AsyncIterator[None], count: int) -> float:
    """CPU of the receiver for one message, less that of its own measuring, by that of one Y.

    sending: prepares, and then sends `count` messages, until all of them were taken.
    """
    await anext(sending)
    cpu, before = cpu_of(pid), yard.read(place / YARDS)
    await anext(sending, None)
    await asyncio.sleep(0.2)  # answers go out, and what was delivered leaves the store
    spent, taken = cpu_of(pid) - cpu, yard.read(place / YARDS) - before
    return (spent - taken.spent) / count / taken.one


async def posts(sealed: list[list[bytes]], url: str, *, mixed: bool = False) -> AsyncIterator[None]:
    """Post lists of messages, all lists at once, each in its order, and over a connection of its own as agents do.

    mixed: over connections that all share, so that the messages of one list go now here, now there.
    """
    headers = {"Content-Type": ENCRYPTED}
    async with AsyncExitStack() as stack:
        connectors = [aiohttp.TCPConnector(limit=PEOPLE if mixed else 1) for _ in (sealed[:1] if mixed else sealed)]
        sessions = [
            await stack.enter_async_context(aiohttp.ClientSession(connector=each, headers=headers))
            for each in connectors
        ]

        async def post(messages: list[bytes], session: aiohttp.ClientSession) -> None:
            for message in messages:
                while await status(session, url, message) == 503:  # noqa: ASYNC110 - a machine so busy takes fewer
                    await asyncio.sleep(0.05)

        yield
        await asyncio.gather(*map(post, sealed, cycle(sessions)))


async def status(session: aiohttp.ClientSession, url: str, message: bytes) -> int:
    """Post one message. Returns what it was answered: 202 or 503."""
    async with session.post(url, data=message) as answer:
        assert answer.status in (202, 503), answer.status
        return answer.status


async def streams(sealed: list[list[bytes]], url: str) -> AsyncIterator[None]:
    """Send lists of messages over WebSockets, one for each. Goodbye is said last, and answered once all is taken."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=PEOPLE)) as session:
        patient = aiohttp.ClientWSTimeout(ws_close=600)
        sockets = [await session.ws_connect(url, timeout=patient) for _ in sealed]

        async def send(messages: list[bytes], socket: aiohttp.ClientWebSocketResponse) -> None:
            for message in messages:
                await socket.send_str(message.decode())
            await socket.close()

        yield
        await asyncio.gather(*map(send, sealed, sockets))


async def sealed(person: Agent, ring: Keyring, kind: Kind) -> bytes:
    """A message to the org she knows, spelled as her agent would."""
    [row] = person.store.peers()
    known = relationship.read(row)
    document = await person.meet(person.resolve(known.their_did))
    message = Plaintext(
        id=new_id(),
        type=kind[0],
        from_=known.spoken_as,
        to=(known.spoken_to,),
        created_time=person.now(),
        body=kind[1],
    )
    return envelopes.seal(
        plaintext.write(message),
        keys=ring,
        sender_kid=f"{known.spoken_as}#key-2",
        recipients=document.agreement_keys()[:1],
    )
