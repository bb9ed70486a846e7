"""The script that makes the pictures of the documentation runs, and makes small PNG files of what is seen."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.sitting import ABSENT, CHROMIUM

ROOT = Path(__file__).parents[1]
MOST = 80 * 1024  # bytes of one picture


@pytest.mark.full
@pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)  # it takes pictures of pages in a browser
def test_the_script_makes_ten_pictures_in_light_and_dark(tmp_path: Path) -> None:
    command = (sys.executable, str(ROOT / "scripts" / "pictures"), "--into", str(tmp_path))

    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stderr
    made = sorted(tmp_path.glob("*.png"))
    assert len(made) == 20
    assert {each.stem.rpartition("-")[2] for each in made} == {"light", "dark"}
    for each in made:
        assert Image.open(each).width == 960
        assert each.stat().st_size < MOST, each.name
