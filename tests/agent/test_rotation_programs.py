"""Random programs of moving, speaking, losing, repeating and reordering: at rest both sides hold the same relationship.

Each side moves to another DID whenever it likes, says what must not be lost, and hears what the network lets through.
Once the network is well again and time has passed, everything said was applied once, and both know each other by the
newest DIDs. No message ever goes to a DID that its sender knows has been left. Source: security, ST-13, ST-15, ST-17.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from agent import delivery, identity, rotation
from agent import relationship as relationships
from agent.agent import Agent
from agent.relationship import Relationship
from agent.transports.memory import Network
from agent.ways import Receive
from tests.agent.world import World, ledger, the_only, threads
from wallet import dids
from wallet.encoding import unb64u
from wallet.strict_json import parse_object

RELATIONSHIP = "https://freerange.example/vrm/relationship/1.0"
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = 30


class Recipient(msgspec.Struct):
    """Whom an envelope is for."""

    header: dict[str, str]


@dataclass
class Watched(Network):
    """A bad network that sees between which DIDs each packet goes, and compares with what its sender knows then."""

    world: World | None = None
    wrong: list[str] = field(default_factory=list)

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Look at the envelope, then let the network have it."""
        sent = await super().send(url, packed, receive)
        assert self.world is not None
        [sender] = [agent for agent in self.world.agents.values() if agent.config.url != url]
        who, envelope = the_only(sender), parse_object(packed)
        protected = parse_object(unb64u(str(envelope["protected"])))
        [recipient] = msgspec.convert(envelope["recipients"], list[Recipient])
        if not dids.same(dids.did_of(recipient.header["kid"]), who.their_did):
            self.wrong.append(f"{sender.config.name} wrote to a DID that was left")
        if not dids.same(dids.did_of(str(protected["skid"])), who.our_did):
            self.wrong.append(f"{sender.config.name} wrote as a DID it had left")
        return sent


@dataclass
class Program:
    """One random run. said: how many messages of each kind were said, by table."""

    world: World
    her: Agent
    library: Agent
    dice: random.Random
    said: Counter[str] = field(default_factory=Counter)
    moves: int = 0

    @classmethod
    async def make(cls, folder: Path, seed: int) -> "Program":
        """Two who have met, on a network that is about to turn bad."""
        network = Watched(seed=seed, shuffle=True)
        world = World(folder, network)
        network.world = world
        library, her = await world.add("Town Library", "org"), await world.add("her")
        await world.introduce(her, library)
        await world.tick(5)
        network.loss = network.repeat = 0.3
        return cls(world, her, library, random.Random(seed))

    async def step(self) -> None:
        """Do one thing at random."""
        doing: list[Callable[[], object]] = [self.move, self.tell, self.tell, self.hear, self.hear, self.wait, self.cut]
        await self.dice.choice(doing)()  # type: ignore[misc]  # each of them is a coroutine function

    async def move(self) -> None:
        """One side changes its DID."""
        agent = self.dice.choice([self.her, self.library])
        did, items = identity.pairwise(agent.config)
        await rotation.rotate(agent, the_only(agent).peer, did, items, linger=self.dice.choice([0, DAY]))
        self.moves += 1

    async def tell(self) -> None:
        """One side says what must not be lost, and is answered by rule."""
        if self.dice.random() < 0.5:
            said: dict[str, object] = {"version": 1, "channels": {}, "promotion": "none"}
            agent, name, table = self.her, "rules", "rules"
        else:
            agent, name, table = self.library, "notice", "notice"
            said = {"kind": "service", "text": "Closed on Monday"}
        self.said[f"{RELATIONSHIP}#{table}"] += 1
        await self.world.do(agent, "/v1/threads", peer=the_only(agent).peer, type=f"{RELATIONSHIP}/{name}", body=said)

    async def hear(self) -> None:
        """Some of what is on its way arrives."""
        await self.world.network.deliver(most=self.dice.randrange(1, 6))

    async def wait(self) -> None:
        """Time passes, and what is due is done."""
        await self.world.tick(self.dice.choice([1, MINUTE, 15 * MINUTE, 2 * HOUR]))

    async def cut(self) -> None:
        """One side goes off the network, or comes back."""
        self.world.network.down ^= {self.dice.choice([self.her, self.library]).config.url}

    async def come_to_rest(self) -> None:
        """The network is well again, and a week passes."""
        network = self.world.network
        network.loss = network.repeat = 0.0
        network.down.clear()
        await self.world.settle()
        await self.world.pass_time(7 * DAY)

    def faults(self) -> list[str]:
        """What is wrong, at rest."""
        hers, its = the_only(self.her), the_only(self.library)
        found = list(getattr(self.world.network, "wrong", []))
        if not (dids.same(hers.our_did, its.their_did) and dids.same(its.our_did, hers.their_did)):
            found.append("they know each other by other DIDs than they use")
        found += [f"{who.called} is still to be told" for who in (hers, its) if rotation.standing(who) != "settled"]
        if ledger(self.her, hers.peer) != ledger(self.library, its.peer):
            found.append("they hold other objects")
        if (hers.ours, hers.theirs) != (its.theirs, its.ours):
            found.append("their chains end differently")
        for agent in (self.her, self.library):
            done = Counter(
                each.thread.table
                for each in threads(agent).values()
                if each.thread.state in ("in-force", "seen") and len(each.thread.said) == 2
            )
            if done != self.said:
                found.append(f"{agent.config.name} holds {dict(done)} of {dict(self.said)}")
            left = {name: count for name, count in agent.store.counts().items() if name in ("outgoing", "dead")}
            if any(left.values()):
                found.append(f"{agent.config.name} has {left} left")
        return found


