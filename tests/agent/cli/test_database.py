"""An agent whose wallet is in a PostgreSQL database: the same commands, and plain words where the database says no."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agent.cli.exits import OPEN_TO_OTHERS, TOO_NEW
from agent.config import password_of
from tests.agent.cli.conftest import ROOT, Owner, free_port, invitation
from tests.postgresql import Server


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> Iterator[Owner]:
    """An org whose wallet is in a database."""
    key = ("--key-file", str(tmp_path / "shop.key"))
    owner = Owner(tmp_path / "shop", f"127.0.0.1:{free_port()}", key, capsys)
    assert owner.init("--kind", "org", "--name", "Shop", "--store", database).status == 0
    yield owner
    if owner.serving:
        owner.stop(9)


def test_a_wallet_in_a_database_leaves_no_file_and_shows_no_password(shop: Owner, database: str) -> None:
    shown = shop.types("config")
    kept = {each.name: each for each in shop.home.iterdir()}

    assert password_of(database)
    assert "wallet.db" not in kept
    assert kept["database.pass"].stat().st_mode & 0o777 == 0o600
    assert password_of(database) not in shown.out + kept["config.json"].read_text()
    assert str(urlsplit(database).port) in shown.out


def test_every_kind_of_command_works_on_a_wallet_in_a_database(shop: Owner, she: Owner, tmp_path: Path) -> None:
    assert she.init().status == 0
    assert she.serve()

    assert "listens" in shop.serve()
    assert she.types("accept", invitation(shop)).status == 0
    assert shop.types("doctor").status in (0, 1)
    assert len(shop.types("peers", "--json").rows) == 1
    assert shop.stop() == 0
    assert len(shop.unlocks("peers", "--json").rows) == 1
    assert "listens" in shop.serve()
    assert len(shop.types("peers", "--json").rows) == 1


def test_a_second_wallet_of_the_same_tenant_is_refused(shop: Owner, database: str, tmp_path: Path) -> None:
    other = Owner(tmp_path / "other", shop.listen, shop.opens, shop.capture)

    again = shop.init("--kind", "org", "--name", "Shop", "--store", database)
    elsewhere = other.init("--kind", "org", "--name", "Shop", "--store", database)

    assert (again.status, elsewhere.status) == (2, 2)
    assert "wallet already" in again.err
    assert "wallet already" in elsewhere.err


def test_a_vendor_is_set_up_in_a_database_in_one_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    key = ("--key-file", str(tmp_path / "shop" / "key"))
    owner = Owner(tmp_path / "shop", f"127.0.0.1:{free_port()}", key, capsys)
    named = ("--name", "Corner Shop", "--development", "--listen", owner.listen)

    made = owner.types("vendor", "init", *named, "--store", database, "--tenant", "corner")

    assert made.status == 0, made.err
    try:
        assert "listens" in owner.serve()
        assert invitation(owner)
    finally:
        owner.stop()


def test_a_wallet_is_backed_up_exported_and_restored(shop: Owner, she: Owner, database: str, tmp_path: Path) -> None:
    words = ("--words-file", str(tmp_path / "words"))
    assert shop.unlocks("api", "key", "add", "till").status == 0
    made = shop.unlocks("backup", "create", str(tmp_path / "one"), *words)
    proved = shop.types("backup", "verify", str(tmp_path / "one"), *words)
    exported = shop.unlocks("export", str(tmp_path / "two"))
    there = Owner(tmp_path / "there", shop.listen, shop.opens, shop.capture)
    restored = there.unlocks("backup", "restore", str(tmp_path / "two"), "--store", database, "--tenant", "there")
    as_file = Owner(tmp_path / "file", shop.listen, shop.opens, shop.capture)
    in_file = as_file.unlocks("backup", "restore", str(tmp_path / "two"))

    assert exported.status == 0, exported.err
    assert restored.status == 0, restored.err
    assert in_file.status == 0, in_file.err
    assert (as_file.home / "wallet.db").exists()
    assert "till" in (kept := shop.unlocks("api", "key", "list", "--json").out)
    assert there.unlocks("api", "key", "list", "--json").out == kept
    assert (made.status, proved.status) == (0, 0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://nobody:wrong@{place}/{base}", "does not let nobody in"),
        ("postgresql://{who}@{place}/nothing_there", "there is no database 'nothing_there'"),
        ("postgresql://{who}@127.0.0.1:1/{base}", "cannot be reached"),
        ("postgresql://{who}@127.0.0.1:port/{base}", "the address of the database cannot be used"),
        ("postgresql://{who}@{place}/{base}?sslmode=maybe", "the address of the database cannot be used"),
        ("mysql://{who}@{place}/{base}", "must be the address of a PostgreSQL database"),
    ],
)
def test_what_is_wrong_with_a_database_is_said_in_words(
    address: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    parts = urlsplit(database)
    who, _, place = parts.netloc.rpartition("@")
    url = address.format(who=who, place=place, base=parts.path.lstrip("/"))
    owner = Owner(tmp_path / "shop", "127.0.0.1:8080", ("--key-file", str(tmp_path / "key")), capsys)

    refused = owner.init("--kind", "org", "--name", "Shop", "--store", url)
    left = list(owner.home.glob("*"))
    again = owner.init("--kind", "org", "--name", "Shop", "--store", database)

    assert refused.status == 2
    assert said in refused.err
    assert password_of(database) not in refused.err + refused.out
    assert left == []
    assert again.status == 0, again.err


OTHERS = "CREATE TABLE item (number integer); GRANT ALL ON item TO PUBLIC"
NEWER = (
    "CREATE TABLE migration (number integer, program text); INSERT INTO migration VALUES (99, 'freerange 9');"
    " GRANT ALL ON migration TO PUBLIC"
)


@pytest.mark.parametrize(
    ("statements", "status", "said"),
    [
        (OTHERS, 2, "are another program's"),
        ("CREATE TABLE migration (id text); GRANT ALL ON migration TO PUBLIC", 2, "are another program's"),
        (NEWER, TOO_NEW, "made by a newer program"),
    ],
)
def test_what_another_program_made_is_left_alone(
    statements: str,
    status: int,
    said: str,
    her: Owner,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    database: str,
    postgresql: Server,
) -> None:
    base = database.rpartition("/")[2]
    postgresql.sql(statements, base)
    owner = Owner(tmp_path / "shop", "127.0.0.1:8080", ("--key-file", str(tmp_path / "key")), capsys)

    made = owner.init("--kind", "org", "--name", "Shop", "--store", database)
    moved = her.types("store", "migrate", "--to", database)

    assert (made.status, moved.status) == (status, status), made.err + moved.err
    assert said in made.err
    assert said in moved.err
    assert "nothing was made" in made.err.lower() or "nothing was changed" in made.err.lower()
    assert list(owner.home.glob("*")) == []
    assert not (her.home / "database.pass").exists()
    assert her.unlocks("peers").status == 0
    assert len(postgresql.sql("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", base).split()) == 1


def test_a_database_named_by_mistake_gets_no_tables(shop: Owner, postgresql: Server) -> None:
    other = postgresql.database()
    assert shop.types("config", "set", "store", other).status == 0

    started = shop.unlocks("serve", "--workers", "2")
    looked = shop.unlocks("peers")
    dropped = shop.types("store", "drop", "--yes")

    assert (started.status, looked.status, dropped.status) == (2, 2, 2)
    assert "no wallet of" in looked.err
    assert postgresql.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", other.rpartition("/")[2]) == "0"


def test_a_new_password_is_given_in_the_address_and_stands_in_no_setting(
    shop: Owner, database: str, postgresql: Server
) -> None:
    wrong = database.replace(password_of(database), "no-longer")
    assert shop.types("config", "set", "store", wrong).status == 0
    refused = shop.unlocks("peers")

    given = shop.types("config", "set", "store", database)

    assert refused.status == 2
    assert "does not let" in refused.err
    assert "freerange config set store" in refused.err
    assert given.status == 0
    assert password_of(database) not in given.out + (shop.home / "config.json").read_text()
    assert shop.unlocks("peers").status == 0


def test_a_role_that_sees_every_tenant_is_refused_whatever_is_asked(
    her: Owner, tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str, postgresql: Server
) -> None:
    parts = urlsplit(database)
    url = database.replace(f"{parts.username}:", "postgres:")
    owner = Owner(tmp_path / "shop", "127.0.0.1:8080", ("--key-file", str(tmp_path / "key")), capsys)

    made = owner.init("--kind", "org", "--name", "Shop", "--store", url)
    moved = her.types("store", "migrate", "--to", url)

    assert password_of(url) == postgresql.password
    assert (made.status, moved.status) == (OPEN_TO_OTHERS, OPEN_TO_OTHERS)
    assert list(owner.home.glob("*")) == []
    assert her.unlocks("peers").status == 0


def test_an_agent_whose_database_is_away_says_so(shop: Owner, postgresql: Server) -> None:
    postgresql.stop()
    try:
        refused = shop.unlocks("peers")
    finally:
        postgresql.start()

    assert refused.status == 2
    assert "cannot be reached" in refused.err
    assert shop.unlocks("peers").status == 0


def test_an_agent_with_a_wallet_file_loads_nothing_that_a_database_takes(her: Owner) -> None:
    look = (
        "import sys, agent.serving, agent.home, agent.porch, agent.cli.home, agent.cli.keeping, agent.cli.unlocking;"
        "from agent.__main__ import main;"
        f"main({['--home', str(her.home), 'doctor', *her.opens]!r});"
        "sys.exit(any(name.startswith(('greenlet', 'asyncpg', 'uvloop')) for name in sys.modules))"
    )

    done = subprocess.run((sys.executable, "-c", look), cwd=ROOT, capture_output=True, text=True, check=False)

    assert "the wallet opens" in done.stdout
    assert done.returncode == 0, done.stderr
