"""The terms an organisation accepts: which, in which order, with their texts, and the lists they are chosen from."""

from collections import Counter
from typing import Any, Final

from agent.web.pages.own_terms import contents, read
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit

DONE: Final = {
    "first": "You prefer these terms from now on.",
    "add": "You accept these terms from now on, without being asked.",
    "drop": "You do not accept these terms by yourself any more. Whoever brings them has to wait for your answer.",
}
LONGEST: Final = 20_000  # characters of a text that is shown


async def terms(visit: Visit) -> Shown:
    """What we accept."""
    found = await visit.get("/v1/terms")
    counts = Counter(each["digest"] for each in found["in_force"])
    known = [{**each, "customers": counts.pop(each["digest"], 0)} for each in found["known"]]
    by_id = {each["id"]: each for each in known}
    ours = [by_id[id] for id in found["preferred"] if id in by_id]
    values = {"ours": ours, "others": [each for each in known if each not in ours], "list": found["roster"]}
    return Shown("terms", {**values, "elsewhere": sum(counts.values()), "org": visit.agent.config.name})


async def order(visit: Visit) -> Go:
    """Prefer some, accept one more, or one no longer."""
    found = await visit.get("/v1/terms")
    id, do = visit.text("id"), visit.text("do")
    rest = [each for each in found["preferred"] if each != id]
    wanted = {"first": [id, *rest], "add": [*rest, id], "drop": rest}.get(do)
    if wanted is None:
        raise Failed(400, "Say what is to become of these terms. Nothing was changed.")
    await visit.post("/v1/terms/preferred", agreements=wanted)
    return Go("/terms", f"{DONE[do]} What is agreed already stays as it is.")


async def text(visit: Visit, id: str) -> Shown:
    """The words of an agreement."""
    return Shown("terms_text", {"each": await visit.get("/v1/terms", id), "most": LONGEST})


# -- lists --------------------------------------------------------------------------------------------------------


async def lists(visit: Visit) -> Shown:
    """The lists that are here."""
    return Shown("terms_lists", {"listed": visit.slice(await visit.get("/v1/rosters"))})


async def look(visit: Visit) -> Shown:
    """What is in a file, before it is kept."""
    name, words, content = read(visit)
    found = await contents(visit, words)
    return Shown("terms_look", {"found": found, "name": name, "content": content, "most": PAGE_SIZE})


async def load(visit: Visit) -> Go:
    """Keep the list of a file."""
    name, words, _ = read(visit)
    found: dict[str, Any] = await contents(visit, words)
    if visit.text("meant") not in ("", found["digest"]):
        raise Failed(409, "This is another file than the one you were told of. Nothing was kept.")
    kept = await visit.post("/v1/rosters", file=words, digest=found["digest"], name=name)
    return Go("/terms/lists", f"The list {kept['roster'][:80]} is here. You deal in its terms once you say so.")


async def change(visit: Visit) -> Go:
    """Deal in the terms of another list, or forget a list."""
    done = await visit.post("/v1/rosters/change", roster=visit.text("list"), do=visit.text("do"))
    if visit.text("do") == "use":
        return Go(
            "/terms", f"You deal in the terms of {done['roster'][:80]} from now on. Say which of them you accept."
        )
    return Go("/terms/lists", f"{done['roster'][:80]} is forgotten. Agreements in force keep their texts.")


PAGES = (
    Page("GET", "/terms", terms, "org"),
    Page("POST", "/terms", order, "org"),
    Page("GET", "/terms/lists", lists, "org"),
    Page("POST", "/terms/lists", load, "org"),
    Page("POST", "/terms/lists/look", look, "org"),
    Page("POST", "/terms/lists/change", change, "org"),
    Page("GET", "/terms/{id}", text, "org"),
)
