"""What was signed, as people say it: what it was, and what it says, member by member, without what only machines need.

A type nobody has words for is spelled out, and a member nobody has words for stands by its name: nothing is hidden.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from agent import rosters, wording
from agent.agent import Agent
from agent.vrm import asked_for

# fmt: off
DEEDS: Final = {
    "RelationshipWelcome": "Introduced with name, domain and the terms accepted",
    "RelationshipRules": "Rules stated for being reached",
    "RelationshipReceipt rules": "Rules received, to be kept",
    "RelationshipNotice": "Notice",
    "RelationshipReceipt notice": "Notice received",
    "RelationshipDecline": "Declined",
    "RelationshipEnd": "Relationship ended",
    "RelationshipReceipt end": "End received, and what became of the data",
    "RelationshipResponse": "Signed in",
    "TermsProffer": "Terms offered",
    "TermsAccept": "Terms accepted",
    "TermsAlternative": "Other terms offered",
    "TermsDecline": "Terms declined",
    "TermsConfirm": "Terms confirmed: they hold from here on",
    "TermsWithdraw": "Terms ended",
    "TermsReceipt withdraw": "End of the terms received",
    "ConsentRequest": "Permission asked for",
    "ConsentGrant": "Permission given",
    "ConsentVolunteer": "Permission offered unasked",
    "ConsentReceipt grant": "Permission received",
    "ConsentDecline": "Permission refused",
    "ConsentDisclose": "Values sent",
    "ConsentWithdraw": "Permission taken back",
    "ConsentReceipt withdraw": "Taking back received: what was deleted",
    "ConsentStop": "Use ended, and what was deleted",
    "DataRightsExercise": "A right claimed",
    "DataRightsReceipt exercise": "Claim received, with the day it is due",
    "DataRightsProgress": "Word on how far it is",
    "DataRightsDeliver": "Data handed over",
    "DataRightsReceipt deliver": "Data received",
    "DataRightsFulfil": "Claim fulfilled",
    "DataRightsReceipt fulfil": "Fulfilment received",
    "DataRightsDecline": "Claim refused",
    "DataRightsReceipt decline": "Refusal received",
    "DataRightsCancel": "Claim dropped",
    "DataRightsReceipt cancel": "Dropping received",
    "ProfileUpdate": "A change sent",
    "ProfileReceipt update": "What became of the change",
    "ProfileUnchanged": "Said to be right still",
    "IntentCast": "A want, sent out",
    "IntentSeal": "A sealed bid",
    "IntentBid": "A bid",
    "IntentSelect": "A bid picked",
    "IntentSelectAck": "The bid held for a while",
    "IntentConfirm": "Ordered",
    "IntentOutcome": "Order taken",
    "IntentRelease": "A picked bid let go",
    "IntentClose": "A want closed",
    "IntentReceipt close": "Closing received",
    "IntentDecline": "No bid",
    "IntentJoin": "A pool joined",
    "IntentReceipt join": "Joining received",
    "IntentLeave": "A pool left",
    "IntentReceipt leave": "Leaving received",
    "IntentMatched": "Bids passed on",
    "ThingsRegister": "A thing registered",
    "ThingsReceipt register": "Registration received",
    "ThingsAlert": "A warning about a thing",
    "ThingsReceipt alert": "Warning received",
    "ThingsRelease": "A thing given up",
    "ThingsReceipt release": "Giving up received",
    "ThingsReport": "A problem reported",
    "ThingsReceipt report": "Report received",
    "ThingsResolve": "A remedy",
    "ThingsReopen": "A problem opened again",
    "ThingsClose": "A problem closed",
    "ThingsDecline": "Refused",
    "ThingsOffer": "A thing offered",
    "ThingsAccept": "A thing taken",
    "ThingsConfirm": "A thing handed over",
    "ThingsClaim": "A thing claimed as one's own",
    "ThingsReceipt claim": "Claim to a thing received",
    "LoyaltyDeclare": "Loyalty declared",
    "LoyaltyReceipt declare": "Declaration received",
    "LoyaltyRetire": "Loyalty ended",
    "LoyaltyReceipt retire": "Ending received",
    "LoyaltyInvite": "Invited to a programme",
    "LoyaltyJoin": "A programme joined",
    "LoyaltyConfirm": "Membership confirmed",
    "LoyaltyCredit": "Points changed",
    "LoyaltyRedeem": "Points spent",
    "LoyaltyReceipt redeem": "Spending received",
    "LoyaltyLeave": "A programme left",
    "LoyaltyReceipt leave": "Leaving received",
    "LoyaltyClose": "A programme closed",
    "LoyaltyReceipt close": "Closing received",
    "LoyaltyDecline": "Refused",
    "ExperienceShare": "An experience told",
    "ExperienceReceipt share": "Experience received",
    "ExperienceDecline": "Experience refused",
    "ExperienceRespond": "An answer to an experience",
    "ExperienceResolve": "A remedy offered",
    "ExperienceSettle": "Settled",
    "ExperienceReopen": "Opened again",
    "ExperienceRetract": "An experience taken back",
    "ExperienceReceipt retract": "Taking back received",
    "DelegationAppoint": "A helper appointed",
    "DelegationAccept": "The task accepted",
    "DelegationConfirm": "The task confirmed",
    "DelegationDecline": "The task declined",
    "DelegationReport": "A report of what was done",
    "DelegationRevoke": "The task taken away",
    "DelegationResign": "The task given up",
    "DelegationReceipt revoke": "Taking away received",
    "DelegationReceipt resign": "Giving up received",
    "DelegationIntroduce": "A helper introduced",
    "DelegationReceipt introduce": "Introduction received",
    "DelegationDepart": "A helper gone",
    "DelegationDismiss": "A helper sent away",
    "DelegationStrike": "A helper struck out",
    "DelegationReceipt strike": "Striking out received",
    "AuditCheckpoint": "Asked whether both hold the same",
    "AuditAligned": "Both hold the same",
    "AuditDiverged": "The two do not hold the same",
    "AuditChallenge": "Asked by what right",
    "AuditEvidence": "Answered, with records",
    "AuditDecline": "No answer given",
    "AuditDispute": "Disputed",
    "AuditPosition": "The other position",
    "AuditAttest": "A statement of keeping rules",
    "AuditReceipt attest": "Statement received",
}
"""What was done, by its type and, for a receipt, what it is of."""

LABELS: Final = {
    "text": "Says", "question": "Asks", "want": "Wants", "remedy": "Remedy", "details": "Says", "reason": "Reason",
    "items": "What", "fields": "What", "labels": "What", "scope": "For", "refused": "Not this", "done": "Done",
    "stopped": "No longer used", "deleted": "Deleted", "kept": "Kept", "told": "Passed on to these", "results": "What",
    "agreement": "Terms", "terms": "Terms", "also": "Or these terms", "right": "Right",
    "until": "Until", "by": "By", "ends": "Until", "from": "From", "to": "To", "due": "Due", "effective": "From",
    "answer_by": "Answer by", "expected_by": "Expected", "bid_by": "Bids by", "select_by": "Picked by",
    "hold_until": "Held until", "valid_until": "Good until", "retention": "Kept for", "recipients": "Passed on to",
    "storage": "Stored in", "refusal_effect": "If refused", "demand": "Wanted", "offer": "Offered", "thing": "Thing",
    "problem": "Problem", "kind": "Kind", "org": "Who", "domain": "Domain", "data": "Data", "program": "Programme",
    "balance": "Points", "change": "Points added", "amount": "Amount", "reward": "For", "strength": "How loyal",
    "conditions": "On condition", "actions": "May", "order": "Order", "delivery": "Delivered", "winning_band": "Prices",
    "promotion": "Advertising", "max_per_week": "At most a week", "quiet": "Quiet", "paused": "Paused",
    "channels": "Reached by", "topics": "Topics", "about": "About", "case": "Case", "standard": "Standard",
    "erased_at": "Erased", "deleted_at": "Deleted", "received_at": "Received", "ended": "Ended", "rating": "Rating",
    "warranty_until": "Warranty until", "support_until": "Support until", "topic": "Topic", "action_by": "Act by",
    "legal_basis": "Ground", "reference": "Reference", "category": "For", "survives": "Goes on", "lasts": "Lasts",
}  # fmt: skip
"""What the members that people understand are called."""

ABOUT: Final = {
    "message": "a message",
    "record": "a record of both",
    "order": "an order",
    "thing": "a thing",
    "org": "the organisation",
}
"""What something is about, where it is named by what only machines tell from another."""

CODED: Final = frozenset({"reason", "kind", "right", "data", "promotion", "strength", "remedy", "want", "standing"})
"""Members that may hold a code with dashes."""

FIELDS: Final = frozenset({"scope", "fields", "refused", "done", "stopped", "deleted"})
"""Members that hold pointers to fields."""

REACH: Final = {"any": "anything", "service-only": "what a service needs", "never": "nothing"}
WAYS: Final = {"agent": "here", "email": "by e-mail", "phone": "by phone", "post": "by post"}
ADVERTISING: Final = {"none": "none", "asked": "only about subjects that are wanted", "any": "about anything"}
DISPOSALS: Final = {
    "erase": "all of it is erased",
    "return-then-erase": "all of it is given back, then erased",
    "keep-legal-minimum": "all of it is erased but what a law makes one keep",
}
FATES: Final = {
    "applied": "changed",
    "refused": "not changed",
    "pending": "to be changed",
    "stale": "known newer already",
}


def agreement(agent: Agent, digest: str) -> str:
    """What an agreement is called, by its Digest; empty if its text is not here."""
    found = rosters.text_of(agent, digest)
    return found.title if found else ""


class Line(msgspec.Struct, frozen=True):
    """One thing a statement says. words: they may be a stranger's."""

    label: str
    words: str


