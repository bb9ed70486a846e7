"""What a mediator holds for its clients, until they have it or it expires. In order of `place`.

How much is held is counted by triggers (schema.py), in the transaction that alters it and whoever does: for each
recipient of an account, for the account, and for all. Each count is one row that is found by its key, so that nothing
takes longer when more is held.

Full means that the newest is refused. What was accepted stays until `received`, or until `sweep` finds it expired.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from wallet.names import canonical
from wallet.store import mediation, meta
from wallet.store.transaction import Columns, Transaction, Value, reader
from wallet.store.writer import Undone

AT_ONCE: Final = 100  # messages that one statement drops
ALL: Final = b""  # in place of a blind name in table `queue`: all recipients of an account, or all accounts

_read = reader(tuple[str, str, str, bytes])
_SIZE = "CAST(coalesce(sum(size), 0) AS BIGINT)"
_ROW = "place, account, recipient, id, sender, size, arrived, due, expires, sealed"


@dataclass(frozen=True, slots=True)
class Limits:
    """messages, bytes: held for one recipient; from_one: of these from one sender who is known.

    in_all: bytes held for everybody. Beyond, whoever has more than an equal share of that is full.
    """

    messages: int = 1000
    bytes: int = 64 * 1024 * 1024
    from_one: int = 200
    in_all: int = 8 * 1024 * 1024 * 1024


BOUNDLESS: Final = Limits(2**62, 2**62, 2**62, 2**62)


@dataclass(frozen=True, slots=True)
class Arriving:
    """What somebody sent for a recipient. sender: a DID that was proved, or "". Times: Unix seconds.

    due: not to be handed out earlier. expires: not to be handed out from then on.
    """

    recipient: str
    packed: tuple[bytes, ...]
    sender: str
    arrived: int
    due: int
    expires: int


class Fate(Enum):
    """What becomes of what arrives."""

    HELD = "held"
    REPEATED = "repeated"  # the very same is held already
    UNKNOWN = "unknown"  # nobody has registered the recipient
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. account: whose it is; ids: of what is held anew, under which its owner acknowledges it."""

    fate: Fate
    account: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """One message. id: opaque, and the same for the same bytes to the same recipient. place: later is more."""

    place: int
    id: str
    recipient: str
    packed: bytes
    arrived: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much can be handed out now. oldest, newest: when they arrived, Unix seconds; 0 if there is none."""

    messages: int = 0
    bytes: int = 0
    oldest: int = 0
    newest: int = 0


def hold(tx: Transaction, *, row: Arriving, limits: Limits) -> Taken:
    """Keep what arrives, all of it or nothing. What is held already is not held twice."""
    account = mediation.account_of(tx, did=row.recipient)
    if account is None:
        _pretend(tx, row)
        return Taken(Fate.UNKNOWN)
    ids = tuple(id for packed in row.packed if (id := _hold_one(tx, account, row, packed, limits)))
    return Taken(Fate.HELD if ids else Fate.REPEATED, account, ids)


def deliverable(
    tx: Transaction, *, account: str, recipient: str | None, now: int, most: int, most_bytes: int, after: int = 0
) -> tuple[Held, ...]:
    """The oldest that can be handed out, to one recipient of the account or to any.

    most: messages. most_bytes: of all together, unless it is the first alone. after: a place; only what came later.
    """
    where, values = _of(tx, account, recipient)
    sql = (
        f"SELECT place, size FROM held WHERE {where} AND place > :after AND due <= :now AND expires > :now"
        " ORDER BY place LIMIT :most"
    )
    total, last = 0, 0
    for place, size in tx.rows(sql, after=after, now=now, most=most, **values):
        total += size
        if last and total > most_bytes:
            break
        last = place
    sql = (
        f"SELECT {_ROW} FROM held WHERE {where} AND place > :after AND place <= :last AND due <= :now"
        " AND expires > :now ORDER BY place"
    )
    return tuple(_opened(tx, row) for row in tx.rows(sql, after=after, last=last, now=now, **values))


def newest(tx: Transaction, *, account: str) -> int:
    """The place of what came last for an account, 0 if nothing is held."""
    row = tx.row("SELECT max(place) FROM held WHERE account = :account", account=tx.blind("peer", account))
    return (row[0] or 0) if row else 0


def by_id(tx: Transaction, *, account: str, ids: Iterable[str], now: int) -> tuple[Held, ...]:
    """These of an account, as far as they can be handed out."""
    sql = f"SELECT {_ROW} FROM held WHERE account = :account AND id = :id AND due <= :now AND expires > :now"
    key = tx.blind("peer", account)
    rows = (tx.row(sql, account=key, id=bytes.fromhex(id), now=now) for id in ids)
    return tuple(_opened(tx, row) for row in rows if row is not None)


def received(tx: Transaction, *, account: str, ids: Sequence[str]) -> int:
    """Stop holding these. Returns how many there were; ids of others, or of nothing, are passed over."""
    key, names = tx.blind("peer", account), [bytes.fromhex(id) for id in ids if _is_id(id)]
    dropped = 0
    for some in (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)):
        values = {f"id{place}": id for place, id in enumerate(some)}
        marks = ", ".join(f":{name}" for name in values)
        dropped += tx.run(f"DELETE FROM held WHERE account = :account AND id IN ({marks})", account=key, **values)
    return dropped


def waiting(tx: Transaction, *, account: str, recipient: str | None, now: int) -> Waiting:
    """How much can be handed out now, to one recipient of the account or to any."""
    where, values = _of(tx, account, recipient)
    messages, size = _count(tx, values["account"], values.get("recipient", ALL))
    later = f"SELECT count(*), {_SIZE} FROM held WHERE {where} AND due > arrived AND due > :now AND expires > :now"
    over = f"SELECT count(*), {_SIZE} FROM held WHERE {where.replace('account', '+account', 1)} AND expires <= :now"
    for sql in (later, over):
        row = tx.row(sql, now=now, **values)
        if row:
            messages, size = messages - row[0], size - row[1]
    if not messages:
        return Waiting()
    ready = f"SELECT arrived FROM held WHERE {where} AND due <= :now AND expires > :now ORDER BY place"
    first, last = (tx.row(f"{ready} {way} LIMIT 1", now=now, **values) for way in ("", "DESC"))
    return Waiting(messages, size, first[0] if first else 0, last[0] if last else 0)


def in_all(tx: Transaction) -> tuple[int, int]:
    """Messages and bytes held for everybody."""
    return _count(tx, ALL, ALL)


def sweep(tx: Transaction, *, now: int, most: int) -> int:
    """Drop what has expired, at most so many. Returns how many."""
    sql = "DELETE FROM held WHERE place IN (SELECT place FROM held WHERE expires <= :now ORDER BY expires LIMIT :most)"
    return tx.run(sql, now=now, most=most)


def next_expiry(tx: Transaction) -> int | None:
    """When the next message expires, Unix seconds."""
    row = tx.row("SELECT min(expires) FROM held")
    found: int | None = row[0] if row else None
    return found


def every(tx: Transaction) -> Iterator[tuple[str, Arriving]]:
    """All that is held, with its accounts, oldest first, for a snapshot."""
    for row in tx.each(f"SELECT {_ROW} FROM held ORDER BY place"):
        yield _whole(tx, row)


def same(tx: Transaction, *, account: str, row: Arriving) -> Arriving | None:
    """What is held of these bytes for this recipient."""
    recipient = tx.blind("recipient", canonical(row.recipient))
    id = tx.blind("held", recipient + row.packed[0])
    sql = f"SELECT {_ROW} FROM held WHERE account = :account AND id = :id"
    found = tx.row(sql, account=tx.blind("peer", account), id=id)
    return _whole(tx, found)[1] if found else None


def hold_again(tx: Transaction, *, account: str, row: Arriving) -> None:
    """Hold what was held before, whatever the limits say."""
    for packed in row.packed:
        _hold_one(tx, account, row, packed, BOUNDLESS)


def recount(tx: Transaction) -> bool:
    """Whether every count is what counting anew gives."""
    kept = {
        tuple(row)
        for row in tx.rows("SELECT account, recipient, messages, bytes FROM queue WHERE messages <> 0 OR bytes <> 0")
    }
    found: set[Columns] = set()
    for columns in ("account, recipient", "account, x''", "x'', x''"):
        sql = f"SELECT {columns}, count(*), {_SIZE} FROM held GROUP BY 1, 2"
        found |= {tuple(row) for row in tx.rows(sql)}
    return kept == found


def _hold_one(tx: Transaction, account: str, row: Arriving, packed: bytes, limits: Limits) -> str | None:
    """Keep one message. Returns its id, or None if it is held already: until the later of both ends, then."""
    key, recipient = tx.blind("peer", account), tx.blind("recipient", canonical(row.recipient))
    id, size = tx.blind("held", recipient + packed), len(packed)
    found = tx.row(f"SELECT {_ROW} FROM held WHERE account = :account AND id = :id", account=key, id=id)
    if found is not None:
        _, before = _whole(tx, found)
        if before.expires < row.expires:
            after = replace(before, expires=row.expires)
            sql = "UPDATE held SET expires = :expires, sealed = :sealed WHERE place = :place"
            tx.run(sql, place=found[0], expires=row.expires, sealed=_seal(tx, account, after, key, id))
        return id.hex() if before.expires <= row.arrived else None
    sender = _sender(tx, row)
    if _full(tx, key, recipient, sender, size, limits):
        raise Undone(Taken(Fate.FULL))
    tx.run(
        f"INSERT INTO held ({_ROW.removeprefix('place, ')}) VALUES"
        " (:account, :recipient, :id, :sender, :size, :arrived, :due, :expires, :sealed)",
        account=key, recipient=recipient, id=id, sender=sender, size=size, arrived=row.arrived, due=row.due,
        expires=row.expires, sealed=_seal(tx, account, replace(row, packed=(packed,)), key, id),
    )  # fmt: skip
    return id.hex()


def _seal(tx: Transaction, account: str, row: Arriving, key: bytes, id: bytes) -> bytes:
    """The record of one message. key: the account's blind name."""
    [packed] = row.packed
    recipient, sender = tx.blind("recipient", canonical(row.recipient)), _sender(tx, row)
    tags = (recipient, sender, len(packed), row.arrived, row.due, row.expires)
    return tx.seal("held", (key, id), (account, row.recipient, row.sender, packed), tags=tags)


