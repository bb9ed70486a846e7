"""Campaigns and their recipients, as lines of an export."""

from collections.abc import Iterator

from wallet import records
from wallet.records import carried, kept_of
from wallet.store import campaigns
from wallet.store.campaigns import Campaign, Recipient
from wallet.store.moving.subject import Subject
from wallet.store.transaction import Transaction


def _campaign(row: Campaign) -> records.Campaign:
    return records.Campaign(id=row.id, running=row.running, at=row.at, **carried(row.record))


def _campaigns(tx: Transaction) -> Iterator[records.Campaign]:
    return map(_campaign, campaigns.campaigns(tx))


def _find_campaign(tx: Transaction, line: records.Campaign) -> records.Campaign | None:
    row = campaigns.campaign(tx, id=line.id)
    return _campaign(row) if row else None


def _put_campaign(tx: Transaction, line: records.Campaign) -> None:
    campaigns.write(tx, row=Campaign(line.id, 0, line.running, line.at, kept_of(line)))


def _recipient(row: Recipient) -> records.Recipient:
    content = carried(row.record)
    return records.Recipient(
        campaign=row.campaign, thread=row.thid, state=row.state, at=row.at, chosen=row.chosen, **content
    )


def _recipients(tx: Transaction) -> Iterator[records.Recipient]:
    return map(_recipient, campaigns.every(tx))


def _find_recipient(tx: Transaction, line: records.Recipient) -> records.Recipient | None:
    row = campaigns.recipient(tx, campaign=line.campaign, thid=line.thread)
    return _recipient(row) if row else None


def _put_recipient(tx: Transaction, line: records.Recipient) -> None:
    row = Recipient(line.campaign, line.thread, line.state, line.at, kept_of(line), line.chosen)
    campaigns.add(tx, rows=(row,))


CAMPAIGNS = Subject("campaign", (records.Campaign,), _campaigns, _find_campaign, _put_campaign)
RECIPIENTS = Subject("recipient", (records.Recipient,), _recipients, _find_recipient, _put_recipient)
