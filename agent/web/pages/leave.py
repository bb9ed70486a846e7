"""Leaving one, several, or a group: what each would be told is shown, and nothing is said until it is confirmed."""

from typing import Any, Final

from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut
from agent.web.pages.relationships import decorated, titles
from agent.web.pages.timeline import dated
from agent.web.routes import quoted
from wallet.credentials.vcdm import timestamp

DATA: Final = (
    ("erase", "Erase everything they have of me"),
    ("return-then-erase", "Give me everything they have of me, then erase it"),
    ("keep-legal-minimum", "Erase everything but what a law makes them keep"),
)
REASONS: Final = (
    ("", "I say no reason"),
    ("not-needed", "I do not need it any more"),
    ("moving-on", "I am moving on"),
    ("breach", "They broke what was agreed"),
    ("changed-mind", "I changed my mind"),
    ("other", "Another reason"),
)
USUAL: Final = 30 * 86400  # seconds
MOST: Final = 200  # that are left one after the other; more are left as a group, which is followed while it is told


async def meant(visit: Visit, named: str) -> list[dict[str, Any]]:
    """Those who are named by their signs, and have not been left. Raises Failed."""
    wanted = [each for each in named.split(",") if each]
    known = {each["fingerprint"]: each for each in await visit.get("/v1/peers")}
    found = [decorated(known[each]) for each in wanted if each in known and known[each]["state"] != "ended"]
    if not found:
        raise Failed(404, "There is nobody to leave. Choose whom you mean among your relationships.")
    return found


async def leave(visit: Visit) -> Shown:
    """What would be said to whom."""
    group, named = visit.query.get("group", ""), visit.query.get("peers", "")
    number = visit.part()
    start = (number - 1) * PAGE_SIZE
    if group:
        found = await visit.post("/v1/groups/members", rule=group, start=start, most=PAGE_SIZE)
        total, prints = found["count"], [each["fingerprint"] for each in found["members"]]
    else:
        everybody = await meant(visit, named)
        total, prints = len(everybody), [each["fingerprint"] for each in everybody[start : start + PAGE_SIZE]]
    rows = await meant(visit, ",".join(prints))
    wish = wished(visit, visit.query)
    told = await visit.post("/v1/leavings/preview", peers=[each["peer"] for each in rows], **wish)
    shown = [
        each | {"says": dated(one["says"]), "waiting": one["waiting"]} for each, one in zip(rows, told, strict=True)
    ]
    path = f"/leave?{'group' if group else 'peers'}={quoted(group or named)}"
    asked = "".join(f"&{name}={value}" for name, value in wish.items() if value)
    return Shown(
        "leave",
        {
            "group": group,
            "named": named,
            "rows": shown,
            "titles": await titles(visit, rows),
            "listed": cut(shown, number, total),
            "wish": {"data": "erase", "reason": ""} | wish,
            "data": DATA,
            "reasons": REASONS,
            "path": f"{path}{asked}",
        },
    )


def wished(visit: Visit, asked: Any) -> dict[str, str]:
    """What must happen to the data, by when, and why."""
    data, by, reason = (str(asked.get(name) or "") for name in ("data", "by", "reason"))
    usual = timestamp(visit.agent.now() + USUAL)[:10]
    return {"data": data or "erase", "by": by or usual} | ({"reason": reason} if reason else {})


async def confirm(visit: Visit) -> Go:
    """Leave them."""
    group, named = visit.text("group"), visit.text("peers")
    if not visit.text("sure"):
        raise Failed(400, "Tick that you mean it. Nothing was said to anybody.")
    wish = wished(visit, visit.form)
    if group:
        begun = await visit.post("/v1/leavings/group", group=group, **wish)
        return Go(f"/changes/{quoted(begun['campaign'])}", f"{begun['told']} are told that you leave.")
    rows = await meant(visit, named)
    if len(rows) > MOST:
        raise Failed(400, f"{MOST} at most are left at once here. Give them a tag, and leave the group of that tag.")
    left = await visit.post("/v1/leavings", peers=[each["peer"] for each in rows], **wish)
    if len(rows) == 1:
        how = "They were told." if left[0]["way"] == "signed" else "Whatever they send reaches nobody now."
        return Go(f"/relationships/{rows[0]['fingerprint']}", f"You left {rows[0]['plain']}. {how}")
    return Go("/relationships?show=ended", f"You left {len(left)} of them. What each answers stands on its page.")


PAGES = (
    Page("GET", "/leave", leave, "person"),
    Page("POST", "/leave", confirm, "person"),
)
