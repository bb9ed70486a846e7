"""Running for long, nothing grows. Source: docs/security.md, promise P18. The quarter of an hour is scripts/soak."""

from pathlib import Path

import pytest

from tests.faults.soak import RATE, SHORT, soak
from tests.promises import Promise

SECONDS = 180


async def test_the_figures_come_from_the_process_itself(tmp_path: Path) -> None:
    found = await soak(tmp_path, seconds=6)

    assert found.log > 0
    assert "ResourceWarning" not in found.said


@pytest.mark.full
@pytest.mark.alone
async def test_under_mixed_load_nothing_grows(tmp_path: Path, promise: Promise) -> None:
    found = await soak(tmp_path, SECONDS)

    assert found.faults(most=SHORT * RATE) == []
    promise(
        "P18",
        what=f"so many seconds at {RATE} messages a second; scripts/soak does the same for a quarter of an hour",
        size=SECONDS,
        result=f"less than {SHORT} bytes of memory a message, no more files, tasks or log, nothing left unclosed",
        control="two KiB of every message kept for ever",
    )


@pytest.mark.full
@pytest.mark.alone
async def test_a_leak_is_noticed(tmp_path: Path) -> None:
    found = await soak(tmp_path, SECONDS / 3, plant="leaks")

    assert any("memory" in words for words in found.faults(most=SHORT * RATE))
