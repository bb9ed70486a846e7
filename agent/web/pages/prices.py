"""What an organisation offers by itself: its price rules, one a thing for sale, and what becomes of the rest."""

from typing import Any, Final

import msgspec

from agent import wording
from agent.web.pages import market
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit

OTHERWISE: Final = (("ask", "Ask somebody here"), ("decline", "Decline it at once"))
DAY: Final = 86400


async def shown(visit: Visit) -> Shown:
    """All of them, and the form for another."""
    found = await visit.get("/v1/demand/prices")
    rules = [{**each, **spoken(each)} for each in found.get("rules", [])]
    blank = {"valid": DAY, "hold": DAY}
    return Shown("prices", {"part": visit.slice(rules), "otherwise": found.get("otherwise", "ask"),
                            "choices": OTHERWISE, "rule": blank, "name": ""})  # fmt: skip


def spoken(rule: dict[str, Any]) -> dict[str, object]:
    """What the table says of a rule."""
    return {
        "stock": "enough" if rule.get("stock") is None else rule["stock"],
        "delivery": wording.lasting(rule["delivery"]) if rule.get("delivery") else "",
        "warranty": wording.lasting(rule["warranty"]) if rule.get("warranty") else "",
    }


async def one(visit: Visit, name: str) -> Shown:
    """The form of one that is there."""
    rule = next((each for each in (await rules(visit))["rules"] if each["name"] == name), None)
    if rule is None:
        raise Failed(404, "There is nothing of that name for sale.")
    days, months = (units(rule.get(each) or "", unit) for each, unit in (("delivery", "D"), ("warranty", "M")))
    return Shown("price", {"rule": {**rule, "days": days, "months": months}, "name": name})


def units(duration: str, unit: str) -> str:
    """The number in a duration of one unit; of years in months, too. Empty for any other."""
    number = duration.removeprefix("P")[:-1]
    if not number.isdecimal():
        return ""
    if duration.endswith("Y") and unit == "M":
        return str(int(number) * 12)
    return number if duration.endswith(unit) else ""


async def rules(visit: Visit) -> dict[str, Any]:
    """The rules as they are."""
    found = await visit.get("/v1/demand/prices")
    return {"rules": found.get("rules", []), "otherwise": found.get("otherwise", "ask")}


async def add(visit: Visit) -> Go:
    """Offer one more thing."""
    made, now = described(visit), await rules(visit)
    await keep(visit, {**now, "rules": [*now["rules"], made]})
    return Go("/demand/prices", f"From now on {made['name']} is offered by itself.")


async def edit(visit: Visit, name: str) -> Go:
    """Change one."""
    made, now = described(visit), await rules(visit)
    before: dict[str, Any] = next((each for each in now["rules"] if each["name"] == name), {})
    if visit.text("stock") == visit.text("stock-shown") and "stock" in made:
        made["stock"] = before.get("stock", made["stock"])  # some may have been taken since the form was shown
    await keep(visit, {**now, "rules": [made if each["name"] == name else each for each in now["rules"]]})
    return Go("/demand/prices", f"{made['name']} is changed. Offers that were made stand as they are.")


async def drop(visit: Visit, name: str) -> Go:
    """Offer one no longer."""
    now = await rules(visit)
    await keep(visit, {**now, "rules": [each for each in now["rules"] if each["name"] != name]})
    return Go("/demand/prices", f"{name} is not offered any more. Offers that were made stand as they are.")


def described(visit: Visit) -> dict[str, object]:
    """What the form says of a thing for sale. Raises Failed."""
    price, currency = market.money(visit.text("price"), visit.text("currency"))
    name, category = visit.text("name"), visit.text("category")
    if not (price and name and category):
        raise Failed(400, "It needs a name, what it is, and a price. Nothing was kept.")
    stock = visit.text("stock")
    told: dict[str, object] = {
        "name": name,
        "category": category,
        "price": price,
        "currency": currency,
        "regions": market.lines(visit.text("regions")),
        "has": market.lines(visit.text("has")),
        "delivery": market.lasting(visit.text("delivery"), "D", "Delivery"),
        "warranty": market.lasting(visit.text("warranty"), "M", "Warranty"),
        "conditions": visit.text("conditions") or None,
        "stock": market.number(stock, 0, most=999_999_999, what="How many are left") if stock else None,
        "valid": market.number(visit.text("valid"), 1, most=365, what="How many days it stands") * DAY,
        "hold": market.number(visit.text("hold"), 1, least=1, most=30, what="How many days it is held") * DAY,
    }
    return {key: value for key, value in told.items() if value is not None}


async def keep(visit: Visit, now: dict[str, Any]) -> None:
    """Use these from now on."""
    await visit.post("/v1/demand/prices", rules=now)


async def otherwise(visit: Visit) -> Go:
    """Say what becomes of what no rule is about."""
    await keep(visit, {**await rules(visit), "otherwise": visit.text("otherwise")})
    return Go("/demand/prices", "Kept.")


async def load(visit: Visit) -> Go:
    """Put the rules of a file in place of those there are."""
    text = visit.form.get("file")
    if not isinstance(text, str) or not text.strip():
        raise Failed(400, "Choose a file first. Nothing was kept.")
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as fault:
        raise Failed(400, "This file holds no price rules that can be read. Nothing was kept.") from fault
    if not isinstance(found, dict):
        raise Failed(400, "This file holds no price rules. Nothing was kept.")
    await keep(visit, found)
    count = len((await rules(visit))["rules"])
    return Go("/demand/prices", f"{count} {'thing is' if count == 1 else 'things are'} offered by these rules now.")


async def saved(visit: Visit) -> File:
    """The rules as a file."""
    content = msgspec.json.format(msgspec.json.encode(await rules(visit)), indent=2)
    return File("prices.json", "application/json", content)


PAGES = (
    Page("GET", "/demand/prices", shown, "org"),
    Page("POST", "/demand/prices", add, "org"),
    Page("POST", "/demand/prices/otherwise", otherwise, "org"),
    Page("POST", "/demand/prices/load", load, "org"),
    Page("GET", "/demand/prices/file", saved, "org"),
    Page("GET", "/demand/prices/of/{name}", one, "org"),
    Page("POST", "/demand/prices/of/{name}", edit, "org"),
    Page("POST", "/demand/prices/of/{name}/drop", drop, "org"),
)
