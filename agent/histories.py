"""The newest version that was ever seen of each did:webvh: a history that no longer has it is refused (DID-18).

Kept in the store, under the SCID, so that neither a restart nor a move to another place makes us forget.
"""

from dataclasses import dataclass, field

from wallet.dids import webvh
from wallet.dids.document import Document
from wallet.store.change import Change, Item
from wallet.store.store import Store

KIND = "history"
MOST = 10_000  # rows: strangers choose what we look up; beyond it, what is new is remembered while we run


@dataclass
class Histories:
    """What was seen. _fresh: not in the store yet."""

    store: Store
    _seen: dict[str, str] = field(default_factory=dict)
    _fresh: dict[str, str] = field(default_factory=dict)
    _kept: int = -1

    def seen(self, did: str) -> str:
        """The id of the newest version seen of a DID; empty if none was, or if its method keeps no history."""
        if not did.startswith("did:webvh:"):
            return ""
        scid, _ = webvh.parts(did)
        if scid not in self._seen:
            row = self.store.item(KIND, scid)
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen.setdefault(scid, row.record.decode() if row else "")  # a newer one may have been seen meanwhile
        return self._seen[scid]

    def note(self, document: Document) -> None:
        """A document that was resolved, and found to follow what was seen before."""
        if document.version and document.version != self.seen(document.id):
            scid, _ = webvh.parts(document.id)
            self._seen[scid] = self._fresh[scid] = document.version

    @property
    def fresh(self) -> bool:
        """Whether something was seen that is not in the store yet."""
        return bool(self._fresh)

    async def keep(self) -> None:
        """Put into the store what is new, if anything is."""
        if not self._fresh:
            return
        fresh, self._fresh = self._fresh, {}
        try:
            await self._put(fresh)
        except BaseException:
            self._fresh = {**fresh, **self._fresh}
            raise

    async def _put(self, fresh: dict[str, str]) -> None:
        if self._kept < 0:
            stored = sum(1 for _ in self.store.items(KIND))
            self._kept = max(self._kept, stored)
        known = {scid for scid in fresh if self.store.item(KIND, scid) is not None}
        room = max(0, MOST - self._kept)
        taken = [*known, *[scid for scid in fresh if scid not in known][:room]]
        self._kept += len(taken) - len(known)
        await self.store.apply(Change(peer="", keep=tuple(Item(KIND, scid, fresh[scid].encode()) for scid in taken)))
