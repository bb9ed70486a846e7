"""One side of one family: what the agent does with its messages beyond what the table says.

Every part is a plain function, and every part may be left out. What they do goes into the draft, and so into the same
change as the message itself.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from agent.draft import Draft
from protocols.machine import Message, Protocol, Thread
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is said yet and nobody is asked: something else that was set going will say it."""


WAIT = Wait()


def unchecked(draft: Draft, message: Message) -> Lookup[None]:
    """Nothing more must hold than the table says."""
    yield from ()


def unanswered(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """No standing answer: the owner is asked."""
    yield from ()
    return None


def nothing(draft: Draft, message: Message) -> None:
    """Nothing follows."""


def not_in_words(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """The question is listed field by field."""
    return None


def no_yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """A yes is not enough."""
    return None


def no_no(draft: Draft) -> Message | None:
    """The table has no way to decline."""
    return None


def as_it_stands(thread: Thread) -> str:
    """A thread is counted by its state."""
    return thread.state


def bare(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """The event carries the fields of the message as they are."""
    return None


@dataclass(frozen=True, slots=True)
class Side:
    """See the module.

    check: what must hold of a heard message before its rule runs; raises a Problem.
    follow: what a turn brings about beyond its thread, when it has been taken, whoever said it.
    answer: what we say to a message by ourselves; None: the owner is asked; WAIT: see there.
    asks: the first line of a question, `{}` for who asks. content: what is asked, line by line, and why.
    yes: what a plain yes says, None if it needs more; refused: values or fields she takes out.
    takes_yes: kinds of message that a plain yes answers. no: what a no says; also said for a silent owner.
    due: by the name of a reminder (Draft.remind), what we say when its moment has come, if anything; the thread may not
    have begun, and then it begins it. A reminder that rings is gone, unless it is set again.
    event: what an org's own systems are told, beside which thread and record; None: the fields of the message.
    word: how a campaign counts a thread of ours in which more has happened than that we opened it.
    exclusive: states in which, of all the threads of one campaign, one may be at most.
    """

    tables: tuple[Protocol, ...]
    check: Callable[[Draft, Message], Lookup[None]] = unchecked
    follow: Callable[[Draft, Message], None] = nothing
    answer: Callable[[Draft, Message], Lookup[Message | Wait | None]] = unanswered
    asks: Mapping[type[Message], str] = field(default_factory=dict)
    content: Callable[[Draft, Message], tuple[Json, Json] | None] = not_in_words
    yes: Callable[[Draft, Message, Collection[str]], Message | None] = no_yes
    takes_yes: tuple[type[Message], ...] = ()
    no: Callable[[Draft], Message | None] = no_no
    due: Mapping[str, Callable[[Draft], Message | None]] = field(default_factory=dict)
    event: Callable[[Draft, str, Message], JsonObject | None] = bare
    word: Callable[[Thread], str] = as_it_stands
    exclusive: frozenset[str] = frozenset()


def typed(words: str, page: str = "") -> JsonObject:
    """A line that tells what to type in a terminal, which no page shows. page: where a browser does the same."""
    line: JsonObject = {"line": words, "typed": True}
    return {**line, "page": page} if page else line


NOTHING = Side(tables=())
