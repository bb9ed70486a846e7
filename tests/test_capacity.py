"""How much machine so many customers need: the arithmetic, the simulation it stands on, and the page."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts._capacity import command, filling, looking, page, served, shards, sizes, stored
from scripts._capacity.arithmetic import Demand, Figures, Need, fault, need
from scripts._capacity.handshake import Handshake, handshake
from tests.postgresql import Server
from wallet.records import Relationship
from wallet.store import file, peers, schema, threads, waiting
from wallet.store.file_transaction import FileTransaction
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

BY = Figures(
    yard=40e-6,
    http=6.0,
    socket=5.0,
    answered=12.0,
    relationship=20_000,
    keys=1200,
    message=3000,
    log=20_000,
    open_socket=20_000,
    worker=60 * 2**20,
    shown=1_000_000,
)
demands = st.builds(
    Demand,
    customers=st.integers(1, 10**8),
    messages=st.floats(0.01, 100),
    answered=st.floats(0, 1),
    peak=st.floats(1, 100),
    online=st.floats(0, 1),
    retention=st.floats(0, 4000),
    busy=st.floats(0.05, 1),
    pairwise=st.booleans(),
    core_hour=st.floats(0, 10),
    gb_month=st.floats(0, 10),
)


def changed(demand: Demand, **other: object) -> tuple[Need, Need]:
    """What is needed, and what is if something of it is another."""
    return need(demand, BY), need(msgspec.structs.replace(demand, **other), BY)


@given(demands)
def test_twice_the_customers_need_twice_of_everything(demand: Demand) -> None:
    one, two = changed(demand, customers=2 * demand.customers)

    for name in ("messages", "rate", "cores", "sockets", "relationships", "said", "storage", "log"):
        assert two[name] == pytest.approx(2 * one[name])
    assert two["memory"] <= 2 * one["memory"] + 1e-9
    assert one["shards"] <= two["shards"] <= 2 * one["shards"]


@given(demands)
def test_a_higher_peak_needs_more_cores_and_no_more_room(demand: Demand) -> None:
    one, two = changed(demand, peak=2 * demand.peak)

    assert two["cores"] == pytest.approx(2 * one["cores"])
    assert [two[name] for name in ("storage", "log", "sockets", "shards")] == [
        one[name] for name in ("storage", "log", "sockets", "shards")
    ]


@given(demands)
def test_what_is_kept_longer_takes_more_room_and_no_more_cores(demand: Demand) -> None:
    one, two = changed(demand, retention=2 * demand.retention)

    assert two["said"] == pytest.approx(2 * one["said"])
    assert (two["relationships"], two["cores"]) == (one["relationships"], one["cores"])
    assert two["storage"] == pytest.approx(two["relationships"] + two["said"])


@given(demands)
def test_the_cost_is_that_of_cores_and_room(demand: Demand) -> None:
    _, free = changed(demand, core_hour=0.0, gb_month=0.0)
    _, room = changed(demand, core_hour=0.0)
    one = need(demand, BY)

    assert free["cost"] == 0
    assert one["cost"] >= room["cost"] == pytest.approx(one["storage"] * (demand.gb_month or 0))
    assert "cost" not in {line.name for line in changed(demand, gb_month=None)[1].lines}


def test_the_numbers_are_those_of_the_formula() -> None:
    demand = Demand(86_400, messages=1, answered=0.5, peak=4, online=0.25, retention=100, busy=0.5, pairwise=True)

    found = need(demand, BY)

    assert found["rate"] == 4
    assert found["work"] == 0.25 * 5 + 0.75 * 6 + 0.5 * 6
    assert found["cores"] == pytest.approx(4 * 8.75 * 40e-6 / 0.5)
    assert found["relationships"] == pytest.approx(86_400 * 21_200 / 1e9)
    assert found["said"] == pytest.approx(86_400 * 1.5 * 100 * 3000 / 1e9)
    assert found["memory"] == pytest.approx((21_600 * 20_000 + 60 * 2**20) / 1e9)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"online": 1.5}, "online is a share"),
        ({"busy": 0.0}, "no number of cores"),
        ({"peak": 0.5}, "at least 1"),
        ({"customers": -1}, "below 0"),
        ({"core_hour": -0.1}, "below 0"),
    ],
)
def test_a_demand_that_cannot_be_is_named(wrong: dict[str, float], words: str) -> None:
    demand = msgspec.structs.replace(Demand(10), **wrong)

    assert words in fault(demand)
    assert fault(Demand(10)) == ""


# -- the program ---------------------------------------------------------------------------------------------------


def test_the_program_says_what_went_in_and_what_came_out(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--customers", "50000", "--messages", "2", "--core-hour", "0.05", "--gb-month", "0.1"]

    assert command.main("", [*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert command.main("", words) == 0
    shown = capsys.readouterr().out

    assert said["demand"]["customers"] == 50_000
    assert said["need"]["messages"]["value"] == 100_000
    assert said["need"]["cost"]["value"] > 0
    for line in said["need"].values():
        assert line["formula"] in shown
        assert line["numbers"] in shown


@pytest.mark.parametrize(
    "words",
    [
        ["--online", "2"],
        ["--check"],
        ["--simulate", "7"],
        ["--customers", "many"],
        ["--messages", "nan"],
        ["--peak", "inf"],
        ["--postgresql"],
        ["--found"],
        ["--side", "person"],
        ["--simulate", "100", "--store", "/nowhere"],
        ["--core-hour", "1"],
        ["--figures", "/nowhere/run.json"],
        ["--figures", __file__],
    ],
)
def test_the_program_refuses_what_makes_no_sense(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        command.main("", words)

    assert stop.value.code == 2
    assert "error" in capsys.readouterr().err


def test_a_run_of_the_bench_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    kept, run = tmp_path / "capacity.json", tmp_path / "run.json"
    kept.write_bytes(stored.FILE.read_bytes())
    before = stored.figures(stored.read(kept))
    line = {"name": f"{stored.HTTP}, 16 in flight", "unit": "Y", "median": 3.25, "spread": 0.1}
    run.write_text(json.dumps({"machine": {"Y": "20.0 us"}, "figures": [line]}))

    assert stored.take(run, kept) == "bench"

    after = stored.figures(stored.read(kept))
    assert (after.http, after.yard) == (3.25, 20e-6)
    assert msgspec.structs.replace(after, http=before.http, yard=before.yard) == before
    assert stored.figures(stored.read(), run) == after


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "missing required field"),
        ('{"figures": []}', "none of the figures"),
        ("no run", "Expecting value"),
        ("7", "is no run"),
        ('{"figures": [{}]}', "is no run of scripts/bench"),
        ('{"figures": [{"name": "an idle WebSocket", "unit": "", "median": 1, "spread": 0}]}', "what a Y took"),
        ('{"side": "org"}', "missing required field"),
    ],
)
def test_what_is_no_run_changes_nothing(tmp_path: Path, text: str, words: str) -> None:
    kept, run = tmp_path / "capacity.json", tmp_path / "run.json"
    kept.write_bytes(stored.FILE.read_bytes())
    run.write_text(text)

    with pytest.raises(ValueError, match=words):
        stored.take(run, kept)

    assert kept.read_bytes() == stored.FILE.read_bytes()


def test_a_run_in_a_database_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    kept, run = tmp_path / "capacity.json", tmp_path / "run.json"
    kept.write_bytes(stored.FILE.read_bytes())
    before = stored.read(kept)
    larger = msgspec.structs.replace(before.served, server=before.served.server | {"shared_buffers": "2GB"})
    run.write_bytes(msgspec.json.encode(larger))

    assert stored.take(run, kept) == "served"

    assert stored.read(kept) == msgspec.structs.replace(before, served=larger)
    assert "shared_buffers 2GB" in page.text(stored.read(kept))


def test_the_page_is_what_is_stored_and_keeps_its_bounds() -> None:
    text = page.text(stored.read())

    assert page.PAGE.read_text() == text
    assert "DOES NOT KEEP" not in text
    assert "100,000,000" in text


def test_every_table_is_spread_by_the_peer_or_says_why_not() -> None:
    found = {each.name: each for each in shards.tables()}

    assert {name for name, each in found.items() if not each.by_peer} == set(shards.ELSEWHERE)
    assert set(schema.SEALED) <= set(found)
    assert found["thread"] == shards.Table("thread", ("peer", "thid"), ("thread_by_thid",))


# -- the simulation ------------------------------------------------------------------------------------------------

MET, WHOLE, SERVED = 2000, 150, 100


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Handshake:
    """A handshake as it is in an org's wallet."""
    return asyncio.run(handshake(tmp_path_factory.mktemp("agents")))


