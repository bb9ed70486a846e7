"""What a mediator takes, from whom, and what it will not be talked into."""

from dataclasses import replace
from functools import partial

import msgspec
import pytest

from agent import calls, forwarding, inbox, live, mediator
from agent.agent import Agent
from agent.conversation import REPORT_TYPE
from agent.didcomm import envelopes, plaintext, routing
from agent.didcomm.attachments import Attachment, Content
from agent.didcomm.plaintext import Plaintext
from agent.draft import Line as LogLine
from agent.errors import Dropped, TooLarge, TooMany
from protocols.standard import mediation as table
from tests.agent.mailbox import Client, letter, person, post
from tests.agent.world import World, public_did, the_only, threads
from wallet import dids
from wallet.encoding import b64u
from wallet.keys import PublicKey, new_id
from wallet.needs import offline
from wallet.store import held
from wallet.store.held import Arriving, Limits
from wallet.store.transaction import Transaction

WEEK = 7 * 86400


@pytest.fixture
async def office(world: World) -> Agent:
    """An org that mediates."""
    return await world.add("Post", "org", mediates=True)


def wrapped(packed: bytes, to: str, *keys: str, expires_time: int | None = None) -> bytes:
    """A message as its sender wraps it for these routing keys, the outermost first."""
    forward = partial(routing.forward, to=to, routing_keys=keys, resolve=dids.resolve, expires_time=expires_time)
    return offline(forward(packed))


async def said_by(sender: Client, mediator: Agent, to: str, packed: bytes) -> None:
    """Send a message through a mediator, and say who one is."""
    at = await sender.address()
    attachment = Attachment(id="0", data=Content(base64=b64u(packed)))
    plain = Plaintext(
        id=new_id(), type=routing.FORWARD, from_=at.ours, to=(at.theirs,), attachments=(attachment,), body={"next": to}
    )
    await mediator.receive(sender.packed(plain, at), None)


# -- layers and circles -------------------------------------------------------------------------------------------


async def test_two_keys_of_one_mediator_are_one_layer_each(office: Agent) -> None:
    """MD-12: what is inside a forward for the mediator itself is taken as if it had come by itself."""
    ada = Client.of(office)
    first, did = await ada.ready()
    second, sent = await ada.granted(), letter()

    await office.receive(wrapped(sent, did, first, second), None)

    assert list((await ada.fetched()).values()) == [sent]


@pytest.mark.parametrize("depth", [3, 5, 8])
async def test_a_request_is_unwrapped_once_and_no_more(office: Agent, depth: int) -> None:
    """MD-12."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()

    with pytest.raises(Dropped, match="nested"):
        await office.receive(wrapped(letter(), did, *[routing_did] * depth), None)

    assert await ada.waiting() == 0


async def test_as_many_layers_as_fit_into_a_message_cost_what_two_do(
    office: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MD-12."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    packed, layers = wrapped(letter(), did, routing_did), 1
    while len(packed) < live.MOST_BYTES // 2:
        packed, layers = wrapped(packed, routing_did, routing_did), layers + 1
    opened: list[str] = []
    agree = office.keys.agree

    def counted(kid: str, public: PublicKey) -> bytes:
        opened.append(kid)
        return agree(kid, public)

    monkeypatch.setattr(office.keys, "agree", counted)

    with pytest.raises(Dropped, match="nested"):
        await office.receive(packed, None)

    assert layers > 12
    assert len(opened) == 2


async def test_a_nest_with_several_eggs_is_not_opened(office: Agent) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    inner = Attachment(data=Content(base64=b64u(wrapped(letter(), did, routing_did))))
    plain = Plaintext(id=new_id(), type=routing.FORWARD, attachments=(inner, inner), body={"next": routing_did})
    key = offline(dids.resolve(routing_did)).agreement_keys()
    packed = envelopes.seal(plaintext.write(plain), keys=ada.ring, sender_kid=None, recipients=key)

    with pytest.raises(Dropped, match="next"):
        await office.receive(packed, None)


async def test_whoever_is_reached_by_a_mediator_that_wraps_anew_understands_it(world: World) -> None:
    """Routing 2.0, "Rewrapping": the outer envelope is a forward for the receiver itself."""
    her, org = await world.add("her"), await world.add("Town Library", "org")
    await world.introduce(her, org)
    ours, before = public_did(org), len(threads(org))
    await world.do(her, "/v1/pings", peer="Town Library")
    await her.outbox.quiet()
    [(_, packed, *_)] = world.network.flying
    world.network.flying.clear()
    again = routing.forward(packed, to=ours, routing_keys=[ours], resolve=org.resolve)

    await inbox.receive(org, await org.meet(again))

    assert len(threads(org)) == before + 1


async def test_what_goes_in_circles_ends(office: Agent) -> None:
    """MD-12: another mediator, among our clients, sends us what it fetched from us, again and again."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    same = letter()
    for _ in range(5):
        await post(office, routing_did, did, same)
        await ada.acknowledge(*await ada.fetched())

    with pytest.raises(Dropped, match="circle"):
        await post(office, routing_did, did, same)
    await post(office, routing_did, did, letter())
    assert await ada.waiting() == 1


