"""A bridge that takes what tests let it take, and the events tests send over it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from agent import events, owner
from agent.agent import Agent
from agent.bridges import CloudEvent, Inbound, Undelivered
from agent.bridges.dispatch import Dispatcher
from agent.draft import Draft
from tests.agent.world import World, known
from wallet.needs import Lookup

NAME = "customs"


@dataclass
class Customs:
    """refuses: faults by subject, or by "" for everything. slow: subjects that take for ever."""

    refuses: dict[str, Exception] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    taken: list[CloudEvent] = field(default_factory=list)
    done: list[Inbound] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)
    poll_every: float = 1.0

    async def deliver(self, event: CloudEvent) -> None:
        if (fault := self.refuses.get(event.subject) or self.refuses.get("")) is not None:
            raise fault
        if event.subject in self.slow:
            await asyncio.sleep(3600)
        self.taken.append(event)

    async def poll(self) -> Sequence[Inbound]:
        return [each for each in self.done if each.key not in self.settled]

    async def settle(self, key: str, refused: str = "") -> None:
        self.settled[key] = refused

    async def close(self) -> None:
        self.closed = True

    def told(self, subject: str | None = None) -> list[object]:
        """The numbers of the events taken, in order; of one subject, if asked for."""
        return [each.data["number"] for each in self.taken if subject in (None, each.subject)]


def bridged(agent: Agent, customs: Customs) -> Dispatcher:
    """The dispatcher of an agent that has one bridge."""
    dispatcher = Dispatcher(agent)
    agent.config = replace(agent.config, bridges=(NAME,))
    dispatcher.add(NAME, customs)
    return dispatcher


async def customers(world: World, number: int) -> tuple[Agent, list[str]]:
    """A shop and what it calls its customers; their meeting is no news any more."""
    shop = await world.add("Shop", "org")
    for name in range(number):
        await world.introduce(await world.add(f"her {name}"), shop)
    return shop, [each.local for each in sorted(known(shop), key=lambda each: each.since)]


async def happen(agent: Agent, subject: str, number: int) -> None:
    """Something happens with a customer."""

    def decide(draft: Draft) -> Lookup[None]:
        events.raise_event(draft, "test.happened", {"number": number})
        yield from ()

    await owner.act(agent, events.peer_of(agent, subject), "t", decide)


FULL = Undelivered("it is full")
