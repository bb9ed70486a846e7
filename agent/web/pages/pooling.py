"""Wanting something together with others: the pools that a want is in, joining one, leaving."""

from typing import Final

from agent.web.pages.page import Go, Page, Shown, Visit
from agent.web.pages.wants import facts

STATES: Final = {
    "joining": "asked to be counted in",
    "joined": "counted in",
    "leaving": "on its way out",
    "left": "out again",
    "declined": "not taken in",
    "matched": "over: these are the offers it drew",
    "lapsed": "nobody answered",
    "abandoned": "broken off",
}
TOLD: Final = ("What", "Product", "Brand", "Model", "How many", "More of it", "Where", "At most", "By")
FAMILIAR: Final = 1  # what a broker may learn at most


async def shown(visit: Visit, name: str) -> Shown:
    """The pools of one want, and the form to join another."""
    want, found = await visit.get("/v1/wants", name), await visit.get("/v1/wants", name, "pools")
    inside = any(each["state"] == "joined" for each in found)
    may = want["kind"] == "wish" and want.get("level", 0) <= FAMILIAR
    told = [each for each in facts(want) if each[0] in TOLD]
    values = {"want": want, "facts": told, "pools": visit.slice(found), "states": STATES, "inside": inside, "may": may}
    return Shown("want_pools", values)


async def join(visit: Visit, name: str) -> Go:
    """Join a pool."""
    done = await visit.post("/v1/wants", name, "join", broker=visit.text("broker"), pool=visit.text("pool"))
    return Go(f"/wants/{name}/pools", f"Asked to be counted in: {done['pool'][:80]}. It does not learn who you are.")


async def leave(visit: Visit, name: str) -> Go:
    """Leave those it is in."""
    done = await visit.post("/v1/wants", name, "leave")
    return Go(f"/wants/{name}/pools", f"Left {done['left']} {'pool' if done['left'] == 1 else 'pools'}.")


PAGES = (
    Page("GET", "/wants/{name}/pools", shown, "person"),
    Page("POST", "/wants/{name}/pools", join, "person"),
    Page("POST", "/wants/{name}/pools/leave", leave, "person"),
)
