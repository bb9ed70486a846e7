"""Requests for proof: what to ask of which card, what for, and asking it: of one, by a code, or of a demo person."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from agent.web.pages import check_words
from agent.web.pages.card_types import about, near
from agent.web.pages.card_ways import LASTING, lasts
from agent.web.pages.page import Failed, Go, Page, Shown, Visit, cut

BECAME: Final = {
    "waiting": ("is about to be asked", ""),
    "requested": ("waits for the customer", ""),
    "presented": ("is being checked", ""),
    "proposed": ("something else was offered", "warn"),
    "abandoned": ("was not shown", "warn"),
    "lapsed": ("was not answered", "warn"),
}
"""What came of a question that has no result yet: in words, and how that is marked."""


async def requests(visit: Visit) -> Shown:
    """All requests."""
    return Shown("requests", {"listed": visit.slice(await visit.get("/v1/proof-requests"))})


# -- a new one ----------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> Shown:
    """Which card; then, with `?card=`, which of its fields and what for."""
    found = await visit.get("/v1/card-types")
    kind = next((each for each in found if each["id"] == visit.query.get("card")), None)
    if kind is None:
        return Shown("request_card", {"kinds": found})
    return Shown("request_new", {"kind": kind, "seen": None} | about(visit.agent))


def filled(visit: Visit) -> dict[str, object]:
    """What was ticked and said."""
    return {
        "card": visit.text("card"),
        "fields": visit.chosen("field"),
        "yes": visit.chosen("yes"),
        "purpose": visit.text("purpose"),
        "name": visit.text("name"),
    }


async def drawn(visit: Visit) -> Shown:
    """What would be asked, as it stands, and what is to be thought of."""
    try:
        seen, missing = await visit.post("/v1/proof-requests/look", **filled(visit)), ""
    except Failed as fault:
        seen, missing = None, str(fault)
    return Shown("request_preview", {"seen": seen, "missing": missing} | about(visit.agent))


async def keep(visit: Visit) -> Go:
    """A request more."""
    made = await visit.post("/v1/proof-requests", **filled(visit))
    return Go(f"/requests/{made['id']}", "The request is kept. Try it, or ask the first customer.")


# -- one request --------------------------------------------------------------------------------------------------


async def request(visit: Visit, id: str) -> Shown:
    """One request: what it asks, the ways to ask it, and what came of it."""
    found = await visit.get("/v1/proof-requests", id)
    number = visit.part(total=found["asked"])
    rows = cut(await visit.get(f"/v1/proof-requests/{id}/asked/{number}"), number, found["asked"])
    shown = {"each": found, "rows": rows, "became": BECAME, "near": await near(visit), "lasting": LASTING}
    return Shown("request", shown | about(visit.agent))


async def ask(visit: Visit, id: str) -> Go:
    """Ask one customer."""
    done = await visit.post(f"/v1/proof-requests/{id}/ask", peer=visit.text("to"))
    return Go(f"/requests/{id}", f"{done['of']} is asked. The answer will be among the results.")


async def rehearse(visit: Visit, id: str) -> Shown:
    """Ask a demo person, and show the whole of it."""
    played = await visit.post(f"/v1/proof-requests/{id}/try", refuse=visit.chosen("refuse"))
    verdict = played["verdict"]
    checks = told(verdict) if verdict else []
    shown = {"each": await visit.get("/v1/proof-requests", id), "played": played, "checks": checks}
    return Shown("request_try", shown | about(visit.agent))


def told(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every check of a result in words, those that failed first."""
    found = [
        {**check, "words": check_words.in_words(check["name"], check["ok"])}
        for each in verdict["verdicts"]
        for check in each["checks"]
    ]
    return sorted(found, key=lambda check: bool(check["ok"]))


async def make_link(visit: Visit, id: str) -> Go:
    """A link more, by which whoever takes it up is asked."""
    once = bool(visit.chosen("once"))
    made = await visit.post(f"/v1/proof-requests/{id}/links", once=once, lasts=lasts(visit))
    return Go(f"/requests/{id}/links/{made['link']}", "The code is made. Show it, or put it on your web page.")


async def link(visit: Visit, id: str, link: str) -> Shown:
    """One link: as a code, and as a piece of a web page."""
    found, asked = await visit.get("/v1/card-links", link), await visit.get("/v1/proof-requests", id)
    shown = {"each": found, "request": asked, "snippet": snippet(found["url"], asked["purpose"])}
    return Shown("request_link", shown | about(visit.agent))


def snippet(url: str, purpose: str) -> str:
    """A piece of a web page: the link and its code, of nothing but HTML, so that the page loads nothing from us."""
    import segno

    drawing = Markup(segno.make(url, micro=False).svg_inline(scale=4, border=4, light="#fff", omitsize=True))
    words = Markup('<a href="{url}" rel="noreferrer">\n{drawing}\n<span>{purpose}</span>\n</a>')
    return str(words.format(url=url, drawing=drawing, purpose=purpose))


async def end_link(visit: Visit, id: str, link: str) -> Go:
    """Let nobody take it up any more."""
    await visit.post("/v1/card-links/end", link=link)
    return Go(f"/requests/{id}", "The link is ended. Nobody is asked by it any more.")


async def dropping(visit: Visit, id: str) -> Shown:
    """Whether to ask it no more."""
    return Shown("request_drop", {"each": await visit.get("/v1/proof-requests", id)})


async def drop(visit: Visit, id: str) -> Go:
    """Ask it no more."""
    gone = await visit.post(f"/v1/proof-requests/{id}/drop")
    return Go("/requests", f"{gone['name']} is asked no more. What was found stays among the results.")


# -- results ------------------------------------------------------------------------------------------------------


async def results(visit: Visit) -> Shown:
    """What was found of all that was shown, and how it went today."""
    found = await visit.get("/v1/verdicts")
    number = visit.part(total=found["total"])
    rows = found["newest"] if number == 1 else await visit.get("/v1/verdicts/parts", str(number))
    for each in rows:
        each["failed"] = [] if each["verified"] else [check["words"] for check in told(each) if not check["ok"]]
    return Shown("results", {"today": found, "rows": cut(rows, number, found["total"])})


async def result(visit: Visit, thid: str) -> Shown:
    """One result: what was shown, and every check."""
    found = await visit.get("/v1/verdicts", thid, "full")
    return Shown("result", {"each": found, "checks": told(found), "hidden": HIDDEN})


HIDDEN: Final = ("iss", "vct", "iat", "nbf", "exp", "cnf", "status", "sub", "_sd", "_sd_alg")
"""What a card says of itself, and nothing of whoever holds it."""

PAGES = (
    Page("GET", "/requests", requests, "org"),
    Page("GET", "/requests/new", new, "org"),
    Page("POST", "/requests/preview", drawn, "org"),
    Page("POST", "/requests", keep, "org"),
    Page("GET", "/requests/{id}", request, "org"),
    Page("POST", "/requests/{id}/ask", ask, "org"),
    Page("POST", "/requests/{id}/try", rehearse, "org"),
    Page("POST", "/requests/{id}/links", make_link, "org"),
    Page("GET", "/requests/{id}/links/{link}", link, "org"),
    Page("POST", "/requests/{id}/links/{link}/end", end_link, "org"),
    Page("GET", "/requests/{id}/drop", dropping, "org"),
    Page("POST", "/requests/{id}/drop", drop, "org"),
    Page("GET", "/results", results, "org"),
    Page("GET", "/results/{thid}", result, "org"),
)
