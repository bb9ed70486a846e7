"""The way in: what is heard is heard once, by the one it was meant for, from somebody who may speak."""

import asyncio

import pytest

from agent import inbox
from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import BadPlaintext
from agent.errors import Dropped
from tests.agent.puppet import HELLO, MEET, REPORT, TERMS, Puppet
from tests.agent.world import World, public_did, state, the_only, threads
from wallet.keys import new_id

PING = "https://didcomm.org/trust-ping/2.0/ping"
NOTE = "https://didcomm.org/basicmessage/2.0/message"


async def test_the_same_message_twice_has_one_effect_and_is_acknowledged_again(world: World) -> None:
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    hello = await stranger.say(
        library, f"{MEET}/hello", HELLO, to=public_did(library), sender_order=1, please_ack=("",)
    )
    await world.tick(3)
    before = library.store.counts()
    stranger.heard.clear()

    await stranger.repeat(library, hello)
    await world.tick(3)

    assert library.store.counts() == before
    assert [(each.type.rpartition("/")[2], each.ack) for each in stranger.heard] == [("empty", (hello.id,))]


async def test_the_same_message_many_times_at_once_has_one_effect(world: World) -> None:
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    ping = stranger.message(PING, {}, to=public_did(library))

    await asyncio.gather(*(stranger.repeat(library, ping) for _ in range(8)))
    await world.settle()

    assert [each.thid for each in stranger.heard].count(ping.id) == 1
    assert state(library, ping.id) == "done"


async def test_a_message_is_known_again_after_a_restart(world: World) -> None:
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    ping = await stranger.say(library, PING, {}, to=public_did(library))
    await world.settle()

    library = await world.restart(library)
    before = library.store.counts()
    await stranger.repeat(library, ping)
    await world.settle()

    assert library.store.counts() == before
    assert [each.thid for each in stranger.heard].count(ping.id) == 1


async def test_two_messages_with_one_id_are_equivocation_and_the_second_is_dropped(world: World) -> None:
    """ST-02. Ids are compared without case."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    first = await stranger.say(library, NOTE, {"content": "yes"}, to=public_did(library), id="an-id")
    before = library.store.counts()

    for id in (first.id, "AN-ID"):
        with pytest.raises(Dropped, match="equivocation"):
            await stranger.say(library, NOTE, {"content": "no"}, to=public_did(library), id=id)

    assert library.store.counts() == before


async def test_ids_are_unique_for_each_peer_and_never_across_peers(world: World) -> None:
    library = await world.add("Town Library", "org")
    one, other = Puppet.make(world, 1), Puppet.make(world, 2)

    for stranger in (one, other):
        await stranger.say(library, PING, {}, to=public_did(library), id="the-same-id")
    await world.settle()

    assert len(one.heard) == len(other.heard) == 1


async def test_a_stranger_is_dropped_and_leaves_no_trace(world: World) -> None:
    her = await world.add("her")
    library = await world.add("Town Library", "org")
    await world.introduce(her, library)
    before, stranger = her.store.counts(), Puppet.make(world)

    for type in (NOTE, PING, f"{MEET}/hello", f"{TERMS}/proffer", REPORT):
        with pytest.raises(Dropped, match="stranger"):
            await stranger.say(her, type, {}, to=the_only(her).our_did)

    assert her.store.counts() == before


async def test_an_anonymous_message_is_dropped(world: World) -> None:
    """ENV-35."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    before = library.store.counts()

    for author in (stranger.did, None):
        ping = stranger.message(PING, {}, to=public_did(library), from_=author)
        with pytest.raises(Dropped, match="anonymous"):
            await inbox.receive(library, await stranger.pack(library, ping, anonymous=True))

    assert library.store.counts() == before


async def test_a_message_that_is_only_signed_is_dropped(world: World) -> None:
    """It may have been meant for somebody else: nothing but encryption says that it is for us."""
    library = await world.add("Town Library", "org")
    known = Puppet.make(world)
    await known.meet_org(library, public_did(library))
    before = library.store.counts()
    ping = known.message(PING, {}, to="did:example:somebody-else")
    signed = envelopes.sign(plaintext.write(ping), keys=known.ring, kid=f"{known.did}#key-1")

    with pytest.raises(Dropped):
        await inbox.receive(library, signed)

    assert library.store.counts() == before


async def test_a_message_in_somebody_elses_thread_touches_neither(world: World) -> None:
    """ST-04: whether that thread exists does not show in the answer."""
    library = await world.add("Town Library", "org")
    owner, thief = Puppet.make(world, 1), Puppet.make(world, 2)
    for each in (owner, thief):
        await each.meet_org(library, public_did(library))
    stolen = owner.message(PING, {"response_requested": False}, to=public_did(library))
    await owner.repeat(library, stolen)
    before = threads(library)

    for thid in (stolen.id, new_id()):
        await thief.say(
            library, "https://didcomm.org/trust-ping/2.0/ping-response", {}, to=public_did(library), thid=thid
        )
    await world.settle()

    first, second = thief.reports()
    assert first == second
    assert threads(library) == before


