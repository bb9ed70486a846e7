"""A network that is watched, and what is said over it: for tests of what waits."""

import itertools
from dataclasses import dataclass, field

from agent.agent import Agent
from agent.errors import Refused, Unreachable
from agent.transports.memory import Network
from agent.ways import Receive
from tests.agent.puppet import Puppet
from tests.agent.world import World

NOTE = "https://didcomm.org/basicmessage/2.0/message"


@dataclass
class Watched(Network):
    """A network that remembers who was tried when, and refuses or loses what a test plants. world: whose clock."""

    world: World | None = None
    tried: list[tuple[int, str]] = field(default_factory=list)
    refuses: int = 0
    loses: int = 0
    asked: int | None = None
    there: bool = False

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Carry, unless a test planted something else."""
        self.tried.append((self.world.time if self.world else 0, url))
        if url in self.down:
            raise Unreachable("it answered 503", self.asked, there=self.there)
        if self.refuses:
            self.refuses -= 1
            raise Refused("it answered 400")
        if self.loses:
            self.loses -= 1
            return False
        return await super().send(url, packed, receive)

    def times(self, *urls: str) -> list[int]:
        """When these were tried."""
        return [at for at, url in self.tried if url in urls]


async def begin(world: World, agent: Agent, did: str, text: str) -> str:
    """Write to somebody in a new thread. Returns the thread's id."""
    begun = await world.do(agent, "/v1/threads", peer=did, type=NOTE, body={"content": text})
    return str(begun["thread"])


async def go_on(world: World, agent: Agent, thid: str, text: str) -> None:
    """Write once more in a thread."""
    await world.do(agent, f"/v1/threads/{thid}/say", message="message", body={"content": text})


def texts(puppet: Puppet) -> list[str]:
    """What it was written, repeats included, in the order it came."""
    return [str(each.body["content"]) for each in puppet.heard if each.type == NOTE]


def out_of_order(said: list[list[str]], heard: list[str]) -> list[str]:
    """What of each thread is missing, comes twice, or comes after what was said later."""
    return [text for thread in said for text, came in itertools.zip_longest(thread, of(thread, heard)) if text != came]


def of(thread: list[str], heard: list[str]) -> list[str]:
    """What was heard of one thread."""
    return [text for text in heard if text in thread]


async def conversations(world: World, her: Agent, friend: Puppet, threads: int, each: int) -> list[list[str]]:
    """Many threads to one friend, several messages in each, one thread after the other taking its turn."""
    thids: list[str] = []
    for thread in range(threads):
        thids.append(await begin(world, her, friend.did, f"{thread}/0"))
    for turn in range(1, each):
        for thread, thid in enumerate(thids):
            await go_on(world, her, thid, f"{thread}/{turn}")
            if thread % 7 == 0:
                await her.outbox.quiet()
    return [[f"{thread}/{turn}" for turn in range(each)] for thread in range(threads)]
