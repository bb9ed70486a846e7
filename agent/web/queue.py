"""Routes: what waits, and why: on its way out, come too early, given up, or kept apart; and what to do about it."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from agent import conversation as conversations
from agent import parcel as parcels
from agent import relationship as relationships
from agent.agent import Agent
from agent.didcomm import plaintext
from agent.errors import BadEnvelope, Dropped, TooMany, Unavailable
from agent.parcel import FOR_EVER, LIFETIME, Parcel
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store import quarantine
from wallet.store.change import Outgoing
from wallet.store.outbox import DeadLetter
from wallet.store.quarantine import Quarantined

MOST_SHOWN = 200  # of each kind, the oldest; how many there are is said too


class Waiting(msgspec.Struct, frozen=True):
    """One message that waits. where: out, early, dead or quarantine. Times as RFC 3339, or None.

    state: for `out`: due, waits (an attempt failed) or unacknowledged. why: what keeps it, in words.
    """

    id: str
    where: str
    who: str
    what: str
    thread: str | None = None
    since: str | None = None
    state: str = ""
    tries: int = 0
    why: str = ""
    next: str | None = None
    until: str | None = None


# -- what there is ------------------------------------------------------------------------------------------------


def outgoing(agent: Agent, names: dict[str, str]) -> Iterator[Waiting]:
    """What is on its way out, in the order it was said."""
    for peer, row in agent.store.outgoing():
        parcel = parcels.try_read(row.record)
        state = "waits" if row.held else "due" if row.due <= agent.now() or parcel.since == agent.now() else ""
        yield letter(
            "out",
            called(agent, peer, names, parcel),
            row,
            state=state or ("unacknowledged" if parcel.reliable else "due"),
            why=parcel.why,
            next=timestamp(max(row.due, 0)),
            until=timestamp(row.until) if row.until < FOR_EVER else None,
        )


def dead(agent: Agent, names: dict[str, str]) -> Iterator[Waiting]:
    """What was given up."""
    for each in agent.store.dead_letters():
        parcel = parcels.try_read(each.message.record)
        yield letter("dead", called(agent, each.peer, names, parcel), each.message, why=each.why, state="given up")


def letter(where: str, who: str, row: Outgoing, *, state: str, why: str, **times: str | None) -> Waiting:
    """A message of ours."""
    parcel = parcels.try_read(row.record)
    kind = msgspec.json.decode(parcel.plaintext, type=dict[str, object]).get("type")
    return Waiting(
        id=row.id,
        where=where,
        who=who,
        what=str(kind).rpartition("/")[2],
        thread=row.thid,
        since=timestamp(parcel.since),
        state=state,
        tries=parcel.tries,
        why=why,
        **times,
    )


def early(agent: Agent, names: dict[str, str]) -> Iterator[Waiting]:
    """What came before its turn, and waits for what was said before it."""
    for peer, row in agent.store.threads(only_open=True):
        conversation = conversations.read(row)
        for order, packed in conversation.early:
            message = plaintext.read(packed.encode())
            why = f"it is number {order} of its thread, and number {conversation.heard + 1} has not come"
            kind = message.type.rpartition("/")[2]
            yield Waiting(message.id, "early", called(agent, peer, names), kind, row.thid, state="early", why=why)


def apart(agent: Agent, names: dict[str, str]) -> Iterator[Waiting]:
    """What is in quarantine."""
    for row in agent.store.read(quarantine.rows):
        peer = agent.peer_of(row.sender) or row.sender
        who = called(agent, peer, names) if peer else "unknown"
        what = f"{len(row.packed)} bytes"
        yield Waiting(
            name(row), "quarantine", who, what, since=timestamp(row.at), state="kept apart", tries=3, why=row.why
        )


def name(row: Quarantined) -> str:
    """What a message in quarantine is called: its own id, else a part of its mark."""
    return row.id or row.mark.hex()


def called(agent: Agent, peer: str, names: dict[str, str], parcel: Parcel | None = None) -> str:
    """What to call a peer. names: those known so far."""
    if peer not in names:
        row = agent.store.peer(peer)
        stranger = parcel.stranger if parcel else None
        known = relationships.read(row) if row else stranger
        names[peer] = known.called if known else relationships.fingerprint(peer)
    return names[peer]


def everything(agent: Agent) -> Iterator[Waiting]:
    """All that waits, wherever."""
    names: dict[str, str] = {}
    for kind in (outgoing, early, dead, apart):
        yield from kind(agent, names)


async def queue(agent: Agent) -> object:
    """What waits, by peer, and the oldest of each kind one by one."""
    shown: dict[str, list[Waiting]] = {"out": [], "early": [], "dead": [], "quarantine": []}
    counts = dict.fromkeys(shown, 0)
    peers: dict[str, dict[str, int]] = {}
    for each in everything(agent):
        counts[each.where] += 1
        peers.setdefault(each.who, dict.fromkeys(shown, 0))[each.where] += 1
        if len(shown[each.where]) < MOST_SHOWN:
            shown[each.where].append(each)
    listed = [{"who": who, **found} for who, found in sorted(peers.items())]
    return {"counts": counts, "peers": listed, **{where: msgspec.to_builtins(found) for where, found in shown.items()}}


async def stuck(agent: Agent) -> object:
    """What went wrong and may need a person, the oldest of each kind: what could not be delivered so far, what was
    given up, what is kept apart. What is only on its way is left out."""
    names: dict[str, str] = {}
    found = {
        "out": (each for each in outgoing(agent, names) if each.state == "waits"),
        "dead": dead(agent, names),
        "quarantine": apart(agent, names),
    }
    return {where: [msgspec.to_builtins(each) for each in islice(rows, MOST_SHOWN)] for where, rows in found.items()}


# -- one of them --------------------------------------------------------------------------------------------------


def one(agent: Agent, id: str) -> Waiting:
    """The message whose id is, or begins with, `id`. Raises NotFound, or Misuse if several do."""
    found = [each for each in everything(agent) if each.id.startswith(id)]
    exact = [each for each in found if each.id == id]
    if not found:
        raise NotFound(f'no message "{id[:64]}" waits; freerange queue lists what does')
    if len(found) > 1 and len(exact) != 1:
        raise Misuse(f'"{id}" begins the id of {len(found)} messages; give more of it')
    return exact[0] if exact else found[0]


def out_of(agent: Agent, each: Waiting) -> tuple[str, Outgoing]:
    """A message on its way out, and whom it is for. Raises NotFound if it has gone meanwhile."""
    for peer, row in agent.store.outgoing():
        if row.id == each.id:
            return peer, row
    raise NotFound("it has gone meanwhile")


def given_up(agent: Agent, each: Waiting) -> DeadLetter:
    """A dead letter. Raises NotFound."""
    for found in agent.store.dead_letters():
        if found.message.id == each.id:
            return found
    raise NotFound("it has gone meanwhile")


def kept_apart(agent: Agent, each: Waiting) -> Quarantined:
    """A message in quarantine. Raises NotFound."""
    for row in agent.store.read(quarantine.rows):
        if name(row) == each.id:
            return row
    raise NotFound("it has gone meanwhile")


async def inspect(agent: Agent, id: str) -> object:
    """One message, with what it says; what is in quarantine is still sealed."""
    each = one(agent, id)
    said: object = None
    if each.where in ("out", "dead"):
        row = out_of(agent, each)[1] if each.where == "out" else given_up(agent, each).message
        said = msgspec.json.decode(parcels.try_read(row.record).plaintext)
    elif each.where == "quarantine":
        row_apart = kept_apart(agent, each)
        said = {"sender": row_apart.sender or None, "packed": row_apart.packed.decode(errors="replace")}
    return {**msgspec.to_builtins(each), "message": said}


async def retry(agent: Agent, id: str) -> object:
    """Try one message again now. A dead letter has its whole time anew."""
    return {"done": [await again(agent, one(agent, id))]}


async def retry_all(agent: Agent) -> object:
    """Try again all that waits because an attempt failed, was given up, or is kept apart."""
    chosen = [each for each in everything(agent) if each.where in ("dead", "quarantine") or each.state == "waits"]
    return {"done": [await again(agent, each) for each in chosen]}


async def again(agent: Agent, each: Waiting) -> dict[str, str]:
    """Try one message again. Says what came of it."""
    match each.where:
        case "out":
            peer, _ = out_of(agent, each)
            agent.outbox.hasten(peer, insist=True)
            came = "is tried now, with all that waits for the same peer"
        case "dead":
            came = await revived(agent, given_up(agent, each))
        case "quarantine":
            came = await retaken(agent, kept_apart(agent, each))
        case _:
            came = "waits for what was said before it; there is nothing to do here"
    return {"id": each.id, "who": each.who, "came": came}


async def revived(agent: Agent, found: DeadLetter) -> str:
    """Put a dead letter on its way again."""
    now, parcel = agent.now(), parcels.try_read(found.message.record)
    until = FOR_EVER if parcel.reliable else now + LIFETIME
    record = parcels.write(msgspec.structs.replace(parcel, tries=1, refusals=0, why=""))
    row = Outgoing(found.message.id, found.message.thid, now, until, record, held=True)
    if not await agent.store.revive(found.peer, row):
        return "has gone meanwhile"
    agent.stirred.set()
    return "is on its way again"


async def retaken(agent: Agent, row: Quarantined) -> str:
    """Take a message out of quarantine, as if it came now. If it fails again it stays there."""
    agent.quarantine.give_another_chance(row.mark)
    try:
        await agent.receive(row.packed, None)
    except (Unavailable, TooMany) as fault:
        agent.quarantine.took_it_back(row.mark)
        return f"failed again ({fault}) and stays in quarantine"
    except (Dropped, BadEnvelope) as fault:
        await agent.quarantine.release(row.mark)
        return f"was looked at and dropped ({fault})"
    await agent.quarantine.release(row.mark)
    return "was taken"


async def discard(agent: Agent, id: str) -> object:
    """Throw one message away."""
    each = one(agent, id)
    match each.where:
        case "out":
            peer, row = out_of(agent, each)
            await agent.store.finish_outgoing([(peer, row.id)])
        case "dead":
            found = given_up(agent, each)
            await agent.store.discard(found.peer, found.message.id)
        case "quarantine":
            await agent.quarantine.release(kept_apart(agent, each).mark)
        case _:
            raise Misuse("a message that came early is kept until its turn comes; nothing was thrown away")
    return {"done": [{"id": each.id, "who": each.who, "came": "was thrown away"}]}


ROUTES = (
    Route("GET", "/v1/queue", queue),
    Route("GET", "/v1/stuck", stuck),
    Route("POST", "/v1/queue/retry", retry_all),
    Route("GET", "/v1/queue/{id}", inspect),
    Route("POST", "/v1/queue/{id}/retry", retry),
    Route("POST", "/v1/queue/{id}/discard", discard),
)
