"""The corpus of DIDs: every file of `did/` is one case, and every row of the case table is somewhere.

A case resolves a DID against the documents it gives, and may then ask for a key or the endpoint, or asks whether an
address may be connected to. It says what must come of it and how often the network may be asked. Rows that only a
socket or an agent can show, and rows of later parts, stand in `did/elsewhere.json`.
Source: the case table DID of the threat model.
"""

import json
from pathlib import Path

import pytest

from agent.reach import may_connect
from wallet import dids, keys
from wallet.dids.document import Document
from wallet.errors import WalletError
from wallet.keys import Curve
from wallet.needs import Fetch
from wallet.strict_json import Json, JsonObject

FOLDER = Path(__file__).parent / "did"
ROWS = 23
CASES = sorted(FOLDER.glob("DID-*.json"))
MEMBERS = {"id", "group", "given", "expect", "source"}


def load(path: Path) -> JsonObject:
    """One file of the corpus."""
    found: JsonObject = json.loads(path.read_text())
    return found


def child(holder: JsonObject, name: str) -> JsonObject:
    """The member `name`, an object; an empty one if it is absent."""
    value = holder.get(name, {})
    assert isinstance(value, dict)
    return value


def multikey(number: int) -> str:
    """The Ed25519 key made from 32 times this byte."""
    return keys.to_multikey(keys.from_secret(Curve.ED25519, bytes([number]) * 32).public)


def written(recipe: JsonObject) -> bytes:
    """A document: `text` as it is, or one of `id` with so many `methods` and `services`, padded, with `changes`."""
    if "text" in recipe:
        return str(recipe["text"]).encode()
    did = str(recipe["id"])
    methods: list[Json] = [
        {"id": f"{did}#key-{number}", "type": "Multikey", "controller": did, "publicKeyMultibase": multikey(number)}
        for number in range(1, 1 + int(str(recipe.get("methods", 1))))
    ]
    services: list[Json] = [
        {"id": f"{did}#service-{number}", "type": "Other", "serviceEndpoint": "https://shop.example/"}
        for number in range(int(str(recipe.get("services", 0))))
    ]
    document: JsonObject = {
        "id": did, "verificationMethod": methods, "authentication": [f"{did}#key-1"], "service": services,
        "padding": "x" * int(str(recipe.get("padding", 0))),
    }  # fmt: skip
    return json.dumps(document | child(recipe, "changes")).encode()


def resolved(case: JsonObject) -> tuple[Document, int]:
    """The document of the case's DID, and how often the network was asked. Raises a WalletError."""
    documents, fetched = child(case, "documents"), 0
    lookup = dids.resolve(str(case["did"]) + "x" * int(str(case.get("longer", 0))))
    try:
        need = next(lookup)
        while True:
            assert isinstance(need, Fetch)
            fetched += 1
            assert need.url in documents, f"wanted to fetch {need.url}"
            raw = written(child(documents, need.url))
            assert len(raw) <= need.limit
            need = lookup.send(raw)
    except StopIteration as done:
        found: Document = done.value
        return found, fetched


def outcome(case: JsonObject) -> tuple[str, int]:
    """What comes of a case, and how often the network was asked."""
    if "address" in case:
        return ("OK" if may_connect(str(case["address"]), development=False) else "FETCH-DENY"), 0
    asked = len(child(case, "documents"))
    try:
        document, fetched = resolved(case)
        if "key" in case:
            wanted = child(case, "key")
            document.key(str(wanted["kid"]), str(wanted["purpose"]))  # type: ignore[arg-type]  # a purpose, in the file
    except WalletError as fault:
        return type(fault).__name__, asked
    if "endpoint" in case:
        endpoint = document.endpoint()
        return (f"endpoint {endpoint.uri}" if endpoint else "no endpoint"), fetched
    return "OK", fetched


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_did_comes_to_what_the_table_says(path: Path) -> None:
    case = load(path)
    expected = child(case, "expect")

    response, network = outcome(case)

    assert response == expected["response"]
    assert network == child(expected, "side_effects")["network"]


def test_every_file_has_the_form_of_the_corpus() -> None:
    for path in CASES:
        case = load(path)
        assert set(case) - {"did", "longer", "address", "documents", "key", "endpoint"} == MEMBERS
        assert (case["id"], case["group"]) == (path.stem[:6], "DID")
        assert ("did" in case) != ("address" in case)


def test_every_row_of_the_table_is_shown_here_or_elsewhere() -> None:
    elsewhere = load(FOLDER / "elsewhere.json")
    here = {path.stem[:6] for path in CASES}

    assert here | set(elsewhere) == {f"DID-{row:02}" for row in range(1, ROWS + 1)}


def test_refusing_everything_would_not_pass() -> None:
    good = [
        path for path in CASES if child(load(path), "expect")["response"] in ("OK", "endpoint https://shop.example/")
    ]

    assert 5 * len(good) >= len(CASES)
