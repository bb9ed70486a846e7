"""JSON as `protocols` types it (plain objects) and as `wallet` does (recursively), told to be one and the same."""

from collections.abc import Mapping
from typing import cast

from wallet.strict_json import JsonObject


def as_json(value: Mapping[str, object]) -> JsonObject:
    """A JSON object that came through the strict gate, or that we encoded ourselves. Costs nothing."""
    return cast(JsonObject, value)
