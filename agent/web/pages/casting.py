"""Asking for offers: whom, what each would learn, doing it, and who was asked."""

import re
from typing import Any, Final

from agent import campaigns, casting
from agent.web.pages import market
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Slice, Visit

MOST: Final = 50  # vendors that are asked in one act of these pages
SPREAD: Final = (
    (str(campaigns.JITTER), "over ten minutes, which is harder to compare"),
    ("0", "all at once"),
)
USUAL: Final = "86400"
USUAL_TERMS: Final = casting.TERMS
TECHNICAL: Final = re.compile(r"\bDIDs?\b|\bdid[:.-]|\broster\b|\binvitation\b|https?:")


async def ask(visit: Visit, name: str) -> Shown:
    """Whom to ask: vendors she knows, her groups, and others by their domain."""
    want, known = await visit.get("/v1/wants", name), await visit.get("/v1/wants", name, "askable")
    wanted, terms = visit.query.get("find", "").strip().casefold(), await visit.get("/v1/terms/preferred")
    texts = tuple((each["id"], each["title"]) for each in terms["known"])
    found = [each for each in known["vendors"] if wanted in f"{each['name']} {each['domain']}".casefold()]
    return Shown("want_ask", {
        "want": want,
        "vendors": visit.slice(found),
        "known": len(known["vendors"]),
        "find": visit.query.get("find", ""),
        "groups": known["groups"][:PAGE_SIZE],
        "times": market.WAITS,
        "usual": USUAL,
        "spread": SPREAD,
        "most": MOST,
        "texts": texts,
        "usual_terms": USUAL_TERMS if USUAL_TERMS in dict(texts) else texts[0][0],
    })  # fmt: skip


def chosen(visit: Visit) -> list[str]:
    """Whom she named in the form: ticked, as a group, or typed."""
    typed = market.lines(visit.text("others"))
    return list(dict.fromkeys((*visit.chosen("to"), *visit.chosen("group"), *typed)))


def asking(visit: Visit) -> dict[str, object]:
    """What the form says of whom to ask and until when. Raises Failed."""
    named = chosen(visit)
    if not named:
        raise Failed(400, "Nobody is chosen. Tick some, or name them below. Nothing was said.")
    within = market.number(visit.text("within"), int(USUAL), most=45 * 86400, what="The time for offers")
    choose = market.number(visit.text("choose"), 0, most=90 * 86400, what="The time to choose")
    until = {"bid_within": within, "select_within": within + choose if choose else 0}
    return {"to": named, "terms": visit.text("terms"), **until}


async def previewed(visit: Visit, name: str, asked: dict[str, object]) -> dict[str, Any]:
    """What would be said to whom; nothing is said. Raises Failed."""
    try:
        found = dict(await visit.post("/v1/wants", name, "preview", **asked))
    except Failed as fault:
        if not TECHNICAL.search(str(fault)):
            raise
        words = "One of those you named cannot be asked so: it was not found, or it cannot be asked without telling it"
        raise Failed(fault.status, f"{words} who you are. Look at what you typed. Nothing was said.") from fault
    limit(found["to"])
    return found


async def preview(visit: Visit, name: str) -> Shown:
    """Who is asked, and exactly what each of them learns. Nothing is said."""
    asked = asking(visit)
    found = await previewed(visit, name, asked)
    want, terms = await visit.get("/v1/wants", name), await visit.get("/v1/terms", found["terms"]["id"])
    return Shown("want_preview", {
        "want": want,
        "found": found,
        "facts": list(market.cast(found["says"], market.HERS)),
        "level": market.LEVELS[found["level"]][1],
        "terms": terms,
        "asked": asked,
        "jitter": visit.text("jitter", SPREAD[0][0]),
        "message": found["says"],
    })  # fmt: skip


def limit(those: list[Any]) -> None:
    """Raises Failed if these are more than are asked in one act."""
    if len(those) > MOST:
        raise Failed(409, f"These are {len(those)}; at most {MOST} are asked at once. Ask some now and more later."
                          " Nothing was said.")  # fmt: skip


async def cast(visit: Visit, name: str) -> Go:
    """Ask them."""
    asked = asking(visit)
    found = await previewed(visit, name, asked)
    jitter = market.number(visit.text("jitter"), campaigns.JITTER, most=86400, what="The spread")
    await visit.post("/v1/wants", name, "cast", **asked, jitter=jitter)
    count = len(found["to"])
    who = "1 vendor is" if count == 1 else f"{count} vendors are"
    return Go(f"/wants/{name}", f"{who} being asked. What comes of it appears here.")


async def asked(visit: Visit, name: str) -> Shown:
    """Who was asked, and where it stands with each."""
    number = visit.query.get("page", "1")
    found = await visit.get("/v1/wants", name, "asked", number)
    rows = [
        {
            **each,
            "word": market.STATES.get(each["state"], each["state"]),
            "no": market.DECLINED.get(each["declined"] or "", ""),
        }
        for each in found["asked"]
    ]
    part = Slice(rows, found["number"], found["parts"], found["total"])
    return Shown("want_asked", {"want": found["want"], "id": name, "part": part})


PAGES = (
    Page("GET", "/wants/{name}/ask", ask, "person"),
    Page("POST", "/wants/{name}/preview", preview, "person"),
    Page("POST", "/wants/{name}/cast", cast, "person"),
    Page("GET", "/wants/{name}/asked", asked, "person"),
)
