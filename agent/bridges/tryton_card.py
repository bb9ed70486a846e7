"""A contact card (JSContact, RFC 9553) as Tryton keeps it: a name, addresses, contact mechanisms.

A value travels by its JSON Pointer: `/name`, `/addresses/home`, `/emails/work`, `/phones/mobile`. What has no place in
Tryton (`/anniversaries`, say) is not put there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Fields = dict[str, Any]

PARTY, ADDRESS, MECHANISM = "party.party", "party.address", "party.contact_mechanism"
MODELS: Final = {
    "name": PARTY,
    "addresses": ADDRESS,
    "emails": MECHANISM,
    "phones": MECHANISM,
    "onlineServices": MECHANISM,
}
COMPONENTS: Final = {
    "locality": "city",
    "postcode": "postal_code",
}
STREET: Final = ("number", "block", "name", "building", "floor", "apartment", "room", "direction", "landmark")
ENDS: Final = ("locality", "postcode", "region", "country")
MOBILE: Final = frozenset({"mobile", "text"})


def records(ptr: str, value: object, held: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The single values that a value means: all of a collection (`/emails`), the whole of which a part was changed
    (`/addresses/home/full`), or itself. None: it is no more. held: the values there are, by pointer."""
    steps = ptr.removeprefix("/").split("/")
    if steps[0] in MODELS and steps[0] != "name" and len(steps) == 1:
        listed = value if isinstance(value, Mapping) else {}
        yield from ((f"{ptr}/{name}", each) for name, each in listed.items())
        yield from ((each, None) for each in held if each.startswith(f"{ptr}/") and each[len(ptr) + 1 :] not in listed)
        return
    whole = steps[:1] if steps[0] == "name" else steps[:2]
    if len(steps) > len(whole):
        base = "/" + "/".join(whole)
        yield base, changed(held.get(base), steps[len(whole) :], value)
    else:
        yield ptr, value


def changed(whole: object, steps: list[str], value: object) -> object:
    """A value with a part of it changed, or left out if that is None."""
    then = {**whole} if isinstance(whole, Mapping) else {}
    if len(steps) > 1:
        then[steps[0]] = changed(then.get(steps[0]), steps[1:], value)
    elif value is None:
        then.pop(steps[0], None)
    else:
        then[steps[0]] = value
    return then


def model_of(ptr: str) -> str | None:
    """Where a value has its place; None: it has none. ptr: of one value (`/emails/work`) or of the name."""
    first, _, rest = ptr.removeprefix("/").partition("/")
    model = MODELS.get(first)
    return model if model and (model == PARTY) == (not rest) and "/" not in rest else None


def fields_of(ptr: str, value: object) -> Fields | None:
    """The fields of the record for a value; None if it is not as the standard has it.

    `country`: the two letters of it, for whoever knows its record.
    """
    first = ptr.removeprefix("/").partition("/")[0]
    if not isinstance(value, Mapping):
        return {"name": value} if first == "name" and isinstance(value, str) else None
    match first:
        case "name":
            return {"name": full(value, " ")}
        case "addresses":
            return address(value)
        case "emails":
            return text("email", value.get("address"))
        case "phones":
            features = value.get("features")
            mobile = isinstance(features, Mapping) and bool(MOBILE & features.keys())
            return text("mobile" if mobile else "phone", value.get("number"))
        case "onlineServices":
            return text("website" if "uri" in value else "other", value.get("uri") or value.get("user"))
    return None


def text(kind: str, value: object) -> Fields | None:
    """A contact mechanism."""
    return {"type": kind, "value": value} if isinstance(value, str) and value else None


def address(value: Mapping[str, Any]) -> Fields:
    """An address: by its parts if it has them, else the whole as it is to be printed."""
    parts = list(components(value))
    if not any(kind in ENDS for kind, _ in parts):
        found: Fields = {"street": full(value, "\n"), "city": None, "postal_code": None}
    else:
        street = " ".join(said for kind, said in parts if kind in STREET)
        found = {"street": street, "city": None, "postal_code": None}
        found |= {COMPONENTS[kind]: said for kind, said in parts if kind in COMPONENTS}
    code = value.get("countryCode")
    return {**found, "country": code.upper() if isinstance(code, str) else None}


def full(value: Mapping[str, Any], glue: str) -> str:
    """The whole of a name or an address, as one text."""
    whole = value.get("full")
    return whole if isinstance(whole, str) and whole else glue.join(said for _, said in components(value))


def components(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The parts of a name or an address, in order."""
    listed = value.get("components")
    for each in listed if isinstance(listed, list | tuple) else ():
        if isinstance(each, Mapping) and isinstance(each.get("value"), str):
            yield str(each.get("kind")), each["value"]


def under(ptr: str, ptrs: frozenset[str]) -> bool:
    """Whether a value is among those named, by itself or by what holds it."""
    return any(ptr == each or each in ("", "/") or ptr.startswith(f"{each.rstrip('/')}/") for each in ptrs)
