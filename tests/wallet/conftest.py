"""Published vectors in the shape in which tests want them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Case: TypeAlias = dict[str, Any]
"""One case; what belongs to its group stands under "group", and hex texts are still hex."""


@pytest.fixture(scope="session")
def wycheproof(vectors: Path) -> Callable[[str], list[Case]]:
    """The cases of a Wycheproof file by its name without `_test.json`."""

    def cases(name: str) -> list[Case]:
        groups = json.loads((vectors / "wycheproof" / f"{name}_test.json").read_text())["testGroups"]
        return [test | {"group": group} for group in groups for test in group["tests"]]

    return cases
