"""Intent 1.0: a want, cast to many; offers, sealed if wished; one order. Source: vrm-protocols, section 5.6.

A person says what she wants and asks for offers, under an identifier made for this org and this want alone. An org
bids, and commits itself to her terms by bidding; she picks one bid; the org commits to exactly that; only then she says
who she is, and both are bound. In a pool, a broker gathers one want of many. Before a rule runs, the agent has compared
the digests of bids and seals, and knows how many questions were asked and whether a bid comes too late.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Keep, Message, Protocol, Publish, Thread
from protocols.problems import InvalidMessage, WrongAgreement
from protocols.vrm.base import DAY, VRM
from protocols.vrm.intent_words import (
    Answer,
    AskRelease,
    Bid,
    Cast,
    Close,
    CloseReceipt,
    Confirm,
    Decline,
    Join,
    JoinReceipt,
    Leave,
    LeaveReceipt,
    Matched,
    Outcome,
    PoolDecline,
    Question,
    Release,
    Seal,
    Select,
    SelectAck,
)  # fmt: skip


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class PoolRole(StrEnum):
    PERSON = "person"
    AGENT = "agent"


class State(StrEnum):
    START = "start"
    OPEN = "open"
    SEALED = "sealed"
    BID = "bid"
    SELECTED = "selected"
    RESERVED = "reserved"
    RECALLED = "recalled"
    ORDERED = "ordered"
    COMPLETED = "completed"
    RELEASED = "released"
    CLOSED = "closed"
    PURGED = "purged"
    DECLINED = "declined"


class PoolState(StrEnum):
    START = "start"
    JOINING = "joining"
    JOINED = "joined"
    LEAVING = "leaving"
    LEFT = "left"
    MATCHED = "matched"
    DECLINED = "declined"


family = f"{VRM}/intent/1.0"
cast = Protocol(
    family, Role, State.START, table="cast", reliable=True,
    final=frozenset({State.DECLINED, State.RELEASED, State.PURGED, State.COMPLETED}),
    binding=frozenset({State.ORDERED, State.COMPLETED}),
    committed={State.RESERVED: Role.ORG, State.RECALLED: Role.ORG},
    lapses={State.SELECTED: (Role.PERSON, DAY)},
)  # fmt: skip
pool = Protocol(
    family, PoolRole, PoolState.START, table="pool", reliable=True,
    final=frozenset({PoolState.DECLINED, PoolState.LEFT, PoolState.MATCHED}),
    binding=frozenset({PoolState.JOINED, PoolState.LEAVING, PoolState.LEFT, PoolState.MATCHED}),
    committed={PoolState.JOINING: PoolRole.PERSON},
)  # fmt: skip
TABLES = (cast, pool)
WAITING = (State.OPEN, State.SEALED, State.BID)


@cast.row(when=State.START, by=Role.PERSON, says=Cast, then=State.OPEN)
def state_want(thread: Thread, message: Cast) -> Effects:
    """The person states a want and asks for offers."""
    yield Publish("cast")
    yield Ask()


@cast.row(when=State.OPEN, by=Role.ORG, says=Question, then=State.OPEN)
def question(thread: Thread, message: Question) -> Effects:
    """At most `questions` of them."""
    yield Ask()


@cast.row(when=State.OPEN, by=Role.PERSON, says=Answer, then=State.OPEN)
def answer(thread: Thread, message: Answer) -> Effects:
    """The person answers; may answer all bidders alike."""
    yield Ask()


@cast.row(when=State.OPEN, by=Role.ORG, says=Seal, then=State.SEALED)
def seal(thread: Thread, message: Seal) -> None:
    """The org deposits the digest of its bid."""


@cast.row(when=(State.OPEN, State.SEALED), by=Role.ORG, says=Bid, then=State.BID)
def bid(thread: Thread, message: Bid) -> Effects:
    """The org's offer; opens the seal if there was one."""
    wanted = thread.latest(Cast).terms
    if message.accepts != wanted.digest:
        raise WrongAgreement(message.accepts, wanted.digest)
    yield Keep("bid", message)
    yield Ask()


@cast.row(when=(*WAITING, State.SELECTED), by=Role.ORG, says=Decline, then=State.DECLINED)
def decline(thread: Thread, message: Decline) -> Effects:
    """No bid, or no longer: with reason; cast data is deleted."""
    yield Publish("closed")


@cast.row(when=State.BID, by=Role.PERSON, says=Select, then=State.SELECTED, expires=True)
def select(thread: Thread, message: Select) -> Effects:
    """The person picks this bid and asks whether it still stands."""
    yield Publish("selected")
    yield Ask()


@cast.row(when=State.SELECTED, by=Role.ORG, says=SelectAck, then=State.RESERVED)
def acknowledge(thread: Thread, message: SelectAck) -> Effects:
    """The org commits to exactly that bid, and waits."""
    _same(message, thread)
    yield Ask()


