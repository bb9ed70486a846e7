"""Every row of the case tables has its test, by name, and every test that is named is there.

tests/corpus/GROUP/rows.json: for each row of the group (docs/security.md, section 2.6) the tests that run it, as
`FILE::NAME`; or one line that says what keeps it: "part of a later release: ...".
"""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GROUPS = {"state": "ST", "http": "HT", "store": "SR", "mediator": "MD", "ui": "UI", "tenant": "TN"}
LATER = "part of a later release: "


def rows(group: str) -> dict[str, list[str]]:
    """What a group says of its rows."""
    found: dict[str, list[str]] = json.loads((ROOT / "tests" / "corpus" / group / "rows.json").read_text())
    return found


@cache
def specified() -> dict[str, list[str]]:
    """Ids of all rows by their group's letters, as docs/security.md lists them."""
    found: dict[str, list[str]] = {}
    for id in re.findall(r"(?m)^\| ([A-Z]{2,4}-[0-9]{2}) \|", (ROOT / "docs" / "security.md").read_text()):
        found.setdefault(id.partition("-")[0], []).append(id)
    return found


@cache
def functions(file: str) -> frozenset[str]:
    """Names of the tests in a file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(path.read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def missing(group: str) -> list[str]:
    """What is named for a group and is not there."""
    named = [(id, each) for id, tests in rows(group).items() for each in tests if not each.startswith(LATER)]
    return [f"{id}: {each}" for id, each in named if not is_there(each)]


def is_there(test: str) -> bool:
    """Whether there is a test of this name."""
    file, _, name = test.partition("::")
    return name.startswith("test_") and name in functions(file)


@pytest.mark.parametrize("group", GROUPS)
def test_every_row_has_a_test_or_a_plan(group: str) -> None:
    found = rows(group)

    assert sorted(found) == sorted(specified()[GROUPS[group]])
    assert [id for id, tests in found.items() if not tests] == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_test_that_is_named_is_there(group: str) -> None:
    assert missing(group) == []


def test_a_test_that_is_not_there_is_missed() -> None:
    """The control."""
    here = "tests/corpus/test_rows.py"

    assert is_there(f"{here}::test_a_test_that_is_not_there_is_missed")
    assert not is_there(f"{here}::test_of_nothing")
    assert not is_there(f"{here}::missing")
    assert not is_there("tests/corpus/no_such_file.py::test_of_nothing")
