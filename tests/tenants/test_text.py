"""Text that would be SQL somewhere, in every field of every request: it is text, and the database never sees it
(security TN-10)."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from agent.needs import Needs
from agent.rest.desk import CALLS
from agent.web import api
from tests.postgresql import Server
from tests.tenants.conftest import EVERY, Tenants, dump
from wallet.errors import Unresolved
from wallet.needs import Fetch
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Item, Outcome
from wallet.vault import Vault

MARK = "zqxjk"  # in no word of ours
ROOT = Path(__file__).parents[2]
SQL = re.compile(r"""f['"]\s*(SELECT|INSERT INTO|DELETE FROM|UPDATE|ALTER|CREATE|DROP|BEGIN|PRAGMA|WITH)\b""")
OF_OURS = {("crm_events.py", "left"), ("crm_events.py", "table"), ("crm_file.py", "VERSION"), ("crm_file.py", "pragma")}
"""In the practice CRM: the names of its tables, and its version."""
TEXTS = (
    f"{MARK}'; DROP TABLE peer; --",
    f"{MARK}' OR '1'='1",
    f"{MARK}\\'; DELETE FROM log; --",
    f"$${MARK}$$; SELECT pg_sleep(9); --",
    f"{MARK}'::bytea UNION SELECT sealed FROM item --",
    f"{MARK} :peer $1 %s %(name)s {{name}} ?",
    f"'; SET freerange.tenant = '1'; -- {MARK}",
    f"{MARK}'); SELECT set_config('freerange.tenant', '1', false); --",
)


class Alone(Needs):
    """A fetcher on a computer without a network."""

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """Nothing."""
        raise Unresolved(f"{need.url} could not be had; try again later")


def filled(shape: dict[str, Any], whole: dict[str, Any], text: str, depth: int = 0) -> object:
    """A value of a shape of JSON Schema, with this text wherever a text may stand. whole: where its parts are."""
    if "$ref" in shape:
        return filled(whole["$defs"][shape["$ref"].rpartition("/")[2]], whole, text, depth + 1)
    if "enum" in shape:
        return shape["enum"][0]
    if "anyOf" in shape:
        return filled(next(each for each in shape["anyOf"] if each.get("type") != "null"), whole, text, depth + 1)
    match shape.get("type"):
        case "object" | None:
            named = {
                name: filled(each, whole, text, depth + 1)
                for name, each in shape.get("properties", {}).items()
                if depth < 8 and ("default" not in each or each["default"] in ("", None))
            }
            return named or {text: text}
        case "array":
            return [] if shape.get("default") == [] else [filled(shape.get("items") or {}, whole, text, depth + 1)]
        case "integer" | "number":
            return shape.get("minimum", 1)
        case "boolean":
            return False
    return text[: shape.get("maxLength", len(text))]


def body(takes: type[msgspec.Struct] | None, text: str) -> bytes:
    """What a call takes, full of a text."""
    if takes is None:
        return b"{}"
    whole = msgspec.json.schema(takes, schema_hook=lambda _: {"type": "string"})
    return msgspec.json.encode(filled(whole, whole, text))


def paths(path: str, query: type[msgspec.Struct] | None, text: str) -> Iterator[str]:
    """A path with the text in its braces, and behind each name of its query."""
    parts = [quote(text, safe="") if part.startswith("{") else part for part in path.split("/")]
    yield "/".join(parts)
    for name in query.__struct_fields__ if query else ():
        yield f"{'/'.join(parts)}?{name}={quote(text, safe='')}"


async def test_text_in_a_request_of_a_system_is_text(noted: int, tenants: Tenants) -> None:
    before, statuses = tenants.dump, set()

    for text in TEXTS:
        for call in CALLS:
            for path in paths(call.path, call.query, text):
                raw = body(call.takes, text)
                asked = msgspec.json.decode(raw)
                for sent in (asked, {**asked, "relationship": tenants.b.id}):
                    status, _ = await tenants.b.crm.call(call.method, path, sent if call.method == "POST" else None)
                    statuses.add(status)
        await tenants.b.crm.call("GET", "/v1/relationships", None)
        await tenants.world.settle()

    assert statuses <= {200, 400, 404, 409, 422}
    assert {200, 404} <= statuses
    unharmed(tenants, before, noted)


@pytest.mark.parametrize("text", [TEXTS[0], *(pytest.param(each, marks=pytest.mark.full) for each in TEXTS[1:])])
async def test_text_that_the_owner_types_is_text(noted: int, tenants: Tenants, text: str) -> None:
    before = tenants.dump
    tenants.b.org.needs = Alone(development=True)
    done = []

    for route in api.ROUTES:
        [path] = paths(route.path, None, text)
        status, said = await api.answer(tenants.b.org, route.method, path, body(route.takes, text))
        refusals = {400, 404, 409, 422, *((423,) if route.path == "/v1/passphrase" else ())}
        assert status in {200, *refusals}, (route.path, said)
        done += [route.path] if status == 200 and route.method == "POST" else []

    assert len(done) > 5, "some of it was done"
    unharmed(tenants, before, noted)


@pytest.mark.parametrize("text", TEXTS)
async def test_text_of_others_is_text_in_every_field_of_a_store(
    noted: int, may_wait: None, postgresql: Server, database: str, text: str
) -> None:
    ann = stores.create(database, "ann", Vault.create(bytes(32)))
    await ann.apply(Change("did:peer:4zAnn", keep=(Item("note", "n", b"note"),)))
    before = dump(postgresql, database, "ann")
    bob = stores.create(database, text, Vault.create(bytes(32)))  # the name of a tenant, too

    done = await bob.apply(
        Change(text, keep=(Item(text, text, b"theirs", text, text),), log=(Entry(text, text, True, 1, b"said"),))
    )

    assert done is Outcome.APPLIED
    assert [entry.id for entry in bob.log(text, text)] == [text]
    assert [row.id for row in bob.items(text, peer=text)] == [row.id for row in bob.items(text, tag=text)] == [text]
    assert ann.item(text, text) is None
    assert list(ann.items(text, peer=text)) == []
    assert dump(postgresql, database, "ann") == before
    assert bob.verify() == ()
    said = [line for line in postgresql.said()[noted:].splitlines() if MARK in line]
    assert [line for line in said if "parameters:" not in line] == [], "the name of a tenant is a value"
    bob.close()
    ann.close()


def unharmed(tenants: Tenants, before: dict[str, str], since: int) -> None:
    """Nothing of A's has changed, nothing of the text came to the database, and B's wallet is whole."""
    assert tenants.dump == before
    assert tenants.b.org.store.verify() == ()
    assert set(before) == set(EVERY)
    said = tenants.server.said()[since:]
    assert "execute" in said, "it was written down"
    assert MARK not in said


def test_no_statement_is_put_together_where_a_request_is_answered() -> None:
    """SQL that is made of parts is in the store alone; elsewhere, two words of ours go into it."""
    found = {
        (path.name, ast.unparse(part.value))
        for folder in ("agent", "protocols", "wallet")
        for path in (ROOT / folder).rglob("*.py")
        if not path.is_relative_to(ROOT / "wallet" / "store") and SQL.search(path.read_text())
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr) and SQL.match(ast.unparse(node))
        for part in node.values
        if isinstance(part, ast.FormattedValue)
    }

    assert found == OF_OURS
