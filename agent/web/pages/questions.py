"""What the owner is asked: everything that waits, and one question with all that is needed to decide it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from agent.web import questions
from agent.web.pages import asked
from agent.web.pages.page import Failed, Go, Page, Shown, Visit

OVER: Final = "This question does not wait any more: it was answered, or its time is over. Nothing was done."
MOST_HELD: Final = 20_000  # characters of an agreement that are shown


async def listed(visit: Visit) -> Shown:
    """Everything that waits, oldest first."""
    part = visit.slice(visit.agent.store.questions())
    rows = [questions.shown(visit.agent, peer, question) for peer, question in part.items]
    return Shown("questions", {"rows": rows, "part": part})


async def one(visit: Visit, id: str) -> Shown:
    """One question: who asks and how we know, what, why, until when, under which terms, and what follows."""
    found = await waiting(visit, id)
    laid = asked.laid(found)
    named = [each["digest"] for each in (*laid.texts, found["agreement"] or {}) if "digest" in each]
    if found["agreement"]:
        named.append(found["agreement"]["digest"])
    texts = {digest: await text(visit, digest) for digest in dict.fromkeys(named)}
    return Shown("question", {"q": found, "laid": laid, "texts": texts})


async def waiting(visit: Visit, id: str) -> asked.Found:
    """A question that waits. Raises Failed if it does no more."""
    try:
        found: asked.Found = await visit.get("/v1/questions", id)
    except Failed as fault:
        if fault.status != 404:
            raise
        raise Failed(404, OVER) from fault
    return found


async def text(visit: Visit, digest: str) -> str:
    """The words of an agreement; empty if they are not here."""
    try:
        return str((await visit.get("/v1/terms", digest))["text"])[:MOST_HELD]
    except Failed:
        return ""


async def answer(visit: Visit, id: str) -> Go:
    """Yes, or no; with what is kept back."""
    found = await waiting(visit, id)
    laid = asked.laid(found)
    word = visit.text("answer")
    refused = visit.chosen("refuse") if word == "yes" else ()
    said = await visit.post("/v1/questions", id, "answer", answer=word, refuse=refused)
    if found["about"] == SIGN_IN and word == "yes":
        return Go(f"/sign-in/{said['thread']}", "Answered. Wait for the link.")
    usual = f"You said {word}. {found['who']} is told." if found["letters"] else f"You said {word}."
    done = (laid.words.done or usual) if word == "yes" else usual
    kept = f" Kept back: {len(refused)}." if refused else ""
    return Go("/questions", f"{done}{kept}")


SIGN_IN: Final = "relationship/challenge"


async def write(visit: Visit, id: str) -> Go:
    """An answer in her own words."""
    found = await waiting(visit, id)
    words = visit.text("text")
    if not words:
        raise Failed(409, "Nothing is written yet. Nothing was said.")
    say = SAYING.get(found["about"])
    if say is None:
        raise Failed(409, "This question is not answered in words. Nothing was said.")
    await say(visit, found, words)
    return Go("/questions", f"Said. {found['who']} has your words.")


async def about_a_want(visit: Visit, question: asked.Found, words: str) -> None:
    """To who asks about something she wants."""
    page, _ = asked.laid(question).page or ("", "")
    want = page.removeprefix("/wants/")
    await visit.post("/v1/wants", want, "answer", text=words, bid=question["thread"])


async def about_a_deed(visit: Visit, question: asked.Found, words: str) -> None:
    """To who asks by what right something was done, or disputes it."""
    await visit.post("/v1/audits/answer", thread=question["thread"], text=words)


SAYING: Final[dict[str, Callable[[Visit, asked.Found, str], Awaitable[None]]]] = {
    "intent/question": about_a_want,
    "audit/challenge": about_a_deed,
    "audit/dispute": about_a_deed,
}


async def let_in(visit: Visit, thread: str) -> Shown:
    """The link by which she gets in, once it is here."""
    found: dict[str, Any] = await visit.get("/v1/sign-ins", thread)
    return Shown("sign_in", {"link": found})


PAGES = (
    Page("GET", "/questions", listed),
    Page("GET", "/questions/{id}", one),
    Page("POST", "/questions/{id}", answer),
    Page("POST", "/questions/{id}/words", write),
    Page("GET", "/sign-in/{thread}", let_in, "person"),
)
