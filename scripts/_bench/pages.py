"""The owner's pages: how long the agent takes to make each, in a wallet that has grown for years.

A person and a shop live through everything once (tests/browser/lived.py); then what one of them has of the other is
there a thousand times: the relationship, some threads with their log, and a hundred signed objects in each ledger.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles
from time import process_time
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from agent import evidence, relationship
from agent.agent import Agent
from agent.relationship import Relationship
from agent.web.pages import visiting
from scripts._bench.measure import Effort, Figure, of
from tests.agent.web.pages.places import places
from tests.browser.lived import lived
from wallet.keys import new_id
from wallet.store.change import Change, Entry, Item, Outcome, SignedRow, Thread

BOUND = 50.0  # ms
SIGNED = 100  # objects in the ledger of one relationship
THREADS = 6  # of one relationship
AT_ONCE = 32
COPIED = ("told", "held", "membership", "statement")  # kinds of items that a relationship has many of


@dataclass(frozen=True)
class Pattern:
    """What one relationship has, to be had by others."""

    who: Relationship
    threads: Sequence[tuple[Thread, Sequence[Entry]]]
    signed: Sequence[SignedRow]
    items: Sequence[Item]

    @classmethod
    def of(cls, agent: Agent) -> "Pattern":
        """Of the relationship with the most threads."""
        known = [relationship.read(row) for row in agent.store.peers()]
        who = max(known, key=lambda each: len(list(agent.store.threads(each.peer))))
        threads = [(row, agent.store.log(who.peer, row.thid)) for _, row in agent.store.threads(who.peer)]
        items = [each for kind in COPIED for each in agent.store.items(kind, peer=who.peer)]
        return cls(who, threads, agent.store.ledger(who.peer), items)

    def copy(self, number: int) -> Change:
        """The same with another. number: of whom, from which all follows that has to differ."""
        did = f"did:peer:4z{new_id()}"
        name = f"Vendor {number}" if self.who.name else ""
        domain = f"v{number}.example" if self.who.domain else ""
        ours = f"did:peer:4z{new_id()}"
        who = msgspec.structs.replace(self.who, peer=did, our_did=ours, their_did=did, name=name, domain=domain)
        chosen = [
            self.threads[(number + place) % len(self.threads)] for place in range(min(THREADS, len(self.threads)))
        ]
        thids = {row.thid: new_id() for row, _ in chosen}
        return Change(
            did,
            relationship=relationship.write(who, 0),
            threads=tuple(
                msgspec.structs.replace(row, thid=thids[row.thid], version=0, open=False) for row, _ in chosen
            ),
            log=tuple(
                msgspec.structs.replace(line, thid=thids[line.thid], id=new_id())
                for _, lines in chosen
                for line in lines
            ),
            signed=tuple(self.signature(number, place, [*thids.values()]) for place in range(SIGNED)),
            keep=tuple(Item(each.kind, new_id(), each.record, did, each.tag) for each in self.items),
        )

    def signature(self, number: int, place: int, thids: Sequence[str]) -> SignedRow:
        """One object of the ledger."""
        row = self.signed[place % len(self.signed)]
        id, thid = f"urn:uuid:{UUID(int=number * SIGNED + place, version=4)}", thids[place % len(thids)]
        record = row.record.replace(row.object_id.encode(), id.encode()).replace(row.thid.encode(), thid.encode())
        made = evidence.read(msgspec.structs.replace(row, record=record))
        return SignedRow(made.digest, made.id, row.ours, place + 1, thid, row.at + place, record)


async def crowd(agent: Agent, count: int) -> None:
    """Let it have so many more relationships."""
    pattern = Pattern.of(agent)
    for start in range(0, count, AT_ONCE):
        rows = (pattern.copy(number) for number in range(start, min(start + AT_ONCE, count)))
        outcomes = await asyncio.gather(*(agent.store.apply(row) for row in rows))
        assert set(outcomes) == {Outcome.APPLIED}


async def timed(agent: Agent, address: str, rounds: int) -> float:
    """The processor's time within which 95 of 100 visits are answered, in ms."""
    path, _, query = address.partition("?")
    asked = dict(parse_qsl(query))
    took = []
    for _ in range(rounds):
        began = process_time()
        status, _ = await visiting.answer(agent, "GET", path, asked, b"")
        took.append((process_time() - began) * 1000)
        assert status == 200, address
    return quantiles(took, n=20)[-1] if len(took) > 1 else took[0]


async def measured(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """By whose pages they are and their row in the table: the slowest address of each, in ms."""
    os.environ["FREERANGE_TEST_KDF"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        world = await lived(Path(folder))
        found = {}
        for name, agent in (("person", world.her), ("organisation", world.shop)):
            await crowd(agent, count)
            rows = dict((await places(agent)).rows)
            gc.collect()
            gc.freeze()  # what the bench itself has read is no garbage of the agent's to look through
            found[name] = await slowest(agent, rows, rounds)
        await world.s.close()
    return found


async def slowest(agent: Agent, rows: Mapping[str, Sequence[str]], rounds: int) -> dict[str, float]:
    """The time of the slowest address of each row that shows something."""
    return {
        row: max([await timed(agent, each, rounds) for each in sorted(addresses)[:3]])
        for row, addresses in rows.items()
    }


def figures(effort: Effort) -> Iterator[Figure]:
    """The slowest page of each kind of agent; the note names what is over the bound."""
    relationships = effort.relationships[1] // 3
    found = asyncio.run(measured(relationships, 21 if effort.rounds > 3 else 2))
    for name, rows in found.items():
        over = [f"{row} {took:.0f}" for row, took in sorted(rows.items(), key=lambda each: -each[1]) if took > BOUND]
        title = f"pages of a {name}: {relationships} relationships, p95"
        yield replace(of(title, "ms", [max(rows.values())], BOUND), note=", ".join(over))
