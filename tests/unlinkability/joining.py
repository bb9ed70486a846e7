"""What colluding orgs would do: lay everything they have side by side, and look for values that occur twice.

Everything is what an org's store holds, opened and read to the bottom (JSON in base64 in JSON, headers of packets),
and every packet that came in. Source: vrm-protocols, section 3.9.
"""

import base64
import binascii
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

import msgspec

from agent.agent import Agent
from wallet import dids
from wallet.errors import WalletError
from wallet.needs import offline
from wallet.store import exporting

SHORTEST = 6  # characters of a text that can link
LARGEST = 1 << 16  # numbers up to here are too common to link
MINUTE = 60
PIECES = re.compile(r"[^A-Za-z0-9_~+=-]+")
WRAPPED = re.compile(r"[^A-Za-z0-9_+/=-]")
BASE64 = re.compile(r"[A-Za-z0-9_+/-]{8,}={0,2}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")
PEER = re.compile(r"did:peer:[24][A-Za-z0-9._:=-]{100,}")
DAYS = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?![\dT])")

Value: TypeAlias = str
Found: TypeAlias = set[Value]


def held_by(org: Agent, packets: Iterable[bytes] = ()) -> Found:
    """Every value that can link, of all that an org has stored and of the packets that came to it.

    When it tries a message again is left out: its own clock and a wait drawn by lot, which two may happen to share.
    """
    found = Found()
    for line in org.store.read(lambda tx: list(exporting.records(tx))):
        kept = json.loads(msgspec.json.encode(line))
        kept.pop("due", None)
        found |= values(kept)
    for packet in packets:
        found |= values(json.loads(packet))
        found |= set(orders(json.loads(packet)))
    return found


def values(thing: object) -> Found:
    """The values in something read from JSON, however deep, in whatever wrapping."""
    found = Found()
    left = [thing]
    while left:
        match left.pop():
            case dict() as members:
                found.update(*map(texts, members))
                left += members.values()
            case list() as members:
                left += members
            case str() as text:
                found |= texts(text)
            case int() as number if number % MINUTE and abs(number) > LARGEST:  # else it may be a time in whole minutes
                found.add(str(number))
    return found


@lru_cache(maxsize=200_000)
def texts(text: str) -> frozenset[Value]:
    """A text, its pieces, and what is wrapped in it. A time in whole minutes, or a day, is no value."""
    inner = unwrapped(text)
    if inner is not None:
        return frozenset(values(inner))
    found = {time[0] for time in TIME.finditer(text) if time[1] not in (None, ":00")}
    for did in PEER.findall(text):
        found |= inside(did)
    left = DAYS.sub("", TIME.sub("", text))
    found |= {each for each in (left, *PIECES.split(left)) if len(each) >= SHORTEST}
    for each in WRAPPED.split(text):
        inner = unwrapped(each)
        if inner is not None:
            found |= values(inner)
    return frozenset(found)


@lru_cache(maxsize=100_000)
def inside(did: str) -> frozenset[Value]:
    """The keys, endpoints and routing keys in a DID that holds its own document."""
    try:
        document = json.dumps(offline(dids.resolve(did)).raw).replace(did, "")
    except WalletError:
        return frozenset()  # only its short form
    return frozenset(values(json.loads(document)))


def unwrapped(text: str) -> object | None:
    """What is in a text that is JSON, or base64 of JSON or of a token."""
    if text[:1] in "{[" and text[:1]:
        try:
            return msgspec.json.decode(text, type=object)
        except msgspec.DecodeError:
            return None
    if BASE64.fullmatch(text):
        try:
            raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
            found: object = msgspec.json.decode(raw) if raw[:1] in (b"{", b"[") else None
            return raw.decode() if raw[:3] == b"eyJ" else found
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None
    return None


def orders(thing: object, at: str = "") -> Iterator[Value]:
    """In which order the members of each object stand: a habit of one's software, by which it could be known."""
    if isinstance(thing, Mapping):
        yield f"order of {at}: {' '.join(thing)}"
        for name, value in thing.items():
            yield from orders(value, f"{at}/{name}")
    elif isinstance(thing, list):
        for value in thing:
            yield from orders(value, f"{at}[]")


def joined(orgs: Mapping[str, Found], innocent: Iterable[Found] = ()) -> dict[Value, tuple[str, ...]]:
    """The values that occur at two orgs or more, and where, but for innocent ones."""
    at: dict[Value, list[str]] = defaultdict(list)
    for name, found in orgs.items():
        for value in found:
            at[value].append(name)
    excused: Found = set().union(*innocent)
    return {value: tuple(names) for value, names in at.items() if len(names) > 1 and value not in excused}
