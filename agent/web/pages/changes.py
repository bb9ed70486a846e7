"""One change to many: looked at vendor by vendor, confirmed once, and then followed while it is told."""

from typing import Any, Final

from agent.campaigns import QUEUED, SKIPPED
from agent.many import DELIVERED, SENT, SILENT, TOLD
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut

UNTOLD: Final = {
    "ended": "your relationship has ended",
    "not-meant": "not among those you chose",
    "over": "what you once gave them of this is over",
    "nothing": "you gave them nothing of this",
}
STATES: Final = {  # state of a recipient: in words, and how it looks
    QUEUED: ("waiting for their turn", ""),
    "unsaid": ("not told", ""),
    SENT: ("told, no sign from them yet", "warn"),
    DELIVERED: ("it has arrived, no answer yet", "warn"),
    SILENT: ("silent", "bad"),
    SKIPPED: ("left out", "bad"),
    TOLD: ("told", "good"),
    "applied": ("done", "good"),
    "partial": ("done in part", "warn"),
    "pending": ("will be done later", "warn"),
    "refused": ("refused", "bad"),
    "stale": ("had something newer", "warn"),
    "lapsed": ("never answered", "bad"),
    "abandoned": ("could not go on", "bad"),
    "ended": ("ended", "good"),
    "asked": ("asked", "warn"),
    "open": ("they have it", "warn"),
    "fulfilled": ("done", "good"),
    "denied": ("denied", "bad"),
    "closed": ("answered", "good"),
    "cancelled": ("taken back", ""),
}
WAITING: Final = frozenset({QUEUED, "unsaid", SENT, DELIVERED, SILENT, SKIPPED})
RESULTS: Final = {"applied": "done", "refused": "refused", "pending": "will be done", "stale": "had something newer"}
REASONS: Final = {
    "step-up": "they want you to sign in first",
    "not-held": "they do not hold it",
    "format": "they cannot read it",
    "legal-hold": "the law makes them keep it",
    "terms-required": "no terms are in force with them",
}
KINDS: Final = {
    "profile": "a change about you",
    "exercise": "a right you used",
    "leaving": "leaving",
    "cast": "something you want",
}


def state(word: str) -> tuple[str, str]:
    """How far somebody is, in words, and how that looks."""
    return STATES.get(word, (word.replace("-", " "), ""))


async def changes(visit: Visit) -> Shown:
    """What was said to many before, and what is begun."""
    number = visit.part()
    found = await visit.post("/v1/campaigns/part", start=(number - 1) * PAGE_SIZE, most=PAGE_SIZE)
    begun = await visit.get("/v1/contact/draft")
    listed = cut([told(each) for each in found["campaigns"]], number, found["total"])
    return Shown("changes", {"listed": listed, "begun": begun["edit"] is not None})


def told(found: dict[str, Any]) -> dict[str, Any]:
    """A campaign with its counts in words."""
    counts = [(word, *state(word), count) for word, count in found["counts"].items()]
    left = found["counts"].get(QUEUED, 0)
    return {
        **found,
        "kind": KINDS.get(found["kind"], found["kind"]),
        "tally": counts,
        "left": left,
        "waits": sum(found["counts"].get(word, 0) for word in (SENT, DELIVERED)),
        "going": found["state"] in ("running", "paused") and left > 0,
    }


async def new(visit: Visit) -> Shown:
    """What would be told to whom, and who would be told nothing, and why."""
    begun = await visit.get("/v1/contact/draft")
    if not begun["edit"]:
        return Shown("change_new", {"found": None})
    number, other = visit.part(), visit.part("none")
    edit = begun["edit"]
    found = await visit.post(
        "/v1/contact/preview", **edit, start=(number - 1) * PAGE_SIZE, skip=(other - 1) * PAGE_SIZE
    )
    untold = sum(found["untold"].values())
    values = {
        "found": found,
        "edit": edit,
        "mark": begun["mark"],
        "told": cut(by_name(found["each"]), number, found["told"]),
        "left": cut(by_name(found["left"]), other, untold),
        "untold": [(UNTOLD.get(why, why), count) for why, count in sorted(found["untold"].items())],
        "whys": UNTOLD,
    }
    return Shown("change_new", values)


