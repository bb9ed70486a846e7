"""Routes: how much this agent does and how long it takes, for its owner to look at again and again.

All numbers count from the start of the process: whoever looks twice knows what happened in between. What the wallet
says is asked apart, for counting its rows takes longer.
"""

import os
import resource
import sys
from pathlib import Path
from time import monotonic, process_time
from typing import Final

from agent.agent import Agent
from agent.metrics import Metrics, Spread
from agent.web import metrics
from agent.web.readiness import conditions
from agent.web.routes import Route
from wallet.store import standing

BEGAN: Final = monotonic()
MEMORY: Final = Path("/proc/self/statm")


async def vitals(agent: Agent) -> object:
    """Counts, measures, and what the process uses."""
    return {
        "name": agent.config.name,
        "kind": agent.config.kind,
        "up": monotonic() - BEGAN,
        "cpu": process_time(),
        "memory": memory(),
        "sending": agent.outbox.busy(),
        "resting": agent.outbox.resting(),
        "held_up": agent.outbox.held_up(),
        "counts": counts(agent.metrics),
        "stages": {stage: shape(spread) for stage, spread in agent.metrics.stages.items()},
        "measures": {name: shape(spread) for name, spread in metrics.spreads(agent.metrics).items()},
    }


async def waiting(agent: Agent) -> object:
    """How many rows wait, by queue, counted as far as `standing.MOST`; and which conditions of its work do not hold."""
    unready = [each.check for each in await conditions(agent) if not each.ok]
    return {"waiting": agent.store.read(standing.queues), "unready": unready}


def counts(found: Metrics) -> dict[str, dict[str, int]]:
    """What was counted, by name, and then by what is said of it: `{"deliveries": {"taken": 3}}`."""
    named: dict[str, dict[str, int]] = {}
    for (name, labels), count in found.counts.items():
        named.setdefault(name, {})[" ".join(value for _, value in labels)] = count
    return named


def shape(spread: Spread) -> dict[str, object]:
    """How values spread: those above all bounds are counted last."""
    return {"bounds": spread.bounds, "counts": tuple(spread.counts), "sum": spread.sum}


def memory() -> int:
    """Bytes of this process that are in memory now; where that cannot be known, the most that ever were."""
    if MEMORY.exists():
        return int(MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


ROUTES = (
    Route("GET", "/v1/vitals", vitals),
    Route("GET", "/v1/vitals/waiting", waiting),
)
