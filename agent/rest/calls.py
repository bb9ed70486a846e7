"""The table of calls: what may be asked, under which scope, with what, and what is answered. The document of the API
is generated from it (`document.py`), so it cannot say anything else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec

from agent import wording
from agent.agent import Agent
from agent.rest.faults import Fault
from agent.rest.once import Once

T = TypeVar("T", bound=msgspec.Struct)


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing may stand after the `?`."""


class Asked(msgspec.Struct, frozen=True):
    """One request, read. path: its named segments; query, body: as the call takes them; once: its memory,
    if it acts. assistant: what its key is called, if it may propose what is said, and not say it."""

    agent: Agent
    path: Mapping[str, str]
    query: Any
    body: Any
    once: Once | None = None
    assistant: str = ""

    def keep(self, draft: Any, answer: object) -> None:
        """Remember the answer in the change that is the act."""
        if self.once is not None:
            self.once.keep(draft, answer)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. says: one line; scope: what a key needs, "" for none. fails: what else it may answer, by status.

    whole: the act and the memory of it are one change, so no mark need be left before.
    """

    method: str
    path: str
    says: str
    scope: str
    act: Callable[[Asked], Awaitable[object]]
    gives: type
    takes: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = NoQuery
    fails: Mapping[int, str] = field(default_factory=dict)
    whole: bool = True

    def matches(self, path: str) -> Mapping[str, str] | None:
        """The named segments, if the path is of this call. path: percent-encoded."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return {name: unquote(text) for name, text in found.groupdict().items()} if found else None

    def read_query(self, text: str) -> msgspec.Struct:
        """What stands after the `?`. Raises Fault."""
        pairs = parse_qsl(text, keep_blank_values=True)
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise Fault(400, f"{name[:64]} is named twice in the address; nothing was done", "Name it once.")
        return converted(dict(pairs), self.query, "the address")

    def read_body(self, body: bytes) -> msgspec.Struct | None:
        """The body of a request that acts. Raises Fault."""
        return converted(body, self.takes, "the body") if self.takes else None


def converted(found: bytes | Mapping[str, str], kind: type[T], where: str) -> T:
    """What was sent, as what it should be. Raises Fault, naming the place of the first fault."""
    try:
        if isinstance(found, bytes):
            return msgspec.json.decode(found, type=kind)
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise Fault(
            400,
            f"{where} is not as documented: {wording.fault(str(fault))}. Nothing was done.",
            "See GET /v1/openapi.json",
        ) from None
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Fault(400, f"{where} is not JSON ({fault}); nothing was done", "Send JSON.") from None
