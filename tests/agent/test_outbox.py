"""The way out: nothing that was said is silently given up. Source: vrm-protocols 3.6; security, promise P6."""

import msgspec
import pytest

from agent import parcel as parcels
from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.errors import Refused
from agent.transports.memory import Network
from agent.ways import Receive
from tests.agent.customer import Customer
from tests.agent.puppet import EMPTY, MEET, Puppet
from tests.agent.world import World, public_did, state, the_only, threads
from wallet.strict_json import parse_object

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
MINUTE, HOUR, DAY = 60, 3600, 86400


class Refusing(Network):
    """A network in which some addresses refuse whatever comes."""

    refusing: frozenset[str] = frozenset()

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Refuse, or carry."""
        if url in self.refusing:
            raise Refused("it answered 400")
        return await super().send(url, packed, receive)


def waiting(agent: Agent) -> list[int]:
    """Seconds until the next attempt, for every message on its way out."""
    due = agent.store.next_due()
    return [] if due is None else [due - agent.now()]


async def note(world: World, agent: Agent, text: str) -> None:
    """Say something in a protocol that leaves delivery to the transport."""
    peer = the_only(agent).peer
    await world.do(agent, "/v1/threads", peer=peer, type=NOTE, body={"content": text})
    await world.settle()


def heard(puppet: Puppet, name: str) -> list[Plaintext]:
    """What it was sent of one kind, repeats included."""
    return [each for each in puppet.heard if each.type.endswith(f"/{name}")]


async def test_an_unreachable_peer_is_tried_again_with_growing_waits_until_it_is_back(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    world.network.down.add(friend.url)
    waits = []

    await note(world, her, "Are you there?")
    for _ in range(16):
        [wait] = waiting(her)
        waits.append(wait)
        await world.tick(wait)
    world.network.down.clear()
    await world.tick(2 * HOUR)

    assert all(0.8 * 2**place - 1 <= wait <= 1.2 * 2**place + 1 for place, wait in enumerate(waits[:11]))
    assert all(wait <= 1.2 * HOUR for wait in waits)
    assert [each.body["content"] for each in heard(friend, "message")] == ["Are you there?"]
    assert her.store.dead_letters() == ()


async def test_a_message_that_is_refused_three_times_becomes_a_dead_letter(world: World) -> None:
    world.network = Refusing()
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    world.network.refusing = frozenset({friend.url})

    await note(world, her, "Will you have this?")
    await world.pass_time(HOUR)

    [letter] = her.store.dead_letters()
    assert letter.why == "it answered 400"
    assert b"Will you have this?" in letter.message.record


async def test_a_message_that_waits_longer_than_a_fortnight_becomes_a_dead_letter(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    world.network.down.add(friend.url)

    await note(world, her, "Hurry")
    await world.pass_time(14 * DAY + 2 * HOUR)  # the last wait may be a little over an hour

    assert [letter.why for letter in her.store.dead_letters()] == ["expired"]


async def test_an_offer_is_given_up_when_nobody_may_answer_it_any_more(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.tick(5)
    world.network.down.add(library.config.url)
    terms = await world.ask(her, "GET", "/v1/terms/freerange-service-only")
    assert isinstance(terms, dict)
    agreement = {name: terms[name] for name in ("id", "version", "digest")}
    body = {"agreement": agreement, "scope": "relationship", "answer_by": "2027-01-16T00:00:00Z"}

    begun = await world.do(
        her, "/v1/threads", peer="Town Library", type=f"{MEET.replace('relationship', 'terms')}/proffer", body=body
    )
    await world.settle()
    await world.pass_time(2 * DAY)

    assert state(her, str(begun["thread"])) == "lapsed"
    assert [letter.why for letter in her.store.dead_letters()] == ["expired"]
    assert her.store.counts()["outgoing"] == 0


async def test_a_reliable_message_goes_out_again_until_it_is_acknowledged(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    times = {len(heard(org, "hello")): world.time}
    begun = world.time

    for _ in range(40):
        before = len(heard(org, "hello"))
        await world.tick(2 * HOUR if world.time > begun + HOUR else 5 * MINUTE)
        if len(heard(org, "hello")) > before:
            times[before + 1] = world.time

    hellos = heard(org, "hello")
    assert len({(each.id, each.sender_order) for each in hellos}) == 1
    assert [each.sent_count for each in hellos] == list(range(1, len(hellos) + 1))
    waits = [later - earlier for earlier, later in zip(list(times.values()), list(times.values())[1:], strict=False)]
    assert 8 * MINUTE <= waits[0] <= 17 * MINUTE
    assert 0.8 * HOUR <= waits[1] <= 3.2 * HOUR
    assert 0.8 * 6 * HOUR <= waits[2] <= 1.2 * 6 * HOUR + 2 * HOUR
    assert all(0.8 * DAY <= wait <= 1.2 * DAY + 2 * HOUR for wait in waits[3:])

    await org.say(her, EMPTY, {}, to=the_only(her).our_did, thid=hellos[0].thid, ack=(hellos[0].id,))
    org.heard.clear()
    await world.pass_time(9 * DAY)
    assert org.heard == []


async def test_a_resent_message_that_never_arrived_is_not_resent_faster_after_a_month(world: World) -> None:
    assert [parcels.resend_after(count, 0) for count in range(5)] == [600, HOUR, 6 * HOUR, DAY, DAY]
    assert parcels.resend_after(40, 31 * DAY) == 7 * DAY


async def test_what_no_answer_carries_is_acknowledged_by_itself_after_two_seconds(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm = customer.confirm(library)
    customer.heard.clear()

    await customer.repeat(library, confirm)
    await world.tick(1)
    early = len(customer.heard)
    await world.tick(1)

    assert early == 0
    assert [(each.type, each.thid, each.ack, each.please_ack) for each in customer.heard] == [
        (EMPTY, thid, (confirm.id,), ())
    ]


async def test_what_an_answer_carries_is_not_acknowledged_twice(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)

    await customer.proffer(library)
    await world.tick(5)

    assert [len(each.ack) for each in customer.heard] == [1, 1]
    assert EMPTY not in {each.type for each in customer.heard}


async def test_two_acknowledgements_are_two_messages(world: World) -> None:
    """Else a peer that knows messages by their ids would read the first one only."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await customer.proffer(library)

    for message in (customer.confirm(library), customer.withdraw(library)):
        await customer.repeat(library, message)
        await world.tick(3)

    bare = [each for each in customer.heard if each.type == EMPTY]
    assert [len(each.ack) for each in bare] == [1, 2]
    assert len({each.id for each in bare}) == 2


