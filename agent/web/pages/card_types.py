"""The kinds of card an organisation issues: what stands on each, how it looks, and offering one to a customer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent import card_types
from agent.agent import Agent
from agent.web.pages import listing
from agent.web.pages.page import Go, Page, Shown, Visit, cut
from protocols.problems import Misuse

ROWS: Final = 24  # fields that can be named in the form
OPEN: Final = 5  # of these, the ones that are seen at once
NEARBY: Final = 200  # customers that are suggested while one is typed
HOLDS: Final = (("text", "words"), ("day", "a day"), ("yes-no", "yes or no"), ("number", "a whole number"))
BECAME: Final = {
    "waiting": ("is about to be sent", ""),
    "offered": ("waits for the customer", ""),
    "requested": ("is being made", ""),
    "issued": ("was handed over", ""),
    "done": ("the customer has it", "good"),
    "abandoned": ("was not wanted", "warn"),
    "lapsed": ("was not answered", "warn"),
    "proposed": ("something else was wished", "warn"),
}
"""What became of an offer: in words, and how that is marked."""

Face = Sequence[tuple[str, object]]
"""What stands on a card: names of fields as programs know them, which is what a wallet reads, and values."""


async def kinds(visit: Visit) -> Shown:
    """All kinds: ours, and those of others that we ask to see."""
    found = await visit.get("/v1/card-types")
    ours = [{**each, "face": blank(each)} for each in found if not each["issuer"]]
    return Shown("card_types", {"ours": visit.slice(ours), "others": [each for each in found if each["issuer"]]})


def blank(kind: Mapping[str, Any]) -> Face:
    """A card on which nothing stands yet."""
    return [(each["name"], None) for each in kind["fields"]]


def about(agent: Agent) -> dict[str, object]:
    """Who issues a card, as whoever gets it will see."""
    return {"issuer": agent.config.name, "domain": agent.config.domain}


# -- defining one -------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> Shown:
    """A form for a kind more; with `?theirs=yes`, for one that somebody else issues."""
    shown = {"rows": ROWS, "open": OPEN, "holds": HOLDS, "face": [], "name": "", "theirs": "theirs" in visit.query}
    return Shown("card_type_new", shown | about(visit.agent))


def rows(visit: Visit) -> list[dict[str, str]]:
    """The fields that were named."""
    found = ((visit.text(f"label-{number}"), visit.text(f"holds-{number}", "text")) for number in range(ROWS))
    return [{"label": label, "holds": holds} for label, holds in found if label]


async def drawn(visit: Visit) -> Shown:
    """The card as it would look with the fields named so far."""
    names = [card_types.slug(each["label"]) or f"field_{number}" for number, each in enumerate(rows(visit), 1)]
    shown: dict[str, object] = {"face": [(name, None) for name in names], "name": visit.text("name")}
    return Shown("card_preview", shown | about(visit.agent))


async def define(visit: Visit) -> Go:
    """A kind more."""
    made = await visit.post(
        "/v1/card-types",
        name=visit.text("name"),
        fields=rows(visit),
        type=visit.text("type"),
        issuer=visit.text("issuer"),
    )
    if made["issuer"]:
        return Go("/card-types", f"{made['name']} is kept: you can ask to see it.")
    return Go(f"/card-types/{made['id']}", f"{made['name']} is ready. Offer the first one.")


# -- one kind -----------------------------------------------------------------------------------------------------


async def kind(visit: Visit, id: str) -> Shown:
    """One kind: how it looks, the ways to offer it, and what became of what was offered."""
    found = await visit.get("/v1/card-types", id)
    number = visit.part(total=found["offered"])
    offers = cut(await visit.get(f"/v1/card-types/{id}/offers/{number}"), number, found["offered"])
    shown = {"kind": found, "face": blank(found), "offers": offers, "became": BECAME, "name": found["name"]}
    return Shown("card_type", shown | about(visit.agent))


async def offering(visit: Visit, id: str) -> Shown:
    """A form: to whom, and what stands on her card."""
    found = await visit.get("/v1/card-types", id)
    shown = {"kind": found, "face": blank(found), "name": found["name"], "near": await near(visit)}
    return Shown("card_offer", shown | about(visit.agent) | {"to": visit.query.get("to", "")})


async def near(visit: Visit) -> listing.Choices:
    """Customers to be suggested, unless they are too many."""
    return await listing.whom(visit) if not listing.are_more(visit, NEARBY) else ()


def values(visit: Visit, kind: card_types.CardType) -> dict[str, str]:
    """What was typed into the fields of a card."""
    return {each.name: visit.text(f"value-{each.name}") for each in kind.fields if visit.text(f"value-{each.name}")}


async def drawn_full(visit: Visit, id: str) -> Shown:
    """The card with what was typed so far."""
    kind = card_types.find(visit.agent, id)
    typed = values(visit, kind)
    face = [(each.name, said(each, typed[each.name])) for each in kind.fields if each.name in typed]
    shown: dict[str, object] = {"face": face or [(each.name, None) for each in kind.fields], "name": kind.name}
    return Shown("card_preview", shown | about(visit.agent))


def said(field: card_types.Field, typed: str) -> object:
    """A value as it would stand there; as it was typed while it makes no sense yet."""
    try:
        return card_types.meant(field, typed) if typed else None
    except Misuse:
        return typed


async def offer(visit: Visit, id: str) -> Go:
    """Offer it to one customer."""
    claims = values(visit, card_types.find(visit.agent, id))
    done = await visit.post(f"/v1/card-types/{id}/offers", peer=visit.text("to"), claims=claims)
    return Go(f"/card-types/{id}", f"The card is offered to {done['to']}. It is made when the customer takes it.")


async def dropping(visit: Visit, id: str) -> Shown:
    """Whether to issue it no more."""
    return Shown("card_type_drop", {"kind": await visit.get("/v1/card-types", id)})


async def drop(visit: Visit, id: str) -> Go:
    """Issue it no more."""
    gone = await visit.post(f"/v1/card-types/{id}/drop")
    return Go(
        "/card-types", f"{gone['name']} is offered no more. Cards that were issued stay with those who have them."
    )


PAGES = (
    Page("GET", "/card-types", kinds, "org"),
    Page("GET", "/card-types/new", new, "org"),
    Page("POST", "/card-types/new/preview", drawn, "org"),
    Page("POST", "/card-types", define, "org"),
    Page("GET", "/card-types/{id}", kind, "org"),
    Page("GET", "/card-types/{id}/offer", offering, "org"),
    Page("POST", "/card-types/{id}/preview", drawn_full, "org"),
    Page("POST", "/card-types/{id}/offer", offer, "org"),
    Page("GET", "/card-types/{id}/drop", dropping, "org"),
    Page("POST", "/card-types/{id}/drop", drop, "org"),
)
