"""What she says about herself: her contact card, and where an edit of it begins."""

from collections.abc import Collection
from typing import Final, NamedTuple

import msgspec

from agent import wording
from agent.web.pages import vendors
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from wallet.strict_json import Json

REASONS: Final = (("", "I would rather not say"), ("moved", "I moved"), ("renamed", "My name changed"),
                  ("corrected", "It was wrong"), ("other", "Another reason"))  # fmt: skip
SPREAD: Final = (("600", "over ten minutes, in no order"), ("86400", "over a day, in no order"), ("0", "all at once"))
KINDS: Final = {
    "name": "Name",
    "nickname": "Nickname",
    "email": "E-mail",
    "phone": "Phone",
    "address": "Address",
    "organization": "Organisation",
    "website": "Website",
}


class Line(NamedTuple):
    """A field as it is filled in. field: how the agent is told which; text: what stands there now."""

    field: str
    label: str
    text: str


class Other(NamedTuple):
    """A field that has parts of its own. value: in words; text: as programs write it."""

    ptr: str
    label: str
    value: str
    text: str


async def me(visit: Visit) -> Shown:
    """Her card, each line of it to be changed."""
    card, begun = await visit.get("/v1/contact"), await visit.get("/v1/contact/draft")
    lines, others = sorted_lines(card["fields"], (begun["edit"] or {}).get("changes", ()))
    groups = (("", "Everybody who holds it"), *await vendors.groups(visit))
    typed = {"among": visit.query.get("among", ""), "effective": "", "reason": "", "jitter": 600, "changes": {}} | (
        begun["edit"] or {}
    )
    values = {"lines": lines, "others": others, "groups": groups, "reasons": REASONS, "spread": SPREAD,
              "kinds": tuple(KINDS.items()), "typed": typed, "changes": typed["changes"]}  # fmt: skip
    return Shown("me", values)


def sorted_lines(fields: list[dict[str, Json]], begun: Collection[str] = ()) -> tuple[list[Line], list[Other]]:
    """The lines of a card that one text fills, in the order of their kinds; and the others. begun: fields that she has
    begun to add."""
    lines, others = {each: Line(each, label(each), "") for each in begun if not each.startswith("/")}, []
    for each in fields:
        ptr, typed, text = str(each["ptr"]), spelled(str(each["ptr"])), plain(each["value"])
        if typed and text is not None:
            lines[typed] = Line(typed, label(typed), text)
        else:
            others.append(Other(ptr, str(each["field"]), wording.value(each["value"]), written(each["value"])))
    there = {*lines, *(spelled(other.ptr) for other in others)}
    for kind in USUAL:
        typed = ".".join(each for each in (kind, wording.WORDS[kind][1]) if each)
        if not any(known.partition(".")[0] == kind for known in there):
            lines[typed] = Line(typed, label(typed), "")
    order = list(wording.WORDS)
    return sorted(lines.values(), key=lambda line: order.index(line.field.partition(".")[0])), others


USUAL: Final = ("name", "email", "phone", "address")


def written(value: Json) -> str:
    """A value as it is typed for a field that has parts."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def spelled(ptr: str) -> str:
    """How a field is named when something is typed for it: `address.home`; empty if no word stands for it."""
    for kind, (place, usual, _) in wording.WORDS.items():
        if ptr == place and not usual:
            return kind
        if usual and ptr.startswith(f"{place}/") and "/" not in (name := ptr.removeprefix(f"{place}/")):
            return f"{kind}.{name}"
    return ""


def label(typed: str) -> str:
    """`Address (home)` for `address.home`."""
    kind, _, name = typed.partition(".")
    usual = wording.WORDS[kind][1] if kind in wording.WORDS else ""
    shown = KINDS.get(kind, kind)
    return f"{shown} ({name})" if name and (name != usual or kind == "address") else shown


def plain(value: object) -> str | None:
    """The one text of a value; None if it has more to it."""
    said = {key: each for key, each in value.items() if key not in MADE} if isinstance(value, dict) else {"": value}
    texts = list(said.values())
    return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else None


MADE: Final = ("@type", "countryCode")


async def edit(visit: Visit) -> Go:
    """Look at what would be said to whom before anything is."""
    card, begun = await visit.get("/v1/contact"), await visit.get("/v1/contact/draft")
    lines, others = sorted_lines(card["fields"], (begun["edit"] or {}).get("changes", ()))
    changes: dict[str, str | None] = {}
    known = [(line.field, line.text) for line in lines] + [(other.ptr, other.text) for other in others]
    for field, text in known:
        typed = visit.text(field, text)
        if typed != text:
            changes[field] = typed or None
    if added := visit.text("new"):
        field = named(visit.text("kind"), visit.text("label"))
        if any(line.field == field and line.text for line in lines):
            raise Failed(
                409, f"There is a {label(field)} already. Change it above, or call the new one something else."
            )
        changes[field] = added
    if not changes:
        raise Failed(409, "Nothing is different from what stands there already. Nothing was changed.")
    more = {name: visit.text(name) for name in ("among", "effective", "reason") if visit.text(name)}
    jitter = visit.text("spread", "600")
    over = int(jitter) if jitter.isascii() and jitter.isdecimal() and len(jitter) < 7 else 600
    await visit.post("/v1/contact/draft", changes=changes, jitter=over, **more)
    return Go("/changes/new", "Nothing is changed yet. Look at who would get what.")


def named(kind: str, said: str) -> str:
    """The field that is added. Raises Failed."""
    name = "-".join(said.casefold().split())
    if kind not in KINDS:
        raise Failed(409, "Say what it is that you add. Nothing was changed.")
    if name and not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        raise Failed(409, "What you call it may have letters and digits only. Nothing was changed.")
    usual = wording.WORDS[kind][1]
    return kind if not usual else f"{kind}.{name or usual}"


PAGES = (
    Page("GET", "/me", me, "person"),
    Page("POST", "/me", edit, "person"),
)
