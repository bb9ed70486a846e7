"""How people say what machines write: fields, purposes, durations, moments, organisations, what was signed.

One function each, for questions, lists and logs alike, so that a thing has one name wherever a person meets it. What
nobody has words for stands as it is: nothing is hidden by a kinder name.
"""

import re
from typing import Final
from urllib.parse import unquote

from agent.agreements import purposes

WORDS: Final = {  # word: where it stands, the label if she names none, the member that holds what she types
    "name": ("/name", "", "full"),
    "email": ("/emails", "main", "address"),
    "phone": ("/phones", "main", "number"),
    "address": ("/addresses", "home", "full"),
    "organization": ("/organizations", "main", "name"),
    "nickname": ("/nicknames", "main", "name"),
    "website": ("/links", "main", "uri"),
}
"""The fields of a contact card that have a name. Source: RFC 9553."""

RIGHTS: Final = {
    "access": "see what they have of me",
    "rectification": "correct it",
    "erasure": "delete it",
    "restriction": "keep it, but not use it",
    "portability": "hand me a copy that other programs read",
    "objection": "stop using it",
    "sale-opt-out": "neither sell nor share it",
    "categories": "tell me which kinds of data they have",
    "recipients": "tell me to whom they passed it on",
    "no-automated-decision": "let a person decide, not a program alone",
    "withdraw-all": "take back all that I allowed",
}
"""What she may ask for that is hers by right."""

DENIALS: Final = {
    "no-match": "they find nothing of hers",
    "insufficient-verification": "they are not sure that it is she who asks",
    "not-covered": "the law they name does not cover this",
    "outside-jurisdiction": "the law does not reach them",
    "too-many-requests": "it was asked too often",
    "suspected-fraud": "they suspect a fraud",
    "other": "another reason",
}
"""Why one of these is denied."""

KEPT: Final = {"legal-duty": "the law makes them keep it", "claim": "there is a claim", "other": "another reason"}
"""Why something is not deleted."""

PARTS: Final = {"countryCode": "country", "full": "in full"}
"""Parts of a field that have a name of their own."""

HELPING: Final = {
    "intent/1.0/cast": "ask for offers",
    "intent/1.0/answer": "answer questions about what you want",
    "intent/1.0/select": "pick an offer",
    "intent/1.0/confirm": "order",
    "experience/1.0/share": "tell experiences",
    "experience/1.0/add": "answer what is said about them",
    "experience/1.0/settle": "accept a remedy",
    "data-rights/1.0/exercise": "exercise rights over data",
    "things/1.0/report": "report problems with things",
}
"""What a helper may be allowed to say, in words."""

MAY: Final = {
    "ask-for-offers": ("intent/1.0/cast", "intent/1.0/answer"),
    "buy": ("intent/1.0/select", "intent/1.0/confirm"),
    "share-experiences": ("experience/1.0/share", "experience/1.0/add", "experience/1.0/settle"),
    "exercise-rights": ("data-rights/1.0/exercise",),
    "report-problems": ("things/1.0/report",),
}
"""What a helper may be allowed to do, by the words of the command line, and the messages that stand for it."""

LEVELS: Final = ("nothing", "proof of being entitled, if asked", "a coarse profile, if asked", "who it is")
"""How much of a person is told at each level of a cast or mandate."""

_UNITS: Final = ("year", "month", "week", "day", "hour", "minute", "second")
_NUMBERS: Final = r"(?:(\d{1,6})"
_DURATION: Final = re.compile(
    rf"P{_NUMBERS}Y)?{_NUMBERS}M)?{_NUMBERS}W)?{_NUMBERS}D)?(?:T{_NUMBERS}H)?{_NUMBERS}M)?{_NUMBERS}S)?)?"
)
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
_LABELLED: Final = re.compile(r"(\w+)(?: \(([A-Za-z0-9_-]{1,64})\)|\.([A-Za-z0-9_-]{1,64}))?")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_TERM: Final = re.compile(r"dpv:([A-Za-z]+)")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MEMBERS: Final = tuple(member for _, _, member in WORDS.values())


