"""What axe-core finds wrong with a page for those who do not see it, or see little. Tests alone have it, from npm."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.conftest import INTEROP

SOURCE = Path(os.environ.get("FREERANGE_AXE", INTEROP / "axe")) / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")

needs_axe = pytest.mark.skipif(not SOURCE.is_file(), reason=f"no axe-core at {SOURCE.parent}; run scripts/check --all")


async def violations(page: Page) -> list[str]:
    """What is wrong with the page that is shown, a line for each kind."""
    if not await page.evaluate("() => typeof axe === 'object'"):
        await page.evaluate(
            f"() => {{ {SOURCE.read_text()} }}"
        )  # so, and not by an element: that the page would refuse
    found: list[dict[str, Any]] = await page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{each['id']}: {node['target'][-1]} {' '.join(node['failureSummary'].split())[:200]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"][:2]
    ]
