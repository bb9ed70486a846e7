"""A wallet moves into a database that has others in it, and is large: what that costs them, and how long a step is."""

import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.wallet.store.ways import Killed, Way, filled_file, in_file, killing, on_server
from wallet.store.transfer import carrying, in_server
from wallet.store.transfer.move import keep

FEW = """
CREATE FUNCTION few() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM gone) > 7 THEN RAISE EXCEPTION 'so many take too long'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER few AFTER DELETE ON heard REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION few();
"""


async def test_what_arrived_of_a_move_that_was_given_up_is_removed_a_part_at_a_time(
    postgresql: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "PAGE_ROWS", 7)
    monkeypatch.setattr(in_server, "_REMOVED_AT_ONCE", 7)
    async with in_file(filled_file(tmp_path / "wallet.db")) as here, on_server(database) as there:
        way = Way(here, there)
        with suppress(Killed):
            await way.go(killing(20))
        await keep(here)
        postgresql.sql(FEW, database.rpartition("/")[2])

        assert await way.go()

        assert await way.same()


async def test_nobody_waits_while_the_highest_place_is_looked_up(
    postgresql: Server, database: str, tmp_path: Path
) -> None:
    async with on_server(database):
        postgresql.sql(f"ALTER DATABASE {database.rpartition('/')[2]} SET log_statement = 'all'")
    before = len(postgresql.said())

    async with in_file(filled_file(tmp_path / "wallet.db")) as here, on_server(database) as there:
        await Way(here, there).go()

    order = re.findall(r"LOCK TABLE|max\(place\)|COMMIT", postgresql.said()[before:])
    assert "LOCK TABLE" in order
    assert ("LOCK TABLE", "max(place)") not in set(pairwise(order))
