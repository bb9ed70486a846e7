"""docs/how-to/connect-a-crm.md: what it says to type, with a vendor, a customer, and a CRM that takes webhooks."""

import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from agent.bridges import state
from agent.bridges.dispatch import KEEP
from agent.bridges.signatures import LINGER
from tests.agent.cli.conftest import Owner, _cheap, free_port, she

__all__ = ["_cheap", "she"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "connect-a-crm.md").read_text()
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()
[PROGRAM] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SECONDS = 60.0


@dataclass
class Receiver:
    """A CRM that does with webhooks what the page says."""

    url: str
    key: str = ""
    seen: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)

    def take(self, headers: Any, body: bytes) -> None:
        names: dict[str, Any] = {}
        exec(PROGRAM, names)
        event = names["event_of"](headers, body, self.key, self.seen)
        if event is not None:
            self.seen.add(event["id"])
            self.events.append(event)


@pytest.fixture
def crm() -> Iterator[Receiver]:
    made = Receiver("")

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                made.take(self.headers, body)
            except ValueError:
                self.send_response(400)
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.url = f"http://127.0.0.1:{server.server_port}/freerange"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], _cheap: None) -> Iterator[Owner]:
    """A vendor, with nothing yet."""
    owner = Owner(tmp_path / "shop", f"127.0.0.1:{free_port()}", ("--key-file", str(tmp_path / "shop.key")), capsys)
    yield owner
    if owner.serving:
        owner.stop(signal.SIGKILL)


def typed(owner: Owner, line: str, **instead: str) -> str:
    """Type one line of the page, on this machine instead of the web. Returns what was printed."""
    assert line in LINES
    words = [instead.get(word, word) for word in shlex.split(line)[1:]]
    words = [owner.opens[1] if word == "shop.key" else word for word in words]
    if words[0] == "serve":
        return owner.serve()
    if words[0] == "vendor":
        words[words.index("--url") : words.index("--url") + 2] = ["--development", "--listen", owner.listen]
    outcome = owner.types(*words)
    assert outcome.status == 0, (line, outcome.err)
    return outcome.out


def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so."""
    began = monotonic()
    while not holds():
        assert monotonic() - began < SECONDS
        sleep(0.1)


def test_the_page_is_true_from_beginning_to_end(shop: Owner, she: Owner, crm: Receiver, tmp_path: Path) -> None:
    said = typed(shop, LINES[0])
    link = next(word for word in said.split() if "_oob=" in word)
    typed(shop, LINES[1])
    assert she.init().status == 0
    assert she.unlocks("accept", link).status == 0
    until(lambda: "rel_" in typed(shop, LINES[2]))
    customer = next(word for word in typed(shop, LINES[2]).split() if word.startswith("rel_"))
    for line in LINES[3:6]:
        assert typed(shop, line)

    here = {name: str(tmp_path / name) for name in ("crm-2027-01-15", "customers.html")} | {"CUSTOMER": customer}
    for line in LINES[6:9]:
        typed(shop, line, **here)
    assert "as soon as it runs" in typed(shop, LINES[9], **here)
    until(lambda: "state done" in typed(shop, LINES[6], **here))
    typed(shop, LINES[10], **here)
    typed(shop, LINES[11], **here)
    assert customer in (tmp_path / "customers.html").read_text()
    assert {each.name for each in (tmp_path / "crm-2027-01-15").iterdir()} >= {"customers.csv", "values.csv"}

    web = {"https://crm.example/freerange": crm.url, "https://crm.example": crm.url[:20]}
    typed(shop, bridge("pause"), **{**web, "https://crm.example": "minicrm"})
    crm.key = next(word for word in typed(shop, LINES[12], **web).split() if word.startswith("whpk_"))
    typed(shop, bridge("replay", "--key-file"), **web)
    until(lambda: [each["type"] for each in crm.events][:1] == ["vrm.relationship.met.v1"])
    assert {each["subject"] for each in crm.events} == {customer}
    assert "integrations" in typed(shop, LINES[13])
    assert "shown this once" in typed(shop, LINES[14])
    until(lambda: "delivered" in typed(shop, bridge("log"), **web))
    assert "you paused it" in typed(shop, bridge("pause"), **web)
    for what in ("resume", "replay", "rotate", "remove"):
        typed(shop, bridge(what), **web)
    typed(shop, bridge("resume"), **{**web, "https://crm.example": "minicrm"})
    assert crm.url not in typed(shop, LINES[15])


def bridge(what: str, *more: str) -> str:
    """The first line of the page that does this with a bridge."""
    return next(
        line for line in LINES if shlex.split(line)[1:3] == ["bridge", what] and all(each in line for each in more)
    )


def test_every_line_of_the_page_is_known() -> None:
    assert [" ".join(line.split()[1:3]) for line in LINES] == [
        "vendor init", "serve --key-file", "crm", "crm leads", "crm cases", "crm counters",
        "crm show", "crm show", "crm find", "crm say", "crm page", "crm export", "bridge add", "config set", "api key",
        "bridge --key-file", "bridge log", "bridge pause", "bridge resume", "bridge replay", "bridge replay",
        "bridge rotate", "bridge remove",
    ]  # fmt: skip


def test_the_numbers_are_those_of_the_program() -> None:
    said = " ".join(PAGE.split())
    units = ((3600, "h"), (60, "min"), (1, "s"))
    waits = [next(f"{each // size} {unit}" for size, unit in units if each >= size) for each in state.DELAYS]

    assert f"{', '.join(waits[:-1])} and {waits[-1]}" in said
    assert KEEP == 7 * 86400
    assert LINGER == 7 * 86400
