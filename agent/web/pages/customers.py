"""Customers, as an organisation knows them: by letters, with their rules, what is held of them, and until when."""

from collections.abc import Iterator
from typing import Any, Final

from agent.web.pages import timeline
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Slice, Visit, cut
from agent.web.routes import quoted

STATES: Final = (
    ("", "all"),
    ("met", "whom you met"),
    ("waiting", "who have not answered yet"),
    ("closing", "who may have left"),
    ("ended", "with whom it has ended"),
)
TERMS: Final = (("", "with terms or without"), ("yes", "with terms in force"), ("no", "without terms"))
STATE: Final = {
    "met": "you have met",
    "waiting": "she has not answered yet",
    "one-off": "for one exchange",
    "closing": "she may have left; that is not proved yet",
    "ended": "it has ended",
}
CHANNELS: Final = {"agent": "By her wallet", "email": "By e-mail", "phone": "By telephone", "post": "By post"}
REACH: Final = {
    "any": "about anything",
    "service-only": "about what she has from you, and nothing else",
    "never": "never",
}
PROMOTION: Final = {
    "none": "No advertising.",
    "asked": "Advertising only about subjects that she named.",
    "any": "Advertising is welcome.",
}
LONGEST: Final = 2000
FEW: Final = 5  # letters on her page


def rules_in_words(rules: dict[str, Any] | None) -> Iterator[str]:
    """What she allows, a sentence for each rule."""
    if rules is None:
        yield "She has stated no rules. Advertising needs a rule that allows it, so tell her none."
        return
    if rules.get("paused"):
        yield "For now she wants to hear nothing but a recall, or that her data was lost."
    for channel, reach in rules["channels"].items():
        yield f"{CHANNELS[channel]}: {REACH[reach]}."
    yield PROMOTION[rules["promotion"]]
    topics = rules.get("topics") or {}
    if topics.get("allow"):
        yield f"Subjects she wants to hear of: {', '.join(topics['allow'])}."
    if topics.get("deny"):
        yield f"Subjects she does not want: {', '.join(topics['deny'])}."
    if rules.get("max_per_week") is not None:
        yield f"At most {rules['max_per_week']} a week."
    if quiet := rules.get("quiet"):
        yield f"Quiet from {quiet.get('from')} to {quiet.get('to')} ({quiet.get('zone') or 'UTC'})."


def row(found: dict[str, Any]) -> dict[str, Any]:
    """A customer in words."""
    state = "terms" if found["terms"] and found["state"] == "met" else found["state"]
    rules = found["rules"]
    short = "none stated" if rules is None else "paused" if rules.get("paused") else PROMOTION[rules["promotion"]][:-1]
    return {**found, "mark": state, "is": STATE[found["state"]], "short": short}


async def customers(visit: Visit) -> Shown:
    """All of them, or those that are looked for."""
    asked = {name: visit.query.get(name, "")[:80] for name in ("who", "tag", "state", "terms")}
    number = visit.part()
    found = await visit.post("/v1/customers/find", **asked, start=str((number - 1) * PAGE_SIZE))
    listed = cut([row(each) for each in found["items"]], number, found["total"])
    path = "/customers?" + "&".join(f"{name}={quoted(value)}" for name, value in asked.items() if value)
    choices = {"states": STATES, "with_terms": TERMS, "path": path.rstrip("?")}
    return Shown("customers", {"listed": listed, "asked": asked, "looking": any(asked.values()), **choices})


async def customer(visit: Visit, name: str) -> Shown:
    """One of them."""
    found = row(await visit.get("/v1/customers", name))
    values = visit.slice(found["values"], PAGE_SIZE) if "held" in visit.query else Slice(found["values"][:20], 1, 1, 0)
    return Shown(
        "customer",
        {
            "who": found,
            "rules": [*rules_in_words(found["rules"])],
            "values": values,
            "letters": (await visit.get("/v1/talks", found["peer"], "0")) | {"few": FEW},
            "entries": await timeline.entries(visit, found["peer"]),
            "path": f"/customers/{found['fingerprint']}",
        },
    )


def back(name: str, said: str) -> Go:
    """To her page."""
    return Go(f"/customers/{quoted(name)}", said)


async def tag(visit: Visit, name: str) -> Go:
    """Give her a tag, or take one away."""
    words, gone = visit.text("tag"), visit.text("gone")
    if not words and not gone:
        raise Failed(409, "Write the tag first. Nothing was done.")
    if gone:
        await visit.post("/v1/tags/remove", tag=gone, peers=[name])
        return back(name, "The tag is gone. She never saw it.")
    await visit.post("/v1/tags", tag=words, peers=[name])
    return back(name, "She has the tag now. She never sees it.")


async def write(visit: Visit, name: str) -> Go:
    """Say something to her."""
    words = visit.text("text")
    if not words or len(words) > LONGEST:
        raise Failed(409, f"Write 1 to {LONGEST} characters. Nothing was sent.")
    await visit.post("/v1/talks", peer=name, text=words)
    return back(name, "It is on its way to her.")


async def letters(visit: Visit, name: str) -> Shown:
    """All that was written between the two, a part at a time."""
    number = visit.part()
    found = await visit.get("/v1/talks", name, str((number - 1) * PAGE_SIZE))
    listed = cut(found["items"], number, found["total"])
    return Shown("customer_letters", {"listed": listed, "letters": found["fingerprint"]})


async def ending(visit: Visit, name: str) -> Shown:
    """What ending it would say."""
    [would] = await visit.post("/v1/leavings/preview", peers=[name])
    return Shown("customer_end", {"who": row(await visit.get("/v1/customers", name)), "would": would})


async def end(visit: Visit, name: str) -> Go:
    """End it."""
    if not visit.chosen("sure"):
        raise Failed(409, "Tick that it may end; that cannot be undone. Nothing was said.")
    await visit.post("/v1/leavings", peers=[name])
    return back(name, "You took leave of her. She is told, signed by you.")


PAGES = (
    Page("GET", "/customers", customers, "org"),
    Page("GET", "/customers/{name}", customer, "org"),
    Page("POST", "/customers/{name}/tags", tag, "org"),
    Page("POST", "/customers/{name}/write", write, "org"),
    Page("GET", "/customers/{name}/letters", letters, "org"),
    Page("GET", "/customers/{name}/end", ending, "org"),
    Page("POST", "/customers/{name}/end", end, "org"),
)
