"""Who has the hold on a wallet in a database writes to it: what is looked at whenever a line is made anew."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.wallet.store.beside import in_the_way
from tests.wallet.store.changes import ANN
from wallet.errors import Locked
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry
from wallet.store.postgresql import ServerStore
from wallet.store.transfer.move import move
from wallet.store.transfer.places import InFile, OnServer, opened
from wallet.vault import Vault

KEY = bytes(32)
SAID = Change(ANN, log=(Entry("t1", "1", True, 1, b"said"),))


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


async def test_a_wallet_that_was_moved_away_while_its_agent_was_cut_off_is_not_written_to(
    shop: ServerStore, postgresql: Server, database: str, tmp_path: Path
) -> None:
    postgresql.cut()
    elsewhere = InFile(tmp_path / "wallet.db")
    async with opened(OnServer(database, "shop")) as source, opened(elsewhere, new=True) as target:
        await move(source, target, to=str(elsewhere), now=1, told=lambda _: None)

    for _ in range(3):  # over the line that was cut, and over new ones
        with pytest.raises((Locked, OSError)) as refused:
            await shop.apply(SAID)

    assert isinstance(refused.value, Locked)
    assert "goes on there" in str(refused.value)
    assert shop.counts()["log"] == 0


async def test_what_cannot_be_opened_now_is_told_in_plain_words_and_holds_up_nobody(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    shop.close()
    altering = f"ALTER DATABASE {database.rpartition('/')[2]}"
    postgresql.sql(f"{altering} SET statement_timeout = '300ms'")

    async with in_the_way(database, "LOCK TABLE meta"):
        with pytest.raises(OSError, match="did not answer in time"):
            stores.open(database, "shop")
        with pytest.raises(OSError, match="did not answer in time"), stores.snapshot(database, "shop", shop.vault):
            pass
    async with asyncio.timeout(60):
        while postgresql.sql(f"SELECT count(*) FROM pg_locks WHERE classid = {stores.HOLD}") != "0":  # noqa: ASYNC110 - until the server has noticed that nobody is there
            await asyncio.sleep(0.02)

    postgresql.sql(f"{altering} RESET statement_timeout")  # it is not judged how quick it is opened
    stores.open(database, "shop").close()


async def test_a_snapshot_may_be_read_as_slowly_as_one_likes(shop: ServerStore) -> None:
    with shop.snapshot() as tx:
        found = tx.row("SELECT current_setting('idle_in_transaction_session_timeout')")

    assert found == ("0",)
