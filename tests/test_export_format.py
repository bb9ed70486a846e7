"""docs/export-format.md and its schema say what an export is; a real one is held against them."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from agent import backup
from agent import mediation as mediations
from agent.agent import Agent
from agent.mediation import Mediator, Recipient
from scripts._schema import schema
from tests.agent.conftest import cheap_passphrases, world
from tests.agent.rich import rich
from tests.agent.world import World
from wallet import age, records
from wallet.store import exporting, held, mediation, quarantine
from wallet.store.change import Change, Item
from wallet.store.held import Arriving
from wallet.store.mediation import Account
from wallet.store.quarantine import Quarantined
from wallet.store.snapshot import snapshot
from wallet.store.transaction import Transaction

__all__ = ["cheap_passphrases", "world"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "export-format.md").read_text()
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "export.schema.json").read_text())
KINDS = {str(kind.__struct_config__.tag) for kind in get_args(records.Record)}
TO = age.recipient(age.identity(bytes(32)))


def blocks(kind: str) -> list[str]:
    """All blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_schema_is_that_of_the_types() -> None:
    assert schema() == SCHEMA, "run scripts/export_schema"


def test_the_page_lists_every_kind_and_no_other() -> None:
    table = PAGE.partition("| kind |")[2].partition("##")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    listed = {name for line in rows for name in re.findall(r"`([a-z-]+)`", line.split("|")[1])}

    assert listed == KINDS


def test_the_programs_of_the_page_print_what_it_shows() -> None:
    done = subprocess.run(
        (sys.executable, "-c", "\n".join(blocks("python"))), capture_output=True, text=True, check=True
    )

    assert done.stdout == "".join(blocks("text"))


def aside(tx: Transaction) -> None:
    """What only some agents keep."""
    mediation.write(tx, Account("did:peer:2.A", False, 5))
    mediation.add_route(tx, peer="did:peer:2.A", did="did:peer:2.B")
    held.hold_again(tx, account="did:peer:2.A", row=Arriving("did:peer:2.B", (b"{}",), "", 5, 5, 9))
    mark = quarantine.mark_of(tx, sender="did:peer:2.C", id="1")
    quarantine.keep(tx, row=Quarantined(mark, "did:peer:2.C", "1", b"{}", "a fault", 5))


async def written(world: World, tmp_path: Path) -> list[dict[str, Any]]:
    """The lines of two real exports, with every kind of line in them."""
    her, library = await rich(world)
    await backup.set_up(her.store, recipient=TO, slot=bytes(32), now=world.time)
    of = Mediator(
        "did:peer:2.M", "did:peer:2.U", "m.example", "https://m.example", "3.0", "4.0", 5, hops=("did:key:z6M",)
    )
    kept = mediations.item(of), mediations.recipient_item(Recipient("did:peer:2.R", of.did, 5, 6))
    await her.store.apply(Change("", keep=(*kept, Item("raw", "1", b"\xff"))))
    await library.store.write(aside)
    await world.do(her, "/v1/leavings/group", group="kind:vendor", data="erase", jitter=600)
    lines: list[bytes] = []
    for agent in (her, library):
        file, store = tmp_path / f"{agent.config.name}.jsonl", agent.store
        backup.create(store.snapshot, agent.config, target=file, recipient=None, now=world.time)
        lines += file.read_bytes().splitlines()
    return [json.loads(line) for line in lines]


async def test_a_real_export_is_as_the_schema_says(world: World, tmp_path: Path) -> None:
    found = await written(world, tmp_path)
    validator = Draft202012Validator(SCHEMA)

    faults = [f"{line['kind']}: {fault.message[:300]}" for line in found for fault in validator.iter_errors(line)]

    assert faults == []
    assert {line["kind"] for line in found} == KINDS | {"manifest", "trailer"}


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "timer", "peer": "p", "thread": "t", "name": "n"},
        {"kind": "timer", "peer": "p", "thread": "t", "name": "n", "at": "soon"},
        {"kind": "timer", "peer": "p", "thread": "t", "name": "n", "at": 1, "more": 2},
        {"kind": "did", "id": "x"},
        {"kind": "did", "id": "x", "content": {"did": "did:x:1"}, "content_base64": ""},
        {"kind": "did", "id": "x", "content": {"did": "did:x:1", "other": 1}},
        {"kind": "other"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_no_export_says(line: dict[str, object]) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(line)


async def test_the_page_knows_a_whole_file_from_others(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    file = tmp_path / "her.jsonl"
    backup.create(her.store.snapshot, her.config, target=file, recipient=None, now=1)
    names: dict[str, Any] = {}
    exec("\n".join(blocks("python")), names)
    lines = file.read_bytes().splitlines(keepends=True)

    assert names["whole"](lines)
    assert not names["whole"](lines[:2] + lines[3:])
    assert not names["whole"]([lines[1], lines[0], *lines[2:]])


async def test_the_page_knows_a_repeat(world: World, tmp_path: Path) -> None:
    her, _ = await rich(world)
    lines = [json.loads(msgspec.json.encode(line)) for line in exported(her)]
    names: dict[str, Any] = {}
    exec("\n".join(blocks("python")), names)
    [keys] = [line for line in lines if line["kind"] == "blinding-key"]
    marks = {(line["peer"], line["message"]) for line in lines if line["kind"] == "heard"}
    theirs = [line for line in lines if line["kind"] == "message" and not line["ours"]]

    def mark(name: str, value: str) -> str:
        return base64.b64encode(names["mark"](keys, name, value.encode())).decode()

    assert len(theirs) > 5
    assert all((mark("peer", line["peer"]), mark("message", line["id"].lower())) in marks for line in theirs)


def exported(agent: Agent) -> list[records.Record]:
    """All lines of an export."""
    with snapshot(agent.store.path, agent.store.vault) as tx:
        return list(exporting.records(tx))
