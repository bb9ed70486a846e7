"""Routes: what an agent sees when it looks itself over. What is seen from outside is in cli/doctor.py."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from agent import identity, mediation
from agent import relationship as relationships
from agent.agent import Agent
from agent.relationship import Relationship
from agent.web import keeping
from agent.web.readiness import Finding, conditions
from agent.web.routes import Route
from wallet import dids
from wallet.dids import web
from wallet.errors import Corrupt, WalletError
from wallet.needs import Fetch
from wallet.strict_json import parse_object

MOST_LETTERS = 5  # that are listed one by one
CLOCKS_APART = 120  # seconds


async def health(agent: Agent) -> object:
    """Everything this agent can find out about itself."""
    return [msgspec.to_builtins(each) async for each in findings(agent)]


async def findings(agent: Agent) -> AsyncIterator[Finding]:
    """All checks, those of the wallet first."""
    yield inventory(agent)
    yield own_keys(agent)
    for each in keeping.findings(agent):
        yield each
    for each in await conditions(agent):
        yield each
    for each in dead_letters(agent):
        yield each
    if agent.config.kind == "org":
        yield await published(agent)
    elif (found := way_in(agent)) is not None:
        yield found
    async for each in reachable(agent):
        yield each


def inventory(agent: Agent) -> Finding:
    """Whether keys and credentials are those that were put there."""
    try:
        agent.store.verify_inventory()
    except Corrupt as fault:
        return Finding("inventory", False, str(fault), "restore the wallet from a back-up")
    return Finding("inventory", True, "every key and card is where it was put")


def own_keys(agent: Agent) -> Finding:
    """Whether the keys of every DID of ours are there: without them nothing can be heard or said."""
    me = identity.own(agent)
    ours = {relationships.read(row).our_did for row in agent.store.peers()} | ({me.did} if me else set())
    missing = sum(not agent.keys.holds(f"{did}#{key}") for did in ours for key in ("key-1", "key-2"))
    if missing:
        detail = f"{missing} of {2 * len(ours)} keys of yours are not in the wallet"
        return Finding("keys", False, detail, "restore the wallet from a back-up")
    return Finding("keys", True, f"all {2 * len(ours)} keys of yours are there")


def dead_letters(agent: Agent) -> Iterator[Finding]:
    """What was given up."""
    letters = agent.store.dead_letters()
    for letter in letters[:MOST_LETTERS]:
        row = agent.store.peer(letter.peer)
        name = relationships.read(row).called if row else "somebody unknown"
        detail = f"a message to {name} was given up: {letter.why}"
        id, thid = letter.message.id[:8], letter.message.thid[:8]
        mend = f"see `freerange log {thid}`; send it after all, or forget it: freerange queue retry {id}, or discard"
        yield Finding("dead letter", False, detail, mend)
    if len(letters) > MOST_LETTERS:
        detail = f"{len(letters) - MOST_LETTERS} more messages were given up"
        yield Finding("dead letter", False, detail, "see them: freerange queue; forget them: freerange doctor --forget")


def way_in(agent: Agent) -> Finding | None:
    """How others reach a person who has no address of her own; None for one who has."""
    mediator = mediation.current(agent)
    if mediator is None:
        if agent.config.url:
            return None
        mend = "have one take your messages while you are away: freerange mediator add LINK"
        return Finding(
            "mediator", False, "nobody can write to you first, for you have no address and no mediator", mend
        )
    reached = agent.lines.mediators.get(dids.canonical(mediator.did))
    if reached is not None and reached.how == "away":
        return None  # which is among the conditions
    how = {"line": "connected to it", "asking": "asked now and then, for no lasting connection can be had"}
    detail = how.get(reached.how, "") if reached else "not connected to it, for no agent is running"
    return Finding("mediator", True, f"others reach you through {mediator.name}; {detail}")


async def published(agent: Agent) -> Finding:
    """Whether an org's DID document can be fetched by others, and is the one it holds."""
    me = identity.own(agent)
    if me is None or me.document is None:
        return Finding(
            "did document", False, "this org has no DID of its own", "make a new wallet: freerange init --kind org"
        )
    try:
        url = web.location(me.did, agent.config.development)
        fetched = parse_object(await agent.needs.fetch(Fetch(url)))
    except WalletError as fault:
        mend = f"run the agent, and let the web server of {agent.config.domain} pass /.well-known/ on to it"
        return Finding("did document", False, f"others cannot fetch it: {fault}", mend)
    if fetched != me.document:
        mend = "remove the other document from the web server; a copy of this wallet elsewhere would explain it"
        return Finding("did document", False, f"{url} is not the document of this wallet", mend)
    return Finding("did document", True, f"{url} is published, and ours")


async def reachable(agent: Agent) -> AsyncIterator[Finding]:
    """Whether the peers can be reached, each address once, and whether its clock and ours agree."""
    asked: set[str] = set()
    for row in agent.store.peers():
        peer = relationships.read(row)
        if peer.ended:
            continue
        url = await endpoint(agent, peer)
        if url in asked:
            continue
        asked.add(url)
        date = await agent.needs.knock(url) if url else None
        if date is None:
            mend = "nothing, if they are switched off: messages are kept and tried again"
            yield Finding("peer", False, f"{peer.called} cannot be reached at {url or 'any place'}", mend)
        else:
            yield clock(agent, peer, date)


async def endpoint(agent: Agent, peer: Relationship) -> str:
    """Where this peer's messages go; empty if nowhere."""
    try:
        found = (await agent.meet(agent.resolve(peer.their_did))).endpoint()
    except WalletError:
        return ""
    return found.uri if found else ""


def clock(agent: Agent, peer: Relationship, date: str) -> Finding:
    """A peer that answered. date: its clock, as HTTP writes it."""
    try:
        theirs = parsedate_to_datetime(date).replace(tzinfo=UTC)
    except ValueError:
        return Finding("peer", True, f"{peer.called} can be reached")
    apart = abs(int(theirs.timestamp()) - agent.now())
    if apart > CLOCKS_APART:
        detail = f"{peer.called} can be reached, but its clock and yours are {apart} s apart"
        mine = datetime.fromtimestamp(agent.now(), UTC)
        return Finding(
            "clock", False, detail, f"yours says {mine:%Y-%m-%d %H:%M} UTC; set it by network time if that is wrong"
        )
    return Finding("peer", True, f"{peer.called} can be reached")


async def forget(agent: Agent) -> object:
    """Throw away what was given up."""
    letters = agent.store.dead_letters()
    for letter in letters:
        await agent.store.discard(letter.peer, letter.message.id)
    return {"forgotten": len(letters)}


ROUTES = (
    Route("GET", "/v1/health", health),
    Route("POST", "/v1/dead-letters/forget", forget),
)
