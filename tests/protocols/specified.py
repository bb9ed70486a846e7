"""Tables against their specification, in the specification's own order of columns."""

from protocols.machine import Protocol, Row, Signed
from protocols.messages import label


def assert_rows(protocol: Protocol, specified: str) -> None:
    """Each line: while, who, says, marks (● signed, ⏱ expires, crossed; - for none), then. In any order."""
    wanted = {tuple(line.split()) for line in specified.strip().splitlines()}
    assert {written(row) for row in protocol.rows} == wanted


def written(row: Row) -> tuple[str, ...]:
    """A row as a line of the specification."""
    marks = "●" * issubclass(row.says, Signed) + "⏱" * row.expires + "crossed" * row.crossed
    return ",".join(row.when), row.by, label(row.says), marks or "-", row.then or "same"
