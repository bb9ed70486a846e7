"""A whole bundle, as a file: what was changed, moved, left out or put in later is found, and named."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wallet.signed_world import BASE, KEYS, KIDS, ORG, PERSON, TEXT, published
from wallet import manifest, signed
from wallet.canonical import canonical
from wallet.signed_form import contexts, digest_of
from wallet.strict_json import JsonObject
from wallet.verify import check, main

ROOT = Path(__file__).parents[2]
NOW = 1_800_000_000
SALT = "q83vEjRWeJCrze8SNFZ4kA"
DATA: JsonObject = {"/addresses/home": "1 New Street"}


def chain(length: int) -> list[Any]:
    """So many objects of the person towards the org, each a record of its own, each after the other."""
    made: list[Any] = []
    for seq in range(1, length + 1):
        made.append(
            signed.make(
                base=BASE,
                type="RelationshipRules",
                id=signed.new_object_id(),
                kid=KIDS[PERSON],
                keys=KEYS,
                now=NOW + 60 * seq,
                thid=f"thread-{seq}",
                audience=ORG,
                seq=seq,
                prev=digest_of(made[-1]) if made else None,
                body={"version": seq, "promotion": "none"},
                data_digest=signed.digest_of_data(DATA, SALT) if seq == 1 else None,
            )
        )
    return made


def put_together(objects: list[Any], **more: Any) -> dict[str, Any]:
    """A bundle with its manifest."""
    bundle = {"objects": objects, "documents": {}, "texts": [], "labels": [], **more}
    return manifest.sealed(bundle, keys=KEYS, kid=KIDS[PERSON], now=NOW, context=contexts(BASE))


@cache
def whole() -> bytes:
    """A small bundle with something of everything, as a file."""
    label = {"label": "unanswered", "object": digest_of(published()[0]), "since": "2026-12-05T00:00:00Z"}
    return canonical(
        put_together(published(), texts=[TEXT], labels=[label], documents={"did:web:shop.example": {"id": "x"}})
    )


def why(raw: bytes) -> str:
    """What is wrong with a file; a good one fails the test."""
    verdict = check(raw)
    assert not verdict.verified
    assert not verdict.claims
    return "; ".join(f"{each.name}: {each.detail}" for each in verdict.checks if not each.ok)


def altered(objects: list[Any]) -> bytes:
    """A file with other objects under the manifest of a hundred."""
    return canonical({**put_together(hundred()), "objects": objects})


@cache
def _hundred() -> bytes:
    return canonical(chain(100))


def hundred() -> list[Any]:
    """A hundred objects, the same ones each time."""
    return list(json.loads(_hundred()))


def test_a_whole_bundle_holds() -> None:
    verdict = check(whole())

    assert verdict.verified, verdict.why()
    assert verdict.checks[-1].name == "contents"
    assert any("put together by did:key" in note for note in verdict.notes)


@given(st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    raw = bytearray(whole())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole()[place]))

    assert why(bytes(raw))


def test_every_byte_of_a_bundle_counts() -> None:
    """One after the other, all of them: the lowest bit of each is turned."""
    for place in range(len(whole())):
        raw = bytearray(whole())
        raw[place] ^= 1
        assert why(bytes(raw)), place


CHANGES: dict[str, Callable[[Any], object]] = {
    "objects: number 2": lambda it: it["objects"][1]["credentialSubject"]["body"].update(ends="2037-11-02T00:00:00Z"),
    "texts: number 1": lambda it: it.update(texts=[TEXT + " "]),
    "labels: number 1": lambda it: it["labels"][0].update(label="answered"),
    "documents: did:web:shop.example": lambda it: it["documents"]["did:web:shop.example"].update(id="y"),
    "labels: it is not": lambda it: it.pop("labels"),
    "signature of the manifest": lambda it: it["manifest"].update(made="2037-01-01T00:00:00Z"),
    "parts that nobody knows: ['notes']": lambda it: it.update(notes=[]),
}


@pytest.mark.parametrize("named", CHANGES)
def test_what_was_changed_is_named(named: str) -> None:
    bundle = json.loads(whole())
    CHANGES[named](bundle)

    assert named in why(canonical(bundle))


def test_the_same_in_other_bytes_is_not_the_file() -> None:
    assert "in other bytes" in why(whole().replace(b'","', b'", "', 1))
    assert check(json.dumps(json.loads(whole()), indent=1).encode()).verified  # for people to read


@given(st.integers(0, 99))
def test_a_dropped_record_is_found(place: int) -> None:
    objects = hundred()
    gone = objects.pop(place)

    assert f"number {place + 1} ({digest_of(gone)}) is changed or missing" in why(altered(objects))


@given(st.integers(0, 98), st.data())
def test_records_in_another_order_are_found_even_without_a_manifest(place: int, data: st.DataObject) -> None:
    objects = hundred()
    other = data.draw(st.integers(place + 1, 99))
    objects[place], objects[other] = objects[other], objects[place]

    assert f"object {place + 1} " in why(canonical({"objects": objects, "documents": {}, "texts": []}))
    assert f"from number {place + 1} on" in why(altered(objects))


@given(st.integers(0, 100))
def test_a_foreign_record_is_found(place: int) -> None:
    objects = hundred()
    objects.insert(place, published()[0])

    assert f"number {place + 1} ({digest_of(published()[0])}) was not put in" in why(altered(objects))


def test_personal_data_is_there_only_if_it_was_put_in_and_is_checked() -> None:
    objects = hundred()
    shown = [{"digest": digest_of(objects[0]), "data": DATA, "salt": SALT}]

    assert b"New Street" not in canonical(put_together(objects))
    assert check(canonical(put_together(objects, data=shown))).verified
    other = [{**shown[0], "data": {"/addresses/home": "2 New Street"}}]
    assert "other data than was signed" in why(canonical(put_together(objects, data=other)))


def test_a_thousand_records_are_checked_in_less_than_a_second() -> None:
    raw = canonical(put_together(chain(1000)))

    begun = time.process_time()
    verdict = check(raw)
    spent = time.process_time() - begun

    print(f"1000 records, {len(raw)} bytes: {spent:.2f} s")
    assert verdict.verified, verdict.why()
    assert spent < 1.0


ALONE = """
import sys, socket
def refuse(*_, **__): raise AssertionError("the verifier wants the network")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from wallet.verify import main
status = main([sys.argv[1]])
loaded = {name.partition(".")[0] for name in sys.modules}
others = loaded & {"aiohttp", "agent", "protocols", "sqlite3", "asyncio", "ssl"}
print("loaded:", sorted(others))
sys.exit(status)
"""


def test_it_runs_alone_with_no_network_no_wallet_and_no_agent(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(whole())

    run = subprocess.run(
        (sys.executable, "-c", ALONE, str(file)), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert "Verified, with no network and no wallet." in run.stdout
    assert "loaded: []" in run.stdout


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(whole())
    bad.write_bytes(whole().replace(b"PersonA", b"").replace(b"TermsAccept", b"TermsExcept"))

    assert main([str(good), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
    assert main([str(bad)]) == 1
    assert "FAIL" in capsys.readouterr().out
    assert main([str(tmp_path / "none.json")]) == 2
    assert main([]) == 2
