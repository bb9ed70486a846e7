"""Being reached through a mediator: a house with a letter box, for a person who has no open port.

Each relationship gets a routing key of its own, so that vendors who compare notes find no key, and no place but that of
a mediator many people share (vrm-protocols 3.9). What is registered at a mediator is written down here first, and goes
once nobody needs it (gathering.py). Source: didcomm.org/coordinate-mediation/3.0 and /2.0.
"""

from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from agent import identity
from agent.agent import Agent
from agent.calls import call, expect
from agent.delivery import place, reach
from agent.errors import AgentError, Refused, Unreachable
from agent.relationship import fingerprint
from protocols.machine import Message, Protocol
from protocols.standard import mediation as table
from protocols.standard import pickup
from protocols.standard.mediation import Action, Update
from wallet import dids
from wallet.dids.services import Endpoint, Service, at
from wallet.errors import WalletError
from wallet.keys import PrivateKey
from wallet.store.change import Change, Item
from wallet.store.keys import KIND as KEY

GOAL: Final = "freerange.mediation"  # of an invitation by which a mediator is set up
MEDIATOR: Final = "mediator"
RECIPIENT: Final = "recipient"
COORDINATION: Final = (table.mediation, table.mediation_2)
PICKUP: Final = (pickup.pickup_4, pickup.pickup)
AT_ONCE: Final = 50  # DIDs in one update
REGISTERED: Final = ("success", "no_change")


