"""What the program writes into files is what it is."""

import re
from pathlib import Path

from wallet.version import PROGRAM

ROOT = Path(__file__).parents[2]


def test_the_program_names_its_own_version() -> None:
    [version] = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert f"freerange {version}" == PROGRAM
