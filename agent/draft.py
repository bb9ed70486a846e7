"""A change in the making: one peer, one thread, and what is being said in it.

Hearing a message and saying one are the same thing seen from two sides; both end in `change()`, which the store applies
whole or not at all. A draft's fields are values that are replaced, never altered in place, so that it can be put back
to what it was when a message turns out to be refused.
"""

from collections.abc import Mapping, Sequence

import msgspec

from agent import conversation as conversations
from agent import ledger, parcel
from agent import relationship as relationships
from agent.agent import Agent
from agent.conversation import REPORT_TYPE, Conversation
from agent.didcomm import plaintext
from agent.didcomm.attachments import Attachment
from agent.didcomm.plaintext import Plaintext
from agent.json_values import as_json
from agent.ledger import SignedMessage
from agent.parcel import Parcel
from agent.relationship import Relationship
from protocols import machine, table
from protocols.machine import Effect, Message, Protocol, Signed, Thread, Turn
from protocols.messages import encode, unix
from protocols.standard.empty import Empty, empty
from protocols.standard.report_problem import ProblemReport
from wallet import dids
from wallet.keys import new_id
from wallet.store import change
from wallet.store.change import Thread as ThreadRow

ACK_AFTER = 2  # seconds we wait for an answer of ours that can carry the acknowledgement
LAPSE = "lapse"
MINUTE = 60


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a thread's log: a message, and why it was refused if it was."""

    message: msgspec.Raw
    refused: str = ""