class Mediator(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mediator of ours. did: its DID; ours: the one by which it knows us, and nobody else does.

    name: its domain, or a fingerprint. uri: where forwards are posted; hops: routing keys of mediators before it.
    coordination, pickup: which versions it speaks. since, left: Unix seconds; left: when its relationships were called
    away, 0 while it is the current one.
    """

    did: str
    ours: str
    name: str
    uri: str
    coordination: str
    pickup: str
    since: int
    hops: tuple[str, ...] = ()
    left: int = 0


class Recipient(msgspec.Struct, frozen=True, omit_defaults=True):
    """A DID of ours that is registered, or about to be. unused: since when nobody needs it; 0 while somebody does."""

    did: str
    mediator: str
    since: int
    unused: int = 0


# -- which there are ----------------------------------------------------------------------------------------------


def mediators(agent: Agent) -> list[Mediator]:
    """All of them, oldest first; those that were left stay until nothing can come through them."""
    return [msgspec.json.decode(row.record, type=Mediator) for row in agent.store.items(MEDIATOR)]


def current(agent: Agent) -> Mediator | None:
    """The one through which relationships are reached."""
    return next((each for each in mediators(agent) if not each.left), None)


def recipients(agent: Agent, mediator: Mediator | None = None) -> list[Recipient]:
    """What is registered, at one mediator or at all."""
    tag = dids.canonical(mediator.did) if mediator else None
    return [msgspec.json.decode(row.record, type=Recipient) for row in agent.store.items(RECIPIENT, tag=tag)]


def recipient_of(agent: Agent, did: str) -> Recipient | None:
    """Where a DID of ours is registered; None if it is reached in another way, or not at all."""
    row = agent.store.item(RECIPIENT, dids.canonical(did))
    return msgspec.json.decode(row.record, type=Recipient) if row else None


def item(mediator: Mediator) -> Item:
    """What is kept of a mediator."""
    return Item(MEDIATOR, dids.canonical(mediator.did), msgspec.json.encode(mediator))


def recipient_item(recipient: Recipient) -> Item:
    """What is kept of a registered DID."""
    tag = dids.canonical(recipient.mediator)
    return Item(RECIPIENT, dids.canonical(recipient.did), msgspec.json.encode(recipient), tag=tag)


# -- getting to know one ------------------------------------------------------------------------------------------


async def take_on(agent: Agent, did: str, invitation: str | None = None) -> Mediator:
    """Agree with a mediator that it takes messages for us, and be reached through it from now on. The one until now is
    left: what still comes through it is fetched (see gathering.py).

    did: its DID; invitation: id of the one that is taken up. Raises Refused or Unreachable, having changed nothing.
    """
    known = {dids.canonical(each.did): each for each in mediators(agent)}
    found = known.get(dids.canonical(did))
    if found is not None and not found.left:
        raise Refused(f"{found.name} is your mediator already; nothing was done")
    if found is None:
        found = await agreed(agent, did, invitation)
    left = tuple(item(msgspec.structs.replace(each, left=agent.now())) for each in known.values() if not each.left)
    kept = item(msgspec.structs.replace(found, left=0))
    await agent.store.apply(Change(peer="", keep=(*left, kept)))
    # failpoint: mediation.taken-on
    agent.lines.changed.set()
    return found


async def agreed(agent: Agent, did: str, invitation: str | None) -> Mediator:
    """A mediator that takes messages for us and hands them out, in versions that both speak."""
    try:
        endpoint = await reach(agent, await agent.meet(agent.resolve(did)))
    except WalletError as fault:
        raise Refused(f"this mediator cannot be found now ({fault}); nothing was done") from fault
    if endpoint is None:
        raise Refused("this mediator names no place to which messages can be sent; nothing was done")
    ours, items = identity.account()
    await agent.store.apply(Change(peer="", keep=items))  # before it sees the DID
    try:
        granted, coordination = await granted_by(agent, ours, did, invitation)
        version = await hands_out(agent, ours, did)
        endpoint, _ = await entrance(agent, endpoint, granted)
    except (AgentError, WalletError) as fault:
        await agent.store.apply(Change(peer="", claim=tuple((each.kind, each.id) for each in items)))
        if isinstance(fault, Unreachable):
            raise Unreachable(f"{called(did, endpoint)} does not answer now ({fault}); nothing was done") from fault
        raise Refused(f"{called(did, endpoint)} is no mediator for you ({fault}); nothing was done") from fault
    return Mediator(
        did=did,
        ours=ours,
        name=called(did, endpoint),
        uri=endpoint.uri,
        coordination=coordination.uri,
        pickup=version.uri,
        since=agent.now(),
        hops=endpoint.routing_keys,
    )


def called(did: str, endpoint: Endpoint) -> str:
    """What to call a mediator: its domain, else where it is reached."""
    if did.startswith(("did:web:", "did:webvh:")):
        return unquote(did.split(":")[3 if did.startswith("did:webvh:") else 2])
    return urlsplit(endpoint.uri).netloc or fingerprint(dids.canonical(did))


async def granted_by(agent: Agent, ours: str, theirs: str, invitation: str | None) -> tuple[tuple[str, ...], Protocol]:
    """A first grant, and the version of coordination it was given in. Raises Refused or Unreachable."""
    first: AgentError | None = None
    for version in COORDINATION:
        try:
            said = await call(agent, table.MediateRequest(), version, ours=ours, theirs=theirs, pthid=invitation)
            return routing_of(said), version
        except (Refused, Unreachable) as fault:
            first = first or fault
    raise first or Refused("it speaks no version of mediation that we know")


async def hands_out(agent: Agent, ours: str, theirs: str) -> Protocol:
    """The version of pickup a mediator speaks. Raises Refused or Unreachable."""
    first: AgentError | None = None
    for version in PICKUP:
        try:
            said = await call(agent, pickup.StatusRequest(), version, ours=ours, theirs=theirs)
            expect(said, pickup.Status, pickup.Status4)
            return version
        except (Refused, Unreachable) as fault:
            first = first or fault
    raise first or Refused("it speaks no version of pickup that we know")


def routing_of(said: Message) -> tuple[str, ...]:
    """The DIDs in a grant, to which senders encrypt their forwards. Raises Refused."""
    match said:
        case table.MediateGrant(routing_did=(_, *_) as found):
            return found
        case table.MediateGrant2(routing_did=found):
            return (found,)
        case table.MediateDeny():
            raise Refused("it takes nobody in")
    raise Refused(f"it answered {said.name}, which makes no sense here")


async def entrance(agent: Agent, usual: Endpoint, routing: tuple[str, ...]) -> tuple[Endpoint, tuple[str, ...]]:
    """Where forwards for a routing DID go: to its own place if it names one, else to the mediator's."""
    document = await agent.meet(agent.resolve(dids.did_of(routing[0])))
    own = await reach(agent, document) if place(document) is not None else None
    return own or usual, routing


# -- being reached ------------------------------------------------------------------------------------------------


async def fresh(agent: Agent, signing: PrivateKey | None = None) -> tuple[str, tuple[Item, ...]]:
    """A fresh DID for one relationship, to be kept with its keys, at which messages reach us from this moment on.

    With a mediator it is registered there, behind a routing key that nobody else is shown; without one it names our own
    address, if there is any. signing: see identity.pairwise. Raises Unreachable or Refused, in words.
    """
    mediator = current(agent)
    if mediator is None:
        return identity.pairwise(agent.config, signing=signing)
    try:
        routing = routing_of(await ask(agent, mediator, table.MediateRequest(), coordination(mediator)))
        endpoint, keys = await entrance(agent, Endpoint(mediator.uri, routing_keys=mediator.hops), routing)
        did, items = identity.pairwise(agent.config, (service(endpoint, keys),), signing)
        await register(agent, mediator, did)
    except Unreachable as fault:
        raise Unreachable(
            f"your mediator, {mediator.name}, cannot be reached now ({fault}); nothing was done. Try again in a while."
        ) from fault
    except (Refused, WalletError) as fault:
        raise Refused(f"your mediator, {mediator.name}, would not help ({fault}); nothing was done") from fault
    return did, items


def service(endpoint: Endpoint, keys: tuple[str, ...]) -> Service:
    """The service of a DID that is reached through these routing keys."""
    return at(endpoint.uri, *endpoint.routing_keys, *keys)


async def register(agent: Agent, mediator: Mediator, did: str) -> None:
    """Have a mediator take messages for a DID of ours. It is written down first: what is registered is never forgotten.

    Raises Unreachable, Refused.
    """
    await agent.store.apply(Change(peer="", keep=(recipient_item(Recipient(did, mediator.did, agent.now())),)))
    # failpoint: mediation.before-register
    await update(agent, mediator, (did,), "add")
    # failpoint: mediation.registered


async def update(agent: Agent, mediator: Mediator, ours: tuple[str, ...], action: Action) -> None:
    """Register or remove DIDs of ours, in each of their spellings: senders use both. Raises Unreachable, Refused."""
    spelled = tuple(dict.fromkeys(each for did in ours for each in (dids.canonical(did), did)))
    wanted = tuple(Update(each, action) for each in spelled)
    is_2 = coordination(mediator) is table.mediation_2
    asked = table.KeylistUpdate(wanted) if is_2 else table.RecipientUpdate(wanted)
    said = await ask(agent, mediator, asked, coordination(mediator))
    if not isinstance(said, table.RecipientUpdateResponse | table.KeylistUpdateResponse):
        raise Refused(f"it answered {said.name}, which makes no sense here")
    fine = REGISTERED if action == "add" else (*REGISTERED, "client_error")  # what it does not know is removed as well
    good = {each.recipient_did for each in said.updated if each.action == action and each.result in fine}
    if not good.issuperset(spelled):
        raise Refused(f"it did not {action} every DID that it was told of")


async def remove(agent: Agent, mediator: Mediator, those: list[Recipient]) -> None:
    """Have a mediator take nothing more for these DIDs, and forget them. Raises Unreachable, Refused."""
    for start in range(0, len(those), AT_ONCE):
        some = those[start : start + AT_ONCE]
        await update(agent, mediator, tuple(each.did for each in some), "remove")
        # failpoint: mediation.removed
        await agent.store.apply(Change(peer="", claim=tuple((RECIPIENT, dids.canonical(each.did)) for each in some)))


async def forget(agent: Agent, mediator: Mediator) -> None:
    """Forget a mediator that was left and through which nothing comes any more, with the keys it knew us by."""
    gone = [(MEDIATOR, dids.canonical(mediator.did))]
    gone += [(KEY, f"{mediator.ours}#key-{number}") for number in (1, 2)]
    gone += [(RECIPIENT, dids.canonical(each.did)) for each in recipients(agent, mediator)]
    await agent.store.apply(Change(peer="", claim=tuple(gone)))
    agent.lines.changed.set()


# -- speaking with it ---------------------------------------------------------------------------------------------


async def ask(agent: Agent, mediator: Mediator, message: Message, version: Protocol) -> Message:
    """Ask a mediator of ours, and wait for its answer. Raises Unreachable, Refused."""
    return await call(agent, message, version, ours=mediator.ours, theirs=mediator.did)


def coordination(mediator: Mediator) -> Protocol:
    """The version of coordination it speaks."""
    return next(each for each in COORDINATION if each.uri == mediator.coordination)


def picking_up(mediator: Mediator) -> Protocol:
    """The version of pickup it speaks."""
    return next(each for each in PICKUP if each.uri == mediator.pickup)
