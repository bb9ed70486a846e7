"""A right used by letter, with whoever has no agent: the text, its pages to print, and what came of it."""

import base64
from typing import Final

from agent import wording
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit
from agent.web.pages.rights import LAWS, TITLES, stands

STEPS: Final = (
    ("sent", "I sent it"),
    ("received", "They have it"),
    ("progress", "They said that they are at it"),
    ("delivered", "They sent me something"),
    ("fulfilled", "They did what I asked"),
    ("denied", "They refused"),
    ("cancelled", "I took it back"),
)
WORDS: Final = {
    "sent": "You sent it",
    "received": "It came to them",
    "progress": "They are at it",
    "delivered": "They sent something",
    "fulfilled": "They did it",
    "denied": "They refused",
    "cancelled": "You took it back",
    "closed": "Closed",
}


async def new(visit: Visit) -> Shown:
    """What a letter needs."""
    card = {each["ptr"]: wording.value(each["value"]) for each in (await visit.get("/v1/contact"))["fields"]}
    address = card.get("/addresses/home", "")
    lines = [card.get("/name", ""), *(each.strip() for each in address.split(", ") if address)]
    values = {
        "rights": tuple(TITLES.items()),
        "laws": LAWS,
        "right": visit.query.get("right", "access"),
        "to": visit.query.get("to", ""),
        "me": "\n".join(each for each in lines if each),
    }
    return Shown("letter_new", values)


async def write(visit: Visit) -> Go:
    """Write it; nothing is sent by this program."""
    form = {name: visit.text(name) for name in ("to", "address", "me", "right", "about")}
    if form["right"] not in TITLES:
        raise Failed(409, "Choose what you want to ask for first. Nothing was written.")
    done = await visit.post("/v1/letters", regime=visit.text("regime", "gdpr"), **form)
    return Go(f"/letters/{done['case']}", "Written. Print it, sign it, send it, and enter here when you did.")


async def one(visit: Visit, id: str) -> Shown:
    """The letter, and what has happened to it."""
    found = await visit.get("/v1/rights", id)
    if found["by"] != "letter":
        raise Failed(404, "There is no such letter.")
    happened = [step(each) for each in found["outcome"]]
    over = found["answer"] != ""
    steps = [each for each in STEPS if not over and (happened or each[0] in ("sent", "cancelled"))]
    return Shown("letter", {"found": stands(found), "happened": happened, "steps": steps})


def step(line: str) -> dict[str, str]:
    """One line of what happened, as it was entered: `2027-01-31: sent (by post)`."""
    day, _, rest = line.partition(": ")
    word, _, note = rest.partition(" (")
    return {"day": day, "words": WORDS.get(word, word), "note": note.removesuffix(")")}


async def pages(visit: Visit, id: str) -> File:
    """Its pages, to print."""
    found = await visit.get("/v1/letters", id)
    return File(f"letter-{id[:8]}.pdf", "application/pdf", base64.b64decode(found["pdf"]))


async def words(visit: Visit, id: str) -> File:
    """Its text, to mail."""
    found = await visit.get("/v1/letters", id)
    return File(f"letter-{id[:8]}.txt", "text/plain", found["text"].encode())


async def enter(visit: Visit, id: str) -> Go:
    """Enter what has happened."""
    chosen = visit.text("step")
    await visit.post(f"/v1/letters/{id}/enter", step=chosen, on=visit.text("on"), note=visit.text("note"))
    return Go(f"/letters/{id}", f"Entered: {WORDS.get(chosen, chosen)}.")


PAGES = (
    Page("GET", "/letters/new", new, "person"),
    Page("POST", "/letters", write, "person"),
    Page("GET", "/letters/{id}", one, "person"),
    Page("GET", "/letters/{id}/pdf", pages, "person"),
    Page("GET", "/letters/{id}/text", words, "person"),
    Page("POST", "/letters/{id}/enter", enter, "person"),
)