def _sender(tx: Transaction, row: Arriving) -> bytes | None:
    return tx.blind("held.sender", canonical(row.sender)) if row.sender else None


def _full(tx: Transaction, account: bytes, recipient: bytes, sender: bytes | None, size: int, limits: Limits) -> bool:
    messages, held = _count(tx, account, recipient)
    if messages >= limits.messages or held + size > limits.bytes:
        return True
    if sender is not None and messages >= limits.from_one:
        sql = "SELECT count(*) FROM held WHERE account = :account AND recipient = :recipient AND sender = :sender"
        row = tx.row(sql, account=account, recipient=recipient, sender=sender)
        if row and row[0] >= limits.from_one:
            return True
    if _count(tx, ALL, ALL)[1] + size <= limits.in_all:
        return False
    sharing = tx.row("SELECT count(*) FROM queue WHERE recipient <> x''")
    return bool(held + size > limits.in_all // max(1, sharing[0] if sharing else 1))


def _count(tx: Transaction, account: Value, recipient: Value) -> tuple[int, int]:
    """Messages and bytes that are counted under these names."""
    sql = "SELECT messages, bytes FROM queue WHERE account = :account AND recipient = :recipient"
    row = tx.row(sql, account=account, recipient=recipient)
    return (row[0], row[1]) if row else (0, 0)


def _of(tx: Transaction, account: str, recipient: str | None) -> tuple[str, dict[str, Value]]:
    values: dict[str, Value] = {"account": tx.blind("peer", account)}
    if recipient is None:
        return "account = :account", values
    values["recipient"] = tx.blind("recipient", canonical(recipient))
    return "account = :account AND recipient = :recipient", values


def _pretend(tx: Transaction, row: Arriving) -> None:
    """Write as much as if it were held, where nobody looks: how long the answer takes must not tell who is known."""
    sealed = tx.seal("meta", ("nobody",), row.packed)
    meta.write(tx, name="nobody", value=sealed)


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def _opened(tx: Transaction, row: Columns) -> Held:
    _, found = _whole(tx, row)
    return Held(row[0], row[3].hex(), found.recipient, found.packed[0], found.arrived)


def _whole(tx: Transaction, row: Columns) -> tuple[str, Arriving]:
    """A message with its account, as it came."""
    _, account, recipient, id, sender, size, arrived, due, expires, sealed = row
    tags = (recipient, sender, size, arrived, due, expires)
    name, did, of, packed = tx.unseal(_read, "held", (account, id), sealed, tags=tags)
    return name, Arriving(did, (packed,), of, arrived, due, expires)
