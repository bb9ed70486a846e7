"""Relationship 1.0, signing in: no password, and no name that two orgs share. Source: vrm-protocols, section 5.1.

A browser session at the org asks who this is; the person's agent signs origin, session and nonce; the org's answer is
a link that opens that session, once. Only the browser that holds the session gets in, so a challenge that somebody
passes on helps nobody but its owner. Before it asks or signs, the person's agent has checked that the origin is at the
domain proven in the org's `welcome`.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from protocols.machine import Ask, Effects, Message, Protocol, Publish, Signed, Thread, Time
from protocols.problems import InvalidMessage
from protocols.vrm import base, relationship
from protocols.vrm.base import Digest, Nonce, Uri
from protocols.vrm.relationship import Role


class State(StrEnum):
    START = "start"
    CHALLENGED = "challenged"
    ANSWERED = "answered"
    ADMITTED = "admitted"
    DECLINED = "declined"


Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[a-z0-9.:\[\]-]+\Z")]


class Challenge(Message, frozen=True):
    """session: digest of the browser's session id."""

    origin: Origin
    session: Digest
    nonce: Nonce
    answer_by: Time | None = None


class Response(Signed, frozen=True):
    origin: Origin
    session: Digest
    nonce: Nonce
    answer_by: Time | None = None


class Admit(Message, frozen=True):
    """url: on the challenge's origin, with a code that works once, for 60 seconds."""

    url: Uri


class Decline(base.Decline, frozen=True):
    reason: Literal["not-now", "unknown-origin", "quota", "other"]


sign_in = Protocol(
    relationship.family, Role, State.START, final=frozenset({State.ADMITTED, State.DECLINED}), table="sign-in",
    reliable=True, lapses={State.CHALLENGED: (Role.ORG, 300), State.ANSWERED: (Role.PERSON, 120)},
)  # fmt: skip
TABLES = (sign_in,)


@sign_in.row(when=State.START, by=Role.ORG, says=Challenge, then=State.CHALLENGED, expires=True)
def challenge(thread: Thread, message: Challenge) -> Effects:
    """A session at the org's origin asks who this is."""
    yield Ask()


@sign_in.row(when=State.CHALLENGED, by=Role.PERSON, says=Response, then=State.ANSWERED, expires=True)
def respond(thread: Thread, message: Response) -> Effects:
    """The holder of this relationship signs origin, session and nonce."""
    asked = thread.latest(Challenge)
    if (message.origin, message.session, message.nonce) != (asked.origin, asked.session, asked.nonce):
        raise InvalidMessage("response", "it answers another challenge")
    yield Ask()


@sign_in.row(when=State.CHALLENGED, by=Role.PERSON, says=Decline, then=State.DECLINED)
@sign_in.row(when=State.ANSWERED, by=Role.ORG, says=Decline, then=State.DECLINED)
def no_entry(thread: Thread, message: Decline) -> None:
    """Not me, or not there; or the answer did not satisfy the org."""


@sign_in.row(when=State.ANSWERED, by=Role.ORG, says=Admit, then=State.ADMITTED)
def admit(thread: Thread, message: Admit) -> Effects:
    """The org hands over the one-time link that opens the session."""
    if not message.url.startswith(thread.latest(Challenge).origin + "/"):
        raise InvalidMessage("admit", "its url is not at the origin that asked")
    yield Publish("signed_in")
