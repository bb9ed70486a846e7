"""To whom she is loyal, and why; and the programmes she is in."""

import re
from typing import Any, Final

from agent.web.pages.listing import lines, named, part, whom
from agent.web.pages.page import Go, Page, Shown, Visit
from agent.web.pages.thing_words import WORDS, choices
from agent.web.pages.things import require, shown

FIELDS: Final = ("peer", "category", "strength", "since", "until")
YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
FEW: Final = 5  # memberships that stand on the first page


async def loyalties(visit: Visit) -> Shown:
    """What she said of her loyalty, and the newest of her memberships."""
    memberships = await visit.get("/v1/memberships/newest", "0")
    found = memberships["items"]
    return shown(
        "loyalties",
        listed=await part(visit, "/v1/statements"),
        memberships=found[:FEW],
    )


# -- statements ---------------------------------------------------------------------------------------------------


async def declaring(visit: Visit) -> Shown:
    """What is asked about a loyalty. ?who= is chosen already."""
    return await form(visit, {"peer": await named(visit), "strength": "first-choice"})


async def again(visit: Visit) -> Shown:
    """The same form, with what was typed."""
    return await form(visit, typed(visit))


async def form(visit: Visit, now: dict[str, Any]) -> Shown:
    """The form of a statement. now: what stands in it."""
    return shown(
        "loyalty_new",
        known=await whom(visit),
        strengths=choices("strength"),
        why=choices("why"),
        now={"text": {}, "conditions": "", "may_quote": False, **dict.fromkeys(FIELDS, ""), **now},
    )


def typed(visit: Visit) -> dict[str, Any]:
    """What was filled in. text: the words for each reason that was ticked or has some."""
    said = {code: visit.text(f"why-{code}") for code in WORDS["why"]}
    ticked = visit.chosen("why")
    return {
        **{name: visit.text(name) for name in FIELDS},
        "text": {code: words for code, words in said.items() if words or code in ticked},
        "conditions": "\n".join(lines(visit, "conditions")),
        "may_quote": bool(visit.chosen("may_quote")),
    }


async def preview(visit: Visit) -> Shown:
    """Exactly what would be said, and to whom."""
    now = typed(visit)
    require(bool(now["peer"]), "Say towards whom.")
    require(bool(now["category"]), "Say in what, like groceries.")
    require(bool(now["until"]), "Name a day on which it ends by itself; you can say it again then.")
    require(not now["since"] or bool(YEAR.fullmatch(now["since"])), "Write the year like 2019.")
    who = await visit.get("/v1/peers", now["peer"])
    return shown("loyalty_look", now=now, who=who, conditions=now["conditions"].splitlines())


async def declare(visit: Visit) -> Go:
    """Say it, as it was shown."""
    now = typed(visit)
    reasons = [{"code": code, **({"text": text} if text else {})} for code, text in now["text"].items()]
    said = await visit.post(
        "/v1/statements",
        peer=now["peer"],
        strength=now["strength"],
        category=now["category"],
        until=now["until"],
        reasons=reasons,
        conditions=now["conditions"].splitlines(),
        may_quote=now["may_quote"],
        since=now["since"] or None,
    )
    return Go(f"/loyalties/{said['thread']}", f"Said to {said['to']}, signed, in your words.")


async def statement(visit: Visit, id: str) -> Shown:
    """One statement, as it was said."""
    return shown("loyalty", said=await visit.get("/v1/statements", id), why=choices("why"))


async def retire(visit: Visit, id: str) -> Go:
    """Take it back."""
    said = await visit.post(
        "/v1/statements", id, "retire", reason=visit.text("reason"), text=visit.text("text") or None
    )
    waits = said["state"] == "waiting"
    words = "It has not arrived yet, and is taken back when it has." if waits else f"Taken back from {said['to']}."
    return Go(f"/loyalties/{id}", words)


# -- memberships --------------------------------------------------------------------------------------------------


async def memberships(visit: Visit) -> Shown:
    """All memberships."""
    return shown("memberships", listed=await part(visit, "/v1/memberships"))


async def joining(visit: Visit) -> Shown:
    """Whose programme. ?who= is chosen already."""
    return shown("membership_join", known=await whom(visit), now=await named(visit))


async def join(visit: Visit) -> Go:
    """Ask for the rules."""
    require(bool(visit.text("peer")), "Say whose programme it is.")
    said = await visit.post("/v1/memberships", peer=visit.text("peer"), program=visit.text("program") or None)
    words = f"Asked {said['to']} for the rules. They come as a question; nothing is joined before your yes."
    return Go("/questions", words)


async def membership(visit: Visit, id: str) -> Shown:
    """One membership: every balance, the rules that were joined, and the way out."""
    return shown("membership", held=await visit.get("/v1/memberships", id), ends=choices("end"))


async def redeem(visit: Visit, id: str) -> Go:
    """Spend from the balance."""
    amount, reward = visit.text("amount"), visit.text("reward")
    require(amount.isascii() and amount.isdecimal() and int(amount[:9]) > 0, "Say how many points, as a whole number.")
    require(bool(reward), "Say what for.")
    await visit.post("/v1/memberships/redeem", membership=id, amount=int(amount[:9]), reward=reward)
    return Go(f"/loyalties/memberships/{id}", "Asked for. The answer and the new balance appear on this page.")


async def leaving(visit: Visit, id: str) -> Shown:
    """What is lost, before it is."""
    return shown("membership_leave", held=await visit.get("/v1/memberships", id), ends=choices("end"))


async def leave(visit: Visit, id: str) -> Go:
    """Leave, in one step."""
    held = await visit.post("/v1/memberships/leave", membership=id, reason=visit.text("reason") or None)
    return Go(f"/loyalties/memberships/{id}", f"You have left {held['programme']}. Your history stays here.")


PAGES = (
    Page("GET", "/loyalties", loyalties, "person"),
    Page("GET", "/loyalties/new", declaring, "person"),
    Page("POST", "/loyalties/new", again, "person"),
    Page("POST", "/loyalties/preview", preview, "person"),
    Page("POST", "/loyalties", declare, "person"),
    Page("GET", "/loyalties/memberships", memberships, "person"),
    Page("GET", "/loyalties/memberships/new", joining, "person"),
    Page("POST", "/loyalties/memberships", join, "person"),
    Page("GET", "/loyalties/memberships/{id}", membership, "person"),
    Page("POST", "/loyalties/memberships/{id}/redeem", redeem, "person"),
    Page("GET", "/loyalties/memberships/{id}/leave", leaving, "person"),
    Page("POST", "/loyalties/memberships/{id}/leave", leave, "person"),
    Page("GET", "/loyalties/{id}", statement, "person"),
    Page("POST", "/loyalties/{id}/retire", retire, "person"),
)
