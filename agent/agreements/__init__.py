"""Rosters of agreements: plain texts, each known by the Digest of its bytes and never by its name alone.

A roster is a JSON file, pinned by its own Digest: `{name, version, agreements: [{id, version, title, text, digest,
policy}]}`. One is shipped, of three agreements; others are loaded (`agent/rosters.py`). A text that is absent, or that
does not hash to the Digest it is listed under, makes the whole roster worthless: nothing of it is taken.

Source: vrm-protocols 5.2 and IEEE 7012-2025 (an agreement is chosen from a roster; both sides keep the same text).
"""

from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec

from agent.agreements.policy import Policy
from agent.errors import AgentError
from wallet import strict_json
from wallet.encoding import digest
from wallet.errors import WalletError

__all__ = ["IDS", "MOST_BYTES", "PINNED", "BadRoster", "Policy", "Roster", "Text", "by_digest", "read", "shipped"]

PINNED = "uEiCF886wTpgb0A5pOL_FEl12gV-GcSNNTDOovto11cafFQ"
"""Digest of the roster this program ships: `roster.json`, beside this file."""

IDS = ("freerange-service-only", "freerange-service-and-purpose", "freerange-intent")
MOST_BYTES = 1024 * 1024

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class BadRoster(AgentError):
    """It cannot be taken. The text says why; nothing of it was kept."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agreement. digest: of the UTF-8 bytes of `text`; title: for people; policy: what requests are judged by."""

    id: Name
    version: Name
    title: Name
    text: str
    digest: str
    policy: Policy


class Roster(msgspec.Struct, frozen=True):
    """Agreements that were written to be chosen from."""

    name: Name
    version: Name
    agreements: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=200)]

    def by_id(self, id: str) -> Text | None:
        """The agreement of this name, here."""
        return next((each for each in self.agreements if each.id == id), None)

    def by_digest(self, wanted: str) -> Text | None:
        """The agreement whose text has this Digest."""
        return next((each for each in self.agreements if each.digest == wanted), None)


def read(raw: bytes, *, pinned: str) -> Roster:
    """The roster in a file. pinned: the Digest it must have. Raises BadRoster."""
    if len(raw) > MOST_BYTES:
        raise BadRoster(f"the roster has {len(raw)} bytes; at most {MOST_BYTES} are read. Nothing was taken.")
    if digest(raw) != pinned:
        raise BadRoster(f"the roster is {digest(raw)}, not the one you named ({pinned[:60]}). Nothing was taken.")
    try:
        roster = msgspec.convert(strict_json.parse_object(raw, floats=False), type=Roster)
    except (WalletError, msgspec.ValidationError) as fault:
        raise BadRoster(f"this is not a roster: {fault}. Nothing was taken.") from fault
    for each in roster.agreements:
        if digest(each.text.encode()) != each.digest:
            raise BadRoster(f"the text of {each.id} is not the one it is listed under. Nothing was taken.")
    for name in ("id", "digest"):
        if len({getattr(each, name) for each in roster.agreements}) < len(roster.agreements):
            raise BadRoster(f"two agreements have one {name}. Nothing was taken.")
    return roster


@cache
def shipped_roster() -> Roster:
    """The roster in this package."""
    return read(shipped_bytes(), pinned=PINNED)


def shipped_bytes() -> bytes:
    """The file as it is shipped."""
    return files(__package__).joinpath("roster.json").read_bytes()


def shipped() -> dict[str, Text]:
    """The agreements in this package, by id."""
    return {each.id: each for each in shipped_roster().agreements}


def by_digest(wanted: str) -> Text | None:
    """The shipped agreement whose text has this Digest."""
    return shipped_roster().by_digest(wanted)