def empty(folder: Path) -> Path:
    """A folder, made."""
    folder.mkdir()
    return folder


async def run(folder: Path, seed: int) -> tuple[Program, list[str]]:
    """One program, to its rest, and what is wrong then. folder: new."""
    program = await Program.make(folder, seed)
    try:
        for _ in range(STEPS):
            await program.step()
        await program.come_to_rest()
        return program, program.faults()
    finally:
        await program.world.close()


@pytest.mark.parametrize("programs", [12, pytest.param(300, marks=pytest.mark.full)])
async def test_whatever_is_moved_said_and_lost_both_hold_the_same_in_the_end(tmp_path: Path, programs: int) -> None:
    """ST-17."""
    moves = said = 0
    for seed in range(programs):
        program, faults = await run(empty(tmp_path / str(seed)), seed)
        assert not faults, (seed, faults)
        moves, said = moves + program.moves, said + sum(program.said.values())

    assert moves > 2 * programs
    assert said > 4 * programs


def no_proof_goes_along(patch: pytest.MonkeyPatch) -> None:
    """Whoever moved speaks as its new DID, and shows nothing for it."""
    patch.setattr(delivery, "led_from", lambda who, tries: (None,))


def who_moved_is_answered_where_it_was(patch: pytest.MonkeyPatch) -> None:
    """The rotation is believed, and the new DID is not used."""
    usual = relationships.moved

    def stays(who: Relationship, did: str, at: int) -> Relationship:
        return msgspec.structs.replace(usual(who, did, at), their_did=who.their_did)

    patch.setattr(relationships, "moved", stays)


def what_is_signed_bears_the_newest_name(patch: pytest.MonkeyPatch) -> None:
    """Objects are signed by a DID that the other side may never hear of: it has been left before it was known."""
    patch.setattr(Relationship, "signed_as", property(lambda who: who.our_did))


@pytest.mark.parametrize(
    "plant", [no_proof_goes_along, who_moved_is_answered_where_it_was, what_is_signed_bears_the_newest_name]
)
async def test_a_planted_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)

    for seed in range(8):
        _, faults = await run(empty(tmp_path / str(seed)), seed)
        if faults:
            return

    pytest.fail("eight programs found nothing wrong")


async def test_a_hundred_messages_in_flight_when_both_move_at_once_all_arrive(tmp_path: Path) -> None:
    """ST-17: half of them to a DID that is left before they come."""
    program = await Program.make(tmp_path, 1)
    program.world.network.loss = program.world.network.repeat = 0.0
    for _ in range(100):
        await program.tell()
    for agent in (program.her, program.library):
        await agent.outbox.quiet()
        did, items = identity.pairwise(agent.config)
        await rotation.rotate(agent, the_only(agent).peer, did, items)
    in_flight = len(program.world.network.flying)

    await program.come_to_rest()

    assert in_flight >= 100
    assert program.faults() == []
    await program.world.close()
