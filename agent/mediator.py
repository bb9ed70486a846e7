"""A mediator's side of mediation and pickup: each request is answered from the store, and nothing else is kept of it.

Clients are named by the DID they write from. A client that is granted mediation once for each of its relationships gets
another routing key each time, so that no two of those who write to it can tell by the key that it is one client.
Source: didcomm.org/coordinate-mediation/3.0 and /2.0; didcomm.org/messagepickup/3.0 and /message-pickup/4.0.
"""

from functools import partial
from typing import Final

from agent import identity, live
from agent.agent import Agent
from agent.didcomm.attachments import MOST_ATTACHMENTS
from agent.errors import Dropped
from protocols.machine import Message, Protocol
from protocols.standard import mediation as table
from protocols.standard import pickup
from protocols.standard.mediation import Action, Result, Update
from wallet import keys
from wallet.dids import peer as did_peer
from wallet.dids import syntax
from wallet.errors import Malformed
from wallet.keys import Curve
from wallet.store import held
from wallet.store import mediation as accounts
from wallet.store.held import Waiting
from wallet.store.keys import key_item
from wallet.store.mediation import Account
from wallet.store.transaction import Transaction

MOST_AT_ONCE: Final = MOST_ATTACHMENTS  # messages in one delivery: as many as a message of ours may carry
MOST_LISTED: Final = 1000  # DIDs in one answer to a query


