"""Time: what is waited for, for how long, and who speaks when the owner is silent. Source: vrm-protocols 3.10 and 4."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from agent import clock
from agent.agent import Agent
from agent.parcel import LEASE
from tests.agent.customer import TEXT, Customer, proffered
from tests.agent.puppet import HELLO, MEET, TERMS, Puppet, digest
from tests.agent.world import World, public_did, state, the_only, threads, towards
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.store.change import Change
from wallet.strict_json import JsonObject

DAY = 86400


async def proffered_to(world: World, her: Agent, org: Puppet) -> str:
    """Her proffer to an org moved by hand; returns the thread."""
    peer = the_only(her).peer
    said = await world.do(her, "/v1/terms", peer=peer, agreement=TEXT.id, also=["freerange-service-and-purpose"])
    await world.settle()
    return str(said["thread"])


async def test_a_hello_that_nobody_answers_lapses_after_a_fortnight(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    [thid] = threads(her)

    await world.pass_time(14 * DAY - 60)
    before = state(her, thid)
    await world.pass_time(120)

    assert (before, state(her, thid)) == ("greeted", "lapsed")
    assert her.store.counts()["timer"] == 0


async def test_a_timer_that_is_moved_while_the_clock_waits_for_its_turn_does_not_ring_and_stays(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    [(peer, timer)] = her.store.due_timers(world.time + 30 * DAY)
    world.time = timer.at
    moved = replace(timer, at=timer.at + DAY)

    async with her.turn_of(peer):  # in which what was said asks for more time
        ticking = asyncio.create_task(clock.tick(her))
        while her._turns[peer][1] == 1:  # noqa: ASYNC110 - who waits for a turn tells nobody
            await asyncio.sleep(0)
        await her.store.apply(Change(peer, timers=(moved,)))
    await ticking

    assert her.store.due_timers(moved.at) == ((peer, moved),)


async def test_an_answer_that_comes_after_the_lapse_is_refused_and_binds_nobody(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.befriend(her)
    thid = await proffered_to(world, her, org)
    proffer = org.object("proffer")
    await world.pass_time(31 * DAY)

    body: JsonObject = {"agreement": {"id": TEXT.id, "version": TEXT.version, "digest": TEXT.digest}}
    signed = org.sign("TermsAccept", body, thid=thid, to=relationship.our_did, re=digest(proffer))
    await org.say(her, f"{TERMS}/accept", signed, to=relationship.our_did, thid=thid, sender_order=1)
    await world.settle()

    assert state(her, thid) == "lapsed"
    assert [each["code"] for each in org.reports()] == ["e.p.req.time.lapsed"]
    assert towards(her, org.did).agreements == ()


async def test_a_decline_of_a_lapsed_thread_is_heard_and_changes_nothing(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.befriend(her)
    thid = await proffered_to(world, her, org)
    proffer = org.object("proffer")
    await world.pass_time(31 * DAY)

    signed = org.sign(
        "TermsDecline", {"reason": "unacceptable"}, thid=thid, to=relationship.our_did, re=digest(proffer)
    )
    await org.say(her, f"{TERMS}/decline", signed, to=relationship.our_did, thid=thid, sender_order=1)
    await world.settle()

    assert state(her, thid) == "lapsed"
    assert org.reports() == []


async def test_an_offer_that_arrives_after_its_time_is_refused(world: World) -> None:
    """ST-07, and 3.10 "late offer": by its body, by its header, and by both."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    past = world.time - 60

    for body, headers in (
        (proffered(answer_by=timestamp(past)), {}),
        (proffered(), {"expires_time": past}),
        (proffered(answer_by=timestamp(past)), {"expires_time": past}),
    ):
        customer.thid = new_id()
        message = customer.signed(library, "proffer", body, 1, re=None)
        carried = customer.message(
            message.type, message.body, to=public_did(library), thid=customer.thid, sender_order=1, **headers
        )
        await customer.repeat(library, carried)
        assert customer.thid not in threads(library)
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.p.req.time.expired"] * 3


async def test_a_promise_waits_for_her_only_until_the_hold_date_and_then_her_agent_says_no(world: World) -> None:
    """An acceptance of terms she does not prefer is hers to decide; the org must not be left hanging."""
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.befriend(her)
    thid = await proffered_to(world, her, org)
    proffer = org.object("proffer")
    also = msgspec.json.decode(msgspec.json.encode(proffer))["credentialSubject"]["body"]["also"][0]
    signed = org.sign("TermsAccept", {"agreement": also}, thid=thid, to=relationship.our_did, re=digest(proffer))

    await org.say(her, f"{TERMS}/accept", signed, to=relationship.our_did, thid=thid, sender_order=1)
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    await world.pass_time(7 * DAY - 60)
    held = state(her, thid)
    await world.pass_time(31 * DAY)

    assert question["choices"] == ["yes", "no"]
    assert held == "accepted"
    assert state(her, thid) == "declined"
    assert org.last("decline").thid == thid
    assert await world.listed(her, "/v1/questions") == []


