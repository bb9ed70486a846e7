"""A message through a mediator against the same message sent directly: the CPU of everybody who has a part in it.

All run in this process and talk HTTP and WebSocket over loopback, so the CPU of the process is that of sender, mediator
and recipient. People of one kind have addresses; those of the other have none, and stay in touch with the mediator.
Messages go to all people of a kind at once, to each in its order. What is acknowledged to the mediator is counted.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import process_time

import msgspec

from agent import identity, invitations, mediation, owner
from agent.agent import Agent
from agent.config import Config
from agent.web import relationships
from agent.web.relationships import Accepting
from protocols.standard.basic_message import BasicMessage, basic_message
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, of
from scripts._bench.world import Met, configuration
from wallet import dids

PEOPLE = 8
BOUND = 2.2
TEXT = "x" * 600  # makes a plaintext of about 1 KiB
PATIENCE = 60.0


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU of a message through a mediator, in that of the same message sent directly."""
    ratios, through = asyncio.run(_measure(effort))
    figure = of("message through a mediator, against a direct one", "x", ratios, BOUND)
    yield replace(figure, note=f"{through:.2f} ms of sender, mediator and recipient together")


async def _measure(effort: Effort) -> tuple[list[float], float]:
    async with world.serving_all(configuration("org", "shop"), mediating()) as (shop, post):
        addresses = [configuration("person", f"d{number}") for number in range(PEOPLE)]
        boxes = [without_address(f"m{number}") for number in range(PEOPLE)]
        async with world.serving_all(*addresses) as direct, world.serving_all(*boxes) as behind:
            me = identity.own(post)
            assert me is not None
            for person in behind:
                await mediation.take_on(person, me.did)
            known = [await meet(shop, person) for person in direct]
            reached = [await meet(shop, person) for person in behind]
            await asyncio.sleep(effort.acknowledged)
            ratios, costs = [], []
            count = max(2, effort.exchanges // 6)
            for _ in range(max(effort.repeats, effort.rounds // 4) + 1):  # the first warms up
                straight = await cost(shop, post, known, count)
                through = await cost(shop, post, reached, count)
                ratios.append(through / straight)
                costs.append(through)
            return ratios[1:], 1000 * sum(costs[1:]) / len(costs[1:])


def mediating() -> Config:
    """Settings of a mediator."""
    return msgspec.structs.replace(configuration("org", "post"), mediates=True)


def without_address(name: str) -> Config:
    """Settings of a person who has no address."""
    return msgspec.structs.replace(configuration("person", name), url="", listen="")


async def meet(shop: Agent, person: Agent) -> Met:
    """They meet; over a mediator it takes a moment."""
    _, url = await invitations.invite(shop, goal="Meet", once=True)
    await relationships.accept(person, Accepting(url))
    await until(lambda: world.the_only(person).met)
    peer = shop.store.peer_of(dids.canonical(world.the_only(person).our_did))
    assert peer is not None
    return Met(person, peer)


async def cost(shop: Agent, post: Agent, people: list[Met], count: int) -> float:
    """CPU seconds for one message, of so many to each of these, until all are kept and nothing is held any more."""
    before = {each.peer: heard(each.person) for each in people}
    began = process_time()
    await asyncio.gather(*(write(shop, each.peer, count) for each in people))
    await until(
        lambda: (
            not post.store.counts()["held"] and all(heard(each.person) - count >= before[each.peer] for each in people)
        )
    )
    spent = process_time() - began
    await asyncio.sleep(0.1)
    return spent / count / len(people)


async def write(shop: Agent, peer: str, count: int) -> None:
    """So many messages to one person, one after another."""
    for _ in range(count):
        await owner.open_thread(shop, peer, basic_message, BasicMessage(TEXT))


def heard(person: Agent) -> int:
    """How many messages a person has kept."""
    return person.store.counts()["heard"]


async def until(holds: Callable[[], bool]) -> None:
    """Look now and then, until this holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if holds():
                return
            await asyncio.sleep(0.02)
