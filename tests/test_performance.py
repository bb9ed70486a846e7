"""The page of figures is made of a stored run, says so, and hides nothing that is in it."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from scripts._bench import page, page_words
from scripts._bench.load import NAMES, Round
from scripts._bench.measure import Figure, of, unmeasured
from scripts._bench.whole import costs

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "performance"
LOADS, STORED = (1, 8, 32), (0, 1000)


def rounds(factor: float) -> list[Round]:
    """Three repetitions of something that took 10, 11 and 12 ms each time, twice."""
    return [
        Round(4e-5, factor * 0.006, factor * 0.004, 0.002, 0.1, refused=1, took=[factor * each / 1000] * 2)
        for each in (10, 11, 12)
    ]


def figures() -> list[Figure]:
    """Every kind of figure."""
    found: list[Figure] = []
    for name in NAMES:
        for load in LOADS:
            at: dict[str, str | int] = {"operation": name, "in flight": load}
            found += [_of("whole", each) for each in costs(f"{name}, {load} in flight", at, rounds(load), None)]
        for stored in STORED:
            at = {"operation": name, "stored": stored}
            found += [_of("growth", each) for each in costs(f"{name}, {stored:,} stored", at, rounds(1), None)]
    found.append(_of("memory", of("freerange serve, resident memory when idle", "MiB", [66.0], 60.0)))
    found.append(_of("envelopes", unmeasured("against another", "x", 4.0, "it is not here", most=False)))
    return found


def _of(part: str, figure: Figure) -> Figure:
    return Figure(**{**{name: getattr(figure, name) for name in figure.__slots__}, "part": part})


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    """A run as it is stored."""
    machine = {"cpu": "A processor", "cores": "2", "load": "0.1", "Y": "40.0 us", "load after": "2.0"}
    rows = [{**asdict(each), "spread": each.spread, "ok": each.ok} for each in figures()]
    return json.loads(json.dumps({"machine": machine, "seconds": 480.0, "figures": rows}))  # type: ignore[no-any-return] # what was just written


def script(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run((sys.executable, str(SCRIPT), *words), capture_output=True, text=True, check=False)


def test_the_page_has_every_figure_of_the_run(run: dict[str, Any]) -> None:
    text = page.page(run)

    for name in NAMES:
        for number in LOADS:
            assert re.search(rf"^\| {name} \| {number} \| {3 * number}\.\d", text, re.M), (name, number)
        for number in STORED:
            assert f"| {name} | {number:,} | 3.00" in text
    assert "| memory | freerange serve, resident memory when idle | 66.0 MiB |" in text
    assert "**over**" in text
    assert "| envelopes | against another | not measured |" in text
    assert "it is not here" in text


def test_cost_is_that_of_one_operation_for_each_side_and_the_load_generator_is_apart(run: dict[str, Any]) -> None:
    found = page.rows_of(run, page.WHOLE)

    for measure, expected in (("vendor", 3.0), ("person", 2.0), ("both", 5.0), ("driver", 1.0), ("yards", 125.0)):
        assert found["message", measure, 1]["median"] == pytest.approx(expected), measure
    assert found["message", "throughput", 1]["median"] == pytest.approx(20)
    assert not found["message", "throughput", 1]["most"]
    assert found["message", "p50", 1]["median"] == pytest.approx(11)
    assert found["message", "p99", 1]["median"] == pytest.approx(12)
    assert found["message", "p99", 1]["note"] == "of 6"
    assert found["message", "refused", 1]["median"] == 3
    assert found["message", "refused", 1]["note"] == "of 9"


def test_what_was_published_stands_beside_what_was_measured(run: dict[str, Any]) -> None:
    rows = {row[0]: row for row in page.against(run)}

    assert rows["connection"][1:5] == ("129 to 156 ms CPU", "5.00 ms", "3", "25.8 to 31.2 x")
    assert rows["memory when idle"][1:5] == ("132 MiB", "66.0 MiB", "1", "2.0 x")
    assert rows["start"][2] == "not measured"


def test_every_figure_that_is_set_beside_another_is_one_that_the_bench_makes() -> None:
    sources = "".join(
        path.read_text() for path in (ROOT / "scripts" / "_bench").glob("*.py") if path.stem != "page_words"
    )

    for _, _, _, _, name, _ in page_words.THEIRS:
        operation, _, rest = name.partition(", 1 in flight")
        assert operation in NAMES if rest else f'"{name}"' in sources, name


def test_a_machine_that_was_busy_is_said_to_have_been(run: dict[str, Any]) -> None:
    busy = deepcopy(run)
    busy["machine"]["load"] = "3.4"

    assert "Measured while other work ran" not in page.page(run)
    assert "Measured while other work ran**: the load average was 3.4" in page.page(busy)


def test_the_page_in_the_repository_is_what_its_stored_run_says() -> None:
    done = script("--check")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("no run", "is no run of scripts/bench --json"),
        ('{"machine": {}, "figures": [{}]}', "is no run of scripts/bench --json"),
    ],
)
def test_what_is_no_run_is_refused_in_a_line_and_changes_nothing(text: str | None, said: str, tmp_path: Path) -> None:
    stored, before = tmp_path / "run.json", (ROOT / "docs" / "performance" / "run.json").read_bytes()
    if text is not None:
        stored.write_text(text)

    done = script("--store", str(stored), "--text")

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (ROOT / "docs" / "performance" / "run.json").read_bytes() == before


def test_a_run_of_some_parts_makes_no_page(run: dict[str, Any], tmp_path: Path) -> None:
    stored, before = tmp_path / "run.json", (ROOT / "docs" / "performance.md").read_bytes()
    stored.write_text(json.dumps(run))

    done = script("--store", str(stored), "--text")

    assert done.returncode == 2
    assert "scaling" in done.stdout
    assert "Nothing was written" in done.stdout
    assert (ROOT / "docs" / "performance.md").read_bytes() == before


@pytest.mark.parametrize("name", ["throughput", "latency", "growth"])
def test_the_plots_of_the_page_are_there(name: str) -> None:
    assert (ROOT / "docs" / "performance" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_one_file_imports_what_draws() -> None:
    importing = [
        path.name
        for path in (ROOT / "scripts").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom) and "matplotlib" in ast.dump(node)
    ]

    assert set(importing) == {"plots.py"}


def test_plots_are_drawn_from_the_run_or_it_is_said_what_draws_them(run: dict[str, Any], tmp_path: Path) -> None:
    stored, drawn = tmp_path / "run.json", tmp_path / "drawn"
    stored.write_text(json.dumps(run))
    if not importlib.util.find_spec("matplotlib"):
        done = script("--store", str(stored))
        assert done.returncode == 2
        assert "freerange[bench]" in done.stdout
        return
    drawn.mkdir()
    from scripts._bench.plots import draw

    draw(run, drawn)

    assert {path.name for path in drawn.iterdir()} == {"throughput.png", "latency.png", "growth.png"}
    assert all(path.stat().st_size > 10_000 for path in drawn.iterdir())
