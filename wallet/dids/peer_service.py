"""Services as a did:peer:2 writes them, with its abbreviations. Source: Peer DID Method Specification, "Method 2"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wallet.dids.services import DIDCOMM
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject

_LONG: Final[Mapping[str, str]] = MappingProxyType(
    {"t": "type", "s": "serviceEndpoint", "r": "routingKeys", "a": "accept"}
)
_SHORT: Final[Mapping[str, str]] = MappingProxyType({long: abbreviation for abbreviation, long in _LONG.items()})


def abbreviated(service: JsonObject) -> JsonObject:
    """The service as it is put into the DID, without an id where the usual one does."""
    short = _renamed(service, _SHORT)
    short["s"] = _endpoints(short["s"], _SHORT)
    if short["t"] == DIDCOMM:
        short["t"] = "dm"
    if short.get("id") == "#service":
        del short["id"]
    return short


def expanded(services: list[Json]) -> list[Json]:
    """The services of a DID in full; those without an id are called #service, #service-1, ... Raises Malformed."""
    found: list[Json] = []
    unnamed = 0
    for service in services:
        if not isinstance(service, dict):
            raise Malformed("a did:peer:2 has a service that is not an object")
        long = _renamed(service, _LONG)
        if "serviceEndpoint" in long:
            long["serviceEndpoint"] = _endpoints(long["serviceEndpoint"], _LONG)
        if long.get("type") == "dm":
            long["type"] = DIDCOMM
        if "id" not in long:
            long["id"] = f"#service-{unnamed}" if unnamed else "#service"
            unnamed += 1
        found.append(long)
    return found


def _endpoints(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, list):
        return [_endpoints(one, names) for one in value]
    return _renamed(value, names) if isinstance(value, dict) else value


def _renamed(value: JsonObject, names: Mapping[str, str]) -> JsonObject:
    renamed = {names.get(name, name): item for name, item in value.items()}
    if len(renamed) != len(value):
        raise Malformed("a service says one thing twice, abbreviated and in full")
    return renamed