async def filled(folder: Path, shaken: Handshake, count: int) -> FileStore:
    """A store with so many relationships."""
    store = FileStore.create(folder / "wallet", Vault.create(bytes(32)))
    await filling.fill(store, shaken, range(count))
    return store


def test_copies_differ_in_every_name_and_in_nothing_else(shaken: Handshake) -> None:
    one, other = shaken.copy(1), shaken.copy(2)

    assert one == shaken.copy(1)
    assert len({one.peer, other.peer, one.thread, other.thread}) == 4
    assert [type(line) for line in one.lines] == [type(line) for line in other.lines]
    assert one.peer not in str(other.lines)
    [known] = [line for line in one.lines if isinstance(line, Relationship)]
    assert msgspec.json.decode(msgspec.json.encode(known))["content"]["agreements"]
    sizes = [len(msgspec.json.encode(each.lines)) for each in (one, other)]
    assert abs(sizes[0] - sizes[1]) < 100  # base58 has a letter more or less


async def test_a_filled_store_is_sound_and_knows_everybody(tmp_path: Path, shaken: Handshake) -> None:
    store = await filled(tmp_path, shaken, WHOLE)

    for number in range(WHOLE):
        looking.look(store, shaken.copy(number))
    assert store.verify() == ()
    assert store.peer_of(shaken.copy(WHOLE).did) is None
    store.close()


