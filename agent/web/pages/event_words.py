"""What an organisation's own systems hear, in words: `vrm.relationship.met.v1` is `has become your customer`."""

import re
from typing import Final

WORDS: Final = {
    "audit.challenged": "asks by what right something was done",
    "audit.disputed": "disputes an answer about a record",
    "audit.diverged": "holds other records than you do",
    "consent.disclosed": "has given you data",
    "consent.given": "has allowed something",
    "consent.withdrawn": "has taken a permission back",
    "data_rights.asked": "uses a right over data",
    "data_rights.cancelled": "has taken such a request back",
    "data_rights.late": "waits for an answer that is late",
    "delegation.recognised": "is helped by somebody from now on",
    "delegation.struck": "is helped by somebody no more",
    "experience.reopened": "is not content after all",
    "experience.retracted": "has taken an experience back",
    "experience.settled": "is content with your remedy",
    "experience.shared": "tells you of an experience",
    "intent.cast": "wants something",
    "intent.closed": "has chosen, or wants it no more",
    "intent.ordered": "has ordered",
    "intent.selected": "has picked your offer",
    "label.delete": "has data with you that must be deleted",
    "loyalty.declared": "says what you are to them",
    "loyalty.joined": "has joined your programme",
    "loyalty.left": "has left your programme",
    "loyalty.redeemed": "has used points",
    "loyalty.retired": "says so no more",
    "profile.unchanged": "says that what you hold is right",
    "profile.updated": "has changed data that you hold",
    "relationship.ended": "has left, or was let go",
    "relationship.met": "has become your customer",
    "relationship.notice_seen": "has received a notice",
    "relationship.rules": "has set rules for you",
    "sign_in.signed_in": "has signed in",
    "terms.declined": "has turned terms down",
    "terms.in_force": "is under agreed terms",
    "terms.withdrawn": "has ended terms",
    "things.case_updated": "has news about a problem",
    "things.closed": "has a problem that is solved",
    "things.recognised": "has taken a thing over",
    "things.registered": "has registered a thing",
    "things.released": "has let go of a thing",
    "things.reported": "reports a problem with a thing",
}
"""family.event: what it says of the customer."""

_TYPE: Final = re.compile(r"vrm\.([a-z_-]+)\.([a-z_-]+)\.v\d+")


def in_words(type: str) -> str:
    """One event. A type nobody has words for stands as it is, without what only programs need."""
    found = _TYPE.fullmatch(type)
    if found is None:
        return type
    family, event = (each.replace("-", "_") for each in found.groups())
    return WORDS.get(f"{family}.{event}", f"{family}: {event}".replace("_", " "))
