"""Questions that are answered while both sides are there."""

import asyncio
from dataclasses import dataclass, field

import pytest

from agent import calls, identity
from agent.agent import Agent
from agent.didcomm import envelopes
from agent.errors import Dropped, Refused, Unreachable
from agent.ways import WayBack
from protocols.machine import Message, Protocol
from protocols.problems import QuotaExceeded
from protocols.standard.mediation import MediateGrant, MediateRequest, RecipientUpdateResponse, mediation
from protocols.standard.pickup import Delivery, pickup
from tests.agent.world import START, World, public_did
from wallet import dids
from wallet.store.change import Change

GRANT = MediateGrant(routing_did=("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",))


@dataclass(eq=False)
class Pipe:
    """A line in memory: what is sent is heard by `ear`, back over `back` if there is one."""

    ear: Agent
    answer: calls.Answer
    back: "Pipe | None" = None
    closed: bool = False
    single: bool = False
    source: str = ""
    carried: list[bytes] = field(default_factory=list)
    used: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, packed: bytes) -> None:
        """Carry one message. Raises Unreachable once closed."""
        if self.closed:
            raise Unreachable("closed")
        self.carried.append(packed)
        self.used.set()
        agent = self.ear
        opened = await agent.meet(envelopes.open(packed, keys=agent.keys, resolve=agent.resolve))
        assert calls.is_one(agent, opened)
        await calls.hear(agent, dids.canonical(opened.sender or ""), opened, self.back, self.answer)

    def expect(self, coming: asyncio.Future[None]) -> None:
        """Nothing to wait for."""


async def grants(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
    """A mediator that takes everybody."""
    return GRANT


async def silent(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
    """Somebody who says nothing."""
    return None


async def full(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
    """A mediator that takes nobody more."""
    raise QuotaExceeded("recipients")


async def connected(world: World, answer: calls.Answer) -> tuple[Agent, str, Agent, Pipe]:
    """A person, her DID for this line, an org that answers like that, and the line to it."""
    person, org = await world.add("Ada"), await world.add("Post", "org")
    ours, items = identity.pairwise(person.config)
    await person.store.apply(Change(peer="", keep=items))
    line = Pipe(org, answer, Pipe(person, silent))
    person.lines.outgoing[dids.canonical(ours)] = line
    return person, ours, org, line


async def test_a_question_is_answered_over_the_same_line_and_leaves_no_trace(world: World) -> None:
    person, ours, org, _ = await connected(world, grants)
    before = person.store.counts(), org.store.counts()

    said = await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org))

    assert said == GRANT
    assert (person.store.counts(), org.store.counts()) == before
    assert not person.lines.waiting


async def test_a_refusal_comes_as_its_words(world: World) -> None:
    person, ours, org, _ = await connected(world, full)

    with pytest.raises(Refused, match="Too many: recipients"):
        await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org))


async def test_an_answer_that_makes_no_sense_is_a_refusal(world: World) -> None:
    async def nonsense(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
        return RecipientUpdateResponse(updated=())

    person, ours, org, line = await connected(world, nonsense)
    assert line.back is not None

    said = await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org))

    with pytest.raises(Refused, match="answered recipient-update-response"):
        calls.expect(said, MediateGrant)


async def test_silence_ends_with_words_and_a_late_answer_is_dropped(world: World) -> None:
    person, ours, org, line = await connected(world, silent)

    with pytest.raises(Unreachable, match="no answer within"):
        await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org), within=0.01)

    line.answer = grants
    with pytest.raises(Dropped):  # what answers it now finds nobody waiting
        await line.send(line.carried[0])


async def test_an_answer_from_anybody_else_does_not_count(world: World) -> None:
    person, ours, org, line = await connected(world, silent)
    other = await world.add("Impostor", "org")
    asking = asyncio.create_task(
        calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org), within=0.2)
    )
    await line.used.wait()
    [question] = person.lines.waiting
    forged = calls.written(GRANT, mediation, await calls.between(other, public_did(other), ours), thid=question[2])

    with pytest.raises(Dropped):
        await Pipe(person, silent).send(
            calls.sealed(other, await calls.between(other, public_did(other), ours), forged)
        )

    with pytest.raises(Unreachable):
        await asking


async def test_what_a_mediator_says_unasked_is_heard_by_whoever_listens_for_it(world: World) -> None:
    person, ours, org, _ = await connected(world, silent)
    heard: list[Message] = []
    at = await calls.between(org, public_did(org), ours)
    back: WayBack = Pipe(person, silent)
    org.lines.addresses[back] = {"her": at}

    with pytest.raises(Dropped):
        await calls.push(org, "her", back, Delivery(), pickup)
    person.lines.ears[dids.canonical(ours), public_did(org)] = heard.append
    await calls.push(org, "her", back, Delivery(), pickup)

    assert heard == [Delivery()]


async def test_a_line_can_be_spoken_over_once_somebody_asked_over_it(world: World) -> None:
    person, ours, org, line = await connected(world, grants)
    heard: list[Message] = []
    person.lines.ears[dids.canonical(ours), public_did(org)] = heard.append
    await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org))
    assert line.back is not None

    await calls.push(org, dids.canonical(ours), line.back, Delivery(), pickup)

    assert heard == [Delivery()]
    line.back.closed = True
    with pytest.raises(Unreachable):
        await calls.push(org, dids.canonical(ours), line.back, Delivery(), pickup)


async def test_complaints_to_one_peer_are_bounded(world: World) -> None:
    person, ours, org, _ = await connected(world, full)
    outcomes = []

    for _ in range(8):
        try:
            await calls.call(person, MediateRequest(), mediation, ours=ours, theirs=public_did(org), within=0.05)
        except (Refused, Unreachable) as fault:
            outcomes.append(type(fault))

    assert outcomes == [Refused] * 5 + [Unreachable] * 3
    assert world.time == START
