"""What one of several workers does for all, and which of them has a line to whom: two workers, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent import owner, resending, sending
from agent.agent import Agent
from agent.attendance import Attendance
from agent.desk import Desk
from agent.draft import Draft
from agent.outbox import Outbox
from tests.agent.puppet import Puppet
from tests.agent.test_beside_each_other import customer, world
from tests.agent.transports.wire import PATIENCE
from tests.agent.world import World, the_only
from tests.ports import free_ports
from wallet.needs import Lookup
from wallet.store import lines
from wallet.store.postgresql import ServerStore

__all__ = ["world"]


@dataclass(eq=False)
class Socket:
    """A line that somebody has opened."""

    closed: bool = False
    single: bool = False
    source: str = ""

    async def send(self, packed: bytes) -> None:
        """Say something there."""

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Something may come."""


@dataclass
class Disk:
    """A disk that refuses a work as long as it is full."""

    work: Callable[..., Any]
    full: bool = True

    def __call__(self, *asked: Any, **named: Any) -> Any:
        """Do the work."""
        if self.full:
            raise OSError(28, "no space left on device")
        return self.work(*asked, **named)


@pytest.fixture
async def desks(world: World, tmp_path: Path) -> AsyncIterator[tuple[Desk, Desk]]:
    """Both workers' views of one desk."""
    first, second, _ = await customer(world)
    [port] = free_ports(1)
    for each in (first, second):
        each.config = msgspec.structs.replace(each.config, api=f"127.0.0.1:{port}")
    both = Desk(first, tmp_path), Desk(second, tmp_path)
    yield both
    for desk in both:
        await desk.leave()


async def taken(desk: Desk) -> None:
    """Return once this worker has the desk. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while desk.seat is None:
            await desk.look()
            await asyncio.sleep(0.01)


async def test_whoever_cannot_leave_a_token_leaves_the_desk_to_others(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    first, second = desks
    in_the_way = tmp_path / "api.json"
    in_the_way.mkdir()

    with suppress(OSError):
        await first.look()
    in_the_way.rmdir()
    await taken(second)

    assert first.seat is None
    assert in_the_way.exists()


async def test_a_desk_of_which_a_part_has_ended_is_left_and_taken_anew(desks: tuple[Desk, Desk]) -> None:
    first, _ = desks
    await taken(first)
    before = first.seat
    assert before
    before.tasks[0].cancel()
    await asyncio.wait([before.tasks[0]])

    await first.look()
    await taken(first)

    assert first.seat
    assert not any(task.done() for task in first.seat.tasks)
    assert all(task.done() for task in before.tasks)


@pytest.fixture
async def lines_of(world: World) -> tuple[Agent, Attendance, Attendance, str]:
    """A worker, what it tells of its lines, what another hears of them, and somebody both know."""
    first, second, _ = await customer(world)
    told, heard = Attendance(first), Attendance(second)
    await told.look()
    return first, told, heard, the_only(first).peer


async def elsewhere(heard: Attendance, peer: str, number: int | None) -> None:
    """Return once a line is known to be there. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while heard.look_at(peer).elsewhere != number:  # noqa: ASYNC110 - another worker tells nobody
            await asyncio.sleep(0.01)


async def test_a_line_of_which_nothing_could_be_written_is_told_of_later(
    lines_of: tuple[Agent, Attendance, Attendance, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, told, heard, peer = lines_of
    monkeypatch.setattr(lines, "come", disk := Disk(lines.come))

    agent.ways.offer(peer, Socket())
    assert told._task
    await asyncio.wait([told._task])
    disk.full = False
    await told.look()

    await elsewhere(heard, peer, told.number)


async def test_a_line_that_is_over_is_told_of_though_that_could_not_be_written_at_once(
    lines_of: tuple[Agent, Attendance, Attendance, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, told, heard, peer = lines_of
    line = Socket()
    agent.ways.offer(peer, line)
    await elsewhere(heard, peer, told.number)
    monkeypatch.setattr(lines, "gone", disk := Disk(lines.gone))

    line.closed = True
    with pytest.raises(OSError, match="space"):
        await told.look()
    disk.full = False
    await told.look()

    await elsewhere(heard, peer, None)


async def said(agent: Agent) -> str:
    """Something binding that a worker has said. Returns its id."""

    def say(draft: Draft) -> Lookup[str]:
        told = sending.aside(draft, sending.EMPTY_TYPE, {}, please_ack=("",))
        sending.enqueue(draft, told, reliable=True)
        yield from ()
        return told.id

    return await owner.act(agent, the_only(agent).peer, "a thread", say)


async def said_and_not_sent(world: World, agent: Agent) -> str:
    """The same by one who is left no time to send it."""
    id = await said(agent)
    agent.outbox.leave()
    await world.settle()
    return id


async def arrived(agent: Agent, known: Puppet, world: World) -> set[str]:
    """The ids of what has arrived, now that this worker has sent what is due."""
    await agent.outbox.post_due()
    await world.settle()
    return {each.id for each in known.heard}


async def test_what_is_said_while_another_worker_is_told_is_left_for_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = await customer(world)
    there, here = Attendance(first), Attendance(second)
    for each in (there, here):
        await each.look()
    assert isinstance(second.outbox, Outbox)
    second.outbox.attendance = here
    peer = the_only(first).peer
    first.ways.offer(peer, Socket())
    await elsewhere(here, peer, there.number)
    begun, go, tell = asyncio.Event(), asyncio.Event(), here.tell

    async def slowly(worker: int, whom: str) -> None:
        begun.set()
        await go.wait()
        await tell(worker, whom)

    monkeypatch.setattr(here, "tell", slowly)
    told = [await said(second)]
    await begun.wait()
    told.append(await said(second))
    go.set()
    await second.outbox.quiet()

    assert [row.id for _, row in second.store.due_outgoing(peer, second.now())] == told


async def test_what_one_worker_could_not_send_any_more_another_sends_when_it_takes_that_up(world: World) -> None:
    """Even what would be said again only minutes later if it had been sent."""
    first, second, known = await customer(world)

    id = await said_and_not_sent(world, first)
    before = await arrived(second, known, world)
    await resending.take_up(second.store, second.now())
    after = await arrived(second, known, world)

    assert id not in before
    assert id in after


async def test_what_was_broken_off_when_the_database_was_away_goes_once_it_is_back(
    world: World, tmp_path: Path
) -> None:
    first, _, known = await customer(world)
    [port] = free_ports(1)
    first.config = msgspec.structs.replace(first.config, api=f"127.0.0.1:{port}")
    desk = Desk(first, tmp_path)
    await taken(desk)
    id = await said_and_not_sent(world, first)
    before = await arrived(first, known, world)

    assert isinstance(first.store, ServerStore)
    assert first.store._locks
    assert first.store._locks._session
    first.store._locks._session.drop()
    await desk.look()
    after = await arrived(first, known, world)

    assert id not in before
    assert id in after
    await desk.leave()
