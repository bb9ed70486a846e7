"""Relationships: everybody she knows, found by name, and what is done with several of them at once."""

from typing import Any, Final

from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.text import bare
from agent.web.routes import quoted

MARKS: Final = {  # how a relationship stands: what its mark says, for those who do not see it, and a word beside it
    "waiting": ("no answer yet", "waiting"),
    "met": ("you have met, without terms", "no terms"),
    "terms": ("terms are in force", ""),
    "paused": ("paused by you", "paused"),
    "closing": ("they seem to be ending it", "seems to be ending"),
    "ended": ("ended", "ended"),
    "one-off": ("for one exchange", "one exchange"),
}
SHOWN: Final = {  # which are shown: in words, and how those stand
    "": ("Going on", frozenset({"waiting", "met", "terms", "paused", "closing"})),
    "terms": ("With terms in force", frozenset({"terms"})),
    "met": ("Without terms", frozenset({"met", "waiting"})),
    "paused": ("Paused", frozenset({"paused"})),
    "one-off": ("For one exchange", frozenset({"one-off"})),
    "ended": ("Ended", frozenset({"ended", "closing"})),
    "all": ("Everybody", frozenset(MARKS)),
}
MOST_CHOSEN: Final = 1000


def stands(found: dict[str, Any]) -> str:
    """How a relationship stands, in the word that its mark goes by."""
    if found["state"] in ("ended", "closing"):
        return str(found["state"])
    if found["paused"]:
        return "paused"
    return "terms" if found["terms"] and found["state"] == "met" else str(found["state"])


def decorated(found: dict[str, Any]) -> dict[str, Any]:
    """A relationship with what every page says of it."""
    state = stands(found)
    label, word = MARKS[state]
    return found | {"stands": state, "label": label, "word": word, "plain": bare(found["name"], 60)}


async def titles(visit: Visit, found: list[dict[str, Any]]) -> dict[str, str]:
    """What agreements are called, by what names them for certain; by their short names, if their texts are not here."""
    known: dict[str, str] = {}
    for each in found:
        digest = each["text"]
        if digest and digest not in known:
            try:
                known[digest] = (await visit.get("/v1/terms", digest))["title"]
            except Failed:
                known[digest] = each["terms"]
    return known


def fits(found: dict[str, Any], wanted: str, state: str) -> bool:
    """Whether it is looked for. wanted: a part of a name, a domain or a sign, without regard to case."""
    named = (found["name"], found["domain"], found["fingerprint"])
    return stands(found) in SHOWN[state][1] and any(wanted in str(each).casefold() for each in named)


async def relationships(visit: Visit) -> Shown:
    """Everybody, or who is looked for."""
    everybody = await visit.get("/v1/peers")
    wanted, state = visit.query.get("who", ""), visit.query.get("show", "")
    state = state if state in SHOWN else ""
    found = [each for each in everybody if fits(each, wanted.casefold().strip(), state)]
    listed = visit.slice(sorted(found, key=lambda each: (each["name"].casefold(), each["fingerprint"])))
    rows = [decorated(each) for each in listed.items]
    return Shown(
        "relationships",
        {
            "listed": listed,
            "rows": rows,
            "titles": await titles(visit, rows),
            "total": len(everybody),
            "wanted": wanted,
            "state": state,
            "choices": [(value, words) for value, (words, _) in SHOWN.items()],
            "path": f"/relationships?who={quoted(wanted)}&show={state}",
        },
    )


async def chosen(visit: Visit) -> Go:
    """Do something with those that were ticked."""
    peers = visit.chosen("peers")
    if not peers:
        raise Failed(400, "Tick whom you mean first. Nothing was changed.")
    if len(peers) > MOST_CHOSEN:
        raise Failed(400, f"Tick {MOST_CHOSEN} at most. Nothing was changed.")
    if visit.text("do") == "leave":
        return Go(f"/leave?peers={','.join(map(quoted, peers))}")
    tag = visit.text("tag")
    if not tag:
        raise Failed(400, "Type the tag to give them. Nothing was changed.")
    given = await visit.post("/v1/tags", tag=tag, peers=peers)
    return Go("/groups", f"{len(given)} now {'has' if len(given) == 1 else 'have'} the tag {tag}.")


PAGES = (
    Page("GET", "/relationships", relationships, "person"),
    Page("POST", "/relationships/chosen", chosen, "person"),
)
