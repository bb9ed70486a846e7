"""Messages that go again, or later than they were to: when, and what stands in their rows."""

from typing import Final

import msgspec

from agent import parcel as parcels
from agent.didcomm import plaintext
from wallet.store.store import Store

LATELY: Final = 120  # seconds: longer than whoever died may have had something to send before that is noticed


async def take_up(store: Store, now: int) -> None:
    """What somebody was sending who is gone is due now. Raises OSError.

    A row says when it is tried next, and not whether it has been: so of what was said lately, all goes that did not
    fail yet, and what arrived and is not acknowledged goes once more. now: Unix seconds.
    """
    for next in (parcels.LEASE, parcels.RESEND_AFTER[0]):
        await store.hasten_leased(now, next, next - LATELY)


def unsaid(record: bytes) -> bytes:
    """The record of a message that could not go: whenever it goes, that is no repetition."""
    parcel = parcels.read(record)
    return parcels.write(msgspec.structs.replace(parcel, tries=max(1, parcel.tries)))


def resent(record: bytes) -> bytes:
    """The record of a row that has come due. If it was delivered before and not acknowledged, it goes out as the same
    message again, with its count raised; if its delivery failed, as it is."""
    parcel = parcels.read(record)
    if not parcel.reliable or parcel.tries:
        return record
    count = parcel.resends + 1
    again = msgspec.Raw(plaintext.resent(bytes(parcel.plaintext), count + 1))
    return parcels.write(msgspec.structs.replace(parcel, plaintext=again, resends=count))
