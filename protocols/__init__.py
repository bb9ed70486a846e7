"""What may be said, by whom, and when. Knows no keys, no network, no database.

One protocol is one module with a tuple `TABLES`; to add a protocol, add its module to `PROTOCOLS`. Read `machine.py`
first.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from types import ModuleType

from protocols.machine import Protocol
from protocols.problems import UnsupportedType
from protocols.standard import (
    basic_message,
    discover_features,
    empty,
    issue_credential,
    mediation,
    out_of_band,
    pickup,
    present_proof,
    report_problem,
    routing,
    trust_ping,
)
from protocols.vrm import (
    audit,
    consent,
    data_rights,
    delegation,
    experience,
    intent,
    loyalty,
    profile,
    relationship,
    sign_in,
    terms,
    things,
)

__all__ = ["PROTOCOLS", "Protocol", "find", "supported", "table", "tables"]

PROTOCOLS: tuple[ModuleType, ...] = (
    out_of_band,
    trust_ping,
    discover_features,
    basic_message,
    report_problem,
    empty,
    routing,
    mediation,
    pickup,
    issue_credential,
    present_proof,
    relationship,
    sign_in,
    terms,
    consent,
    data_rights,
    profile,
    experience,
    delegation,
    intent,
    things,
    loyalty,
    audit,
)


def tables() -> Iterator[Protocol]:
    """Every table of every protocol."""
    for module in PROTOCOLS:
        yield from module.TABLES


@cache
def table(id: str) -> Protocol:
    """The table that a thread remembers. Raises UnsupportedType if this version no longer has it."""
    for protocol in tables():
        if protocol.id == id:
            return protocol
    raise UnsupportedType(id)


@lru_cache(maxsize=256)
def find(message_type: str) -> tuple[tuple[Protocol, ...], str]:
    """The tables in which a message of this type may be said, and its name there (for `Protocol.read`).

    Any minor version of a major version we speak is taken: a newer one may only add what can be ignored. Names are
    compared without case and punctuation. Raises UnsupportedType. Source: DIDComm Messaging v2.1, "Message Type URI"
    and "Semver Rules".
    """
    asked = _plain(message_type)
    found = {
        protocol: row.says.name
        for protocol in tables()
        for row in protocol.rows
        if _plain(protocol.type_of(row.says)) == asked
    }
    if not found:
        raise UnsupportedType(message_type)
    return tuple(found), next(iter(found.values()))


@lru_cache(maxsize=1024)
def _plain(message_type: str) -> tuple[str, ...]:
    """What counts when types are compared: where it is documented, protocol, major version, message."""
    parts = re.fullmatch(r"(.*?)([a-z0-9._-]+)/(\d+)\.\d+/([a-z0-9._-]+)", message_type, re.IGNORECASE)
    if not parts:
        raise UnsupportedType(message_type)
    where, protocol, major, name = parts.groups()
    return where, re.sub(r"[._-]", "", protocol).lower(), major, re.sub(r"[._-]", "", name).lower()


def supported() -> tuple[str, ...]:
    """The identifiers of the protocols spoken here, as discover-features discloses them."""
    return tuple(dict.fromkeys(each.uri for each in tables()))