async def test_what_is_remembered_of_circles_is_bounded() -> None:
    passed: dict[bytes, int] = {}
    for number in range(forwarding.MOST_REMEMBERED + 100):
        forwarding.remember(passed, number.to_bytes(4, "big"))

    assert len(passed) == forwarding.MOST_REMEMBERED


# -- what is carried ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packed", [b"{}", b"[]", b"no JSON", b'{"ciphertext":1}', b'{"id":"1","type":"x","body":{}}', b"\xff", b""]
)
async def test_only_what_is_encrypted_is_carried(office: Agent, packed: bytes) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    attachment = Attachment(data=Content(base64=b64u(packed)))
    plain = Plaintext(id=new_id(), type=routing.FORWARD, attachments=(attachment,), body={"next": did})
    key = offline(dids.resolve(routing_did)).agreement_keys()

    with pytest.raises(Dropped):
        await office.receive(
            envelopes.seal(plaintext.write(plain), keys=ada.ring, sender_kid=None, recipients=key), None
        )

    assert office.store.counts()["held"] == 0


async def test_the_largest_message_that_is_taken_can_be_handed_over_in_one(office: Agent) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    frame = len(letter("x")) - 1
    await post(office, routing_did, did, letter("x" * (live.MOST_BYTES - frame)))
    with pytest.raises(TooLarge):
        await post(office, routing_did, did, letter("x" * (live.MOST_BYTES - frame + 1)))

    before = len(ada.line.carried)
    assert len(await ada.fetched()) == 1
    assert len(ada.line.carried[before]) <= 1024 * 1024


async def test_a_known_sender_of_what_cannot_be_carried_is_told_once_and_packed(world: World, office: Agent) -> None:
    """MD-13, MD-18: nothing at a link is fetched; the report goes authcrypted, as everything does."""
    her = await world.add("her")
    await world.introduce(her, office)
    known = the_only(her)
    link = Attachment(id="0", data=Content(links=("https://evil.example/x",), hash="x"))
    plain = Plaintext(
        id=new_id(), type=routing.FORWARD, from_=known.spoken_as, to=(known.spoken_to,), attachments=(link,),
        body={"next": "did:example:somebody"},
    )  # fmt: skip
    at = await calls.between(her, known.our_did, known.their_did)
    at = replace(at, ours=known.spoken_as, our_kid=f"{known.spoken_as}#key-2")
    before = len(world.network.carried)

    with pytest.raises(Dropped):
        await office.receive(calls.sealed(her, at, plain), None)
    await world.settle()

    assert world.fetched.count("https://evil.example/x") == 0
    [(_, packed)] = world.network.carried[before:]
    assert b"problem" not in packed
    [row] = office.store.peers()
    [entry] = office.store.log(row.peer, plain.id)
    report = plaintext.read(bytes(msgspec.json.decode(entry.record, type=LogLine).message))
    assert report.type == REPORT_TYPE
    assert str(report.body["code"]).startswith("e.m.msg")


# -- who counts, and how much -------------------------------------------------------------------------------------


