"""`freerange serve --workers N`: one agent, several processes; and plain words where there can be only one."""

import asyncio
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent import places
from agent.agent import unix_now
from agent.cli.exits import FAILED, HELD
from agent.cli.told import Told
from agent.cli.worker import Order, begin, work
from agent.desk import Desk
from agent.parcel import FOR_EVER, RESEND_AFTER
from agent.transports.http import ENCRYPTED
from tests.agent.cli.conftest import Owner, free_port, invitation
from tests.faults.staffed import listener
from tests.faults.test_loop import uses_uvloop
from wallet.store import waiting
from wallet.store.change import Change, Outgoing

MESSAGES = 16  # by chance, all of them go to the same of two workers once in 32,768 times


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> Iterator[Owner]:
    """An org whose wallet is in a database."""
    key = ("--key-file", str(tmp_path / "shop.key"))
    owner = Owner(tmp_path / "shop", f"127.0.0.1:{free_port()}", key, capsys)
    assert owner.init("--kind", "org", "--name", "Shop", "--store", database).status == 0
    yield owner
    if owner.serving:
        owner.stop(signal.SIGTERM)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_person_meets_an_org_of_two_workers(shop: Owner, she: Owner, loop: str) -> None:
    assert she.init().status == 0
    assert she.serve()
    shop.types("config", "set", "loop", loop)

    line = shop.serve("--workers", "2")
    at_the_desk(shop)
    workers = listener(int(shop.listen.rpartition(":")[2]))
    met = she.types("accept", invitation(shop)).status
    known = shop.types("peers", "--json").rows

    assert "The 2 workers of Shop listen on" in line
    assert [uses_uvloop(each) for each in workers] == [loop == "uvloop"] * 2
    assert met == 0
    assert len(known) == 1


def test_stopped_by_name_all_of_them_are_gone(shop: Owner) -> None:
    shop.serve("--workers", "2")
    at_the_desk(shop)

    stopped = shop.types("stop")

    assert stopped.status == 0
    assert shop.serving
    assert shop.serving.wait(60) == 0
    assert "listens" in shop.serve()


def test_while_they_work_nobody_else_starts(shop: Owner) -> None:
    shop.serve("--workers", "2")

    second = shop.unlocks("serve", "--workers", "2")

    assert second.status == HELD
    assert "open" in second.err


def test_what_all_of_them_count_is_told_in_one_place(shop: Owner) -> None:
    place = watched(shop)
    shop.serve("--workers", "2")
    for _ in range(MESSAGES):
        assert answer(f"http://{shop.listen}/", b"{}") == 400

    shown = series(place)
    ready = json.loads(urllib.request.urlopen(f"http://{place}/ready").read())

    assert shown["freerange_messages_received_total", (("result", "malformed"),)] == MESSAGES
    assert [shown["freerange_worker_up", (("worker", each),)] for each in "01"] == [1, 1]
    assert {labels for name, labels in shown if name == "freerange_process_cpu_seconds_total"} == {
        (("worker", "0"),),
        (("worker", "1"),),
    }
    assert shown["freerange_ready", (("check", "store"),)] == 1
    assert ready["ready"] is True
    assert ready["checks"]["workers"] is True
    assert answer(f"http://{place}/health") == 200


