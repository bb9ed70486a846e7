"""What each event does to the tables of the mini-CRM. A repeat of an event does nothing."""

import sqlite3
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from agent.bridges import crm_file
from agent.bridges.crm_file import text
from agent.events import CloudEvent, items, label, within

LEAD, ORDER, CASE = "dpv:ServiceProvision", "dpv:FulfilmentOfContractualObligation", "dpv:CustomerCare"
LEAD_DAYS: Final = 1  # if the event does not say by when a want goes
ORDER_DAYS: Final = 3650
CASE_DAYS: Final = 730
CASES: Final = {
    "vrm.things.reported.v1": "fault",
    "vrm.experience.shared.v1": "experience",
    "vrm.audit.challenged.v1": "challenge",
    "vrm.audit.disputed.v1": "dispute",
    "vrm.data_rights.asked.v1": "data-rights",
}
"""Events that open a case, and what it is then called."""
MOVES: Final = {
    "vrm.things.case_updated.v1": "open",
    "vrm.things.closed.v1": "closed",
    "vrm.experience.settled.v1": "closed",
    "vrm.experience.reopened.v1": "open",
    "vrm.experience.retracted.v1": "retracted",
    "vrm.data_rights.cancelled.v1": "cancelled",
}
"""Events that move one, and where."""
DELETE: Final = "vrm.label.delete.v1"
ENDS: Final = frozenset({DELETE, "vrm.label.delete_overdue.v1", "vrm.relationship.ended.v1"})
WANTS: Final = {
    "vrm.intent.selected.v1": "selected",
    "vrm.intent.ordered.v1": "ordered",
    "vrm.intent.closed.v1": "closed",
}
"""Events that move a lead, and where."""
REACH: Final = ("/addresses", "/emails", "/phones", "/onlineServices")

Row = Mapping[str, Any]


