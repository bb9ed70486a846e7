"""A change in the making: one peer, one thread, and what is being said in it.

Hearing a message and saying one are the same thing seen from two sides; both end in `change()`, which the store applies
whole or not at all. A draft's fields are values that are replaced, never altered in place, so that it can be put back
to what it was when a message turns out to be refused.
"""

import msgspec

from agent import conversation as conversations
from agent import families, ledger, parcel
from agent import relationship as relationships
from agent.agent import Agent
from agent.conversation import Conversation
from agent.ledger import SignedMessage
from agent.relationship import Relationship
from protocols import machine, table
from protocols.machine import Effect, Message, Protocol, Signed, Thread, Turn
from protocols.messages import encode, label
from wallet.credentials.match import Option
from wallet.keys import new_id
from wallet.store import change
from wallet.store.change import Item as ItemRow
from wallet.store.change import Thread as ThreadRow

LAPSE = "lapse"
PURGED = "purged"
ERRAND = "errand"
MINUTE = 60


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a thread's log: a message, and why it was refused if it was."""

    message: msgspec.Raw
    refused: str = ""


class Errand(msgspec.Struct, frozen=True):
    """Something to say to another peer, or in another thread, because of what was said here. table, name, signed: which
    message it is. pthid: the thread that caused the one it begins."""

    peer: str
    thid: str
    table: str
    name: str
    signed: bool
    body: dict[str, object]
    attachments: list[object]
    pthid: str | None = None


class Purged(msgspec.Struct, frozen=True):
    """Where a signed object of theirs stood in their chain, though it is not kept any more."""

    seq: int
    digest: str


