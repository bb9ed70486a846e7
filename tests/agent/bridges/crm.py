"""An org with a mini-CRM, and what stands in it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from agent.agent import Agent
from agent.bridges import crm_file
from agent.bridges.dispatch import Dispatcher


def with_crm(agent: Agent) -> Dispatcher:
    """Give an org a mini-CRM; its dispatcher goes round when a test says so."""
    agent.config = replace(agent.config, bridges=("minicrm",))
    return Dispatcher(agent)


def path(agent: Agent) -> Path:
    """Its file."""
    return agent.store.path.parent / crm_file.FILE


def rows(agent: Agent, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What stands in it, read as any program would."""
    with closing(sqlite3.connect(path(agent))) as crm:
        return crm.execute(sql, values).fetchall()


def counters(agent: Agent) -> dict[str, int]:
    """Its counts."""
    return dict(rows(agent, "SELECT name, count FROM counter"))
