"""docs/how-to/hold-others-to-it.md: what it says to type, typed by somebody who has met a library."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.cli.conftest import ROOT, Owner, _cheap, her, library, met, she
from tests.agent.cli.test_moving import until
from wallet.encoding import digest

__all__ = ["_cheap", "her", "library", "met", "she"]

PAGE = (ROOT / "docs" / "how-to" / "hold-others-to-it.md").read_text()
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()
TEXT = "NOTHING AT ALL\n"


def roster(folder: Path) -> str:
    """A roster as the page supposes one. Returns its digest."""
    agreement = {"id": "nothing", "version": "1", "title": "Nothing", "text": TEXT, "digest": digest(TEXT.encode())}
    made = {"name": "consumer terms", "version": "1", "agreements": [{**agreement, "policy": {}}]}
    (folder / "roster.json").write_text(json.dumps(made))
    return digest((folder / "roster.json").read_bytes())


def test_every_line_of_the_page_does_what_it_says(
    met: Owner, library: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert met.types("terms", "proffer", "Town Library").status == 0
    instead = {"uEiAxhGqvBEYXZ8ybrDBhE6Yj6GHL6TL0ZtTxRht_1F8nfw": roster(tmp_path)}
    monkeypatch.chdir(tmp_path)
    until(lambda: "on its way" not in met.types("audit", "compare", "Town Library").out)

    printed = {}
    for line in LINES:
        command, *words = (instead.get(word, word) for word in shlex.split(line))
        if command == "python":
            run = subprocess.run(
                (sys.executable, *words[:2], tmp_path / words[2]), cwd=ROOT, capture_output=True, text=True
            )
            assert run.returncode == 0, run.stdout
            continue
        said = met.types(*words)
        assert said.status == 0, (line, said.err)
        printed[line] = said.out

    assert "every vendor may use address (all) to deliver what you ordered" in printed["freerange rules"]
    assert "terms: confirm" in printed['freerange timeline "Town Library"']
    assert "freerange-service-only" in printed['freerange audit "Town Library"']
    assert "Verified" in printed["freerange evidence verify evidence.json"]
    until(lambda: len(library.types("questions", "--json").rows) == 2)
