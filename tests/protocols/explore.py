"""The split finder: both peers of a table, in every order of events.

It plays the real machine on both sides, with several messages in flight each way, clocks that run out at any moment,
messages refused by a rule at any moment, and problem reports that overtake. A *split* is a world at rest in which
exactly one peer is bound.

This is the *ordered* run: delivery keeps its promises (vrm-protocols, section 3.6), so each direction is a queue. The
*network* run, where that delivery is itself played out, is `network.py`. Source: vrm-protocols, section 4.
"""

import gc
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Struct

from protocols.machine import (
    ABANDONED,
    LAPSED,
    Message,
    Misuse,
    Problem,
    Protocol,
    Row,
    Signed,
    Thread,
    Turn,
    can_say,
    deadline,
    lapse,
    refuse,
    report,
    start,
    step,
)
from protocols.messages import label
from protocols.problems import OutOfTurn
from protocols.vrm.base import NEVER_REFUSED, VRM
from tests.protocols.samples import sample

T = TypeVar("T")
W = TypeVar("W", bound="Pair")
FOREVER = 2**40
ENDED = (LAPSED, ABANDONED)
MERELY_TOLD = frozenset({"unchanged"})  # answers that ask for nothing and bind nobody: no rule has a reason to refuse


class Fault(AssertionError):
    """What the finder found. The text tells the story that leads there."""


class Sent(str):
    """A message on its way. What it is called is what counts: the row by which it was said."""

    message: Message

    @classmethod
    def of(cls, id: str, message: Message) -> "Sent":
        sent = cls(id)
        sent.message = message
        return sent

    @property
    def digest(self) -> str | None:
        return f"digest of {self}" if isinstance(self.message, Signed) else None


