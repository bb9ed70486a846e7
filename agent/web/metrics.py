"""What an operator's programs read: counts, measures and states as Prometheus text. No DID and no name ever becomes a
label.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from agent import backup
from agent.agent import Agent
from agent.metrics import Metrics, Spread
from agent.web.readiness import Finding
from wallet.errors import WalletError
from wallet.store import standing

if TYPE_CHECKING:
    from prometheus_client.core import Metric

PREFIX: Final = "freerange"
COUNTS: Final = {
    "bridge_events": "events handed to this org's own systems, by result",
    "bridge_inbound": "acts of this org's own systems, by result",
    "chain_gaps": "times a signed object arrived before one that its signer made earlier",
    "clock_jumps": "times this computer's clock was set while the agent ran",
    "dead_letters": "messages that were given up, by reason",
    "deletions_overdue": "deletions that this organisation's own systems did not carry out in time",
    "deliveries": "attempts to deliver a message, by result",
    "documents": "public documents that were looked up, by result",
    "dropped": "messages that were read no further, by reason",
    "forwards": "messages that arrived for clients of this mediator, by result",
    "mediated_messages": "messages that a mediator held for us, by what became of them",
    "mediator_reached": "changes of how a mediator of ours is reached",
    "messages_failed": "times a message could not be taken through a fault of this program",
    "messages_received": "messages that arrived, by result",
    "notices_blocked": "notices refused because the owner's rules forbid them",
    "quarantined": "messages put into quarantine, or refused because it is full, by result",
    "refused": "connections and messages refused by a limit, by reason",
    "rotations_heard": "claims of peers that they have another DID, by result",
    "signs_of_another_copy": "signs that this wallet is used in two places at once",
    "timers_failed": "times a thread could not be looked at through a fault of this program",
    "unready": "times a condition of readiness ceased to hold, by check",
}
"""What each count counts. A test finds every count in the program here."""
STAGE: Final = "stage_seconds"
SPREADS: Final = {
    STAGE: "how long a message takes, by stage",
    "received_bytes": "sizes of messages that arrived, packed",
    "sent_bytes": "sizes of messages that were sealed to be sent",
    "commit_wait_seconds": "how long the first change of a commit waited for it to begin",
    "commit_seconds": "how long a commit took, until it was on disk",
    "commit_changes": "how many changes were in one commit",
    "loop_lag_seconds": "by how much the event loop is late",
}
"""What each measure measures."""


class Readings:
    """A collector of prometheus_client: everything is read at the moment it is asked for. found: what was looked at."""

    def __init__(self, agent: Agent, found: Iterable[Finding]) -> None:
        self.agent, self.found = agent, tuple(found)

    def collect(self) -> "Iterator[Metric]":
        """All counts and states."""
        from prometheus_client.core import GaugeMetricFamily

        yield from counted(self.agent)
        yield from measured(self.agent.metrics)
        ready = GaugeMetricFamily(f"{PREFIX}_ready", "whether a condition of readiness holds", labels=("check",))
        for each in self.found:
            ready.add_metric([each.check], float(each.ok))
        yield ready
        with suppress(OSError, WalletError):  # then `ready` says so
            yield from kept(self.agent)
        for name, (words, value) in states(self.agent).items():
            yield GaugeMetricFamily(f"{PREFIX}_{name}", words, value=value)


def kept(agent: Agent) -> "Iterator[Metric]":
    """What the wallet says. Raises OSError or WalletError."""
    from prometheus_client.core import GaugeMetricFamily

    words = f"rows that wait, by queue; {standing.MOST + 1} if they are more than {standing.MOST}"
    waiting = GaugeMetricFamily(f"{PREFIX}_waiting", words, labels=("queue",))
    for queue, rows in agent.store.read(standing.queues).items():
        waiting.add_metric([queue], float(rows))
    yield waiting
    known, words = backup.recovery(agent.store), "when the last back-up was made, 0: never"
    yield GaugeMetricFamily(f"{PREFIX}_backup_last_timestamp_seconds", words, value=float(known.last if known else 0))


def states(agent: Agent) -> dict[str, tuple[str, float]]:
    """What can be said in one number."""
    return {
        "clock_apart_seconds": ("how far this clock is ahead of others', as most of them say", agent.watch.apart),
        "destinations_resting": ("places given a rest because messages failed there", agent.outbox.resting()),
        "peers_waiting": ("peers for whom something waits because an attempt failed", agent.outbox.held_up()),
        "sending": ("peers to whom something is being delivered", agent.outbox.busy()),
    }


def spreads(metrics: Metrics) -> dict[str, Spread]:
    """The measures that have no labels, by name."""
    return {
        "received_bytes": metrics.received,
        "sent_bytes": metrics.sent,
        "commit_wait_seconds": metrics.waited,
        "commit_seconds": metrics.written,
        "commit_changes": metrics.changes,
        "loop_lag_seconds": metrics.lag,
    }


def measured(metrics: Metrics) -> "Iterator[Metric]":
    """How long everything takes, and how much it is."""
    from prometheus_client.core import HistogramMetricFamily

    stages = HistogramMetricFamily(f"{PREFIX}_{STAGE}", SPREADS[STAGE], labels=("stage",))
    for stage, spread in metrics.stages.items():
        stages.add_metric([stage], buckets(spread), spread.sum)
    yield stages
    for name, spread in spreads(metrics).items():
        yield HistogramMetricFamily(f"{PREFIX}_{name}", SPREADS[name], buckets(spread), spread.sum)


def buckets(spread: Spread) -> list[tuple[str, float]]:
    """How many values were at most each bound, as Prometheus counts them."""
    bounds = [*map(str, spread.bounds), "+Inf"]
    return [(bound, float(count)) for bound, count in zip(bounds, accumulate(spread.counts), strict=True)]


def counted(agent: Agent) -> "Iterator[Metric]":
    """The counts since this process started."""
    from prometheus_client.core import CounterMetricFamily

    names = sorted({name for name, _ in agent.metrics.counts} | COUNTS.keys())
    for name in names:
        rows = {labels: count for (each, labels), count in agent.metrics.counts.items() if each == name}
        keys = sorted({key for labels in rows for key, _ in labels})
        family = CounterMetricFamily(f"{PREFIX}_{name}", COUNTS.get(name, name.replace("_", " ")), labels=keys)
        for labels, count in sorted(rows.items()):
            given = dict(labels)
            family.add_metric([given.get(key, "") for key in keys], float(count))
        if not keys and not rows:
            family.add_metric([], 0.0)
        yield family


def text(agent: Agent, found: Iterable[Finding]) -> bytes:
    """Everything, in the text format of Prometheus."""
    from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    registry.register(Readings(agent, found))
    ProcessCollector(namespace=PREFIX, registry=registry)
    PlatformCollector(registry=registry)
    return generate_latest(registry)