async def answer(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
    """The answer to a request of a client. peer: whoever is proved to have sent it. None: it gets none.

    Raises LiveModeNotSupported, and Dropped if this is no client of ours and the answer would not even be a no.
    """
    if not isinstance(request, table.MediateRequest) and not agent.config.mediates and account(agent, peer) is None:
        raise Dropped("stranger")
    match request:
        case table.MediateRequest():
            return await grant(agent, peer, protocol)
        case table.RecipientUpdate(updates):
            return table.RecipientUpdateResponse(await update(agent, peer, updates))
        case table.KeylistUpdate(updates):
            return table.KeylistUpdateResponse(await update(agent, peer, updates))
        case table.RecipientQuery(paginate):
            return table.Recipients(*listed(agent, peer, paginate))
        case table.KeylistQuery(paginate):
            return table.Keylist(*listed(agent, peer, paginate))
    return await pick_up(agent, peer, protocol, request)


def account(agent: Agent, peer: str) -> Account | None:
    """What is known of a client. One stays a client, and may fetch what is held, when we mediate no longer."""
    return agent.store.read(partial(accounts.account, peer=peer))


# -- coordination -------------------------------------------------------------------------------------------------


async def grant(agent: Agent, peer: str, protocol: Protocol) -> Message:
    """A fresh DID to which senders encrypt their forwards; or a no.

    It names our address too, for clients that put it in the place of one ("Using a DID as an endpoint").
    """
    if not agent.config.mediates:
        return table.MediateDeny()
    key = keys.create(Curve.X25519)
    did = did_peer.create2_silent(key.public, identity.services(agent.config))
    item = key_item(f"{did}#key-1", key, peer=peer, tag=accounts.GRANTED)
    if not await agent.store.write(partial(accounts.grant, peer=peer, key=item, now=agent.now())):
        return table.MediateDeny()
    # failpoint: mediator.granted
    return table.MediateGrant((did,)) if protocol is table.mediation else table.MediateGrant2(did)


async def update(agent: Agent, peer: str, updates: tuple[Update, ...]) -> tuple[table.Updated, ...]:
    """Register and remove DIDs, and say of each what became of it: all of it in one transaction."""
    results = await agent.store.write(partial(update_all, peer=peer, updates=updates))
    # failpoint: mediator.updated
    return tuple(
        table.Updated(each.recipient_did, each.action, result) for each, result in zip(updates, results, strict=True)
    )


def update_all(tx: Transaction, *, peer: str, updates: tuple[Update, ...]) -> tuple[Result, ...]:
    """What becomes of each."""
    return tuple(update_one(tx, peer, each.recipient_did, each.action) for each in updates)


def update_one(tx: Transaction, peer: str, did: str, action: Action) -> Result:
    """Register or remove one DID. Who else may have it is not told."""
    try:
        syntax.parted(did)
    except Malformed:
        return "client_error"
    if action == "add":
        return accounts.register(tx, peer=peer, did=did)
    return accounts.unregister(tx, peer=peer, did=did)


def listed(
    agent: Agent, peer: str, paginate: table.Paginate | None
) -> tuple[tuple[table.Registered, ...], table.Pagination]:
    """What a client has registered, or a page of it."""
    limit = min(max(0, paginate.limit), MOST_LISTED) if paginate else MOST_LISTED
    offset = max(0, paginate.offset) if paginate else 0
    found = agent.store.read(partial(accounts.registered, peer=peer, limit=limit, offset=offset))
    total = agent.store.read(partial(accounts.routes_of, peer=peer))
    page = table.Pagination(count=len(found), offset=offset, remaining=max(0, total - offset - len(found)))
    return tuple(map(table.Registered, found)), page


# -- pickup -------------------------------------------------------------------------------------------------------


async def pick_up(agent: Agent, peer: str, protocol: Protocol, request: Message) -> Message | None:
    """Status, delivery, acknowledgement, live mode. A client sees its own queue and no other."""
    match request:
        case pickup.StatusRequest(recipient_did=did):
            return status(agent, peer, protocol, did)
        case pickup.DeliveryRequest(limit=limit, recipient_did=did):
            return deliver(agent, peer, limit, did) or status(agent, peer, protocol, did)
        case pickup.DeliveryRequest4(message_count_limit=limit, recipient_did=did):
            return deliver(agent, peer, limit, did) or pickup.Delivery(recipient_did=did)
        case pickup.MessagesReceived(message_id_list=ids):
            await agent.store.write(partial(held.received, account=peer, ids=ids))
            # failpoint: mediator.received
            return status(agent, peer, protocol, None) if protocol is pickup.pickup else None
        case pickup.LiveDeliveryChange(live_delivery=wanted):
            change_live(agent, peer, protocol, wanted=wanted)
            return status(agent, peer, protocol, None)
    raise Dropped("unasked")


def deliver(agent: Agent, peer: str, limit: int, recipient: str | None) -> pickup.Delivery | None:
    """The oldest of what is held for a client; None if there is nothing."""
    messages = agent.store.read(
        partial(
            held.deliverable,
            account=peer,
            recipient=recipient,
            now=agent.now(),
            most=min(max(1, limit), MOST_AT_ONCE),
            most_bytes=live.MOST_BYTES,
        )
    )
    return live.delivery(messages, recipient) if messages else None


def status(agent: Agent, peer: str, protocol: Protocol, recipient: str | None) -> Message:
    """How much is held for a client."""
    now = agent.now()
    waits: Waiting = agent.store.read(partial(held.waiting, account=peer, recipient=recipient, now=now))
    is_live = bool(live.lines_of(agent, peer))
    if protocol is pickup.pickup_4:
        return pickup.Status4(
            recipient_did=recipient,
            message_count=waits.messages,
            total_bytes=waits.bytes,
            newest_received_time=waits.newest * 1000 if waits.messages else None,
            oldest_received_time=waits.oldest * 1000 if waits.messages else None,
            live_delivery=is_live,
        )
    return pickup.Status(
        recipient_did=recipient,
        message_count=waits.messages,
        total_bytes=waits.bytes,
        longest_waited_seconds=now - waits.oldest if waits.messages else None,
        newest_received_time=waits.newest if waits.messages else None,
        oldest_received_time=waits.oldest if waits.messages else None,
        live_delivery=is_live,
    )


def change_live(agent: Agent, peer: str, protocol: Protocol, *, wanted: bool) -> None:
    """Hand over what arrives at once, on the line this was asked on, or no longer. Raises LiveModeNotSupported."""
    line = next(iter(agent.ways.all(peer)), None)
    if line is not None and not line.single:
        if wanted:
            live.begin(agent, peer, line, protocol)
        else:
            live.end(agent, peer, line)
    elif wanted:
        raise pickup.LiveModeNotSupported


async def close(agent: Agent, peer: str) -> bool:
    """End an account. Nothing comes in for it from now on, and its senders are not told. What is held it may fetch
    until that expires, in a week at the latest. It gets no other account. Returns False if it has none that is open.
    """
    closed = await agent.store.write(partial(accounts.close, peer=peer))
    agent.keys.forget()  # what is encrypted to its keys does not open any more
    return closed
