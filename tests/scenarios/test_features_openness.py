"""Other software: vectors it can be tried with, and a vendor that runs it. vrm-protocols 2 and 3.4."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agent import agreements
from agent.agent import Agent
from scripts._vectors import run
from tests.agent.world import Near, Said, World
from tests.scenarios import another_implementation
from tests.scenarios.another_implementation import Book
from tests.scenarios.other_vendor import DOMAIN, OtherVendor
from wallet.needs import Fetch

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "docs" / "vectors"
ANOTHER = Path(another_implementation.__file__)


def test_f25_the_published_vectors_try_another_implementation() -> None:
    """A developer runs the published conformance vectors against another implementation."""
    command = (sys.executable, "scripts/vectors", "--try", sys.executable, str(ANOTHER), str(VECTORS))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    passed = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines()}
    assert passed.keys() == {"read", "step", "sign", "verify", "data"}
    assert passed["step"] > 3000


def test_f25_and_this_implementation() -> None:
    """A developer runs the published conformance vectors against another implementation."""
    tally = run.attempt((sys.executable, str(ROOT / "scripts" / "vectors"), "--answer"), run.read(VECTORS))

    assert tally.failed == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('(heard or not row["crossed"])', "True"),
        ("and not nulls", ""),
        ("or state", 'or "start"'),
        ("sha256(jcs(config)).digest() + sha256(jcs(document)).digest()", "sha256(jcs(document)).digest()"),
        ('subject["audience"], subject["thid"]', 'given["audience"], given["thid"]'),
    ],
)
def test_an_implementation_that_errs_is_found_out(tmp_path: Path, right: str, wrong: str) -> None:
    source = ANOTHER.read_text()
    assert right in source
    file = tmp_path / "erring.py"
    file.write_text(source.replace(right, wrong))

    tally = run.attempt((sys.executable, str(file), str(VECTORS)), run.read(VECTORS))

    assert tally.failed


def test_f31_an_implementation_stands_on_the_published_text_and_vectors_alone() -> None:
    """A developer implements from the published text and vectors alone."""
    tree = ast.parse(ANOTHER.read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert not imported & {"agent", "wallet", "protocols", "scripts", "tests"}
    assert run.attempt((sys.executable, "-I", str(ANOTHER), str(VECTORS)), run.read(VECTORS)).failed == []


# -- two vendors --------------------------------------------------------------------------------------------------


class Neighbourhood(Near):
    """A fetcher that also finds what the other vendor publishes."""

    def __init__(self, world: World, vendor: OtherVendor) -> None:
        super().__init__(world)
        self.vendor = vendor

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """A public document."""
        if need.url == f"https://{DOMAIN}/.well-known/did-configuration.json":
            return json.dumps({"linked_dids": [self.vendor.linkage()]}).encode()
        return await super().fetch(need, charge)


async def test_f13_the_same_commands_do_the_same_with_a_vendor_that_runs_other_software(world: World) -> None:
    """A user runs the same commands against two vendors with different software and gets the same results."""
    await with_both(world, OtherVendor.make(world, Book(VECTORS), ACCEPTS))


async def with_both(world: World, other: OtherVendor) -> None:
    """Deal with a vendor of ours and with this one, and compare."""
    ours, her = await world.add("Our Shop", "org"), await world.add("her")
    her.needs = Neighbourhood(world, other)

    invitation = await world.do(ours, "/v1/invitations", goal="Meet")
    await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    await other.puppet.invite(her)
    await other.work(her)
    results = [await deal(world, her, ours, other, name) for name in ("Our Shop", "Other Shop")]

    assert results[0] == results[1]
    assert states_of(results[0]) == ["met", "in-force", "in-force", "withdrawn", "ended"]
    assert results[0]["threads"] == [
        ("relationship/end", "ended", True),
        ("relationship/meet", "met", False),
        ("relationship/rules", "in-force", True),
        ("terms", "withdrawn", True),
        ("trust-ping", "done", False),
    ]


def states_of(result: Any) -> list[str]:
    """Where each step ended."""
    return [each["state"] for each in result["steps"]]


async def deal(world: World, her: Agent, ours: Agent, other: OtherVendor, name: str) -> Said:
    """Everything she does with one vendor, by the same commands, and what came of it."""

    async def run_all() -> None:
        await world.settle()
        await other.work(her)
        await world.settle()
        for question in await world.listed(ours, "/v1/questions"):
            await world.do(ours, f"/v1/questions/{question['question']}/answer", answer="yes")
        await world.settle()

    async def state(thid: object) -> Said:
        found = await world.ask(her, "GET", f"/v1/threads/{thid}")
        assert isinstance(found, dict)
        return {name: found[name] for name in ("about", "state", "over", "bound", "can_say")}

    await run_all()
    steps: list[Said] = []
    peer = await world.ask(her, "GET", f"/v1/peers/{quote(name)}")
    assert isinstance(peer, dict)
    steps.append({each: peer[each] for each in ("kind", "state", "terms")})
    await world.do(her, "/v1/pings", peer=name)
    stated = await world.do(her, "/v1/threads", peer=name, type=RULES, body=STATED)
    await run_all()
    steps.append(await state(stated["thread"]))
    begun = await world.do(her, "/v1/terms", peer=name)
    await run_all()
    steps.append(await state(begun["thread"]))
    leave = {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}
    await world.do(her, f"/v1/threads/{begun['thread']}/say", message="withdraw", body=leave)
    await run_all()
    steps.append(await state(begun["thread"]))
    end = {"data": "erase", "by": "2030-01-01"}
    ended = await world.do(her, "/v1/threads", peer=name, type=END, body=end)
    await run_all()
    steps.append(await state(ended["thread"]))
    threads = [each for each in await world.listed(her, "/v1/threads") if each["with"] == name]
    ledger: Any = await world.ask(her, "GET", f"/v1/ledgers/{quote(name)}")
    signed = sorted((each["type"], each["ours"], each["seq"]) for each in ledger["objects"])
    return {
        "steps": steps,
        "threads": sorted((each["about"], each["state"], each["bound"]) for each in threads),
        "ledger": signed,
    }


TEXT = agreements.shipped()["freerange-service-only"]
ACCEPTS = {"id": TEXT.id, "version": TEXT.version, "digest": TEXT.digest}
RULES = "https://freerange.example/vrm/relationship/1.0/rules"
END = "https://freerange.example/vrm/relationship/1.0/end"
STATED: Said = {"version": 1, "channels": {"email": "never"}, "promotion": "none"}
