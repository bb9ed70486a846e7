"""What can go wrong in a conversation: the peer's fault is a `Problem`, our own is a `Misuse`.

A problem travels as report-problem/2.0. Its `code` and `comment` are constants, so that software can act on the one
and a person can read the other in any language; its `args` fill `{1}`, `{2}` ... of the comment and never carry
personal data. Codes: vrm-protocols, section 3.11, on the grammar of DIDComm Messaging v2.1, "Problem Codes".
"""

import re
from collections.abc import Sequence
from typing import ClassVar


class Misuse(Exception):
    """We asked for what the table forbids. Nothing was changed; the text names what may be said now."""


class Problem(Exception):
    """A message of the peer that cannot be applied. Nothing was changed; the peer is told once."""

    code: ClassVar[str] = "e.p.me"
    comment: ClassVar[str] = "Something went wrong on our side. Try again later."

    def __init__(self, *args: str) -> None:
        super().__init__(*args)

    def __str__(self) -> str:
        return fill(self.comment, self.args)


def fill(comment: str, args: Sequence[str]) -> str:
    """The comment with `{n}` replaced by the n-th argument, counted from 1; `?` where there is none.

    Arguments that the comment does not mention follow it. Source: DIDComm Messaging v2.1, "Problem Reports".
    """
    known = {str(place): arg for place, arg in enumerate(args, 1)}
    spare = [arg for place, arg in known.items() if f"{{{place}}}" not in comment]
    return ", ".join([re.sub(r"\{(\d+)\}", lambda place: known.get(place[1], "?"), comment), *spare])


class InvalidMessage(Problem):
    code = "e.m.msg.invalid"
    comment = "The body of {1} is not as specified: {2}."


class UnsupportedType(Problem):
    code = "e.m.msg.unsupported-type"
    comment = "This agent does not speak {1}."


class OutOfTurn(Problem):
    code = "e.m.req.out-of-turn"
    comment = "{1} cannot be said by the {2} while the thread is {3}."


class OfferExpired(Problem):
    code = "e.p.req.time.expired"
    comment = "{1} could be answered until {2}, and arrived later."


class ThreadLapsed(Problem):
    code = "e.p.req.time.lapsed"
    comment = "{1} arrived after the wait for an answer was over."


class CastClosed(Problem):
    code = "e.p.req.time.cast-closed"
    comment = "{1} could be made until {2}, and arrived later."


class QuotaExceeded(Problem):
    code = "e.p.req.quota"
    comment = "Too many: {1}."


class TooManyOpen(Problem):
    code = "e.m.me.res.threads"
    comment = "{1} threads of {2} are open already. End some of them, and send this again."


class RelationshipEnded(Problem):
    code = "e.p.req.ended"
    comment = "The relationship has ended; {1} is not taken any more."


class TermsRequired(Problem):
    code = "e.p.req.terms-required"
    comment = "No agreement in force covers {1}."


class BadProof(Problem):
    code = "e.m.trust.crypto.proof"
    comment = "The proof of the signed object does not hold: {1}."


class WrongAgreement(Problem):
    code = "e.p.trust.crypto.agreement-digest"
    comment = "The agreement is {1}, but {2} was expected."


class Equivocation(Problem):
    code = "e.p.trust.equivocation"
    comment = "Two different objects bear the same {1}."


class UnprovenDomain(Problem):
    code = "e.p.trust.domain"
    comment = "The linkage to the domain {1} does not hold."


class DelegationScope(Problem):
    code = "e.p.trust.delegation-scope"
    comment = "The mandate does not go so far: {1}."


class DelegationRevoked(Problem):
    code = "e.p.trust.delegation-revoked"
    comment = "The mandate is over: {1}."


class NotOnRoster(Problem):
    code = "e.p.legal.not-on-roster"
    comment = "Agreement {1} is not in the roster."


class BeyondAgreement(Problem):
    code = "e.p.legal.beyond-agreement"
    comment = "The agreement in force does not allow {1}."


class AgainstHouseRules(Problem):
    code = "e.p.legal.house-rules"
    comment = "The person's rules do not allow {1}."


class Paused(Problem):
    code = "e.p.legal.house-rules"
    comment = "The person wants to hear nothing new for now; {1} was not taken."


class ChainGap(Problem):
    """A warning: the message that skipped a number was applied all the same."""

    code = "w.m.msg.chain-gap"
    comment = "Signed object {1} arrived, but {2} is missing."