def by_name(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A part of a list, in the order of names."""
    return sorted(rows, key=lambda each: str(each["with"]).casefold())


async def confirm(visit: Visit) -> Go:
    """Change it, and tell everybody whom it concerns: what was looked at, and nothing else."""
    begun = await visit.get("/v1/contact/draft")
    if not begun["edit"] or visit.text("mark") != begun["mark"]:
        raise Failed(409, "This was changed in another window meanwhile. Nothing was said; look at it again.")
    done = await visit.post("/v1/contact", **begun["edit"])
    if not done["campaign"]:
        return Go("/me", "Changed. Nobody holds it, so nobody was told.")
    return Go(f"/changes/{done['campaign']}", f"Confirmed. {done['told']} are told, each by a message of its own.")


async def drop(visit: Visit) -> Go:
    """Let an edit be."""
    await visit.post("/v1/contact/draft/remove")
    return Go("/me", "Dropped. Nothing was changed, and nobody was told.")


async def one(visit: Visit, id: str) -> Shown:
    """How far it has come, and what each of them did."""
    number, wanted = visit.part(), visit.query.get("state", "")
    found = await visit.get("/v1/campaigns", id)
    asked = QUEUED if wanted == "unsaid" else wanted
    some = await visit.post(
        f"/v1/campaigns/{found['campaign']}/recipients",
        state=asked, start=(number - 1) * PAGE_SIZE, most=PAGE_SIZE,
    )  # fmt: skip
    rows = [{**each, "stands": state(each["state"]), "did": [*map(did, each["fields"])]} for each in some["recipients"]]
    values = {
        "found": told(found),
        "state": wanted,
        "rows": cut(rows, number, some["total"]),
        "case": found["kind"] == "exercise",
    }
    return Shown("change", values)


def did(field: dict[str, Any]) -> dict[str, Any]:
    """What became of one field, in words."""
    return {
        "field": field["field"],
        "result": RESULTS.get(field["result"], field["result"]),
        "reason": REASONS.get(field["reason"], field["reason"]) if field["reason"] else "",
        "by": field["by"],
    }


async def pause(visit: Visit, id: str) -> Go:
    """Say nothing more for now."""
    await visit.post(f"/v1/campaigns/{id}/pause")
    return Go(f"/changes/{id}", "Paused. What was said stays said; nothing more is said until you go on.")


async def resume(visit: Visit, id: str) -> Go:
    """Go on."""
    await visit.post(f"/v1/campaigns/{id}/resume")
    return Go(f"/changes/{id}", "Going on with those who were not told yet.")


async def asks(visit: Visit, id: str) -> Shown:
    """What it means to cancel the rest."""
    return Shown("change_cancel", {"found": told(await visit.get("/v1/campaigns", id))})


async def cancel(visit: Visit, id: str) -> Go:
    """Say it to nobody else."""
    done = await visit.post(f"/v1/campaigns/{id}/cancel")
    return Go(f"/changes/{id}", f"Cancelled. {done['unsaid']} will not be told.")


PAGES = (
    Page("GET", "/changes", changes, "person"),
    Page("GET", "/changes/new", new, "person"),
    Page("POST", "/changes", confirm, "person"),
    Page("POST", "/changes/drop", drop, "person"),
    Page("GET", "/changes/{id}", one, "person"),
    Page("POST", "/changes/{id}/pause", pause, "person"),
    Page("POST", "/changes/{id}/resume", resume, "person"),
    Page("GET", "/changes/{id}/cancel", asks, "person"),
    Page("POST", "/changes/{id}/cancel", cancel, "person"),
)
