"""Threads under odd messages: what is refused, ignored, cut short or held apart. Source: security, rows of STATE."""

from itertools import permutations

import msgspec
import pytest

from agent import conversation as conversations
from agent import inbox, policy
from agent.agent import Agent
from agent.conversation import REPORT_TYPE, Conversation
from agent.didcomm import plaintext
from agent.didcomm.attachments import Attachment
from agent.didcomm.plaintext import Plaintext
from agent.draft import Draft
from agent.errors import Dropped, Unavailable
from agent.json_values import as_json
from protocols import tables
from protocols.machine import ABANDONED, LAPSED, Message, Protocol, Signed, Thread
from protocols.messages import encode
from tests.agent.customer import Customer, proffered
from tests.agent.puppet import EMPTY, REPORT
from tests.agent.world import World, public_did, state, threads
from tests.protocols.samples import samples
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Change

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
QUERIES = "https://didcomm.org/discover-features/2.0/queries"
FORWARD = "https://didcomm.org/routing/2.0/forward"
OFFER = "https://didcomm.org/issue-credential/3.0/offer-credential"
MINUTE, HOUR, DAY = 60, 3600, 86400


async def met(world: World) -> tuple[Agent, Customer]:
    """An org and a customer it has welcomed."""
    org = await world.add("Town Library", "org")
    customer = await Customer.met(world, org)
    await customer.say(org, EMPTY, {}, to=public_did(org), ack=tuple(each.id for each in customer.heard))
    customer.heard.clear()
    world.fetched.clear()
    return org, customer


def elsewhere(world: World) -> list[str]:
    """What was fetched, beside the documents of those who write."""
    return [url for url in world.fetched if not url.endswith("/.well-known/did.json")]


# -- ST-05 ---------------------------------------------------------------------------------------------------------


def unspoken(protocol: Protocol, role: str, state: str) -> list[Message]:
    """What the peer of `role` may not say in a state, one sample of each kind that no row is for; nothing signed."""
    by = protocol.other(role)
    kinds = dict.fromkeys(row.says for row in protocol.rows if not issubclass(row.says, Signed))
    found = [message for kind in kinds for message in samples(kind)]
    return [each for each in found if not any(row.fits(state, by, each) for row in protocol.rows)]


def name(cell: tuple[Protocol, str, str]) -> str:
    """A cell of the matrix, for people."""
    protocol, role, where = cell
    return f"{protocol.uri.rsplit('/', 2)[1]} {protocol.table} {role} {where}".replace("  ", " ")


ELSEWHERE = ("coordinate-mediation", "messagepickup", "message-pickup", "routing")  # no threads are kept of these
CELLS = [
    (protocol, role, state)
    for protocol in tables()
    for role in protocol.roles
    for state in (*protocol.states, LAPSED, ABANDONED)
    if unspoken(protocol, role, state) and protocol.uri.rsplit("/", 2)[1] not in ELSEWHERE
]


@pytest.mark.parametrize(
    "cell", CELLS, ids=lambda cell: f"{cell[0].id.rpartition('/')[0].rpartition('/')[2]}-{cell[1]}-{cell[2]}"
)
async def test_whoever_says_what_no_row_is_for_is_told_and_the_thread_stays(
    world: World, cell: tuple[Protocol, str, str]
) -> None:
    """ST-05, over the whole way in; what is signed, and every other cell: tests/protocols/test_matrix.py."""
    protocol, role, where = cell
    org, customer = await met(world)
    for message in unspoken(protocol, role, where):
        thread = Thread(table=protocol.id, thid=new_id(), role=role, state=where)
        row = conversations.write(Conversation(thread), 0, still_open=True)
        await org.store.apply(Change(customer.peer, threads=(row,)))
        body, attachments = encode(message)
        type = protocol.type_of(message)

        world.time += 2 * MINUTE
        said = customer.message(
            type, as_json(body), to=public_did(org), thid=thread.thid, attachments=attached(attachments)
        )
        await customer.repeat(org, said)
        await world.settle()

        assert threads(org)[thread.thid].thread == thread
        if type not in (REPORT_TYPE, EMPTY) and message.name not in ("decline", "problem-report"):
            codes = [each.body["code"] for each in customer.heard if each.type == REPORT and each.pthid == thread.thid]
            assert codes in (["e.m.req.out-of-turn"], ["e.p.req.time.lapsed"]), (message, codes)


def attached(contents: list[object]) -> tuple[Attachment, ...]:
    """Attachments as a message has them."""
    return msgspec.convert(contents, tuple[Attachment, ...])