def title(type: str, body: Mapping[str, object]) -> str:
    """What was done: `Permission given`."""
    of = body.get("of")
    return DEEDS.get(f"{type} {of}" if type.endswith("Receipt") and of else type) or wording.deed(type)


def lines(body: Mapping[str, object], titles: Callable[[str], str] = str) -> list[Line]:
    """What it says, in the order in which it says it. titles: what an agreement is called, by its Digest, if known."""
    found = []
    for name, value in body.items():
        if name in ("agreement", "terms", "also"):
            found += [Line(LABELS[name], each) for each in agreements(value, titles)]
        elif name in LABELS:
            found += [Line(LABELS[name], words) for words in says(name, value)]
    return found


def agreements(found: object, titles: Callable[[str], str]) -> Iterator[str]:
    """Agreements by their titles, or by their names; a record, which only machines tell from another, is none."""
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            title = titles(str(each.get("digest")))
            known = title if title and title != each.get("digest") else each.get("id")
            yield f"{known}, version {each.get('version')}"


def says(name: str, value: object) -> Iterator[str]:
    """One member, in words; a list says each of its own."""
    if value in (None, [], {}) or (value == "" and name not in FIELDS):
        return
    match name, value:
        case _, list():
            yield from (each for item in value for each in says(name, item))
        case "about", dict():
            yield from (about(key, str(each)) for key, each in value.items())
        case "org", dict():
            yield ", ".join(str(value[key]) for key in ("name", "kind") if key in value)
        case "results", dict():
            fate = FATES.get(str(value.get("result")), str(value.get("result")))
            yield f"{wording.field(str(value.get('ptr')))}: {fate}"
        case "channels", dict():
            yield from (f"{WAYS.get(way, way)}: {REACH.get(str(reach), str(reach))}" for way, reach in value.items())
        case ("demand" | "offer"), dict():
            yield wording.demand(value) if name == "demand" else wording.offer(value)
        case _, dict():
            yield wording.value({key: each for key, each in value.items() if key not in ("digest", "record")})
        case _, str():
            yield of_text(name, value)
        case _:
            yield wording.value(value)


def about(name: str, named: str) -> str:
    """What something is about: a use in words, and nothing that only machines tell from another."""
    if name == "use":
        return wording.purpose(named)
    machines = named.startswith(("did:", "uEi")) or name == "message"
    return ABOUT.get(name, name) if machines else f"{name} {named}"


def of_text(name: str, text: str) -> str:
    """A text: a field, a purpose, a length of time, a moment or a code in words; anything else as it stands."""
    if name in FIELDS and text[:1] in ("", "/"):
        return wording.field(text)
    if name == "promotion":
        return ADVERTISING.get(text, text)
    if name == "data":
        return DISPOSALS.get(text, text)
    if name == "legal_basis":
        return asked_for.BASES.get(text, text)
    if name in ("retention", "lasts"):
        return wording.lasting(text)
    if name == "actions":
        return wording.act(text)
    return text.replace("-", " ") if name in CODED and " " not in text else wording.moment(text)