@cast.row(when=(State.RESERVED, State.RECALLED), by=Role.PERSON, says=Confirm, then=State.ORDERED)
def confirm(thread: Thread, message: Confirm) -> Effects:
    """The person orders and now says who she is: both are bound; record id = digest of this object."""
    _same(message, thread)
    yield Keep("order", message)
    yield Publish("ordered")
    yield Ask()


@cast.row(when=(State.RESERVED, State.RECALLED), by=Role.PERSON, says=Release, then=State.RELEASED)
def release(thread: Thread, message: Release) -> Effects:
    """The person lets the org off."""
    yield Publish("closed")


@cast.row(when=State.RESERVED, by=Role.ORG, says=AskRelease, then=State.RECALLED)
def ask_release(thread: Thread, message: AskRelease) -> Effects:
    """The org asks to be let off; it stays committed until she speaks."""
    yield Ask()


@cast.row(when=WAITING, by=Role.PERSON, says=Close, then=State.CLOSED)
def close(thread: Thread, message: Close) -> Effects:
    """Not selected, cancelled or over: with reason."""
    yield Publish("closed")
    yield Ask()


@cast.row(when=State.CLOSED, by=Role.ORG, says=CloseReceipt, then=State.PURGED)
def purge(thread: Thread, message: CloseReceipt) -> None:
    """The org has deleted the cast and signs so."""


@cast.row(when=State.ORDERED, by=Role.ORG, says=Outcome, then=State.COMPLETED)
def complete(thread: Thread, message: Outcome) -> Effects:
    """Order number and purchase receipt."""
    yield Keep("outcome", message)


@cast.row(when=State.CLOSED, by=Role.ORG, says=Decline, then=State.DECLINED, crossed=True)
def declined_meanwhile(thread: Thread, message: Decline) -> None:
    """It was on its way when the person closed: the org is out all the same."""


def overtaken(thread: Thread, message: Message) -> None:
    """It was on its way when the hearer moved: nothing follows from it any more."""


for when, by, late in (
    ((State.SEALED, State.BID, State.DECLINED), Role.PERSON, Answer),
    ((State.DECLINED,), Role.PERSON, Select),
    ((State.DECLINED,), Role.PERSON, Close),
    ((State.CLOSED,), Role.ORG, Question),
    ((State.CLOSED,), Role.ORG, Seal),
    ((State.CLOSED,), Role.ORG, Bid),
    ((State.ORDERED, State.RELEASED), Role.ORG, AskRelease),
):
    cast.row(when=when, by=by, says=late, then=None, crossed=True)(overtaken)


@pool.row(when=PoolState.START, by=PoolRole.PERSON, says=Join, then=PoolState.JOINING)
def join(thread: Thread, message: Join) -> Effects:
    """The person joins a pooled want."""
    yield Ask()


@pool.row(when=PoolState.JOINING, by=PoolRole.AGENT, says=JoinReceipt, then=PoolState.JOINED)
def count_in(thread: Thread, message: JoinReceipt) -> None:
    """The broker counts her in."""


@pool.row(when=PoolState.JOINING, by=PoolRole.AGENT, says=PoolDecline, then=PoolState.DECLINED)
def turn_away(thread: Thread, message: PoolDecline) -> None:
    """Pool full, closed or not for her."""


@pool.row(when=PoolState.JOINED, by=PoolRole.PERSON, says=Leave, then=PoolState.LEAVING)
def leave(thread: Thread, message: Leave) -> Effects:
    """Out again, any time before the match."""
    yield Ask()


@pool.row(when=PoolState.LEAVING, by=PoolRole.AGENT, says=LeaveReceipt, then=PoolState.LEFT)
def count_out(thread: Thread, message: LeaveReceipt) -> None:
    """No longer counted."""


@pool.row(when=PoolState.LEAVING, by=PoolRole.AGENT, says=Matched, then=PoolState.MATCHED, crossed=True)
@pool.row(when=PoolState.JOINED, by=PoolRole.AGENT, says=Matched, then=PoolState.MATCHED)
def match(thread: Thread, message: Matched) -> Effects:
    """The bids the pool drew; she selects, or not, in her own `cast` thread."""
    yield Keep("matched", message)


@pool.row(when=PoolState.MATCHED, by=PoolRole.PERSON, says=Leave, then=None, crossed=True)
def leave_late(thread: Thread, message: Leave) -> None:
    """The pool was matched when she left."""


def _same(message: SelectAck | Confirm, thread: Thread) -> None:
    """Raises InvalidMessage if it names another bid than the one selected: nothing moves after the selection."""
    if message.bid != thread.latest(Select).bid:
        raise InvalidMessage(message.name, "it names another bid than the one selected")
