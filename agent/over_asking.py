"""Whether more is asked for than a reason needs: hints in sentences, for whoever is asked and for whoever will ask.

A hint forbids nothing and proves nothing. It goes by the words of the claims and of the reason, in English or as terms
of the Data Privacy Vocabulary; what it has no words for it says nothing about. Source: GDPR, Art. 5(1)(b) and (c), 9.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agent.agreements import purposes

MANY: Final = 6  # claims at once that are more than most reasons need

KINDS: Final = {  # what a claim says of somebody: words of its name, all of one set
    "threshold": ("over", "adult", "old enough"),
    "birth": ("birth", "birthdate", "birthday", "dob", "born"),
    "age": ("age",),
    "government": (
        *("passport", "ssn", "national id", "social security", "tax id", "tax number", "personal number"),
        *("identity number", "document number", "licence number", "license number", "citizen number"),
    ),
    "health": ("health", "medical", "disability", "blood", "allergies", "diagnosis", "insurance number"),
    "belief": ("religion", "ethnicity", "race", "political", "union", "sexual", "orientation"),
    "body": ("biometric", "fingerprint", "face", "iris", "genetic"),
    "record": ("criminal", "conviction", "convictions"),
    "picture": ("photo", "portrait", "picture", "image"),
    "money": ("iban", "bank", "account number", "credit card", "income", "salary", "credit score"),
    "address": ("address", "addresses", "street", "postal", "residence", "home"),
    "email": ("email", "emails", "mail"),
    "phone": ("phone", "phones", "mobile", "telephone"),
    "origin": ("nationality", "citizenship", "birthplace"),
    "sex": ("gender", "sex"),
    "name": ("name", "surname", "forename", "given name", "family name"),
}
"""kind: how it is named. The first that fits counts, so the more telling kinds stand before the common ones."""

SPECIAL: Final = {
    "health": "what is about health",
    "belief": "what is about belief, origin or private life",
    "body": "what is about the body",
    "record": "what is about convictions",
}
"""Kinds that the law protects more than others, and what they are about."""

REASONS: Final = {  # a reason: words by which it is known, terms it has, and the kinds it plainly needs
    "age": (("age", "adult", "18", "21", "minor", "minors", "old enough"), (), ("threshold", "age")),
    "delivery": (
        ("deliver", "delivery", "ship", "shipping", "parcel"),
        ("dpv:DeliveryOfGoods",),
        ("name", "address", "phone", "email"),
    ),
    "payment": (
        ("pay", "payment", "invoice", "refund", "billing"),
        ("dpv:PaymentManagement",),
        ("money", "name", "address", "email"),
    ),
    "discount": (
        ("discount", "price", "member", "membership", "loyalty", "tier", "points"),
        (),
        ("threshold",),
    ),
    "contact": (
        ("contact", "answer", "reply", "remind", "appointment", "booking"),
        ("dpv:CustomerCare",),
        ("name", "email", "phone"),
    ),
    "repair": (
        ("repair", "warranty", "service", "recall"),
        ("dpv:RepairImpairments",),
        ("name", "address", "email", "phone"),
    ),
    "identity": (
        ("identify", "identity", "law", "legal", "contract", "account"),
        ("dpv:IdentityVerification", "dpv:LegalCompliance", "dpv:EstablishContractualAgreement"),
        ("name", "birth", "age", "address", "government", "picture", "origin", "sex", "email", "phone", "money"),
    ),
    "health": (("health", "medical", "pharmacy", "prescription", "doctor", "allergy"), (), ("health", "name", "birth")),
    "advertising": (
        ("advertise", "advertising", "marketing", "newsletter", "offers"),
        ("dpv:Marketing", "dpv:SellProducts"),
        ("email", "name"),
    ),
}
EMPTY_WORDS: Final = frozenset(
    (
        *("a", "an", "and", "any", "for", "it", "of", "or", "our", "some", "something", "the", "things", "to", "use"),
        *("we", "you", "your", "business", "check", "checking", "data", "general", "improve", "internal", "purpose"),
        *("purposes", "reasons", "security", "service", "services", "various", "verification", "verify"),
    )
)
"""Words that name no reason by themselves."""


def notices(claims: Sequence[str], purpose: str) -> list[str]:
    """What to think about before these are shown or asked for, a sentence each; empty if nothing stands out.

    claims: names, dotted paths or JSON Pointers. purpose: in words, or a term of the Data Privacy Vocabulary.
    """
    return list(dict.fromkeys(_notices(list(dict.fromkeys(claims)), purpose.strip())))


def kind(claim: str) -> str:
    """What a claim says of somebody, as one of KINDS; empty if nobody knows."""
    said = _words(claim)
    for found, names in KINDS.items():
        if any(all(word in said for word in name.split()) for name in names):
            return found
    return ""


def reasons(purpose: str) -> list[str]:
    """The reasons that are meant, of REASONS; none if it is another one, or no reason at all."""
    if purpose.startswith("dpv:"):
        return [
            name for name, (_, terms, _) in REASONS.items() if any(purposes.contains(each, purpose) for each in terms)
        ]
    said = _words(purpose)
    return [name for name, (words, _, _) in REASONS.items() if any(set(each.split()) <= said for each in words)]


def _notices(claims: list[str], purpose: str) -> Iterator[str]:
    """Of the reason, of each claim, of all of them together."""
    if not claims:
        return
    meant = reasons(purpose)
    needed = {each for name in meant for each in REASONS[name][2]}
    found = {claim: kind(claim) for claim in claims}
    if not purpose:
        yield "No reason is given. Without one nobody can tell whether any of this is needed."
    elif not meant and _words(purpose) <= EMPTY_WORDS:
        yield f"The reason given, “{purpose[:80]}”, would fit nearly anything."
    if "advertising" in meant:
        yield "The reason is advertising: nothing has to be shown or given for that."
    for claim, what in found.items():
        yield from _about(claim, what, meant, needed)
    kinds = set(found.values())
    if "name" in kinds and kinds & {"birth", "address", "picture"} and not needed >= {"name", "address"}:
        yield "A name together with a birth date, an address or a picture singles out one person."
    if len(claims) > MANY:
        yield f"{len(claims)} things are asked for at once, more than most reasons need."


def _about(claim: str, what: str, meant: list[str], needed: set[str]) -> Iterator[str]:
    """One claim, given the kinds that the reasons need."""
    called = in_words(claim)
    if what in needed or not what:
        return
    if what in SPECIAL:
        yield f"The law protects {SPECIAL[what]} more than other things, and no reason is given for this: {called}."
    elif what == "birth" and "age" in meant:
        yield f"That somebody is old enough can be shown without an exact birth date ({called})."
    elif what == "birth":
        yield f"An exact birth date is seldom needed, and no reason is given for this: {called}."
    elif what == "government":
        yield f"Whoever learns a number that a state gave can abuse it, and no reason is given for this: {called}."
    elif meant:
        yield f"Nothing in the reason given needs this: {called}."


def in_words(claim: str) -> str:
    """A claim as a person would say it: `date of birth` for `date_of_birth`, `dateOfBirth` and `/date/of/birth`."""
    return " ".join(_split(claim[:200]))[:60] or "everything"


def _words(text: str) -> set[str]:
    """The words of a claim or of a reason."""
    return set(_split(text[:2000]))


def _split(text: str) -> list[str]:
    """Words in small letters, in the order they stand."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower())
