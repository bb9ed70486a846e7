"""One relationship: what it knows of her and under which terms, what was signed, and what she may do about it."""

from collections.abc import Mapping
from typing import Any, Final

from agent import wording
from agent.web import deeds
from agent.web.pages import timeline
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Slice, Visit, cut
from agent.web.pages.relationships import decorated
from agent.web.pages.text import bare
from agent.web.routes import quoted
from protocols.messages import unix
from wallet.credentials.vcdm import timestamp

STANDING: Final = {  # what has become of the leave to use a value
    "in force": ("may be used", "good"),
    "expired": ("its time is over", ""),
    "withdrawing": ("taken back, not yet answered", "warn"),
    "withdrawn": ("taken back", ""),
    "stopped": ("no longer used by them", ""),
    "released": ("let go", ""),
    "purged": ("deleted", ""),
}
CAME: Final = {  # what came of an ending
    "over": "It is over, and they have nothing more to answer.",
    "asked": "They were told, and have yet to answer what they deleted.",
    "asking": "The message is on its way to them.",
    "not reached": "The message could not be handed over yet. It is tried again by itself.",
    "told": "They ended it.",
}
FEW: Final = 5  # statements shown here; all are on a page of their own
USUAL_PAUSE: Final = 30 * 86400  # seconds


async def who_is(visit: Visit, name: str) -> dict[str, Any]:
    """Who is meant. Raises Failed."""
    return decorated(await visit.get("/v1/peers", name))


async def relationship(visit: Visit, name: str) -> Shown:
    """Everything about one of them."""
    who = await who_is(visit, name)
    about = await visit.get("/v1/audits", who["peer"])
    talk = await visit.get("/v1/talks", who["peer"], "0")
    terms = [await agreement(visit, each) for each in reversed(about["terms"])]
    knows = known(about["knows"], {each["agreement"]: each["title"] for each in terms})
    return Shown(
        "relationship",
        {
            "who": who,
            "knows": knows[:50],
            "known": len(knows),
            "cards": about["shown"],
            "terms": terms,
            "rules": rules(about["rules"]),
            "uses": await visit.get("/v1/rules/about", who["peer"]),
            "compared": about["compared"],
            "asked": len(about["questions"]),
            "tags": [(each, bare(each, 63)) for each in await tags(visit, who["fingerprint"])],
            "written": talk["total"],
            "entries": await newest(visit, who),
            "came": await came(visit, who),
            "knocked": await knocked(visit),
            "path": f"/relationships/{who['fingerprint']}",
            "usual": timestamp(visit.agent.now() + USUAL_PAUSE)[:10],
        },
    )


async def newest(visit: Visit, who: dict[str, Any]) -> Slice:
    """The last few things that were signed, of all."""
    found = await timeline.entries(visit, who["peer"])
    return Slice(found.items[:FEW], 1, 1, found.total)


async def signed(visit: Visit, name: str) -> Shown:
    """All that was signed, a part at a time."""
    who = await who_is(visit, name)
    entries = await timeline.entries(visit, who["peer"])
    return Shown("signed", {"who": who, "entries": entries, "path": f"/relationships/{who['fingerprint']}/signed"})


