"""What waits to be sent is addressed when it goes, whatever wrote it down."""

import msgspec
import pytest

from agent import parcel as parcels
from agent.didcomm import plaintext
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped
from tests.agent.puppet import Puppet
from tests.agent.world import World, the_only
from wallet.keys import new_id
from wallet.store.change import Change, Heard, Outgoing

NOTE = "https://didcomm.org/basicmessage/2.0/message"


async def test_a_message_that_an_earlier_version_put_in_the_queue_still_goes_out(world: World) -> None:
    """It was written down with its addresses, in the row and in the message."""
    her, friend = await world.add("her"), Puppet.make(world)
    known = await friend.befriend(her)
    note = Plaintext(id=new_id(), type=NOTE, from_=known.our_did, to=(friend.did,), body={"content": "From before"})
    row = {
        "plaintext": msgspec.Raw(plaintext.write(note)),
        "our_did": known.our_did,
        "their_did": friend.did,
        "spoken_as": known.our_did,
        "spoken_to": friend.did,
        "since": world.time,
        "reliable": False,
        "tries": 0,
        "resends": 0,
    }
    waiting = Outgoing(note.id, note.id, world.time, world.time + 60, msgspec.json.encode(row))
    await her.store.apply(Change(peer=known.peer, send=(waiting,)))

    await world.tick(1)

    [heard] = friend.heard
    assert (heard.id, heard.body) == (note.id, note.body)
    assert heard.from_ == the_only(her).spoken_as


async def test_what_is_said_is_written_down_without_addresses(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    known = await friend.befriend(her)
    world.network.down.add(friend.url)

    await world.do(her, "/v1/threads", peer=known.peer, type=NOTE, body={"content": "Later"})
    await world.settle()

    [(_, row)] = her.store.outgoing()
    assert b"did:" not in row.record
    assert parcels.read(row.record).stranger is None


async def test_a_repeat_of_what_an_earlier_version_heard_is_known_as_one(world: World) -> None:
    """Its mark was made of the addresses too."""
    her, friend = await world.add("her"), Puppet.make(world)
    known = await friend.befriend(her)
    ping = friend.message("https://didcomm.org/trust-ping/2.0/ping", {}, to=known.our_did)
    mark = Heard(ping.id, plaintext.former_fingerprint(ping), world.time + 60)
    await her.store.apply(Change(peer=known.peer, heard=mark))
    before = her.store.counts()

    await friend.repeat(her, ping)
    with pytest.raises(Dropped, match="equivocation"):
        await friend.repeat(her, msgspec.structs.replace(ping, body={"response_requested": False}))

    assert her.store.counts() == before
