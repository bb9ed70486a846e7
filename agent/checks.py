"""What must hold of a message beyond its form, before a rule sees it. One check a kind of message, in one place.

Each raises a Problem if it does not hold; nothing has been changed then.
"""

from agent import cards, meeting, rosters, showing
from agent.draft import Draft
from agent.vrm import side_of
from protocols.machine import Message
from protocols.problems import NotOnRoster, Problem, RelationshipEnded
from protocols.standard.issue_credential import IssueCredential, OfferCredential
from protocols.standard.present_proof import RequestPresentation
from protocols.vrm.base import NEVER_REFUSED, AgreementRef
from protocols.vrm.relationship import Welcome
from protocols.vrm.terms import Alternative, Proffer
from wallet.names import same
from wallet.needs import Lookup


class OtherAudience(Problem):
    code = "e.m.trust"
    comment = "The answer would be for somebody else than the one who asks."


def check(draft: Draft, message: Message) -> Lookup[None]:
    """Check one heard message. Raises a Problem."""
    if draft.relationship.ended and message.name not in NEVER_REFUSED:
        raise RelationshipEnded(message.name)
    match message:
        case Welcome():
            yield from meeting.check_welcome(draft, message)
        case Alternative():
            on_the_roster(draft, message.agreement)
        case Proffer():
            for each in (message.agreement, *message.also):
                as_named(draft, each)
        case OfferCredential():
            cards.offered(message)
        case IssueCredential():
            yield from cards.check_issued(draft, message)
        case RequestPresentation():
            for_this_verifier(draft, message)
        case _:
            yield from side_of(draft.protocol).check(draft, message)


def on_the_roster(draft: Draft, agreement: AgreementRef) -> None:
    """Its text is at hand, and hashes to its Digest. An agreement is never taken by its name."""
    if rosters.on_the_roster(draft.agent, agreement.digest) is None:
        raise NotOnRoster(agreement.id)
    as_named(draft, agreement)


def as_named(draft: Draft, agreement: AgreementRef) -> None:
    """A text that we know goes by no other name than its own, or people would be shown the wrong one."""
    text = rosters.text_of(draft.agent, agreement.digest)
    if text is not None and (text.id, text.version) != (agreement.id, agreement.version):
        raise NotOnRoster(f"{agreement.id} {agreement.version}")


def for_this_verifier(draft: Draft, message: RequestPresentation) -> None:
    """The answer will be for whoever asks, and can be relayed to nobody else."""
    audience = showing.asked(message).audience
    if not any(same(audience, did) for did in draft.relationship.their_dids):
        raise OtherAudience()
