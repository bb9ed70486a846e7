"""Staying in touch with a mediator: what it holds for us is fetched, taken as if it had been sent to us, and only then
acknowledged, so that it is lost by nobody's death.

A WebSocket is kept open on which the mediator hands over what comes; where none can be had it is asked now and then.
What cannot be taken now is not acknowledged, and comes again. Source: didcomm.org/messagepickup/3.0 and
/message-pickup/4.0.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from agent import calls, gathering, mediation
from agent.agent import Agent
from agent.didcomm.attachments import MOST_ATTACHMENTS, content_of
from agent.didcomm.attachments import Attachment as Carried
from agent.errors import AgentError, BadEnvelope, Refused, TooMany, Unavailable, Unreachable
from agent.lines import How, Reached
from agent.logs import note
from agent.mediation import Mediator
from agent.ways import Line
from protocols.machine import Attachment, Message
from protocols.standard import pickup
from wallet import dids
from wallet.errors import Malformed, Unresolved, WalletError

FEW: Final = 10  # messages in one delivery
MOST: Final = MOST_ATTACHMENTS  # the same, if those that are first cannot be taken
MOST_UNASKED: Final = 64  # deliveries that wait to be taken
TROUBLE: Final = "mediator"


@dataclass(frozen=True)
class Rhythm:
    """Seconds. first, longest: between attempts to reach a mediator. look: between questions whether something was left
    behind; poll: the same without a line; line: between attempts to have one. again: until what could not be taken is
    asked for again. tidy: between looks at what is to be moved or removed.
    steady: after which a line that ends was a good one, and is opened again soon."""

    first: float = 1.0
    longest: float = 300.0
    look: float = 120.0
    poll: float = 20.0
    line: float = 300.0
    again: float = 5.0
    tidy: float = 60.0
    steady: float = 60.0


async def run(agent: Agent, rhythm: Rhythm = Rhythm()) -> None:
    """Stay in touch with every mediator in use, and gather and tidy behind them, until cancelled."""
    staying: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            agent.lines.changed.clear()
            try:
                look_after(agent, rhythm, staying)
            except (WalletError, OSError) as fault:  # the wallet is locked, say: the links there are stay
                note("mediators are looked up again later", why=type(fault).__name__)
            await keep_house(agent)
            with suppress(TimeoutError):
                async with asyncio.timeout(rhythm.tidy):
                    await agent.lines.changed.wait()
    finally:
        for name, task in staying.items():
            task.cancel()
            tell(agent, name, None)
        await asyncio.gather(*staying.values(), return_exceptions=True)


def look_after(agent: Agent, rhythm: Rhythm, staying: dict[str, asyncio.Task[None]]) -> None:
    """Have a link to every mediator in use, and to no other. Raises WalletError, OSError."""
    wanted = {dids.canonical(each.did): each for each in mediation.mediators(agent)}
    for gone in [each for each, task in staying.items() if each not in wanted or task.done()]:
        staying.pop(gone).cancel()
        tell(agent, gone, None)
    for name in wanted.keys() - staying.keys():
        staying[name] = asyncio.create_task(Link(agent, wanted[name], rhythm).stay())


async def keep_house(agent: Agent) -> None:
    """Move and remove what is to be; what cannot be done now is tried again at the next look."""
    for work in (gathering.gather, gathering.tidy):
        try:
            await work(agent)
        except (AgentError, WalletError, OSError) as fault:
            note("mediators are put in order later", why=type(fault).__name__)


def tell(agent: Agent, mediator: str, reached: Reached | None) -> None:
    """Put down how a mediator is reached; None: it is not in use any more. mediator: its DID, in canonical form."""
    known = agent.lines.mediators
    before = known.pop(mediator, None)
    if reached is not None:
        same = before is not None and before.how == reached.how
        known[mediator] = replace(reached, since=before.since) if same and before else reached
        if not same:
            note("mediator", reached=reached.how, why=reached.why)
            agent.metrics.count("mediator_reached", how=reached.how)
    away = [each for each in known.values() if each.how == "away"]
    if away:
        detail = f"your mediator does not answer ({away[0].why}); what others send you waits there"
        mend = "nothing, if it comes back: it is tried again. If it is gone for good: freerange mediator move LINK"
        agent.troubles[TROUBLE] = detail, mend
    else:
        agent.troubles.pop(TROUBLE, None)


@dataclass
class Link:
    """The way to one mediator. arrived: what it handed over unasked; limit: messages in the next delivery asked for."""

    agent: Agent
    mediator: Mediator
    rhythm: Rhythm
    limit: int = FEW
    tries: int = 0
    arrived: "asyncio.Queue[Message]" = field(default_factory=lambda: asyncio.Queue(MOST_UNASKED))
    _line_at: float = 0.0  # not before that is a line tried, as the loop's clock tells it

    async def stay(self) -> None:
        """Be there, and be back after every interruption, until cancelled."""
        while True:
            try:
                await self.be_there()
            except (Unreachable, Refused, Unresolved) as fault:
                self.limit = 1  # what came may have been too much at once
                if self.tries:  # a line may end for good reasons
                    self.tell("away", str(fault))
                wait = min(self.rhythm.longest, self.rhythm.first * 2 ** min(self.tries, 20))
                self.tries += 1
            except (WalletError, OSError) as fault:
                note("a mediator is asked again later", why=type(fault).__name__)
                wait = self.rhythm.longest
            else:
                wait = self.rhythm.poll
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))

    async def be_there(self) -> None:
        """Fetch all there is, and over a line all that comes. Raises Unreachable, Refused."""
        line, why, clock = None, "", asyncio.get_running_loop().time
        if clock() >= self._line_at:
            try:
                line = await self.agent.transport.open(await self.place())
            except (Unreachable, Refused) as fault:
                why = str(fault)
        if line is None:
            await self.fetch()
            self.reached("asking", why)
            self._line_at = clock() + self.rhythm.line if why else self._line_at
            return
        try:
            await self.over(line)
        finally:
            await line.close()

    async def place(self) -> str:
        """Where it takes a WebSocket: where its document says so, else where it takes messages over HTTP."""
        document = await self.agent.meet(self.agent.resolve(self.mediator.did))
        named = (end.uri for service in document.services for end in service.endpoints)
        found = next((uri for uri in named if uri.startswith(("ws:", "wss:"))), None)
        return found or self.mediator.uri.replace("http", "ws", 1)

    async def over(self, line: Line) -> None:
        """Hear what comes over a line until it is over. Raises Unreachable, Refused."""
        ours, lines = dids.canonical(self.mediator.ours), self.agent.lines
        ears = ours, dids.canonical(self.mediator.did)
        lines.outgoing[ours], lines.ears[ears] = line, self.hand_in
        hearing, keeping = asyncio.create_task(self.hear(line)), asyncio.create_task(self.keep())
        clock = asyncio.get_running_loop().time
        steady = clock() + self.rhythm.steady
        try:
            done, _ = await asyncio.wait((hearing, keeping), return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in (hearing, keeping):
                each.cancel()
            await asyncio.gather(hearing, keeping, return_exceptions=True)
            self.tries = 0 if clock() >= steady else self.tries
            del lines.outgoing[ours], lines.ears[ears]
            for (asker, asked, _), answer in lines.waiting.items():
                if (asker, asked) == ears and not answer.done():  # what was asked over this line is not answered now
                    answer.set_exception(Unreachable("the connection is over"))

    def hand_in(self, said: Message) -> None:
        """Something was handed over unasked. What is too much is not acknowledged, and is fetched later."""
        with suppress(asyncio.QueueFull):
            self.arrived.put_nowait(said)

    async def hear(self, line: Line) -> None:
        """Take what comes over the line: answers, and what the mediator hands over. Raises Unreachable."""
        while True:
            packed = await line.receive()
            while True:
                try:
                    await self.agent.receive(packed, line)
                except TooMany as fault:  # it waits on the line meanwhile
                    await asyncio.sleep(fault.retry_after)
                    continue
                except BadEnvelope as fault:
                    raise Unreachable("it sent what is no message") from fault
                except AgentError as fault:
                    note("something a mediator said was not taken", why=type(fault).__name__)
                break

    async def keep(self) -> None:
        """Have what comes handed over at once, after what there is; look now and then whether something was left."""
        live, clock = await self.go_live(), asyncio.get_running_loop().time
        while True:
            whole = await self.fetch()
            self.reached("line")
            until = clock() + (self.rhythm.poll if not live else self.rhythm.look if whole else self.rhythm.again)
            while (left := until - clock()) > 0:
                try:
                    async with asyncio.timeout(left):
                        said = await self.arrived.get()
                except TimeoutError:
                    break
                if not await self.take(said):
                    until = min(until, clock() + self.rhythm.again)

    async def go_live(self) -> bool:
        """Ask to be handed what comes. Returns whether it will be."""
        try:
            await self.ask(pickup.LiveDeliveryChange(live_delivery=True))
        except Refused:
            return False
        return True

    # -- fetching -------------------------------------------------------------------------------------------------

    async def fetch(self) -> bool:
        """Take all that is held for us, the oldest first; if what is first cannot be taken, what is for each DID of
        ours. Returns whether everything was taken. Raises Unreachable, Refused."""
        if await self.drain(None):
            return True
        if self.limit < MOST:
            return False
        found = [await self.drain(dids.canonical(each.did)) for each in mediation.recipients(self.agent, self.mediator)]
        return all(found)

    async def drain(self, recipient: str | None) -> bool:
        """Take what is held, all or for one DID. Returns whether everything was taken. Raises Unreachable, Refused."""
        taken: set[str] = set()
        while True:
            said = await self.ask(self.wanted(recipient))
            come = said.attachments if isinstance(said, pickup.Delivery) else ()
            if not come or taken.issuperset(name(each) for each in come):  # or acknowledging is of no use
                self.limit = FEW
                return True
            fresh = await self.take(said)
            taken |= fresh
            if not fresh and (self.limit >= MOST or len(come) < self.limit):
                return False
            self.limit = min(MOST, self.limit * 2)

    def wanted(self, recipient: str | None) -> Message:
        """A request for as many messages as are asked for now."""
        if self.mediator.pickup == pickup.pickup_4.uri:
            return pickup.DeliveryRequest4(self.limit, recipient)
        return pickup.DeliveryRequest(self.limit, recipient)

    async def take(self, said: Message) -> set[str]:
        """Take a delivery, message by message, and acknowledge those that are kept or dropped for good: returns them.

        Raises Unreachable, Refused.
        """
        if not isinstance(said, pickup.Delivery):
            return set()
        results = [(name(each), await self.taken(each)) for each in said.attachments]
        done = {id for id, good in results if good}
        # failpoint: link.before-acknowledging
        if done:
            await self.acknowledge(tuple(sorted(done)))
        return done

    async def taken(self, attachment: Attachment) -> bool:
        """Take one message. Returns whether the mediator may forget it."""
        result, wait = "kept", 0
        try:
            await self.agent.receive(content_of(msgspec.convert(msgspec.to_builtins(attachment), Carried)), None)
        except (Unavailable, TooMany) as fault:
            result, wait = "later", fault.retry_after if isinstance(fault, TooMany) else 0
        except (AgentError, Malformed, msgspec.ValidationError):
            result = "dropped"
        self.agent.metrics.count("mediated_messages", result=result)
        await asyncio.sleep(min(wait, self.rhythm.again))
        return result != "later"

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Have the mediator hold these no longer."""
        message, version = pickup.MessagesReceived(tuple(ids)), mediation.picking_up(self.mediator)
        if version is pickup.pickup:  # which answers
            await self.ask(message)
            return
        await calls.tell(self.agent, message, version, ours=self.mediator.ours, theirs=self.mediator.did)

    async def ask(self, message: Message) -> Message:
        """Ask the mediator, over the line if there is one. Raises Unreachable, Refused."""
        return await mediation.ask(self.agent, self.mediator, message, mediation.picking_up(self.mediator))

    # -- how it stands --------------------------------------------------------------------------------------------

    def reached(self, how: How, why: str = "") -> None:
        """It answers. why: not in a better way."""
        self.tries = self.tries if how == "line" else 0  # a line shows by lasting that it is good for anything
        self.tell(how, why)

    def tell(self, how: How, why: str = "") -> None:
        """Put down how it is reached."""
        tell(self.agent, dids.canonical(self.mediator.did), Reached(how, self.agent.now(), why))


def name(attachment: Attachment) -> str:
    """The id by which a message is acknowledged."""
    return attachment.id or ""
