"""Services of a DID document, above all where it takes DIDComm messages.

Source: DID Core 1.1, section 5.4; DIDComm Messaging v2.1, "DIDComm Messaging service".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from wallet.dids.methods import absolute
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject

DIDCOMM: Final = "DIDCommMessaging"
V2: Final = "didcomm/v2"
MAX_ALTERNATIVES: Final = 8
MAX_ROUTING_KEYS: Final = 8
MAX_URI: Final = 2048


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. accept: profiles in order of preference; none: any. routing_keys: mediators, outermost first."""

    uri: str
    accept: tuple[str, ...] = (V2,)
    routing_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """id: absolute, or `#name` in a document yet to be made. endpoints: alternatives in order of preference."""

    id: str
    type: str
    endpoints: tuple[Endpoint, ...] = field(default=())


def at(uri: str, *routing_keys: str) -> Service:
    """The usual service: DIDComm v2 messages for us go to `uri`, wrapped for these mediators."""
    return Service("#service", DIDCOMM, (Endpoint(uri, routing_keys=routing_keys),))


def read_service(raw: Json, did: str) -> Service:
    """One service of the document of `did`. Raises Malformed."""
    if not isinstance(raw, dict):
        raise Malformed("a service is not an object")
    kind = raw.get("type")
    kinds = texts(kind if isinstance(kind, list) else [kind], "type")
    if not kinds:
        raise Malformed("a service has no type")
    found = raw.get("serviceEndpoint")
    alternatives = found if isinstance(found, list) else [found]
    if len(alternatives) > MAX_ALTERNATIVES:
        raise Malformed(f"a service offers {len(alternatives)} endpoints; at most {MAX_ALTERNATIVES} are read")
    endpoints = tuple(end for one in alternatives if (end := _read_endpoint(one, raw)) is not None)
    return Service(_service_id(raw, did), DIDCOMM if DIDCOMM in kinds else kinds[0], endpoints)


def write_service(service: Service, did: str = "") -> JsonObject:
    """The service as JSON. did: what its relative id becomes absolute with, if anything."""
    ends: list[Json] = [
        {"uri": end.uri, "accept": list(end.accept), "routingKeys": list(end.routing_keys)} for end in service.endpoints
    ]
    kid = did + service.id if service.id.startswith("#") else service.id
    return {"id": kid, "type": service.type, "serviceEndpoint": ends[0] if len(ends) == 1 else ends}


def write_services(services: Sequence[Service], did: str = "") -> list[Json]:
    """All of them; relative ids that several share are numbered: #service, #service-1, ..."""
    written: list[Json] = []
    seen: dict[str, int] = {}
    for service in services:
        count = seen[service.id] = seen.get(service.id, -1) + 1
        name = f"{service.id}-{count}" if count else service.id
        written.append(write_service(Service(name, service.type, service.endpoints), did))
    return written


def texts(value: Json, name: str) -> tuple[str, ...]:
    """A JSON list of texts. Raises Malformed."""
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    found = tuple(item for item in value if isinstance(item, str))
    if len(found) != len(value):
        raise Malformed(f"{name} lists something other than texts")
    return found


def _service_id(raw: JsonObject, did: str) -> str:
    name = raw.get("id")
    # Other URIs may name a service; only relative ones need the DID.
    return name if isinstance(name, str) and ":" in name else absolute(name, did)


def _read_endpoint(raw: Json, service: JsonObject) -> Endpoint | None:
    if isinstance(raw, dict):
        uri, extras = raw.get("uri"), raw
    else:
        uri, extras = raw, service  # the older form: a plain URI, with accept and routingKeys beside it
    if not isinstance(uri, str):
        return None
    if not 0 < len(uri) <= MAX_URI:
        raise Malformed(f"a service endpoint of {len(uri)} characters; at most {MAX_URI} are read")
    routing_keys = texts(extras.get("routingKeys", []), "routingKeys")
    if len(routing_keys) > MAX_ROUTING_KEYS:
        raise Malformed(f"a service endpoint behind {len(routing_keys)} mediators; at most {MAX_ROUTING_KEYS} are read")
    return Endpoint(uri, texts(extras.get("accept", []), "accept"), routing_keys)
