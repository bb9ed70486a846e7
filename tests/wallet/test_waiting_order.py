"""Whatever tasks do to one another, those whose plain functions wait do the same, in the same order, as those that
await: programs made up at random are carried out in both forms, and what they tell is compared."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet.store import waiting
from wallet.store.waiting import wait

Step: TypeAlias = tuple[Any, ...]
Program: TypeAlias = tuple[Step, ...]

FUTURES = 3
PASSES = 40  # of the loop, before everything is cancelled
COLOUR: contextvars.ContextVar[int] = contextvars.ContextVar("colour", default=0)


class Failed(Exception):
    """What a program raises."""


SIMPLE = st.one_of(
    st.tuples(st.just("pass")),
    st.tuples(st.just("set"), st.integers(1, 9)),
    st.tuples(st.sampled_from(["await", "answer", "fail", "drop"]), st.integers(0, FUTURES - 1)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("join"), st.integers(0, 5)),
    st.tuples(st.just("raise")),
    st.tuples(st.just("callback"), st.integers(1, 9)),
)


def nested(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    """Steps that hold others."""
    program = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        st.tuples(st.sampled_from(["spawn", "call", "group", "late", "loop", "shield"]), program),
        st.tuples(st.sampled_from(["try", "finally", "swallow"]), program, program),
    )


PROGRAMS = st.lists(st.recursive(SIMPLE, nested, max_leaves=12), min_size=1, max_size=6).map(tuple)


@dataclass
class Stage:
    """Where a program plays. perform: how a task carries out steps."""

    perform: Callable[["Stage", Program, int], Awaitable[None]]
    told: list[object] = field(default_factory=list)
    futures: list["asyncio.Future[int]"] = field(default_factory=list)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def tell(self, who: int, *what: object) -> None:
        self.told.append((who, *what, COLOUR.get()))

    def spawn(self, program: Program, make: Callable[..., "asyncio.Task[None]"]) -> "asyncio.Task[None]":
        """A task that carries out a program."""
        task = make(self.play(program, len(self.tasks)))
        self.tasks.append(task)
        return task

    async def play(self, program: Program, who: int) -> None:
        """Carry out a program, and tell how it ended."""
        try:
            await self.perform(self, program, who)
            self.tell(who, "done")
        except BaseException as fault:
            self.tell(who, "ended", type(fault).__name__)
            raise

    def at_once(self, step: Step, who: int) -> bool:
        """Carry out a step for which nobody waits. Returns whether it was one."""
        match step:
            case ("set", value):
                COLOUR.set(value)
            case ("answer" | "fail" | "drop" as how, number):
                future = self.futures[number]
                if not future.done():
                    _settle(future, how, number)
            case ("cancel", number) if number < len(self.tasks):
                self.tell(who, "cancels", number, self.tasks[number].cancel())
            case ("callback", value):
                asyncio.get_running_loop().call_soon(self.tell, who, "called", value)
            case ("raise",):
                raise Failed
            case ("spawn", program):
                self.spawn(program, asyncio.get_running_loop().create_task)
            case ("pass" | "await" | "join" | "call" | "group" | "late" | "loop" | "shield", *_):
                return False
            case ("try" | "finally" | "swallow", *_):
                return False
        return True


def _settle(future: "asyncio.Future[int]", how: str, number: int) -> None:
    if how == "answer":
        future.set_result(number)
    elif how == "fail":
        future.set_exception(Failed())
    else:
        future.cancel()


async def _group(stage: Stage, program: Program) -> None:
    async with asyncio.TaskGroup() as group:  # of one: it stops its tasks in the order of their addresses
        stage.spawn(program, group.create_task)
        await asyncio.sleep(0)


async def _late(stage: Stage, program: Program, who: int) -> None:
    async with asyncio.timeout(-1):
        await stage.perform(stage, program, who)


async def awaits(stage: Stage, program: Program, who: int) -> None:
    """Carry out steps in the plain form: coroutines that await one another."""
    for step in program:
        stage.tell(who, step[0])
        if stage.at_once(step, who):
            continue
        match step:
            case ("pass",):
                await asyncio.sleep(0)
            case ("await", number):
                stage.tell(who, await stage.futures[number])
            case ("join", number) if number < len(stage.tasks):
                await asyncio.wait([stage.tasks[number]])
            case ("call", inner):
                await awaits(stage, inner, who)
            case ("loop", inner):
                async for each in _each_awaited(inner):
                    await awaits(stage, (each,), who)
            case ("group", inner):
                await _group(stage, inner)
            case ("late", inner):
                await _late(stage, inner, who)
            case ("shield", inner):
                await asyncio.shield(stage.spawn(inner, asyncio.get_running_loop().create_task))
            case ("try", inner, other):
                try:
                    await awaits(stage, inner, who)
                except (Failed, ExceptionGroup, TimeoutError) as fault:
                    stage.tell(who, "caught", type(fault).__name__)
                    await awaits(stage, other, who)
            case ("swallow", inner, other):
                try:
                    await awaits(stage, inner, who)
                except asyncio.CancelledError:
                    await awaits(stage, other, who)
            case ("finally", inner, other):
                try:
                    await awaits(stage, inner, who)
                finally:
                    await awaits(stage, other, who)


async def _each_awaited(program: Program) -> Any:
    for step in program:
        await asyncio.sleep(0)
        yield step


async def waits(stage: Stage, program: Program, who: int) -> None:
    """Carry out steps in the form under test: one task, and plain functions below it."""
    _waits(stage, program, who)


def _waits(stage: Stage, program: Program, who: int) -> None:
    for step in program:
        stage.tell(who, step[0])
        if stage.at_once(step, who):
            continue
        match step:
            case ("pass",):
                wait(asyncio.sleep(0))
            case ("await", number):
                stage.tell(who, wait(stage.futures[number]))
            case ("join", number) if number < len(stage.tasks):
                wait(asyncio.wait([stage.tasks[number]]))
            case ("call", inner):
                _waits(stage, inner, who)
            case ("loop", inner):
                for each in _each_waited(inner):
                    _waits(stage, (each,), who)
            case ("group", inner):
                wait(_group(stage, inner))
            case ("late", inner):
                wait(_late(stage, inner, who))
            case ("shield", inner):
                wait(asyncio.shield(stage.spawn(inner, asyncio.get_running_loop().create_task)))
            case ("try", inner, other):
                try:
                    _waits(stage, inner, who)
                except (Failed, ExceptionGroup, TimeoutError) as fault:
                    stage.tell(who, "caught", type(fault).__name__)
                    _waits(stage, other, who)
            case ("swallow", inner, other):
                try:
                    _waits(stage, inner, who)
                except asyncio.CancelledError:
                    _waits(stage, other, who)
            case ("finally", inner, other):
                try:
                    _waits(stage, inner, who)
                finally:
                    _waits(stage, other, who)


def _each_waited(program: Program) -> Any:
    for step in program:
        wait(asyncio.sleep(0))
        yield step


async def _show(stage: Stage, program: Program) -> list[object]:
    """Let a program play for a while, and then end what has not ended by itself. Returns what was told."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    stage.futures += [loop.create_future() for _ in range(FUTURES)]
    stage.spawn(program, loop.create_task)
    for _ in range(PASSES):
        await asyncio.sleep(0)
    while unfinished := [task for task in stage.tasks if not task.done()]:
        stage.told.append(("the end", len(unfinished)))
        for task in unfinished:
            task.cancel()
        for _ in range(PASSES):
            await asyncio.sleep(0)
    return [*stage.told, *(_outcome(task) for task in stage.tasks)]


def _outcome(task: "asyncio.Task[None]") -> str:
    if task.cancelled():
        return "cancelled"
    return type(task.exception()).__name__


@settings(max_examples=300)
@given(PROGRAMS)
def test_waiting_tells_the_same_story_as_awaiting(program: Program) -> None:
    expected = asyncio.run(_show(Stage(awaits), program))

    assert waiting.run(_show(Stage(awaits), program)) == expected
    assert waiting.run(_show(Stage(waits), program)) == expected


@settings(max_examples=100)
@given(PROGRAMS)
def test_waiting_tells_the_same_story_as_awaiting_in_another_loop(program: Program) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        expected = runner.run(_show(Stage(awaits), program))

    assert waiting.run(_show(Stage(waits), program), loop_factory=uvloop.new_event_loop) == expected
