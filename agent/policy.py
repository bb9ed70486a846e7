"""Standing answers: what this agent says by itself. Where there is none, the owner is asked, and silence is not a yes.

An answer is a look-up that returns the next message, or None to ask. Receipts that only say "received" are rules of the
tables themselves (`Reply`), not policy.
"""

import msgspec

from agent import cards, effects, house_rules, identity, mandate_copies, meeting, rosters, showing, tally
from agent.binding import said
from agent.draft import Draft
from agent.vrm import Wait, side_of
from protocols import supported
from protocols.machine import Message
from protocols.problems import Problem
from protocols.standard import issue_credential, present_proof
from protocols.standard.discover_features import Queries, disclose
from protocols.standard.report_problem import ProblemReport, report_of
from protocols.vrm import relationship, terms
from wallet.needs import Lookup


def decide(draft: Draft) -> Lookup[None]:
    """Answer what a standing policy answers; ask the owner the rest."""
    undecided, draft.undecided = draft.undecided, ()
    for message in undecided:
        answer = yield from standing_answer(draft, message)
        if answer is None:
            draft.ask(message)
        elif not isinstance(answer, Wait):
            effects.say(draft, answer)


def standing_answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """What we say to this by ourselves; None: ask; WAIT: neither, for now."""
    match message:
        case Queries():
            return disclose(message, {"protocol": supported()})
        case relationship.Hello():
            return meeting.welcome(draft) if identity.own(draft.agent) and draft.agent.config.welcomes else None
        case relationship.Rules():
            return relationship.RulesReceipt("done")
        case terms.Alternative():
            return turned_down(draft, message)
        case terms.Proffer():
            return accepted(draft, message)
        case issue_credential.OfferCredential() if mandate_copies.is_copy(draft):
            return cards.request(draft)
        case issue_credential.ProposeCredential() if wished := mandate_copies.wish(draft, message):
            return mandate_copies.offered(draft, *wished) if wished[1] in wished[0].orgs else None
        case issue_credential.RequestCredential():
            return issued(draft, message)
        case present_proof.Presentation():
            return (yield from judged(draft, message))
    return (yield from side_of(draft.protocol).answer(draft, message))


def turned_down(draft: Draft, offered: terms.Alternative) -> terms.Decline | None:
    """No, to an alternative that permits what her rules forbid; any other is for her to decide."""
    text = rosters.on_the_roster(draft.agent, offered.agreement.digest)
    verdict = house_rules.judge_agreement(draft.agent, text) if text else None
    if verdict is None or verdict.answer != "refuse":
        return None
    return terms.Decline("unacceptable", verdict.clause)


def accepted(draft: Draft, proffer: terms.Proffer) -> terms.Accept | None:
    """Her preferred agreement if we accept it, else the first of the others she named that we do."""
    ours = {each.digest for each in rosters.preferred(draft.agent)}
    for named in (proffer.agreement, *proffer.also):
        if named.digest in ours:
            return terms.Accept(agreement=named)
    return None


def issued(draft: Draft, request: issue_credential.RequestCredential) -> Message | None:
    """What was offered, to the key that was proved; a bad proof is turned down. Nothing was offered: ask."""
    if not said(draft.thread, "offer-credential"):
        return None
    try:
        return cards.issue(draft, request)
    except Problem as problem:
        return report_of(problem)


def judged(draft: Draft, message: present_proof.Presentation) -> Lookup[Message]:
    """Content, if every check of every credential holds; what was found is kept either way."""
    verdicts = yield from showing.verify(draft, message)
    found = showing.describe(verdicts)
    tag = showing.verdict_tag(draft.now, bool(found["verified"]))
    draft.add_item(showing.VERDICT, showing.verdict_id(draft.peer, draft.thid), msgspec.json.encode(found), tag=tag)
    tally.mark(draft, "verified" if found["verified"] else "failed")
    if found["verified"]:
        return present_proof.Ack()
    failed = ", ".join(dict.fromkeys(name for each in verdicts for name in each.failed))
    return ProblemReport(code="e.m.trust", comment="The presentation does not hold: {1}.", args=(failed,))