class Draft:
    """See the module. peer: whom it is with. relationship and thread are as they will be; the versions are those they
    were read at."""

    def __init__(
        self,
        agent: Agent,
        relationship: Relationship,
        version: int,
        thid: str,
        *,
        stranger: bool = False,
        begins: bool = False,
    ) -> None:
        self.agent, self.peer = agent, relationship.peer
        self.now = agent.now()
        self.relationship, self._relationship_was, self._relationship_version = relationship, relationship, version
        self.thid = thid
        stored = (None, 0) if begins else agent.conversation(relationship.peer, thid)
        self.conversation, self._thread_version = stored
        self._conversation_was = self.conversation
        self._table: Protocol | None = None  # once it was asked for
        self._stranger = stranger  # nothing of it is kept unless its first message holds
        self.heard: change.Heard | None = None
        self.log: tuple[change.Entry, ...] = ()
        self.keep: tuple[change.Item, ...] = ()
        self.claim: tuple[tuple[str, str], ...] = ()
        self.questions: tuple[change.Question, ...] = ()
        self.settled: tuple[str, ...] = ()
        self.timers: tuple[change.Timer, ...] = ()
        self.reminders: tuple[change.Timer, ...] = ()
        self.rung: tuple[tuple[str, str], ...] = ()
        self.cancel: tuple[tuple[str, str], ...] = ()
        self.send: tuple[change.Outgoing, ...] = ()
        self.done: tuple[str, ...] = ()
        self.signed: tuple[change.SignedRow, ...] = ()
        self.progress: tuple[change.Progress, ...] = ()  # of a campaign
        self.purge: tuple[tuple[str, str], ...] = ()  # threads of which what they said goes
        self.publish: tuple[change.Event, ...] = ()  # what an org's own systems are to hear
        self.proved: SignedMessage | None = None  # what the message being heard signs, once it is proved
        self.undecided: tuple[Message, ...] = ()  # heard, and for a standing policy or the owner to answer
        self.ways: tuple[Message, tuple[Option, ...]] | None = None  # to answer a request for proof, once worked out

    @classmethod
    def of(cls, agent: Agent, peer: str, thid: str, *, begins: bool = False, trusting: bool = False) -> "Draft":
        """A draft in a relationship we have. begins: it is taken for granted that the thread has not begun, which the
        store will see; if it has, the change conflicts. trusting: see Agent. Raises NotFound.
        """
        relationship, version = agent.relationship(peer, trusting=trusting)
        return cls(agent, relationship, version, thid, begins=begins)

    # -- what is read ---------------------------------------------------------------------------------------------

    @property
    def thread(self) -> Thread:
        """The thread as the protocol sees it."""
        return (self.conversation or self.begun).thread

    @property
    def thread_was(self) -> Thread | None:
        """The thread as it was before this draft, if it had begun."""
        return self._conversation_was.thread if self._conversation_was else None

    @property
    def begun(self) -> Conversation:
        """The conversation, which has begun."""
        if self.conversation is None:
            raise LookupError(f"thread {self.thid} has not begun")
        return self.conversation

    @property
    def still_open(self) -> bool:
        """Whether something may still be said in the thread, which has begun."""
        state = self.thread.state
        return state not in self.protocol.final and state not in (machine.LAPSED, machine.ABANDONED)

    @property
    def unmet(self) -> bool:
        """Whether the other side is a stranger of whom nothing will be kept."""
        return self._stranger and self.conversation is None

    @property
    def protocol(self) -> Protocol:
        """The table of this thread."""
        if self._table is None:
            self._table = table(self.thread.table)
        return self._table

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
        self._table = protocol
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
        state = self.thread.state
        return any(row.fits(state, by, message) for row in self.protocol.rows)

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

    def recognise(self, to: str, *, brief: bool) -> None:
        """They wrote to `to`: so they know that DID of ours. brief: they spell theirs short."""
        who = self.relationship
        if not who.knows_us:
            self.relationship = relationships.reached(who, to, self.now)
            if who.announcement and not self.relationship.announcement:
                self.done += (who.announcement,)
        if who.brief != brief:
            self.learn(brief=brief)

    def add_item(self, kind: str, id: str, record: bytes, *, tag: str = "", private: bool = True) -> None:
        """Keep something. private: it belongs to this relationship."""
        self.keep += (change.Item(kind, id, record, self.peer if private else "", tag),)

    def witness(self, signed: SignedMessage) -> None:
        """Add an object to the ledger, and move its side's chain on."""
        self.signed += (signed.row(self.now),)
        self.relationship = ledger.next_link(self.relationship, signed)

    def add_signed(self, signed: SignedMessage) -> None:
        """Add an object by which a turn was taken to the ledger."""
        self.witness(signed)
        if not signed.ours:
            self.update(latest=signed.digest)

    def ask(self, message: Message) -> None:
        """Put a question to the owner: what to answer to `message`, the thread's latest of its kind."""
        id = new_id()
        record = msgspec.json.encode({"name": label(type(message))})
        self.questions += (change.Question(id, self.thid, self.now, record),)
        self.update(question=id)

    def hand_on(self, peer: str, thid: str, protocol: Protocol, message: Message, *, pthid: str | None = None) -> None:
        """Let this be said to somebody else once this change is made: in a thread of theirs, or to begin one.

        pthid: the thread that causes the one it begins.
        """
        body, attachments = encode(message)
        errand = Errand(peer, thid, protocol.id, message.name, isinstance(message, Signed), body, attachments, pthid)
        self.keep += (change.Item(ERRAND, f"{thid} {message.name}", msgspec.json.encode(errand), peer),)

    def wake(self, at: int | None) -> None:
        """Look at this thread again at `at`, and at no other time; None: not at all."""
        self.timers = () if at is None else (change.Timer(self.thid, LAPSE, at),)
        self.cancel = ((self.thid, LAPSE),) if at is None else ()

    def remind(self, name: str, at: int, thid: str = "") -> None:
        """Let the family's `due` of that name look at this thread, or another of this peer, at `at`; see Side."""
        self.reminders += (change.Timer(thid or self.thid, name, at),)

    def forget(self, name: str, thid: str = "") -> None:
        """Take such a reminder away, if there is one."""
        self.rung += ((thid or self.thid, name),)

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

    # -- what is said and heard -----------------------------------------------------------------------------------

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

    def drop_bare(self) -> None:
        """The bare acknowledgement that waits to go, if any, is overtaken by what we say now."""
        id = self.conversation.ack if self.conversation else ""
        if id:
            self.done += (id,)
            self.send = tuple(each for each in self.send if each.id != id)

    def rounded(self) -> int:
        """Now, as we tell it: a person's agent cuts it to the minute, which links less (vrm-protocols 3.2)."""
        return self.cut(self.now)

    def cut(self, at: int) -> int:
        """A time of ours, as we tell it. at: Unix seconds."""
        return at - at % MINUTE if self.agent.config.kind == "person" else at

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
            stands=self._relationship_version if known and not moved and self.agent.store.shared else None,
            threads=(self._thread_row(),) if spoken else (),
            log=self.log if known else (),
            keep=(*self.keep, *self._purged(), *self._begun()),
            claim=self.claim if known else (),
            ask=self.questions,
            settled=self.settled,
            timers=(*self.timers, *self.reminders),
            cancel=(*self.cancel, *self.rung),
            send=self.send,
            room=parcel.MOST_WAITING,
            done=self.done,
            signed=self.signed,
            publish=self.publish,
            progress=self.progress,
            purge=self.purge,
        )

    def applied(self) -> None:
        """What this draft says has become so."""
        conversation = self.conversation
        if conversation is not None and conversation != self._conversation_was:
            self.agent.remember_thread(self.peer, conversation, self._thread_version + 1)

    def _purged(self) -> tuple[ItemRow, ...]:
        """The places of objects that go in this change: their chain goes on without a hole."""
        if not self.purge:
            return ()
        store, peer = self.agent.store, self.peer
        rows = [row for _, digest in self.purge if (row := store.signed(peer, digest)) is not None and not row.ours]
        return tuple(
            ItemRow(PURGED, row.digest, msgspec.json.encode(Purged(row.seq, row.digest)), peer) for row in rows
        )

    def _begun(self) -> tuple[ItemRow, ...]:
        """How the thread will be found in a list, if it begins here."""
        begins = self.conversation is not None and self._thread_version == 0
        return families.begun(self.peer, self.begun) if begins else ()

    def _thread_row(self) -> ThreadRow:
        return conversations.write(self.begun, self._thread_version, still_open=self.still_open)
