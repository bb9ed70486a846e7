"""A broker's pools: what is wanted in each and by how many, opening one, and giving everybody the bids it drew."""

import msgspec

from agent.web.pages import market
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit


async def shown(visit: Visit) -> Shown:
    """All pools, with numbers about nobody."""
    found = await visit.get("/v1/demand/pools")
    pools = [
        {
            "name": each["name"],
            "about": each.get("about", ""),
            "until": each.get("until", ""),
            "most": each.get("most", 10_000),
            "wanted": sorted(((count, what) for what, count in each["wanted"].items()), reverse=True)[:PAGE_SIZE],
            "total": sum(each["wanted"].values()),
        }
        for each in found
    ]
    return Shown("pools", {"part": visit.slice(pools)})


async def begin(visit: Visit) -> Go:
    """Open a pool, or change one."""
    name, until = visit.text("name"), visit.text("until")
    if not name:
        raise Failed(400, "A pool needs a name, by which people join it. Nothing was kept.")
    most = market.number(visit.text("most"), 10_000, least=1, most=1_000_000, what="How many may join")
    end = f"{until}T00:00:00Z" if until else None
    await visit.post("/v1/demand/pools", name=name, about=visit.text("about"), until=end, most=most)
    return Go("/demand/pools", f"The pool {name[:80]} is open.")


async def match(visit: Visit, name: str) -> Go:
    """Give everybody in it the bids of a file."""
    text = visit.form.get("file")
    try:
        bids = msgspec.json.decode(text) if isinstance(text, str) else None
    except msgspec.DecodeError:
        bids = None
    if not isinstance(bids, list) or not bids or not all(isinstance(each, dict) for each in bids):
        raise Failed(400, "Choose a file with the signed offers, as vendors gave them to you. Nothing was said.")
    done = await visit.post("/v1/demand/pools", name, "match", bids=bids)
    return Go("/demand/pools", f"{done['told']} people have the offers. The pool is over for them.")


PAGES = (
    Page("GET", "/demand/pools", shown, "org"),
    Page("POST", "/demand/pools", begin, "org"),
    Page("POST", "/demand/pools/{name}/match", match, "org"),
)
