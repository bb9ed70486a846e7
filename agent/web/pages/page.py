"""A page: what an owner looks at, and what she can do there. No HTTP: a visit in; HTML, a file, or where to go out.

Whatever a page shows and does goes through the owner's API, as the command line's does: there is no second way.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from agent.agent import Agent
from agent.web import api, parts
from agent.web.pages.keeper import Keeper
from agent.web.routes import quoted
from wallet.strict_json import Json

T = TypeVar("T")
PAGE_SIZE: Final = 50
ADVICE: Final = re.compile(r"[^.;]*\bfreerange \w[^.;]*[.;]?|\s*Run: .*$")  # what to type: of use in a terminal alone


class Failed(Exception):
    """What was asked for was not done. The text is for the owner."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Shown(msgspec.Struct, frozen=True):
    """A template, and what it shows."""

    template: str
    values: Mapping[str, object] = {}


class Go(msgspec.Struct, frozen=True):
    """Done: go to another page. go: its path; said: what was done, in a sentence."""

    go: str
    said: str = ""


class File(msgspec.Struct, frozen=True):
    """Something to save."""

    name: str
    media_type: str
    content: bytes


class Fault(msgspec.Struct, frozen=True):
    """Why nothing was done, for the form that was sent."""

    error: str


Made: TypeAlias = str | File | Go | Fault
"""What came of a visit; a text is the page."""


class Slice(msgspec.Struct, frozen=True):
    """A part of a long list. number: of this part, from 1; parts: how many there are; total: of everything listed."""

    items: Sequence[Any]
    number: int
    parts: int
    total: int


@dataclass(frozen=True)
class Visit:
    """One look at a page, or one form sent. query: what stands behind `?`; form: what was filled in, by name.

    keeper: who can lock the wallet; None where nobody can, as in an agent that a program put together. session: a name
    for whoever sits at the page, the same until she leaves it.
    """

    agent: Agent
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Json] = field(default_factory=dict)
    keeper: Keeper | None = None
    session: str = ""

    async def get(self, *path: str) -> Any:
        """What the owner's API says: `get("/v1/peers", name)`; segments after the first are quoted. Raises Failed."""
        return await self._ask("GET", path, {})

    async def post(self, *path: str, **body: object) -> Any:
        """Have the owner's API do something: `post("/v1/pings", peer=name)`. Raises Failed, nothing done."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: Sequence[str], body: Mapping[str, object]) -> Any:
        place = "/".join((path[0], *map(quoted, path[1:])))
        status, said = await api.answer(self.agent, method, place, msgspec.json.encode(body))
        if status != 200:
            words = said.get("error") if isinstance(said, dict) else said
            raise Failed(status, without_advice(str(words)))
        return msgspec.to_builtins(said)

    def text(self, name: str, usual: str = "") -> str:
        """A field of the form, as it was typed, without the blanks around it."""
        found = self.form.get(name)
        return found.strip() if isinstance(found, str) else usual

    def chosen(self, name: str) -> tuple[str, ...]:
        """What was ticked."""
        found = self.form.get(name)
        return tuple(map(str, found)) if isinstance(found, list) else (str(found),) if found else ()

    def part(self, name: str = "page", total: int | None = None) -> int:
        """Which part of a long list `?page=` asks for, from 1. total: entries, if known; the last part is the most."""
        number = parts.number(self.query.get(name, "1"))
        return number if total is None else min(number, count_of(total))

    def slice(self, listed: Sequence[T], size: int = PAGE_SIZE) -> Slice:
        """The part of a long list that `?page=` asks for."""
        number = min(self.part(), count_of(len(listed), size))
        return Slice(listed[(number - 1) * size : number * size], number, count_of(len(listed), size), len(listed))


def count_of(total: int, size: int = 0) -> int:
    """How many parts a list has; one at least. size: of a part, if not the usual one."""
    return max(1, -(-total // (size or PAGE_SIZE)))


def cut(items: Sequence[Any], number: int, total: int) -> Slice:
    """A part of a list that is read a part at a time. number: as it was asked for."""
    return Slice(items, min(number, count_of(total)), count_of(total), total)


def without_advice(words: str) -> str:
    """What went wrong, without the command that a terminal would be told to type."""
    left = ADVICE.sub("", words).strip(" ;:,")
    return (
        f"{left[:1].upper()}{left[1:]}{'' if left.endswith(('.', '!', '?')) else '.'}"
        if left
        else "That cannot be done."
    )


Act = Callable[..., Awaitable[Shown | Go | File]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or what a form on it does. path: segments in braces are passed to `act` by name, after the visit.

    whose: persons' or organisations' agents have it, or both.
    """

    method: Literal["GET", "POST"]
    path: str
    act: Act
    whose: Literal["person", "org", "both"] = "both"
