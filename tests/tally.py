"""How the published suites came out: what the `conformance` fixture records, added up over tests and workers."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

Record = Callable[[str, object], None]


@dataclass(slots=True)
class Count:
    """One suite. accepted, rejected: cases that came out so, as they must. not_covered: what is left out, and why."""

    accepted: int = 0
    rejected: int = 0
    not_covered: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conformance:
    """Counts cases of a published suite for docs/conformance.md. Call it after the assertions.

    suite: the folder's name under the vectors. accepted: cases that must pass, and did. rejected: cases that must be
    refused, and were. not_covered: a case or group of cases that the test leaves out, and the reason. Calls add up over
    tests and workers: a parametrized test counts 1 each time.
    """

    record: Record

    def __call__(
        self, suite: str, *, accepted: int = 0, rejected: int = 0, not_covered: Mapping[str, str] | None = None
    ) -> None:
        self.record("conformance", (suite, accepted, rejected, json.dumps(dict(not_covered or {}))))

    def cases(self, suite: str, results: Iterable[bool]) -> None:
        """Count cases by whether each had to be accepted."""
        found = tuple(results)
        self(suite, accepted=found.count(True), rejected=found.count(False))


class Tally:
    """Lives in the process that reports; leaves the sum as JSON at `path` when the run ends.

    `complete` is false if a test that counts was skipped or failed: such a run cannot judge the page.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complete = True
        self.suites: dict[str, Count] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what passed; workers' reports arrive here too."""
        if "conformance" in report.keywords:
            self.complete = self.complete and report.passed
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == "conformance" and isinstance(value, Sequence):
                    self._add(*value)

    def _add(self, suite: str, accepted: int, rejected: int, not_covered: str) -> None:
        count = self.suites.setdefault(suite, Count())
        count.accepted += accepted
        count.rejected += rejected
        count.not_covered.update(json.loads(not_covered))

    def pytest_sessionfinish(self) -> None:
        """Leave the sum for scripts/conformance."""
        suites = {suite: asdict(count) for suite, count in sorted(self.suites.items())}
        self.path.write_text(json.dumps({"complete": self.complete, "suites": suites}, indent=1, sort_keys=True))
