"""Lines of an export, written into a store: what is not there is added, and nothing that is there is altered."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from wallet.records import Line, Outgoing, Question, Record, Settings, Thread, Timer
from wallet.store.moving import SUBJECTS
from wallet.store.moving.subject import Subject
from wallet.store.transaction import Transaction, Value

MOST_TOLD: Final = 1000
_NEW: Final = "CREATE TEMP TABLE IF NOT EXISTS came (peer BLOB, thid BLOB, PRIMARY KEY (peer, thid)) WITHOUT ROWID"
_CAME: Final = "INSERT INTO came VALUES (:peer, :thid) ON CONFLICT (peer, thid) DO NOTHING"
_BY_KIND: Final[dict[type[Line], Subject[Any]]] = {kind: subject for subject in SUBJECTS for kind in subject.kinds}


@dataclass
class Report:
    """What became of the lines of an export, by kind. same: was there already, word for word. left: belongs to a thread
    that has moved on here. conflicts: what is there says something else; the first thousand are named."""

    added: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    conflicts: list[Line] = field(default_factory=list)


class Import:
    """Writes lines into one transaction. What belongs to others comes after them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.report = Report()
        tx.run(_NEW)
        tx.run("DELETE FROM came")

    def take(self, line: Record) -> None:
        """One line. Settings are not the store's, and passed over."""
        if isinstance(line, Settings):
            return
        subject, kind = _BY_KIND[type(line)], str(line.__struct_config__.tag)
        found = subject.find(self._tx, line)
        if found == line:
            self.report.same[kind] += 1
        elif found is not None:
            self._differs(kind, line)
        elif isinstance(line, Question | Timer | Outgoing) and not self._came(line.peer, line.thread):
            self.report.left[kind] += 1
        else:
            subject.put(self._tx, line)
            self.report.added[kind] += 1
            if isinstance(line, Thread):
                self._tx.run(_CAME, **self._names(line.peer, line.thread))

    def _differs(self, kind: str, line: Line) -> None:
        self.report.differing[kind] += 1
        if len(self.report.conflicts) < MOST_TOLD:
            self.report.conflicts.append(line)

    def _came(self, peer: str, thread: str) -> bool:
        """Whether this thread came with this file, or is known to neither side."""
        names = self._names(peer, thread)
        if self._tx.row("SELECT 1 FROM came WHERE peer = :peer AND thid = :thid", **names):
            return True
        return self._tx.row("SELECT 1 FROM thread WHERE peer = :peer AND thid = :thid", **names) is None

    def _names(self, peer: str, thread: str) -> dict[str, Value]:
        return {"peer": self._tx.blind("peer", peer), "thid": self._tx.blind("thid", thread)}