async def test_an_acknowledgement_is_never_acknowledged(world: World) -> None:
    """ST-09."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    customer.heard.clear()

    await customer.say(library, EMPTY, {}, to=public_did(library), thid=thid, please_ack=("",), ack=("x",))
    await world.tick(5)

    assert customer.heard == []


async def test_messages_of_one_thread_leave_in_the_order_they_were_said(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    thid = await world.agree(her, library)
    said = {"from": "2030-01-01T00:00:00Z", "reason": "other"}

    await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=said)
    await world.settle()

    log = await world.ask(her, "GET", f"/v1/threads/{thid}/log")
    assert isinstance(log, dict)
    orders = [each["message"]["sender_order"] for each in log["log"] if each["ours"]]
    assert orders == [1, 2, 3]


async def test_peers_do_not_wait_for_each_other(world: World) -> None:
    her, gone, there = await world.add("her"), Puppet.make(world, 1), Puppet.make(world, 2)
    for org in (gone, there):
        await org.invite(her)
        org.heard.clear()
    world.network.down.add(gone.url)

    for org in (gone, there):
        await world.do(her, "/v1/pings", peer=org.did)
    await her.outbox.quiet()
    await world.network.deliver()

    assert [each.type for each in there.heard] == [PING]


async def test_every_message_is_encrypted_anew_and_for_its_one_recipient(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    await world.pass_time(DAY)

    packed = [parse_object(raw) for _, raw in world.network.carried]

    assert len(packed) > 2
    assert len({str(each["ciphertext"]) for each in packed}) == len(packed)
    assert all(len(each["recipients"]) == 1 for each in packed if isinstance(each["recipients"], list))
    assert len(threads(her)) == 1


async def test_an_acknowledged_message_is_not_put_back_by_an_attempt_under_way(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.agree(her, library)
    await world.pass_time(10)

    assert her.store.counts()["outgoing"] == library.store.counts()["outgoing"] == 0


async def test_what_was_said_before_a_crash_goes_out_after_it(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    await world.tick(5)
    org.heard.clear()

    her.outbox = Silent()
    await world.do(her, "/v1/pings", peer=org.did)
    her = await world.restart(her)
    await world.pass_time(HOUR)

    assert PING in {each.type for each in org.heard}


class Silent:
    """A way out by which nothing leaves: the process dies before its first attempt."""

    def post(self, peer: str, messages: object) -> None:
        """Do nothing."""

    async def post_due(self) -> None:
        """Do nothing."""

    def hasten(self, peer: str, *, insist: bool = False) -> None:
        """Do nothing."""

    def under_way(self, peer: str) -> None:
        """Nothing is under way."""

    def busy(self) -> int:
        """With nobody."""
        return 0

    def resting(self) -> int:
        """None."""
        return 0

    def held_up(self) -> int:
        """None."""
        return 0

    async def shift(self, by: int, *, stored: bool = True) -> None:
        """Nothing waits."""

    def call(self, peer: str) -> None:
        """Do nothing."""

    def leave(self) -> None:
        """Do nothing."""

    async def begin(self) -> None:
        """Do nothing."""

    async def quiet(self, within: float | None = None) -> None:
        """Nothing is under way."""


@pytest.mark.parametrize("record", [b"{}", b""])
async def test_a_row_that_cannot_be_read_is_said_to_be_so(record: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        parcels.read(record)


async def test_a_peer_that_names_our_own_address_as_its_own_starts_no_loop(world: World) -> None:
    """DID-15."""
    library = await world.add("Town Library", "org")
    mirror = Puppet.make(world, url=library.config.url)

    await mirror.say(library, PING, {}, to=public_did(library))
    await world.settle()
    await world.pass_time(DAY)

    assert mirror.heard == []
    assert len(world.network.carried) == 1
    assert library.store.counts()["outgoing"] == 0
