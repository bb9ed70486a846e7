"""What lies here for others, or for a second look, as lines of an export: a mediator's tables, and the quarantine."""

from collections.abc import Iterator

from wallet.records import HeldMessage, MediationAccount, MediationRoute, Quarantined
from wallet.store import held, mediation, quarantine
from wallet.store.held import Arriving
from wallet.store.mediation import Account
from wallet.store.moving.subject import Subject
from wallet.store.transaction import Transaction

# -- accounts and routes ------------------------------------------------------------------------------------------


def _account(row: Account) -> MediationAccount:
    return MediationAccount(peer=row.peer, closed=row.closed, since=row.since)


def _accounts(tx: Transaction) -> Iterator[MediationAccount]:
    return map(_account, mediation.accounts(tx))


def _find_account(tx: Transaction, line: MediationAccount) -> MediationAccount | None:
    row = mediation.account(tx, peer=line.peer)
    return _account(row) if row else None


def _put_account(tx: Transaction, line: MediationAccount) -> None:
    mediation.write(tx, Account(line.peer, line.closed, line.since))


def _routes(tx: Transaction) -> Iterator[MediationRoute]:
    return (MediationRoute(peer=peer, did=did) for peer, did in mediation.every_route(tx))


def _find_route(tx: Transaction, line: MediationRoute) -> MediationRoute | None:
    peer = mediation.account_of(tx, did=line.did)
    return MediationRoute(peer=peer, did=line.did) if peer is not None else None


def _put_route(tx: Transaction, line: MediationRoute) -> None:
    mediation.add_route(tx, peer=line.peer, did=line.did)


# -- messages held ------------------------------------------------------------------------------------------------


def _held(peer: str, row: Arriving) -> HeldMessage:
    return HeldMessage(
        peer=peer,
        recipient=row.recipient,
        packed=row.packed[0],
        sender=row.sender,
        arrived=row.arrived,
        due=row.due,
        expires=row.expires,
    )


def _arriving(line: HeldMessage) -> Arriving:
    return Arriving(line.recipient, (line.packed,), line.sender, line.arrived, line.due, line.expires)


def _all_held(tx: Transaction) -> Iterator[HeldMessage]:
    return (_held(peer, row) for peer, row in held.every(tx))


def _find_held(tx: Transaction, line: HeldMessage) -> HeldMessage | None:
    row = held.same(tx, account=line.peer, row=_arriving(line))
    return _held(line.peer, row) if row else None


def _put_held(tx: Transaction, line: HeldMessage) -> None:
    held.hold_again(tx, account=line.peer, row=_arriving(line))


# -- quarantine ---------------------------------------------------------------------------------------------------


def _quarantined(row: quarantine.Quarantined) -> Quarantined:
    return Quarantined(sender=row.sender, id=row.id, packed=row.packed, why=row.why, at=row.at)


def _mark(tx: Transaction, line: Quarantined) -> bytes:
    return quarantine.mark_of(tx, sender=line.sender, id=line.id or line.packed)


def _all_quarantined(tx: Transaction) -> Iterator[Quarantined]:
    return map(_quarantined, quarantine.rows(tx))


def _find_quarantined(tx: Transaction, line: Quarantined) -> Quarantined | None:
    row = quarantine.one(tx, mark=_mark(tx, line))
    return _quarantined(row) if row else None


def _put_quarantined(tx: Transaction, line: Quarantined) -> None:
    row = quarantine.Quarantined(_mark(tx, line), line.sender, line.id, line.packed, line.why, line.at)
    quarantine.keep(tx, row=row)


ACCOUNTS = Subject("account", (MediationAccount,), _accounts, _find_account, _put_account)
ROUTES = Subject("route", (MediationRoute,), _routes, _find_route, _put_route)
HELD = Subject("held", (HeldMessage,), _all_held, _find_held, _put_held)
QUARANTINE = Subject("quarantine", (Quarantined,), _all_quarantined, _find_quarantined, _put_quarantined)
