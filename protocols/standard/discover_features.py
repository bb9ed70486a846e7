"""Discover Features 2.0: what do you speak? Source: DIDComm Messaging v2.1, "Discover Features Protocol 2.0".

What is disclosed to whom is the responder's choice, so its policy answers, with `disclose`. Nothing that tells one
installation from another is a feature: no software name, no version.
"""

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from protocols.machine import Ask, Effects, Message, Protocol, Thread

MOST_QUERIES = 20
MOST_CHARACTERS = 256  # of one pattern


class Role(StrEnum):
    REQUESTER = "requester"
    RESPONDER = "responder"


class State(StrEnum):
    START = "start"
    ASKED = "asked"
    DISCLOSED = "disclosed"


class Query(msgspec.Struct, frozen=True):
    """match: a feature's identifier, in which `*` stands for anything."""

    feature_type: str = msgspec.field(name="feature-type")
    match: Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]


class Disclosure(msgspec.Struct, frozen=True, omit_defaults=True):
    feature_type: str = msgspec.field(name="feature-type")
    id: str
    roles: tuple[str, ...] = ()


class Queries(Message, frozen=True):
    queries: Annotated[tuple[Query, ...], msgspec.Meta(max_length=MOST_QUERIES)]


class Disclose(Message, frozen=True):
    disclosures: tuple[Disclosure, ...]


discover_features = Protocol(
    "https://didcomm.org/discover-features/2.0", Role, State.START, final=frozenset({State.DISCLOSED})
)
TABLES = (discover_features,)


def disclose(asked: Queries, features: Mapping[str, tuple[str, ...]]) -> Disclose:
    """The answer to `asked` out of what may be told. features: identifiers by feature type."""
    found = {
        (query.feature_type, feature): Disclosure(feature_type=query.feature_type, id=feature)
        for query in asked.queries
        for feature in features.get(query.feature_type, ())
        if fnmatchcase(feature, query.match.replace("[", "[[]").replace("?", "[?]"))
    }
    return Disclose(tuple(found.values()))


@discover_features.row(when=State.START, by=Role.REQUESTER, says=Queries, then=State.ASKED)
def ask(thread: Thread, message: Queries) -> Effects:
    """The requester asks which features match."""
    yield Ask()


@discover_features.row(when=(State.START, State.ASKED), by=Role.RESPONDER, says=Disclose, then=State.DISCLOSED)
def answer(thread: Thread, message: Disclose) -> None:
    """The responder names what it is willing to name, asked or not."""
