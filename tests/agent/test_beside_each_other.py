"""Two workers of one agent: what one of them remembers of a relationship, another may have changed meanwhile.

What is remembered saves looking it up for every message; nothing may ever come of what does not hold any more.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent import home, inbox
from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped, Unavailable
from tests.agent.puppet import EMPTY, Puppet
from tests.agent.test_rotation_heard import NOTE, PING, counted, moved
from tests.agent.world import PASSPHRASE, Near, World, public_did, the_only
from wallet.store import postgresql, waiting
from wallet.store.server_readers import Readers, Rows, Values


@pytest.fixture
async def world(tmp_path: Path, database: str) -> AsyncIterator[World]:
    waiting.install(asyncio.get_running_loop())
    made = World(tmp_path, database=database)
    yield made
    await made.close()


async def customer(world: World) -> tuple[Agent, Agent, Puppet]:
    """Two workers of an org, and somebody whom both remember."""
    library, known = await world.add("Town Library", "org"), Puppet.make(world)
    await known.meet_org(library, public_did(library))
    await world.tick(5)
    library.store.close()
    del world.agents[library.config.name]
    first, second = [await worker(world, library) for _ in range(2)]
    for each in (first, second):
        await known.say(each, PING, {}, to=public_did(each))
        await world.settle()
        assert the_only(each).peer in each._known
    known.heard.clear()
    return first, second, known


async def worker(world: World, agent: Agent) -> Agent:
    """One more that does the work of an agent."""
    store = postgresql.open(world.database, agent.config.tenant, path=agent.store.path, alone=False)
    await store.unlock(PASSPHRASE)
    made = home.assemble(agent.config, store, world.network)
    made.now, made.steady = agent.now, agent.steady
    made.needs = Near(world)
    world.agents[f"{agent.config.name} {len(world.agents)}"] = made
    return made


async def test_who_is_remembered_is_not_looked_up_for_another_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, known = await customer(world)
    asked, ask = list[str](), Readers.ask

    def listened(readers: Readers, sql: str, values: Values) -> asyncio.Future[Rows]:
        asked.append(sql)
        return ask(readers, sql, values)

    monkeypatch.setattr(Readers, "ask", listened)

    await known.say(first, EMPTY, {}, to=public_did(first), ack=("nothing",))

    assert not [sql for sql in asked if " FROM peer " in sql or " FROM did " in sql]


async def test_what_comes_from_a_did_that_was_left_is_dropped_by_a_worker_that_remembers_it(world: World) -> None:
    first, second, known = await customer(world)
    late = known.message(PING, {}, to=public_did(second))
    packed = await known.pack(second, late)
    await known.say(first, PING, {}, to=public_did(first), from_prior=moved(known))

    with pytest.raises(Dropped, match="former"):
        await inbox.receive(second, packed)

    assert not second.store.seen(the_only(second).peer, late.id)


async def test_what_comes_from_a_new_did_is_taken_by_a_worker_that_remembers_the_old_one(world: World) -> None:
    first, second, known = await customer(world)
    await known.say(first, PING, {}, to=public_did(first), from_prior=moved(known))

    said = await known.say(second, PING, {}, to=public_did(second))
    await world.settle()

    who = the_only(second)
    assert second.store.seen(who.peer, said.id)
    assert who.their_did == known.did
    assert said.id in {each.thid for each in known.heard}
    assert counted(first, "followed") == 1


async def test_two_workers_that_hear_of_one_relationship_at_the_same_time_lose_nothing(world: World) -> None:
    first, second, known = await customer(world)

    said = await asyncio.gather(
        *(known.say(each, PING, {}, to=public_did(each)) for _ in range(10) for each in (first, second))
    )
    await world.settle()

    peer = the_only(first).peer
    assert all(first.store.seen(peer, each.id) for each in said)
    assert {each.id for each in said} <= {each.thid for each in known.heard}


@pytest.mark.parametrize(("people", "most"), [(3, 6), pytest.param(8, 24, marks=pytest.mark.full)])
async def test_redelivered_in_any_order_to_any_worker_each_message_is_kept_once_and_in_its_place(
    world: World, people: int, most: int
) -> None:
    """P13. Whatever is early is not acknowledged, and comes again until it is taken, as a sender would have it."""
    first, second, _ = await customer(world)
    workers, source = [first, second, await worker(world, first)], random.Random(people)
    senders = [Puppet.make(world, 1 + number) for number in range(people)]
    said = dict[str, list[Plaintext]]()
    for each in senders:
        name = await each.meet_org(first, public_did(first))
        said[name] = thread(each, public_did(first), most)
    copies = [
        (each, message) for each, messages in zip(senders, said.values(), strict=True) for message in messages * 3
    ]
    source.shuffle(copies)

    async def deliver(sender: Puppet, message: Plaintext) -> None:
        while True:
            with suppress(Dropped, Unavailable):
                await sender.repeat(source.choice(workers), message)
                return
            await asyncio.sleep(0.01)

    async with asyncio.timeout(120):
        await asyncio.gather(*(deliver(*copy) for copy in copies))
    await world.settle()

    for peer, messages in said.items():
        rows = [row.id for row in first.store.log(peer, messages[0].id) if not row.ours]
        assert rows == [each.id for each in messages]
        known, _ = first.conversation(peer, messages[0].id)
        assert known
        assert (known.heard, known.early) == (most, ())


def thread(sender: Puppet, to: str, most: int) -> list[Plaintext]:
    """The messages of one thread, in their order."""
    opening = sender.message(NOTE, {"content": "1"}, to=to, sender_order=1, please_ack=("",))
    more = (
        sender.message(NOTE, {"content": str(place)}, to=to, thid=opening.id, sender_order=place)
        for place in range(2, most + 1)
    )
    return [opening, *more]
