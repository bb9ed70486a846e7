"""Private keys, kept as items of kind "key" under their canonical key id."""

import msgspec

from wallet.keys import Curve, PrivateKey, from_secret, secret_of
from wallet.names import canonical_kid
from wallet.store import items
from wallet.store.change import Item
from wallet.store.transaction import Transaction, reader

KIND = "key"
_read = reader(tuple[str, bytes])


def key_item(kid: str, key: PrivateKey, *, peer: str = "", tag: str = "") -> Item:
    """The item that keeps a private key. kid: a DID URL, in its long or short form."""
    record = msgspec.msgpack.encode((key.public.curve.value, secret_of(key)))
    return Item(KIND, canonical_kid(kid), record, peer, tag)


def key(tx: Transaction, *, kid: str) -> PrivateKey | None:
    """The private key kept under `kid`."""
    found = items.item(tx, kind=KIND, id=canonical_kid(kid))
    return None if found is None else read(found)


def read(row: Item) -> PrivateKey:
    """The private key in an item."""
    curve, secret = _read(row.record)
    return from_secret(Curve(curve), secret)