class Draft:
    """See the module. relationship and thread are as they will be; the versions are those they were read at."""

    def __init__(
        self, agent: Agent, relationship: Relationship, version: int, thid: str, *, stranger: bool = False
    ) -> None:
        self.agent = agent
        self.now = agent.now()
        self.relationship, self._relationship_was, self._relationship_version = relationship, relationship, version
        row = agent.store.thread(relationship.peer, thid)
        self.thid = thid
        self._stranger = stranger  # nothing of it is kept unless its first message holds
        self.conversation: Conversation | None = conversations.read(row) if row else None
        self._conversation_was, self._thread_version = self.conversation, row.version if row else 0
        self.heard: change.Heard | None = None
        self.log: tuple[change.Entry, ...] = ()
        self.keep: tuple[change.Item, ...] = ()
        self.claim: tuple[tuple[str, str], ...] = ()
        self.questions: tuple[change.Question, ...] = ()
        self.settled: tuple[str, ...] = ()
        self.timers: tuple[change.Timer, ...] = ()
        self.cancel: tuple[tuple[str, str], ...] = ()
        self.send: tuple[change.Outgoing, ...] = ()
        self.done: tuple[str, ...] = ()
        self.signed: tuple[change.SignedRow, ...] = ()
        self.undecided: tuple[Message, ...] = ()  # heard, and for a standing policy or the owner to answer

    @classmethod
    def of(cls, agent: Agent, peer: str, thid: str) -> "Draft":
        """A draft in a relationship we have. Raises NotFound."""
        relationship, version = agent.relationship(peer)
        return cls(agent, relationship, version, thid)

    # -- what is read ---------------------------------------------------------------------------------------------

    @property
    def peer(self) -> str:
        """The relationship this draft belongs to."""
        return self.relationship.peer

    @property
    def thread(self) -> Thread:
        """The thread as the protocol sees it."""
        if self.conversation is None:
            raise LookupError(f"thread {self.thid} has not begun")
        return self.conversation.thread

    @property
    def protocol(self) -> Protocol:
        """The table of this thread."""
        return table(self.thread.table)

    # -- putting back ---------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """What this draft is now, for `restore`."""
        return self.__dict__.copy()

    def restore(self, snapshot: dict[str, object]) -> None:
        """Put this draft back to what it was at a snapshot."""
        self.__dict__.update(snapshot)

    # -- taking turns ---------------------------------------------------------------------------------------------

    def begin(self, protocol: Protocol, role: str, pthid: str | None = None) -> None:
        """Begin the thread. role: ours."""
        self.conversation = Conversation(machine.start(protocol, role, self.thid, pthid))

    def step(self, turn: Turn) -> tuple[Effect, ...]:
        """Take one turn by the table. Raises Problem or Misuse, having changed nothing."""
        before = self.thread
        after, effects = machine.step(self.protocol, before, turn)
        self.update(thread=after)
        if after.state != before.state:
            self.wake(None)
            self.settle()
        return effects

    def may_hear(self, by: str, message: Message) -> bool:
        """Whether the table has a row for this here."""
        return any(row.fits(self.thread.state, by, message) for row in self.protocol.rows)

    def utter(self, message: Message) -> tuple[Effect, ...]:
        """Say this in the thread; returns what follows from it. Raises Misuse if it may not be said now."""
        protocol, id = self.protocol, new_id()
        signed = self.sign(message) if isinstance(message, Signed) else None
        effects = self.step(Turn(self.thread.role, message, id, self.now, signed.digest if signed else None))
        body, attachments = encode(message)
        if signed:
            self.add_signed(signed)
            body = {"signed": signed.object.raw}
        self.post(protocol.type_of(message), body, attachments, id=id, answer_by=getattr(message, "answer_by", None))
        return effects

    def sign(self, message: Signed) -> SignedMessage:
        """The object by which we say a signed message, next in our chain."""
        return ledger.sign(
            message,
            protocol=self.protocol,
            thread=self.thread,
            relationship=self.relationship,
            re=self.conversation.latest if self.conversation else "",
            keys=self.agent.keys,
            now=self.now,
            to_the_minute=self.agent.config.kind == "person",
        )

    def lapse(self) -> bool:
        """Stop waiting in this thread, if its table and the clock say so."""
        after = machine.lapse(self.protocol, self.thread, self.now) if self.conversation else None
        if after is None:
            return False
        self.update(thread=after)
        self.settle()
        return True

    def reported(self, refused: str) -> None:
        """The peer could not take our message `refused` (law 3)."""
        after = machine.report(self.protocol, self.thread, refused)
        if after != self.thread:
            self.update(thread=after)
            self.wake(None)
            self.settle()

    # -- collecting -----------------------------------------------------------------------------------------------

    def update(self, **fields: object) -> None:
        """Replace fields of the conversation."""
        if self.conversation is not None:
            self.conversation = msgspec.structs.replace(self.conversation, **fields)

    def learn(self, **fields: object) -> None:
        """Replace fields of the relationship."""
        self.relationship = msgspec.structs.replace(self.relationship, **fields)

    def recognise(self, spoken: str) -> None:
        """They wrote to us, as `spoken`: so they know our DID, and their short form will do if they use it."""
        brief = spoken == dids.canonical(spoken)
        if not self.relationship.knows_us or self.relationship.brief != brief:
            self.learn(knows_us=True, brief=brief)

    def add_item(self, kind: str, id: str, record: bytes, *, tag: str = "", private: bool = True) -> None:
        """Keep something. private: it belongs to this relationship."""
        self.keep += (change.Item(kind, id, record, self.peer if private else "", tag),)

    def add_signed(self, signed: SignedMessage) -> None:
        """Add an object to the ledger, and move its side's chain on."""
        self.signed += (signed.row(self.now),)
        self.relationship = ledger.next_link(self.relationship, signed)
        if not signed.ours:
            self.update(latest=signed.digest)

    def ask(self, message: Message) -> None:
        """Put a question to the owner: what to answer to `message`, the thread's latest of its kind."""
        id = new_id()
        record = msgspec.json.encode({"name": message.name, "table": self.protocol.id})
        self.questions += (change.Question(id, self.thid, self.now, record),)
        self.update(question=id)

    def wake(self, at: int | None) -> None:
        """Look at this thread again at `at`, and at no other time; None: not at all."""
        self.timers = () if at is None else (change.Timer(self.thid, LAPSE, at),)
        self.cancel = ((self.thid, LAPSE),) if at is None else ()

    def settle(self) -> None:
        """The thread has moved on: its open question, if any, waits no longer."""
        conversation = self.conversation
        if conversation is None or not conversation.question:
            return
        fresh = [each for each in self.questions if each.id == conversation.question]
        if fresh:
            self.questions = tuple(each for each in self.questions if each not in fresh)
        else:
            self.settled += (conversation.question,)
        self.update(question="")

    # -- sending --------------------------------------------------------------------------------------------------

    def post(
        self,
        type: str,
        body: Mapping[str, object],
        attachments: Sequence[object] = (),
        *,
        id: str | None = None,
        answer_by: str | None = None,
    ) -> None:
        """Put one message of this thread into the change, numbered and with the acknowledgements we owe."""
        conversation, reliable = self.conversation, self.conversation is not None and self.protocol.reliable
        order = conversation.said + 1 if conversation and reliable else None
        expires = unix(answer_by) if answer_by else None
        message = Plaintext(
            id=id or new_id(),
            type=type,
            body=as_json(body),
            attachments=tuple(msgspec.convert(attachments, list[Attachment])),
            thid=self.thid,
            pthid=conversation.thread.pthid if conversation else None,
            created_time=self.rounded(),
            expires_time=expires,
            please_ack=("",) if reliable else (),
            ack=conversation.owed if conversation else (),
            sender_order=order,
            terms=ledger.terms_header(self.relationship, self.now),
            from_=self.relationship.spoken_as,
            to=(self.relationship.spoken_to,),
        )
        self.enqueue(message, reliable=reliable, until=expires)
        if conversation:
            self.drop_bare(conversation.ack)
            self.update(said=conversation.said + 1, owed=(), ack="")

    def complain(self, report: ProblemReport, refused: str) -> None:
        """Send a problem report about a message of theirs; it stands outside the order of the thread."""
        body, _ = encode(report)
        message = Plaintext(
            id=new_id(),
            type=REPORT_TYPE,
            body=as_json(body),
            pthid=self.thid,
            ack=(refused,),
            created_time=self.rounded(),
            from_=self.relationship.spoken_as,
            to=(self.relationship.spoken_to,),
        )
        self.enqueue(message, reliable=False)
        if self.conversation:
            after = machine.refuse(self.protocol, self.thread)
            self.update(complaints=self.conversation.complaints + 1, thread=after)

    def complain_again(self, refused: str) -> None:
        """Send a problem report of ours again, as it was, if one was about this message."""
        for entry in self.agent.store.log(self.peer, self.thid):
            said = plaintext.read(bytes(msgspec.json.decode(entry.record, type=Line).message)) if entry.ours else None
            if said is not None and said.type == REPORT_TYPE and said.ack == (refused,):
                self.enqueue(said, reliable=False)

    def enqueue(
        self, message: Plaintext, *, reliable: bool, until: int | None = None, after: int | None = None
    ) -> None:
        """Put a finished message into the log and on its way out. after: seconds before it is tried."""
        raw = plaintext.write(message)
        who = self.relationship
        packing = Parcel(
            plaintext=msgspec.Raw(raw),
            our_did=who.our_did,
            their_did=who.their_did,
            spoken_as=who.spoken_as,
            spoken_to=who.spoken_to,
            since=self.now,
            reliable=reliable,
        )
        lasts = until or (parcel.FOR_EVER if reliable else self.now + parcel.LIFETIME)
        again = parcel.RESEND_AFTER[0] if reliable else parcel.LEASE  # what goes at once is ours to try until then
        due = self.now + (again if after is None else after)
        self.send += (change.Outgoing(message.id, self.thid, due, lasts, parcel.write(packing)),)
        if message.type != EMPTY_TYPE:
            self.note(message.id, raw, ours=True)

    def note(self, id: str, raw: bytes, *, ours: bool, refused: str = "") -> None:
        """Add a line to the thread's log, in place of an earlier one for the same message. refused: why, in words."""
        line = msgspec.json.encode(Line(msgspec.Raw(raw), refused))
        others = tuple(each for each in self.log if (each.id, each.ours) != (id, ours))
        self.log = (*others, change.Entry(self.thid, id, ours, self.now, line))

    def leased(self) -> tuple[change.Outgoing, ...]:
        """What goes out at once, as soon as this draft is applied."""
        return tuple(each for each in self.send if each.due >= self.now + parcel.LEASE)

    def owe(self, id: str) -> None:
        """Remember to acknowledge a message of theirs, with our next one or, if none follows soon, by itself."""
        if self.conversation is not None and id not in self.conversation.owed:
            self.update(owed=(*self.conversation.owed, id))

    def acknowledge(self) -> None:
        """If acknowledgements are owed and nothing we say carries them, let a bare one go in a moment."""
        conversation, id = self.conversation, new_id()
        if conversation is None or not conversation.owed:
            return
        bare = Plaintext(
            id=id,
            type=EMPTY_TYPE,
            body={},
            thid=self.thid,
            created_time=self.rounded(),
            ack=conversation.owed,
            from_=self.relationship.spoken_as,
            to=(self.relationship.spoken_to,),
        )
        self.drop_bare(conversation.ack)
        self.enqueue(bare, reliable=False, after=ACK_AFTER)
        self.update(ack=id)

    def drop_bare(self, id: str) -> None:
        """A bare acknowledgement that waits to go is overtaken by what we say now."""
        if id:
            self.done += (id,)
            self.send = tuple(each for each in self.send if each.id != id)

    def rounded(self) -> int:
        """Now, as we tell it: a person's agent cuts it to the minute, which links less (vrm-protocols 3.2)."""
        return self.now - self.now % MINUTE if self.agent.config.kind == "person" else self.now

    # -- the result -----------------------------------------------------------------------------------------------

    def change(self) -> change.Change:
        """Everything this draft alters."""
        spoken = self.conversation is not None and self.conversation != self._conversation_was
        known = not self._stranger or spoken
        moved = known and (self.relationship != self._relationship_was or self._relationship_version == 0)
        return change.Change(
            peer=self.peer,
            heard=self.heard if known else None,
            relationship=relationships.write(self.relationship, self._relationship_version) if moved else None,
            threads=(self._thread_row(),) if spoken else (),
            log=self.log if known else (),
            keep=self.keep,
            claim=self.claim if known else (),
            ask=self.questions,
            settled=self.settled,
            timers=self.timers,
            cancel=self.cancel,
            send=self.send,
            done=self.done,
            signed=self.signed,
        )

    def _thread_row(self) -> ThreadRow:
        assert self.conversation is not None
        still_open = self.thread.state not in self.protocol.final | {machine.LAPSED, machine.ABANDONED}
        return conversations.write(self.conversation, self._thread_version, still_open=still_open)


EMPTY_TYPE = empty.type_of(Empty)
