"""scripts/demo, played: every step as it should be, and told as the README shows it. Each story is played as few times
as can be, for it starts more than a hundred programs: what is told as JSON lines is told again as text from them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts._demo.telling import Teller

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MASKS = (
    (r"\buEi[A-Za-z0-9_-]+", "DIGEST"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b", "ID"),
    (r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", "LETTERS"),
    (r"\d+(\.\d+)?", "N"),
)
FAST = {"FREERANGE_PYTHON": sys.executable, "FREERANGE_TEST_KDF": "1", "COLUMNS": "80"}


def play(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo with this Python; its temporary files go to `folder`."""
    environment = {**os.environ, **FAST, "TMPDIR": str(folder)}
    command = (sys.executable, str(ROOT / "scripts" / "demo"), *options)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The short story as JSON lines."""
    return read(play(tmp_path_factory.mktemp("demo"), "--short", "--json"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the temporary files of the whole story are."""
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(scope="module")
def whole(stage: Path) -> list[dict[str, object]]:
    """The whole story as JSON lines."""
    return read(play(stage, "--json"))


def read(done: "subprocess.CompletedProcess[str]") -> list[dict[str, object]]:
    """What was told as JSON lines."""
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def kinds(told: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    """What was told of one kind."""
    return [each for each in told if each["kind"] == kind]


def tell_again(told: list[dict[str, object]]) -> None:
    """Tell as text what was told as JSON lines: both are made of the same calls."""
    teller = Teller(as_json=False)
    for each in told:
        facts = {name: value for name, value in each.items() if name not in ("kind", "act", "seconds")}
        getattr(teller, "open_act" if each["kind"] == "act" else str(each["kind"]))(**facts)


def masked(text: str) -> list[str]:
    """The lines of a text, without what differs from run to run."""
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_every_step_is_what_it_should_be(told: list[dict[str, object]]) -> None:
    assert len(kinds(told, "sure")) >= 20
    assert all(each["ok"] for each in kinds(told, "sure"))
    assert told[-1]["kind"] == "end"
    assert told[-1]["ok"] is True


def test_it_tells_who_said_what_to_whom_in_the_order_of_the_protocols(told: list[dict[str, object]]) -> None:
    said = [(each["by"], each["to"], each["message"]) for each in kinds(told, "said")]
    she, library, shop = "she", "Town Library", "Bookshop"

    assert said == [
        (she, library, "hello"),
        (library, she, "welcome"),
        (she, library, "proffer"),
        (library, she, "accept"),
        (she, library, "confirm"),
        (library, she, "offer-credential"),
        (she, library, "request-credential"),
        (library, she, "issue-credential"),
        (she, library, "ack"),
        (she, shop, "hello"),
        (shop, she, "welcome"),
        (she, shop, "proffer"),
        (shop, she, "accept"),
        (she, shop, "confirm"),
        (shop, she, "request-presentation"),
        (she, shop, "presentation"),
        (shop, she, "ack"),
    ]


def test_both_sides_keep_the_same_record_of_each_agreement(told: list[dict[str, object]]) -> None:
    records = [each["record"] for each in kinds(told, "kept") if "record" in each]

    assert len(records) == 4
    assert records[0] == records[1] != records[2] == records[3]


def test_the_whole_story_goes_from_her_terms_to_the_audit(whole: list[dict[str, object]]) -> None:
    assert len(kinds(whole, "sure")) >= 30
    assert all(each["ok"] for each in kinds(whole, "sure"))
    assert whole[-1]["ok"] is True
    said = {str(each["message"]) for each in kinds(whole, "said")}
    assert said >= {"proffer", "presentation", "disclose", "update", "cast", "bid", "close", "withdraw", "receipt"}


def test_it_goes_as_the_readme_shows(whole: list[dict[str, object]], capsys: pytest.CaptureFixture[str]) -> None:
    [shown] = re.findall(r"^```text\n(2\. She meets.*?)^```$", README, re.DOTALL | re.MULTILINE)

    tell_again(whole)

    played = masked(capsys.readouterr().out)
    place, skipping = 0, True
    for line in masked(shown):
        if line == "...":
            skipping = True
            continue
        assert line in played[place:], f"the demo does not tell: {line}"
        found = played.index(line, place)
        assert skipping or found == place, f"the README leaves out: {played[place]}"
        place, skipping = found + 1, False
    assert place == len(played)


def test_nothing_is_left_behind(whole: list[dict[str, object]], stage: Path) -> None:
    assert whole
    assert [*stage.iterdir()] == []


def test_agents_can_be_kept_and_talked_to(tmp_path: Path) -> None:
    done = play(tmp_path, "--short", "--keep")
    pids = [int(each) for each in re.findall(r"\d+", done.stdout.partition("    kill ")[2].partition(";")[0])]
    try:
        hers = next(line.split() for line in done.stdout.splitlines() if line.endswith("/her peers"))
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        peers = subprocess.run(hers, env=environment, capture_output=True, text=True, check=False)
    finally:
        for each in pids:
            os.kill(each, signal.SIGTERM)

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(pids) == 3
    assert "\033" not in done.stdout
    assert "Bookshop" in peers.stdout, peers.stderr


def test_a_step_that_is_not_what_it_should_be_ends_it_and_says_where_the_logs_are(tmp_path: Path) -> None:
    code = "import scripts._demo.story as s; s.WANTED = ('member=true', 'over_18=false');"
    code += "from scripts._demo.play import play; raise SystemExit(play(as_json=False, keep=False, short=True))"

    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=tmp_path,
        env={**os.environ, **FAST, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 1
    assert "This is not what it should be" in done.stdout
    stage = Path(done.stderr.split()[-1])
    assert stage.is_relative_to(tmp_path)
    assert (stage / "her.log").exists()
