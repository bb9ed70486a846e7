"""Pieces of work side by side in one transaction: what several ask at the same time is asked in one statement.

A piece of work is a plain function. It runs in a greenlet until it needs an answer; once all are there that far, equal
questions go out together, as one statement over many rows, and everybody is given his answer. What nobody waits for is
collected, and goes out before the next statement of the same piece. So sixty changes of one shape take as many round
trips as one.

Nor does a piece of work wait to hear that its guards hold, where it `hopes`: they go out with what it writes, as one
statement that says how many rows each of them wrote or found. If one does not hold, all is to be undone.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, NamedTuple, TypeAlias, cast

from greenlet import GreenletExit, getcurrent, greenlet

from wallet.store.server_session import Session
from wallet.store.server_sql import Bulk, tables_of, together, translated
from wallet.store.server_transaction import ServerTransaction
from wallet.store.transaction import Columns, Transaction, Value
from wallet.vault import Vault

Values: TypeAlias = dict[str, Value]
_FEW: Final = 2  # rows from which on a statement for many is worth its preparation


class Entangled(Exception):
    """Two pieces of work ask for the same rows: side by side they could contradict each other."""


class Mistaken(Exception):
    """A guard does not hold that was taken for granted."""


class Said(NamedTuple):
    """A statement that nobody waits for. guard: it must write or find as many rows as it is asked for."""

    sql: str
    guard: bool


class Part(NamedTuple):
    """A statement for these rows."""

    form: Bulk
    rows: list[Values]
    guard: bool


class Answer(Enum):
    """What a piece of work wants to know of a statement."""

    COUNT = auto()
    ROW = auto()
    ROWS = auto()


@dataclass(slots=True)
class Asked:
    """A question that somebody waits to be answered."""

    answer: Answer
    sql: str
    values: Values


class Writing(ServerTransaction):
    """The transaction as one piece of work sees it. hopes: its guards are taken for granted; hoped: it had some.
    later: what it has put, and nobody has sent yet. asked: what it waits for."""

    __slots__ = ("asked", "hoped", "hopes", "later")

    held = " FOR UPDATE"

    def __init__(self, vault: Vault, *, hopes: bool = False) -> None:
        super().__init__(vault)
        self.hopes, self.hoped = hopes, False
        self.asked: Asked | None = None
        self.later: list[tuple[Said, Values]] = []

    def run(self, sql: str, **values: Value) -> int:
        """Execute one statement. Returns how many rows it altered."""
        return cast(int, self._ask(Asked(Answer.COUNT, sql, values)))

    def guard(self, sql: str, **values: Value) -> bool:
        """Whether one statement writes a row, or finds one."""
        if not self.hopes:
            return super().guard(sql, **values)
        self.hoped = True
        self.later.append((Said(sql, guard=True), values))
        return True

    def put(self, sql: str, **values: Value) -> None:
        """Execute one statement, with others of its kind."""
        self.later.append((Said(sql, guard=False), values))

    def row(self, sql: str, **values: Value) -> Columns | None:
        """The first row of a query."""
        return cast(Columns | None, self._ask(Asked(Answer.ROW, sql, values)))

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """All rows of a query."""
        return cast(list[Columns], self._ask(Asked(Answer.ROWS, sql, values)))

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, held in memory."""
        return iter(self.rows(sql, **values))

    def _ask(self, asked: Asked) -> object:
        self.asked = asked
        return getcurrent().parent.switch()


@dataclass(slots=True)
class Piece:
    """One piece of work on its way. result, fault: what became of it. steps: the greenlet in which it is, until it is
    done."""

    work: Callable[[Transaction], Any]
    tx: Writing
    result: object = None
    fault: Exception | None = None
    steps: Any = None

    def go(self, answer: object = None, fault: Exception | None = None) -> None:
        """Let it run until it asks again, or is done: it is given an answer, or how asking has failed."""
        self.tx.asked, self.steps.parent = None, getcurrent()
        if fault is not None:
            self.steps.throw(fault)
        else:
            self.steps.switch(answer)

    def drop(self) -> None:
        """Let it end where it stands."""
        if self.steps is not None and not self.steps.dead:
            self.steps.parent = getcurrent()
            self.steps.throw(GreenletExit)


def _begin(pieces: Iterable[Piece]) -> None:
    """Let each run until it asks, or is done. Those that do not ask need no greenlet of their own."""
    left = deque(pieces)
    while left:
        greenlet(_carry).switch(left)


def _carry(left: deque[Piece]) -> None:
    while left:
        piece = left.popleft()
        piece.steps = getcurrent()
        try:
            piece.result = piece.work(piece.tx)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is that work's
            piece.fault = fault
        piece.steps = None


async def carry_out(session: Session, pieces: Sequence[Piece], faults: tuple[type[Exception], ...]) -> None:
    """Let pieces of work run to their ends, and send what they have put. Those of one call must not depend on each
    other. Ends early once one has failed: then the transaction is to be undone.

    faults: of the database; one of these is raised within the piece that asked, if it is alone. Raises Mistaken.
    """
    try:
        _begin(pieces)
        while asking := [piece for piece in pieces if piece.tx.asked is not None]:
            if any(piece.fault is not None for piece in pieces):
                return
            try:
                await _send(session, asking)
                answers = await _answers(session, asking)
            except faults as fault:
                if len(pieces) > 1:
                    raise
                asking[0].go(fault=fault)
                continue
            for piece, answer in zip(asking, answers, strict=True):
                piece.go(answer)
        if not any(piece.fault is not None for piece in pieces):
            await _send(session, pieces)
    finally:
        for piece in pieces:
            piece.drop()


