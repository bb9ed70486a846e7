"""What must never happen (vrm-protocols, section 7): each line has a test that says it is its test.

A module whose docstring names "section 7, line 2" (or "lines 4 and 5") tests that line.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "vrm-protocols.md"


def specified() -> dict[int, str]:
    """The lines of section 7, by number."""
    section = PAGE.read_text().partition("## 7. What must never happen")[2]
    return {int(number): says for number, says in re.findall(r"^(\d+)\. (.+)$", section, re.MULTILINE)}


@cache
def named() -> dict[int, list[str]]:
    """The modules that say which lines they test, by line."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        says = " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split())
        for numbers in re.findall(r"section 7, lines? ([\d, and]+)", says):
            for number in re.findall(r"\d+", numbers):
                found.setdefault(int(number), []).append(str(path.relative_to(TESTS)))
    return found


@pytest.mark.parametrize("number", specified())
def test_each_line_has_its_test(number: int) -> None:
    assert named().get(number), f"no test says that it tests this: {specified()[number]}"
