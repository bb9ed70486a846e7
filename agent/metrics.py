"""What happened, counted. Names and labels are fixed words of ours: no DID and no text of anybody becomes a label."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Metrics:
    """Counts since this process started, by name and labels."""

    counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)

    def count(self, name: str, **labels: str) -> None:
        """One more of this. name: snake_case, what is counted, like `messages_received`."""
        self.counts[name, tuple(sorted(labels.items()))] += 1