# -- what nobody waits for ----------------------------------------------------------------------------------------


async def _send(session: Session, pieces: Iterable[Piece]) -> None:
    """Send what these have put, each one's in its order, and what is alike together."""
    queues = [deque(piece.tx.later) for piece in pieces if piece.tx.later]
    for piece in pieces:
        piece.tx.later.clear()
    parts, written = list[Part](), set[str]()
    while queues:
        said = _next(queues)
        rows = []
        for queue in queues:
            while queue and queue[0][0] == said:
                rows.append(queue.popleft()[1])
        queues = [queue for queue in queues if queue]
        form, tables = await _form(session, said), tables_of(said.sql)
        if form is None or tables & written:  # statements sent as one do not see what the others write
            await _sent(session, parts)
            parts, written = [], set()
        if form is None:
            await _one_by_one(session, said, rows)
            continue
        first, *rest = _apart(form, rows)
        parts.append(Part(form, first, said.guard))
        if not said.sql.startswith("SELECT "):
            written |= tables
        for some in rest:
            await _sent(session, parts)
            parts = [Part(form, some, said.guard)]
    await _sent(session, parts)


async def _form(session: Session, said: Said) -> Bulk | None:
    """A statement for many rows at a time, if it may be used: a row that is altered twice would be altered once, and a
    guard has to say of how many rows it holds."""
    form = await session.bulk(said.sql)
    if form is None or said.sql.startswith("SELECT "):
        return form
    return form if (form.answers if said.guard else not said.sql.startswith("UPDATE")) else None


async def _sent(session: Session, parts: Sequence[Part]) -> None:
    """Send statements that write to different tables at once."""
    if not parts:
        return
    arrays = [column for part in parts for column in _columns(part.form, part.rows)]
    found = await session.arrays(together(tuple((part.form, part.guard) for part in parts)), arrays)
    hoped = [len(part.rows) for part in parts if part.guard]
    if hoped and hoped != list(found[0]):
        raise Mistaken


async def _one_by_one(session: Session, said: Said, rows: Iterable[Values]) -> None:
    for values in rows:
        if await session.count(translated(said.sql), values) != 1 and said.guard:
            raise Mistaken


def _next(queues: Sequence["deque[tuple[Said, Values]]"]) -> Said:
    """The statement that is sent next: one that nobody has behind another one, or else the first."""
    heads = dict.fromkeys(queue[0][0] for queue in queues)
    if len(heads) > 1:
        behind = {said for queue in queues for said, _ in queue if said != queue[0][0]}
        heads = dict.fromkeys(each for each in heads if each not in behind) or heads
    return next(iter(heads))


def _apart(form: Bulk, rows: list[Values]) -> Iterator[list[Values]]:
    """Rows with equal keys in statements one after the other."""
    while rows:
        seen, now, rest = set(), list[Values](), list[Values]()
        for values in rows:
            key = tuple(values[name] for name in form.key) if form.once else len(now)
            (rest if key in seen else now).append(values)
            seen.add(key)
        yield now
        rows = rest


def _columns(form: Bulk, rows: Sequence[Values]) -> list[list[Value]]:
    return [[values[name] for values in rows] for name in form.names]


# -- what somebody waits for --------------------------------------------------------------------------------------


async def _answers(session: Session, pieces: Sequence[Piece]) -> list[object]:
    """The answers to what these ask, in their order."""
    kinds: dict[tuple[str, Answer], list[int]] = {}
    questions = [cast(Asked, piece.tx.asked) for piece in pieces]
    for place, asked in enumerate(questions):
        kinds.setdefault((asked.sql, asked.answer), []).append(place)
    answers: list[object] = [None] * len(questions)
    for (sql, answer), places in kinds.items():
        rows = [questions[place].values for place in places]
        for place, found in zip(places, await _asked(session, sql, answer, rows), strict=True):
            answers[place] = found
    return answers


async def _asked(session: Session, sql: str, answer: Answer, rows: list[Values]) -> list[object]:
    form = await session.bulk(sql) if len(rows) >= _FEW else None
    if form is None or (answer is Answer.COUNT and not form.answers):
        return [await _one(session, sql, answer, values) for values in rows]
    keys = [tuple(values[name] for name in (form.key or form.names)) for values in rows]
    if len(set(keys)) < len(keys):
        raise Entangled
    found = await session.arrays(form.sql + form.answers, _columns(form, rows))
    if form.key:
        written = {tuple(row) for row in found}
        return [int(key in written) for key in keys]
    each: list[list[Columns]] = [[] for _ in rows]
    for nth, *columns in found:
        each[nth - 1].append(tuple(columns))
    if answer is Answer.COUNT:
        return [len(some) for some in each]
    return list(each) if answer is Answer.ROWS else [some[0] if some else None for some in each]


async def _one(session: Session, sql: str, answer: Answer, values: Values) -> object:
    statement = translated(sql)
    if answer is Answer.COUNT:
        return await session.count(statement, values)
    found = [tuple(row) for row in await session.fetch(statement, values)]
    if answer is Answer.ROWS:
        return found
    return found[0] if found else None
