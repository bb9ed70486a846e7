"""Campaigns: one act of the owner towards many, a row for each recipient. Source: vrm-protocols, section 3.8.

A recipient's row is there, with the id of its thread, before anything is said to it, and moves in the very transaction
that says it: so a campaign that was broken off anywhere goes on where it was, and nobody is told twice. States are
words; which there are is for the agent to say, but for `QUEUED`. No function here holds all recipients at a time.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from wallet.store.change import Outcome, Progress
from wallet.store.transaction import Columns, Transaction, Value, reader

QUEUED: Final = "queued"
"""The state of a recipient to whom nothing has been said yet; `at` is when that may be done."""

_read_campaign = reader(tuple[str, bytes])
_read = reader(tuple[str, str, str, bytes])
_FIELDS = "thread, campaign, state, at, chosen, revision, sealed"


@dataclass(frozen=True, slots=True)
class Campaign:
    """running: what is due is done; at: when it was begun, Unix seconds."""

    id: str
    version: int
    running: bool
    at: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient. thid: its thread; at: when something is to be done about it, Unix seconds, if anything is.

    chosen: of one campaign, at most one recipient is.
    """

    campaign: str
    thid: str
    state: str
    at: int | None
    record: bytes
    chosen: bool = False


def write(tx: Transaction, *, row: Campaign) -> bool:
    """Store a campaign at version + 1. Returns False, having written nothing, if it is not at `version` now."""
    key = tx.blind("campaign", row.id)
    sealed = tx.seal(
        "campaign", (key,), (row.id, row.record), revision=row.version + 1, tags=(int(row.running), row.at)
    )
    if row.version == 0:
        sql = (
            "INSERT INTO campaign (campaign, version, running, at, sealed)"
            " VALUES (:key, :version + 1, :running, :at, :sealed) ON CONFLICT (campaign) DO NOTHING"
        )
    else:
        sql = (
            "UPDATE campaign SET version = version + 1, running = :running, at = :at, sealed = :sealed"
            " WHERE campaign = :key AND version = :version"
        )
    return tx.run(sql, key=key, version=row.version, running=int(row.running), at=row.at, sealed=sealed) == 1


def campaign(tx: Transaction, *, id: str) -> Campaign | None:
    """One campaign."""
    sql = "SELECT campaign, version, running, at, sealed FROM campaign WHERE campaign = :key"
    row = tx.row(sql, key=tx.blind("campaign", id))
    return _opened_campaign(tx, row) if row else None


def campaigns(tx: Transaction) -> Iterator[Campaign]:
    """All campaigns, in no order."""
    sql = (
        "SELECT campaign, version, running, at, sealed FROM campaign WHERE campaign > :after"
        " ORDER BY campaign LIMIT :page"
    )
    return (_opened_campaign(tx, row) for row in tx.pages(sql, after=b""))


def add(tx: Transaction, *, rows: Collection[Recipient]) -> None:
    """Add recipients; one whose thread is there already stays as it is."""
    sql = (
        "INSERT INTO recipient (campaign, thread, state, at, chosen, revision, sealed)"
        " VALUES (:campaign, :thread, :state, :at, :chosen, 1, :sealed) ON CONFLICT (campaign, thread) DO NOTHING"
    )
    for row in rows:
        tx.run(sql, **_sealed(tx, row, revision=1))


def clear(tx: Transaction, *, id: str, most: int) -> int:
    """Remove up to so many recipients of a campaign, and, once there are none, itself. Returns how many it were."""
    key = tx.blind("campaign", id)
    sql = (
        "DELETE FROM recipient WHERE campaign = :key AND thread IN"
        " (SELECT thread FROM recipient WHERE campaign = :key LIMIT :most)"
    )
    removed = tx.run(sql, key=key, most=most)
    if removed < most:
        tx.run("DELETE FROM campaign WHERE campaign = :key", key=key)
    return removed


def recipient(tx: Transaction, *, campaign: str, thid: str) -> Recipient | None:
    """One recipient."""
    sql = f"SELECT {_FIELDS} FROM recipient WHERE campaign = :campaign AND thread = :thread"
    row = tx.row(sql, campaign=tx.blind("campaign", campaign), thread=tx.blind("thid", thid))
    return _opened(tx, row) if row else None


def recipients(tx: Transaction, *, campaign: str, state: str | None = None) -> Iterator[Recipient]:
    """The recipients of a campaign, in no order; those in one state, if it is named."""
    where, values = "campaign = :campaign", dict[str, Value](campaign=tx.blind("campaign", campaign))
    if state is not None:
        where, values["state"] = where + " AND state = :state", tx.blind("campaign.state", state)
    sql = f"SELECT {_FIELDS} FROM recipient WHERE {where} AND thread > :after ORDER BY thread LIMIT :page"
    return (_opened(tx, row) for row in tx.pages(sql, after=b"", **values))


