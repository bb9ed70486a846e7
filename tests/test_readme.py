"""README.md: what it shows is what happens."""

import re
from pathlib import Path

import pytest

from agent.cli import exits
from agent.cli.commands import SUBJECTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_it_opens_with_the_two_commands() -> None:
    block = README.partition("```sh\n")[2].partition("```")[0]

    assert [line.split()[0] for line in block.splitlines()] == ["scripts/demo", "scripts/check"]
    for line in block.splitlines():
        assert (ROOT / line.split()[0]).stat().st_mode & 0o111


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_exists(page: Path) -> None:
    known = {each.name for _, _, subject in SUBJECTS for each in subject} | {"--help", "COMMAND"}
    blocks = "".join(re.findall(r"^```sh.*?\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE))
    typed = re.findall(r"^(?:\S*/)?freerange (?:--home \S+ )?(\S+)", blocks, re.MULTILINE)

    assert {*typed} <= known


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "how-to" / "exit-codes.md").read_text()
    documented = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    known = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}

    assert documented == known
