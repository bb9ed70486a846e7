"""A protocol as a table of rows. What the table means in a running conversation is `machine.py`'s part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from typing import TypeVar, cast

from protocols.effects import Effects
from protocols.messages import Message, Signed, Values, decode
from protocols.problems import UnsupportedType
from protocols.threads import Thread

M = TypeVar("M", bound=Message)
Rule = Callable[[Thread, M], Effects | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. See `Protocol.row`."""

    when: tuple[str, ...]
    by: str
    says: type[Message]
    then: str | None
    rule: Rule[Message]
    only: Callable[[Message], bool] | None = None
    crossed: bool = False
    expires: bool = False

    def fits(self, state: str, by: str, message: Message) -> bool:
        """Whether this row is the one for `message`, said by `by` in `state`."""
        spoken = state in self.when and by == self.by and type(message) is self.says
        return spoken and (self.only is None or self.only(message))


@cache
def _across(roles: type[StrEnum], role: str) -> str:
    return next(each for each in roles if each != role)


@lru_cache(maxsize=4096)
def _kinds(table: "Protocol", name: str, signed: bool | None, rows: int) -> tuple[type[Message], ...]:
    """See `Protocol.kinds`. rows: how many there are, for a table grows while its module is read."""
    named = dict.fromkeys(row.says for row in table.rows[:rows] if row.says.name == name)
    return tuple(each for each in named if signed in (None, issubclass(each, Signed)))


@dataclass(frozen=True, slots=True, eq=False)
class Protocol:
    """A table. A family with several tables has several of these; a thread's first message selects one."""

    uri: str
    """The protocol identifier; the type of a message is `uri/name`."""
    roles: type[StrEnum]
    start: StrEnum
    final: frozenset[str]
    """States after which nothing is said."""
    binding: frozenset[str] = frozenset()
    """States in which both sides are bound; entered only by signed messages, never left for unbound ones."""
    committed: Mapping[str, str] = field(default_factory=dict)
    """state: the role that has bound itself one-sidedly there and waits for the other. It never lapses."""
    lapses: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """state: the role that may stop waiting there, and after how many seconds if its message names no `answer_by`."""
    reliable: bool = False
    """Messages are numbered, acknowledged, resent and applied in order (vrm-protocols, section 3.6)."""
    table: str = ""
    """Its name among the tables of the family; empty if it is the only one."""
    rows: list[Row] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What a thread remembers of its table."""
        return f"{self.uri}#{self.table}" if self.table else self.uri

    @property
    def states(self) -> tuple[str, ...]:
        """The states of this table, in the order in which its rows name them."""
        named = (state for row in self.rows for state in (*row.when, row.then) if state)
        return tuple(dict.fromkeys((self.start, *named)))

    def row(
        self,
        *,
        when: StrEnum | tuple[StrEnum, ...],
        by: StrEnum,
        says: type[M],
        then: StrEnum | str | None,
        only: Callable[[M], bool] | None = None,
        crossed: bool = False,
        expires: bool = False,
    ) -> Callable[[Rule[M]], Rule[M]]:
        """Add a row; what it decorates is its rule, and the rule's docstring is its meaning.

        The rule gets the thread as it was before the message, and yields effects or raises a Problem; either way it
        touches nothing else. then: None leaves the thread in its state. only: a predicate that tells apart rows for
        the same message; the first row that fits is taken. crossed: only heard, never said: the message was on its
        way when the hearer moved. expires: an offer, which may say until when it can be answered (`answer_by`).
        """

        def add(rule: Rule[M]) -> Rule[M]:
            states = when if isinstance(when, tuple) else (when,)
            # A row is only ever asked about messages of the class it names, so its rule may be narrower than Message.
            loose, test = cast(Rule[Message], rule), cast(Callable[[Message], bool] | None, only)
            self.rows.append(Row(states, by, says, then, loose, test, crossed, expires))
            return rule

        return add

    def other(self, role: str) -> str:
        """The role across the table."""
        return _across(self.roles, role)

    def kinds(self, name: str, *, signed: bool | None = None) -> tuple[type[Message], ...]:
        """The classes that one message name may stand for in this table; signed: only those that are, or are not."""
        return _kinds(self, name, signed, len(self.rows))

    def type_of(self, message: Message | type[Message]) -> str:
        """The message type URI."""
        return f"{message.uri or self.uri}/{message.name}"

    def opener(self, message: Message, likely: str = "") -> str | None:
        """The role that may open a thread with this message, if any may; of several, the likely one."""
        roles = [row.by for row in self.rows if row.fits(self.start, row.by, message)]
        return likely if likely in roles else next(iter(roles), None)

    def read(
        self,
        name: str,
        body: Mapping[str, object],
        attachments: Sequence[object] = (),
        values: Values | None = None,
        *,
        signed: bool | None = None,
    ) -> Message:
        """The message of that name, from parsed JSON. Raises UnsupportedType or InvalidMessage.

        signed: whether it came signed, which tells apart what has one name here in both forms, as a `decline` may; if
        that is not known, the signed form is meant.
        """
        kinds = self.kinds(name, signed=signed) if signed is not None else self.kinds(name, signed=True)
        kinds = kinds or (self.kinds(name) if signed is None else ())
        if not kinds:
            raise UnsupportedType(f"{self.uri}/{name}")
        return decode(kinds, body, attachments, values)