# -- ST-03, ST-06 --------------------------------------------------------------------------------------------------


async def test_a_repeat_after_everybody_has_forgotten_it_has_no_second_effect(world: World) -> None:
    """ST-03."""
    org, customer = await met(world)
    ping = customer.message(PING, {"response_requested": True}, to=public_did(org))
    await customer.repeat(org, ping)
    await world.settle()
    answered = [each.type for each in customer.heard]
    world.time += 40 * DAY
    await org.store.forget(world.time)

    await customer.repeat(org, ping)
    await world.settle()

    assert state(org, ping.id) == "done"
    assert [each.type for each in customer.heard if each.type == answered[0]] == answered


@pytest.mark.parametrize("messages", [4, pytest.param(5, marks=pytest.mark.full)])
async def test_in_every_order_even_with_the_first_message_last_a_thread_ends_the_same(
    world: World, messages: int
) -> None:
    """ST-06: what comes before the thread has begun is not kept, and comes again."""
    org, customer = await met(world)
    ends = set()

    for order in permutations(range(messages)):
        customer.thid, customer.accepted = new_id(), ""
        said = [customer.signed(org, "proffer", proffered(), 1)] + [
            customer.message(NOTE, {"content": "x"}, to=public_did(org), thid=customer.thid, sender_order=place)
            for place in range(2, messages + 1)
        ]
        left = [said[place] for place in order]
        for _ in range(messages):
            left = [each for each in left if not await taken(customer, org, each)]
        await world.settle()
        world.time += MINUTE
        ends.add((state(org, customer.thid), threads(org)[customer.thid].heard, len(left)))

    assert ends == {("accepted", messages, 0)}


async def taken(customer: Customer, org: Agent, message: Plaintext) -> bool:
    """Whether a message was kept."""
    try:
        await customer.repeat(org, message)
    except Dropped:
        return False
    return True


