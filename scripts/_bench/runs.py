"""A run as `scripts/bench --json` writes it, read again."""

import json
from pathlib import Path
from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True):
    """What every figure of a run has. median: None if it was not measured."""

    part: str
    name: str
    unit: str
    median: float | None
    low: float
    high: float
    times: int
    most: bool


class Run(msgspec.Struct, frozen=True):
    """What every run has."""

    machine: dict[str, str]
    seconds: float
    figures: tuple[Row, ...]


def read(path: Path) -> dict[str, Any]:
    """A run, with all that is in it. Raises ValueError, in words, if the file is none."""
    try:
        raw = path.read_bytes()
        msgspec.json.decode(raw, type=Run)
    except OSError as fault:
        raise ValueError(f"{path}: {fault.strerror}") from None
    except msgspec.DecodeError as fault:
        raise ValueError(f"{path} is no run of scripts/bench --json: {fault}") from None
    run: dict[str, Any] = json.loads(raw)
    return run
