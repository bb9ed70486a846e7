"""What must hold of a message beyond its form, before a rule sees it. One check a kind of message, in one place.

Each raises a Problem if it does not hold; nothing has been changed then.
"""

import msgspec

from agent import cards, house_rules, meeting, notice_rules, rosters, rules_known, showing
from agent.draft import Draft
from agent.vrm import eligibility, pausing, side_of
from protocols.machine import Message
from protocols.problems import AgainstHouseRules, NotOnRoster, Problem, RelationshipEnded
from protocols.standard.issue_credential import IssueCredential, OfferCredential
from protocols.standard.present_proof import RequestPresentation
from protocols.vrm.base import AgreementRef, outlives
from protocols.vrm.relationship import Notice, Welcome
from protocols.vrm.terms import Alternative, Proffer
from wallet.names import same
from wallet.needs import Lookup


class OtherAudience(Problem):
    code = "e.m.trust"
    comment = "The answer would be for somebody else than the one who asks."


def check(draft: Draft, message: Message) -> Lookup[None]:
    """Check one heard message. Raises a Problem."""
    if draft.relationship.ended and not outlives(draft.protocol.uri, message.name):
        raise RelationshipEnded(message.name)
    pausing.refuse(draft, message)
    match message:
        case Welcome():
            yield from meeting.check_welcome(draft, message)
        case Alternative():
            on_the_roster(draft, message.agreement)
        case Notice(kind="promotion"):
            wanted(draft, message)
        case Proffer():
            for each in (message.agreement, *message.also):
                as_named(draft, each)
        case OfferCredential():
            cards.offered(message)
        case IssueCredential():
            yield from cards.check_issued(draft, message)
        case RequestPresentation():
            for_this_verifier(draft, message)
            eligibility.check(draft, message)
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


def wanted(draft: Draft, message: Notice) -> None:
    """The owner's rules allow this advertising: those she has now, or, if she has none, those she once stated here.

    At what hour she sees it is her own agent's affair.
    """
    agent, own = draft.agent, house_rules.standing(draft.agent)
    rules = house_rules.stated(own, draft.now) if own else rules_known.in_force(agent, draft.peer)
    if rules is None:
        return
    counted = rules_known.this_week(agent, draft.peer, draft.now)
    rules = msgspec.structs.replace(rules, quiet=None)
    if notice_rules.against(rules, message, now=draft.now, this_week=counted):
        raise AgainstHouseRules(message.kind)


def for_this_verifier(draft: Draft, message: RequestPresentation) -> None:
    """The answer will be for whoever asks, and can be relayed to nobody else."""
    audience = showing.asked(message).audience
    if not any(same(audience, did) for did in draft.relationship.their_dids):
        raise OtherAudience()
