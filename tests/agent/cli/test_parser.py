"""What may be typed, and how soon help comes."""

import shlex
import subprocess
import sys

import pytest

from agent import wording
from agent.cli import mandates_grammar, parser
from agent.cli.commands import SUBJECTS
from agent.cli.run import commands
from tests.agent.cli.conftest import ROOT, Owner

NAMES = [each.name for _, _, subject in SUBJECTS for each in subject]


def test_help_loads_nothing_but_what_parses_arguments() -> None:
    code = (
        "import sys; from agent.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )

    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "usage: freerange" in done.stdout
    assert not loaded & {"aiohttp", "asyncio", "msgspec", "cryptography", "sqlite3", "wallet", "protocols", "typing"}


def test_every_command_that_can_be_typed_is_carried_out_by_its_subject() -> None:
    for group, _, subject in SUBJECTS:
        assert {each.name for each in subject} == {*commands(group)}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself_with_examples(name: str, she: Owner) -> None:
    shown = she.types(name, "--help")

    assert shown.status == 0
    assert f"  freerange {name}" in shown.out


def test_every_example_can_be_typed() -> None:
    for _, _, subject in SUBJECTS:
        for each in subject:
            for line in each.example.replace("\\\n", " ").strip().splitlines():
                words = line.split(" > ")[0].split(" < ")[0]
                parser.parse(shlex.split(words)[1:])


def test_what_cannot_be_understood_ends_with_status_2(she: Owner) -> None:
    assert she.types().status == 2
    assert she.types("dance").status == 2
    assert she.types("answer", "abc", "perhaps").status == 2


def test_the_version_is_told(she: Owner) -> None:
    shown = she.types("--version")

    assert shown.status == 0
    assert shown.out.startswith("freerange ")


def test_the_folder_may_stand_before_or_after_the_command() -> None:
    before = parser.parse(["--home", "/a", "peers"])
    after = parser.parse(["peers", "--home", "/a"])
    deep = parser.parse(["terms", "proffer", "Town Library", "--home", "/a", "--json"])

    assert (before.home, after.home, deep.home, deep.json) == ("/a", "/a", "/a", True)


def test_a_secret_cannot_be_typed(she: Owner) -> None:
    assert she.types("peers", "--passphrase", "typed where everybody can see it").status == 2


def test_what_a_helper_may_do_is_named_alike_in_help_and_in_questions() -> None:
    assert tuple(wording.MAY) == mandates_grammar.MAY
