"""Profile 1.0: change once, everywhere it is known. Source: vrm-protocols, section 5.5; JSContact is RFC 9553.

The person sends an org a patch of what that org holds about her; the org says, field by field and signed, what it did
with it. Fields, not messages, are refused. Where some fields come later, with a date, both are bound already and the
org speaks again. An org may also ask whether what it holds is still right; it names fields then, and no values.

The patch is the data beside the update: a PatchObject, whose keys are the pointers of `fields` without the first slash;
what it does not name stays, and `null` removes (RFC 9553, section 1.4.4; RFC 8620, section 5.3).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Ask, Effects, Message, Protocol, Publish, Signed, Thread
from protocols.messages import Values
from protocols.problems import InvalidMessage
from protocols.vrm import base
from protocols.vrm.base import VRM, Date, Int, Part, Ptr, Receipt


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    SENT = "sent"
    PENDING = "pending"
    DONE = "done"
    ASKED = "asked"
    UNCHANGED = "unchanged"
    DECLINED = "declined"


Fields = Annotated[tuple[Ptr, ...], msgspec.Meta(min_length=1, max_length=256)]


class Update(Signed, frozen=True):
    """revision: rises per relationship. effective: the day from which it holds. values: the patch."""

    revision: Int
    schema: Literal["jscontact"]
    fields: Fields
    effective: Date
    reason: Literal["moved", "renamed", "corrected", "other"] | None = None
    values: Values = msgspec.field(default_factory=dict)


class Result(Part, frozen=True):
    """What became of one field. by: when a pending one will be done; old_deleted: whether the old value is gone."""

    ptr: Ptr
    result: Literal["applied", "refused", "pending", "stale"]
    reason: Literal["step-up", "not-held", "format", "legal-hold", "terms-required"] | None = None
    by: Date | None = None
    old_deleted: bool | None = None


class UpdateReceipt(Receipt, frozen=True, tag="update"):
    results: Annotated[tuple[Result, ...], msgspec.Meta(min_length=1)]


class AskFields(Message, frozen=True):
    name: ClassVar[str] = "ask"
    fields: Fields


class Unchanged(Signed, frozen=True):
    fields: Fields


class Decline(base.Decline, frozen=True):
    reason: Literal["no-longer", "other"]


profile = Protocol(
    f"{VRM}/profile/1.0", Role, State.START, reliable=True,
    final=frozenset({State.DONE, State.UNCHANGED, State.DECLINED}),
    binding=frozenset({State.PENDING, State.DONE}),
    committed={State.SENT: Role.PERSON},
)  # fmt: skip
TABLES = (profile,)


@profile.row(when=State.ASKED, by=Role.PERSON, says=Update, then=State.SENT)
@profile.row(when=State.START, by=Role.PERSON, says=Update, then=State.SENT)
def update(thread: Thread, message: Update) -> Effects:
    """The person changes what this org holds about her, asked or not."""
    each_once("update", "$.data", message.fields, ("/" + key for key in message.values))
    yield Ask()


def complete(message: UpdateReceipt) -> bool:
    return not partial(message)


def partial(message: UpdateReceipt) -> bool:
    return any(each.result == "pending" for each in message.results)


@profile.row(when=(State.SENT, State.PENDING), by=Role.ORG, says=UpdateReceipt, then=State.DONE, only=complete)
def done(thread: Thread, message: UpdateReceipt) -> Effects:
    """Every field applied or refused; record id = digest of the first receipt."""
    return answered(thread, message)


@profile.row(when=(State.SENT, State.PENDING), by=Role.ORG, says=UpdateReceipt, then=State.PENDING, only=partial)
def later(thread: Thread, message: UpdateReceipt) -> Effects:
    """Some fields later, with dates."""
    return answered(thread, message)


def answered(thread: Thread, message: UpdateReceipt) -> Effects:
    """What an answer of either kind must hold, and what it tells an org's own systems."""
    each_once("receipt", "$.results", thread.latest(Update).fields, (each.ptr for each in message.results))
    if complete(message) != (message.result == "done"):
        raise InvalidMessage("receipt", "done is what leaves no field pending - at `$.result`")
    if any(each.result == "applied" for each in message.results):
        yield Publish("updated")


@profile.row(when=State.START, by=Role.ORG, says=AskFields, then=State.ASKED)
def ask(thread: Thread, message: AskFields) -> Effects:
    """The org asks whether named fields are still right."""
    yield Ask()


@profile.row(when=State.ASKED, by=Role.PERSON, says=Unchanged, then=State.UNCHANGED)
def unchanged(thread: Thread, message: Unchanged) -> Effects:
    """Still right."""
    each_once("unchanged", "$.fields", thread.latest(AskFields).fields, message.fields)
    yield Publish("unchanged")


@profile.row(when=State.ASKED, by=Role.PERSON, says=Decline, then=State.DECLINED)
def decline(thread: Thread, message: Decline) -> None:
    """No answer will be given."""


def each_once(name: str, path: str, wanted: tuple[str, ...], named: Iterable[str]) -> None:
    """Every field that was named is there, once, and no other. Raises InvalidMessage."""
    if sorted(named) != sorted(set(wanted)):
        raise InvalidMessage(name, f"every field that was named, once, and no other - at `{path}`")
