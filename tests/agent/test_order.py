"""Order within a thread: however messages come, they are applied as they were said. Source: vrm-protocols 3.6."""

from itertools import permutations

import pytest

from agent import inbox
from agent.conversation import MOST_EARLY
from agent.didcomm import plaintext
from agent.didcomm.plaintext import BadPlaintext, Plaintext
from agent.errors import Dropped
from tests.agent.customer import Customer
from tests.agent.puppet import MEET, Puppet
from tests.agent.world import World, public_did, state, threads, towards

NOTE = "https://didcomm.org/basicmessage/2.0/message"


async def hear(world: World, customer: Customer, messages: tuple[Plaintext, ...]) -> None:
    """Let the org hear some messages one after the other, and answer."""
    for message in messages:
        await customer.repeat(world.agents["Town Library"], message)
    await world.settle()


async def test_messages_of_a_thread_in_every_order_end_as_if_they_had_come_in_order(world: World) -> None:
    """ST-06."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    ends = set()

    for places in permutations(range(4)):
        thid = await customer.proffer(library)
        said = (
            customer.confirm(library),
            customer.withdraw(library),
            *(customer.message(NOTE, {}, to=public_did(library), thid=thid, sender_order=order) for order in (4, 5)),
        )
        await hear(world, customer, tuple(said[place] for place in places))

        conversation = threads(library)[thid]
        ends.add((conversation.thread.state, conversation.heard, conversation.early, len(conversation.thread.said)))
        [question] = await world.listed(library, "/v1/questions")
        await world.do(library, f"/v1/questions/{question['question']}/answer", answer="yes")
        await world.settle()
        assert state(library, thid) == "withdrawn"

    assert ends == {("ending-by-person", 5, (), 4)}
    assert towards(library, customer.did).theirs.seq == 24 * 3


async def test_an_early_message_is_held_and_not_acknowledged_until_it_is_applied(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm, withdraw = customer.confirm(library), customer.withdraw(library)

    for _ in range(2):
        await customer.repeat(library, withdraw)
    await world.tick(5)
    held = state(library, thid), withdraw.id in customer.acknowledged()
    await customer.repeat(library, confirm)
    await world.tick(5)

    assert held == ("accepted", False)
    assert state(library, thid) == "ending-by-person"
    assert {confirm.id, withdraw.id} <= customer.acknowledged()


async def test_what_is_held_survives_a_restart(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm, withdraw = customer.confirm(library), customer.withdraw(library)

    await customer.repeat(library, withdraw)
    library = await world.restart(library)
    await customer.repeat(library, confirm)

    assert state(library, thid) == "ending-by-person"


async def test_no_more_than_eight_early_messages_are_held(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm = customer.confirm(library)
    early = [customer.withdraw(library, 3 + place) for place in range(MOST_EARLY + 1)]

    for message in early[:MOST_EARLY]:
        await customer.repeat(library, message)
    before = library.store.counts()
    with pytest.raises(Dropped, match="early"):
        await customer.repeat(library, early[MOST_EARLY])

    assert library.store.counts() == before
    await customer.repeat(library, confirm)
    await customer.repeat(library, early[MOST_EARLY])
    assert threads(library)[thid].heard == 3 + MOST_EARLY


async def test_a_second_message_whose_first_has_not_come_is_dropped_and_comes_again(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await customer.proffer(library)
    customer.thid = "a-thread-unheard-of"

    with pytest.raises(Dropped, match="early"):
        await customer.repeat(library, customer.confirm(library))

    assert "a-thread-unheard-of" not in threads(library)


async def test_a_place_in_the_order_that_was_heard_long_ago_is_a_duplicate(world: World) -> None:
    """3.6: also when its id is forgotten."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm = customer.confirm(library)
    await customer.repeat(library, confirm)
    before = threads(library)[thid].thread
    world.time += 40 * 86400
    await library.store.forget(world.time)

    await customer.repeat(library, confirm)
    await world.tick(3)

    assert threads(library)[thid].thread == before
    assert confirm.id in customer.acknowledged()
    assert customer.reports() == []


@pytest.mark.parametrize("order", [b"true", b"1.0"])
async def test_what_is_no_whole_number_is_no_place_in_the_order(world: World, order: bytes) -> None:
    """Though it equals one, it is not kept as one: the thread could not be read again."""
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.invite(her)
    thid = org.last("hello").thread
    welcome = org.message(f"{MEET}/welcome", {}, to=relationship.our_did, thid=thid, sender_order=1)
    raw = plaintext.write(welcome).replace(b'"sender_order":1', b'"sender_order":' + order)

    with pytest.raises(BadPlaintext):
        await inbox.receive(her, await org.pack_raw(her, raw, relationship.our_did))
    await world.settle()

    assert [each["args"] for each in org.reports()] == [["$.sender_order"]]
    assert threads(her)[thid].heard == 0
