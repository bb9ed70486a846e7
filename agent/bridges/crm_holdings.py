"""What the system behind a bridge holds, counted: whoever asks learns how much there is, and nothing of anybody."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final

from agent.agent import Agent
from agent.bridges import crm_file
from agent.bridges.tryton_map import OWED, PARTY

COUNTED: Final = {
    "customers": "SELECT count(*) FROM party",
    "values": "SELECT count(*) FROM contact",
    "leads": "SELECT count(*) FROM lead",
    "orders": 'SELECT count(*) FROM "order"',
    "cases": "SELECT count(*) FROM \"case\" WHERE state <> 'closed'",
    "to_say": "SELECT count(*) FROM action WHERE state = 'open'",
}
"""What is counted in the mini-CRM: customers, values of theirs, leads, orders, open cases, and what is to be said."""


async def counted(agent: Agent, name: str) -> dict[str, int] | None:
    """How much there is behind a bridge; None where only the other side knows. Raises OSError."""
    kind, _, address = name.partition(":")
    if kind == "minicrm":
        return await asyncio.to_thread(in_file, agent.store.path.parent / (address or crm_file.FILE))
    if kind == "tryton":
        parties, owed = (agent.store.count_items(each, tag=name) for each in (PARTY, OWED))
        return {"customers": parties, "to_say": owed}
    return None


def in_file(path: Path) -> dict[str, int]:
    """What a mini-CRM holds; nothing if its file is not there yet. Raises OSError."""
    if not path.exists():
        return dict.fromkeys(COUNTED, 0)
    try:
        with crm_file.opened(path) as crm:
            return {name: int(crm.execute(sql).fetchone()[0]) for name, sql in COUNTED.items()}
    except sqlite3.Error as fault:
        raise OSError(None, f"the file {path.name} cannot be read now: {fault}") from fault
