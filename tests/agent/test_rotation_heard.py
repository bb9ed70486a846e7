"""Hearing that somebody moved to another DID: believed only with a proof, once, and never against the newest.

Source: DIDComm Messaging v2.1, "DID Rotation"; security, rows ST-12 to ST-15.
"""

import msgspec
import pytest

from agent import evidence, inbox
from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.errors import BadEnvelope, Dropped, Unavailable
from agent.needs import Needs
from tests.agent.puppet import EMPTY, HELLO, MEET, Puppet
from tests.agent.world import World, ledger, peer_of, public_did, the_only, threads
from wallet import dids, keys, prior
from wallet.dids import peer as did_peer
from wallet.dids import web
from wallet.dids.services import at
from wallet.keys import Curve
from wallet.needs import Fetch
from wallet.strict_json import JsonObject

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"


def moved(puppet: Puppet, when: int = 0, kid: str = "") -> str:
    """Give a puppet a fresh DID. Returns the proof, by the old one's key or by another. when: Unix seconds."""
    old = puppet.did
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    puppet.did = did_peer.create4(signing.public, agreement.public, (at(puppet.url),))
    puppet.ring.add(f"{puppet.did}#key-1", signing)
    puppet.ring.add(f"{puppet.did}#key-2", agreement)
    return prior.make(keys=puppet.ring, kid=kid or f"{old}#key-1", new=puppet.did, at=when or puppet.world.time)


def counted(agent: Agent, result: str) -> int:
    """How often a rotation was heard with this result."""
    return agent.metrics.counts["rotations_heard", (("result", result),)]


async def customer(world: World) -> tuple[Agent, Puppet, str]:
    """An org, somebody who has greeted it, and its name there."""
    library = await world.add("Town Library", "org")
    known = Puppet.make(world)
    name = await known.meet_org(library, public_did(library))
    await world.tick(5)
    known.heard.clear()
    return library, known, name


async def test_somebody_who_proves_it_is_known_by_its_new_did(world: World) -> None:
    library, known, name = await customer(world)
    old = known.did

    proof = moved(known)
    await known.say(library, PING, {}, to=public_did(library), from_prior=proof)
    await world.settle()

    who = the_only(library)
    assert (who.peer, who.their_did, who.their_former) == (name, known.did, (dids.canonical(old),))
    assert peer_of(library, known.did) == peer_of(library, old) == name
    [answer] = known.heard
    assert answer.to == (known.did,)
    assert counted(library, "followed") == 1
    assert [row.record.decode() for row in library.store.items(evidence.ROTATION)] == [proof]


async def test_a_rotation_survives_a_restart(world: World) -> None:
    library, known, name = await customer(world)
    await known.say(library, PING, {}, to=public_did(library), from_prior=moved(known))

    library = await world.restart(library)

    await known.say(library, PING, {}, to=public_did(library))
    assert peer_of(library, known.did) == the_only(library).peer == name


async def test_what_was_heard_before_a_rotation_is_a_repeat_after_it_and_moves_them_all_the_same(world: World) -> None:
    """Only the acknowledgement was lost: nothing has a second effect, and it is answered where they are now."""
    library, known, _ = await customer(world)
    ping = await known.say(library, PING, {}, to=public_did(library))
    before = library.store.counts()

    proof = moved(known)
    await known.repeat(library, msgspec.structs.replace(ping, from_=known.did, from_prior=proof, sent_count=2))

    assert the_only(library).their_did == known.did
    assert {**library.store.counts(), "did": 0, "item": 0} == {**before, "did": 0, "item": 0}


async def test_their_threads_and_their_chain_go_on(world: World) -> None:
    library, known, name = await customer(world)
    rules = known.sign(
        "RelationshipRules",
        {"version": 1, "channels": {}, "promotion": "none"},
        thid="rules",
        to=public_did(library),
    )
    proof = moved(known)  # it was signed before that, and is on its way

    await known.say(
        library, f"{MEET}/rules", rules, to=public_did(library), from_prior=proof, id="rules", sender_order=1
    )
    await world.settle()
    after = known.sign("RelationshipEnd", {"data": "erase", "by": "2030-01-01"}, thid="end", to=public_did(library))
    await known.say(library, f"{MEET}/end", after, to=public_did(library), id="end", sender_order=1)
    await world.settle()

    assert known.reports() == []
    assert len(ledger(library, name)) == 3 + 1  # its welcome and its receipt, and both of theirs
    assert the_only(library).theirs.seq == 2
    assert threads(library)["rules"].thread.state == "in-force"