@pytest.mark.parametrize(("created", "expires"), [(0, -1), (HOUR, HOUR // 2), (-HOUR, -HOUR - 1)])
async def test_a_message_that_expired_before_it_was_made_is_refused(world: World, created: int, expires: int) -> None:
    """ST-07."""
    org, customer = await met(world)
    times = {"created_time": world.time + created, "expires_time": world.time + expires}

    message = await customer.say(org, PING, {}, to=public_did(org), **times)
    await world.settle()

    assert message.thread not in threads(org)
    assert [each["code"] for each in customer.reports()] == ["e.p.req.time.expired"]


# -- ST-08, ST-09, ST-10 -------------------------------------------------------------------------------------------


async def test_a_thousand_reports_get_no_answer_and_change_nothing(world: World) -> None:
    """ST-08."""
    org, customer = await met(world)
    thid = await customer.proffer(org)
    before, customer.heard = threads(org)[thid].thread, []

    for _ in range(1000):
        await customer.say(org, REPORT, {"code": "e.m.msg"}, to=public_did(org), pthid=thid, ack=("of-nothing",))
    await world.settle()

    assert threads(org)[thid].thread == before
    assert customer.heard == []


async def test_a_storm_of_acknowledgements_gets_no_answer_and_leaves_nothing(world: World) -> None:
    """ST-09."""
    org, customer = await met(world)
    before = org.store.counts()

    for number in range(500):
        acks = tuple(f"{number}-{place}" for place in range(20))
        await customer.say(org, EMPTY, {}, to=public_did(org), thid=f"t{number}", ack=acks, please_ack=("",))
    await world.tick(10)

    assert customer.heard == []
    assert org.store.counts() == before


async def test_a_wish_for_an_acknowledgement_on_a_forward_is_not_heard(world: World) -> None:
    """ST-09."""
    org, customer = await met(world)
    attachment = attached([{"data": {"json": {"ciphertext": "x"}}}])

    with pytest.raises(Dropped):
        await customer.say(
            org, FORWARD, {"next": "did:example:nobody"}, to=public_did(org), please_ack=("",), attachments=attachment
        )
    await world.tick(10)

    assert customer.heard == []


async def test_nobody_is_told_what_a_message_went_through(world: World) -> None:
    """ST-10."""
    org, customer = await met(world)
    trace = {"target": "https://tracer.example/", "full_thread": True}
    said = customer.message(PING, {"response_requested": True}, to=public_did(org))
    raw = msgspec.json.encode({**msgspec.json.decode(plaintext.write(said)), "trace": trace})

    await inbox.receive(org, await customer.pack_raw(org, raw, public_did(org)))
    await world.settle()

    assert [each.type.rpartition("/")[2] for each in customer.heard] == ["ping-response"]
    assert b"trace" not in plaintext.write(customer.heard[0])
    assert elsewhere(world) == []


# -- ST-22, ST-23, ST-25 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "type",
    [
        "https://didcomm.org/trust-ping/3.0/ping",
        "https://didcomm.org/trust-ping/1.0/ping",
        "https://didcomm.org/no-such-protocol/1.0/hello",
        "https://elsewhere.example/trust-ping/2.0/ping",
    ],
)
async def test_another_major_version_or_protocol_is_said_to_be_unknown(world: World, type: str) -> None:
    """ST-22."""
    org, customer = await met(world)
    before = org.store.counts()

    message = await customer.say(org, type, {}, to=public_did(org))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.m.msg.unsupported-type"]
    assert message.thread not in threads(org)
    assert org.store.counts()["thread"] == before["thread"]


@pytest.mark.parametrize(
    "queries",
    [
        [{"feature-type": "protocol", "match": "*"}] * 1000,
        [{"feature-type": "protocol", "match": "*a" * 100_000}],
        [{"feature-type": "protocol", "match": "(a+)+$" * 60}],
    ],
    ids=["a thousand", "long", "like a regular expression"],
)
async def test_too_many_or_too_long_questions_about_features_are_refused(
    world: World, queries: list[dict[str, str]]
) -> None:
    """ST-23."""
    org, customer = await met(world)

    await customer.say(org, QUERIES, as_json({"queries": queries}), to=public_did(org))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.m.msg.invalid"]


async def test_a_pattern_is_no_regular_expression_and_is_matched_at_once(world: World) -> None:
    """ST-23."""
    org, customer = await met(world)
    hostile = "*".join("https://didcomm.org/"[:20]) + "*a" * 100 + "!"
    queries = [{"feature-type": "protocol", "match": hostile[:256]}] * 19
    queries.append({"feature-type": "protocol", "match": "https://didcomm.org/trust-ping/*"})

    await customer.say(org, QUERIES, as_json({"queries": queries}), to=public_did(org))
    await world.settle()

    [answer] = [each for each in customer.heard if each.type.endswith("/disclose")]
    assert [each["id"] for each in answer.body["disclosures"]] == ["https://didcomm.org/trust-ping/2.0"]  # type: ignore[index,union-attr,call-overload]  # as the protocol has it


async def test_what_was_said_in_answer_goes_back_with_what_was_heard(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ST-25."""
    org, customer = await met(world)
    said: list[int] = []
    decide = policy.decide

    def fails(draft: Draft) -> Lookup[None]:
        yield from decide(draft)
        said.append(len(draft.send))
        raise KeyError("after the answer")

    monkeypatch.setattr("agent.hearing.policy.decide", fails)
    before = org.store.counts()
    ping = customer.message(PING, {"response_requested": True}, to=public_did(org))
    with pytest.raises(Unavailable):
        await customer.repeat(org, ping)
    failed = org.store.counts()
    monkeypatch.undo()
    await customer.repeat(org, ping)
    await world.settle()

    assert said == [1]
    assert failed == before
    assert [each.type.rpartition("/")[2] for each in customer.heard] == ["ping-response"]


# -- ST-27, ST-28 --------------------------------------------------------------------------------------------------


async def test_terms_that_are_agreed_cannot_be_put_on_the_table_again(world: World) -> None:
    """ST-27."""
    org, customer = await met(world)
    thid = await customer.proffer(org)
    before = threads(org)[thid].thread

    again = customer.signed(org, "proffer", proffered(), 2)
    await customer.repeat(org, again)
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.m.req.out-of-turn"]
    assert threads(org)[thid].thread == before


async def test_a_text_longer_than_a_letter_is_refused_and_one_of_any_letters_is_kept(world: World) -> None:
    """ST-28."""
    org, customer = await met(world)
    odd = "\u202eevil\u0007\u001b[2J" + "x" * 16_000

    kept = await customer.say(org, NOTE, {"content": odd}, to=public_did(org))
    await customer.say(org, NOTE, {"content": "x" * (16 * 1024 + 1)}, to=public_did(org))
    await world.settle()

    log = await world.ask(org, "GET", f"/v1/threads/{kept.thread}/log")
    assert isinstance(log, dict)
    assert log["log"][0]["message"]["body"]["content"] == odd  # shown escaped: tests/agent/cli/test_plain.py
    assert [each["code"] for each in customer.reports()] == ["e.m.msg.invalid"]
