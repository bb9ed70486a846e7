"""The bench runs: every figure is taken, once and small. What the figures are is no matter of a test; how they are made
of what was measured, and set beside an earlier run, is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts._bench import compare, machine, table
from scripts._bench.measure import TINY, Figure, of, percentile, quartiles
from scripts._bench.parts import PARTS, chosen

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "scripts" / "bench"


def bench(*words: str) -> int:
    """Run the bench in this process, as small as can be."""
    return table.main("The bench.", ("--tiny", *words))


def row(median: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    """A figure as a run is stored."""
    return {
        "part": "p",
        "name": "n",
        "unit": "ms",
        "median": median,
        "low": low,
        "high": high,
        "times": 5,
        "most": True,
        **more,
    }


def only(before: dict[str, Any], now: dict[str, Any]) -> compare.Difference:
    """What changed between two runs of one figure."""
    [found] = compare.differences([before], [now])
    return found


def test_the_bench_takes_every_figure() -> None:
    command = (sys.executable, str(BENCH), "--tiny", "--json")

    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    missing = [row for row in report["figures"] if row["median"] is None and "against" not in row["name"]]
    assert {row["part"] for row in report["figures"]} == {part.name for part in PARTS}
    assert not missing


def test_one_part_is_taken_for_real_and_set_beside_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--json", "--only", "canonical") == 0
    stored = tmp_path / "run.json"
    stored.write_text(capsys.readouterr().out)

    assert bench("--only", "canonical", "--compare", str(stored), "--fail-worse", "10000") == 0

    said = capsys.readouterr().out
    assert "Against the earlier run:" in said
    assert said.count("canonical: ") == len(json.loads(stored.read_text())["figures"]) == 2


def test_a_run_that_is_much_worse_fails_if_it_is_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench("--json", "--only", "canonical")
    stored, run = tmp_path / "run.json", json.loads(capsys.readouterr().out)
    for figure in run["figures"]:
        figure |= {name: figure[name] / 1000 for name in ("median", "low", "high")}
    stored.write_text(json.dumps(run))

    asked = bench("--only", "canonical", "--compare", str(stored), "--fail-worse", "50")
    unasked = bench("--only", "canonical", "--compare", str(stored))

    assert (asked, unasked) == (1, 0)


@pytest.mark.parametrize("text", [None, "no run", "{}", '{"machine": {}, "seconds": 1, "figures": [{"name": "n"}]}'])
def test_what_is_no_earlier_run_is_refused_before_anything_is_measured(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "run.json"
    if text is not None:
        stored.write_text(text)

    with pytest.raises(SystemExit) as stop:
        bench("--only", "canonical", "--compare", str(stored))

    said = capsys.readouterr()
    assert stop.value.code == 2
    assert str(stored) in said.err
    assert said.out == ""


def test_a_part_is_chosen_by_its_name_or_by_a_word_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--list") == 0
    listed = capsys.readouterr().out

    assert all(each.name in listed for each in PARTS)
    assert [each.name for each in chosen("receive")] == ["receive"]
    assert [each.name for each in chosen("credentials")] == ["credentials-proofs", "credentials-sd-jwt"]
    assert chosen("") == PARTS
    with pytest.raises(SystemExit):
        bench("--only", "nothing of the kind")


def test_a_figure_is_the_median_between_the_quartiles() -> None:
    figure = of("n", "ms", [5.0, 1.0, 2.0, 4.0, 3.0], 3.0)

    assert (figure.low, figure.median, figure.high, figure.times) == (2.0, 3.0, 4.0, 5)
    assert figure.ok
    assert figure.spread == pytest.approx(1 / 3)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)
    assert percentile([float(each) for each in range(101)], 99) == 99.0


@pytest.mark.parametrize(("most", "ok"), [(True, False), (False, True)])
def test_a_bound_is_the_most_or_the_least(most: bool, ok: bool) -> None:
    assert of("n", "x", [2.0], 1.0, most=most).ok is ok
    assert of("n", "x", [2.0], most=most).ok is None
    assert Figure("n", "x", 1.0, None, most=most).ok is None


def test_a_change_within_the_spread_of_either_run_is_none() -> None:
    found = only(row(10, 8, 13), row(12, 11, 14))

    assert found.percent == pytest.approx(20)
    assert found.beyond is False
    assert not compare.failing([found], 5)


def test_a_change_beyond_the_spread_of_both_is_one() -> None:
    slower, faster = only(row(10, 9, 11), row(15, 14, 16)), only(row(15, 14, 16), row(10, 9, 11))

    assert slower.beyond
    assert faster.beyond
    assert compare.failing([slower, faster], 49) == [slower]
    assert not compare.failing([slower, faster], 51)


def test_less_of_what_should_be_much_is_worse() -> None:
    fewer = only(row(10, 9, 11, most=False), row(5, 4, 6, most=False))

    assert fewer.worse == pytest.approx(50)
    assert compare.failing([fewer], 10) == [fewer]


def test_what_was_measured_too_rarely_fails_nothing_and_says_so() -> None:
    found = only(row(10, 10, 10, times=1), row(30, 30, 30))

    assert found.beyond is None
    assert "spread unknown" in compare.line(found)
    assert not compare.failing([found], 1)


def test_what_only_one_run_has_measured_is_left_out() -> None:
    assert not list(compare.differences([row(1, 1, 1)], [row(1, 1, 1, name="new")]))
    assert not list(compare.differences([{**row(1, 1, 1), "median": None}], [row(1, 1, 1)]))


def test_what_only_one_run_has_measured_is_named() -> None:
    there, gone, new = row(1, 1, 1), row(1, 1, 1, name="gone"), row(1, 1, 1, name="new")
    elsewhere, missing = row(1, 1, 1, part="other"), {**gone, "median": None}

    assert compare.alone([there, gone, elsewhere], [there, new]) == ["p: new", "p: gone"]
    assert compare.alone([there, gone], [there, missing]) == ["p: gone"]
    assert compare.alone([there, missing], [there]) == []


def test_a_run_says_what_it_was_made_on() -> None:
    made_on = machine.describe(TINY)

    assert all(
        made_on[name] for name in ("cpu", "cores", "kernel", "python", "cryptography", "PyNaCl", "SQLite", "load")
    )
    assert made_on["Y"].endswith(" us")
    assert compare.other_machine(made_on, {**made_on, "load": "9.9", "python": "4"}) == [
        f"python: {made_on['python']} -> 4"
    ]
