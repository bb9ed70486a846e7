"""The split finder: both peers of a table, in every order of events.

It plays the real machine on both sides, with several messages in flight each way, clocks that run out at any moment,
messages refused by a rule at any moment, and problem reports that overtake. A *split* is a world at rest in which
exactly one peer is bound.

This is the *ordered* run: delivery keeps its promises (vrm-protocols, section 3.6), so each direction is a queue. The
*network* run, where that delivery is itself played out, is `network.py`. Source: vrm-protocols, section 4.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

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

W = TypeVar("W")
FOREVER = 2**40
ENDED = (LAPSED, ABANDONED)
MERELY_TOLD = frozenset({"unchanged"})  # answers that ask for nothing and bind nobody: no rule has a reason to refuse


class Fault(AssertionError):
    """What the finder found. The text tells the story that leads there."""


@dataclass(frozen=True)
class Sent:
    """A message on its way. What it is called is what counts: the row by which it was said."""

    id: str
    message: Message = field(compare=False)

    @property
    def digest(self) -> str | None:
        return f"digest of {self.id}" if isinstance(self.message, Signed) else None


@dataclass(frozen=True)
class Side:
    """One peer. Threads that cannot behave differently from here on are the same side. refused: it has refused one."""

    role: str
    opens: bool
    fresh: bool
    state: str
    entered: str
    record: str | None
    thread: Thread = field(compare=False)
    refused: bool = False

    def at(self, protocol: Protocol, thread: Thread) -> "Side":
        """This peer with that thread. What brought it there counts only while a complaint of it would."""
        entered = thread.entered if report(protocol, thread, thread.entered) != thread else ""
        return replace(self, fresh=False, state=thread.state, entered=entered, record=thread.record, thread=thread)


@dataclass(frozen=True)
class World:
    """Both peers, and what each has sent that the other has not yet heard, by the place of the sender."""

    sides: tuple[Side, Side]
    messages: tuple[tuple[Sent, ...], tuple[Sent, ...]] = ((), ())
    reports: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    @property
    def at_rest(self) -> bool:
        return not any((*self.messages, *self.reports))


def put(pair: tuple[W, W], place: int, value: W) -> tuple[W, W]:
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
        sent = Sent(f"{side.role}: {row.rule.__name__}", message)
        after, _ = step(protocol, side.thread, Turn(side.role, message, sent.id, 0, sent.digest))
        _check_binding(protocol, side.thread, after)
        yield side.at(protocol, after), sent, row


def hear(protocol: Protocol, side: Side, sent: Sent) -> Side | None:
    """The peer after hearing it, or None if it has to complain. Raises Fault if two faultless peers are out of step."""
    turn = Turn(protocol.other(side.role), sent.message, sent.id, 0, sent.digest)
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
    after = side if side.fresh else side.at(protocol, refuse(protocol, side.thread))
    return replace(after, refused=True)


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
                    f"{sent.id} is said",
                    World(put(world.sides, place, after), put(world.messages, place, (*mine, sent)), world.reports),
                )
        if heard:
            first, rest = heard[0], put(world.messages, 1 - place, heard[1:])
            said_no = put(world.reports, place, world.reports[place] | {first.id})
            listener = hear(protocol, me, first)
            if listener:
                yield f"{first.id} is heard", World(put(world.sides, place, listener), rest, world.reports)
            if not listener or refusable(protocol, me, first):
                yield f"{first.id} is refused", World(put(world.sides, place, complain(protocol, me)), rest, said_no)
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


def walk(begin: list[W], moves: Callable[[W], Iterator[tuple[str, W]]], visit: Callable[[W, bool], None]) -> list[W]:
    """Every world in reach. visit gets each with whether it has no moves. A Fault tells the shortest way to it."""
    came: dict[W, tuple[W | None, str]] = dict.fromkeys(begin, (None, ""))
    todo = deque(begin)
    while todo:
        world = todo.popleft()
        try:
            following = list(moves(world))
            visit(world, not following)
        except Fault as fault:
            raise Fault(f"{fault}\n  {_story(came, world)}") from None
        for event, after in following:
            if after not in came:
                came[after] = (world, event)
                todo.append(after)
    return list(came)


def _story(came: dict[W, tuple[W | None, str]], world: W) -> str:
    events: list[str] = []
    at: W | None = world
    while at is not None:
        at, event = came[at]
        events.append(event)
    return "\n  ".join(reversed(events)).strip()


def explore(protocol: Protocol, limit: int = 3) -> Explored:
    """The ordered run. limit: messages in flight each way. Raises Fault."""
    worlds = walk(
        [World(pair) for pair in sides(protocol)],
        lambda world: ordered(protocol, world, limit),
        lambda world, stuck: check(protocol, world.sides, world.at_rest, stuck),
    )
    return explored([world.sides for world in worlds])


def explored(pairs: list[tuple[Side, Side]]) -> Explored:
    """What was found, from the peers of every world."""
    states = {(one.state, two.state) for one, two in pairs}
    return Explored(len(pairs), states, [side.thread for side in {side for pair in pairs for side in pair}])
