"""Whom an act can be meant for: one vendor by its name, or several by a group."""

from typing import Final

from agent.web.pages import listing
from agent.web.pages.page import Visit
from agent.web.pages.text import bare

MOST: Final = 200  # vendors that one can still choose from by name; of more, one is typed
Choices = tuple[tuple[str, str], ...]


async def vendors(visit: Visit) -> Choices:
    """Everybody she has met, by fingerprint; a name with what proves it. None if they are too many."""
    if listing.are_more(visit, MOST):
        return ()
    known = [each for each in await visit.get("/v1/peers") if each["state"] == "met"]
    known.sort(key=lambda each: each["name"].casefold())
    return tuple(
        (each["fingerprint"], f"{bare(each['name'], 60)} ({each['domain'] or each['fingerprint']})") for each in known
    )


async def groups(visit: Visit) -> Choices:
    """Her groups and tags, as rules."""
    named = [(each["name"], f"The group {each['name']}") for each in await visit.get("/v1/groups/named")]
    return (*named, *((f"tag:{each['tag']}", f"Those tagged {each['tag']}") for each in await visit.get("/v1/tags")))
