"""Running for long, nothing grows. Source: docs/security.md, promise P18. The half hour is scripts/soak."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.judging import Verdict
from tests.faults.soak import RATE, SHORT, Growth, slope, soak
from tests.promises import Promise

SECONDS = 180


async def test_the_figures_come_from_the_process_itself(tmp_path: Path) -> None:
    found = await soak(tmp_path, seconds=6)

    assert found.log > 0
    assert found.taken > 0
    assert found.verdict == Verdict()
    assert "ResourceWarning" not in found.said


def test_the_slope_is_that_of_most_of_the_time() -> None:
    rising = [1000.0 + 3 * second for second in range(600)]
    burst = [*rising[:200], *(each + 10**6 for each in rising[200:300]), *rising[300:]]

    assert slope(rising) == 3
    assert slope(burst) == pytest.approx(3, abs=0.5)
    assert slope([500.0] * 600) == 0
    assert slope([1.0, 4.0]) == 3


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Growth, Growth]:
    """How an agent grew, and one that leaks: beside each other, for each takes less than half of one core."""
    well, ill = tmp_path_factory.mktemp("well"), tmp_path_factory.mktemp("ill")

    async def soaked() -> tuple[Growth, Growth]:
        return await asyncio.gather(soak(well, SECONDS), soak(ill, SECONDS / 3, plant="leaks"))

    return asyncio.run(soaked())


@pytest.mark.full
@pytest.mark.alone
def test_under_mixed_load_nothing_grows(both: tuple[Growth, Growth], promise: Promise) -> None:
    found, _ = both

    assert found.faults(most=SHORT * RATE) == []
    promise(
        "P18",
        what=f"so many seconds at {RATE} messages a second; scripts/soak: half an hour, at most 1 % an hour",
        size=SECONDS,
        result=f"0 lost, less than {SHORT} bytes of memory a message, no more files, tasks or log, all closed",
        control="two KiB of every message kept for ever",
    )


@pytest.mark.full
@pytest.mark.alone
def test_a_leak_is_noticed(both: tuple[Growth, Growth]) -> None:
    _, found = both

    assert any("memory" in words for words in found.faults(most=SHORT * RATE))
