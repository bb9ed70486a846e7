"""Keys and trust: who the organisation is to others, how its domain vouches for it, its keys, and whom it trusts."""

from typing import Final

from agent.web.pages.page import Failed, Go, Page, Shown, Visit

KINDS: Final = {
    "vendor": "a vendor",
    "agency": "an agency",
    "official": "an authority",
    "club": "a club",
    "church": "a church",
    "charity": "a charity",
    "other": "an organisation",
}
MOVED: Final = {
    "confirmed": "she knows, and uses the new ones",
    "told": "she was told, and has not answered yet",
    "not reached": "she could not be reached so far",
}


UNSEEN: Final = (
    "Others cannot fetch from your domain who you are, or find something else there. Have the agent run, and your web"
    " server pass such requests on to it."
)


async def keys(visit: Visit) -> Shown:
    """Who we are, and our keys."""
    found = await visit.get("/v1/identity")
    moved = [{**each, "is": MOVED[each["state"]]} for each in await visit.get("/v1/rotations")]
    return Shown("keys", {"me": found, "kind_of": KINDS[found["kind"]], "moved": visit.slice(moved)})


async def check(visit: Visit) -> Go:
    """Look at ourselves from outside."""
    found = await visit.post("/v1/identity/check")
    if not found["published"]:
        raise Failed(409, UNSEEN)
    if not found["vouched"]:
        raise Failed(409, "Your domain and this wallet do not vouch for each other now. Customers will be told so.")
    return Go("/keys", "Looked at from outside: your domain vouches for this wallet, and this wallet for your domain.")


async def move(visit: Visit) -> Go:
    """Use keys of their own towards one customer."""
    if not visit.text("customer"):
        raise Failed(409, "Name a customer by her letters. Nothing was changed.")
    if not visit.chosen("sure"):
        raise Failed(409, "Tick that you mean it. Nothing was changed.")
    done = await visit.post("/v1/rotations", peer=visit.text("customer"), from_public=True)
    return Go("/keys", f"Towards {done['with']} you use new keys from now on. She is told.")


PAGES = (
    Page("GET", "/keys", keys, "org"),
    Page("POST", "/keys/check", check, "org"),
    Page("POST", "/keys/move", move, "org"),
)
