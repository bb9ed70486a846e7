"""The first page: what waits for the owner, and how everything is."""

from agent.web.pages.page import Page, Shown, Visit


async def home(visit: Visit) -> Shown:
    """What she sees first."""
    status, questions = await visit.get("/v1/status"), await visit.get("/v1/questions")
    return Shown("first", {"status": status, "questions": questions})


PAGES = (Page("GET", "/", home, "person"),)
