"""Every page of an agent that can be come to from its menu, by following links as a person would."""

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from agent.agent import Agent
from agent.web.pages import visiting
from agent.web.pages.menu import menu
from agent.web.pages.page import Page
from tests.agent.web.pages.reading import Read

ENOUGH = 16


@dataclass(repr=False)
class Places:
    """enough: pages of one row that are looked at, for each set of questions in the address. pages: what was read, by
    address; rows: which addresses show one row of the table; faults: what was not shown.

    It has no words for itself: asyncio.run asks its task for them, and all that was read would take many seconds.
    """

    agent: Agent
    enough: int
    pages: dict[str, Read] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _often: dict[tuple[str, ...], int] = field(default_factory=lambda: defaultdict(int))

    def unseen(self) -> set[str]:
        """The rows of the table that no link led to."""
        mine = {
            each.path
            for each in visiting.PAGES
            if each.method == "GET" and each.whose in ("both", self.agent.config.kind)
        }
        return mine - set(self.rows)


async def places(agent: Agent, enough: int = ENOUGH) -> Places:
    """Follow every link from the menu on."""
    found = Places(agent, enough)
    waiting = [entry.path for _, entries in menu(agent.config.kind) for entry in entries]
    came = dict.fromkeys(waiting, "the menu")
    while waiting:
        address = waiting.pop(0)
        if address in found._seen:
            continue
        found._seen.add(address)
        for link in await look(found, address, came[address]):
            came.setdefault(link, address)
            waiting.append(link)
    return found


def some(found: Places) -> list[str]:
    """Of each row of the table the first page that was come to, and the last."""
    shown = [[each for each in addresses if each in found.pages] for addresses in found.rows.values()]
    return [each for addresses in shown if addresses for each in dict.fromkeys((addresses[0], addresses[-1]))]


async def look(found: Places, address: str, came: str) -> list[str]:
    """Read one page. Returns where it leads to."""
    path, _, query = address.partition("?")
    asked = dict(parse_qsl(query))
    row = fitting(found.agent, "GET", path)
    if row is None:
        found.faults.append(f"{came} links to {address}, and there is no such page")
        return []
    kind = (row.path, *sorted(asked))
    found._often[kind] += 1
    if found._often[kind] > found.enough:
        return []
    try:
        status, made = await visiting.answer(found.agent, "GET", path, asked, b"")
    except Exception as fault:  # noqa: BLE001  # whatever goes wrong on one page, the others are looked at
        found.rows[row.path].append(address)
        found.faults.append(f"{address} fails: {type(fault).__name__}: {fault}")
        return []
    if status != 200:
        why = Read(made).words()[-200:] if isinstance(made, str) else made
        found.faults.append(f"{came} links to {address}, which answers {status}: {why}")
        return []
    found.rows[row.path].append(address)
    if not isinstance(made, str):
        found.files.add(address)
        return []
    read = found.pages[address] = Read(made)
    for name, method in (("data-post", "POST"), ("data-get", "GET"), ("data-file", "GET")):
        for target in read.having(name):
            if fitting(found.agent, method, target.partition("?")[0]) is None:
                found.faults.append(f"{address} has {name} {target}, and nobody answers that")
    return [*read.links(), *read.having("data-file"), *read.searches()]


def fitting(agent: Agent, method: str, path: str) -> Page | None:
    """The row of the table for this."""
    return next((page for page, _ in visiting.fitting(agent, method, path)), None)
