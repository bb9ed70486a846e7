"""Present Proof 3.0: a verifier asks, a prover shows. Source: WACI-DIDComm, "Present Proof Protocol 3.0".

Nothing is shown before the person has seen what is asked, by whom, what for and under which terms: who is the sender
of the message, what is its query, what for is `goal`, `comment` and `goal_code`, and which terms the header `terms`. A
verifier that sees nothing wrong acknowledges; one that does not accept the presentation says so by a problem report,
which ends the thread on both sides. A verifier that promised no confirmation (`will_confirm`) may leave it at that.

Attachments, by `format`:

| message | format | media type | content |
|---|---|---|---|
| propose, request | `dcql` | application/json | `Request`: an OpenID4VP 1.0 DCQL query with nonce and audience |
| presentation | `dc+sd-jwt` | application/dc+sd-jwt | SD-JWT VC with key binding (aud, nonce) |
| presentation | `vp+di` | application/vp | VCDM 2.0 presentation, Data Integrity proof (domain, challenge) |

If several credentials are asked for, an attachment's `id` is that of the DCQL credential query it answers.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from protocols.machine import Ask, Attachment, Effects, Message, Protocol, Thread
from protocols.standard.report_problem import ProblemReport

QUERY = "dcql"
SD_JWT = "dc+sd-jwt"
DATA_INTEGRITY = "vp+di"


class Role(StrEnum):
    VERIFIER = "verifier"
    PROVER = "prover"


class State(StrEnum):
    START = "start"
    PROPOSED = "proposed"
    REQUESTED = "requested"
    PRESENTED = "presented"
    DONE = "done"
    ABANDONED = "abandoned"


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked for. audience: the verifier's DID. purpose: for people. record: of the terms it is asked under."""

    dcql_query: dict[str, object]
    nonce: str
    audience: str
    purpose: str | None = None
    record: str | None = None


class ProposePresentation(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    attachments: tuple[Attachment, ...] = ()


class RequestPresentation(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    goal: str | None = None
    comment: str | None = None
    will_confirm: bool = False
    attachments: tuple[Attachment, ...]


class Presentation(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    attachments: tuple[Attachment, ...]


class Ack(Message, frozen=True, omit_defaults=False):
    status: Literal["OK"] = "OK"


present_proof = Protocol(
    "https://didcomm.org/present-proof/3.0", Role, State.START, final=frozenset({State.DONE, State.ABANDONED})
)
TABLES = (present_proof,)


@present_proof.row(when=(State.START, State.REQUESTED), by=Role.PROVER, says=ProposePresentation, then=State.PROPOSED)
def propose(thread: Thread, message: ProposePresentation) -> Effects:
    """The prover says what it could show, first or instead of what was asked."""
    yield Ask()


@present_proof.row(when=(State.START, State.PROPOSED), by=Role.VERIFIER, says=RequestPresentation, then=State.REQUESTED)
def request(thread: Thread, message: RequestPresentation) -> Effects:
    """The verifier asks, and says what for."""
    yield Ask()


@present_proof.row(when=State.REQUESTED, by=Role.PROVER, says=Presentation, then=State.PRESENTED)
def present(thread: Thread, message: Presentation) -> Effects:
    """The prover shows what it chose to show."""
    yield Ask()


@present_proof.row(when=State.PRESENTED, by=Role.VERIFIER, says=Ack, then=State.DONE)
def accept(thread: Thread, message: Ack) -> None:
    """The verifier has verified it, and is content."""


@present_proof.row(when=State.REQUESTED, by=Role.PROVER, says=ProblemReport, then=State.ABANDONED)
def refuse(thread: Thread, message: ProblemReport) -> None:
    """The prover will not show that."""


@present_proof.row(when=(State.PROPOSED, State.PRESENTED), by=Role.VERIFIER, says=ProblemReport, then=State.ABANDONED)
def turn_down(thread: Thread, message: ProblemReport) -> None:
    """The verifier does not want that, or does not accept what it was shown."""
