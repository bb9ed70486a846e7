"""For whoever builds on an agent: keys for other systems, what they can call, and what was said in an exchange."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from agent.rest.desk import CALLS
from agent.rest.document import document
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit, cut
from agent.web.pages.render import moment
from agent.web.pages.sequence import Arrow, drawn

MOST_MESSAGES: Final = 30  # of an exchange: the last of them
MOST_LINES: Final = 24  # of a message as it was sent; the file has all of it
SYSTEMS: Final = {
    "relationships": "read who your customers are, and what they allow",
    "threads": "read what was said with customers",
    "speak": "say things to customers",
    "propose": "propose what to say; nothing is said before you agree (for a software assistant)",
    "notices": "send notices to those who allow them",
    "deletions": "say that data has been deleted",
    "counters": "read counts, which are about nobody",
}
"""What a key may do, in words. Source: agent/rest/keys.py."""

ABOUT: Final = {
    "audit": "comparing records",
    "basicmessage": "a plain message",
    "consent": "a permission to use data",
    "coordinate-mediation": "fetching messages through a mediator",
    "data-rights": "a right over data",
    "delegation": "somebody who helps",
    "discover-features": "what the other side understands",
    "empty": "nothing but a sign of life",
    "experience": "an experience",
    "intent": "a want and its offers",
    "issue-credential": "giving a card",
    "loyalty": "loyalty",
    "message-pickup": "fetching messages",
    "messagepickup": "fetching messages",
    "out-of-band": "an invitation",
    "present-proof": "showing a card",
    "profile": "a change of data",
    "relationship/end": "leaving",
    "relationship/meet": "meeting",
    "relationship/notice": "a notice",
    "relationship/rules": "a customer's rules",
    "relationship/sign-in": "signing in",
    "report-problem": "a problem with a message",
    "routing": "passing messages on",
    "terms": "terms",
    "things": "a thing that was bought",
    "trust-ping": "whether anybody is there",
}
"""What an exchange is about, by its family or by its table."""


def about(family: str) -> str:
    """What an exchange is about, in words."""
    return ABOUT.get(family) or ABOUT.get(family.partition("/")[0], family)


def words(says: str) -> str:
    """A message by its name, in words: `offer card` for `offer-credential`."""
    return says.replace("credential", "card").replace("-", " ").replace("_", " ").replace("(", " (")


# -- keys ---------------------------------------------------------------------------------------------------------


async def developers(visit: Visit) -> Shown:
    """Keys, and the ways on."""
    found = await visit.get("/v1/integrations")
    keys = [{**each, "may": [SYSTEMS.get(scope, scope) for scope in each["scopes"]]} for each in found["keys"]]
    shown = {"keys": visit.slice(keys), "address": found["address"], "scopes": SYSTEMS, "usual": ("relationships",)}
    return Shown("developers", shown)


async def add(visit: Visit) -> Shown:
    """A key more; this page is the one time it is seen."""
    scopes = visit.chosen("scope")
    if not scopes:
        raise Failed(409, "Tick what the key may do. No key was made.")
    return Shown("developer_key", await visit.post("/v1/integrations", name=visit.text("name"), scopes=scopes))


async def revoking(visit: Visit, id: str) -> Shown:
    """Whether to take a key back."""
    found = await visit.get("/v1/integrations")
    key = next((each for each in found["keys"] if each["id"] == id), None)
    if key is None:
        raise Failed(404, "There is no such key any more.")
    return Shown("developer_revoke", {"key": key})


async def revoke(visit: Visit, id: str) -> Go:
    """Take a key back."""
    gone = await visit.post("/v1/integrations/revoke", name=id)
    return Go("/developers", f"The key of {gone['name']} opens nothing any more.")


# -- what can be called -------------------------------------------------------------------------------------------


async def calls(visit: Visit) -> Shown:
    """The document of the API, to be read."""
    whole = document(CALLS)
    address = (await visit.get("/v1/integrations"))["address"]
    may = {(call.method, call.path): SYSTEMS.get(call.scope, call.scope) for call in CALLS}
    found = [{**each, "may": may[each["method"], each["path"]]} for each in listed(whole)]
    return Shown("developer_calls", {"says": whole["info"], "calls": found, "address": address})


def listed(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each call, with what it takes and gives."""
    shapes = whole["components"]["schemas"]
    for path, methods in whole["paths"].items():
        for method, call in methods.items():
            body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            good = call["responses"]["200"]["content"]["application/json"]["schema"]
            yield {
                "method": method.upper(),
                "path": path,
                "says": call["summary"],
                "description": call["description"],
                "asks": [asked(each) for each in call["parameters"]],
                "takes": fields(shapes, body),
                "gives": fields(shapes, good),
                "answers": {status: each["description"] for status, each in call["responses"].items()},
            }


