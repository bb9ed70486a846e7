"""JSON that everything signed goes through: read strictly, and written in the one canonical form (RFC 8785)."""

from collections.abc import Iterator

from scripts._bench.measure import Effort, Figure, in_y, side_by_side
from scripts._bench.proofs import credential
from wallet import strict_json
from wallet.canonical import canonical


def figures(effort: Effort) -> Iterator[Figure]:
    """Writing and reading a credential of about 1 KiB."""
    value = credential("did:web:vendor.example")
    text = canonical(value)
    assert strict_json.parse(text) == value
    written, read = side_by_side(effort, lambda: canonical(value), lambda: strict_json.parse(text))
    size = f"{len(text) / 1024:.1f} KiB"
    yield in_y(f"canonical JSON written, {size}", written, None)
    yield in_y(f"JSON read strictly, {size}", read, None)