async def test_what_is_out_of_turn_gets_one_report_and_changes_nothing(world: World) -> None:
    """ST-05."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    [thread] = threads(library)
    before = threads(library)[thread].thread

    hello = await stranger.say(
        library, f"{MEET}/hello", HELLO, to=public_did(library), thid=thread, sender_order=2, please_ack=("",)
    )
    await world.pass_time(86400)

    assert [each["code"] for each in stranger.reports()] == ["e.m.req.out-of-turn"]
    assert threads(library)[thread].thread == before
    assert hello.id in stranger.acknowledged()


async def test_a_problem_report_is_never_answered(world: World) -> None:
    """ST-08."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    [thread] = threads(library)
    stranger.heard.clear()

    for about in ({"pthid": thread}, {"thid": thread}):
        await stranger.say(library, REPORT, {"code": "e.m"}, to=public_did(library), **about)
    for about in ({"pthid": new_id()}, {}):
        with pytest.raises(Dropped):
            await stranger.say(library, REPORT, {"code": "e.m"}, to=public_did(library), **about)
    await stranger.say(library, REPORT, {"no": "code"}, to=public_did(library), pthid=thread)
    await world.pass_time(86400)

    assert [each.type for each in stranger.heard if each.type == REPORT] == []


async def test_at_most_ten_reports_go_out_in_one_thread(world: World) -> None:
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    [thread] = threads(library)

    for _ in range(14):
        await stranger.say(library, PING, {}, to=public_did(library), thid=thread)
        await world.tick(60)

    assert len(stranger.reports()) == 10


async def test_at_most_five_reports_a_minute_go_to_one_peer(world: World) -> None:
    library = await world.add("Town Library", "org")
    noisy, quiet = Puppet.make(world), Puppet.make(world, 1)
    for each in (noisy, quiet):
        await each.meet_org(library, public_did(library))

    for _ in range(8):
        await noisy.say(library, "https://example.com/chess/1.0/move", {}, to=public_did(library))
    await quiet.say(library, "https://example.com/chess/1.0/move", {}, to=public_did(library))
    await world.settle()

    assert (len(noisy.reports()), len(quiet.reports())) == (5, 1)


async def test_what_this_agent_does_not_speak_is_said_to_be_so(world: World) -> None:
    """ST-22."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    before = threads(library)

    for type in ("https://didcomm.org/trust-ping/3.0/ping", "https://example.com/chess/1.0/move"):
        await stranger.say(library, type, {}, to=public_did(library))
    await world.settle()

    assert [each["code"] for each in stranger.reports()] == ["e.m.msg.unsupported-type"] * 2
    assert threads(library) == before


async def test_a_plaintext_that_cannot_be_read_is_reported_to_a_known_sender_only(world: World) -> None:
    library = await world.add("Town Library", "org")
    known, unknown = Puppet.make(world, 1), Puppet.make(world, 2)
    await known.meet_org(library, public_did(library))

    for each in (known, unknown):
        ping = each.message(PING, {}, to=public_did(library), created_time=1.5)
        with pytest.raises(Dropped):
            await each.repeat(library, ping)
    await world.settle()

    assert [each["code"] for each in known.reports()] == ["e.m.msg.invalid"]
    assert unknown.heard == []


async def test_a_refused_first_message_is_refused_again_when_the_refusal_was_lost(world: World) -> None:
    """Else its sender would say it for ever: 3.6, "send again what was answered"."""
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    await stranger.meet_org(library, public_did(library))
    bad = stranger.message(f"{TERMS}/proffer", {}, to=public_did(library), sender_order=1, please_ack=("",))

    for _ in range(2):
        stranger.heard.clear()
        await stranger.repeat(library, bad)
        await world.settle()
        assert [(each.pthid, each.ack) for each in stranger.heard if each.type == REPORT] == [(bad.id, (bad.id,))]


async def test_a_stranger_who_is_refused_at_the_door_may_knock_again(world: World) -> None:
    library = await world.add("Town Library", "org")
    stranger = Puppet.make(world)
    bad = stranger.message(f"{MEET}/hello", {"protocols": 7}, to=public_did(library), sender_order=1)

    for _ in range(2):
        await stranger.repeat(library, bad)
        await world.settle()

    assert [each["code"] for each in stranger.reports()][:1] == ["e.m.msg.invalid"]
    assert library.store.counts()["peer"] == library.store.counts()["thread"] == 0


async def test_two_of_our_dids_cannot_be_told_to_be_one_wallet(world: World) -> None:
    """A peer who knows one of her DIDs learns nothing by writing to another."""
    her = await world.add("her")
    one, other = Puppet.make(world, 1), Puppet.make(world, 2)
    await one.invite(her)
    towards_other = await other.invite(her)
    before = her.store.counts()
    one.heard.clear()

    with pytest.raises(Dropped):
        await one.say(her, PING, {}, to=towards_other.our_did)
    with pytest.raises(Dropped):
        await one.say(her, PING, {}, to=towards_other.our_did, created_time=1.5)
    await world.tick(60)

    assert her.store.counts() == before
    assert one.heard == []


@pytest.mark.parametrize("value", [rb'"\ud800"', rb'"\u0000"', b"9007199254740993", b"[" * 40 + b"]" * 40])
async def test_a_known_peer_is_told_once_that_its_message_cannot_be_read(world: World, value: bytes) -> None:
    """ENV-06, ENV-07, ENV-08."""
    library = await world.add("Town Library", "org")
    peer = Puppet.make(world)
    await peer.meet_org(library, public_did(library))
    ping = plaintext.write(peer.message(PING, {"x": 1}, to=public_did(library)))

    for _ in range(2):
        packed = await peer.pack_raw(library, ping.replace(b'"x":1', b'"x":' + value), public_did(library))
        with pytest.raises(BadPlaintext):
            await inbox.receive(library, packed)
        await world.settle()

    assert [each["code"] for each in peer.reports()] == ["e.m.msg.invalid"]
