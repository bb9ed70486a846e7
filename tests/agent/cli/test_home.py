"""init, config, serve; and what keeps a wallet from being opened, each with an exit status of its own."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.agent.cli.conftest import PASSPHRASE, Owner


def refused(owner: Owner, *words: str) -> tuple[int, list[str]]:
    """The exit status of a command that is refused, and the two lines it says."""
    outcome = owner.unlocks(*words)
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    return outcome.status, outcome.err.splitlines()


# -- init ---------------------------------------------------------------------------------------------------------


def test_a_wallet_is_made_for_its_owner_alone(she: Owner) -> None:
    made = she.init()

    assert made.status == 0
    assert "DEVELOPMENT MODE" in made.out
    assert f"freerange serve --home {she.home}" in made.out
    assert stat.S_IMODE(she.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((she.home / "wallet.db").stat().st_mode) == 0o600


def test_no_secret_is_in_the_settings(her: Owner) -> None:
    assert PASSPHRASE not in (her.home / "config.json").read_text()


def test_a_second_wallet_in_one_folder_is_refused(her: Owner) -> None:
    before = (her.home / "wallet.db").read_bytes()

    again = her.init()

    assert again.status == 2
    assert "--home" in again.err
    assert (her.home / "wallet.db").read_bytes() == before


def test_a_key_file_is_made_if_there_is_none_and_never_replaced(she: Owner, tmp_path: Path) -> None:
    key = tmp_path / "new.key"

    first = she.types("init", "--development", "--key-file", str(key))
    made = key.read_bytes()
    other = she.types("--home", str(tmp_path / "other"), "init", "--development", "--key-file", str(key))

    assert (first.status, other.status) == (0, 0)
    assert len(made) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() == made


def test_a_short_passphrase_is_refused(she: Owner, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("short\n")

    assert she.init().status == 2
    assert not (she.home / "wallet.db").exists()


def test_without_development_others_must_reach_it_by_https(she: Owner) -> None:
    assert she.unlocks("init", "--kind", "org", "--name", "Shop").status == 2
    assert she.unlocks("init", "--listen", she.listen).status == 2
    assert she.unlocks("init", "--url", "http://shop.example").status == 2
    assert not she.home.exists()
    assert she.unlocks("init", "--url", "https://shop.example").status == 0


def test_a_person_needs_no_address_and_is_told_how_to_be_reached_all_the_same(she: Owner) -> None:
    made = she.unlocks("init")

    assert made.status == 0
    assert "freerange mediator add LINK" in made.out
    settings = she.types("config", "--json").said
    assert (settings["url"], settings["listen"]) == ("", "")
    [found] = [each for each in she.unlocks("doctor", "--json").rows if each["check"] == "mediator"]
    assert not found["ok"]
    assert "freerange mediator add" in str(found["mend"])


def test_an_organisation_has_a_name(she: Owner) -> None:
    assert she.init("--kind", "org").status == 2


# -- config -------------------------------------------------------------------------------------------------------


def test_a_setting_is_changed_and_shown(her: Owner) -> None:
    changed = her.types("config", "set", "accepts", "freerange-service-only")

    assert changed.status == 0
    assert her.types("config", "--json").said["accepts"] == ["freerange-service-only"]


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("colour", "blue", 2),
        ("kind", "org", 2),
        ("welcomes", "perhaps", 2),
        ("listen", "nowhere", 2),
        ("api", "0.0.0.0:8081", 16),
        ("listen", "0.0.0.0:8080", 16),
        ("url", "http://shop.example", 16),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_nothing_changes(her: Owner, key: str, value: str, status: int) -> None:
    before = (her.home / "config.json").read_bytes()

    outcome = her.types("config", "set", key, value)

    assert outcome.status == status
    assert len(outcome.err.splitlines()) == 2
    assert (her.home / "config.json").read_bytes() == before


# -- what keeps a wallet from being opened ------------------------------------------------------------------------


def test_without_a_wallet_it_says_how_to_make_one(she: Owner) -> None:
    status, lines = refused(she, "peers")

    assert status == 2
    assert "freerange init" in lines[1]


def test_a_wrong_passphrase_is_10(her: Owner, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("another passphrase altogether\n")

    assert refused(her, "peers")[0] == 10


def test_a_damaged_header_is_11(her: Owner) -> None:
    with sqlite3.connect(her.home / "wallet.db") as wallet:
        wallet.execute("UPDATE meta SET value = x'7b7d' WHERE name = 'header'")

    assert refused(her, "peers")[0] == 11


def test_a_damaged_file_is_12(her: Owner) -> None:
    (her.home / "wallet.db").write_bytes(b"\0" * 40_000)

    assert refused(her, "peers")[0] == 12


def test_a_wallet_that_another_agent_holds_is_13(her: Owner) -> None:
    her.serve()
    (her.home / "api.json").unlink()

    assert refused(her, "peers")[0] == 13
    assert refused(her, "serve")[0] == 13


def test_a_wallet_that_others_may_read_is_14(her: Owner) -> None:
    (her.home / "wallet.db").chmod(0o644)

    status, lines = refused(her, "peers")

    assert status == 14
    assert "chmod 600" in lines[1]


def test_a_passphrase_file_that_others_may_read_is_14(her: Owner, tmp_path: Path) -> None:
    (tmp_path / "passphrase").chmod(0o640)

    assert refused(her, "peers")[0] == 14


def test_a_wallet_of_a_newer_program_is_15(her: Owner) -> None:
    with sqlite3.connect(her.home / "wallet.db") as wallet:
        wallet.execute("PRAGMA user_version = 99")

    assert refused(her, "peers")[0] == 15


@pytest.mark.parametrize("setting", [{"api": "0.0.0.0:8081"}, {"listen": "0.0.0.0:8080"}])
def test_a_setting_that_opens_the_agent_to_others_is_16(her: Owner, setting: dict[str, str]) -> None:
    file = her.home / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **setting}))

    assert refused(her, "serve")[0] == 16
    assert refused(her, "peers")[0] == 16


def test_settings_that_are_not_json_are_told_with_their_file(her: Owner) -> None:
    (her.home / "config.json").write_text("{")

    status, lines = refused(her, "peers")

    assert status == 2
    assert "config.json" in lines[0]