def asked(parameter: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the address or a header."""
    schema = parameter["schema"]
    where = f"{parameter['in']}{', needed' if parameter['required'] else ''}"
    return {"name": parameter["name"], "where": where, "form": form(schema), "says": schema.get("description", "")}


def fields(shapes: Mapping[str, Any], schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """The members of a shape: name, form, and whether it is needed."""
    shape = shapes.get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    needed = shape.get("required", ())
    return [
        {
            "name": name,
            "form": form(each),
            "needed": "needed" if name in needed else "",
            "says": each.get("description", ""),
        }
        for name, each in shape.get("properties", {}).items()
    ]


def form(schema: Mapping[str, Any]) -> str:
    """The form of a value, shortly."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(form(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {form(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


async def file(visit: Visit) -> File:
    """The document itself, for programs."""
    return File("freerange-openapi.json", "application/json", json.dumps(document(CALLS), indent=1).encode())


# -- exchanges ----------------------------------------------------------------------------------------------------


async def exchanges(visit: Visit) -> Shown:
    """Those in which something was said last."""
    number = visit.part()
    found = await visit.get("/v1/exchanges", str(number))
    rows = [{**each, "words": about(each["about"])} for each in found["exchanges"]]
    return Shown("developer_exchanges", {"rows": cut(rows, number, found["total"])})


async def exchange(visit: Visit, thid: str) -> Shown:
    """One exchange: the last of its messages as a drawing, and as a list."""
    found = await visit.get("/v1/threads", thid, "log")
    tail = found["log"][-MOST_MESSAGES:]
    arrows = [
        Arrow(words(each["says"]), each["ours"], moment(each["at"]), each["refused"] is not None) for each in tail
    ]
    us = visit.agent.config.name
    shown = {
        "each": {**found, "words": about(found["about"])},
        "arrows": arrows,
        "tail": [{**each, "lines": plain(each["message"])} for each in tail],
        "earlier": len(found["log"]) - len(tail),
        "drawing": drawn(arrows, us, found["with"]),
        "us": us,
    }
    return Shown("developer_exchange", shown)


def plain(message: object) -> list[str]:
    """How a message was sent, line by line, and a mark that there is more."""
    lines = msgspec.json.format(msgspec.json.encode(message), indent=2).decode().split("\n")
    return [*lines[:MOST_LINES], "…"] if len(lines) > MOST_LINES else lines


async def messages(visit: Visit, thid: str) -> File:
    """All the messages of an exchange as they were sent, for programs."""
    found = await visit.get("/v1/threads", thid, "log")
    return File("exchange.json", "application/json", json.dumps(found, indent=1, ensure_ascii=False).encode())


PAGES = (
    Page("GET", "/developers", developers, "org"),
    Page("POST", "/developers/keys", add, "org"),
    Page("GET", "/developers/keys/{id}/revoke", revoking, "org"),
    Page("POST", "/developers/keys/{id}/revoke", revoke, "org"),
    Page("GET", "/developers/calls", calls, "org"),
    Page("GET", "/developers/calls/file", file, "org"),
    Page("GET", "/developers/exchanges", exchanges, "org"),
    Page("GET", "/developers/exchanges/{thid}", exchange, "org"),
    Page("GET", "/developers/exchanges/{thid}/file", messages, "org"),
)