def card_field(ptr: str) -> str:
    """What a person calls a field of a contact card: `address (home)`; a pointer no word stands for, as it is."""
    for name, (place, usual, _) in WORDS.items():
        if ptr == place:
            return name if not usual else f"{name} (all)"
        if usual and ptr.startswith(f"{place}/"):
            label, _, deeper = ptr.removeprefix(f"{place}/").partition("/")
            return f"{name} ({label})" + (f", {PARTS.get(deeper, deeper)}" if deeper else "")
    return ptr


def field(ptr: str) -> str:
    """What a person calls any field that a JSON Pointer names: `address (home)`, `shoes`, `everything` for the root."""
    known = card_field(ptr)
    if known != ptr or not ptr.startswith("/"):
        return known or "everything"
    return ptr.strip("/").replace("/", ", ").replace("~1", "/").replace("~0", "~") or "everything"


def claim(name: str) -> str:
    """What a person calls a claim of a card: `over 18` for `over_18`; a name of another form as it stands."""
    return re.sub(r"[_.-]+", " ", _WORD_START.sub(" ", name)).strip().lower() if _NAME.fullmatch(name) else name


def pointer(typed: str) -> str:
    """The pointer meant by what `field` says of a contact card, or by `address.home`; anything else as it is."""
    found = _LABELLED.fullmatch(typed)
    if found is None or found[1] not in WORDS:
        return typed
    place, usual, _ = WORDS[found[1]]
    label = found[2] or found[3] or usual
    return place if not usual or found[2] == "all" else f"{place}/{label}"


def whoever(who: str) -> str:
    """Whom a rule is about: `every vendor` for `kind:vendor`, `anybody` for `any`."""
    if who == "any":
        return "anybody"
    return f"every {who.removeprefix('kind:')}" if who.startswith("kind:") else who


def purpose(term: str) -> str:
    """What something is used for: `to deliver what you ordered`."""
    return purposes.in_words(term)


def terms(words: str) -> str:
    """A sentence with terms of the Data Privacy Vocabulary in it, in words: `use for direct marketing`."""
    return _TERM.sub(lambda found: _WORD_START.sub(" ", found[1]).lower(), words)


def value(found: object) -> str:
    """A value as a person would write it: of an address the address, not its parts and their names."""
    match found:
        case None:
            return "nothing"
        case bool():
            return "yes" if found else "no"
        case list() | tuple():
            return ", ".join(value(each) for each in found)
        case dict():
            return _of_object({str(name): each for name, each in found.items()})
    return str(found)


def _of_object(found: dict[str, object]) -> str:
    """An object: what its word stands for, if that is all there is to it; else every member by name."""
    said = {name: each for name, each in found.items() if name not in ("@type", "@context", "countryCode")}
    if len(said) == 1 and (name := next(iter(said))) in _MEMBERS:
        return value(said[name])
    if set(said) == {"amount", "currency"}:
        return f"{said['amount']} {said['currency']}"
    if "ptr" in said:
        return item(said)
    return ", ".join(f"{name}: {value(each)}" for name, each in (said or found).items())


def item(found: dict[str, object]) -> str:
    """A field with what is said of it, as consents, Labels and deletions list them."""
    words = [field(str(found["ptr"]))]
    if "purpose" in found:
        words.append(purpose(str(found["purpose"])))
    until = found.get("until") or found.get("expires")
    words += [f"until {day(str(until))}"] if until else []
    words += ["needed"] if found.get("necessary") is True else []
    rest = {name: each for name, each in found.items() if name not in _OF_ITEMS and each not in (None, "", [])}
    return " ".join(words) + "".join(f", {name}: {value(each)}" for name, each in rest.items())


_OF_ITEMS: Final = frozenset({"ptr", "purpose", "until", "expires", "necessary", "record"})


