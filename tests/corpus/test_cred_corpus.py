"""The corpus of credentials: every file of `cred/` is one case, and every row of the case table is somewhere.

A case says what was presented and what must be found wrong with it, by the names of the checks; nothing may be fetched
but the lists it gives. Rows that only an agent can show stand in `cred/elsewhere.json` with the test that shows them.
Source: the case table CRED of the threat model.
"""

import json
from pathlib import Path

import pytest

from tests.corpus.cred_world import BUILDERS, Object, World, child, judged, listed, lists_of

FOLDER = Path(__file__).parent / "cred"
CASES = sorted(FOLDER.glob("CRED-*.json"))
MEMBERS = {"id", "group", "given", "verify", "expect", "source"}
ROWS = {f"CRED-{number:02}" for number in range(1, 39)}


def load(path: Path) -> Object:
    """One file of the corpus."""
    found: Object = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_credential_is_judged_as_the_table_says(path: Path) -> None:
    case = load(path)
    kind = str(case["verify"])
    world = World(lists_of(case))
    generator = child(case, "generator")
    raw = str(case["input"]) if "input" in case else BUILDERS[kind](generator)

    verdict = judged(kind, raw, child(case, "verifier"), world)

    expected = child(case, "expect")
    assert list(verdict.failed) == expected.get("failed", []), verdict.why()
    assert ("OK" if verdict.verified else "INVALID") == expected["response"]
    assert len(world.fetched) == child(expected, "side_effects")["network"]
    if "status" in expected:
        assert verdict.status == expected["status"]
    for name, value in child(expected, "claims").items():
        assert verdict.claims[name] == value
    assert verdict.verified or verdict.claims == {}


def test_every_row_of_the_table_is_somewhere() -> None:
    elsewhere = load(FOLDER / "elsewhere.json")

    assert {str(load(path)["id"]) for path in CASES} | set(elsewhere) == ROWS


def test_at_least_one_case_in_five_is_good() -> None:
    good = [path for path in CASES if child(load(path), "expect")["response"] == "OK"]

    assert len(good) * 5 >= len(CASES)


def test_every_file_has_the_form_of_the_corpus() -> None:
    for path in CASES:
        case = load(path)
        assert set(case) - {"input", "generator", "lists", "verifier"} == MEMBERS
        assert path.stem.startswith(f"{case['id']}-")
        assert listed(child(case, "expect").get("failed", [])) or child(case, "expect")["response"] == "OK"