@dataclass(frozen=True, slots=True)
class Side:
    """One peer. refused: it has refused a message.

    like: sides of which this is the same are the same, since their threads cannot behave differently from here on.
    """

    role: str
    opens: bool
    fresh: bool
    state: str
    entered: str
    record: str | None
    thread: Thread = field(compare=False)
    refused: bool = False
    like: tuple[Hashable, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        alike = (self.role, self.opens, self.fresh, self.state, self.entered, self.record, self.refused)
        object.__setattr__(self, "like", alike)

    def at(self, protocol: Protocol, thread: Thread) -> "Side":
        """This peer with that thread. What brought it there counts only while a complaint of it would."""
        entered = thread.entered if report(protocol, thread, thread.entered) != thread else ""
        return Side(self.role, self.opens, False, thread.state, entered, thread.record, thread, self.refused)


class Pair(Struct, frozen=True, eq=False):
    """Both peers, and in either kind of world what is between them. There are millions, so it is a light one."""

    sides: tuple[Side, Side]

    @property
    def key(self) -> Hashable:
        """Worlds with the same key are the same."""
        raise NotImplementedError

    @property
    def at_rest(self) -> bool:
        """Whether nothing is on its way."""
        raise NotImplementedError


class World(Pair, frozen=True, eq=False):
    """Both peers, and what each has sent that the other has not yet heard, by the place of the sender."""

    messages: tuple[tuple[Sent, ...], tuple[Sent, ...]] = ((), ())
    reports: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    @property
    def key(self) -> Hashable:
        return self.sides[0].like, self.sides[1].like, self.messages, self.reports

    @property
    def at_rest(self) -> bool:
        return not any((*self.messages, *self.reports))


def put(pair: tuple[T, T], place: int, value: T) -> tuple[T, T]:
    return (value, pair[1]) if place == 0 else (pair[0], value)


def sides(protocol: Protocol) -> Iterator[tuple[Side, Side]]:
    """Both peers before anything is said, once for each role that may begin: two that begin are two threads."""
    for opener in dict.fromkeys(row.by for row in protocol.rows if protocol.start in row.when):
        threads = [start(protocol, role, "thread") for role in protocol.roles]
        one, two = (Side(each.role, each.role == opener, True, each.state, "", None, each) for each in threads)
        yield one, two


def sayable(protocol: Protocol, side: Side) -> Iterator[tuple[Side, Sent, Row]]:
    """What the peer may say now, and where that takes it."""
    if side.fresh and not side.opens:
        return
    for row in can_say(protocol, side.thread):
        message = sample(protocol, side.thread, row)
        if message is None:
            raise Fault(f"no sample of {label(row.says)} can be said in {side.state}; add one to samples.py")
        sent = Sent.of(f"{side.role}: {row.rule.__name__}", message)
        after, _ = step(protocol, side.thread, Turn(side.role, message, sent, 0, sent.digest))
        _check_binding(protocol, side.thread, after)
        yield side.at(protocol, after), sent, row


def hear(protocol: Protocol, side: Side, sent: Sent) -> Side | None:
    """The peer after hearing it, or None if it has to complain. Raises Fault if two faultless peers are out of step."""
    turn = Turn(protocol.other(side.role), sent.message, sent, 0, sent.digest)
    try:
        after, _ = step(protocol, side.thread, turn)
    except OutOfTurn as fault:
        if side.refused or side.state == ABANDONED:  # it follows on what was refused, before its sayer knew
            return None
        raise Fault(f"{side.role}: {fault}") from fault
    except Problem:
        return None
    except Misuse as misuse:
        raise Fault(f"the peer's message is called our misuse: {misuse}") from misuse
    _check_binding(protocol, side.thread, after)
    return side.at(protocol, after)


def refusable(protocol: Protocol, hearer: Side, sent: Sent) -> bool:
    """Whether a rule of the hearer may refuse it, whatever it says. Not once the hearer is committed or bound."""
    if hearer.state in protocol.binding or protocol.committed.get(hearer.state) == hearer.role:
        return False
    never = NEVER_REFUSED | MERELY_TOLD if protocol.uri.startswith(VRM) else ("ack", "problem-report")
    return sent.message.name not in never


def complain(protocol: Protocol, side: Side) -> Side:
    """The peer after refusing a message; a refused first message leaves no thread."""
    if not side.fresh:
        side = side.at(protocol, refuse(protocol, side.thread))
    return Side(side.role, side.opens, side.fresh, side.state, side.entered, side.record, side.thread, refused=True)


def stop_waiting(protocol: Protocol, side: Side) -> Side | None:
    """The peer after its clock ran out, if it is one that waits here."""
    if deadline(protocol, side.thread) is None:
        return None
    after = lapse(protocol, side.thread, FOREVER)
    return side.at(protocol, after) if after else None


def reported(protocol: Protocol, side: Side, refused: str) -> Side:
    after = report(protocol, side.thread, refused)
    if side.record and after != side.thread:
        raise Fault(f"a problem report took {side.role} from {side.state} to {after.state}")
    return side.at(protocol, after)


def _check_binding(protocol: Protocol, before: Thread, after: Thread) -> None:
    """Binding states are left for binding ones only, and entered only when both have signed."""
    if before.state in protocol.binding and after.state not in protocol.binding:
        raise Fault(f"{before.role} was bound in {before.state} and is not in {after.state}")
    if after.state in protocol.binding and {each.by for each in after.said if each.digest} != set(protocol.roles):
        raise Fault(f"{after.role} is bound in {after.state} though not both have signed")


def check(protocol: Protocol, pair: tuple[Side, Side], at_rest: bool, stuck: bool) -> None:
    """Raises Fault if this world must not be."""
    one, two = pair
    if at_rest and bool(one.record) != bool(two.record):
        raise Fault(f"split: {one.role} is {one.state}, {two.role} is {two.state}")
    if at_rest and one.record and (one.state != two.state or one.record != two.record):
        raise Fault(f"bound apart: {one.role} is {one.state}, {two.role} is {two.state}")
    if stuck and any(each.state not in (*protocol.final, *ENDED, protocol.start) for each in pair):
        raise Fault(f"stuck: {one.role} is {one.state}, {two.role} is {two.state}")


def ordered(protocol: Protocol, world: World, limit: int) -> Iterator[tuple[str, World]]:
    """Every next world, and what happened."""
    for place in (0, 1):
        me, mine, heard = world.sides[place], world.messages[place], world.messages[1 - place]
        if len(mine) < limit:
            for after, sent, _ in sayable(protocol, me):
                yield (
                    f"{sent} is said",
                    World(put(world.sides, place, after), put(world.messages, place, (*mine, sent)), world.reports),
                )
        if heard:
            first, rest = heard[0], put(world.messages, 1 - place, heard[1:])
            said_no = put(world.reports, place, world.reports[place] | {first})
            listener = hear(protocol, me, first)
            if listener:
                yield f"{first} is heard", World(put(world.sides, place, listener), rest, world.reports)
            if not listener or refusable(protocol, me, first):
                yield f"{first} is refused", World(put(world.sides, place, complain(protocol, me)), rest, said_no)
        waited = stop_waiting(protocol, me)
        if waited:
            yield f"{me.role} stops waiting", World(put(world.sides, place, waited), world.messages, world.reports)
        for refused in world.reports[1 - place]:
            yield (
                f"{me.role} is told that {refused} was refused",
                World(
                    put(world.sides, place, reported(protocol, me, refused)),
                    world.messages,
                    put(world.reports, 1 - place, world.reports[1 - place] - {refused}),
                ),
            )


@dataclass
class Explored:
    """worlds: how many. states: the pairs of states that occur in them. threads: as the peers had them."""

    worlds: int
    states: set[tuple[str, str]]
    threads: list[Thread]


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: no world is in a cycle, and a look through all of them is long, and comes often."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@uncollected()
def walk(protocol: Protocol, begin: list[W], moves: Callable[[W], Iterator[tuple[str, W]]]) -> Explored:
    """Look at every world in reach. Raises Fault, which tells the shortest way to what is wrong."""
    came: dict[Hashable, tuple[Hashable, str]] = {world.key: (None, "") for world in begin}
    todo = deque(begin)
    found: dict[Side, Thread] = {}
    states: set[tuple[str, str]] = set()
    while todo:
        world = todo.popleft()
        key = world.key
        try:
            following = list(moves(world))
            check(protocol, world.sides, world.at_rest, not following)
        except Fault as fault:
            raise Fault(f"{fault}\n  {_story(came, key)}") from None
        for event, after in following:
            if came.setdefault(after.key, new := (key, event)) is new:
                todo.append(after)
        one, two = world.sides
        states.add((one.state, two.state))
        found.setdefault(one, one.thread)
        found.setdefault(two, two.thread)
    return Explored(len(came), states, list(found.values()))


def _story(came: dict[Hashable, tuple[Hashable, str]], key: Hashable) -> str:
    events: list[str] = []
    while key is not None:
        key, event = came[key]
        events.append(event)
    return "\n  ".join(reversed(events)).strip()


def explore(protocol: Protocol, limit: int = 3) -> Explored:
    """The ordered run. limit: messages in flight each way. Raises Fault."""
    return walk(protocol, [World(pair) for pair in sides(protocol)], lambda world: ordered(protocol, world, limit))
