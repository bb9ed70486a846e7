"""What may stand in this repository at all: in any file, of whatever kind."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|crates\.io", re.I)
PLACES = re.compile(r"(?<![\w.~:/-])/(work|home|root|Users|mnt)/\w")
TALK = re.compile(
    r"\b(issue #\d+|(this|next|last|coding) session|(language|AI) (model|agent|assistant)s?|Claude|ChatGPT)\b"
    r"|\b(TODO|FIXME|XXX)\b"
)
SUPPRESSION = re.compile(r"#\s*(type: ignore|noqa|pragma: no cover)\S*(\s*[A-Z]+\d+,?)*(?P<reason>.*)")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def tracked() -> list[Path]:
    """Every file under version control, and those about to be."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / text for text in listed.stdout.decode().split("\0") if text)
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, str]]:
    """Name and content of every text file, but for the licence and this file, which names what it looks for."""
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw and path not in (ROOT / "LICENSE", Path(__file__)):
            found.append((path.relative_to(ROOT).as_posix(), raw.decode()))
    return found


@pytest.mark.parametrize("unwanted", [HOSTS, PLACES, TALK], ids=["registry host", "absolute path", "talk"])
def test_no_file_holds(unwanted: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {hit[0]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (hit := unwanted.search(line))
    ]

    assert not found


def test_every_script_can_be_run() -> None:
    scripts = [path for path in tracked() if path.parent in (ROOT / "scripts", ROOT / ".ci") and not path.suffix]

    assert scripts
    for path in scripts:
        assert path.read_bytes().startswith(b"#!/usr/bin/env "), f"{path.name} has no interpreter line"
        assert path.stat().st_mode & 0o111, f"{path.name} is not executable: chmod +x, and git add it"


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in texts()
        if name.endswith(".md")
        for target in LINK.findall(text)
        if "://" not in target and not target.startswith("mailto:")
        if not ((ROOT / name).parent / target).exists()
    ]

    assert not broken


def test_a_check_is_silenced_only_with_a_reason_beside_or_above_it() -> None:
    bare = []
    for name, text in texts():
        lines = text.splitlines() if name.endswith(".py") else []
        for number, line in enumerate(lines):
            hit = SUPPRESSION.search(line)
            if hit and not re.search(r"\w\w", hit["reason"]) and not lines[number - 1].lstrip().startswith("#"):
                bare.append(f"{name}:{number + 1}: {line.strip()}")

    assert not bare
