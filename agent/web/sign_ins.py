"""Routes: signing in. An org's pages ask who holds a browser session, and open it for a code; she finds her links."""

from urllib.parse import urlsplit

import msgspec

from agent import conversation as conversations
from agent import names, owner
from agent.agent import Agent
from agent.vrm import sign_in as side
from agent.vrm.sign_in import CODE, LASTS, Code
from agent.web import threads
from agent.web.routes import Route
from agent.web.threads import as_misuse
from protocols.problems import Misuse
from protocols.vrm.sign_in import sign_in
from wallet.credentials.vcdm import timestamp
from wallet.encoding import b64u, digest
from wallet.keys import random_bytes
from wallet.store.change import Change, Outcome

MINUTES = 300  # seconds within which she answers


class Challenging(msgspec.Struct, frozen=True):
    """peer: whom to ask; origin: of the page; session: the browser's session id, which stays here."""

    peer: str
    origin: str
    session: str


class Redeeming(msgspec.Struct, frozen=True):
    """code: from the link; session: the id of the browser session that opened the link."""

    code: str
    session: str


async def challenge(agent: Agent, asked: Challenging) -> object:
    """Ask somebody whether a browser session is hers."""
    relationship = names.find_peer(agent, asked.peer)
    if len(asked.session) < 16:
        raise Misuse("a session id has 16 characters at least, or it could be guessed; nothing was asked")
    body: dict[str, object] = {
        "origin": asked.origin.rstrip("/"),
        "session": digest(asked.session.encode()),
        "nonce": b64u(random_bytes(16)),
        "answer_by": timestamp(agent.now() + MINUTES),
    }
    with as_misuse():
        message = sign_in.read("challenge", body)
    thid = await owner.open_thread(agent, relationship.peer, sign_in, message)
    return {"thread": thid, "of": relationship.called}


async def redeem(agent: Agent, asked: Redeeming) -> object:
    """Who a browser session belongs to, by the code it came with: once, within a minute, and for that session only."""
    id = digest(asked.code.encode())
    row = agent.store.item(CODE, id)
    opens = msgspec.json.decode(row.record, type=Code) if row else None
    if opens is None or opens.session != digest(asked.session.encode()) or agent.now() >= opens.until:
        raise Misuse("this link opens nothing here: it was used, is too old, or belongs to another browser session")
    if await agent.store.apply(Change(opens.peer, claim=((CODE, id),))) is not Outcome.APPLIED:
        raise Misuse("this link was used a moment ago; it works once")
    relationship, _ = agent.relationship(opens.peer)
    return {"peer": relationship.called, "thread": opens.thid}


async def one(agent: Agent, thid: str) -> object:
    """How far one sign-in is. url: by which she gets in, as long as it works; None before and after."""
    who, conversation = threads.one(agent, thid)
    thread = conversation.thread
    if thread.table != sign_in.id:
        raise Misuse("nobody signs in by this thread; nothing was done")
    url, until = side.link(thread), thread.said[-1].at + LASTS
    works = bool(url) and agent.now() < until
    page = urlsplit(url).netloc if works else None
    named = {"with": who.called, "state": thread.state, "thread": thread.thid}
    return {**named, "page": page, "url": url if works else None, "until": timestamp(until) if url else None}


async def links(agent: Agent) -> object:
    """The links by which she gets in, as long as they work."""
    found: list[dict[str, object]] = []
    for peer, row in agent.store.threads():
        thread = conversations.read(row).thread
        if thread.table == sign_in.id and thread.role == "person" and (url := side.link(thread)):
            until = thread.said[-1].at + LASTS
            if agent.now() < until:
                named = {"with": agent.relationship(peer)[0].called, "page": urlsplit(url).netloc}
                found.append({**named, "url": url, "until": timestamp(until), "thread": thread.thid})
    return found


ROUTES = (
    Route("GET", "/v1/sign-ins", links),
    Route("GET", "/v1/sign-ins/{thid}", one),
    Route("POST", "/v1/sign-ins", challenge, Challenging),
    Route("POST", "/v1/sign-ins/redeem", redeem, Redeeming),
)
