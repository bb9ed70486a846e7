"""`freerange open`: the page of an agent that runs, or that is started for it."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import running

ROOT = Path(__file__).parents[3]


def typed(home: Path, *words: str) -> str:
    """What `freerange WORDS` prints."""
    command = (sys.executable, "-P", "-m", "agent", "--home", str(home), *words)
    return subprocess.run(command, check=True, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}).stdout


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder that is not there yet."""
    yield tmp_path / "home"
    typed(tmp_path / "home", "stop")


def test_it_starts_an_agent_that_waits_and_leads_to_its_page_once(home: Path) -> None:
    said = typed(home, "open", "--print")

    found = re.search(r"(http://127\.0\.0\.1:\d+)/#k=(\S+)", said)
    assert found
    at = running.at_the_door(home)
    assert at
    assert at.url == found[1]
    assert running.address(home) is None  # no wallet is open: commands do not take it for a running agent
    request = urllib.request.Request(
        f"{at.url}/session", json.dumps({"code": found[2]}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["key"]
    with pytest.raises(OSError, match="401"):
        urllib.request.urlopen(request)


def test_again_it_leads_to_the_same_agent(home: Path) -> None:
    typed(home, "open", "--print")
    first = running.at_the_door(home)

    typed(home, "open", "--print")

    assert first
    assert running.at_the_door(home) == first


def test_a_door_with_no_certificate_behind_it_outlives_that_one_was_renewed(home: Path) -> None:
    typed(home, "open", "--print")
    first = running.at_the_door(home)
    assert first

    os.kill(first.pid, signal.SIGHUP)
    typed(home, "open", "--print")

    assert running.at_the_door(home) == first


def test_an_agent_in_the_background_may_wait_for_its_owner_too(home: Path) -> None:
    home.mkdir(mode=0o700)

    said = typed(home, "serve", "--background", "--locked")

    assert "freerange open" in said
    assert running.at_the_door(home)