async def test_the_old_did_speaks_no_more(world: World) -> None:
    """ST-15."""
    library, known, _ = await customer(world)
    old = known.did
    await known.say(library, EMPTY, {}, to=public_did(library), from_prior=moved(known))
    before = library.store.counts()

    known.did = old
    said: list[tuple[str, JsonObject]] = [(PING, {}), (f"{MEET}/hello", HELLO), (EMPTY, {}), (NOTE, {"content": "Me"})]
    for type, body in said:
        with pytest.raises(Dropped, match="former"):
            await known.say(library, type, body, to=public_did(library))
    known.did = dids.canonical(old)
    known.remember(old)
    with pytest.raises(Dropped):
        await known.say(library, PING, {}, to=public_did(library))

    await world.settle()
    assert library.store.counts() == before
    assert known.heard == []


@pytest.mark.parametrize("fault", ["signature", "key of the new one", "names another", "names none", "not a token"])
async def test_a_proof_that_does_not_hold_changes_nothing(world: World, fault: str) -> None:
    """ST-12."""
    library, known, name = await customer(world)
    old = known.did
    proof = moved(known)
    match fault:
        case "signature":
            proof = proof[:-4] + "AAAA"
        case "key of the new one":
            head = prior.make(keys=known.ring, kid=f"{known.did}#key-1", new=old, at=world.time).split(".")
            proof = ".".join([head[0], proof.split(".")[1], head[2]])
        case "names another":
            other = Puppet.make(world, 7)
            proof = prior.make(keys=known.ring, kid=f"{old}#key-1", new=other.did, at=world.time)
        case "names none":
            proof = prior.make(keys=known.ring, kid=f"{old}#key-1", new=None, at=world.time)
        case "not a token":
            proof = "not a token"
    before = library.store.counts()

    with pytest.raises(Dropped, match="rotation"):
        await known.say(library, PING, {}, to=public_did(library), from_prior=proof)

    assert the_only(library).their_did == old
    assert (library.store.counts(), counted(library, "refused")) == (before, 1)
    assert library.store.peer_of(dids.canonical(known.did)) is None
    assert name == the_only(library).peer


async def test_a_proof_that_is_not_encrypted_for_us_changes_nothing(world: World) -> None:
    """ST-12. Whoever sees a signed message could show it to anybody."""
    library, known, _ = await customer(world)
    old = known.did
    note = known.message(PING, {}, to=public_did(library), from_prior=moved(known))
    signed = envelopes.sign(plaintext.write(note), keys=known.ring, kid=f"{known.did}#key-1")

    with pytest.raises(Dropped, match="not encrypted"):
        await inbox.receive(library, signed)
    with pytest.raises(BadEnvelope):
        await inbox.receive(library, plaintext.write(note))

    assert the_only(library).their_did == old


