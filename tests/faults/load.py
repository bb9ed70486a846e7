"""A load on one org over HTTP: people who greet it, ask, chat and agree on terms.

They keep a ledger, on a disk of their own, of what was answered 202; they answer what they hear as an agent would,
repeat every tenth message, and send again whatever got no answer.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from agent.didcomm.plaintext import Plaintext
from agent.transports.http import ENCRYPTED
from tests.faults.correspondent import Correspondent, Org, Sent, opened
from wallet.keys import Keyring

RATE: Final = 200  # messages a second
IN_FLIGHT: Final = 48
PEOPLE: Final = 24
SURLY: Final = 2  # who refuse what the org says, and as many who are away
REPEATED: Final = 0.1
SOURCES: Final = 8  # addresses of loopback to send from
KINDS: Final = {"ping": 45, "note": 20, "proffer": 30, "hello": 5}
STEADY: Final = {"ping": 60, "note": 34, "proffer": 3, "hello": 3}  # threads that stay open are bounded
REFUSING, AWAY = "/refusing", "/away"


@dataclass
class Load:
    """See the module. file: the ledger. poisoned: some messages make an agent fail that is planted to. kinds: how often
    each is said. surly: how many refuse what the org says, and as many are away. sent: by id; heard: what the org said,
    by thread, each id once."""

    org: Org
    file: Path
    seed: int
    rate: float = RATE
    poisoned: bool = False
    sources: int = SOURCES
    in_flight: int = IN_FLIGHT
    surly: int = SURLY
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)
    sent: dict[str, Sent] = field(default_factory=dict)
    heard: dict[str, dict[str, Plaintext]] = field(default_factory=dict)
    arrivals: Counter[str] = field(default_factory=Counter)
    fresh: set[str] = field(default_factory=set)  # threads in which something happened since somebody last looked

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.ring = Keyring()
        self.people: list[Correspondent] = []
        self.news = asyncio.Event()  # something was answered 202; whoever waits for that clears it
        self.waiting: deque[Sent] = deque()  # said in answer to something heard
        self._tasks: set[asyncio.Task[None]] = set()

    # -- while the block runs ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Listen for what the org says, and get ready to send."""
        self._ledger = self.file.open("a")
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._sessions = [
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.in_flight, local_addr=(f"127.0.0.{2 + number}", 0)),
                headers={"Content-Type": ENCRYPTED},
                timeout=aiohttp.ClientTimeout(total=10),
            )
            for number in range(self.sources)
        ]
        for path in ("", *(REFUSING, AWAY) * self.surly):
            self.people.append(Correspondent.make(self.org, self.ring, self.url + path))
            self.people[-1].surly = bool(path)

    async def close(self) -> None:
        """Stop listening and sending."""
        await self.rest()
        for session in self._sessions:
            await session.close()
        await self._runner.cleanup()
        self._ledger.close()

    # -- sending ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Send at the rate, whatever becomes of it, until cancelled; what got no answer goes first."""
        self.waiting.extend(each for each in self.sent.values() if not each.accepted)
        self.waiting.extend(self.random.sample(list(self.sent.values()), min(10, len(self.sent))))
        began, count = time.monotonic(), 0
        while True:
            if len(self._tasks) < self.in_flight:
                self.start(self.next())
            count += 1
            await asyncio.sleep(max(0.0, began + count / self.rate - time.monotonic()))

    def start(self, message: Sent) -> None:
        """Send a message, every tenth time twice at once."""
        for _ in range(2 if self.random.random() < REPEATED else 1):
            task = asyncio.create_task(self.post(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def rest(self) -> None:
        """Return once nothing is being sent."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
            await asyncio.sleep(0)

    async def finish(self, patience: float = 60.0) -> None:
        """Send what got no answer until it has one, and what is said in answer. Raises TimeoutError.

        patience: seconds, for a machine that has much else to do; how quick an agent is is not judged here.
        """
        async with asyncio.timeout(patience):
            while left := [each for each in self.sent.values() if not each.accepted]:
                self.waiting.clear()
                for message in left[: self.in_flight]:
                    self.start(message)
                await self.rest()
                await asyncio.sleep(0.05)

    async def post(self, message: Sent) -> None:
        """Post a message once, and write down that it was answered 202."""
        session = self.random.choice(self._sessions)
        try:
            async with session.post(self.org.url, data=message.who.seal(message.plain)) as answer:
                message.answers.append(answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return
        if answer.status == 202:
            self.news.set()
            self.fresh.add(message.thid)
            message.who.met |= message.who.surly  # it will never hear that it is welcome
            self._ledger.write(f"{message.id}\n")
            self._ledger.flush()

    def next(self) -> Sent:
        """What is said now: an answer if one is due, now and then what was not taken before, else something new."""
        if self.waiting:
            return self.waiting.popleft()
        if self.random.random() < REPEATED and (refused := [each for each in self.sent.values() if not each.accepted]):
            return self.random.choice(refused)
        now, met = int(time.time()), [each for each in self.people if each.met]
        [kind] = self.random.choices(list(self.kinds), list(self.kinds.values()))
        idle = [each for each in met if not each.busy]
        if not met or kind == "hello":
            who = next((each for each in self.people if not each.greeted), None) or self.newcomer()
            if who or not met:
                return self.keep(who.hello(now)) if who else self.random.choice(list(self.sent.values()))
        if kind == "proffer" and idle:
            return self.keep(self.random.choice(idle).proffer(now))
        who = self.random.choice(met)
        if kind == "note":
            return self.keep(who.poison(now) if self.poisoned and self.random.random() < REPEATED else who.note(now))
        return self.keep(who.ping(now))

    def newcomer(self) -> Correspondent | None:
        """One more person, unless there are enough."""
        if len(self.people) >= PEOPLE:
            return None
        self.people.append(Correspondent.make(self.org, self.ring, self.url))
        return self.people[-1]

    def keep(self, message: Sent) -> Sent:
        """A message that is to be answered 202 some day."""
        self.sent[message.id] = message
        return message

    # -- hearing ----------------------------------------------------------------------------------------------------

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == REFUSING:
            return web.Response(status=400)
        if request.path == AWAY:
            return web.Response(status=503)
        self.hear(await request.read())
        return web.Response(status=202)

    def hear(self, packed: bytes) -> None:
        """Take note of what the org says, and answer it, if it is new."""
        found = opened(self.org, self.ring, packed)
        message, thread = found.plaintext, self.heard.setdefault(found.plaintext.thread, {})
        self.arrivals[message.id] += 1
        again = message.id in thread
        thread[message.id] = message
        self.fresh.add(message.thread)
        now, name = int(time.time()), message.type.rpartition("/")[2]
        who = self.person(found.recipient_kid)
        if name == "welcome":
            who.met = True
        if name == "accept" and not again:
            self.waiting.append(self.keep(who.confirm(message, now)))
        elif message.please_ack and name != "accept" and not again:
            self.waiting.append(self.keep(who.acknowledge(message, now)))

    def person(self, kid: str | None) -> Correspondent:
        """Whose key this is."""
        did = (kid or "").partition("#")[0]
        return next(each for each in self.people if did in (each.did, each.peer))

    # -- what came of it --------------------------------------------------------------------------------------------

    def accepted(self) -> Iterable[Sent]:
        """What was answered 202."""
        return (each for each in self.sent.values() if each.accepted)
