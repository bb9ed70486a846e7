"""`freerange store drop`: a tenant's wallet leaves a database for good, and nothing else does."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.cli.conftest import Outcome, Owner, free_port, invitation
from tests.postgresql import Server
from wallet.store.server_schema import LATER, TABLES


class Typed(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


def org(folder: Path, name: str, capture: pytest.CaptureFixture[str], database: str) -> Owner:
    """An org whose wallet is in a database."""
    made = Owner(folder / name, f"127.0.0.1:{free_port()}", ("--key-file", str(folder / f"{name}.key")), capture)
    assert made.init("--kind", "org", "--name", name, "--store", database, "--tenant", name).status == 0
    assert made.unlocks("api", "key", "add", f"system of {name}").status == 0
    return made


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> Iterator[Owner]:
    """An org, and another one in the same database."""
    org(tmp_path, "other", capsys, database)
    made = org(tmp_path, "shop", capsys, database)
    yield made
    if made.serving:
        made.stop(9)


@pytest.fixture
def other(shop: Owner, tmp_path: Path) -> Owner:
    """The other one."""
    return Owner(tmp_path / "other", shop.listen, ("--key-file", str(tmp_path / "other.key")), shop.capture)


def tenants(server: Server, database: str) -> list[str]:
    """The names of all tenants, whoever asks."""
    return server.sql("SELECT name FROM tenant ORDER BY name", database.rpartition("/")[2]).split()


def numbers(server: Server, database: str) -> set[int]:
    """Whose rows there are in any table."""
    each = (f"SELECT tenant FROM {table}" for table in (*TABLES, *LATER))
    return {int(found) for found in server.sql(" UNION ".join(each), database.rpartition("/")[2]).split()}


def kept(owner: Owner) -> Outcome:
    """What an org's wallet holds under its own secret: the key it made for a system of its own."""
    return owner.unlocks("api", "key", "list", "--json")


def test_nothing_of_a_tenant_is_left_and_everything_of_another(
    shop: Owner, other: Owner, she: Owner, postgresql: Server, database: str
) -> None:
    assert she.init().status == 0
    assert she.serve()
    assert "listens" in shop.serve()
    assert she.types("accept", invitation(shop)).status == 0
    running = shop.types("store", "drop", "--yes")
    shop.stop()
    before, both = kept(other).out, numbers(postgresql, database)

    done = shop.types("store", "drop", "--yes")

    assert (running.status, done.status) == (13, 0), done.err
    assert "Removed the wallet" in done.out
    assert tenants(postgresql, database) == ["other"]
    assert len(both) == 2
    assert len(numbers(postgresql, database)) == 1
    assert kept(other).out == before
    assert shop.unlocks("peers").status == 2
    assert shop.types("store", "drop", "--yes").status == 2


def test_who_takes_the_name_later_sees_nothing_of_the_old_and_the_old_key_opens_nothing(
    shop: Owner, tmp_path: Path, postgresql: Server, database: str
) -> None:
    before = numbers(postgresql, database)
    assert "system of shop" in kept(shop).out
    assert shop.types("store", "drop", "--yes").status == 0
    named = ("--kind", "org", "--name", "shop", "--store", database, "--tenant", "shop")
    heir = Owner(tmp_path / "heir", shop.listen, ("--key-file", str(tmp_path / "heir.key")), shop.capture)

    again = heir.init(*named)
    with_old_key = kept(shop)

    assert again.status == 0, again.err
    assert kept(heir).said["keys"] == []
    assert with_old_key.status == 10
    assert numbers(postgresql, database) - before, "a number is never given again"


@pytest.mark.parametrize(("typed", "status"), [("shop\n", 0), ("yes\n", 1), ("", 1)])
def test_its_name_has_to_be_typed(
    shop: Owner, monkeypatch: pytest.MonkeyPatch, postgresql: Server, database: str, typed: str, status: int
) -> None:
    unasked = shop.types("store", "drop")
    monkeypatch.setattr(sys, "stdin", Typed(typed))

    asked = shop.types("store", "drop")

    assert (unasked.status, asked.status) == (2, status)
    assert "add --yes" in unasked.err
    assert ("shop" in tenants(postgresql, database)) == bool(status)


def test_the_copy_that_was_left_behind_can_be_removed_by_its_place(
    shop: Owner, other: Owner, postgresql: Server, database: str
) -> None:
    wallet = str(shop.home / "wallet.db")
    assert shop.types("store", "migrate", "--to", wallet).status == 0
    in_file = shop.types("store", "drop", "--yes")

    done = shop.types("store", "drop", "--yes", "--at", database, "--tenant", "shop")

    assert in_file.status == 2
    assert "in no database" in in_file.err
    assert done.status == 0, done.err
    assert tenants(postgresql, database) == ["other"]
    assert "system of shop" in kept(shop).out
    assert "system of other" in kept(other).out
    assert postgresql.password not in done.out + done.err
