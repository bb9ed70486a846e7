"""Issue Credential 3.0: an issuer hands a holder a credential. Source: WACI-DIDComm, "Issue Credential Protocol 3.0".

Either side begins: the holder proposes or requests, the issuer offers. A request binds the credential to a key of the
holder, by a proof over the nonce of the offer. The holder's agent verifies the credential before it is kept; if it does
not hold, a problem report ends the thread on both sides.

Attachments, by `format`:

| message | format | media type | content |
|---|---|---|---|
| propose, offer | `freerange/credential-offer@v1` | application/json | `CredentialOffer` |
| request | `openid4vci-proof+jwt` | application/jwt | JWT of that typ: `jwk` or `kid` of the holder; aud, nonce, iat |
| issue | `dc+sd-jwt` | application/dc+sd-jwt | SD-JWT VC |
| issue | `vc+di` | application/vc | VCDM 2.0 credential with a Data Integrity proof |
"""

from enum import StrEnum
from typing import Literal

import msgspec

from protocols.machine import Ask, Attachment, Effects, Keep, Message, Protocol, Reply, Thread
from protocols.standard.report_problem import ProblemReport

OFFER = "freerange/credential-offer@v1"
KEY_PROOF = "openid4vci-proof+jwt"
SD_JWT = "dc+sd-jwt"
DATA_INTEGRITY = "vc+di"


class Role(StrEnum):
    ISSUER = "issuer"
    HOLDER = "holder"


class State(StrEnum):
    START = "start"
    PROPOSED = "proposed"
    OFFERED = "offered"
    REQUESTED = "requested"
    ISSUED = "issued"
    DONE = "done"
    ABANDONED = "abandoned"


class CredentialOffer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is offered or wished for. vct: type of an SD-JWT VC; type: types of a VCDM credential.

    nonce, audience: what the holder's key proof must contain; the issuer chooses both.
    """

    format: Literal["dc+sd-jwt", "vc+di"]
    issuer: str
    vct: str | None = None
    type: tuple[str, ...] = ()
    name: str | None = None
    claims: dict[str, object] = {}
    nonce: str | None = None
    audience: str | None = None


class ProposeCredential(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    credential_preview: dict[str, object] | None = None
    attachments: tuple[Attachment, ...] = ()


class OfferCredential(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    replacement_id: str | None = None
    credential_preview: dict[str, object] | None = None
    attachments: tuple[Attachment, ...]


class RequestCredential(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    attachments: tuple[Attachment, ...]


class IssueCredential(Message, frozen=True, kw_only=True):
    goal_code: str | None = None
    comment: str | None = None
    replacement_id: str | None = None
    attachments: tuple[Attachment, ...]


class Ack(Message, frozen=True, omit_defaults=False):
    status: Literal["OK"] = "OK"


issue_credential = Protocol(
    "https://didcomm.org/issue-credential/3.0", Role, State.START, final=frozenset({State.DONE, State.ABANDONED})
)
TABLES = (issue_credential,)


@issue_credential.row(when=(State.START, State.OFFERED), by=Role.HOLDER, says=ProposeCredential, then=State.PROPOSED)
def propose(thread: Thread, message: ProposeCredential) -> Effects:
    """The holder says what it wishes, first or instead of what was offered."""
    yield Ask()


@issue_credential.row(
    when=(State.START, State.PROPOSED, State.REQUESTED), by=Role.ISSUER, says=OfferCredential, then=State.OFFERED
)
def offer(thread: Thread, message: OfferCredential) -> Effects:
    """The issuer says what it would issue."""
    yield Ask()


@issue_credential.row(when=(State.START, State.OFFERED), by=Role.HOLDER, says=RequestCredential, then=State.REQUESTED)
def request(thread: Thread, message: RequestCredential) -> Effects:
    """The holder asks for it, and shows the key it is to be bound to."""
    yield Ask()


@issue_credential.row(when=State.REQUESTED, by=Role.ISSUER, says=IssueCredential, then=State.ISSUED)
def issue(thread: Thread, message: IssueCredential) -> Effects:
    """The issuer hands it over; the holder keeps it and says so."""
    if thread.role == Role.HOLDER:
        yield Keep("credential", message)
    yield Reply(Ack())


@issue_credential.row(when=State.ISSUED, by=Role.HOLDER, says=Ack, then=State.DONE)
def acknowledge(thread: Thread, message: Ack) -> None:
    """The holder has verified and kept the credential."""


@issue_credential.row(when=(State.OFFERED, State.ISSUED), by=Role.HOLDER, says=ProblemReport, then=State.ABANDONED)
def refuse(thread: Thread, message: ProblemReport) -> None:
    """The holder does not want what is offered, or cannot accept what was issued."""


@issue_credential.row(when=(State.PROPOSED, State.REQUESTED), by=Role.ISSUER, says=ProblemReport, then=State.ABANDONED)
def turn_down(thread: Thread, message: ProblemReport) -> None:
    """The issuer will not issue that."""