def lasting(duration: str) -> str:
    """`P30D` as `30 days`, `P1DT12H` as `1 day 12 hours`; what is no duration as it stands."""
    found = _DURATION.fullmatch(duration)
    parts = [(int(number), unit) for number, unit in zip(found.groups(), _UNITS) if number] if found else []
    return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts) or duration


def day(moment: str) -> str:
    """The day of a moment; what is no moment as it stands."""
    found = _MOMENT.fullmatch(moment)
    return found[1] if found else moment


def moment(timestamp: str) -> str:
    """A moment to the minute: `2026-11-22 09:00 UTC`; what is none as it stands."""
    found = _MOMENT.fullmatch(timestamp)
    return f"{found[1]} {found[2]} UTC" if found else timestamp


def organisation(did: str) -> str:
    """An organisation by the domain that its DID stands for; any other DID by its first letters."""
    if did.startswith("did:web:"):
        return "/".join(unquote(part) for part in did.removeprefix("did:web:").split(":"))
    return f"{did[:24]}..." if did.startswith("did:") and len(did) > 32 else did


def demand(found: dict[str, object]) -> str:
    """What somebody wants: `tandem; where: PT-11; at most 900 EUR`. found: a schema.org Demand as JSON."""
    item, most = found.get("itemOffered"), found.get("priceSpecification")
    said = [value(each) for name, each in item.items() if name != "@type"] if isinstance(item, dict) else []
    said += [f"where: {found['eligibleRegion']}"] if found.get("eligibleRegion") else []
    said += [f"at most {most.get('maxPrice')} {most.get('priceCurrency')}"] if isinstance(most, dict) else []
    said += [f"by {day(str(found['availabilityEnds']))}"] if found.get("availabilityEnds") else []
    return "; ".join(said) or "something"


def offer(found: dict[str, object]) -> str:
    """What somebody offers: `700.00 EUR; delivered in 3 days`. found: a schema.org Offer as JSON."""
    said = [f"{found.get('price')} {found.get('priceCurrency')}"]
    said += [f"delivered in {lasting(str(found['deliveryLeadTime']))}"] if found.get("deliveryLeadTime") else []
    said += [f"{lasting(str(found['warranty']))} of warranty"] if found.get("warranty") else []
    known = ("@type", "price", "priceCurrency", "deliveryLeadTime", "warranty")
    return "; ".join([*said, *(value(each) for name, each in found.items() if name not in known and each)])


def deed(type: str) -> str:
    """What was signed, in words: `ConsentGrant` as `consent: grant`."""
    words = [each.lower() for each in re.findall(r"[A-Z][a-z0-9]*", type)]
    if not words or "".join(words) != type.lower():
        return type
    family = 2 if words[:2] in (["data", "rights"], ["sign", "in"]) else 1
    rest = " ".join(words[family:])
    return f"{' '.join(words[:family])}: {rest}" if rest else " ".join(words)


def act(message: str) -> str:
    """What a helper may say or has said: `intent/1.0/cast` as `ask for offers`."""
    return HELPING.get(message, message)


def level(number: int) -> str:
    """How much of a person is told."""
    return LEVELS[number] if 0 <= number < len(LEVELS) else f"level {number}"


FORMS: Final = (  # how the pattern of a form begins, and the form in words
    ("^P(?=.)", "a length of time, like P30D or P1Y"),
    ("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", "a time, like 2027-03-01T08:00:00Z"),
    ("^[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day, like 2027-03-01"),
    ("^uEi", "a digest, which begins with uEi"),
    ("^(/", "a JSON Pointer, like /addresses/home"),
    ("^[A-Z]{2}", "a country, by two capital letters"),
)


def fault(said: str) -> str:
    """What is wrong with something that was typed: in words where msgspec shows the pattern that it does not fit."""
    found = re.fullmatch(r"Expected `str` matching regex '(.*)'(?: - at `\$\.?(.*)`)?", said, re.DOTALL)
    if not found:
        return said
    form = next((words for begins, words in FORMS if found[1].startswith(begins)), "of another form")
    return f"{found[2] or 'this'} must be {form}"
