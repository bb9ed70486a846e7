"""Where several writers write: whoever writes of a relationship waits until the others are done with theirs of it.

A transaction asks for all it needs at its beginning, in one order that everybody keeps, so that no two wait for each
other; and what is read after that is what the others have left. Rows that are no relationship's alone, such as the
inventory, count as one more: in a transaction they come in any order, with the order of events between them.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from wallet.store import inventory
from wallet.store.apply import apply
from wallet.store.change import Change
from wallet.store.companion import both
from wallet.vault import Vault

LINE: Final = "PREPARE line_up (bigint[]) AS SELECT count(pg_advisory_xact_lock(each)) FROM unnest($1) AS v (each)"
"""What a connection of one of several writers knows, so that standing in line goes out with what begins a commit."""


def line_up(vault: Vault, works: Iterable[object]) -> str:
    """How a transaction begins that waits for those who write of the same relationships."""
    keys = sorted({_key(vault, peer) for work in works for peer in touched(work)})
    return f"BEGIN; EXECUTE line_up ('{{{','.join(map(str, keys))}}}')" if keys else "BEGIN"


def touched(work: object) -> Iterator[str]:
    """The relationships whose rows a piece of work writes, as far as it says so; "" for rows of several, or of none."""
    does, named = (work.func, work.keywords) if isinstance(work, partial) else (work, {})
    if does is apply:
        change: Change = named["change"]
        yield from {change.peer, ""} if shared(change) else {change.peer} - {""}
    elif does is both:
        yield from {*touched(named["work"]), ""}
    elif isinstance(peer := named.get("peer"), str):
        yield peer
    else:
        yield from {peer for peer, _ in named.get("messages", ())} or {""}


def shared(change: Change) -> bool:
    """Whether a change alters rows that changes of other relationships may alter, too."""
    return bool(change.claim or change.progress or any(row.kind in inventory.PRECIOUS for row in change.keep))


def _key(vault: Vault, peer: str) -> int:
    return int.from_bytes(vault.blind("store", "peer", peer)[:8], "big", signed=True)