def known(told: list[dict[str, Any]], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The values it was told, the newest first, with what became of the leave to use each. told: the oldest first;
    titles: of agreements, by what they are called for short."""
    rows, newer = [], set()
    for each in reversed(told):
        place, standing = (each["what"], each["record"]), each["standing"]
        words, look = STANDING.get(standing, (str(standing).replace("-", " "), ""))
        if place in newer and standing == "in force":
            words, look = "something newer took its place", ""
        newer.add(place)
        under = titles.get(each["terms"] or "", each["terms"])
        rows.append(each | {"words": words, "look": look, "why": wording.purpose(each["purpose"]), "under": under})
    return rows


async def agreement(visit: Visit, found: dict[str, Any]) -> dict[str, Any]:
    """An agreement with its text, as far as it is here."""
    try:
        text = await visit.get("/v1/terms", found["digest"])
    except Failed:
        text = {"title": found["agreement"], "text": None}
    over = found["ends"] is not None and visit.agent.now() >= unix(found["ends"])
    return found | {"title": text["title"], "text": text["text"], "over": over}


def rules(found: dict[str, Any] | None) -> list[deeds.Line]:
    """How it may reach her, as it has been told."""
    return [] if found is None else [line for line in deeds.lines(found) if line.label != "Topics"] + topics(found)


def topics(found: dict[str, Any]) -> list[deeds.Line]:
    """The subjects it may write about, and those it may not."""
    named = found.get("topics") or {}
    words = (("Subjects wanted", "allow"), ("Subjects not wanted", "deny"))
    return [deeds.Line(label, ", ".join(named[key])) for label, key in words if named.get(key)]


async def tags(visit: Visit, name: str) -> list[str]:
    """The tags she gave it."""
    return list((await visit.get("/v1/tags", name))["tags"])


async def came(visit: Visit, who: dict[str, Any]) -> dict[str, Any] | None:
    """What came of ending it."""
    found = await visit.get("/v1/leavings", who["peer"])
    return {**found, "words": CAME[found["state"]]} if found else None


async def knocked(visit: Visit) -> str:
    """Whether somebody answered her knocking, if she has just knocked: `yes`, `not yet` or nothing."""
    thread = visit.query.get("knocked", "")
    if not thread:
        return ""
    return "yes" if (await visit.get("/v1/threads", thread))["over"] else "not yet"


# -- what she does ------------------------------------------------------------------------------------------------


def back(who: dict[str, Any], said: str) -> Go:
    """To the page of the relationship, with what was done."""
    return Go(f"/relationships/{who['fingerprint']}", said)


async def tag(visit: Visit, name: str) -> Go:
    """Give it a tag."""
    who, given = await who_is(visit, name), visit.text("tag")
    if not given:
        raise Failed(400, "Type a tag. Nothing was changed.")
    await visit.post("/v1/tags", tag=given, peers=[who["fingerprint"]])
    return back(who, f"{who['name']} now has the tag {given}.")


async def untag(visit: Visit, name: str) -> Go:
    """Take a tag away."""
    who, taken = await who_is(visit, name), visit.text("tag")
    await visit.post("/v1/tags/remove", tag=taken, peers=[who["fingerprint"]])
    return back(who, f"The tag {taken} is gone.")


async def pause(visit: Visit, name: str) -> Go:
    """Take nothing new from it until a day."""
    who, until = await who_is(visit, name), visit.text("until")
    if not until:
        raise Failed(400, "Name the day on which it goes on. Nothing was changed.")
    made = await visit.post("/v1/pauses", peer=who["fingerprint"], until=until)
    told = "They were told." if made["told"] else "They cannot be told; what they send is kept from you all the same."
    return back(who, f"Paused. {told}")


async def resume(visit: Visit, name: str) -> Go:
    """Go on with it."""
    who = await who_is(visit, name)
    await visit.post("/v1/pauses/end", peer=who["fingerprint"])
    return back(who, f"{who['name']} can reach you again.")


async def move(visit: Visit, name: str) -> Go:
    """Be known there by another address."""
    who = await who_is(visit, name)
    await visit.post("/v1/rotations", peer=who["fingerprint"], at_once=bool(visit.text("at_once")))
    return back(who, f"{who['name']} was given a new address for you. The old one will do for nobody else.")


async def state(visit: Visit, name: str) -> Go:
    """Tell it her rules as they are now."""
    who = await who_is(visit, name)
    said = await visit.post("/v1/rules/send", peers=[who["fingerprint"]])
    return back(who, "Your rules were sent." if said["stated"] else "They have your rules as they are already.")


async def proffer(visit: Visit, name: str) -> Go:
    """Offer it her terms."""
    who = await who_is(visit, name)
    await visit.post("/v1/terms", peer=who["fingerprint"])
    return back(who, f"Your terms were offered to {who['name']}. What they answer will stand here.")


async def knock(visit: Visit, name: str) -> Go:
    """See whether somebody is there."""
    who = await who_is(visit, name)
    made = await visit.post("/v1/pings", peer=who["fingerprint"])
    return Go(f"/relationships/{who['fingerprint']}?knocked={quoted(made['thread'])}", "You knocked.")


# -- what the two write to each other -----------------------------------------------------------------------------


async def talk(visit: Visit, name: str) -> Shown:
    """What the two have written, the newest first."""
    who = await who_is(visit, name)
    number = visit.part()
    found = await visit.get("/v1/talks", who["peer"], str((number - 1) * PAGE_SIZE))
    listed = cut(found["items"], number, found["total"])
    return Shown("talk", {"who": who, "listed": listed, "path": f"/relationships/{who['fingerprint']}/talk"})


async def write(visit: Visit, name: str) -> Go:
    """Write to it."""
    who = await who_is(visit, name)
    await visit.post("/v1/talks", peer=who["fingerprint"], text=visit.text("text"))
    return Go(f"/relationships/{who['fingerprint']}/talk", "Sent.")


PAGES = (
    Page("GET", "/relationships/{name}", relationship, "person"),
    Page("GET", "/relationships/{name}/signed", signed, "person"),
    Page("GET", "/relationships/{name}/talk", talk, "person"),
    Page("POST", "/relationships/{name}/talk", write, "person"),
    Page("POST", "/relationships/{name}/tag", tag, "person"),
    Page("POST", "/relationships/{name}/untag", untag, "person"),
    Page("POST", "/relationships/{name}/pause", pause, "person"),
    Page("POST", "/relationships/{name}/resume", resume, "person"),
    Page("POST", "/relationships/{name}/address", move, "person"),
    Page("POST", "/relationships/{name}/rules", state, "person"),
    Page("POST", "/relationships/{name}/terms", proffer, "person"),
    Page("POST", "/relationships/{name}/knock", knock, "person"),
)
