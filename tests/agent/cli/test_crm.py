"""`freerange crm`: what a vendor may use is shown for that use, and what people wrote is text, wherever it goes."""

import csv
import os
import sqlite3
import time
from pathlib import Path

import pytest

from agent.bridges import crm_events, crm_file
from agent.events import CloudEvent
from tests.agent.cli.conftest import Owner
from wallet.credentials.vcdm import timestamp

DELIVERY = "dpv:DeliveryOfGoods"
EVIL = '=HYPERLINK("http://evil.example")<script>alert(1)</script>\x1b[31m'


@pytest.fixture
def shop(she: Owner) -> Owner:
    """A vendor with a customer, of whom it holds a name and a mail address that is over."""
    she.home.mkdir(mode=0o700)
    with crm_file.opened(she.home / crm_file.FILE) as crm:
        for number, (ptr, value, days) in enumerate((("/name", EVIL, 30), ("/emails/x", "old@mail.example", -1)), 1):
            label = {"purpose": DELIVERY, "expires": timestamp(int(time.time()) + days * 86400), "record": "r"}
            crm_events.take(crm, event(number, {"items": [{"ptr": ptr, "value": value, "label": label}]}))
        crm_events.take(crm, event(3, {"what": EVIL}, "vrm.intent.cast.v1"))
    return she


def event(number: int, data: dict[str, object], kind: str = "vrm.consent.disclosed.v1") -> CloudEvent:
    return CloudEvent(
        id=str(number), source="did:web:shop.example", type=kind, subject="rel_7f3a", time=timestamp(int(time.time())),
        vrmthread="t1", data=data,
    )  # fmt: skip


def test_a_value_is_shown_only_for_a_use_that_is_allowed_today(shop: Owner) -> None:
    def values(*words: str) -> dict[object, object]:
        found = shop.types("crm", "show", "rel_", "--json", *words).said["values"]
        assert isinstance(found, list)
        return {each["ptr"]: each.get("value") for each in found}

    assert values() == {"/name": None, "/emails/x": None}
    assert values("--for", "dpv:DirectMarketing") == {"/name": None, "/emails/x": None}
    assert values("--for", DELIVERY) == {"/name": EVIL, "/emails/x": None}


def test_who_is_looked_for_is_found_for_that_use_only(shop: Owner) -> None:
    assert shop.types("crm", "find", "Hyperlink", "--for", DELIVERY, "--json").rows[0]["customer"] == "rel_7f3a"
    assert shop.types("crm", "find", "Hyperlink", "--for", "dpv:Marketing", "--json").rows == []
    assert shop.types("crm", "find", "old", "--for", DELIVERY, "--json").rows == []


def test_what_people_wrote_is_printed_as_text(shop: Owner) -> None:
    for words in (("crm",), ("crm", "leads"), ("crm", "show", "rel_7f3a", "--for", DELIVERY)):
        outcome = shop.types(*words)

        assert outcome.status == 0
        assert "\x1b[31m" not in outcome.out


def test_an_export_says_of_each_value_what_it_is_for_and_has_no_formulas(shop: Owner, tmp_path: Path) -> None:
    assert shop.types("crm", "export", str(tmp_path / "out")).status == 0

    rows = list(csv.DictReader((tmp_path / "out" / "values.csv").open(newline="")))
    assert {row["purpose"] for row in rows} == {DELIVERY}
    assert all(row["expires"] for row in rows)
    for file in (tmp_path / "out").iterdir():
        assert os.stat(file).st_mode & 0o077 == 0
        assert not any(cell.startswith(("=", "+", "@")) for row in csv.reader(file.open(newline="")) for cell in row)
    assert shop.types("crm", "export", str(tmp_path / "out")).status == 2


def test_the_page_has_no_markup_of_others_and_no_value_for_another_use(shop: Owner, tmp_path: Path) -> None:
    file = tmp_path / "customers.html"
    assert shop.types("crm", "page", str(file), "--for", DELIVERY).status == 0
    other = tmp_path / "other.html"
    assert shop.types("crm", "page", str(other), "--for", "dpv:Marketing").status == 0

    assert "<script" not in file.read_text()
    assert "&lt;script&gt;" in file.read_text()
    assert "old@mail.example" not in file.read_text()
    assert "/name" not in other.read_text()


def test_what_is_said_waits_in_the_file_for_the_agent(shop: Owner) -> None:
    outcome = shop.types(
        "crm", "say", "rel_7", "--message", "notice", "--field", "kind=recall", "--field", "text=Stop."
    )

    assert outcome.status == 0
    with sqlite3.connect(shop.home / crm_file.FILE) as crm:
        [row] = crm.execute("SELECT party, family, message, body, state FROM action")
    assert row == ("rel_7f3a", "relationship", "notice", '{"kind": "recall", "text": "Stop."}', "open")


@pytest.mark.parametrize("words", [("show", "rel_none"), ("say", "nobody", "--message", "notice")])
def test_who_is_nobody_is_said_to_be(shop: Owner, words: tuple[str, ...]) -> None:
    outcome = shop.types("crm", *words)

    assert outcome.status == 2
    assert "nobody" in outcome.err


def test_without_a_crm_it_says_how_to_have_one(she: Owner) -> None:
    outcome = she.types("crm")

    assert outcome.status == 2
    assert "freerange bridge add minicrm" in outcome.err


def test_a_vendor_is_made_once_and_says_what_to_do(she: Owner) -> None:
    made = she.types("vendor", "init", "--name", "Corner Shop", "--development", "--listen", she.listen)
    again = she.types("vendor", "init", "--name", "Corner Shop", "--development", "--listen", she.listen)

    assert made.status == 0
    assert "freerange serve" in made.out
    assert (she.home / "invitation.svg").exists()
    assert os.stat(she.home / "key").st_mode & 0o077 == 0
    assert again.status == 2
    assert "nothing was changed" in again.err
    assert she.types("bridge", "--key-file", str(she.home / "key")).out.startswith("minicrm")


def test_a_vendor_without_an_address_is_asked_for_one(she: Owner) -> None:
    outcome = she.types("vendor", "init", "--name", "Corner Shop")

    assert outcome.status == 2
    assert "--url" in outcome.err
    assert not she.home.exists()
