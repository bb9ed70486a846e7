"""README.md: what it shows is what happens."""

import re
from pathlib import Path

import pytest

from agent.cli import exits
from agent.cli.commands import SUBJECTS
from tests.test_demo import play

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MASKS = (
    (r"\buEi[A-Za-z0-9_-]+", "DIGEST"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b", "ID"),
    (r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", "LETTERS"),
    (r"\d+(\.\d+)?", "N"),
)


def masked(text: str) -> list[str]:
    """The lines of a text, without what differs from run to run."""
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_demo_goes_as_the_readme_shows(tmp_path: Path) -> None:
    [shown] = re.findall(r"^```text\n(2\. She meets.*?)^```$", README, re.DOTALL | re.MULTILINE)

    played = masked(play(tmp_path).stdout)

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
