"""docs/tutorial/add-a-protocol.md, done as it says, in a copy of the repository."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "add-a-protocol.md"
BLOCKS = dict(re.findall(r"^```python (\S+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE))
STORY = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)[0]
FILES = ("protocols/vrm/lending.py", "tests/protocols/vrm/test_lending.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The protocols, their tests and the scripts, where nobody minds what becomes of them."""
    clean = shutil.ignore_patterns("__pycache__", ".*")
    for folder in ("protocols", "tests/protocols", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=clean)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "vrm-protocols.md", tmp_path / "docs")
    return tmp_path


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, *command), cwd=copy, env={"PYTHONPATH": str(copy)}, text=True, capture_output=True, check=False
    )


def check(copy: Path, selection: str) -> subprocess.CompletedProcess[str]:
    return run(copy, "-m", "pytest", "tests/protocols", "-q", "-k", selection, "-p", "no:cacheprovider")


def follow(copy: Path) -> None:
    """One file, one entry, one test."""
    for name in FILES:
        (copy / name).write_text(BLOCKS[name])
    listing = copy / "protocols" / "__init__.py"
    line = BLOCKS["protocols/__init__.py"]
    head, opening, rest = listing.read_text().partition("PROTOCOLS: tuple[ModuleType, ...] = (\n")
    head = head.replace("    loyalty,\n", f"{line}    loyalty,\n")
    listing.write_text(f"{head}{opening}{rest.replace(')', f'{line})', 1)}")


def test_the_page_adds_a_protocol_that_passes_and_is_drawn(copy: Path) -> None:
    follow(copy)

    passed = check(copy, "lending")
    drawn = run(copy, "scripts/draw_protocols")

    assert passed.returncode == 0, passed.stdout
    assert drawn.returncode == 0, drawn.stderr
    assert "lending/1.0" in (copy / "docs" / "protocols.md").read_text()


def test_the_mistake_of_the_page_is_found_and_told_as_it_says(copy: Path) -> None:
    follow(copy)
    file = copy / FILES[0]
    right = re.search(r"^    lapses=.*$", file.read_text(), re.MULTILINE)
    assert right
    file.write_text(file.read_text().replace(right[0] + "\n", BLOCKS["mistake"]))

    failed = check(copy, "lending and splits")

    assert failed.returncode == 1
    told = [line.removeprefix("E").strip() for line in failed.stdout.splitlines()]
    for line in STORY.splitlines():
        assert any(each.endswith(line.strip()) for each in told), f"the finder does not say: {line}\n{failed.stdout}"


def test_the_page_is_formatted_and_typed_like_the_code_around_it(copy: Path) -> None:
    follow(copy)

    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)):
        outcome = run(copy, "-m", *command, *FILES)
        assert outcome.returncode == 0, outcome.stdout


def test_a_new_protocol_passes_as_it_is_written(copy: Path) -> None:
    written = run(copy, "scripts/new_protocol", "lost_property")
    again = run(copy, "scripts/new_protocol", "lost_property")

    passed = check(copy, "lost_property or lost-property")

    assert written.returncode == 0, written.stderr
    assert again.returncode == 2
    assert passed.returncode == 0, passed.stdout