def test_when_whoever_looks_after_them_is_killed_they_end(shop: Owner) -> None:
    shop.serve("--workers", "1")
    at_work, port = shop.serving, int(shop.listen.rpartition(":")[2])
    assert at_work
    assert len(listener(port)) == 1

    at_work.kill()
    deadline = time.monotonic() + 60
    while listener(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    began_anew = shop.serve("--workers", "1")
    while "listens" not in began_anew and "listen on" not in began_anew:  # the last of them lets go of the wallet
        assert time.monotonic() < deadline
        began_anew = shop.serve("--workers", "1")


def test_what_was_counted_stays_counted_when_a_worker_is_killed(shop: Owner) -> None:
    """Prometheus would take a smaller sum for a new start from nothing, and see all of it happen once more."""
    place = watched(shop)
    shop.serve("--workers", "1")
    for _ in range(MESSAGES):
        answer(f"http://{shop.listen}/", b"{}")
    first, sums = began(place), list[float]()

    for each in sorted(listener(int(shop.listen.rpartition(":")[2]))):
        os.kill(each, signal.SIGKILL)
    while began(place) in (0, first):
        sums.append(series(place)["freerange_messages_received_total", (("result", "malformed"),)])
    sums.append(series(place)["freerange_messages_received_total", (("result", "malformed"),)])

    assert set(sums) == {MESSAGES}


def test_started_anew_by_what_is_set_now_if_that_will_do(shop: Owner) -> None:
    place, file = watched(shop), shop.home / "config.json"
    shop.serve("--workers", "1")
    good, before = file.read_text(), began(place)

    for bad in ({"mediates": True}, {"tls_certificate": "none.pem", "tls_key": "none.key"}, {"kind": "robot"}):
        file.write_text(json.dumps({**json.loads(good), **bad}))
        told_to_start_anew(shop, "the workers stay as they are")
    same = began(place)
    file.write_text(good)
    told_to_start_anew(shop, "all workers were started anew")

    assert same == before
    assert began(place) > before


def test_told_again_while_they_are_started_anew_all_are_once_more(shop: Owner) -> None:
    """Else whoever has started already would keep settings that have changed since."""
    place = watched(shop)
    shop.serve("--workers", "1")
    first = began(place)

    assert shop.serving
    shop.serving.send_signal(signal.SIGHUP)
    while (now := began(place)) == first:
        time.sleep(0.02)
    told_to_start_anew(shop, "all workers were started anew", 2)

    assert began(place) > max(first, now)


def test_nobody_else_shares_their_place(shop: Owner) -> None:
    """Not even a program that would: the system would deal out connections to both."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", int(shop.listen.rpartition(":")[2])))
        other.listen()

        refused = shop.unlocks("serve", "--workers", "2")

    assert refused.status == 2
    assert f"cannot listen on {shop.listen}" in refused.err


def test_without_one_of_its_parts_a_worker_ends(shop: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would neither look for the desk any more, nor for what is due; whoever follows it does."""

    async def broken(desk: Desk) -> None:
        raise LookupError("a fault of this program")

    monkeypatch.setattr(Desk, "look", broken)
    order = Order(home=str(shop.home), number=0, pid=0, kept=Path(shop.opens[1]).read_bytes(), quiet=True)
    said: list[Told] = []

    async def worked() -> int:
        read = asyncio.StreamReader()
        read.feed_data(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(60):
            return await work(read, said.append)

    assert waiting.run(worked()) == FAILED
    assert Told(listens=True) in said


def test_a_worker_that_begins_takes_up_what_another_may_have_left(shop: Owner) -> None:
    """Even one that ended in order may have had no time left to send all."""
    order = Order(home=str(shop.home), number=0, pid=0, kept=Path(shop.opens[1]).read_bytes(), quiet=True)

    async def due() -> tuple[int, int | None]:
        store = places.open(shop.home)
        await store.unlock(order.kept)
        now = unix_now()
        left = Outgoing("an id", "a thread", now + RESEND_AFTER[0], FOR_EVER, b"{}")
        await store.apply(Change("did:example:her", send=(left,)))
        store.close()
        worker = await begin(order)
        found = worker.agent.store.next_due()
        await worker.stop()
        return now, found

    before, found = waiting.run(due())

    assert found is None or found < before + 60


def test_one_process_alone_can_have_a_wallet_file_open(her: Owner) -> None:
    refused = her.unlocks("serve", "--workers", "2")

    assert refused.status == 2
    assert "the wallet is a file, which one process alone can have open; nothing was started" in refused.err


@pytest.mark.parametrize("words", [("0",), ("65",), ("2", "--background"), ("2", "--locked")])
def test_what_makes_no_sense_is_refused(shop: Owner, words: tuple[str, ...]) -> None:
    refused = shop.unlocks("serve", "--workers", *words)

    assert refused.status == 2
    assert "nothing was started" in refused.err


def test_where_a_port_is_taken_they_say_so_and_end(shop: Owner) -> None:
    with socket.create_server(("127.0.0.1", int(shop.listen.rpartition(":")[2]))):
        shop.serve("--workers", "2")
        assert shop.serving
        status = shop.serving.wait(60)

    said = (shop.home / "log").read_text()
    assert status == 2, said
    assert f"cannot listen on {shop.listen}: " in said
    assert "Stop what is there, or choose another port: freerange config\n" in said
    assert ".." not in said
    assert "listens" in shop.serve()


def test_a_mediator_is_one_process(shop: Owner) -> None:
    assert shop.types("config", "set", "mediates", "true").status == 0

    refused = shop.unlocks("serve", "--workers", "2")

    assert refused.status == 2
    assert "mediator" in refused.err


def at_the_desk(owner: Owner) -> None:
    """Return once somebody is there for the owner."""
    deadline = time.monotonic() + 60
    while not (owner.home / "api.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def watched(owner: Owner) -> str:
    """Where it is to be watched."""
    place = f"127.0.0.1:{free_port()}"
    assert owner.types("config", "set", "metrics", place).status == 0
    return place


def series(place: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What is counted, by name and labels."""
    with urllib.request.urlopen(f"http://{place}/metrics") as shown:
        families = text_string_to_metric_families(shown.read().decode())
    found = (sample for family in families for sample in family.samples)
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in found}


def answer(url: str, body: bytes | None = None) -> int:
    """The status of what is answered, on a connection of its own."""
    asked = urllib.request.Request(url, body, {"Content-Type": ENCRYPTED} if body else {})
    try:
        with urllib.request.urlopen(asked) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as fault:
        return fault.code


def began(place: str) -> float:
    """When the first worker was started, 0 if it is not there."""
    return series(place).get(("freerange_process_start_time_seconds", (("worker", "0"),)), 0)


def told_to_start_anew(owner: Owner, until: str, times: int = 1) -> None:
    """Tell them so. Return once they have said what came of it; so many times in all, if more than once."""
    assert owner.serving
    log = owner.home / "log"
    before, deadline = log.read_text().count(until) if times == 1 else 0, time.monotonic() + 60
    owner.serving.send_signal(signal.SIGHUP)
    while log.read_text().count(until) < before + times:
        assert time.monotonic() < deadline
        time.sleep(0.05)
