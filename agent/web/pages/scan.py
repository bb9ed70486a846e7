"""Scan or paste: what a code is, and taking it up. Nothing is done before she presses a button."""

import asyncio
from typing import Any, Final

import msgspec

from agent.web import questions
from agent.web.pages import codes, scan_words
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit

PATIENT: Final = 60  # seconds after which it is said what silence may mean
MOST: Final = 50_000  # characters that are pasted at once
AWAY: Final = (
    "Whoever made this code cannot be reached now. Nothing was said, and the code is as good as before: try it later."
)


async def scan(visit: Visit) -> Shown:
    """The camera, a picture, or something pasted."""
    return Shown("scan", {})


async def picture(visit: Visit) -> File:
    """What the codes in a picture say, for the page's own script."""
    form = visit.form
    try:
        pixels = codes.grey(form.get("width"), form.get("height"), form.get("grey"))
    except codes.NoPicture as fault:
        raise Failed(400, f"This picture cannot be looked at: {fault}.") from fault
    return File("codes.json", "application/json", msgspec.json.encode(await asyncio.to_thread(codes.texts, pixels)))


async def read(visit: Visit) -> Shown:
    """What it is."""
    texts = [each.strip() for each in visit.chosen("text") if each.strip()]
    if not texts:
        raise Failed(409, "There is nothing to read yet. Paste a code, choose a picture, or use the camera.")
    return Shown("scanned", {"found": [await known(visit, each[:MOST]) for each in texts[: codes.MOST_CODES]]})


async def known(visit: Visit, text: str) -> dict[str, Any]:
    """One code with what it is, in words. What is secret stays out of the page."""
    said = await visit.post("/v1/scans", text=text)
    shown = "" if said["kind"] == "secret" else text
    return {**said, "words": scan_words.WORDS[said["kind"]], "text": shown}


async def meet(visit: Visit) -> Go:
    """Say hello to whoever made an invitation, or knock."""
    text = visit.text("text")
    try:
        taken = await visit.post("/v1/invitations/accept", url=text)
    except Failed as fault:
        if "cannot be found now" not in str(fault):
            raise
        raise Failed(fault.status, AWAY) from fault
    who = await visit.get("/v1/peers", taken["peer"])
    said = "You said hello, and nothing of yourself." if who["state"] == "waiting" else "They know that you took it up."
    return Go(f"/scan/met/{who['fingerprint']}", said)


async def look(visit: Visit) -> Shown:
    """Who is there, without telling anybody."""
    named = visit.text("named")
    return Shown("looked", {"named": named, "found": await visit.post("/v1/look", named=named)})


async def greet(visit: Visit) -> Go:
    """Say hello to an organisation that was looked up."""
    named = visit.text("named")
    await visit.post("/v1/look/greet", named=named)
    found = await visit.post("/v1/look", named=named)
    who = await visit.get("/v1/peers", found["did"])
    return Go(f"/scan/met/{who['fingerprint']}", "You said hello, and nothing of yourself.")


async def met(visit: Visit, who: str) -> Shown:
    """What came of a hello."""
    found = await visit.get("/v1/peers", who)
    agent = visit.agent
    peer, _ = agent.relationship(found["peer"])
    asked = [questions.shown(agent, *each) for each in agent.store.questions() if each[0] == found["peer"]]
    long = agent.now() - peer.since > PATIENT
    return Shown("scan_met", {"who": found, "long": long, "asked": asked})


PAGES = (
    Page("GET", "/scan", scan, "person"),
    Page("POST", "/scan", read, "person"),
    Page("POST", "/scan/picture", picture, "person"),
    Page("POST", "/scan/meet", meet, "person"),
    Page("POST", "/scan/look", look, "person"),
    Page("POST", "/scan/greet", greet, "person"),
    Page("GET", "/scan/met/{who}", met, "person"),
)
