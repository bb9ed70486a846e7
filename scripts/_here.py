"""For scripts that need the project: go on in .venv if this Python does not have it."""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def in_environment() -> None:
    """Return if the project's packages can be imported; else start again with .venv, or say how to make it."""
    if importlib.util.find_spec("msgspec") and importlib.util.find_spec("nacl"):
        return
    python = ROOT / ".venv" / "bin" / "python"
    if not python.is_file() or Path(sys.executable) == python:
        sys.exit(f"{Path(sys.argv[0]).name}: the project's packages are not here. Run scripts/check: it makes .venv.")
    os.execv(python, [str(python), *sys.argv])
