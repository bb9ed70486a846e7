"""The OpenAPI 3.1 document of the API, generated from the table of its calls and the shapes they take and give."""

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, Final

import msgspec

from agent.rest.calls import Call
from agent.rest.faults import Refusal
from agent.rest.keys import SCOPES
from agent.rest.once import LONGEST
from protocols.vrm.base import VRM

Json = dict[str, Any]
VERSION: Final = "1.0.0"
REF: Final = "#/components/schemas/{name}"
SAYS: Final = """For the systems of an organisation, a CRM say, that stand beside its agent.

Every call needs a key (`freerange api key add`), as `Authorization: Bearer KEY`; a key has scopes. Every POST needs an
`Idempotency-Key`, 1 to 255 characters that you choose at random: if you repeat the request within 24 hours you get the
first answer, and nothing is done twice; with another body it is refused.

A thread is spoken in only through its table (the protocols are drawn in docs/protocols.md): `can_say` names what may be
said now. People are known by relationship ids (`rel_...`), which nobody else uses. A refusal says in `error` what
happened and in `do` what to do.
"""
FAILS: Final = {
    400: "The request is not as documented, or a POST has no Idempotency-Key. Nothing was done.",
    401: "There is no key, or it is not one of this agent's.",
    403: "The key lacks the scope.",
    423: "The wallet is locked; repeat the request when it is open.",
    503: "The database that the agent's wallet is in does not serve it now; look before you repeat what acts.",
}
ACTS: Final = {
    409: "It cannot be done now; `can_say` names what may be said instead, where that is the question.",
    422: "The Idempotency-Key came with another request before. Nothing was done.",
    507: "The agent's disk is full; nothing was done.",
}


def document(calls: Iterable[Call]) -> Json:
    """The whole document."""
    listed = tuple(calls)
    kinds = [kind for call in listed for kind in (call.gives, call.takes) if kind]
    queries = list(dict.fromkeys(call.query for call in listed))
    _, components = msgspec.json.schema_components([*kinds, *queries, Refusal], ref_template=REF)
    shapes: Json = portable(components)
    paths: Json = {}
    for call in listed:
        paths.setdefault(call.path, {})[call.method.lower()] = operation(call, shapes)
    used = {kind.__name__ for kind in queries}
    return {
        "openapi": "3.1.0",
        "info": {"title": "freerange, for an organisation's own systems", "version": VERSION, "description": SAYS},
        "externalDocs": {"url": VRM, "description": "The protocols"},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "Scopes: " + words(SCOPES)},
            },
            "schemas": {name: shape for name, shape in shapes.items() if name not in used},
        },
    }


def operation(call: Call, shapes: Mapping[str, Json]) -> Json:
    """One call."""
    acts = call.method == "POST"
    fails = {**FAILS, **({404: "There is no such thing."} if "{" in call.path else {}), **(ACTS if acts else {})}
    answers = {200: answer("Done.", call.gives.__name__)}
    answers |= {status: answer(says, Refusal.__name__) for status, says in {**fails, **call.fails}.items()}
    found: Json = {
        "operationId": name_of(call),
        "summary": call.says,
        "description": f"{cleandoc(call.act.__doc__ or '')}\n\nScope: `{call.scope}`.",
        "parameters": [*in_path(call), *in_query(call, shapes), *(idempotency() if acts else ())],
        "responses": {str(status): each for status, each in sorted(answers.items())},
    }
    if call.takes:
        found["requestBody"] = {"required": True, "content": content(call.takes.__name__)}
    return found


def name_of(call: Call) -> str:
    """A name for programs: `post_threads_say`."""
    parts = (part for part in call.path.removeprefix("/v1").split("/") if part)
    named = ("by_" + part.strip("{}") if part.startswith("{") else part for part in parts)
    return "_".join((call.method.lower(), *named))


def in_path(call: Call) -> Iterator[Json]:
    """The named segments of the path."""
    for part in call.path.split("/"):
        if part.startswith("{"):
            yield {"name": part.strip("{}"), "in": "path", "required": True, "schema": {"type": "string"}}


def in_query(call: Call, shapes: Mapping[str, Json]) -> Iterator[Json]:
    """What may stand after the `?`."""
    for name, shape in shapes[call.query.__name__].get("properties", {}).items():
        yield {"name": name, "in": "query", "required": False, "schema": shape}


def idempotency() -> Iterator[Json]:
    """The header that every request that acts carries."""
    shape = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    yield {"name": "Idempotency-Key", "in": "header", "required": True, "schema": shape}


def answer(says: str, name: str) -> Json:
    """One possible answer."""
    return {"description": says, "content": content(name)}


def content(name: str) -> Json:
    """JSON of a shape."""
    return {"application/json": {"schema": {"$ref": REF.format(name=name)}}}


def words(scopes: Mapping[str, str]) -> str:
    """The scopes, in a sentence."""
    return "; ".join(f"`{name}`: {says}" for name, says in scopes.items()) + "."


def portable(shape: Any) -> Any:
    """A schema as other languages read it: the end of a text is `$` there, not `\\Z`."""
    if isinstance(shape, dict):
        return {
            name: each.replace("\\Z", "$") if name == "pattern" and isinstance(each, str) else portable(each)
            for name, each in shape.items()
        }
    return [portable(each) for each in shape] if isinstance(shape, list | tuple) else shape
