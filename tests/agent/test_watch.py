"""A clock that is wrong, or is set while the agent runs. Source: security, promise P20, cases ST-07 and SR-16."""

import asyncio
from collections.abc import AsyncIterator
from email.utils import formatdate
from time import time

import pytest
from aiohttp import web

from agent import acts, clock
from agent.agent import Agent
from agent.errors import Unavailable
from agent.transports.http import Sender
from agent.watch import BUILT, DOUBT, Watch
from tests.agent.customer import Customer
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did, state, the_only, threads
from tests.promises import Promise
from wallet.store.change import Change, Heard, Timer

NOTE = "https://didcomm.org/basicmessage/2.0/message"
REPORT = "https://didcomm.org/report-problem/2.0/problem-report"
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


async def note(world: World, agent: Agent, text: str) -> None:
    """Write to the only peer there is."""
    await world.do(agent, "/v1/threads", peer=the_only(agent).peer, type=NOTE, body={"content": text})
    await world.settle()


def findings(agent: Agent) -> dict[str, int]:
    """Counts by name."""
    return {name: count for (name, _), count in agent.metrics.counts.items()}


# -- while it runs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEAR, -YEAR, 20 * YEAR], ids=["+1h", "-1h", "+1y", "-1y", "+20y"])
async def test_when_the_clock_is_set_nothing_is_called_over_and_what_waits_goes_on_waiting(
    world: World, promise: Promise, jump: int
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    await world.do(her, "/v1/terms", peer=the_only(her).peer)  # waits a month for its answer
    world.network.down.add(friend.url)
    await note(world, her, "Are you there?")
    await her.store.apply(Change(friend.did, heard=Heard("mark", b"", world.time + 30 * DAY)))
    await world.pass_time(DAY)
    before, states = her.store.counts(), {thid: state(her, thid) for thid in threads(her)}

    world.jump(jump)
    await world.tick(1)
    after = her.store.counts()
    for _ in range(30):
        await world.tick(MINUTE)
    world.network.down.clear()
    world.jump(-jump)  # somebody sets it right
    for _ in range(61):
        await world.tick(MINUTE)

    assert after == before
    assert {thid: state(her, thid) for thid in threads(her)} == states
    assert [each.body["content"] for each in friend.heard if each.type == NOTE] == ["Are you there?"]
    assert findings(her)["clock_jumps"] == 2
    what = (
        "the clock of a running agent is set (-1 y to +20 y): noticed; nothing expires, what waits is tried as planned"
    )
    promise("P20", what=what, size=1, result="nothing expired", part=True)


async def test_a_clock_that_stays_where_it_was_set_is_believed_after_an_hour(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.invite(her)
    [thid] = threads(her)
    await world.tick(1)

    world.jump(YEAR)
    await world.tick(1)
    held = state(her, thid), her.clock_in_doubt
    await world.tick(DOUBT)
    await world.tick(1)

    assert held == ("greeted", True)
    assert (state(her, thid), her.clock_in_doubt) == ("lapsed", False)


async def test_marks_of_what_was_heard_are_not_forgotten_because_of_a_jump(world: World) -> None:
    """Else every message could be applied again."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await world.tick(1)
    heard = library.store.counts()["heard"]

    world.jump(YEAR)
    await clock.look(library)

    assert heard > 0
    assert library.clock_in_doubt
    assert customer.peer


async def test_what_comes_too_late_only_by_a_clock_in_doubt_is_put_off(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await world.tick(1)
    message = customer.message(NOTE, {"content": "hi"}, to=public_did(library), expires_time=world.time + DAY)
    world.jump(YEAR)
    await world.tick(1)

    with pytest.raises(Unavailable):
        await customer.repeat(library, message)
    world.jump(-YEAR)
    await world.tick(1)
    await customer.repeat(library, message)

    assert message.id in threads(library)


async def test_a_clock_that_jumps_makes_no_timer_spin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.invite(her)
    await clock.look(her)
    looks, tick = [], clock.tick

    async def counted(agent: Agent) -> None:
        looks.append(agent)
        await tick(agent)

    monkeypatch.setattr(clock, "tick", counted)
    for jump in (YEAR, -2 * YEAR):
        world.jump(jump)
        task = asyncio.create_task(clock.run(her))
        await asyncio.sleep(0.5)
        task.cancel()

    assert len(looks) <= 12


async def test_a_thread_that_cannot_be_looked_at_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """P14, for timers."""
    her, one, other = await world.add("her"), Puppet.make(world), Puppet.make(world, 1)
    await one.invite(her)
    [bad] = threads(her)
    await other.invite(her)
    [good] = set(threads(her)) - {bad}
    rung = clock.rung

    def broken(agent: Agent, peer: str, timer: Timer) -> object:
        if timer.thid == bad:
            raise KeyError(timer.thid)
        return rung(agent, peer, timer)

    monkeypatch.setattr(clock, "rung", broken)
    await world.pass_time(14 * DAY + HOUR)

    assert (state(her, bad), state(her, good)) == ("greeted", "lapsed")
    assert findings(her)["timers_failed"] >= 1
    monkeypatch.undo()
    await world.pass_time(HOUR)
    assert state(her, bad) == "lapsed"


# -- at a start ----------------------------------------------------------------------------------------------------


async def test_before_this_program_was_written_nothing_is_said_heard_or_found_valid(world: World) -> None:
    """SR-16: 1970 at boot."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    world.jump(1_000 - world.time)
    before = kept(library)

    with pytest.raises(Unavailable, match="clock_implausible"):
        await customer.say(library, NOTE, {"content": "hi"}, to=public_did(library))
    with pytest.raises(AssertionError, match="1970-01-01"):
        await world.do(library, "/v1/pings", peer=customer.peer)

    assert kept(library) == before


def kept(agent: Agent) -> dict[str, int]:
    """How much there is of everything but the team's log, in which it stands that something was refused."""
    ours = sum(len(list(agent.store.items(kind))) for kind in (acts.KIND, acts.NEWEST))
    return {name: number - ours * (name == "item") for name, number in agent.store.counts().items()}


# -- apart from the others -----------------------------------------------------------------------------------------


def date(at: int) -> str:
    """A moment as HTTP writes it."""
    return formatdate(at, usegmt=True)


def test_a_clock_apart_from_most_others_is_noticed_and_one_odd_place_is_not() -> None:
    watch, now = Watch(), BUILT + DAY

    watch.compare("odd", date(now - YEAR), now)
    alone = watch.skewed
    for place in ("one", "two", "three"):
        watch.compare(place, date(now - 4 * MINUTE), now)
    near = watch.skewed, watch.apart
    for place in ("one", "two", "three"):
        watch.compare(place, date(now + 6 * MINUTE), now)

    assert alone
    assert near == (False, 4 * MINUTE)
    assert (watch.skewed, watch.apart) == (True, -6 * MINUTE)


@pytest.mark.parametrize("text", ["", "yesterday", "Sun, 99 Nov 2026 04:17:11 GMT", "\x00" * 100])
def test_a_date_that_is_none_says_nothing(text: str) -> None:
    watch = Watch()

    watch.compare("here", text, BUILT)

    assert watch.apart == 0


def test_a_jump_of_seconds_is_none_and_after_a_long_one_the_clock_is_doubted_for_an_hour() -> None:
    watch = Watch()
    looks = [watch.look(now, steady) for now, steady in [(1000, 5.0), (1010, 15.0), (1045, 20.0), (1050 + DAY, 25.0)]]
    doubted = watch.doubted_until
    far = watch.look(1060 + 3 * DAY, 35.0)

    assert looks == [0, 0, 0, DAY - 0]
    assert doubted == 0.0
    assert (far, watch.doubted_until) == (2 * DAY, 35.0 + DOUBT)


@pytest.fixture
async def port_answering() -> AsyncIterator[int]:
    """The port of somebody who takes every message, and whose clock is 1000 s behind."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=202, headers={"Date": formatdate(time() - 1000, usegmt=True)})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def test_the_time_of_those_who_answer_is_compared_with_ours(port_answering: int) -> None:
    watch = Watch()

    await Sender(development=True, watch=watch).send(f"http://127.0.0.1:{port_answering}/", b"{}")

    assert abs(watch.apart - 1000) < 60


# -- the sender's clock --------------------------------------------------------------------------------------------


async def test_a_message_from_the_future_is_applied_and_its_sender_warned_once(world: World) -> None:
    """ST-07."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    customer.heard.clear()

    for early in (4 * MINUTE, HOUR, HOUR):
        thid = f"thread-{early}"
        await customer.say(
            library, NOTE, {"content": "hi"}, to=public_did(library), thid=thid, created_time=world.time + early
        )
    await world.settle()

    assert {"thread-240", "thread-3600"} <= set(threads(library))
    assert [(each.body["code"], each.pthid, each.ack) for each in customer.heard if each.type == REPORT] == [
        ("w.m.req.time", "thread-3600", ())
    ]


async def test_a_warning_ends_no_thread(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)

    await customer.say(library, REPORT, {"code": "w.m.req.time"}, to=public_did(library), pthid=thid)
    await world.settle()

    assert state(library, thid) == "accepted"