async def test_who_moves_from_a_did_we_never_knew_is_a_stranger(world: World) -> None:
    """ST-12. An org hears strangers at its door; a person hears none."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    stranger = Puppet.make(world)
    proof = moved(stranger)

    await stranger.say(library, PING, {}, to=public_did(library), from_prior=proof)
    with pytest.raises(Dropped, match="stranger"):
        await stranger.say(her, PING, {}, to=the_only(her).our_did, from_prior=proof)

    assert peer_of(library, stranger.did) == dids.canonical(stranger.did)
    assert library.store.counts()["peer"] == 2


async def test_a_proof_that_was_used_is_not_used_again(world: World) -> None:
    """ST-13: from A to B, from B to C, and then the first of them once more."""
    library, known, _ = await customer(world)
    first = moved(known)
    again = known.message(PING, {}, to=public_did(library), from_prior=first)
    replayed = await known.pack(library, again)
    second_did = known.did
    await inbox.receive(library, replayed)
    await known.say(library, PING, {}, to=public_did(library), from_prior=moved(known, world.time + 1))
    third_did = known.did

    known.did = second_did
    for packed in (
        replayed,
        await known.pack(library, known.message(PING, {}, to=public_did(library), from_prior=first)),
    ):
        with pytest.raises(Dropped, match="rotation"):
            await inbox.receive(library, packed)

    assert the_only(library).their_did == third_did
    assert counted(library, "replay") == 2


async def test_a_proof_that_is_older_than_the_last_move_is_not_the_next(world: World) -> None:
    """ST-13: they may move back and forth, but time goes one way."""
    library, known, _ = await customer(world)
    first = known.did
    await known.say(library, PING, {}, to=public_did(library), from_prior=moved(known))
    second = known.did
    back = prior.make(keys=known.ring, kid=f"{second}#key-1", new=first, at=world.time)
    known.did = first

    with pytest.raises(Dropped, match="rotation"):
        await known.say(library, PING, {}, to=public_did(library), from_prior=back)
    assert the_only(library).their_did == second

    later = prior.make(keys=known.ring, kid=f"{second}#key-1", new=first, at=world.time + 1)
    await known.say(library, PING, {}, to=public_did(library), from_prior=later)
    assert the_only(library).their_did == first


async def test_a_peer_cannot_take_the_place_of_another(world: World) -> None:
    """A proof speaks for the DID that signed it, and moves nobody else's relationship."""
    library, known, name = await customer(world)
    other = Puppet.make(world, 2)
    other_name = await other.meet_org(library, public_did(library))
    old = other.did
    other.did = known.did
    other.ring.add(f"{known.did}#key-2", keys.create(Curve.X25519))
    theirs = prior.make(keys=other.ring, kid=f"{old}#key-1", new=known.did, at=world.time)

    await known.say(library, PING, {}, to=public_did(library), from_prior=theirs)

    assert peer_of(library, known.did) == name
    assert library.relationship(other_name)[0].their_did == old


class Published(Needs):
    """The real fetcher with its memory, over documents that a test publishes. down: nobody answers."""

    def __init__(self, world: World) -> None:
        super().__init__(development=True, now=lambda: float(world.time))
        self.documents: dict[str, JsonObject] = {}
        self.down = False

    async def _fetch(self, need: Fetch) -> bytes | None:
        found = self.documents.get(need.url)
        return None if self.down or found is None else msgspec.json.encode(found)


async def shop_known_to(her: Agent, world: World) -> tuple[Puppet, Published]:
    """A shop at a did:web, which she has written to and which has answered."""
    shop, net = Puppet.make(world, 5), Published(world)
    did = "did:web:127.0.0.1%3A9905"
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    shop.ring.add(f"{did}#key-1", signing)
    shop.ring.add(f"{did}#key-2", agreement)
    shop.did, her.needs = did, net
    place = "http://127.0.0.1:9905/.well-known/did.json"
    net.documents[place] = web.create_document(did, signing.public, agreement.public, (at(shop.url),))
    await shop.befriend(her)
    return shop, net


def without_its_key(document: JsonObject) -> JsonObject:
    """The document once it lists another key for authentication."""
    theirs = keys.create(Curve.ED25519).public
    return web.create_document(str(document["id"]), theirs, keys.create(Curve.X25519).public, ())


async def test_a_key_that_is_listed_no_more_proves_nothing(world: World) -> None:
    """ST-14. The document is asked for at that very moment, whatever is remembered of it."""
    her = await world.add("her")
    shop, net = await shop_known_to(her, world)
    ours = the_only(her).our_did
    old, [(place, document)] = shop.did, net.documents.items()
    net.documents[place] = without_its_key(document)

    proof = moved(shop)
    with pytest.raises(Dropped, match="rotation"):
        await shop.say(her, PING, {}, to=ours, from_prior=proof)

    assert the_only(her).their_did == old
    assert counted(her, "refused") == 1


async def test_who_cannot_be_asked_now_is_asked_later(world: World) -> None:
    her = await world.add("her")
    shop, net = await shop_known_to(her, world)
    ours, old = the_only(her).our_did, shop.did
    message = shop.message(PING, {}, to=ours, from_prior=moved(shop))

    net.down = True
    with pytest.raises(Unavailable):
        await shop.repeat(her, message)
    assert the_only(her).their_did == old
    net.down = False
    world.time += 120
    await shop.repeat(her, message)

    assert the_only(her).their_did == shop.did
    assert the_only(her).peer == old


async def test_a_did_that_cannot_change_goes_on_proving(world: World) -> None:
    """ST-14, the part that is left: a did:peer or did:key lists its keys for good, whoever has them."""
    library, known, name = await customer(world)

    await known.say(library, PING, {}, to=public_did(library), from_prior=moved(known, world.time - 86400))

    assert the_only(library).their_did == known.did
    assert name == the_only(library).peer
