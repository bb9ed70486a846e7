"""Agreements this program ships: plain texts, each known by the Digest of its bytes and never by its name alone.

Source: vrm-protocols 5.2 and IEEE 7012-2025 (an agreement is chosen from a roster; both sides keep the same text).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wallet.encoding import digest


@dataclass(frozen=True, slots=True)
class Text:
    """One agreement. digest: of the UTF-8 bytes of `text`; title: its first line, for people."""

    id: str
    version: str
    digest: str
    title: str
    text: str


IDS = ("freerange-service-only", "freerange-service-and-purpose")


@cache
def shipped() -> dict[str, Text]:
    """The agreements in this package, by id."""
    return {each: _read(each) for each in IDS}


def by_digest(wanted: str) -> Text | None:
    """The shipped agreement whose text has this Digest."""
    return next((each for each in shipped().values() if each.digest == wanted), None)


def _read(name: str) -> Text:
    raw = files(__package__).joinpath(f"{name}.txt").read_bytes()
    text = raw.decode()
    title, _, version = text.partition("\n")[0].rpartition(", version ")
    return Text(name, version, digest(raw), title.capitalize(), text)
