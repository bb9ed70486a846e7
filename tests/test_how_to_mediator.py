"""docs/how-to/run-a-mediator.md: what it says to type, with a mediator, a library, and somebody who has no address."""

import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import msgspec
import pytest

from agent import forwarding, live
from protocols.standard.mediation import MOST_UPDATES
from tests.agent.cli.conftest import Owner, _cheap, free_port, invitation, library, she
from wallet.store import mediation
from wallet.store.held import Limits

__all__ = ["_cheap", "library", "she"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "run-a-mediator.md").read_text()
PATIENCE = 60.0  # seconds for what other processes do
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()


@pytest.fixture
def post(tmp_path: Path, capsys: pytest.CaptureFixture[str], _cheap: None) -> Iterator[Owner]:
    """An operator, with nothing yet."""
    owner = Owner(tmp_path / "post", f"127.0.0.1:{free_port()}", ("--key-file", str(tmp_path / "post.key")), capsys)
    yield owner
    if owner.serving:
        owner.stop(signal.SIGKILL)


def typed(owner: Owner, line: str, **instead: str) -> str:
    """Type one line of the page, on this machine instead of the web. Returns what was printed."""
    assert line in LINES
    here = {"https://post.example?_oob=eyJ0eXA...": "", "post.key": owner.opens[1], **instead}
    words = [here.get(word, word) for word in shlex.split(line)[1:]]
    if words[0] == "serve":
        return owner.serve()
    if words[0] == "init":
        address = ["--development", "--listen", owner.listen]
        at = words.index("--url") if "--url" in words else len(words)
        words[at : at + 2] = address
        words += [] if "--key-file" in words else owner.opens
    outcome = owner.types(*words)
    assert outcome.status == 0, (line, outcome.err)
    return outcome.out


def test_the_page_is_true_from_beginning_to_end(post: Owner, she: Owner, library: Owner, tmp_path: Path) -> None:
    for line in LINES[:3]:
        said = typed(post, line)
    assert "listens" in said
    poster = str(tmp_path / "poster.svg")
    link = next(word for word in typed(post, LINES[3], **{"poster.svg": poster}).split() if "_oob=" in word)
    assert Path(poster).read_text().startswith("<?xml")

    typed(she, LINES[4], **{"https://post.example?_oob=eyJ0eXA...": link})
    assert she.unlocks("accept", invitation(library)).status == 0
    [her] = msgspec.json.decode(library.types("peers", "--json").out)
    assert library.types("say", str(her["peer"]), "Your book is here.").status == 0

    listed, ends = "", monotonic() + PATIENCE
    while "1 client, 1 message held" not in listed and monotonic() < ends:
        listed = typed(post, LINES[6])
        sleep(0.1)
    assert "1 client, 1 message held" in listed
    assert typed(post, LINES[7])
    letters = re.findall(r"^([0-9a-f]{4}-[0-9a-f]{4})", listed, re.MULTILINE)
    assert len(letters) == 1
    assert "Nothing more is taken" in typed(post, LINES[8], LETTERS=letters[0])
    assert "closed" in typed(post, LINES[6])
    assert post.types("clients", "close", letters[0]).status == 1


def test_every_line_of_the_page_is_typed() -> None:
    assert [line.split()[1] for line in LINES] == [
        "init", "config", "serve", "invite", "init", "mediator", "clients", "doctor", "clients",
    ]  # fmt: skip


def test_the_limits_are_those_of_the_program() -> None:
    limits, said = Limits(), " ".join(PAGE.split())

    for number in (f"{live.MOST_BYTES // 1024} KiB", f"{limits.messages:,} messages or {limits.bytes // 1024**2} MiB"):
        assert number in said
    assert f"of these {limits.from_one} from one sender" in said
    assert f"{limits.in_all // 1024**3} GiB" in said
    assert mediation.MOST_ROUTES == mediation.MOST_GRANTS == MOST_UPDATES == 1000
    assert f"{forwarding.KEPT // 86400} days" in said
    assert forwarding.LONGEST_DELAY == 3600
    assert f"{forwarding.MOST_PASSES} times" in said
