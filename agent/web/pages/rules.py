"""Her rules: who may use what and why without asking her, limits on every request, and what she may be told."""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent import wording
from agent.agreements import purposes
from agent.web.pages import market, own_terms
from agent.web.pages.market import Fact
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.render import day

ANYBODY: Final = "any"
WHO: Final = (
    (ANYBODY, "Anybody"), ("kind:vendor", "Every vendor"), ("kind:agency", "Every agency"),
    ("kind:official", "Every public office"), ("kind:club", "Every club"), ("kind:church", "Every church"),
    ("kind:charity", "Every charity"),
)  # fmt: skip
MAY: Final = (("yes", "They may use it"), ("no", "They may never use it"))
EVERYTHING: Final = (("", "anything about you"),)
PLACES: Final = ("/name", "/addresses", "/addresses/home", "/emails", "/emails/main", "/phones", "/phones/main")
OTHERWISE: Final = (("refuse", "It is refused"), ("ask", "You are asked"))
KEPT: Final = (("", "As long as each request says"), ("P30D", "At most 30 days"), ("P90D", "At most 90 days"),
               ("P1Y", "At most a year"), ("P2Y", "At most 2 years"), ("P5Y", "At most 5 years"))  # fmt: skip
SHARING: Final = (("named", "Only to those whom the request names"), ("none", "To nobody"))
ADVERTISING: Final = (("none", "No advertising"), ("asked", "Only about what you name"), ("any", "Any advertising"))
REACH: Final = (("", "Not said"), ("any", "For anything"), ("service-only", "Only about what you use or ordered"),
                ("never", "Never"))  # fmt: skip
CHANNELS: Final = (("agent", "Here, in this wallet"), ("email", "By e-mail"), ("phone", "By phone"),
                   ("post", "By post"))  # fmt: skip
MOST_A_WEEK: Final = 1000


async def shown(visit: Visit) -> Shown:
    """Her terms and her rules, in sentences, with the forms that change them."""
    found = await visit.get("/v1/rules")
    now, register = found["rules"], found["register"]
    behind = sum(version != found["version"] for version in found["in_force"].values())
    return Shown("rules", {
        "version": found["version"],
        "behind": behind if found["version"] else 0,
        "register": visit.slice([{**each, "sentence": sentence(each)} for each in register]),
        "rules": now,
        "limits": list(limits(now)),
        "told": list(told(now)),
        "terms": await own_terms.brought(visit),
        "who": WHO, "may": MAY, "what": fields(), "why": reasons(),
        "otherwise": OTHERWISE, "kept": lengths(now), "sharing": SHARING,
        "advertising": ADVERTISING, "reach": REACH, "channels": CHANNELS,
    })  # fmt: skip


def sentence(entry: dict[str, Any]) -> str:
    """One line of the register."""
    who = dict(WHO).get(entry["who"], entry["who"])
    what = f"your {wording.field(entry['what'])}" if entry["what"] else "anything about you"
    until = f", until {day(entry['until'])}" if entry["until"] else ""
    if entry["who"] == ANYBODY and not entry["allow"]:
        return f"Nobody may use {what} {entry['words']}{until}."
    return f"{who} {'may use' if entry['allow'] else 'may never use'} {what} {entry['words']}{until}."


def fields() -> tuple[tuple[str, str], ...]:
    """What a line can be about."""
    return (*EVERYTHING, *((ptr, f"your {wording.field(ptr)}") for ptr in PLACES))


def reasons() -> tuple[tuple[str, str], ...]:
    """For what, each in words of its own."""
    named = {words: term for term, words in reversed(purposes.WORDS.items())}
    return tuple((term, words) for words, term in reversed(named.items()))