async def test_silence_of_the_owner_never_says_yes(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.do(library, "/v1/offers", peer=called, type="urn:card", name="Card", claims={"a": 1})
    await world.settle()

    await world.pass_time(400 * DAY)

    assert len(await world.listed(her, "/v1/questions")) == 1
    assert await world.listed(her, "/v1/credentials") == []


async def test_a_report_of_the_message_that_brought_us_here_ends_an_unbound_thread(world: World) -> None:
    """Law 3."""
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.befriend(her)
    thid = await proffered_to(world, her, org)
    proffer, before = org.last("proffer"), state(her, thid)

    for refused in ("another-message", proffer.id):
        await org.say(
            her, "https://didcomm.org/report-problem/2.0/problem-report", {"code": "e.p.me"},
            to=relationship.our_did, pthid=thid, ack=(refused,),
        )  # fmt: skip
        states = before, state(her, thid)
        before = state(her, thid)

    assert states == ("proffered", "abandoned")


async def test_a_complaint_never_undoes_an_agreement(world: World) -> None:
    """Law 3."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    await customer.repeat(library, customer.confirm(library))
    accept = customer.last("accept")

    await customer.say(
        library, "https://didcomm.org/report-problem/2.0/problem-report", {"code": "e.p.me"},
        to=public_did(library), pthid=thid, ack=(accept.id,),
    )  # fmt: skip

    assert state(library, thid) == "in-force"


async def test_after_the_end_nothing_but_what_ends_is_heard(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    await customer.repeat(library, customer.confirm(library))
    end = customer.sign(
        "RelationshipEnd", {"data": "erase", "by": "2030-01-01"}, thid="the-end", to=public_did(library)
    )
    await customer.say(library, f"{MEET}/end", end, to=public_did(library), thid="the-end", sender_order=1)

    await customer.say(library, f"{MEET}/hello", HELLO, to=public_did(library), sender_order=1)
    await customer.repeat(library, customer.withdraw(library))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.p.req.ended"]
    assert state(library, thid) == "ending-by-person"
    assert state(library, "the-end") == "leaving"


async def test_an_agreement_that_ends_later_is_in_force_until_then(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    thid = await world.agree(her, library)
    said = {"from": timestamp(world.time + 10 * DAY), "reason": "moving-on"}

    await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=said)
    await world.settle()

    for agent in (her, library):
        assert the_only(agent).governing(world.time + 9 * DAY) is not None
        assert the_only(agent).governing(world.time + 10 * DAY) is None


async def test_the_clock_goes_on_when_the_disk_refuses_once(world: World) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.invite(her)
    [thid] = threads(her)
    world.time += 15 * DAY
    apply, refused = her.store.apply, []

    def full(change: object) -> "asyncio.Future[object]":
        refused.append(change)
        # The one fault that no disk here can be made to have.
        her.store.apply = apply  # type: ignore[method-assign]  # the disk is well again
        raise OSError(28, "No space left on device")

    # The one fault that no disk here can be made to have.
    her.store.apply = full  # type: ignore[method-assign,assignment]  # it only ever raises
    task = asyncio.create_task(clock.run(her))
    async with asyncio.timeout(60):
        while state(her, thid) != "lapsed":  # noqa: ASYNC110 - a row of a table tells nobody
            await asyncio.sleep(0.01)
    task.cancel()

    assert len(refused) == 1
    assert state(her, thid) == "lapsed"


async def test_what_goes_out_at_once_does_not_wake_the_clock_and_what_is_due_sooner_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    await org.befriend(her)
    ticks, tick, woken = list[float](), clock.tick, asyncio.Event()

    async def counted(agent: Agent) -> None:
        await tick(agent)
        ticks.append(agent.looks_at)
        woken.set()

    monkeypatch.setattr(clock, "tick", counted)
    task = asyncio.create_task(clock.run(her))
    async with asyncio.timeout(60):
        await woken.wait()
        await proffered_to(world, her, org)
        slept = len(ticks)
        woken.clear()
        her.stir(her.now())
        await woken.wait()
        woken.clear()
        said = asyncio.get_running_loop().time()
        her.stir(her.now() + 1)
        await woken.wait()
        later = asyncio.get_running_loop().time() - said
    task.cancel()

    assert (slept, len(ticks)) == (1, 3)
    assert ticks[0] <= her.now() + LEASE
    assert later > 0.9, "it looked at once for what is due in a second"
