"""Coordinate Mediation 3.0 and 2.0: a recipient asks a mediator to take messages for it, and says for which DIDs.

Each exchange is a question and its answer, and keeps no thread. The two versions differ in the names of messages and in
one field: 3.0 grants a list of routing DIDs, 2.0 a single one. Both call what is registered a `recipient_did`.
Source: didcomm.org/coordinate-mediation/3.0 and /2.0.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Message, Protocol, Thread

MOST_UPDATES = 1000

Action = Literal["add", "remove"]
Result = Literal["client_error", "server_error", "no_change", "success"]


class Role(StrEnum):
    RECIPIENT = "recipient"
    MEDIATOR = "mediator"


class State(StrEnum):
    START = "start"
    REQUESTED = "requested"
    UPDATING = "updating"
    QUERYING = "querying"
    ANSWERED = "answered"


class Update(msgspec.Struct, frozen=True):
    recipient_did: str
    action: Action


class Updated(msgspec.Struct, frozen=True):
    recipient_did: str
    action: Action
    result: Result


class Registered(msgspec.Struct, frozen=True):
    recipient_did: str


class Paginate(msgspec.Struct, frozen=True):
    limit: int
    offset: int


class Pagination(msgspec.Struct, frozen=True):
    """count: how many are listed here; offset: of the first of them; remaining: how many come after them."""

    count: int
    offset: int
    remaining: int


Updates = Annotated[tuple[Update, ...], msgspec.Meta(max_length=MOST_UPDATES)]


class MediateRequest(Message, frozen=True): ...


class MediateDeny(Message, frozen=True): ...


class MediateGrant(Message, frozen=True):
    routing_did: tuple[str, ...]


class RecipientUpdate(Message, frozen=True):
    updates: Updates


class RecipientUpdateResponse(Message, frozen=True):
    updated: tuple[Updated, ...]


class RecipientQuery(Message, frozen=True):
    paginate: Paginate | None = None


class Recipients(Message, frozen=True):
    name: ClassVar[str] = "recipient"
    dids: tuple[Registered, ...]
    pagination: Pagination | None = None


class MediateGrant2(Message, frozen=True):
    name: ClassVar[str] = "mediate-grant"
    routing_did: str


class KeylistUpdate(Message, frozen=True):
    updates: Updates


class KeylistUpdateResponse(Message, frozen=True):
    updated: tuple[Updated, ...]


class KeylistQuery(Message, frozen=True):
    paginate: Paginate | None = None


class Keylist(Message, frozen=True):
    keys: tuple[Registered, ...]
    pagination: Pagination | None = None


mediation = Protocol(
    "https://didcomm.org/coordinate-mediation/3.0", Role, State.START, final=frozenset({State.ANSWERED})
)
mediation_2 = Protocol(
    "https://didcomm.org/coordinate-mediation/2.0", Role, State.START, final=frozenset({State.ANSWERED})
)
TABLES = (mediation, mediation_2)


@mediation_2.row(when=State.START, by=Role.RECIPIENT, says=MediateRequest, then=State.REQUESTED)
@mediation.row(when=State.START, by=Role.RECIPIENT, says=MediateRequest, then=State.REQUESTED)
def request(thread: Thread, message: MediateRequest) -> None:
    """The recipient asks to be reached through the mediator."""


@mediation_2.row(when=State.REQUESTED, by=Role.MEDIATOR, says=MediateDeny, then=State.ANSWERED)
@mediation.row(when=State.REQUESTED, by=Role.MEDIATOR, says=MediateDeny, then=State.ANSWERED)
def deny(thread: Thread, message: MediateDeny) -> None:
    """The mediator will not take messages for it."""


@mediation.row(when=State.REQUESTED, by=Role.MEDIATOR, says=MediateGrant, then=State.ANSWERED)
def grant(thread: Thread, message: MediateGrant) -> None:
    """The mediator will, and names the DIDs to which senders encrypt their forwards."""


@mediation_2.row(when=State.REQUESTED, by=Role.MEDIATOR, says=MediateGrant2, then=State.ANSWERED)
def grant_2(thread: Thread, message: MediateGrant2) -> None:
    """The mediator will, and names the DID to which senders encrypt their forwards."""


@mediation.row(when=State.START, by=Role.RECIPIENT, says=RecipientUpdate, then=State.UPDATING)
def update(thread: Thread, message: RecipientUpdate) -> None:
    """The recipient says which of its DIDs are in use, and which are no longer."""


@mediation.row(when=State.UPDATING, by=Role.MEDIATOR, says=RecipientUpdateResponse, then=State.ANSWERED)
def updated(thread: Thread, message: RecipientUpdateResponse) -> None:
    """The mediator says of each what became of it."""


@mediation.row(when=State.START, by=Role.RECIPIENT, says=RecipientQuery, then=State.QUERYING)
def query(thread: Thread, message: RecipientQuery) -> None:
    """The recipient asks which of its DIDs are registered."""


@mediation.row(when=State.QUERYING, by=Role.MEDIATOR, says=Recipients, then=State.ANSWERED)
def listed(thread: Thread, message: Recipients) -> None:
    """The mediator lists them."""


@mediation_2.row(when=State.START, by=Role.RECIPIENT, says=KeylistUpdate, then=State.UPDATING)
def update_2(thread: Thread, message: KeylistUpdate) -> None:
    """The recipient says which of its DIDs are in use, and which are no longer."""


@mediation_2.row(when=State.UPDATING, by=Role.MEDIATOR, says=KeylistUpdateResponse, then=State.ANSWERED)
def updated_2(thread: Thread, message: KeylistUpdateResponse) -> None:
    """The mediator says of each what became of it."""


@mediation_2.row(when=State.START, by=Role.RECIPIENT, says=KeylistQuery, then=State.QUERYING)
def query_2(thread: Thread, message: KeylistQuery) -> None:
    """The recipient asks which of its DIDs are registered."""


@mediation_2.row(when=State.QUERYING, by=Role.MEDIATOR, says=Keylist, then=State.ANSWERED)
def listed_2(thread: Thread, message: Keylist) -> None:
    """The mediator lists them."""
