"""Messages between us and implementations by others, both ways. They are driven as `scripts/peer` drives us."""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

from scripts._peer import identities, messages
from wallet.strict_json import JsonObject

pytestmark = pytest.mark.interop

FULL = ("sicpa-py", "rust")
ONE_LAYER = ("dm-py",)  # reads and writes a single layer of encryption, and no signatures
CIPHERS = ("A256CBC-HS512", "A256GCM", "XC20P")
SINGLE = [("authcrypt", "A256CBC-HS512"), *(("anoncrypt", enc) for enc in CIPHERS)]
NESTED = [("jws", ""), ("anoncrypt+authcrypt", ""), ("authcrypt+jws", ""), ("anoncrypt+jws", "")]
CELLS = [(peer, *cell) for peer in FULL for cell in SINGLE + NESTED] + [
    (peer, *cell) for peer in ONE_LAYER for cell in SINGLE
]


@cache
def people(method: int) -> tuple[JsonObject, JsonObject]:
    """Sender and recipient, with DIDs of ours."""
    return identities.create_did({"method": method}), identities.create_did({"method": method})


def call(method: int, packing: str, enc: str) -> JsonObject:
    """What is asked of whoever packs."""
    sender, recipient = people(method)
    return {
        "op": "pack",
        "identity": sender,
        "didDocuments": documents(method),
        "packing": packing,
        "options": {"enc": enc} if enc else {},
        "message": {
            "id": "m1",
            "type": "https://didcomm.org/basicmessage/2.0/message",
            "from": sender["did"],
            "to": [recipient["did"]],
            "created_time": 1700000000,
            "body": {"content": "hello"},
        },
    }


def documents(method: int) -> JsonObject:
    """The DID documents of both."""
    return {str(one["did"]): one["didDocument"] for one in people(method)}


def opening(method: int, packed: JsonObject) -> JsonObject:
    """What is asked of whoever unpacks."""
    return {
        "op": "unpack",
        "identity": people(method)[1],
        "didDocuments": documents(method),
        "message": packed["message"],
    }


def ask(folder: Path, peer: str, question: JsonObject) -> JsonObject:
    """The answer of another implementation; a refusal fails the test."""
    answer = driven(folder, peer, question)
    assert "error" not in answer, answer
    return answer


def driven(folder: Path, peer: str, question: JsonObject) -> JsonObject:
    """The answer of another implementation, whatever it is."""
    driver = json.loads((folder / "peers.json").read_text())[peer]
    done = subprocess.run(
        driver["cmd"],
        cwd=driver["cwd"],
        input=json.dumps(question | driver.get("extra", {})),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    answers = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert answers, done.stderr[-500:]
    answer: JsonObject = json.loads(answers[-1])
    return answer


def content(answer: JsonObject) -> object:
    """What the message says."""
    message = answer["message"]
    assert isinstance(message, dict)
    body = message["body"]
    assert isinstance(body, dict)
    return body["content"]


@pytest.mark.parametrize("method", [2, 4])
@pytest.mark.parametrize(("peer", "packing", "enc"), CELLS)
def test_they_open_what_we_pack(interop: Path, peer: str, packing: str, enc: str, method: int) -> None:
    packed = messages.pack(call(method, packing, enc))

    answer = ask(interop, peer, opening(method, packed))

    assert content(answer) == "hello"


@pytest.mark.parametrize("method", [2, 4])
@pytest.mark.parametrize(("peer", "packing", "enc"), CELLS)
def test_we_open_what_they_pack(interop: Path, peer: str, packing: str, enc: str, method: int) -> None:
    packed = ask(interop, peer, call(method, packing, enc))

    answer = messages.unpack(opening(method, packed))

    assert content(answer) == "hello"


@pytest.mark.parametrize("method", [2, 4])
def test_they_read_our_dids_as_we_do(interop: Path, method: int) -> None:
    person = people(method)[0]

    answer = ask(interop, "sicpa-py", {"op": "resolve", "did": person["did"]})

    theirs, ours = answer["didDocument"], person["didDocument"]
    assert isinstance(theirs, dict)
    assert isinstance(ours, dict)
    assert theirs["keyAgreement"] == ours["keyAgreement"]
    assert theirs["authentication"] == ours["authentication"]
    assert multikeys(theirs) == multikeys(ours)


def multikeys(document: JsonObject) -> set[object]:
    """The public keys of a document."""
    return {one.get("publicKeyMultibase") for one in identities.objects(document["verificationMethod"])}
