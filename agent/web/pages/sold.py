"""What an organisation sold: papers of things, who registered one, and warnings."""

from typing import Any

from agent.web.pages.listing import money, named, part, whom
from agent.web.pages.page import Go, Page, Shown, Visit
from agent.web.pages.thing_words import choices, word
from agent.web.pages.things import GTIN, require, shown

ALERT = ("kind", "text", "remedy", "gtin", "serial")


async def assets(visit: Visit) -> Shown:
    """What is registered, and whom warnings reached."""
    titles = (await visit.get("/v1/assets/newest", "0"))["titles"]
    return shown("assets", listed=await part(visit, "/v1/assets"), titles=titles)


# -- papers -------------------------------------------------------------------------------------------------------


async def issuing(visit: Visit) -> Shown:
    """What is asked about a paper. ?who= is chosen already."""
    return shown("asset_issue", known=await whom(visit), now=await named(visit), papers=choices("paper"))


async def issue(visit: Visit) -> Go:
    """Offer a paper of a thing to a customer."""
    kind, thing = visit.text("kind", "receipt"), numbers(visit)
    thing["name"] = visit.text("name")
    require(bool(visit.text("peer")), "Say to whom.")
    require(bool(thing["name"]), "Say what it is.")
    price = money(visit)
    require(price is None or bool(price["currency"]), "Say in which currency, like EUR.")
    require(kind != "warranty" or bool(visit.text("until")), "A warranty has a last day.")
    said = await visit.post(
        "/v1/things/issue",
        peer=visit.text("peer"),
        kind=kind,
        thing=thing,
        on=visit.text("on") or None,
        until=visit.text("until") or None,
        price=price,
    )
    return Go("/assets", f"{word(kind, 'paper')} offered to {said['to']}. It is issued with a yes there.")


def numbers(visit: Visit) -> dict[str, Any]:
    """The numbers of a thing, as they were typed. Raises Failed."""
    found = {name: visit.text(name) for name in ("gtin", "serial") if visit.text(name)}
    require(bool(GTIN.fullmatch(found.get("gtin", "00000000"))), "The number under the barcode is 8 to 14 digits.")
    return found


# -- warnings -----------------------------------------------------------------------------------------------------


async def warning(visit: Visit) -> Shown:
    """What is asked about a warning."""
    return alert_form({"kind": "recall"})


async def again(visit: Visit) -> Shown:
    """The same form, with what was typed."""
    return alert_form(typed(visit))


def alert_form(now: dict[str, Any]) -> Shown:
    """The form of a warning. now: what stands in it."""
    return shown("asset_alert", now={**dict.fromkeys(ALERT, ""), **now}, kinds=choices("alert"))


def typed(visit: Visit) -> dict[str, Any]:
    """What was filled in."""
    return {name: visit.text(name) for name in ALERT}


def meant(visit: Visit) -> dict[str, Any]:
    """A warning, as the API takes it. Raises Failed."""
    now = typed(visit)
    require(bool(now["text"]), "Say what is wrong and what not to do.")
    return {**now, "gtin": "", "serial": "", **numbers(visit), "remedy": now["remedy"] or None}


async def preview(visit: Visit) -> Shown:
    """How many a warning would reach, before it is said."""
    reaches = (await visit.post("/v1/things/alert/reach", **meant(visit)))["reaches"]
    return shown("asset_alert_look", now=typed(visit), reaches=reaches)


async def alert(visit: Visit) -> Go:
    """Warn everybody who registered such a thing."""
    said = await visit.post("/v1/things/alert", **meant(visit))
    many = said["warned"]
    return Go("/assets", f"Sent to {many} owner{'' if many == 1 else 's'}, again and again until it has arrived.")


PAGES = (
    Page("GET", "/assets", assets, "org"),
    Page("GET", "/assets/issue", issuing, "org"),
    Page("POST", "/assets/issue", issue, "org"),
    Page("GET", "/assets/alert", warning, "org"),
    Page("POST", "/assets/alert/again", again, "org"),
    Page("POST", "/assets/alert/preview", preview, "org"),
    Page("POST", "/assets/alert", alert, "org"),
)