async def test_all_of_a_handshake_takes_less_than_25_kb(tmp_path: Path, shaken: Handshake) -> None:
    empty = tmp_path / "empty"
    FileStore.create(empty, Vault.create(bytes(32))).close()
    (await filled(tmp_path, shaken, WHOLE)).close()

    found = sizes.by_table(sizes.trees(tmp_path / "wallet"), sizes.trees(empty), WHOLE)

    assert 15_000 < sum(found.values()) < 25_000


async def test_a_relationship_takes_less_than_2_kb(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir(mode=0o700)
    found_only = await handshake(tmp_path / "agents", only_found=True)
    empty = tmp_path / "empty"
    FileStore.create(empty, Vault.create(bytes(32))).close()
    (await filled(tmp_path, found_only, MET)).close()

    trees = sizes.trees(tmp_path / "wallet")

    found = sizes.by_table(trees, sizes.trees(empty), MET)
    assert 1000 < sum(found[table] for table in sizes.RELATIONSHIP) < page.MOST_BYTES
    assert max(tree.depth for tree in trees) <= 3


@pytest.mark.full
def test_in_a_database_everybody_is_found_and_measured(postgresql: Server, tmp_path: Path) -> None:
    run = waiting.run(served.simulate(postgresql, tmp_path, (SERVED, 2 * SERVED), quiet=True))

    assert [each.relationships for each in run.sizes] == [SERVED, 2 * SERVED]
    assert all(0 < each.server[0] < each.warm.cpu_p50 <= each.warm.cpu_p99 for each in run.sizes)
    assert all(1000 < each.relationship < sum(each.table.values()) for each in run.sizes)
    assert run.server["fsync"] == "on"


async def test_a_look_up_reads_by_an_index_and_never_all_rows(tmp_path: Path, shaken: Handshake) -> None:
    store = await filled(tmp_path, shaken, 20)
    copy, said = shaken.copy(7), list[str]()
    with closing(file.connect(store.path, writes=False)) as connection:
        connection.set_trace_callback(said.append)
        tx = FileTransaction(connection, store.vault)
        assert peers.peer_of(tx, did=copy.did) == copy.peer
        assert peers.peer(tx, peer=copy.peer)
        assert threads.thread(tx, peer=copy.peer, thid=copy.thread)
        connection.set_trace_callback(None)

        plans = [plan(connection, sql) for sql in said]

    assert len(plans) == 3
    for steps in plans:
        assert steps
        assert all(step.startswith("SEARCH") and "USING INDEX" in step for step in steps), steps
    store.close()


def plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    """How SQLite would execute a statement."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
