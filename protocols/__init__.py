"""What may be said, by whom, and when. Knows no keys, no network, no database.

One protocol is one module with a tuple `TABLES`; to add a protocol, add its module to `PROTOCOLS`. Read `machine.py`
first.
"""

import re
from collections.abc import Iterator
from types import ModuleType

from protocols.machine import Protocol
from protocols.problems import UnsupportedType

PROTOCOLS: tuple[ModuleType, ...] = ()


def tables() -> Iterator[Protocol]:
    """Every table of every protocol."""
    for module in PROTOCOLS:
        yield from module.TABLES


def table(id: str) -> Protocol:
    """The table that a thread remembers. Raises UnsupportedType if this version no longer has it."""
    for protocol in tables():
        if protocol.id == id:
            return protocol
    raise UnsupportedType(id)


def find(message_type: str) -> tuple[tuple[Protocol, ...], str]:
    """The tables in which a message of this type may be said, and its name there.

    Any minor version of a major version we speak is taken: a newer one may only add what can be ignored. Raises
    UnsupportedType. Source: DIDComm Messaging v2.1, "Message Type URI" and "Semver Rules".
    """
    asked = re.fullmatch(r"(?P<family>.+)/(?P<major>\d+)\.\d+/(?P<name>[a-z0-9._-]+)", message_type, re.IGNORECASE)
    if asked:
        name = asked["name"].lower()
        family = f"{asked['family']}/{asked['major']}."
        found = tuple(each for each in tables() if each.uri.startswith(family) and each.kinds(name))
        if found:
            return found, name
    raise UnsupportedType(message_type)


def supported() -> tuple[str, ...]:
    """The identifiers of the protocols spoken here, as discover-features discloses them."""
    return tuple(dict.fromkeys(each.uri for each in tables()))
