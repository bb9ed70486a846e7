"""Things kept, as lines of an export: keys as JWKs, everything else under the name by which it is known outside."""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from wallet.keys import read_private_jwk, to_private_jwk
from wallet.records import KEPT, BlindingKey, Item, Kept, Key, Recovery, carried, kept_of
from wallet.store import change, items, keys, marks
from wallet.store.moving.subject import Subject
from wallet.store.transaction import Transaction

Line: TypeAlias = Key | BlindingKey | Kept
_KIND = {shape: kind for kind, shape in KEPT.items()}


def _line(row: change.Item) -> Line:
    if row.kind == keys.KIND:
        return Key(id=row.id, jwk=to_private_jwk(keys.read(row)), peer=row.peer, tag=row.tag)
    if row.kind == marks.KIND:
        return msgspec.json.decode(row.record, type=BlindingKey)
    shape = KEPT.get(row.kind)
    if shape is None:
        return Item(of=row.kind, id=row.id, peer=row.peer, tag=row.tag, **carried(row.record))
    return shape(id=row.id, peer=row.peer, tag=row.tag, **carried(row.record))


def _row(line: Line) -> change.Item:
    if isinstance(line, Key):
        return keys.key_item(line.id, read_private_jwk(line.jwk), peer=line.peer, tag=line.tag)
    if isinstance(line, BlindingKey):
        return marks.item(line)
    kind = line.of if isinstance(line, Item) else _KIND[type(line)]
    return change.Item(kind, line.id, kept_of(line), line.peer, line.tag)


def _every(tx: Transaction) -> Iterator[Line]:
    return map(_line, items.every(tx))


def _find(tx: Transaction, line: Line) -> Line | None:
    if isinstance(line, BlindingKey) and marks.is_known(tx, line):
        return line
    wanted = _row(line)
    row = items.item(tx, kind=wanted.kind, id=wanted.id)
    found = _line(row) if row else None
    return line if isinstance(found, Recovery) and _recipient(found) == _recipient(line) else found


def _recipient(line: Line) -> object:
    """Whom back-ups are for; when the last was made is no difference."""
    return msgspec.json.decode(kept_of(line)).get("recipient") if isinstance(line, Recovery) else None


def _put(tx: Transaction, line: Line) -> None:
    items.keep(tx, row=_row(line))


ITEMS = Subject("item", (Key, BlindingKey, *KEPT.values(), Item), _every, _find, _put)
