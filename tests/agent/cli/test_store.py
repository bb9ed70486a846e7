"""`freerange store`: a wallet goes to a database and back, interrupted or not, and only one copy of it ever opens."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.agent.cli.conftest import ROOT, Outcome, Owner, free_port, invitation
from tests.faults.failpoints import VARIABLE
from tests.faults.points import MOVE
from tests.postgresql import Server

KILLED = -9
PAGES = 2  # of a wallet that is new: a page for each table that has any rows


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Owner]:
    """An org with a wallet in a file."""
    key = ("--key-file", str(tmp_path / "shop.key"))
    owner = Owner(tmp_path / "shop", f"127.0.0.1:{free_port()}", key, capsys)
    assert owner.init("--kind", "org", "--name", "Shop").status == 0
    yield owner
    if owner.serving:
        owner.stop(9)


def meet(shop: Owner, she: Owner) -> None:
    """She takes up an invitation of the shop."""
    assert "listens" in shop.serve()
    assert "listens" in she.serve()
    assert she.types("accept", invitation(shop)).status == 0
    assert shop.stop() == 0


def known(shop: Owner) -> list[object]:
    """Whom the shop knows."""
    return [each["fingerprint"] for each in shop.unlocks("peers", "--json").rows]


def file(shop: Owner) -> str:
    return str(shop.home / "wallet.db")


def move(shop: Owner, to: str, failpoints: str = "") -> "subprocess.CompletedProcess[str]":
    """Move the wallet, in a process that may die of it."""
    command = (sys.executable, "-m", "tests.faults.start", "--home", str(shop.home), "store", "migrate", "--to", to)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FREERANGE_")}
    return subprocess.run(
        command, cwd=ROOT, env={**kept, VARIABLE: failpoints}, capture_output=True, text=True, check=False
    )


def put_away(shop: Owner, to: str) -> None:
    """After a move away from it, the file that was left."""
    if to != file(shop):
        Path(file(shop)).unlink()


def test_it_goes_to_a_database_and_back_and_knows_whom_it_knew(shop: Owner, her: Owner, database: str) -> None:
    meet(shop, her)
    before = known(shop)

    there = shop.types("store", "migrate", "--to", database)
    between = known(shop)
    assert "listens" in shop.serve()
    assert her.types("ping", "Shop").status == 0
    running = shop.types("store", "migrate", "--to", file(shop))
    shop.stop()
    in_the_way = shop.types("store", "migrate", "--to", file(shop))
    Path(file(shop)).rename(file(shop) + ".old")
    back = shop.types("store", "migrate", "--to", file(shop))

    assert (there.status, running.status, in_the_way.status, back.status) == (0, 13, 2, 0), back.err
    assert "compared, table by table" in there.out
    assert f"mv {file(shop)}" in in_the_way.err
    assert before == between == known(shop) != []
    assert "listens" in shop.serve()
    assert her.types("ping", "Shop").status == 0


def test_the_copy_that_was_left_does_not_open(shop: Owner, database: str) -> None:
    settings = (shop.home / "config.json").read_bytes()
    assert shop.types("store", "migrate", "--to", database).status == 0
    again = shop.types("store", "migrate", "--to", database)
    (shop.home / "config.json").write_bytes(settings)  # as if nobody had told the agent

    opened = shop.unlocks("peers")
    refused = shop.types("store", "keep")
    kept = shop.types("store", "keep", "--yes")

    assert again.status == 2
    assert opened.status == 13
    assert "was moved to postgresql://127.0.0.1" in opened.err
    assert (refused.status, kept.status) == (2, 0)
    assert "contradict each other" in refused.err
    assert shop.unlocks("peers").status == 0


def test_a_second_copy_of_a_wallet_does_not_come_into_a_database_that_has_it(
    shop: Owner, database: str, tmp_path: Path
) -> None:
    """Two tenants may have the same in their wallets, but not the very same wallet."""
    shutil.copytree(shop.home, tmp_path / "copy")
    copy = Owner(tmp_path / "copy", shop.listen, shop.opens, shop.capture)
    assert shop.types("store", "migrate", "--to", database, "--tenant", "one").status == 0
    before = shop.unlocks("api", "key", "list", "--json")

    refused = copy.types("store", "migrate", "--to", database, "--tenant", "two")
    kept = copy.types("store", "keep")

    assert (refused.status, kept.status) == (2, 0), refused.err
    assert "another tenant of that database has this wallet already" in refused.err
    assert copy.unlocks("peers").status == 0
    assert shop.unlocks("api", "key", "list", "--json") == before
    assert shop.unlocks("doctor").status in (0, 1)


def test_no_password_is_shown_or_set(shop: Owner, postgresql: Server, database: str) -> None:
    moved = shop.types("store", "migrate", "--to", database)

    assert moved.status == 0, moved.err
    assert postgresql.password not in moved.out + moved.err + (shop.home / "config.json").read_text()
    assert postgresql.password.encode() not in Path(file(shop)).read_bytes()


@pytest.mark.parametrize("name", MOVE)
def test_killed_at_any_point_it_is_typed_again(shop: Owner, database: str, name: str) -> None:
    for to, side in ((database, "server"), (file(shop), "file")):
        if name.endswith("-commit") and side not in name:
            assert move(shop, to).returncode == 0
            put_away(shop, to)
            continue
        turn = random.Random(name).randint(1, PAGES) if "page" in name or "commit" in name else 1
        before = known(shop)
        died = move(shop, to, f"{name}=kill@{turn}")
        opens = shop.unlocks("peers").status

        again = move(shop, to)

        assert died.returncode == KILLED, died.stderr
        assert opens == (0 if name == "transfer.before-mark" else 13)
        assert again.returncode == 0, again.stderr
        assert known(shop) == before
        assert shop.unlocks("doctor").status in (0, 1)
        put_away(shop, to)


def test_a_move_that_is_given_up_leaves_everything_as_it_was(shop: Owner, database: str) -> None:
    move(shop, database, "transfer.after-page=kill@1")
    stuck = shop.unlocks("peers")

    kept = shop.types("store", "keep")

    assert stuck.status == 13
    assert "freerange store migrate" in stuck.err
    assert kept.status == 0
    assert shop.unlocks("peers").status == 0
    assert shop.types("store", "migrate", "--to", database).status == 0
    assert shop.unlocks("peers").status == 0


async def test_a_row_altered_in_the_middle_is_noticed(shop: Owner, database: str) -> None:
    move(shop, database, "transfer.compared=kill@1")
    connection = await asyncpg.connect(database, server_settings={"freerange.tenant": "1", "freerange.name": "any"})
    altered = await connection.execute(
        "UPDATE item SET revision = revision + 1 WHERE place = (SELECT max(place) FROM item)"
    )
    await connection.close()

    found = move(shop, database)

    assert altered == "UPDATE 1"
    assert found.returncode == 12
    assert "item (" in found.stderr
    assert move(shop, database).returncode == 0


@pytest.mark.parametrize(
    ("to", "status", "said"),
    [
        ("elsewhere.db", 2, "no address of a database"),
        ("postgresql://nobody@127.0.0.1:9/none", 2, "cannot be reached"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_the_wallet_alone(shop: Owner, to: str, status: int, said: str) -> None:
    outcome: Outcome = shop.types("store", "migrate", "--to", to)

    assert outcome.status == status
    assert said in outcome.err
    assert shop.unlocks("peers").status == 0


def test_a_wallet_goes_from_one_database_to_another_with_a_password_of_its_own(
    shop: Owner, database: str, postgresql: Server
) -> None:
    other = postgresql.database()
    postgresql.sql("CREATE ROLE other LOGIN PASSWORD 'another'; GRANT freerange TO other")
    elsewhere = f"postgresql://other:another@127.0.0.1:{postgresql.port}/{other.rpartition('/')[2]}"
    assert shop.types("store", "migrate", "--to", database).status == 0

    refused = shop.types("store", "migrate", "--to", elsewhere.replace(":another@", ":wrong@"))
    here = shop.unlocks("peers").status
    moved = shop.types("store", "migrate", "--to", elsewhere)
    there = shop.unlocks("peers").status
    kept = shop.types("store", "keep", "--at", database, "--yes")

    assert refused.status == 2
    assert "the wallet was not moved" in refused.err
    assert (here, there) == (0, 0)
    assert moved.status == 0, moved.err
    assert kept.status == 0, kept.err
    assert shop.unlocks("peers").status == 0
