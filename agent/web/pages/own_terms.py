"""The terms she brings: which come first, the text of each, and the lists of terms that they are chosen from."""

from base64 import b64decode
from binascii import Error
from typing import Any

from agent import casting
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit


async def brought(visit: Visit) -> dict[str, Any]:
    """The agreements of the list in use, with their texts: those she brings, in order, and the others."""
    found = await visit.get("/v1/terms/preferred")
    texts = [await visit.get("/v1/terms", each["id"]) for each in found["known"][:PAGE_SIZE]]
    by_id = {each["id"]: each for each in texts}
    ours = [by_id[id] for id in found["preferred"] if id in by_id]
    others = [each for each in texts if each not in ours]
    return {"list": found["roster"], "ours": ours, "others": others, "for_wants": casting.TERMS}


async def reorder(visit: Visit) -> Go:
    """Bring one first, bring one more, or one no longer."""
    found = await visit.get("/v1/terms/preferred")
    id, do = visit.text("id"), visit.text("do")
    rest = [each for each in found["preferred"] if each != id]
    order = {"first": [id, *rest], "add": [*rest, id], "drop": rest}.get(do)
    if order is None:
        raise Failed(400, "Say what is to become of these terms. Nothing was changed.")
    await visit.post("/v1/terms/preferred", agreements=order)
    words = {"first": "You bring these terms first from now on.", "add": "You bring these terms, too.",
             "drop": "You do not bring these terms any more."}  # fmt: skip
    return Go("/rules", f"{words[do]} What is agreed already stays as it is.")


# -- lists of terms -----------------------------------------------------------------------------------------------


async def lists(visit: Visit) -> Shown:
    """The lists that are here, and the form to load another."""
    return Shown("term_lists", {"part": visit.slice(await visit.get("/v1/rosters"))})


def read(visit: Visit) -> tuple[str, str, str]:
    """The file of a form: its name, its text, and its content as the form sends it. Raises Failed."""
    given = visit.form.get("file")
    name, content = visit.text("name"), given
    if isinstance(given, dict):
        name, content = str(given.get("name", ""))[:200], given.get("content")
    if not isinstance(content, str) or not content:
        raise Failed(400, "Choose a file first. Nothing was taken.")
    try:
        return name, b64decode(content, validate=True).decode(), content
    except (Error, UnicodeDecodeError):
        raise Failed(400, "This file is no list of terms: it is not text. Nothing was taken.") from None


async def contents(visit: Visit, text: str) -> dict[str, Any]:
    """What a list of terms says. Raises Failed if it is none."""
    try:
        return dict(await visit.post("/v1/rosters/look", file=text))
    except Failed as fault:
        words = "This file is no list of terms, or a text in it is not the one it names. Nothing was taken."
        raise Failed(fault.status, words) from fault


async def look(visit: Visit) -> Shown:
    """What is in a file, before it is kept."""
    name, text, content = read(visit)
    found = await contents(visit, text)
    return Shown("term_list_look", {"found": found, "name": name, "content": content, "most": PAGE_SIZE})


async def load(visit: Visit) -> Go:
    """Keep the list of a file, if it is the one that was meant."""
    name, text, _ = read(visit)
    found = await contents(visit, text)
    meant = visit.text("meant") or found["digest"]
    if meant != found["digest"]:
        raise Failed(409, "This is another file than the one you were told of. Nothing was kept.")
    kept = await visit.post("/v1/rosters", file=text, digest=meant, name=name)
    return Go("/rules/lists", f"The list {kept['roster'][:80]} is here. You deal in its terms once you say so.")


async def change(visit: Visit) -> Go:
    """Deal in the terms of another list, or forget a list."""
    done = await visit.post("/v1/rosters/change", roster=visit.text("list"), do=visit.text("do"))
    if visit.text("do") == "use":
        return Go("/rules", f"You deal in the terms of {done['roster'][:80]} from now on. Look which come first.")
    return Go("/rules/lists", f"{done['roster'][:80]} is forgotten. Agreements in force keep their texts.")


PAGES = (
    Page("POST", "/rules/terms", reorder, "person"),
    Page("GET", "/rules/lists", lists, "person"),
    Page("POST", "/rules/lists/look", look, "person"),
    Page("POST", "/rules/lists", load, "person"),
    Page("POST", "/rules/lists/change", change, "person"),
)
