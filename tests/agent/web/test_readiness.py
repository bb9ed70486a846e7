"""Whatever keeps the agent from its work is seen: an event, a count, a flag, words. Source: security, promise P25."""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import pytest

from agent import clock, inbox
from agent import parcel as parcels
from agent.agent import Agent
from agent.errors import Refused, Unavailable
from agent.parcel import Parcel
from agent.transports.memory import Network
from agent.watch import BUILT
from agent.ways import Receive
from agent.web import health, metrics, readiness
from agent.web.readiness import Finding, Lookout
from tests.agent.puppet import Puppet, canonical
from tests.agent.world import World, public_did
from tests.promises import Promise
from wallet.store import quarantine
from wallet.store.change import Change, Outgoing
from wallet.store.quarantine import Quarantined

ROOT = Path(__file__).parents[3]
NOTE = "https://didcomm.org/basicmessage/2.0/message"
MINUTE, HOUR, DAY = 60, 3600, 86400
PARCEL = parcels.write(Parcel(msgspec.Raw(b'{"id": "m1", "type": "t", "body": {}}'), 0))


@dataclass
class Scene:
    """One agent, somebody it knows, and what a test may do to them."""

    world: World
    agent: Agent
    friend: Puppet
    monkeypatch: pytest.MonkeyPatch

    @property
    def lookout(self) -> Lookout:
        """What looks at the conditions."""
        return Lookout(self.agent)


@pytest.fixture
async def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """An org that does its work."""
    agent, friend = await world.add("Town Library", "org"), Puppet.make(world)
    await friend.meet_org(agent, public_did(agent))
    await world.tick(10)
    friend.heard.clear()
    return Scene(world, agent, friend, monkeypatch)


