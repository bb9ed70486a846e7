"""Calls: questions that are answered while both sides are there. No thread, no log and no mark of them is kept.

Mediation and pickup are such. Their tables say what may be asked and answered; asking twice does no harm, so whoever
gets no answer asks again. A call goes over the line that is open to the other side, else by POST, and says that the
answer may come back the same way (DIDComm v2.1, "Return-Route").
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, TypeVar

import msgspec

from agent.agent import Agent
from agent.conversation import REPORT_TYPE, thread_of
from agent.delivery import matching, place
from agent.didcomm import envelopes, plaintext
from agent.didcomm.attachments import Attachment
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped, Refused, Unreachable
from agent.json_values import as_json
from agent.lines import Address, Question
from agent.ways import WayBack
from protocols import find
from protocols.machine import Message, Problem, Protocol
from protocols.messages import encode
from protocols.problems import UnsupportedType
from protocols.standard import mediation, pickup
from protocols.standard.report_problem import ProblemReport, report_of, report_problem
from wallet import dids
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.needs import Lookup

PROTOCOLS: Final = frozenset(table.uri for module in (mediation, pickup) for table in module.TABLES)
SECONDS: Final = 15.0
MEDIATOR: Final = "mediator"  # the role that may speak unasked: it delivers what comes for us while we are there

M = TypeVar("M", bound=Message)
Answer: TypeAlias = Callable[[Agent, str, Protocol, Message], Awaitable[Message | None]]
"""What a request is answered: (agent, peer, protocol, request) -> answer, or None. May raise a Problem."""


# -- asking -------------------------------------------------------------------------------------------------------


async def call(
    agent: Agent,
    message: Message,
    protocol: Protocol,
    *,
    ours: str,
    theirs: str,
    pthid: str | None = None,
    within: float = SECONDS,
) -> Message:
    """Ask, and wait for the answer. ours, theirs: DIDs in their long forms; pthid: of an invitation that is taken up.

    within: seconds. Raises Unreachable, or Refused with the words of a problem report.
    """
    id = new_id()
    question = (dids.canonical(ours), dids.canonical(theirs), id)
    answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    agent.lines.waiting[question] = answer
    try:
        async with asyncio.timeout(within):
            at = await between(agent, ours, theirs)
            asked = written(message, protocol, at, id=id, pthid=pthid, return_route="all")
            if not await send(agent, at, asked, own_line(agent, ours)) and not await reachable(agent, ours):
                raise Unreachable("it took the question and said nothing")
            return await answer
    except TimeoutError:
        raise Unreachable(f"no answer within {within:g} s") from None
    except WalletError as fault:
        raise Unreachable(f"it cannot be looked up ({fault})") from fault
    finally:
        agent.lines.waiting.pop(question, None)


async def tell(agent: Agent, message: Message, protocol: Protocol, *, ours: str, theirs: str) -> None:
    """Say something that is not answered. Raises Unreachable or Refused."""
    try:
        at = await between(agent, ours, theirs)
        await send(agent, at, written(message, protocol, at, return_route="all"), own_line(agent, ours))
    except WalletError as fault:
        raise Unreachable(f"it cannot be looked up ({fault})") from fault


def expect(said: Message, *kinds: type[M]) -> M:
    """The answer, if it is of a kind that makes sense. Raises Refused."""
    for kind in kinds:
        if isinstance(said, kind):
            return said
    raise Refused(f"it answered {said.name}, which makes no sense here")


def own_line(agent: Agent, ours: str) -> WayBack | None:
    """The line we opened for this DID of ours, if it still stands."""
    line = agent.lines.outgoing.get(dids.canonical(ours))
    return None if line is None or line.closed else line


async def between(agent: Agent, ours: str, theirs: str) -> Address:
    """From a DID of ours to one of theirs. Raises Refused, or WalletError."""
    own, document = await agent.meet(agent.resolve(ours)), await agent.meet(agent.resolve(theirs))
    our_kid, (their_kid, key) = matching(own, document)
    return Address(ours, our_kid, theirs, their_kid, key)


async def reachable(agent: Agent, did: str) -> bool:
    """Whether this DID names a place for messages."""
    return place(await agent.meet(agent.resolve(did))) is not None


async def send(agent: Agent, at: Address, plain: Plaintext, line: WayBack | None) -> bool:
    """Seal a message and send it, over the line if there is one, else by POST. Raises Unreachable or Refused.

    Returns False if nothing came back at once, nor can come over a line.
    """
    packed = sealed(agent, at, plain)
    if line is not None:
        await line.send(packed)
        return True
    endpoint = place(await agent.meet(agent.resolve(at.theirs)))
    if endpoint is None:
        raise Refused("its DID document names no place to send messages to")
    return await agent.transport.send(endpoint.uri, packed, agent.receive)


def sealed(agent: Agent, at: Address, plain: Plaintext) -> bytes:
    """A message packed for whoever is at the other end."""
    recipients = [(at.their_kid, at.their_key)]
    return envelopes.seal(plaintext.write(plain), keys=agent.keys, sender_kid=at.our_kid, recipients=recipients)


def written(
    message: Message,
    protocol: Protocol,
    at: Address,
    *,
    id: str = "",
    thid: str | None = None,
    pthid: str | None = None,
    return_route: str | None = None,
) -> Plaintext:
    """A message of a call with its headers. id: a new one if it is empty."""
    body, attachments = encode(message)
    return Plaintext(
        id=id or new_id(),
        type=protocol.type_of(message),
        from_=at.ours,
        to=(at.theirs,),
        thid=thid,
        pthid=pthid,
        return_route=return_route,
        attachments=tuple(msgspec.convert(attachments, list[Attachment])),
        body=as_json(body),
    )


# -- hearing ------------------------------------------------------------------------------------------------------


def is_one(agent: Agent, opened: Opened) -> bool:
    """Whether a message belongs to a call: it is of such a protocol, or we wait for it."""
    if awaited(agent, opened):
        return True
    try:
        tables, _ = find(opened.plaintext.type)
    except UnsupportedType:
        return False
    return tables[0].uri in PROTOCOLS


def awaited(agent: Agent, opened: Opened) -> bool:
    """Whether we wait for a message: it answers a question of ours, or comes from a mediator of ours."""
    if not agent.lines.ears and not agent.lines.waiting:
        return False
    ours, theirs, thid = question_of(opened)
    return (ours, theirs) in agent.lines.ears or (ours, theirs, thid) in agent.lines.waiting


async def hear(agent: Agent, peer: str, opened: Opened, line: WayBack | None, answer: Answer) -> None:
    """Hear one message of a call: the answer to a question of ours, a request, or what a mediator says unasked.

    peer: whoever is proved to have sent it. line: the connection it came over. answer: who answers requests.
    Raises Dropped, and what `answer` raises beside a Problem.
    """
    waiting = agent.lines.waiting.get(question_of(opened))
    if waiting is not None:
        settle(waiting, opened.plaintext)
        return
    at = await agent.meet(address_of(agent, opened))
    if line is not None and (opened.plaintext.return_route == "all" or agent.ways.leads(line, peer)):
        agent.ways.offer(peer, line)
        agent.lines.addresses.setdefault(line, {})[peer] = at
    said = await answered(agent, peer, opened, at, answer)
    if said is None:
        return
    try:
        await send(agent, at, said, line if line is not None and may_go_back(agent, peer, opened, line) else None)
    except (Unreachable, Refused) as fault:
        raise Dropped("no way back") from fault


def may_go_back(agent: Agent, peer: str, opened: Opened, line: WayBack) -> bool:
    """Whether an answer goes on the line its question came over: it says so, or an earlier one on this line did."""
    return opened.plaintext.return_route in ("all", "thread") or agent.ways.leads(line, peer)


async def answered(agent: Agent, peer: str, opened: Opened, at: Address, answer: Answer) -> Plaintext | None:
    """What to say to a request, or why it gets no answer; None to say nothing. Raises Dropped."""
    plain = opened.plaintext
    try:
        protocol, message = read(plain)
        opener = protocol.opener(message)
        if opener == MEDIATOR:
            unasked(agent, opened, message)
            return None
        if opener is None:
            raise Dropped("unasked")  # an answer, too late or to nothing
        said = await answer(agent, peer, protocol, message)
    except Problem as problem:
        if not agent.may_complain(peer):
            return None
        report = written(report_of(problem), report_problem, at, pthid=plain.thread)
        return msgspec.structs.replace(report, ack=(plain.id,))
    return written(said, protocol, at, thid=plain.thread) if said is not None else None


def settle(waiting: asyncio.Future[Message], plain: Plaintext) -> None:
    """Give an answer to whoever waits for it."""
    if waiting.done():
        return
    try:
        _, message = read(plain)
    except Problem as problem:
        waiting.set_exception(Refused(f"its answer cannot be read ({problem})"))
        return
    if isinstance(message, ProblemReport):
        waiting.set_exception(Refused(f"it says: {message.text[:200]}"))
    else:
        waiting.set_result(message)


def unasked(agent: Agent, opened: Opened, message: Message) -> None:
    """What a mediator says by itself goes to whoever listens for it; if nobody does, the mediator keeps it."""
    ours, theirs, _ = question_of(opened)
    ear = agent.lines.ears.get((ours, theirs))
    if ear is None:
        raise Dropped("unasked")
    ear(message)


def read(plain: Plaintext) -> tuple[Protocol, Message]:
    """The typed message, and its table. Raises a Problem."""
    tables, name = find(plain.type)
    attachments = msgspec.to_builtins(plain.attachments) if plain.attachments else ()
    return tables[0], tables[0].read(name, plain.body, attachments)


def question_of(opened: Opened) -> Question:
    """Which question of ours this message would answer: a report names it as the thread it complains about."""
    plain = opened.plaintext
    thid = plain.pthid or plain.thread if plain.type == REPORT_TYPE else thread_of(plain)
    return opened.ours or "", opened.who, thid


def address_of(agent: Agent, opened: Opened) -> Lookup[Address]:
    """Where the answer to a message goes: between the two keys it was sealed with. Raises Dropped, or Unresolved."""
    if opened.sender is None or opened.sender_kid is None or opened.recipient_kid is None:
        raise Dropped("not authcrypt")
    document = yield from agent.resolve(dids.did_of(opened.sender_kid))
    key = document.key(opened.sender_kid, "keyAgreement")
    return Address(dids.did_of(opened.recipient_kid), opened.recipient_kid, opened.sender, opened.sender_kid, key)


# -- speaking unasked ---------------------------------------------------------------------------------------------


async def push(agent: Agent, peer: str, line: WayBack, message: Message, protocol: Protocol) -> None:
    """Say something unasked to a peer that asked, on this line, for answers on it. Raises Unreachable."""
    at = agent.lines.addresses.get(line, {}).get(peer)
    if at is None or line.closed:
        raise Unreachable("the line is closed")
    await line.send(sealed(agent, at, written(message, protocol, at)))
