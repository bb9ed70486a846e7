"""The mini-CRM: every value with its Label, nothing twice, and nothing left of what is deleted."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from agent.bridges import Completion, Kept, Saying, Unreachable, crm_file, minicrm
from agent.bridges.minicrm import MiniCrm
from agent.events import CloudEvent
from tests.agent.world import START

RECORD, OTHER = "uEiA-record", "uEiB-other"
HOME, MAIL = "/addresses/home", "/emails/private"
UNTIL = "2027-06-30T00:00:00Z"
PURPOSE = "dpv:DeliveryOfGoods"


def event(kind: str, data: dict[str, object] | None = None, id: str = "1", **more: Any) -> CloudEvent:
    return CloudEvent(
        **{
            "id": id,
            "source": "did:web:shop.example",
            "type": f"vrm.{kind}.v1",
            "subject": "rel_1",
            "time": "2027-01-15T08:00:00Z",
            "vrmthread": "t1",
            "data": data or {},
            **more,
        }
    )


def item(ptr: str, value: object, record: str = RECORD, expires: str = UNTIL) -> dict[str, object]:
    return {"ptr": ptr, "value": value, "label": {"purpose": PURPOSE, "expires": expires, "record": record}}


ADDRESS = item(HOME, {"full": "1 Hidden Street, Lisboa", "countryCode": "PT"})
DISCLOSED = event("consent.disclosed", {"items": [ADDRESS, item(MAIL, "ada@hidden.example", OTHER)]})
WITHDRAWN: dict[str, object] = {"deletion": "d1", "record": RECORD, "ptrs": [HOME], "reason": "withdrawn"}


@pytest.fixture
def crm(tmp_path: Path) -> MiniCrm:
    return MiniCrm(tmp_path / "crm.db", lambda: START)


def rows(crm: MiniCrm, sql: str) -> list[tuple[Any, ...]]:
    with crm_file.opened(crm.path) as connection:
        return [tuple(row) for row in connection.execute(sql)]


async def test_every_value_stands_beside_what_it_is_for_and_until_when(crm: MiniCrm) -> None:
    await crm.deliver(DISCLOSED)

    assert rows(crm, "SELECT ptr, purpose, expires, record FROM label ORDER BY ptr") == [
        (HOME, PURPOSE, UNTIL, RECORD),
        (MAIL, PURPOSE, UNTIL, OTHER),
    ]
    assert rows(crm, "SELECT count(*) FROM contact LEFT JOIN label USING (party, ptr) WHERE purpose IS NULL") == [(0,)]
    assert rows(crm, "SELECT ptr FROM word WHERE word = 'lisboa'") == [(HOME,)]
    assert os.stat(crm.path).st_mode & 0o077 == 0


async def test_a_repeat_does_nothing(crm: MiniCrm) -> None:
    cast = event("intent.cast", {"what": "a tent"})

    for _ in range(3):
        await crm.deliver(cast)

    assert rows(crm, "SELECT name, count FROM counter") == [("wants received", 1)]


async def test_what_is_deleted_is_gone_from_the_file_and_its_index_and_is_said_to_be(crm: MiniCrm) -> None:
    await crm.deliver(DISCLOSED)
    assert b"Hidden Street" in crm.path.read_bytes()
    assert b"hidden" in crm.path.read_bytes()

    await crm.deliver(event("label.delete", WITHDRAWN, "2"))

    assert rows(crm, "SELECT ptr FROM contact") == [(MAIL,)]
    assert rows(crm, "SELECT DISTINCT ptr FROM word") == [(MAIL,)]
    for file in crm.path.parent.iterdir():
        for trace in (b"Hidden Street", b"lisboa", b"Lisboa"):
            assert trace not in file.read_bytes(), file
    [done] = await crm.poll()
    assert done == Completion("2", "d1", (HOME,))
    await crm.settle("2")
    assert await crm.poll() == []


async def test_a_value_that_another_record_allows_stays(crm: MiniCrm) -> None:
    await crm.deliver(event("consent.disclosed", {"items": [ADDRESS]}))
    await crm.deliver(event("consent.disclosed", {"items": [item(HOME, "the same", OTHER)]}, "2"))

    await crm.deliver(event("label.delete", WITHDRAWN, "3"))

    assert rows(crm, "SELECT ptr, record FROM label") == [(HOME, OTHER)]


async def test_when_it_ends_all_goes_but_what_the_law_has_a_vendor_keep(crm: MiniCrm) -> None:
    everything: dict[str, object] = {"deletion": "d1", "record": "", "ptrs": [""], "reason": "ended"}
    await crm.deliver(DISCLOSED)
    await crm.deliver(event("things.reported", {"problem": "broken"}, "2", vrmthread="t2"))
    await crm.deliver(event("intent.ordered", {"offer": "a tent"}, "3", vrmthread="t3"))
    await crm.deliver(altered_subject(DISCLOSED, "rel_2", "4"))

    await crm.deliver(event("label.delete", everything, "5"))
    await crm.deliver(event("label.delete", everything, "6", subject="rel_2"))

    assert rows(crm, "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM 'case')") == [(0, 0)]
    assert rows(crm, "SELECT party FROM party") == [("rel_1",)]
    assert rows(crm, "SELECT what FROM 'order'") == [('{"offer": "a tent"}',)]
    first, second = await crm.poll()
    assert isinstance(first, Completion)
    assert isinstance(second, Completion)
    assert (first.deleted, first.kept) == (("",), (Kept("/orders", "legal-duty", "2037-01-12"),))
    assert (second.deleted, second.kept) == (("",), ())


def altered_subject(event: CloudEvent, subject: str, id: str) -> CloudEvent:
    return CloudEvent(
        **{**{name: getattr(event, name) for name in event.__struct_fields__}, "subject": subject, "id": id}
    )


async def test_what_is_over_goes_by_itself(crm: MiniCrm) -> None:
    now = "2027-01-15T08:00:00Z"
    await crm.deliver(event("consent.disclosed", {"items": [item(HOME, "old", expires=now), item(MAIL, "new")]}))
    await crm.deliver(event("intent.cast", {"what": "a tent", "purge_by": now}, "2", vrmthread="a"))
    await crm.deliver(event("intent.cast", {"what": "a boat", "purge_by": UNTIL}, "3", vrmthread="b"))

    await crm.poll()

    assert rows(crm, "SELECT ptr FROM contact") == [(MAIL,)]
    assert rows(crm, "SELECT thread FROM lead") == [("b",)]


async def test_of_a_stranger_whose_want_is_over_nothing_stays_but_counts(crm: MiniCrm) -> None:
    await crm.deliver(event("relationship.met", {"invitation": ""}, "0", subject="rel_met"))
    await crm.deliver(event("intent.cast", {"what": "a tent"}, "1"))
    await crm.deliver(event("intent.closed", {"reason": "too-dear", "ended": "close"}, "2"))

    await crm.deliver(event("label.delete", {"deletion": "d", "record": "digest", "ptrs": [""]}, "3"))

    assert rows(crm, "SELECT party FROM party") == [("rel_met",)]
    assert dict(rows(crm, "SELECT name, count FROM counter")) == {"wants received": 1, "wants lost: too-dear": 1}


async def test_what_was_erased_before_it_came_leaves_no_trace(crm: MiniCrm) -> None:
    await crm.deliver(event("consent.disclosed", {"items": [{"ptr": HOME, "erased": True}]}))
    await crm.deliver(event("intent.cast", {"erased": True}, "2"))

    assert rows(crm, "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM lead)") == [(0, 0)]


async def test_an_act_waits_until_it_is_carried_out(crm: MiniCrm) -> None:
    saying = Saying("k1", "rel_1", "notice", {"kind": "recall"}, family="relationship")
    with crm_file.opened(crm.path) as connection:
        minicrm.act(connection, saying, START)

    assert await crm.poll() == [saying]
    await crm.settle("k1", "it may not be said now")

    assert await crm.poll() == []
    assert rows(crm, "SELECT state, why FROM action") == [("refused", "it may not be said now")]


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "{}"])
async def test_what_another_program_wrote_wrongly_is_refused_and_holds_up_nothing(crm: MiniCrm, body: str) -> None:
    message = "" if body == "{}" else "notice"  # without a message it is the word that a deletion is done
    with crm_file.opened(crm.path) as connection:
        connection.execute(
            "INSERT INTO action (key, at, party, thread, family, message, body) VALUES ('bad', '', 'r', '', '', ?, ?)",
            (message, body),
        )
        good = Saying("k1", "rel_1", "notice", {"kind": "recall"}, family="relationship")
        minicrm.act(connection, good, START)

    assert await crm.poll() == [good]
    assert rows(crm, "SELECT state FROM action WHERE key = 'bad'") == [("refused",)]


async def test_a_case_has_its_day_and_moves(crm: MiniCrm) -> None:
    asked: dict[str, object] = {"right": "access", "receipt": {"of": "exercise", "due": "2027-02-15"}}
    await crm.deliver(event("data_rights.asked", asked))
    await crm.deliver(event("things.reported", {"thing": {"name": "stove"}, "problem": "cold"}, "2", vrmthread="t2"))
    await crm.deliver(event("things.closed", {"solved": True}, "3", vrmthread="t2"))

    assert rows(crm, "SELECT kind, state, due FROM 'case' ORDER BY thread") == [
        ("data-rights", "open", "2027-02-15"),
        ("fault", "closed", ""),
    ]
    assert dict(rows(crm, "SELECT name, count FROM counter")) == {
        "cases opened": 2,
        "cases opened with full context": 1,
    }


async def test_while_another_program_holds_the_file_everything_waits(crm: MiniCrm, monkeypatch: Any) -> None:
    monkeypatch.setattr(crm_file, "BUSY_SECONDS", 0.05)
    await crm.deliver(event("relationship.met", id="0"))
    other = sqlite3.connect(crm.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(Unreachable, match="locked"):
        await crm.deliver(DISCLOSED)

    other.execute("ROLLBACK")
    other.close()
    await crm.deliver(DISCLOSED)
    assert rows(crm, "SELECT count(*) FROM contact") == [(2,)]


async def test_the_file_of_a_newer_program_is_left_alone(crm: MiniCrm) -> None:
    await crm.deliver(event("relationship.met"))
    with sqlite3.connect(crm.path) as connection:
        connection.execute(f"PRAGMA user_version = {crm_file.VERSION + 1}")

    with pytest.raises(OSError, match="newer program"):
        await crm.deliver(DISCLOSED)
