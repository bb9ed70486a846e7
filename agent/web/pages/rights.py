"""Her rights over what others have of her: chosen in plain words, asked of one or of many, followed by the clock."""

import re
from typing import Any, Final

from agent import contact, wording
from agent.web.pages import dates, vendors
from agent.web.pages.me import plain
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut
from wallet.strict_json import Json

CHOICES: Final = (
    ("access", "See what they have of me", "Everything, with what they use it for and to whom they gave it."),
    ("rectification", "Correct something", "What is wrong is put right."),
    ("erasure", "Delete what they have", "What a law makes them keep they may keep; they must say so, and until when."),
    ("restriction", "Keep it, but do not use it", "Until something is cleared up, say."),
    ("portability", "Hand me a copy", "In a form that other programs read, to take it elsewhere."),
    ("objection", "Stop using it", "For advertising, say, or for what you never agreed to."),
    ("sale-opt-out", "Do not sell or share it", "Neither for money nor for anything else."),
)
MORE: Final = (
    ("categories", "Tell me which kinds of data they have", "The kinds alone, not the data."),
    ("recipients", "Tell me to whom they passed it on", "Everybody who got something of it."),
    ("no-automated-decision", "Let a person decide about me", "Not a program alone."),
    ("withdraw-all", "Take back all that I allowed", "What rests on it ends, and is deleted."),
)
TITLES: Final = {code: title for code, title, _ in (*CHOICES, *MORE)}
HINTS: Final = {code: hint for code, _, hint in (*CHOICES, *MORE)}
LAWS: Final = (
    ("gdpr", "European law (GDPR): they have one month"),
    ("ccpa", "Californian law (CCPA): they have 45 days"),
    ("agreement", "What we agreed on"),
    ("voluntary", "No law: I only ask them to"),
)
STATES: Final = {  # state of a case: in words, and how it looks
    "asked": ("sent, no sign from them yet", "warn"),
    "open": ("they have it", "warn"),
    "fulfilled": ("done", "good"),
    "denied": ("denied", "bad"),
    "cancelling": ("being taken back", ""),
    "cancelled": ("taken back", ""),
    "closed": ("over", ""),
    "lapsed": ("never answered", "bad"),
    "abandoned": ("could not go on", "bad"),
    "drafted": ("written, not sent yet", "warn"),
    "sent": ("sent", "warn"),
    "received": ("they have it", "warn"),
    "progress": ("they are at it", "warn"),
    "delivered": ("they sent something", "warn"),
}
WAITS: Final = frozenset({"asked", "open", "sent", "received", "progress", "delivered"})
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
EVERYBODY: Final = "holds:any"


def stands(case: dict[str, Any]) -> dict[str, Any]:
    """A case with its words: what is asked, how it stands, and whether a clock runs."""
    words, look = STATES.get(case["answer"] or case["state"], (case["state"], ""))
    return {
        **case,
        "title": TITLES.get(case["right"], case["right"]),
        "outcome": [spelled(line) for line in case["outcome"]] if case["by"] == "agent" else case["outcome"],
        "words": words,
        "look": look,
        "clock": case["state"] in WAITS and bool(case["due"]),
        "path": f"/letters/{case['case']}" if case["by"] == "letter" else f"/rights/{case['case']}",
    }


def spelled(line: str) -> str:
    """A line of what came of a case; a day until which they keep something is spelled out."""
    return DAY.sub(lambda found: dates.day(found[0]), line) if line.startswith("They keep ") else line


async def rights(visit: Visit) -> Shown:
    """Every right that she used, and how long they have to answer."""
    number = visit.part()
    found = await visit.get("/v1/rights/newest", str((number - 1) * PAGE_SIZE))
    return Shown("rights", {"listed": cut([*map(stands, found["items"])], number, found["total"])})


async def new(visit: Visit) -> Shown:
    """Which right, and towards whom."""
    known, who = await vendors.vendors(visit), visit.query.get("who", "")
    groups = ((f"g:{rule}", words) for rule, words in await vendors.groups(visit))
    values = {
        "choices": CHOICES,
        "more": MORE,
        "right": visit.query.get("right", ""),
        "who": who,
        "now": f"v:{who}" if who else "",
        "vendors": known,
        "whom": (
            ("", "Choose one"),
            (f"g:{EVERYBODY}", "Everybody who holds something of mine"),
            *groups,
            *((f"v:{fingerprint}", name) for fingerprint, name in known),
        ),
    }
    return Shown("right_new", values)


async def ask(visit: Visit) -> Shown:
    """What exactly would be asked of whom; nothing is said yet."""
    right, (to, _, whom) = visit.query.get("right", ""), visit.query.get("whom", "").partition(":")
    if right not in TITLES:
        raise Failed(409, "Choose what you want to ask for first.")
    values: dict[str, Any] = {"right": right, "title": TITLES[right], "hint": HINTS[right], "laws": LAWS}
    if visit.query.get("who") or to != "g":
        return Shown("right_ask", values | await towards_one(visit, visit.query.get("who") or whom))
    number = visit.part()
    found = await visit.post("/v1/groups/members", rule=whom, start=(number - 1) * PAGE_SIZE, most=PAGE_SIZE)
    card = (await visit.get("/v1/contact"))["fields"]
    fields = [field(each["ptr"], each["value"]) for each in card]
    values |= {"who": None, "rule": whom, "count": found["count"], "fields": fields, "unknown": ""}
    return Shown("right_ask", values | {"members": cut(found["members"], number, found["count"])})


