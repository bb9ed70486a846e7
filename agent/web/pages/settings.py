"""Page: what she calls herself, what opens the wallet, where it is open, and locking it."""

from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.proving import prove
from wallet.slots import LEAST_PASSPHRASE


async def show(visit: Visit) -> Shown:
    """All of them."""
    config = visit.agent.config
    values = {
        "name": config.name,
        "address": config.url,
        "development": config.development,
        "least": LEAST_PASSPHRASE,
        "open_at": len(visit.keeper.sessions.names()) if visit.keeper else 1,
        "keeps": visit.keeper is not None,
    }
    return Shown("settings", values)


async def rename(visit: Visit) -> Go:
    """Another name."""
    await visit.post("/v1/name", name=visit.text("name"))
    return Go("/settings", "That is the name now.")


async def change_passphrase(visit: Visit) -> Go:
    """Another passphrase."""
    old, new = str(visit.form.get("old", "")), str(visit.form.get("passphrase", ""))
    if new != visit.form.get("again"):
        raise Failed(409, "The two new passphrases differ. Nothing was changed.")
    await prove(visit, old, "passphrase changed")
    await visit.post("/v1/passphrase", old=old, new=new)
    return Go("/settings", "The new passphrase opens the wallet from now on, and the old one does not.")


async def end_others(visit: Visit) -> Go:
    """Close every other page of this wallet."""
    ended = visit.keeper.sessions.end(besides=visit.session) if visit.keeper else 0
    return Go("/settings", f"{ended} other pages were closed." if ended != 1 else "One other page was closed.")


async def lock(visit: Visit) -> Go:
    """Let go of every key."""
    if visit.keeper is None:
        raise Failed(409, "This agent was started by a program, which alone can lock it.")
    await visit.keeper.lock()
    return Go("/", "The wallet is locked.")


PAGES = (
    Page("GET", "/settings", show),
    Page("POST", "/settings/name", rename),
    Page("POST", "/settings/passphrase", change_passphrase),
    Page("POST", "/settings/others", end_others),
    Page("POST", "/settings/lock", lock),
)