def take(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Do what an event says, once."""
    if crm.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (event.id, event.time)).rowcount == 0:
        return
    counted(crm, event)
    if "erased" in event.data:  # it was over before we heard of it
        return
    if event.type not in ENDS:
        crm.execute("INSERT OR IGNORE INTO party (party, since) VALUES (?, ?)", (event.subject, event.time))
    keep(crm, event)
    if event.type in CASES:
        case(crm, event)
    elif event.type in MOVES:
        crm.execute('UPDATE "case" SET state = ? WHERE thread = ?', (MOVES[event.type], thread(event)))
    elif event.type in WANTS:
        crm.execute("UPDATE lead SET state = ? WHERE thread = ?", (WANTS[event.type], thread(event)))
    if event.type in DOES:
        DOES[event.type](crm, event)


def met(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Somebody is a customer now, by which invitation."""
    invitation = str(event.data.get("invitation", ""))
    sql = "UPDATE party SET met = ?, invitation = ?, ended = '' WHERE party = ?"
    crm.execute(sql, (event.time, invitation, event.subject))


def rules(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Her house rules: what may be sent to her, and how."""
    stated = {name: value for name, value in event.data.items() if name != "receipt"}
    crm.execute("UPDATE party SET rules = ? WHERE party = ?", (text(stated), event.subject))


def terms(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """The agreement in force; none, if it was withdrawn."""
    agreed = {} if event.type == "vrm.terms.withdrawn.v1" else event.data
    crm.execute("UPDATE party SET terms = ? WHERE party = ?", (text(agreed), event.subject))


def ended(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """A customer has left."""
    crm.execute("UPDATE party SET ended = ? WHERE party = ?", (event.time, event.subject))


def thread(event: CloudEvent) -> str:
    """The thread an event happened in, as this file names it."""
    return event.vrmthread if isinstance(event.vrmthread, str) else event.id


def keep(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Keep every value an event carries, with its Label; a newer value takes the place of an older one."""
    for each in items(event.data):
        party, ptr, named = event.subject, str(each["ptr"]), label(each)
        crm.execute(
            "INSERT INTO contact VALUES (?, ?, ?, ?)"
            " ON CONFLICT (party, ptr) DO UPDATE SET value = excluded.value, changed = excluded.changed",
            (party, ptr, text(each["value"]), event.time),
        )
        crm.execute(
            "INSERT INTO label VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (party, ptr, purpose, record) DO UPDATE SET expires = excluded.expires",
            (party, ptr, str(named["purpose"]), str(named["expires"]), str(named["record"])),
        )
        crm.execute("DELETE FROM word WHERE party = ? AND ptr = ?", (party, ptr))
        crm.executemany(
            "INSERT INTO word VALUES (?, ?, ?)", [(word, party, ptr) for word in crm_file.words(each["value"])]
        )


def lead(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """A want, of somebody who is nobody yet, and the day by which it goes."""
    purge = str(event.data.get("purge_by") or later(event.time, LEAD_DAYS))
    crm.execute(
        "INSERT OR REPLACE INTO lead VALUES (?, ?, ?, 'open', ?, ?, ?)",
        (thread(event), event.subject, text(event.data), event.time, LEAD, purge),
    )


def order(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """An order: what was agreed; who it is for stands among the contacts, under Labels."""
    what = {name: value for name, value in event.data.items() if name != "items"}
    record = event.vrmrecord if isinstance(event.vrmrecord, str) else ""
    crm.execute(
        'INSERT OR REPLACE INTO "order" VALUES (?, ?, ?, ?, ?, ?, ?)',
        (thread(event), event.subject, text(what), record, event.time, ORDER, later(event.time, ORDER_DAYS)),
    )


def case(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Something to see to, with the day by which it is due, if there is one."""
    attachments = event.data.get("attachments")
    attached = len(attachments) if isinstance(attachments, list) else 0
    receipt = event.data.get("receipt")
    due = event.data.get("answer_by") or (receipt.get("due", "") if isinstance(receipt, dict) else "")
    crm.execute(
        'INSERT OR REPLACE INTO "case" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        (
            thread(event),
            event.subject,
            CASES[event.type],
            text(event.data),
            "open",
            event.time,
            str(due),
            attached,
            CASE,
            later(event.time, CASE_DAYS),
        ),
    )


# -- what goes ----------------------------------------------------------------------------------------------------


def delete(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Delete what an event names, and leave word that it is done: in one transaction.

    Everything ("") takes along what was said in the thread; and everything of no record, all there is of her but the
    orders, which the law has a vendor keep: they say what was bought, and no more who it was.
    """
    data: Row = event.data
    ptrs: Collection[str] = [str(each) for each in data.get("ptrs") or ()]
    record, party, kept = str(data.get("record", "")), event.subject, list[dict[str, str]]()
    labels = crm.execute(
        "SELECT rowid, ptr FROM label WHERE party = ? AND (record = ? OR ? = '')", (party, record, record)
    )
    gone = [(row["rowid"],) for row in labels if within(row["ptr"], ptrs)]
    crm.executemany("DELETE FROM label WHERE rowid = ?", gone)
    forget_unlabelled(crm)
    if "" in ptrs:
        for table in ("lead", '"case"'):
            crm.execute(
                f"DELETE FROM {table} WHERE thread = ? OR (party = ? AND ? = '')", (thread(event), party, record)
            )
    if "" in ptrs and not record:
        until = crm.execute('SELECT max(expires) AS until FROM "order" WHERE party = ?', (party,)).fetchone()["until"]
        if until:
            kept = [{"ptr": "/orders", "why": "legal-duty", "until": str(until)[:10]}]
            crm.execute("UPDATE party SET rules = '{}', terms = '{}', invitation = '' WHERE party = ?", (party,))
        else:
            crm.execute("DELETE FROM party WHERE party = ?", (party,))
    forget_strangers(crm)
    done = text({"deletion": data.get("deletion"), "deleted": [*ptrs], "kept": kept, "told": []})
    crm.execute(
        "INSERT OR IGNORE INTO action (key, at, party, thread, family, message, body) VALUES (?, ?, ?, '', '', '', ?)",
        (event.id, event.time, party, done),
    )


def forget_unlabelled(crm: sqlite3.Connection) -> None:
    """Delete every value that no Label allows any more; the words it was found by go with it."""
    crm.execute(
        "DELETE FROM contact WHERE NOT EXISTS"
        " (SELECT 1 FROM label WHERE label.party = contact.party AND label.ptr = contact.ptr)"
    )


def forget_strangers(crm: sqlite3.Connection) -> None:
    """Let go of whoever was never met and of whom nothing is left: of a want that is over, say."""
    left = " UNION ".join(f"SELECT party FROM {table}" for table in ("contact", "lead", '"order"', '"case"'))
    crm.execute(f"DELETE FROM party WHERE met = '' AND party NOT IN ({left})")


def purge(crm: sqlite3.Connection, now: str) -> None:
    """Delete what is over. now: RFC 3339, UTC."""
    crm.execute("DELETE FROM label WHERE expires <= ?", (now,))
    forget_unlabelled(crm)
    for table in ("lead", '"order"', '"case"'):
        crm.execute(f"DELETE FROM {table} WHERE expires <= ?", (now,))
    forget_strangers(crm)


def counted(crm: sqlite3.Connection, event: CloudEvent) -> None:
    """Count what is counted of an event."""
    data: Row = event.data
    match event.type:
        case "vrm.profile.updated.v1":
            count(crm, "bounces avoided", sum(str(each["ptr"]).startswith(REACH) for each in items(data)))
        case kind if kind in CASES:
            count(crm, "cases opened")
            count(crm, "cases opened with full context", int(bool(data.get("attachments") or data.get("thing"))))
        case "vrm.intent.cast.v1":
            count(crm, "wants received")
        case "vrm.intent.selected.v1":
            count(crm, "bids selected")
        case "vrm.intent.ordered.v1":
            count(crm, "wants won")
        case "vrm.intent.closed.v1":
            how = "declined by us" if data.get("ended") == "decline" else "lost"
            count(crm, f"wants {how}: {data.get('reason', 'other')}")


def count(crm: sqlite3.Connection, name: str, number: int = 1) -> None:
    """Count something: counts are about nobody, and stay."""
    if number:
        crm.execute(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            (name, number),
        )


def later(time: str, days: int) -> str:
    """A time so many days after a time or date."""
    moment = datetime.fromisoformat(time) + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


DOES: Final[Mapping[str, Callable[[sqlite3.Connection, CloudEvent], None]]] = {
    "vrm.relationship.met.v1": met,
    "vrm.relationship.rules.v1": rules,
    "vrm.relationship.ended.v1": ended,
    "vrm.terms.in_force.v1": terms,
    "vrm.terms.withdrawn.v1": terms,
    "vrm.intent.cast.v1": lead,
    "vrm.intent.ordered.v1": order,
    DELETE: delete,
}
"""What else an event does."""