async def towards_one(visit: Visit, name: str) -> dict[str, Any]:
    """One vendor with what it was told; or that there is none, which a letter may reach."""
    more: dict[str, Any] = {"rule": "", "members": None, "count": 1, "unknown": "", "fields": [], "who": None}
    try:
        who = await visit.get("/v1/peers", name or "nobody was named")
    except Failed as fault:
        if fault.status != 404:
            raise
        return more | {"unknown": name}
    if who["state"] == "ended":
        return more | {"unknown": who["name"]}
    told = (await visit.get("/v1/told", who["fingerprint"]))["told"]
    latest = {each["ptr"]: field(each["ptr"], each["value"]) for each in told if each["standing"] == "in force"}
    return more | {"who": who, "fields": [*latest.values()]}


def field(ptr: str, value: Json) -> dict[str, Any]:
    """One value of hers that can be named. plain: its one text, if it has no parts."""
    return {"ptr": ptr, "name": wording.field(ptr), "value": wording.value(value), "plain": plain(value)}


async def exercise(visit: Visit) -> Go:
    """Ask it."""
    right, who, rule = visit.text("right"), visit.text("who"), visit.text("rule")
    asked: dict[str, Any] = {"right": right, "regime": visit.text("regime", "gdpr"), "scope": visit.chosen("scope")}
    if right == "rectification":
        asked |= {"scope": (), "corrections": await corrections(visit, who)}
    done = await visit.post("/v1/rights", peers=(who,) if who else (), among="" if who else rule, **asked)
    if "campaign" in done:
        return Go(f"/changes/{done['campaign']}", f"Asked of {done['to']}, one after the other.")
    return Go(f"/rights/{done['case']}", f"Asked. The clock runs as soon as {done['to']} has it.")


async def corrections(visit: Visit, who: str) -> dict[str, Json]:
    """What should stand where, as far as she typed something. Raises Failed."""
    if who:
        told = (await visit.get("/v1/told", who))["told"]
        known = {each["ptr"]: each["value"] for each in told if each["standing"] == "in force"}
    else:
        known = {each["ptr"]: each["value"] for each in (await visit.get("/v1/contact"))["fields"]}
    found = {ptr: corrected(ptr, value, typed) for ptr, value in known.items() if (typed := visit.text(f"c{ptr}"))}
    if not found:
        raise Failed(409, "Type what should stand there, for one field at least. Nothing was said.")
    return found


def corrected(ptr: str, value: Json, typed: str) -> Json:
    """A value with what she typed in the place of its one text."""
    if not isinstance(value, dict) or plain(value) is None:
        return typed
    if ptr.startswith("/addresses/"):
        return contact.typed("address", typed)
    return {name: typed if each == plain(value) else each for name, each in value.items()}


async def one(visit: Visit, id: str) -> Shown:
    """One case: the clock, what they said, and what came."""
    found = stands(await visit.get("/v1/rights", id))
    if found["by"] == "letter":
        raise Failed(404, "This one is a letter. It stands in the list of your rights.")
    rows = [row for each in found["delivered"] if isinstance(each, dict) for row in each.get("items", ())]
    came = visit.slice([delivered(row) for row in rows if isinstance(row, dict)])
    return Shown("right", {"found": found, "came": came, "law": dict(LAWS).get(found["regime"], found["regime"])})


def delivered(row: dict[str, Any]) -> dict[str, str]:
    """One value that came, in words."""
    label = row.get("label") if isinstance(row.get("label"), dict) else {}
    purpose = str(label.get("purpose", "")) if label else ""
    return {
        "name": wording.field(str(row.get("ptr", ""))),
        "value": wording.value(row.get("value")),
        "why": wording.purpose(purpose) if purpose else "",
        "until": str(label.get("expires", "")) if label else "",
    }


async def appeal(visit: Visit, id: str) -> Go:
    """Ask again, against their denial."""
    done = await visit.post(f"/v1/rights/{id}/appeal")
    return Go(f"/rights/{done['case']}", f"Appealed. {done['to']} has to answer anew.")


async def asks(visit: Visit, id: str) -> Shown:
    """What it means to take a request back."""
    return Shown("right_cancel", {"found": stands(await visit.get("/v1/rights", id))})


async def cancel(visit: Visit, id: str) -> Go:
    """Take it back."""
    await visit.post(f"/v1/rights/{id}/cancel")
    return Go(f"/rights/{id}", "Taken back. They need not answer any more.")


PAGES = (
    Page("GET", "/rights", rights, "person"),
    Page("GET", "/rights/new", new, "person"),
    Page("GET", "/rights/ask", ask, "person"),
    Page("POST", "/rights", exercise, "person"),
    Page("GET", "/rights/{id}", one, "person"),
    Page("POST", "/rights/{id}/appeal", appeal, "person"),
    Page("GET", "/rights/{id}/cancel", asks, "person"),
    Page("POST", "/rights/{id}/cancel", cancel, "person"),
)
