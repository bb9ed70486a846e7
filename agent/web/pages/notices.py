"""Notices: written, looked at with who may be told and who may not, told once, and followed."""

from typing import Any, Final

from agent.many import DELIVERED, SENT, SKIPPED
from agent.notice_rules import ALWAYS
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut
from wallet.store.campaigns import QUEUED

KINDS: Final = (
    ("service", "News of what she has from you"),
    ("order", "About an order"),
    ("promotion", "Advertising"),
    ("terms-change", "Our terms change"),
    ("ownership-change", "We have new owners"),
    ("closure", "We close"),
    ("recall", "A recall: something must not be used"),
    ("breach", "Her data was lost or seen by others"),
)
STATES: Final = {
    "written": ("not told yet", "warn"),
    "running": ("being told", "good"),
    "paused": ("paused", "warn"),
    "cancelled": ("stopped", "bad"),
    "dropped": ("dropped, nobody was told", ""),
}
BECAUSE: Final = {
    "she has not said that she wants advertising": "They have stated no rules, and advertising needs one for it.",
    "she wants to hear nothing for now": "They want to hear nothing for now.",
    "she wants to hear nothing by her agent": "They want to hear nothing by their wallet.",
    "by her agent she wants to hear of services only": "They want to hear only about what they have from you.",
    "she wants no advertising": "They want no advertising.",
    "she wants advertising only for topics that she named": "They want advertising only about subjects they named.",
    "these are hours in which she wants quiet": "These are hours in which they want quiet; later you may tell them.",
}
"""The rules against telling somebody, as they are said of several."""


def because(why: str) -> str:
    """A rule against telling somebody, said of several; one that names a number or a subject as it is."""
    return BECAUSE.get(why, f"Of each of them: {why}.")


def described(found: dict[str, Any]) -> dict[str, Any]:
    """A notice in words."""
    counts = found["counts"]
    waits, out = counts.get(QUEUED, 0), counts.get(SKIPPED, 0)
    told = sum(counts.values()) - waits - out
    state = "told" if found["state"] == "running" and not waits else found["state"]
    words, look = ("told", "good") if state == "told" else STATES[state]
    return {
        **found,
        "about": dict(KINDS)[found["kind"]],
        "stands": words,
        "look": look,
        "waits": waits,
        "left_out": out,
        "told": told,
        "seen": told - counts.get(SENT, 0) - counts.get(DELIVERED, 0),
        "arrived": counts.get(DELIVERED, 0),
        "always": found["kind"] in ALWAYS,
        "reasons": sorted(
            ((because(why), count) for why, count in found["because"].items()), key=lambda each: -each[1]
        ),
    }


async def notices(visit: Visit) -> Shown:
    """What was told, and a new one."""
    number = visit.part()
    found = await visit.get("/v1/notices/written/from", str((number - 1) * PAGE_SIZE))
    listed = cut([described(each) for each in found["items"]], number, found["total"])
    return Shown("notices", {"listed": listed, "kinds": KINDS})


async def write(visit: Visit) -> Go:
    """Write one, and look at whom it may be told."""
    said: dict[str, object] = {"kind": visit.text("kind"), "text": visit.text("text")}
    if not said["text"]:
        raise Failed(409, "Write in a few words what it is. Nothing was kept.")
    if visit.text("topic"):
        said["topic"] = visit.text("topic").casefold().replace(" ", "-")
    if visit.text("by"):
        said["action_by"] = f"{visit.text('by')}T00:00:00Z"
    made = await visit.post("/v1/notices/written", notice=said, tag=visit.text("tag"))
    return Go(f"/notices/{made['id']}", "Nobody was told yet. Look at who may be told, and who may not.")


async def notice(visit: Visit, id: str) -> Shown:
    """One of them, before it is told and after."""
    found = described(await visit.get("/v1/notices/written", id))
    which = "against" if visit.query.get("who") == "against" else "allowed"
    number = visit.part()
    some = await visit.get("/v1/notices/written", id, which, str((number - 1) * PAGE_SIZE))
    people = cut(some["items"], number, some["total"])
    out = []
    if found["left_out"]:
        listed = await visit.get(f"/v1/campaigns/{id}/recipients")
        out = [each for each in listed if each["state"] == SKIPPED][:PAGE_SIZE]
    return Shown("notice", {"each": found, "which": which, "people": people, "out": out})


async def send(visit: Visit, id: str) -> Go:
    """Tell it, once."""
    found = described(await visit.post(f"/v1/notices/written/{id}/send"))
    some = "One customer is" if found["allowed"] == 1 else f"{found['allowed']} customers are"
    return Go(f"/notices/{id}", f"{some} being told, one after the other. Nobody is told twice.")


async def look(visit: Visit, id: str) -> Go:
    """Look anew at whom it may be told."""
    await visit.post(f"/v1/notices/written/{id}/look")
    return Go(f"/notices/{id}", "Looked at anew, by the rules as they are now. Nobody was told yet.")


async def drop(visit: Visit, id: str) -> Go:
    """Do not tell it after all."""
    await visit.post(f"/v1/notices/written/{id}/drop")
    return Go("/notices", "It is dropped. Nobody was told.")


async def stop(visit: Visit, id: str) -> Go:
    """Tell nobody else."""
    await visit.post(f"/v1/campaigns/{id}/cancel")
    return Go(f"/notices/{id}", "Stopped. Whoever was told already stays told.")


PAGES = (
    Page("GET", "/notices", notices, "org"),
    Page("POST", "/notices", write, "org"),
    Page("GET", "/notices/{id}", notice, "org"),
    Page("POST", "/notices/{id}/send", send, "org"),
    Page("POST", "/notices/{id}/look", look, "org"),
    Page("POST", "/notices/{id}/drop", drop, "org"),
    Page("POST", "/notices/{id}/stop", stop, "org"),
)
