"""doctor says what is wrong, and how to mend it."""

import http.server
import json
import signal
import socket
import threading
import time

import msgspec
import pytest

from agent.cli.doctor import proxy
from agent.config import Config
from tests.agent.cli.conftest import Owner, invitation


def wrong(owner: Owner, *words: str) -> dict[str, dict[str, str]]:
    """What the doctor finds wrong, by what it is about."""
    found = owner.types("doctor", "--json", *words).rows
    return {str(each["check"]): {k: str(v) for k, v in each.items()} for each in found if not each["ok"]}


def test_all_is_well_with_an_agent_that_runs(met: Owner, library: Owner) -> None:
    hers, theirs = met.types("doctor"), library.types("doctor")

    assert (hers.status, theirs.status) == (0, 0), hers.out + theirs.out
    assert hers.out.endswith("All is well.\n")
    assert "Town Library can be reached" in hers.out
    assert "is published, and ours" in theirs.out


def test_all_is_well_with_a_wallet_that_rests(her: Owner) -> None:
    outcome = her.unlocks("doctor")

    assert outcome.status == 0, outcome.out
    assert "no agent is running" in outcome.out
    assert "keys of yours are there" in outcome.out
    assert f"{her.listen} is free" in outcome.out


def test_a_folder_without_a_wallet(she: Owner) -> None:
    outcome = she.types("doctor")

    assert outcome.status == 2
    assert "freerange init" in outcome.out


def test_permissions_that_let_others_in(her: Owner) -> None:
    (her.home / "wallet.db").chmod(0o644)

    found = wrong(her, *her.opens)

    assert "chmod 600" in found["permissions"]["mend"]
    assert her.unlocks("doctor").status == 14


def test_a_port_that_another_program_has(her: Owner) -> None:
    with socket.socket() as other:
        host, _, port = her.listen.rpartition(":")
        other.bind((host, int(port)))
        other.listen()

        found = wrong(her, *her.opens)

    assert "freerange config set listen" in found["port"]["mend"]


@pytest.mark.parametrize(
    ("settings", "well"),
    [
        ({}, False),
        ({"trusted_proxies": ("127.0.0.1",)}, True),
        ({"listen": "0.0.0.0:443", "tls_certificate": "a.pem", "tls_key": "b.pem"}, None),
        ({"development": True}, None),
    ],
)
def test_a_web_server_in_front_that_is_not_named(settings: dict[str, object], well: bool | None) -> None:
    config = msgspec.convert({"kind": "org", "name": "Shop", "url": "https://shop.example", **settings}, Config)

    found = list(proxy(config))

    assert [each.ok for each in found] == ([] if well is None else [well])
    assert all("trusted_proxies" in each.mend for each in found if not each.ok)


def test_a_wrong_secret(her: Owner) -> None:
    outcome = her.types("doctor")

    assert outcome.status == 2
    assert "--passphrase-file" in outcome.out


def test_a_peer_that_is_away(met: Owner, library: Owner) -> None:
    library.stop(signal.SIGKILL)

    found = wrong(met)

    assert "Town Library cannot be reached" in found["peer"]["detail"]
    assert met.types("doctor").status == 1


def test_a_document_that_is_not_ours(met: Owner, library: Owner) -> None:
    library.stop()
    settings = library.home / "config.json"
    settings.write_text(settings.read_text().replace(library.listen, met.listen))

    found = wrong(library, *library.opens)

    assert "did document" in found


def test_messages_that_were_given_up_are_told_and_can_be_forgotten(met: Owner, library: Owner) -> None:
    """A vendor that answers 404 for good: three refusals, and the message is a dead letter."""
    invitation(library)
    url = library.listen
    library.stop()
    with Refusing(url):
        met.types("say", "Town Library", "hello?")
        found = eventually_wrong(met, "dead letter")

    assert "was given up" in found["dead letter"]["detail"]
    assert "dead letter" not in wrong(met, "--forget")


class Refusing:
    """A web server that will not have anything."""

    def __init__(self, place: str) -> None:
        class Never(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        host, _, port = place.rpartition(":")
        self.server = http.server.ThreadingHTTPServer((host, int(port)), Never)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *rest: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def eventually_wrong(owner: Owner, check: str) -> dict[str, dict[str, str]]:
    """What the doctor finds wrong, once `check` is."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        found = wrong(owner)
        if check in found:
            return found
        time.sleep(0.1)
    raise AssertionError(json.dumps(found))
