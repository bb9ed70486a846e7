"""An organisation's own systems: which there are, what they heard, and holding them, trying again, telling again."""

import json
from hashlib import sha256
from typing import Any, Final

from agent.bridges import state
from agent.web.pages import event_words
from agent.web.pages.page import Failed, Go, Page, Shown, Visit

STATES: Final = {
    "works": ("has heard everything", "good"),
    "waits": ("has not heard everything yet", ""),
    "rests": ("nobody is there; it is tried again", "warn"),
    "paused": ("paused by you", "warn"),
    "gone": ("wants no more", "bad"),
}
BECAME: Final = {
    "delivered": ("taken", "good"),
    "waits": ("waits", ""),
    "held up": ("is tried again", "warn"),
    "given up": ("given up", "bad"),
}
HOLDS: Final = {
    "customers": "customers",
    "values": "values of theirs",
    "leads": "wants heard of",
    "orders": "orders",
    "cases": "open cases",
    "to_say": "waiting to be said to customers",
}


def named(setting: str) -> tuple[str, str]:
    """What a system is called, and what kind it is; nothing of a setting that could be a secret."""
    if setting.startswith("minicrm"):
        return "The small CRM", "a file beside the wallet"
    if setting.startswith("tryton:"):
        return f"Tryton at {state.called(setting.removeprefix('tryton:')).partition('://')[2]}", "Tryton"
    return state.called(setting).partition("://")[2] or setting, "your own system, by webhooks"


def worded(each: dict[str, Any]) -> dict[str, Any]:
    """A bridge with its names and its state in words."""
    name, kind = named(each["bridge"])
    words, tone = STATES.get(each["state"], (each["state"], ""))
    return {**each, "name": name, "kind": kind, "words": words, "tone": tone, "at": path(each["bridge"])}


def path(setting: str) -> str:
    """The page of a bridge. Its setting stays out of addresses, which browsers remember."""
    return f"/bridges/{sha256(setting.encode()).hexdigest()[:12]}"


def meant(visit: Visit, mark: str) -> str:
    """The setting of the bridge whose page this is. Raises Failed."""
    for each in visit.agent.config.bridges:
        if path(each) == f"/bridges/{mark}":
            return each
    raise Failed(404, "There is no such bridge any more.")


async def bridges(visit: Visit) -> Shown:
    """All of them."""
    return Shown("bridges", {"bridges": [worded(each) for each in await visit.get("/v1/bridges")]})


async def bridge(visit: Visit, name: str) -> Shown:
    """One of them, with what it heard."""
    found = worded(await visit.get("/v1/bridges", meant(visit, name)))
    log = visit.slice([
        {**each, "says": event_words.in_words(each["type"]), "shown": BECAME.get(each["became"], (each["became"], ""))}
        for each in await visit.get("/v1/bridges", found["bridge"], "log")
    ])  # fmt: skip
    holds = [(words, found["holds"][what]) for what, words in HOLDS.items() if what in (found["holds"] or {})]
    return Shown("bridge", {"each": found, "log": log, "holds": holds})


async def add(visit: Visit) -> Go:
    """One more."""
    kind, address = visit.text("kind"), visit.text("address")
    setting, secret = {"minicrm": "minicrm", "tryton": f"tryton:{address}"}.get(kind, address), visit.text("secret")
    if kind == "tryton":
        days = visit.text("days", "0")
        login = {"user": visit.text("user"), "password": visit.text("secret")}
        secret = json.dumps(login | {"backup_days": int(days) if days.isdecimal() and len(days) < 6 else 0})
    made = await visit.post("/v1/bridges", bridge=setting, secret=secret, shared=bool(visit.chosen("shared")))
    return Go(path(made["bridge"]), "From now on it hears what customers say, and what they said in the last week.")


async def pause(visit: Visit, name: str) -> Go:
    """Hand nothing over for now."""
    await visit.post("/v1/bridges/pause", bridge=meant(visit, name))
    return Go(f"/bridges/{name}", "Nothing is handed over until you go on. Nothing is lost.")


async def resume(visit: Visit, name: str) -> Go:
    """Hand over again."""
    await visit.post("/v1/bridges/resume", bridge=meant(visit, name))
    return Go(f"/bridges/{name}", "What waited is being handed over.")


async def again(visit: Visit, name: str) -> Go:
    """Try what was not taken, or tell again all since a day."""
    since = visit.text("since")
    await visit.post("/v1/bridges/replay", bridge=meant(visit, name), since=since or None)
    told = "All since that day is being told again." if since else "What was not taken is being tried again."
    return Go(f"/bridges/{name}", told)


async def rotate(visit: Visit, name: str) -> Go:
    """A fresh key."""
    await visit.post("/v1/bridges/rotate", bridge=meant(visit, name), shared=bool(visit.chosen("shared")))
    return Go(f"/bridges/{name}", "There is a new key. The old one signs beside it for a week.")


async def removing(visit: Visit, name: str) -> Shown:
    """Whether to have it no more."""
    return Shown("bridge_remove", {"each": worded(await visit.get("/v1/bridges", meant(visit, name)))})


async def remove(visit: Visit, name: str) -> Go:
    """Have it no more."""
    await visit.post("/v1/bridges/remove", bridge=meant(visit, name))
    return Go("/bridges", "It hears nothing more.")


PAGES = (
    Page("GET", "/bridges", bridges, "org"),
    Page("POST", "/bridges", add, "org"),
    Page("GET", "/bridges/{name}", bridge, "org"),
    Page("POST", "/bridges/{name}/pause", pause, "org"),
    Page("POST", "/bridges/{name}/resume", resume, "org"),
    Page("POST", "/bridges/{name}/again", again, "org"),
    Page("POST", "/bridges/{name}/rotate", rotate, "org"),
    Page("GET", "/bridges/{name}/remove", removing, "org"),
    Page("POST", "/bridges/{name}/remove", remove, "org"),
)
