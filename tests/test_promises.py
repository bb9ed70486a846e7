"""What stands in docs/reliability.md, and how it is gathered. Source: docs/security.md, section 3."""

import json
import re
import runpy
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.promises import LATER, PROMISES, Line, Promise, Results, bound, read

ROOT = Path(__file__).parents[1]
LINES = (
    Line("P11", "a full disk", 2, "0 lost", "", "tests/a.py::b"),
    Line("P2", "kills", 10, "0 double", "a planted double", "tests/a.py::c"),
    Line("P2", "kills", 200, "0 double", "a planted double", "tests/a.py::c"),
)


@pytest.fixture(scope="module")
def page() -> Callable[..., str]:
    """What `scripts/reliability` makes of lines."""
    found: Callable[..., str] = runpy.run_path(str(ROOT / "scripts" / "reliability"))["page"]
    return found


def test_the_promises_are_those_of_the_security_page() -> None:
    table = (ROOT / "docs" / "security.md").read_text().partition("## 3. Reliability promises")[2]

    assert re.findall(r"^\| (P\d+) \|", table, re.MULTILINE) == list(PROMISES)


def test_the_page_names_every_promise_and_what_is_planned(page: Callable[..., str]) -> None:
    text = page(())

    assert all(f"| **{name}** | **{words}** |" in text for name, words in PROMISES.items())
    assert text.count("part of a later release") == len(LATER)
    assert text.count("not tested yet") == len(PROMISES) - len(LATER)


def test_the_page_that_is_kept_says_how_each_promise_was_tried() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    tests = re.findall(r"`(tests/[\w/.]+)::(\w+)` \|$", text, re.MULTILINE)

    assert all(f"| **{name}** | **{words}** |" in text for name, words in PROMISES.items())
    assert "not tested yet" not in text
    assert [name for file, name in tests if f"def {name}(" not in (ROOT / file).read_text()] == []
    assert len(tests) >= len(PROMISES) - len(LATER)


def test_what_ran_small_and_at_full_size_stands_there_once_in_the_order_of_promises(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(json.dumps([asdict(line) for line in LINES]))

    assert read(tmp_path / "lines") == (LINES[2], LINES[0])


def test_on_each_store_a_test_has_a_line_of_its_own(tmp_path: Path) -> None:
    lines: list[tuple[str, object]] = []
    promise = Promise(lambda *line: lines.append(line), "tests/a.py::c")
    for store, size in (("SQLite", 10), ("SQLite", 200), ("PostgreSQL", 200), ("PostgreSQL", 10)):
        promise("P2", what="kills", size=size, result="0 double", store=store)
    (tmp_path / "lines").write_text(f"[{','.join(str(line) for _, line in lines)}]")

    assert [(line.what, line.size) for line in read(tmp_path / "lines")] == [
        ("kills; the wallet is in PostgreSQL", 200),
        ("kills; the wallet is in SQLite", 200),
    ]


def test_what_a_test_does_in_parts_is_added_up(tmp_path: Path) -> None:
    part = Line("P1", "kills", 5, "0 lost", "", "tests/a.py::b", part=True)
    (tmp_path / "lines").write_text(json.dumps([asdict(part)] * 3))

    assert [line.size for line in read(tmp_path / "lines")] == [15]


def test_lines_of_a_second_run_are_added_to_those_of_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        results = Results(tmp_path / "lines")
        results.lines = [{"promise": "P1"}]
        results.pytest_sessionfinish()

    assert (tmp_path / "lines").read_text().count("P1") == 2


def test_none_of_many_is_said_with_its_bound() -> None:
    assert bound(200, "kill") == " (0 of 200: below 1.5 % per kill, at 95 %)"
    assert bound(2000, "image") == " (0 of 2,000: below 0.15 % per image, at 95 %)"
    assert bound(3, "") == ""