def lengths(now: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """How long may be chosen, with what stands there now."""
    mine = now.get("retention") or ""
    return KEPT if mine in dict(KEPT) else (*KEPT, (mine, f"At most {wording.lasting(mine)}"))


def limits(now: dict[str, Any]) -> list[Fact]:
    """What holds for every request."""
    kept = now.get("retention")
    return [
        ("What none of these speaks of", dict(OTHERWISE)[now.get("otherwise", "refuse")]),
        ("Kept", f"At most {wording.lasting(kept)}" if kept else KEPT[0][1]),
        ("Passed on", dict(SHARING)[now.get("sharing", "named")]),
        ("If passed on, only to", now.get("recipients") or "whoever the request names"),
        ("Stored in", now.get("storage") or "any country"),
    ]


def told(now: dict[str, Any]) -> list[Fact]:
    """How she may be reached, and with what."""
    said: list[Fact] = [("Advertising", dict(ADVERTISING)[now.get("promotion", "none")])]
    ways = now.get("channels") or {}
    said += [(words, dict(REACH)[ways[name]]) for name, words in CHANNELS if name in ways]
    said += [("You want to hear of", now["topics_allowed"])] if now.get("topics_allowed") else []
    said += [("You do not want to hear of", now["topics_denied"])] if now.get("topics_denied") else []
    most, quiet = now.get("max_per_week"), now.get("quiet")
    said += [("At most", f"{most} a week")] if most is not None else []
    said += [("Quiet", f"{quiet['from']} to {quiet['to']} ({quiet.get('zone', 'UTC')})")] if quiet else []
    return [*said, *([("For now", "nothing at all")] if now.get("paused") else [])]


# -- changing them ------------------------------------------------------------------------------------------------


async def add(visit: Visit) -> Go:
    """One line more. Somebody who is named goes before the choice of a kind."""
    found = await visit.post("/v1/rules/register", entry=line(visit), do="add")
    return Go("/rules", f"Kept: {sentence(found['register'][-1])}")


def line(visit: Visit) -> dict[str, object]:
    """A line of the register, from a form. Raises Failed."""
    why = visit.text("why")
    if not why:
        raise Failed(400, "Say for what. Nothing was changed.")
    return {
        "who": visit.text("named") or visit.text("who", ANYBODY),
        "what": visit.text("what"),
        "why": why,
        "allow": visit.text("may", "yes") == "yes",
        "until": visit.text("until"),
    }


async def remove(visit: Visit) -> Go:
    """One line less."""
    await visit.post("/v1/rules/register", entry=line(visit), do="remove")
    return Go("/rules", "Taken out. What was granted by it before stays granted; see what you gave to whom.")


async def put(visit: Visit, **changed: object) -> None:
    """Change some rules; all others, and the register, stay."""
    found = await visit.get("/v1/rules")
    lines = [{**each, "until": each["until"] or ""} for each in found["register"]]
    register = [{name: each[name] for name in ("who", "what", "why", "allow", "until")} for each in lines]
    named = {**found["rules"], **changed, "register": register}
    await visit.post("/v1/rules", rules={name: each for name, each in named.items() if each is not None})


async def limit(visit: Visit) -> Go:
    """Change what holds for every request."""
    countries = [each.upper() for each in re.split(r"[\s,;]+", visit.text("storage")) if each]
    if any(not re.fullmatch(r"[A-Z]{2}", each) for each in countries):
        raise Failed(400, "Write each country with its two letters, like PT, GB. Nothing was changed.")
    await put(
        visit,
        otherwise=visit.text("otherwise", "refuse"),
        retention=visit.text("retention") or None,
        sharing=visit.text("sharing", "named"),
        recipients=market.lines(visit.text("recipients")),
        storage=countries,
    )
    return Go("/rules", "Your limits are kept. They hold for whatever is asked from now on.")


async def notices(visit: Visit) -> Go:
    """Change how she may be reached, and with what."""
    most = visit.text("most")
    await put(
        visit,
        promotion=visit.text("promotion", "none"),
        channels={name: visit.text(f"by-{name}") for name, _ in CHANNELS if visit.text(f"by-{name}")},
        topics_allowed=topics(visit.text("wanted")),
        topics_denied=topics(visit.text("unwanted")),
        max_per_week=market.number(most, 0, most=MOST_A_WEEK, what="How many a week") if most else None,
        quiet=quiet(visit),
        paused=bool(visit.chosen("paused")),
    )
    return Go("/rules", "Kept. Vendors are told when you say so below.")


def topics(typed: str) -> list[str]:
    """Topics as they are named between agents."""
    named = (re.sub(r"[^a-z0-9]+", "-", each.casefold()).strip("-")[:64].strip("-") for each in market.lines(typed))
    return list(dict.fromkeys(each for each in named if each))


def quiet(visit: Visit) -> dict[str, str] | None:
    """Hours of quiet; None if none were filled in. Raises Failed."""
    since, until, zone = visit.text("from"), visit.text("to"), visit.text("zone")
    if not (since or until):
        return None
    if not all(re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", each) for each in (since, until)):
        raise Failed(400, "Quiet needs both hours, like 22:00 and 07:00. Nothing was changed.")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failed(400, f'"{zone[:40]}" is no place whose hours are known. Write it like Europe/Lisbon.') from None
    return {"from": since, "to": until} | ({"zone": zone} if zone else {})


async def tell(visit: Visit) -> Go:
    """Tell everybody she has met how she may be reached."""
    done = await visit.post("/v1/rules/send")
    count = len(done["stated"])
    if not count:
        return Go("/rules", "Everybody knows these rules already; nothing was said.")
    return Go("/rules", f"{count} {'vendor is' if count == 1 else 'vendors are'} told how you may be reached.")


PAGES = (
    Page("GET", "/rules", shown, "person"),
    Page("POST", "/rules/add", add, "person"),
    Page("POST", "/rules/remove", remove, "person"),
    Page("POST", "/rules/limits", limit, "person"),
    Page("POST", "/rules/notices", notices, "person"),
    Page("POST", "/rules/tell", tell, "person"),
    *own_terms.PAGES,
)
