"""The team log: who did what on these pages, and when; checked whenever it is looked at."""

from typing import Any, Final

from agent.acts import SESSION, TERMINAL
from agent.rest.desk import CALLS
from agent.web import api
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit

PAGE: Final = 50
DEEDS: Final = {
    SESSION: "opened these pages",
    "/v1/backups": "made a back-up",
    "/v1/bridges": "connected a system of ours",
    "/v1/bridges/pause": "paused a connected system",
    "/v1/bridges/remove": "disconnected a system of ours",
    "/v1/bridges/replay": "had a connected system told again",
    "/v1/bridges/resume": "let a connected system go on",
    "/v1/bridges/rotate": "changed the key of a connected system",
    "/v1/campaigns/{id}/cancel": "stopped telling many",
    "/v1/card-links/end": "ended a code or link",
    "/v1/card-types": "made a kind of card",
    "/v1/card-types/{id}/drop": "took a kind of card away",
    "/v1/card-types/{id}/links": "made a code or link to a card",
    "/v1/card-types/{id}/lists": "offered a card by a list",
    "/v1/card-types/{id}/offers": "offered a customer a card",
    "/v1/cases/{named}": "answered a problem that a customer reported",
    "/v1/consents/ask": "asked a customer for data, and permission to use it",
    "/v1/dead-letters/forget": "threw away every letter that was given up",
    "/v1/deletions/{id}/completion": "said that data was deleted",
    "/v1/demand/bid": "made somebody an offer",
    "/v1/demand/outcome": "said what became of an offer",
    "/v1/demand/prices": "changed the prices",
    "/v1/desk": "said who is at the desk",
    "/v1/experiences/{id}/resolve": "offered a customer a remedy",
    "/v1/experiences/{id}/respond": "answered what a customer told us",
    "/v1/held/use": "used a value that a customer gave",
    "/v1/integrations": "made a key for a program of ours",
    "/v1/integrations/revoke": "took back the key of a program",
    "/v1/invitations": "made an invitation",
    "/v1/invitations/accept": "took up an invitation",
    "/v1/invitations/{id}/revoke": "took back an invitation",
    "/v1/leavings": "ended relationships",
    "/v1/notices": "told customers something",
    "/v1/notices/written": "wrote a notice",
    "/v1/notices/written/{id}/drop": "dropped a notice",
    "/v1/notices/written/{id}/look": "looked anew at who may be told a notice",
    "/v1/notices/written/{id}/send": "told customers a notice",
    "/v1/offers": "offered a customer a card",
    "/v1/pings": "knocked to see whether a customer's wallet answers",
    "/v1/profile/ask": "asked a customer to correct or confirm data",
    "/v1/proof-requests": "kept a request for proof",
    "/v1/proof-requests/{id}/ask": "asked a customer to prove something",
    "/v1/proof-requests/{id}/drop": "took a request for proof away",
    "/v1/proof-requests/{id}/links": "made a code or link that asks for proof",
    "/v1/questions/{id}/answer": "answered a question",
    "/v1/queue/retry": "tried again everything that was stuck",
    "/v1/queue/{id}/discard": "threw away a letter that was stuck",
    "/v1/queue/{id}/retry": "tried a letter that was stuck again",
    "/v1/requests": "asked a customer to prove something",
    "/v1/rights/{id}/deliver": "gave a customer the data we hold",
    "/v1/rights/{id}/deny": "denied a customer's request about data",
    "/v1/rights/{id}/fulfil": "did what a customer asked about data",
    "/v1/rights/{id}/progress": "told a customer where a request stands",
    "/v1/rosters": "loaded a list of agreements",
    "/v1/rosters/change": "changed or dropped a list of agreements",
    "/v1/rotations": "changed our keys with a customer",
    "/v1/tags": "gave customers a tag",
    "/v1/tags/remove": "took a tag from customers",
    "/v1/talks": "wrote to a customer",
    "/v1/terms": "offered terms",
    "/v1/terms/preferred": "chose the terms we accept",
    "/v1/threads": "wrote to a customer",
    "/v1/threads/{thid}/say": "answered a customer",
    "/v1/usage": "recorded a fact",
}
"""What was done, by the place at which it was asked for. What is not here is said in the words of that place."""

CAME: Final = {
    "": "done",
    "refused": "refused: nothing was changed",
    "nothing changed": "nothing had to be changed",
    "broken off": "begun, and not finished",
}
ABOUT: Final = 3  # names shown of those an act was about


def deed(did: str) -> str:
    """What was done, in words."""
    if did in DEEDS:
        return DEEDS[did]
    if did.startswith("api "):
        return next((each.says for each in CALLS if f"api {each.path}" == did and each.method == "POST"), did).lower()
    if did.startswith("page "):
        return f"sent the form of the page {did.removeprefix('page ')}"
    found = next((each.act.__doc__ for each in api.ROUTES if each.method == "POST" and each.path == did), None)
    return (found or did).split(".")[0].split(";")[0].strip().lower()


def sat(by: str) -> str:
    """From where something was done, in words."""
    if by == TERMINAL:
        return "the terminal of this computer"
    return f"the program {by.removeprefix('key ')}" if by.startswith("key ") else f"a browser ({by})"


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row in words."""
    about = row["on"]
    words = ", ".join(each[:12] for each in about[:ABOUT]) + (
        f" and {len(about) - ABOUT} more" if about[ABOUT:] else ""
    )
    return {
        **row,
        "what": deed(row["did"]),
        "from": sat(row["by"]),
        "ended": CAME.get(row["came"], row["came"]),
        "about": words,
    }


async def log(visit: Visit) -> Shown:
    """The rows, newest first, with what was found of them."""
    asked = visit.query.get("to", "")
    found = await (visit.get("/v1/acts/to", asked) if asked else visit.get("/v1/acts"))
    rows = [shown(each) for each in found["rows"]]
    whole = await visit.post("/v1/acts/verify") if "all" in visit.query else None
    faults = whole["faults"] if whole else found["faults"]
    last = rows[0]["number"] if rows else 0
    return Shown(
        "team",
        {
            **found,
            "rows": rows,
            "faults": faults,
            "whole": whole is not None,
            "earlier": last - PAGE if last > PAGE else 0,
            "later": min(last + PAGE, found["newest"]) if last < found["newest"] else 0,
            "here": sat(found["sitting"]),
            "row_of": {each["row"]: each["why"] for each in faults},
        },
    )


async def sit(visit: Visit) -> Go:
    """Say who is at the desk."""
    said = await visit.post("/v1/desk", name=visit.text("name"))
    words = f"From now on the log says that {said['name']} is at this desk." if said["name"] else "Nobody is named now."
    return Go("/log", words)


async def file(visit: Visit) -> File:
    """All rows, to be kept elsewhere."""
    found = await visit.get("/v1/acts/file")
    return File("team-log.jsonl", "application/x-ndjson", str(found["file"]).encode())


async def compare(visit: Visit) -> Shown:
    """Hold a file that was saved earlier against the rows."""
    kept = visit.text("file")
    if not kept:
        raise Failed(409, "Choose the file that you saved earlier. Nothing was compared.")
    return Shown("team_compared", await visit.post("/v1/acts/against", file=kept))


PAGES = (
    Page("GET", "/log", log, "org"),
    Page("GET", "/log/file", file, "org"),
    Page("POST", "/log/desk", sit, "org"),
    Page("POST", "/log/compare", compare, "org"),
)
