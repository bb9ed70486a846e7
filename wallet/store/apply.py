"""How a change is written: guards first, then everything else."""

from wallet.errors import Malformed
from wallet.store import campaigns, events, items, ledger, log, outbox, peers, questions, threads, timers
from wallet.store.change import Change, Outcome
from wallet.store.transaction import Transaction
from wallet.store.writer import Undone


def apply(tx: Transaction, change: Change) -> Outcome:
    """Write a change, or, for DUPLICATE and EQUIVOCATION, nothing. When a guard fails, what was written is undone."""
    if change.relationship is not None and change.relationship.peer != change.peer:
        raise Malformed(f"a change for {change.peer[:80]} alters another relationship; nothing was written")
    peer = tx.blind("peer", change.peer)
    if change.heard is not None:
        outcome = log.hear(tx, peer=peer, name=change.peer, row=change.heard)
        if outcome is not Outcome.APPLIED:
            return outcome
    # failpoint: apply.heard
    if not _guarded(tx, peer, change):
        raise Undone(Outcome.CONFLICT)
    for row in change.progress:
        outcome = campaigns.progress(tx, row=row)
        if outcome is not Outcome.APPLIED:
            raise Undone(outcome)
    # failpoint: apply.guarded
    room = change.room if change.send else None
    roomy = room is None or outbox.fits(tx, peer=peer, most=room - len(change.send))
    _write(tx, peer, change)
    # What it takes out of the queue, or replaces there, makes room too: only then is that looked at again.
    if room is not None and not roomy and not outbox.fits(tx, peer=peer, most=room):
        raise Undone(Outcome.FULL)
    return Outcome.APPLIED


def _guarded(tx: Transaction, peer: bytes, change: Change) -> bool:
    """Write what may only be written if nothing has moved on."""
    if change.relationship is not None and not peers.write(tx, key=peer, row=change.relationship):
        return False
    if change.stands is not None and not peers.stands(tx, key=peer, version=change.stands):
        return False
    return (
        all(threads.write(tx, peer=peer, name=change.peer, row=row) for row in change.threads)
        and all(items.claim(tx, kind=kind, id=id) for kind, id in change.claim)
        and all(questions.settle(tx, peer=peer, id=id) for id in change.settled)
    )


def _write(tx: Transaction, peer: bytes, change: Change) -> None:
    name = change.peer
    for thid, digest in change.purge:
        log.purge(tx, peer=peer, thid=thid)
        ledger.purge(tx, peer=peer, digest=digest)
    for entry in change.log:
        log.add(tx, peer=peer, row=entry)
    for item in change.keep:
        items.keep(tx, row=item)
    for question in change.ask:
        questions.ask(tx, peer=peer, name=name, row=question)
    for thid, timer in change.cancel:
        timers.cancel(tx, peer=peer, thid=thid, name=timer)
    for each in change.timers:
        timers.set(tx, peer=peer, name=name, row=each)
    for id in change.done:
        outbox.finish(tx, peer=peer, id=id)
    # failpoint: apply.before-outbox
    for message in change.send:
        outbox.queue(tx, peer=peer, name=name, row=message)
    # failpoint: apply.after-outbox
    for signed in change.signed:
        ledger.add(tx, peer=peer, row=signed)
    for event in change.publish:
        events.publish(tx, row=event)
    # failpoint: apply.published