async def test_only_who_is_proved_to_send_counts_as_the_sender(office: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """MD-15: what a carried envelope says of its sender decides nothing; nor does a stranger fill anybody's share."""
    monkeypatch.setattr(forwarding.forward, "__defaults__", (Limits(from_one=2),))
    ada, eve, friend = Client.of(office), Client.of(office), Client.of(office)
    _, did = await ada.ready()
    forged = b'{"ciphertext":"%d","protected":{"skid":"' + friend.did.encode() + b'#key-2"}}'

    for number in range(2):
        await said_by(eve, office, did, forged % number)
    with pytest.raises(TooMany):
        await said_by(eve, office, did, forged % 2)
    for number in range(2):
        await said_by(friend, office, did, letter(f"from a friend {number}"))
    with pytest.raises(TooMany):
        await said_by(friend, office, did, letter("from a friend 2"))

    assert len(await ada.fetched()) == 4


@pytest.mark.parametrize("messages", [1000, pytest.param(100_000, marks=pytest.mark.full)])
async def test_a_mediator_that_starts_again_holds_all_in_its_order(world: World, office: Agent, messages: int) -> None:
    """MD-16: nothing is read at the start, so that it is soon ready, however much is held."""
    clients = [Client.of(office) for _ in range(10)]
    behind = [(await each.ready())[1] for each in clients]
    now = world.time

    def fill(tx: Transaction, *, start: int) -> None:
        for number in range(start, min(start + 1000, messages)):
            row = Arriving(behind[number % 10], (letter(str(number)),), "", now, now, now + WEEK)
            held.hold(tx, row=row, limits=Limits(messages=messages))

    for start in range(0, messages, 1000):
        await office.store.write(partial(fill, start=start))

    again = await world.restart(office)

    assert again.store.read(held.recount)
    for place, each in enumerate(clients):
        each.post, each.line = again, type(each.line)()
        assert await each.waiting() == messages // 10
        mine = [letter(str(number)) for number in range(place, messages, 10)]
        assert list((await each.fetched(10)).values()) == mine[:10]


async def test_an_unknown_recipient_is_dropped_and_only_we_count_it(office: Agent) -> None:
    """MD-05: what is dropped is answered as a good message is; how long that takes is tested with the store."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    await post(office, routing_did, did, letter())
    for recipient in (person()[1], "did:example:nobody"):
        with pytest.raises(Dropped):  # answered 202, as a good message is
            await post(office, routing_did, recipient, letter())
    counted = {dict(labels)["result"] for name, labels in office.metrics.counts if name == "forwards"}
    assert counted == {"held", "unknown"}


# -- accounts that end --------------------------------------------------------------------------------------------


async def test_a_closed_account_gets_nothing_new_and_may_fetch_what_is_held(world: World, office: Agent) -> None:
    """MD-17."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    sent = letter()
    await post(office, routing_did, did, sent)

    assert await mediator.close(office, dids.canonical(ada.did))

    with pytest.raises(Dropped):  # its key is gone: the sender is answered as always
        await post(office, routing_did, did, letter())
    assert await ada.ask(table.MediateRequest(), table.mediation) == table.MediateDeny()
    assert await ada.registered(did) == "client_error"
    world.time += WEEK - 1
    assert list((await ada.fetched()).values()) == [sent]
    world.time += 1
    assert await forwarding.sweep(office) == 1
    assert not await mediator.close(office, dids.canonical(ada.did))


async def test_who_mediates_no_longer_takes_nothing_and_gives_out_what_it_holds(world: World, office: Agent) -> None:
    ada, eve = Client.of(office), Client.of(office)
    routing_did, did = await ada.ready()
    sent = letter()
    await post(office, routing_did, did, sent)
    office.config = msgspec.structs.replace(office.config, mediates=False)

    with pytest.raises(Dropped):
        await post(office, routing_did, did, letter())

    assert await ada.ask(table.MediateRequest(), table.mediation) == table.MediateDeny()
    assert list((await ada.fetched()).values()) == [sent]
    with pytest.raises(Dropped):
        await eve.say(table.RecipientQuery(), table.mediation)
    await ada.acknowledge(*await ada.fetched())
    assert await ada.waiting() == 0


# -- what rests ---------------------------------------------------------------------------------------------------


async def test_at_rest_nothing_can_be_read_and_after_the_acknowledgement_nothing_is_left(office: Agent) -> None:
    """MD-20: no thread, no log, no mark of a message; what is held is sealed, its names are blind."""
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    before = office.store.counts()
    sent = letter("canary-" * 10)

    await post(office, routing_did, did, sent)
    resting = b"".join(each.read_bytes() for each in office.store.path.parent.iterdir() if each.is_file())
    assert not any(secret in resting for secret in (b"canary", did.encode(), dids.canonical(did).encode()))
    assert dids.canonical(ada.did).encode() not in resting
    await ada.acknowledge(*await ada.fetched())

    assert office.store.counts() == before
    assert office.store.verify() == ()


async def test_the_clock_sweeps_what_has_expired_so_much_at_a_time(
    world: World, office: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MD-19."""
    monkeypatch.setattr(forwarding, "SWEEP", 4)
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    for _ in range(10):
        await post(office, routing_did, did, letter(), expires_time=world.time + 60)

    await world.tick(60)
    left = [office.store.counts()["held"]]
    for _ in range(3):
        office.stirred.clear()
        await world.tick(0)
        left.append(office.store.counts()["held"])

    assert left == [6, 2, 0, 0]
    assert office.store.read(held.recount)
