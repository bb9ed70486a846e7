"""What every test may ask for."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("FREERANGE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published test vectors, kept outside the repository; FREERANGE_SHARED names another place."""
    folder = SHARED / "vectors"
    if not folder.is_dir():
        pytest.skip(f"no published vectors at {folder}; set FREERANGE_SHARED")
    return folder
