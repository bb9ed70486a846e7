"""What waits can be seen, tried again and thrown away."""

import msgspec
import pytest

from agent import inbox
from agent.agent import Agent
from agent.cli.queue import Outcomes, Queue, Whole
from agent.cli.views import Fields
from agent.errors import Refused, Unavailable
from agent.transports.memory import Network
from agent.ways import Receive
from agent.web import api
from tests.agent.customer import Customer
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did, state, threads

NOTE = "https://didcomm.org/basicmessage/2.0/message"
MINUTE, HOUR, DAY = 60, 3600, 86400


class Refusing(Network):
    """A network in which everything is refused while a test says so."""

    refusing = False

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Refuse, or carry."""
        if self.refusing:
            raise Refused("it answered 400")
        return await super().send(url, packed, receive)


@pytest.fixture
def network(world: World) -> Refusing:
    """The network of this world."""
    world.network = Refusing()
    return world.network


async def queue(world: World, agent: Agent) -> Queue:
    """All that waits, by kind, as the command line reads it."""
    return msgspec.json.decode(msgspec.json.encode(await world.ask(agent, "GET", "/v1/queue")), type=Queue)


async def do(world: World, agent: Agent, path: str) -> list[str]:
    """What came of doing something about it."""
    return [each.came for each in msgspec.convert(await world.do(agent, path), Outcomes).done]


async def message(world: World, agent: Agent, id: str) -> Fields:
    """What one message says."""
    whole = msgspec.convert(await world.ask(agent, "GET", f"/v1/queue/{id}"), Whole)
    assert whole.message is not None
    return whole.message


async def note(world: World, agent: Agent, did: str, text: str) -> None:
    """Write to somebody."""
    await world.do(agent, "/v1/threads", peer=did, type=NOTE, body={"content": text})
    await world.settle()


def texts(puppet: Puppet) -> list[object]:
    """What it was written."""
    return [each.body["content"] for each in puppet.heard if each.type == NOTE]


async def test_of_what_waits_to_be_sent_one_sees_for_whom_since_when_why_and_until_when(
    world: World, network: Refusing
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    relationship = await friend.befriend(her)
    network.down.add(friend.url)
    await note(world, her, friend.did, "Hello?")
    await world.pass_time(HOUR)

    found = await queue(world, her)
    [waiting] = found.out
    said = await message(world, her, waiting.id[:8])

    assert found.counts == {"out": 1, "early": 0, "dead": 0, "quarantine": 0}
    assert found.peers == ({"who": relationship.called, "out": 1, "early": 0, "dead": 0, "quarantine": 0},)
    assert (waiting.who, waiting.what, waiting.state) == (relationship.called, "message", "waits")
    assert waiting.why == "nobody listens there"
    assert waiting.tries > 8
    assert str(waiting.since) < str(waiting.next) < str(waiting.until)
    assert said["body"] == {"content": "Hello?"}


async def test_what_was_delivered_and_not_acknowledged_is_said_to_be_so(world: World, network: Refusing) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.invite(her)
    await world.tick(MINUTE)

    [waiting] = (await queue(world, her)).out

    assert (waiting.what, waiting.state) == ("hello", "unacknowledged")


async def test_what_waits_can_be_tried_at_once(world: World, network: Refusing) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    for text in ("one", "two"):
        await note(world, her, friend.did, text)
    await world.pass_time(DAY)
    network.down.clear()

    [first, _] = (await queue(world, her)).out
    came = await do(world, her, f"/v1/queue/{first.id}/retry")
    await world.settle()

    assert came == ["is tried now, with all that waits for the same peer"]
    assert texts(friend) == ["one", "two"]
    assert (await queue(world, her)).out == ()


async def test_a_dead_letter_can_be_sent_after_all(world: World, network: Refusing) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.refusing = True
    await note(world, her, friend.did, "Take it")
    await world.pass_time(HOUR)
    network.refusing = False

    [letter] = (await queue(world, her)).dead
    await world.do(her, "/v1/queue/retry")
    await world.pass_time(MINUTE)

    assert (letter.why, letter.state) == ("it answered 400", "given up")
    assert texts(friend) == ["Take it"]
    assert (await queue(world, her)).counts == {"out": 0, "early": 0, "dead": 0, "quarantine": 0}


async def test_what_is_thrown_away_never_goes(world: World, network: Refusing) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    await note(world, her, friend.did, "Forget it")
    await world.pass_time(HOUR)

    [waiting] = (await queue(world, her)).out
    await world.do(her, f"/v1/queue/{waiting.id}/discard")
    network.down.clear()
    await world.pass_time(DAY)

    assert texts(friend) == []


async def test_a_message_that_came_early_is_shown_with_what_it_waits_for(world: World, network: Refusing) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    await customer.repeat(library, customer.withdraw(library))

    [waiting] = (await queue(world, library)).early

    assert (waiting.what, waiting.thread) == ("withdraw", thid)
    assert waiting.why == "it is number 3 of its thread, and number 2 has not come"
    status, _ = await api.answer(library, "POST", f"/v1/queue/{waiting.id}/discard")
    assert status == 409
    assert state(library, thid) == "accepted"


async def poisoned(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Agent, Customer, str]:
    """An org with one message in quarantine, which it has a fault for. Returns the message's thread too."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)

    def broken(*ignored: object) -> None:
        raise KeyError

    monkeypatch.setattr(inbox, "hear", broken)
    message = customer.message(NOTE, {"content": "hi"}, to=public_did(library))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await customer.repeat(library, message)
    await customer.repeat(library, message)
    return library, customer, message.thread


async def test_what_is_in_quarantine_is_taken_once_the_fault_is_mended(
    world: World, network: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, customer, thid = await poisoned(world, monkeypatch)
    [before] = (await queue(world, library)).quarantine
    still = await do(world, library, f"/v1/queue/{before.id}/retry")
    [after] = (await queue(world, library)).quarantine
    monkeypatch.undo()

    taken = await do(world, library, f"/v1/queue/{before.id}/retry")

    assert before.why == "a fault of this program (KeyError)"
    assert after == before
    assert still == ["failed again (a fault of ours) and stays in quarantine"]
    assert taken == ["was taken"]
    assert (await queue(world, library)).quarantine == ()
    assert thid in threads(library)
    assert customer.peer


async def test_what_is_in_quarantine_can_be_looked_at_sealed_and_thrown_away(
    world: World, network: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, customer, thid = await poisoned(world, monkeypatch)
    [waiting] = (await queue(world, library)).quarantine

    said = await message(world, library, waiting.id)
    await world.do(library, f"/v1/queue/{waiting.id}/discard")

    assert said["sender"] == customer.peer
    assert "ciphertext" in str(said["packed"])
    assert (await queue(world, library)).quarantine == ()
    assert thid not in threads(library)


@pytest.mark.parametrize("path", ["/v1/queue/zzz", "/v1/queue/zzz/retry", "/v1/queue/zzz/discard"])
async def test_what_does_not_wait_is_said_not_to(world: World, network: Refusing, path: str) -> None:
    her = await world.add("her")

    status, said = await api.answer(her, "POST" if path.count("/") > 3 else "GET", path)

    assert status == 404
    assert "freerange queue" in str(said)


async def test_of_much_that_waits_the_oldest_is_listed_and_all_is_counted(
    world: World, network: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.web.queue.MOST_SHOWN", 3)
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    for number in range(5):
        await note(world, her, friend.did, f"{number}")

    found = await queue(world, her)

    assert found.counts == {"out": 5, "early": 0, "dead": 0, "quarantine": 0}
    assert len(found.out) == 3
