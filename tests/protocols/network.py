"""The split finder on a bad network: loss, repetition and reordering, with delivery played out step by step.

What the agent does about it (vrm-protocols, section 3.6) is modelled here, not assumed: a message is sent again until
it is acknowledged, known again when it comes twice, held until those before it have come, and answered by the same
acknowledgement or problem report each time. The number of a message is its place among those of its sender.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from protocols.machine import Protocol
from tests.protocols.explore import (
    Explored,
    Pair,
    Sent,
    Side,
    complain,
    hear,
    put,
    refusable,
    reported,
    sayable,
    sides,
    stop_waiting,
    walk,
)

HELD, APPLIED, REFUSED = "held", "applied", "refused"


class Letter(Struct, frozen=True, cache_hash=True):
    """A message in its sender's outbox, not acknowledged yet, and all that the network and the hearer have of it.

    flying: copies are on their way. heard: what the hearer did with it; empty if it has none. answered: an
    acknowledgement or a report is on its way back. given_up: an offer whose sayer has lapsed; it is not sent again.
    """

    sent: Sent
    expires: bool
    flying: bool = False
    heard: str = ""
    answered: bool = False
    given_up: bool = False


Outbox = tuple[Letter, ...]


class World(Pair, frozen=True, eq=False):
    """Both peers with their outboxes."""

    outboxes: tuple[Outbox, Outbox] = ((), ())

    @property
    def key(self) -> Hashable:
        return self.sides[0].like, self.sides[1].like, self.outboxes

    @property
    def at_rest(self) -> bool:
        return not any(self.outboxes)

    def with_side(self, place: int, side: Side) -> "World":
        return World(put(self.sides, place, side), self.outboxes)

    def with_letter(self, place: int, at: int, letter: Letter | None) -> "World":
        """letter: None takes it out of the outbox."""
        box = self.outboxes[place]
        new = (letter,) if letter else ()
        return World(self.sides, put(self.outboxes, place, (*box[:at], *new, *box[at + 1 :])))


@dataclass(frozen=True)
class Network:
    """What the agents do and the network may do. limit: messages of one peer that are not acknowledged.

    in_order, resends: the two promises of delivery; without them the finder must find splits.
    """

    protocol: Protocol
    limit: int = 2
    in_order: bool = True
    resends: bool = True

    def moves(self, world: World) -> Iterator[tuple[str, World]]:
        """Every next world, and what happened."""
        for place in (0, 1):
            yield from self._peer(world, place)
            for at, letter in enumerate(world.outboxes[place]):
                yield from self._letter(world, place, at, letter)

    def _peer(self, world: World, place: int) -> Iterator[tuple[str, World]]:
        me, box = world.sides[place], world.outboxes[place]
        if len(box) < self.limit:
            for after, sent, row in sayable(self.protocol, me):
                letters = (*box, Letter(sent, row.expires, flying=True))
                yield f"{sent} is said", World(put(world.sides, place, after), put(world.outboxes, place, letters))
        waited = stop_waiting(self.protocol, me)
        if waited:
            given = tuple(replace(each, given_up=each.expires) for each in box)
            yield f"{me.role} stops waiting", World(put(world.sides, place, waited), put(world.outboxes, place, given))

    def _letter(self, world: World, place: int, at: int, letter: Letter) -> Iterator[tuple[str, World]]:
        name = letter.sent
        if letter.flying:
            yield f"{name} is lost", world.with_letter(place, at, replace(letter, flying=False))
            for copies in (True, False):
                arriving = world.with_letter(place, at, replace(letter, flying=copies))
                for after in self._arrive(arriving, place, at):
                    yield f"{name} arrives", after
        elif self.resends and not letter.given_up:
            yield f"{name} is sent again", world.with_letter(place, at, replace(letter, flying=True))
        elif not letter.answered:
            yield f"{name} is gone", world.with_letter(place, at, None)
        if letter.answered:
            yield f"the answer to {name} is lost", world.with_letter(place, at, replace(letter, answered=False))
            settled = world.with_letter(place, at, None)
            if letter.heard == REFUSED:
                settled = settled.with_side(place, reported(self.protocol, world.sides[place], name))
            yield f"the answer to {name} arrives", settled

    def _arrive(self, world: World, place: int, at: int) -> Iterator[World]:
        letter = world.outboxes[place][at]
        if letter.heard in (APPLIED, REFUSED):
            yield world.with_letter(place, at, replace(letter, answered=True))
        elif self.in_order and any(each.heard in ("", HELD) for each in world.outboxes[place][:at]):
            yield world.with_letter(place, at, replace(letter, heard=HELD))
        else:
            yield from self._apply(world, place, at)

    def _apply(self, world: World, place: int, at: int) -> Iterator[World]:
        """The hearer applies or refuses it, and then those that were held for it."""
        letter, listener = world.outboxes[place][at], world.sides[1 - place]
        outcomes: list[World] = []
        heard = hear(self.protocol, listener, letter.sent)
        if heard:
            applied = world.with_letter(place, at, replace(letter, heard=APPLIED, answered=True))
            outcomes.append(applied.with_side(1 - place, heard))
        if not heard or refusable(self.protocol, listener, letter.sent):
            refused = world.with_letter(place, at, replace(letter, heard=REFUSED, answered=True))
            outcomes.append(refused.with_side(1 - place, complain(self.protocol, listener)))
        for outcome in outcomes:
            following = outcome.outboxes[place][at + 1 : at + 2]
            if following and following[0].heard == HELD:
                yield from self._apply(outcome, place, at + 1)
            else:
                yield outcome


def explore_network(protocol: Protocol, limit: int = 2, *, in_order: bool = True, resends: bool = True) -> Explored:
    """The network run. Raises Fault."""
    network = Network(protocol, limit, in_order, resends)
    return walk(protocol, [World(pair) for pair in sides(protocol)], network.moves)
