"""docs/how-to/watch-an-agent.md: its commands, the dashboard and the alerts, against what a real agent shows."""

import ast
import json
import re
import shlex
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from agent.metrics import STAGES
from agent.web import metrics, together
from agent.web.readiness import LOOK_EVERY
from tests.agent.cli.conftest import Owner, _cheap, free_port, her, library, met, she
from wallet.store import standing

__all__ = ["_cheap", "her", "library", "met", "she"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "watch-an-agent.md").read_text()
DASHBOARD = json.loads((ROOT / "docs" / "grafana" / "freerange.json").read_text())
ALERTS = yaml.safe_load((ROOT / "docs" / "prometheus" / "alerts.yml").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
EXPRESSIONS = {f"{panel['title']} {each['refId']}": each["expr"] for panel in PANELS for each in panel["targets"]}
EXPRESSIONS |= {rule["alert"]: rule["expr"] for rule in RULES}

METRIC = re.compile(r"\b(?:freerange_\w+|up)\b")
SELECTOR = re.compile(r"\b((?:freerange_\w+|up))\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"up", "instance", "job", "le"}  # what it adds by itself
KINDS = {"timeseries", "stat", "heatmap", "state-timeline"}
UNITS = {"short", "s", "bytes", "reqps"}


@pytest.fixture
def exposed(library: Owner, met: Owner) -> dict[str, set[str]]:
    """What `/metrics` of a running agent that has talked with somebody shows: labels, by name of a series."""
    library.stop()
    place = f"127.0.0.1:{free_port()}"
    assert library.types("config", "set", "metrics", place).status == 0
    library.serve()
    assert met.types("ping", "Town Library").status == 0
    with urllib.request.urlopen(f"http://{place}/metrics") as answer:
        text = answer.read().decode()
    names: dict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(text):
        for suffix in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",)):
            names[family.name + suffix] = set()
        for sample in family.samples:
            names[sample.name] |= sample.labels.keys()
    return names


@cache
def counted() -> dict[str, dict[str, set[str]]]:
    """What the program counts, with the labels it gives and all they may be, as far as its source says."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in (ROOT / "agent").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "count":
                name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
                for keyword in node.keywords if name in metrics.COUNTS else ():
                    words = {each.value for each in ast.walk(keyword.value) if isinstance(each, ast.Constant)}
                    found[str(name)][str(keyword.arg)] |= {word for word in words if isinstance(word, str)}
    return found


def may_be(name: str, label: str) -> set[str] | None:
    """All that a label of a series may be; None if anything."""
    if label == "stage":
        return set(STAGES)
    if label == "queue":
        return set(standing.QUEUES)
    known = counted().get(name.removeprefix("freerange_").removesuffix("_total"), {})
    return known.get(label)


# -- names -------------------------------------------------------------------------------------------------------------


def test_every_series_that_is_drawn_or_alerts_is_shown_by_an_agent(exposed: dict[str, set[str]]) -> None:
    for where, expression in EXPRESSIONS.items():
        for name in set(METRIC.findall(expression)) - OF_PROMETHEUS:
            assert name in exposed, f"{where}: no agent shows {name}"


def test_every_label_that_is_asked_for_is_given(exposed: dict[str, set[str]]) -> None:
    for where, expression in EXPRESSIONS.items():
        names = set(METRIC.findall(expression)) - OF_PROMETHEUS
        given = {label for name in names for label in exposed[name]}
        for name in names:
            given |= counted().get(name.removeprefix("freerange_").removesuffix("_total"), {}).keys()
        grouped = {label.strip() for labels in GROUPED.findall(expression) for label in labels.split(",")}
        assert grouped - OF_PROMETHEUS <= given, where
        for name, matchers in SELECTOR.findall(expression):
            for label, how, value in MATCHER.findall(matchers):
                assert label in given | OF_PROMETHEUS, where
                known = may_be(name, label)
                wanted = value.split("|") if "~" in how else [value]
                assert known is None or set(wanted) <= known, where


def test_every_measure_is_drawn_and_described(exposed: dict[str, set[str]]) -> None:
    drawn = " ".join(EXPRESSIONS.values())

    for name in metrics.SPREADS:
        assert f"freerange_{name}" in drawn
        assert f"`freerange_{name}`" in PAGE
    for name in set(re.findall(r"`(freerange_[a-z_]+)`", PAGE)):
        assert any(each.removesuffix("_count") == name for each in (*exposed, together.UP))
    assert re.findall(r"^\| `([a-z_]+)` \| [a-z]", PAGE.partition("| stage |")[2], re.MULTILINE) == [*STAGES]


# -- the dashboard -----------------------------------------------------------------------------------------------------


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD["title"] == DASHBOARD["uid"] == "freerange"
    assert "id" not in DASHBOARD  # which is the number it gets where it is imported
    assert [each["name"] for each in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows(panel: dict[str, object]) -> None:
    assert panel["type"] in KINDS
    assert len(str(panel["description"])) > 3
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    defaults = panel["fieldConfig"]["defaults"]  # type: ignore[index]  # JSON
    assert defaults["unit"] in UNITS
    targets: list[dict[str, Any]] = panel["targets"]  # type: ignore[assignment]  # JSON
    assert [each["refId"] for each in targets] == [*"ABCDEFGH"[: len(targets)]]
    for each in targets:
        assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert each["legendFormat"]
        assert all("instance=~" in matchers for _, matchers in SELECTOR.findall(each["expr"]))
        assert len(SELECTOR.findall(each["expr"])) == len(METRIC.findall(each["expr"]))
        assert each["expr"].count("(") == each["expr"].count(")")
        drawn = set(re.findall(r"\{\{(\w+)\}\}", each["legendFormat"]))
        grouped = {label.strip() for labels in GROUPED.findall(each["expr"]) for label in labels.split(",")}
        assert drawn <= (grouped or {"instance"})


def test_no_panel_covers_another() -> None:
    def cells(panel: dict[str, dict[str, int]]) -> Iterator[tuple[int, int]]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        yield from ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))

    for one, other in combinations(DASHBOARD["panels"], 2):
        assert not {*cells(one)} & {*cells(other)}, (one["title"], other["title"])


# -- the alerts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, object]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Freerange[A-Za-z]+", str(rule["alert"]))
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    annotations: dict[str, str] = rule["annotations"]  # type: ignore[assignment]  # YAML
    assert set(annotations) == {"summary", "description"}
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(annotations.values())))
    assert used <= {"instance", "check"}
    for command in re.findall(r"freerange ([a-z]+)", annotations["description"]):
        assert command in {"serve", "doctor", "queue", "top", "backup"}


def test_few_alerts_and_no_two_of_one_name() -> None:
    names = [rule["alert"] for rule in RULES]

    assert len(names) == len(set(names)) == 7
    assert "seven alerts" in PAGE
    assert LOOK_EVERY <= 30  # so that what is not ready for minutes was looked at more than once


# -- what it says to type ----------------------------------------------------------------------------------------------


def test_the_commands_of_the_page_work(library: Owner) -> None:
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()
    typed = [shlex.split(line, comments=True) for line in lines]
    asked = [words[1:] for words in typed if words[0] == "freerange" and words[1:] not in (["top"], ["serve"])]

    assert [library.types(*words).status for words in asked] == [0] * 3
    assert ["freerange", "top"] in typed
    assert 'targets: ["127.0.0.1:9464"]' in PAGE
    assert ["config", "set", "metrics", "127.0.0.1:9464"] in asked


def test_the_extra_of_the_page_exists() -> None:
    wanted = (ROOT / "pyproject.toml").read_text()

    assert "pip install 'freerange[opentelemetry]'" in PAGE
    assert re.search(r"^opentelemetry = \[", wanted, re.MULTILINE)


def test_looking_for_help_loads_nothing_of_this() -> None:
    program = (
        "import sys\nfrom agent.__main__ import main\n"
        "try: main(['top', '--help'])\nexcept SystemExit: pass\n"
        "sys.exit(any(name.startswith(('prometheus', 'opentelemetry', 'msgspec', 'aiohttp')) for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT, capture_output=True).returncode == 0
