"""Everything in the store, as lines of an export (wallet/records.py): one subject a table."""

from typing import Any, Final

from wallet.records import Heard
from wallet.store import marks
from wallet.store.moving import kept, many, pending, relationships, set_aside
from wallet.store.moving.subject import Subject

SUBJECTS: Final[tuple[Subject[Any], ...]] = (
    kept.ITEMS,
    relationships.RELATIONSHIPS,
    relationships.THREADS,
    relationships.MESSAGES,
    relationships.SIGNED,
    pending.QUESTIONS,
    pending.TIMERS,
    pending.OUTGOING,
    pending.DEAD,
    pending.EVENTS,
    many.CAMPAIGNS,
    many.RECIPIENTS,
    set_aside.ACCOUNTS,
    set_aside.ROUTES,
    set_aside.HELD,
    set_aside.QUARANTINE,
    Subject("heard", (Heard,), marks.every, marks.find, marks.put),
)
"""In the order in which they are written: what others refer to comes first."""

NOT_MOVED: Final = {
    "meta": "the header, the inventory and the instance are those of one wallet",
    "did": "the relationships say which DIDs speak for them",
    "queue": "triggers count what is held",
    "sqlite_sequence": "SQLite's own: which place was the last",
}
"""Tables that no export carries, and why."""