def part(tx: Transaction, *, campaign: str, state: str, start: int, most: int) -> tuple[Recipient, ...]:
    """Some of the recipients in one state, always in the same order. start: how many are left out before them."""
    sql = (
        f"SELECT {_FIELDS} FROM recipient WHERE campaign = :campaign AND state = :state"
        " ORDER BY thread LIMIT :most OFFSET :start"
    )
    keys = {"campaign": tx.blind("campaign", campaign), "state": tx.blind("campaign.state", state)}
    return tuple(_opened(tx, row) for row in tx.rows(sql, **keys, start=start, most=most))


def every(tx: Transaction) -> Iterator[Recipient]:
    """All recipients, for a snapshot."""
    return (_opened(tx, row) for row in tx.each(f"SELECT {_FIELDS} FROM recipient"))


def due(tx: Transaction, *, now: int, limit: int) -> tuple[Recipient, ...]:
    """Recipients of running campaigns whose moment has come, earliest first.

    Those of one moment come by their blind thread: in an order that has nothing to do with how they were added.
    """
    found: list[Recipient] = []
    sql = f"SELECT {_FIELDS} FROM recipient WHERE campaign = :campaign AND at <= :now ORDER BY at, thread LIMIT :limit"
    for key in _running(tx):
        rows = tx.rows(sql, campaign=key, now=now, limit=limit - len(found))
        found += (_opened(tx, row) for row in rows)
    return tuple(found)


def next_due(tx: Transaction) -> int | None:
    """The earliest moment at which something is to be done about a recipient of a running campaign."""
    sql = "SELECT min(at) FROM recipient WHERE campaign = :campaign"
    rows = (tx.row(sql, campaign=key) for key in _running(tx))
    return min((row[0] for row in rows if row and row[0] is not None), default=None)


def tally(tx: Transaction, *, campaign: str) -> dict[str, int]:
    """How many recipients are in each state."""
    key = tx.blind("campaign", campaign)
    found = {}
    for state, count in tx.rows("SELECT state, count(*) FROM recipient WHERE campaign = :key GROUP BY state", key=key):
        one = f"SELECT {_FIELDS} FROM recipient WHERE campaign = :key AND state = :state LIMIT 1"
        row = tx.row(one, key=key, state=state)
        if row is not None:
            found[_opened(tx, row).state] = count
    return found


def progress(tx: Transaction, *, row: Progress) -> Outcome:
    """Move one recipient on. APPLIED; CONFLICT if it is not there, or if it is to be the first thing said and the
    campaign does not run or has said it; TAKEN if another recipient of the campaign is chosen. Then nothing is written.
    """
    key, thread = tx.blind("campaign", row.campaign), tx.blind("thid", row.thid)
    found = tx.row(
        f"SELECT {_FIELDS} FROM recipient WHERE campaign = :key AND thread = :thread{tx.held}", key=key, thread=thread
    )
    if found is None:
        return Outcome.CONFLICT
    known = _opened(tx, found)
    if row.first and (known.state != QUEUED or key not in _running(tx)):
        return Outcome.CONFLICT
    if row.only and known.state != row.only:
        return Outcome.APPLIED
    record = known.record if row.record is None else row.record
    at = known.at if row.keeps_time else row.at
    moved = Recipient(row.campaign, row.thid, row.state, at, record, row.chosen)
    revision = found[5] + 1
    sql = (
        "UPDATE recipient SET state = :state, at = :at, chosen = :chosen, revision = :revision, sealed = :sealed"
        " WHERE campaign = :campaign AND thread = :thread"
    )
    if row.chosen:
        sql += (
            " AND NOT EXISTS (SELECT 1 FROM recipient AS other WHERE other.campaign = :campaign"
            f" AND {tx.flagged('other.chosen')} AND other.thread <> :thread)"
        )
    done = tx.run(sql, revision=revision, **_sealed(tx, moved, revision=revision))
    return Outcome.APPLIED if done == 1 else Outcome.TAKEN


def _running(tx: Transaction) -> list[bytes]:
    return [key for (key,) in tx.rows("SELECT campaign FROM campaign WHERE running = 1 ORDER BY at")]


def _sealed(tx: Transaction, row: Recipient, *, revision: int) -> dict[str, Value]:
    """The columns of a recipient but its revision."""
    key, thread = tx.blind("campaign", row.campaign), tx.blind("thid", row.thid)
    state, chosen = tx.blind("campaign.state", row.state), int(row.chosen)
    record = (row.campaign, row.thid, row.state, row.record)
    sealed = tx.seal("recipient", (key, thread), record, revision=revision, tags=(state, row.at, chosen))
    return {"campaign": key, "thread": thread, "state": state, "at": row.at, "chosen": chosen, "sealed": sealed}


def _opened_campaign(tx: Transaction, row: Columns) -> Campaign:
    key, version, running, at, sealed = row
    id, record = tx.unseal(_read_campaign, "campaign", (key,), sealed, revision=version, tags=(running, at))
    return Campaign(id, version, bool(running), at, record)


def _opened(tx: Transaction, row: Columns) -> Recipient:
    thread, key, state, at, chosen, revision, sealed = row
    fields = tx.unseal(_read, "recipient", (key, thread), sealed, revision=revision, tags=(state, at, chosen))
    of, thid, word, record = fields
    return Recipient(of, thid, word, at, record, bool(chosen))