class Refusing(Network):
    """A network in which everything is refused."""

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Refuse."""
        raise Refused("it answered 400")


# -- what can go wrong ---------------------------------------------------------------------------------------------


async def disk_is_full(scene: Scene) -> None:
    """Nothing can be written."""

    async def full(work: object) -> None:
        raise OSError(28, "No space left on device")

    scene.monkeypatch.setattr(scene.agent.store, "write", full)


async def disk_is_nearly_full(scene: Scene) -> None:
    """Little room is left."""
    scene.monkeypatch.setattr(readiness, "LEAST_FREE", 2**62)


async def file_is_damaged(scene: Scene) -> None:
    """The wallet cannot be read."""

    def damaged(work: object) -> None:
        raise OSError(5, "Input/output error")

    scene.monkeypatch.setattr(scene.agent.store, "read", damaged)


async def wallet_is_locked(scene: Scene) -> None:
    """Its keys are gone from memory."""
    scene.agent.store.lock()


async def clock_cannot_be(scene: Scene) -> None:
    """1970."""
    scene.world.jump(BUILT - DAY - scene.world.time)


async def clock_jumps(scene: Scene) -> None:
    """Somebody sets it by a year."""
    scene.world.jump(365 * DAY)
    await clock.look(scene.agent)


async def clock_is_apart(scene: Scene) -> None:
    """Everybody else says another time."""
    scene.agent.watch.compare("here", "Fri, 15 Jan 2027 09:00:00 GMT", scene.world.time)


async def timers_stop(scene: Scene) -> None:
    """The loop that looks at what is due has ended."""
    scene.world.time += 10 * MINUTE


async def messages_stay(scene: Scene) -> None:
    """Something is due, and nobody tries it."""
    row = Outgoing("m1", "t1", scene.world.time - HOUR, scene.world.time + DAY, PARCEL)
    await scene.agent.store.apply(Change(canonical(scene.friend.did), send=(row,)))


async def way_out_is_full(scene: Scene) -> None:
    """Hundreds of messages wait for one peer."""
    later = scene.world.time + HOUR
    rows = tuple(Outgoing(f"m{number}", "t1", later, later + DAY, PARCEL) for number in range(950))
    await scene.agent.store.apply(Change(canonical(scene.friend.did), send=rows))


async def quarantine_fills(scene: Scene) -> None:
    """Hundreds of messages are kept apart."""
    for number in range(950):
        row = Quarantined(number.to_bytes(16, "big"), "", "", b"x", "why", 1)
        await scene.agent.store.write(partial(quarantine.keep, row=row))


async def mediator_is_gone(scene: Scene) -> None:
    """What keeps a part of the agent from its work says so itself."""
    scene.agent.troubles["mediator"] = ("the mediator does not answer", "wait, or choose another: freerange mediator")


BREAKS: dict[Callable[[Scene], Awaitable[None]], str] = {
    disk_is_full: "store",
    disk_is_nearly_full: "disk",
    file_is_damaged: "store",
    wallet_is_locked: "unlocked",
    clock_cannot_be: "clock",
    clock_jumps: "clock",
    clock_is_apart: "clock",
    timers_stop: "timers",
    messages_stay: "outbox",
    way_out_is_full: "queues",
    quarantine_fills: "quarantine",
    mediator_is_gone: "mediator",
}


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda breaks: str(breaks.__name__))
async def test_what_keeps_the_agent_from_its_work_is_seen_in_four_ways(
    scene: Scene, breaks: Callable[[Scene], Awaitable[None]], caplog: pytest.LogCaptureFixture, promise: Promise
) -> None:
    caplog.set_level(logging.INFO, "freerange")
    lookout, check = scene.lookout, BREAKS[breaks]
    well = await lookout.look()
    caplog.clear()

    await breaks(scene)
    found = {each.check: each for each in await lookout.look()}
    again = len(caplog.records)
    await lookout.look()

    assert [each for each in well if not each.ok] == []
    assert not found[check].ok  # the flag
    assert min(len(found[check].detail), len(found[check].mend)) > 10  # the words
    events = [record for record in caplog.records if record.message == "not ready"]
    assert [(record.fields["check"], bool(record.fields["why"])) for record in events] == [(check, True)]  # type: ignore[attr-defined]  # what `note` adds
    assert len(caplog.records) == again  # said once, not at every look
    assert f'freerange_ready{{check="{check}"}} 0.0' in text(scene.agent, found)
    assert f'freerange_unready_total{{check="{check}"}} 1.0' in text(scene.agent, found)
    what = (
        "each failure that costs availability shows as an event, a count, a readiness flag, and words with a next step"
    )
    promise("P25", what=what, size=1, result="all seen", control="nothing is said while all is well", part=True)


def text(agent: Agent, found: dict[str, Finding]) -> str:
    """What Prometheus reads."""
    return metrics.text(agent, found.values()).decode()


async def test_what_is_well_again_is_said_to_be(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "freerange")
    lookout = scene.lookout
    scene.agent.troubles["mediator"] = ("gone", "wait")
    await lookout.look()

    del scene.agent.troubles["mediator"]
    found = await lookout.look()

    assert all(each.ok for each in found)
    assert [record.message for record in caplog.records] == ["not ready", "ready again"]


async def not_delivered(scene: Scene) -> None:
    """A peer cannot be reached."""
    scene.world.network.down.add(scene.friend.url)
    await scene.world.do(scene.agent, "/v1/pings", peer=scene.friend.did)
    await scene.world.pass_time(HOUR)


async def given_up(scene: Scene) -> None:
    """A peer refuses a message for good."""
    scene.world.network = Refusing()
    scene.agent.transport = scene.world.network
    await scene.world.do(scene.agent, "/v1/pings", peer=scene.friend.did)
    await scene.world.pass_time(HOUR)


async def kept_apart(scene: Scene) -> None:
    """This program has a fault."""

    def broken(*ignored: object) -> None:
        raise KeyError

    scene.monkeypatch.setattr(inbox, "hear", broken)
    message = scene.friend.message(NOTE, {"content": "hi"}, to=public_did(scene.agent))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await scene.friend.repeat(scene.agent, message)
    await scene.friend.repeat(scene.agent, message)


SEEN: dict[Callable[[Scene], Awaitable[None]], tuple[str, str, str]] = {
    not_delivered: ("not delivered yet", 'freerange_deliveries_total{result="unreachable"}', "cannot be reached"),
    given_up: ("given up", 'freerange_dead_letters_total{reason="refused"} 1.0', "was given up: it answered 400"),
    kept_apart: (
        "a message was put into quarantine",
        'freerange_quarantined_total{result="kept"} 1.0',
        "1 message is kept",
    ),
}


@pytest.mark.parametrize("happens", SEEN, ids=lambda happens: str(happens.__name__))
async def test_what_one_message_suffers_is_seen_too(
    scene: Scene, happens: Callable[[Scene], Awaitable[None]], caplog: pytest.LogCaptureFixture, promise: Promise
) -> None:
    """The agent itself goes on, so these are no matter of readiness."""
    caplog.set_level(logging.INFO, "freerange")
    scene.monkeypatch.setattr(scene.agent.needs, "knock", unanswered)
    event, count, words = SEEN[happens]

    await happens(scene)
    found = {each.check: each for each in await scene.lookout.look()}

    assert event in {record.message for record in caplog.records}
    assert count in text(scene.agent, found)
    assert any(words in each.detail for each in [each async for each in health.findings(scene.agent)])
    promise(
        "P25",
        what="what one message suffers shows as an event, a count, and words",
        size=1,
        result="all seen",
        part=True,
    )


async def unanswered(url: str) -> None:
    """Nobody answers."""


# -- what must not be seen -----------------------------------------------------------------------------------------


async def test_what_is_counted_names_nobody(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    for happens in (not_delivered, kept_apart, given_up):
        await happens(scene)
    found = {each.check: each for each in await scene.lookout.look()}
    said = text(scene.agent, found)

    assert "did:" not in said
    named = re.sub(r"(?m)^# .*$| [0-9.e+-]+$", "", said)  # without the numbers, in which there may be any digits
    for name in ("Town Library", scene.friend.did, canonical(scene.friend.did), "http", "9900", NOTE):
        assert name not in named
    labels = set(re.findall(r'="([^"]*)"', said)) - {"+Inf"}
    assert all(re.fullmatch(r"[A-Za-z0-9 _.]{0,40}", label) for label in labels), labels


def test_every_count_in_the_program_is_described() -> None:
    called = re.compile(r'\.count\(\s*"([a-z_]+)"')
    found = {name for path in (ROOT / "agent").rglob("*.py") for name in called.findall(path.read_text())}

    assert found == set(metrics.COUNTS)


async def test_states_are_read_when_they_are_asked_for(scene: Scene) -> None:
    before = text(scene.agent, {})
    await way_out_is_full(scene)
    await not_delivered(scene)

    after = text(scene.agent, {})

    assert 'freerange_waiting{queue="outgoing"} 1.0' in before  # the welcome, not acknowledged yet
    assert 'freerange_waiting{queue="outgoing"} 952.0' in after
    assert "freerange_peers_waiting 1.0" in after
    assert "freerange_destinations_resting 1.0" in after
    assert "freerange_process_resident_memory_bytes" in after


async def test_the_owner_hears_of_conditions_in_words(scene: Scene) -> None:
    await clock_is_apart(scene)
    scene.monkeypatch.setattr(scene.agent.needs, "knock", unanswered)

    said = await scene.world.listed(scene.agent, "/v1/health")

    [found] = [msgspec.convert(each, Finding) for each in said if each["check"] == "clock"]
    assert not found.ok
    assert "3590 s behind the others'" in found.detail
