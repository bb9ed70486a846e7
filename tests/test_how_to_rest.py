"""docs/how-to/use-the-rest-api.md: what it says to type, with a vendor whose API is on, and a system that calls it."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.rest.desk import CALLS
from agent.rest.keys import SCOPES
from tests.agent.cli.conftest import Outcome, Owner, _cheap, free_port, invitation, library, she

__all__ = ["_cheap", "library", "she"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "use-the-rest-api.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
LINES = "".join(BLOCKS).replace("\\\n", "").splitlines()


@pytest.fixture
def shop(library: Owner) -> tuple[Owner, str]:
    """A vendor that has made the settings of the page, and started again. And where its API is."""
    place = f"127.0.0.1:{free_port()}"
    assert typed(library, "freerange config set integrations 127.0.0.1:8082", place).status == 0
    library.stop()
    assert "listens" in library.serve()
    return library, place


def typed(owner: Owner, line: str, place: str) -> Outcome:
    """Type one line of the page, with the API where it is here."""
    assert line in LINES
    return owner.types(*shlex.split(line.replace("127.0.0.1:8082", place))[1:])


def called(line: str, key: str, place: str, relationship: str = "") -> Any:
    """Let a shell run one of the page's calls. Returns the answer."""
    here = line.replace("127.0.0.1:8082", place).replace("$KEY", key).replace("rel_7f3a", relationship)
    command = here.replace("$(uuidgen)", "a-random-key").replace("curl ", "curl --silent --globoff --noproxy '*' ")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_system_gets_a_key_looks_people_up_and_begins_a_thread(shop: tuple[Owner, str], she: Owner) -> None:
    vendor, place = shop
    add = "freerange api key add crm --scope relationships --scope threads --scope speak"
    added = typed(vendor, add, place)
    key = next(word for word in added.out.split() if word.startswith("fr_"))
    assert place in added.out
    assert "crm" in typed(vendor, "freerange api key list", place).out
    assert she.init().status == 0
    assert she.unlocks("accept", invitation(vendor)).status == 0

    read, begin = (line for line in LINES if line.startswith("curl"))
    [listed] = called(read, key, place)["relationships"]
    said = called(begin, key, place, listed["relationship"])

    assert said["state"] == "told"
    assert called(begin, key, place, listed["relationship"]) == said
    assert vendor.types("api", "key", "revoke", "crm").status == 0
    assert "key is needed" in str(called(read, key, place)["error"])


def test_without_the_setting_it_says_how_to_turn_the_api_on(library: Owner) -> None:
    outcome = library.types("api", "key", "list")

    assert "freerange config set integrations" in outcome.out
    assert "freerange api key add" in outcome.out


def test_a_person_has_no_integrations(she: Owner) -> None:
    assert she.init().status == 0

    outcome = she.unlocks("api", "key", "add", "crm")

    assert (outcome.status, "organisation" in outcome.err) == (2, True)
    assert she.types("config", "set", "integrations", "127.0.0.1:8082").status != 0


def test_every_call_stands_on_the_page_under_its_scope() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))

    assert rows.keys() == SCOPES.keys()
    for call in CALLS:
        assert f"{call.method} {call.path}" in rows[call.scope]
