"""The first page of an organisation: how the day goes, what is stuck, and what needs a person."""

import json
from typing import Any, Final

from agent.web.pages import cases
from agent.web.pages.page import Failed, Go, Page, Shown, Visit, without_advice

KINDS: Final = {
    "ack": "a word of thanks",
    "accept": "a yes to terms",
    "confirm": "a confirmation",
    "decline": "a no",
    "deliver": "data that was asked for",
    "empty": "a sign that something arrived",
    "end": "a goodbye",
    "fulfil": "that something was done",
    "issue-credential": "a card",
    "message": "a letter",
    "notice": "a notice",
    "offer-credential": "an offer of a card",
    "ping": "a knock at the door",
    "ping-response": "an answer to a knock",
    "problem-report": "that something was not understood",
    "progress": "where a request stands",
    "receipt": "a receipt",
    "request-presentation": "a request for proof",
    "resolve": "what is done about a case",
    "respond": "an answer to what she told",
    "rules": "rules",
    "update": "news of a case",
    "withdraw": "that an agreement ends",
    "welcome": "a welcome",
}
WHERE: Final = {
    "out": "it could not be delivered so far",
    "dead": "it was given up",
    "quarantine": "it came in, and could not be taken",
    "early": "it came before its turn",
}
GONE: Final = {
    "out": "Whoever it was for will not hear it. That you said it stays in your records.",
    "dead": "Whoever it was for will not hear it. That you said it stays in your records.",
    "quarantine": "What it says is lost, and whoever sent it is not told. It may send it again.",
}


async def overview(visit: Visit) -> Shown:
    """How everything is."""
    found = await visit.get("/v1/overview")
    asked = [{**each, **await question(visit, each["question"])} for each in found["asked"]]
    troubles = [{"why": without_advice(each["why"]), "do": without_advice(each["do"])} for each in found["troubles"]]
    listed = [cases.in_words(each) for each in found["cases"]]
    config = visit.agent.config
    return Shown(
        "overview",
        {
            **found,
            "asked": asked,
            "cases": listed,
            "troubles": troubles,
            "stuck_total": sum(found["stuck"].values()),
            "org": config.name,
            "domain": config.domain,
        },
    )


async def question(visit: Visit, id: str) -> dict[str, Any]:
    """What is asked; nothing if it was answered a moment ago."""
    try:
        found = await visit.get("/v1/questions", id)
    except Failed:
        return {"asks": "This was answered a moment ago."}
    return {"asks": found["asks"]}


def letter(each: dict[str, Any]) -> dict[str, Any]:
    """Something stuck, in words."""
    kind = KINDS.get(each["what"], each["what"].replace("-", " "))
    words = "something that does not open yet" if each["where"] == "quarantine" else kind
    return {**each, "words": words, "is": WHERE[each["where"]]}


async def stuck(visit: Visit) -> Shown:
    """What could not be delivered, was given up, or could not be taken."""
    found = await visit.get("/v1/stuck")
    listed = [letter(each) for where in ("dead", "quarantine", "out") for each in found[where]]
    return Shown("stuck", {"listed": visit.slice(listed), "counts": {name: len(rows) for name, rows in found.items()}})


async def one(visit: Visit, id: str) -> Shown:
    """One of them, with what it says."""
    found = letter(await visit.get("/v1/queue", id))
    inside = json.dumps(found["message"], indent=2, ensure_ascii=False)
    return Shown("stuck_one", {"each": found, "inside": inside, "gone": GONE.get(found["where"], "")})


async def retry(visit: Visit, id: str) -> Go:
    """Try one again."""
    return Go("/stuck", came(await visit.post(f"/v1/queue/{id}/retry")))


async def retry_all(visit: Visit) -> Go:
    """Try all of it again."""
    done = await visit.post("/v1/queue/retry")
    count = len(done["done"])
    return Go(
        "/stuck", f"{count} of them {'is' if count == 1 else 'are'} tried again now." if count else "Nothing was stuck."
    )


async def discard(visit: Visit, id: str) -> Go:
    """Throw one away."""
    if not visit.chosen("sure"):
        raise Failed(409, "Tick that it may be thrown away. Nothing was done.")
    return Go("/stuck", came(await visit.post(f"/v1/queue/{id}/discard")))


def came(done: dict[str, Any]) -> str:
    """What came of it, in a sentence."""
    return f"It {done['done'][0]['came']}." if done["done"] else "It is not there any more."


PAGES = (
    Page("GET", "/", overview, "org"),
    Page("GET", "/stuck", stuck, "org"),
    Page("POST", "/stuck", retry_all, "org"),
    Page("GET", "/stuck/{id}", one, "org"),
    Page("POST", "/stuck/{id}/retry", retry, "org"),
    Page("POST", "/stuck/{id}/discard", discard, "org"),
)
