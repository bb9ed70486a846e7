"""An organisation's programme, its members, and what customers said of their loyalty."""

import re
from typing import Any, Final

from agent import wording
from agent.web.pages.listing import lines, money, named, part, whom
from agent.web.pages.page import Go, Page, Shown, Visit
from agent.web.pages.thing_words import choices
from agent.web.pages.things import require, shown

FEW: Final = 5  # statements that stand on the first page
NOTICE: Final = (("P0D", "none"), ("P14D", "two weeks"), ("P30D", "a month"), ("P90D", "three months"))
DETAILS: Final = tuple((wording.pointer(name), wording.field(wording.pointer(name))) for name in wording.WORDS)
REWARD: Final = re.compile(r"(.+?)\s*[:=]\s*([0-9]{1,9})", re.ASCII)


async def programme(visit: Visit) -> Shown:
    """What is offered, who is a member, and the newest of what was said."""
    heard = await visit.get("/v1/statements/newest", "0")
    return shown(
        "programme",
        offered=(await visit.get("/v1/programme"))["programme"],
        listed=await part(visit, "/v1/memberships"),
        heard=heard["items"][:FEW],
    )


async def setting(visit: Visit) -> Shown:
    """What is asked about a programme."""
    offered = (await visit.get("/v1/programme"))["programme"]
    usual: dict[str, Any] = {"name": "", "rules": "", "exit": {"balance": "paid-out", "notice": "P30D"}, "tiers": ()}
    usual |= {"rewards": {}, "data_needed": (), "point": None, "welcome": 0, "admit": "ask", "redeem": "ask"}
    now = offered or usual
    rewards = "\n".join(f"{name}: {cost}" for name, cost in (now.get("rewards") or {}).items())
    about = {"exits": choices("exit"), "notice": NOTICE, "details": DETAILS}
    return shown("programme_set", now=now, new=not offered, rewards=rewards, **about)


async def set_up(visit: Visit) -> Go:
    """Offer this from now on."""
    require(bool(visit.text("name")), "Give it a name.")
    require(bool(visit.text("rules")), "Write its rules; people join by their text.")
    rewards = {}
    for line in lines(visit, "rewards"):
        found = REWARD.fullmatch(line)
        require(found is not None, "Write a reward and what it costs on each line, like “coffee: 100”.")
        if found:
            rewards[found[1]] = int(found[2])
    welcome = visit.text("welcome", "0") or "0"
    require(welcome.isascii() and welcome.isdecimal() and len(welcome) < 10, "Points to begin with are a whole number.")
    point = money(visit)
    require(point is None or bool(point["currency"]), "Say in which currency a point is paid out, like EUR.")
    await visit.post(
        "/v1/programme",
        name=visit.text("name"),
        rules=visit.text("rules"),
        exit={"balance": visit.text("balance", "paid-out"), "notice": visit.text("notice", "P30D")},
        tiers=lines(visit, "tiers"),
        data_needed=list(visit.chosen("data_needed")),
        rewards=rewards,
        point=point,
        welcome=int(welcome),
        admit="all" if visit.chosen("admit") else "ask",
        redeem="auto" if visit.chosen("redeem") else "ask",
    )
    return Go("/programme", "Offered from now on. Whoever is a member stays one by the rules that were joined.")


async def inviting(visit: Visit) -> Shown:
    """Whom to invite."""
    return shown("programme_invite", known=await whom(visit), now=await named(visit))


async def invite(visit: Visit) -> Go:
    """Invite one customer."""
    require(bool(visit.text("peer")), "Say whom.")
    said = await visit.post("/v1/memberships", peer=visit.text("peer"))
    return Go("/programme", f"{said['to']} is invited, and reads the rules before a yes.")


async def member(visit: Visit, id: str) -> Shown:
    """One member, and how the balance came about."""
    held = await visit.get("/v1/memberships", id)
    return shown("programme_member", held=held, reasons=choices("credit", "welcome", "end"), ends=choices("end"))


async def credit(visit: Visit, id: str) -> Go:
    """A new signed balance."""
    typed = visit.text("change")
    require(bool(re.fullmatch(r"[+-]?[0-9]{1,9}", typed, re.ASCII)), "Say how many points, like 50 or -50.")
    held = await visit.post(
        "/v1/memberships/credit", member=id, change=int(typed), reason=visit.text("reason", "purchase")
    )
    return Go(f"/programme/{id}", f"Signed. The balance is {held['balance']} now.")


async def close(visit: Visit, id: str) -> Go:
    """End the programme for one member."""
    require("sure" in visit.chosen("sure"), "Tick that you mean it.")
    require(bool(visit.text("by")), "Say from which day on.")
    await visit.post("/v1/memberships/close", member=id, reason=visit.text("why", "not-needed"), by=visit.text("by"))
    return Go(f"/programme/{id}", "The member is told, with the balance and what is paid out.")


async def statements(visit: Visit) -> Shown:
    """Everything that customers said of their loyalty."""
    return shown("programme_said", listed=await part(visit, "/v1/statements"))


PAGES = (
    Page("GET", "/programme", programme, "org"),
    Page("POST", "/programme", set_up, "org"),
    Page("GET", "/programme/set", setting, "org"),
    Page("GET", "/programme/invite", inviting, "org"),
    Page("POST", "/programme/invite", invite, "org"),
    Page("GET", "/programme/said", statements, "org"),
    Page("GET", "/programme/{id}", member, "org"),
    Page("POST", "/programme/{id}/credit", credit, "org"),
    Page("POST", "/programme/{id}/close", close, "org"),
)
