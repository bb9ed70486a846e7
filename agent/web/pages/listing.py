"""What lists and forms of several subjects share: a part of a long list from the API, and whom an owner can choose."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from agent.web.pages.page import PAGE_SIZE, Failed, Slice, Visit, cut
from agent.web.pages.text import bare
from wallet.store import standing

MOST: Final = 1500  # relationships that one can still choose from by name
IN_A_ROW: Final = 40  # that can be ticked one by one

Choices = tuple[tuple[str, str], ...]


async def part(visit: Visit, path: str) -> Slice:
    """The part that `?page=` asks for of a list which the API gives in parts, newest first. path: `/v1/things`."""
    number = visit.part()
    found = await visit.get(f"{path}/newest", str((number - 1) * PAGE_SIZE))
    return cut(found["items"], number, found["total"])


def are_more(visit: Visit, most: int) -> bool:
    """Whether there are more relationships than that, ended ones among them."""
    return visit.agent.store.read(partial(standing.counted, table="peer", most=most)) > most


async def whom(visit: Visit) -> Choices:
    """Everybody there is a relationship with, as a choice: a name with what proves it. None if they are too many."""
    if are_more(visit, MOST):
        return ()
    known = [each for each in await visit.get("/v1/peers") if each["state"] not in ("ended", "one-off")]
    known.sort(key=lambda each: each["name"].casefold())
    return tuple((each["peer"], called(each)) for each in known)


def called(peer: Mapping[str, str]) -> str:
    """A relationship in one line: a name, and what proves it; a person may have none."""
    proof = peer["domain"] or peer["fingerprint"]
    return f"{bare(peer['name'], 60)} ({proof})" if peer["name"] != proof else f"somebody known as {proof}"


async def named(visit: Visit) -> str:
    """Who is chosen already: the relationship that `?who=` means; empty if it means none."""
    wanted = visit.query.get("who", "")
    try:
        return str((await visit.get("/v1/peers", wanted))["peer"]) if wanted else ""
    except Failed:
        return ""


def lines(visit: Visit, name: str) -> list[str]:
    """What was typed into a field of several lines, a line each."""
    return [each.strip() for each in visit.text(name).splitlines() if each.strip()]


def money(visit: Visit, amount: str = "amount", currency: str = "currency") -> dict[str, str] | None:
    """An amount as it was typed in two fields; None if there is none."""
    typed = visit.text(amount).replace(",", ".")
    return {"amount": typed, "currency": visit.text(currency).upper()} if typed else None
