"""What several workers of one agent count, as one: added up, or what is worst of it. So it is with one worker, too.

What a process uses is told of each by itself, with the label `worker`, and so is whether it answers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from agent.web.metrics import PREFIX

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Join: TypeAlias = Callable[[float, float], float]
Series: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
UP: Final = f"{PREFIX}_worker_up"
OWN: Final = f"{PREFIX}_process_"  # what begins so is told of each
COUNTED: Final = ("counter", "histogram")
ADDED: Final = frozenset(f"{PREFIX}_{name}" for name in ("destinations_resting", "peers_waiting", "sending"))
LEAST: Final = frozenset({f"{PREFIX}_ready"})  # it holds if it does for all of them


class Workers:
    """A collector of prometheus_client. said: by its number, what each says; None: it does not answer.

    before: what was said by those who are gone, or do not answer. What they counted stays counted: else a sum would
    become smaller, which Prometheus takes for a new start from nothing, and all of it for what has happened since.
    """

    def __init__(self, said: Mapping[int, bytes | None], before: Iterable[bytes] = ()) -> None:
        self.said, self.before = said, before
        self._families: dict[str, Metric] = {}
        self._values: dict[str, dict[Series, float]] = {}

    def collect(self) -> "Iterator[Metric]":
        """Everything they say, joined."""
        from prometheus_client.core import GaugeMetricFamily

        up = GaugeMetricFamily(UP, "whether a worker answers", labels=("worker",))
        for text in self.before:
            self._add(text)
        for number, said in self.said.items():
            up.add_metric([str(number)], float(said is not None))
            self._add(said or b"", str(number))
        for name, family in self._families.items():
            for (series, labels), value in self._values[name].items():
                family.add_sample(series, dict(labels), value)
            yield family
        yield up

    def _add(self, text: bytes, worker: str = "") -> None:
        """What one says; without a name, what it counted."""
        from prometheus_client.core import Metric
        from prometheus_client.parser import text_string_to_metric_families

        for family in text_string_to_metric_families(text.decode()):
            own, counted = family.name.startswith(OWN), family.type in COUNTED
            if not worker and (own or not counted):
                continue
            self._families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            values, join = self._values.setdefault(family.name, {}), joined(family.name, counted=counted)
            for sample in family.samples:
                key = sample.name, tuple((sample.labels | ({"worker": worker} if own else {})).items())
                values[key] = join(values[key], sample.value) if key in values else sample.value


def joined(name: str, *, counted: bool) -> Join:
    """What two workers say, in one number. Of what both read in the one wallet, or of the one clock: what is most."""
    if counted or name in ADDED:
        return float.__add__
    return min if name in LEAST else furthest


def furthest(one: float, other: float) -> float:
    """Whichever is further from nothing."""
    return max(one, other, key=abs)


def text(said: Mapping[int, bytes | None], before: Iterable[bytes] = ()) -> bytes:
    """Everything, in the text format of Prometheus. said, before: see Workers."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(Workers(said, before))
    return generate_latest(registry)
