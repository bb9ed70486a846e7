"""Plain functions that wait: `wait(awaitable)`, called anywhere below a task, suspends that task and no other.

Each step of a task runs in a greenlet beside the loop's own, its carrier. `wait` leaves the carrier as it stands, the
loop goes on, and once what was waited for is there the carrier goes on, too: as around an `await`, but with any number
of plain functions in between. So the store's reads can be plain functions whether its rows are in a file at hand or at
the other end of a wire. As around an `await`, other tasks run meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from types import CoroutineType, coroutine
from typing import Any, Final, TypeAlias, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

T = TypeVar("T")
Steps: TypeAlias = Coroutine[Any, Any, T]

MOST_IDLE: Final = 64  # carriers kept for the steps to come; each has some 20 KB of stack
_WAITS: Final = object()
_ENDED: Final = object()


def run(
    main: Steps[T],
    *,
    debug: bool | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> T:
    """As `asyncio.run`, in a loop whose tasks may `wait`."""

    def loop() -> asyncio.AbstractEventLoop:
        made = loop_factory()
        install(made)
        return made

    with asyncio.Runner(debug=debug, loop_factory=loop) as runner:
        return runner.run(main)


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Let every task that this loop makes from now on `wait`. Installing again does nothing.

    The loop must run in one thread all its life. Raises RuntimeError if it makes its tasks in a way of its own already.
    """
    before = loop.get_task_factory()
    if isinstance(before, _Tasks):
        return
    if before is not None:
        raise RuntimeError(f"this loop makes its tasks by {before!r} already; let tasks wait in a loop of its own")
    loop.set_task_factory(_Tasks())


def wait(awaitable: Awaitable[T]) -> T:
    """What `await awaitable` gives, or raises, in the context of the caller.

    Raises RuntimeError where there is no task to suspend: in a callback of a loop, in another thread, outside a loop.
    """
    here = getcurrent()
    if type(here) is not _Carrier or here.over:
        if isinstance(awaitable, CoroutineType):
            awaitable.close()  # or it would complain that nobody awaited it
        raise RuntimeError(
            "cannot wait here: this is not within a task that may wait. Call it from a coroutine that `waiting.run`"
            " runs, or from a task made after `waiting.install`; not from a callback, a thread or a finalizer."
        )
    here.said = awaitable
    home = here.parent.switch
    del here, awaitable  # the collector of garbage cannot look into a carrier: nothing there may lead back to it
    try:
        result: T = home(_WAITS)
    except GreenletExit:  # nobody is left to wait for
        getcurrent().over = True
        raise GeneratorExit from None
    fault = _fault()
    if fault is None:
        return result
    try:
        raise fault
    finally:
        del fault  # or it and this frame would keep each other


@coroutine
def within(steps: Steps[T]) -> Generator[Any, Any, T]:
    """What `await steps` gives. Below, plain functions may wait in a task, too, that a library made past its loop.

    In a loop without `install` they may not.
    """
    here, tasks = getcurrent(), asyncio.get_running_loop().get_task_factory()
    if type(here) is _Carrier or not isinstance(tasks, _Tasks):
        return (yield from steps.__await__())
    return (yield from _driven(steps, tasks.of(here), here.gr_context, steps.send))


def _fault() -> BaseException | None:
    """How what this carrier waited for has failed, told once."""
    here = getcurrent()
    fault, here.said = here.said, None
    return cast(BaseException | None, fault)


class _Tasks:
    """What makes the tasks of one loop. idle: carriers between two steps."""

    def __init__(self) -> None:
        self.idle: list[_Carrier] = []

    def of(self, here: greenlet) -> "list[_Carrier]":
        """The idle ones that go home to `here`: others belong to a thread in which this loop runs no more."""
        if self.idle and self.idle[-1].parent is not here:
            self.idle.clear()
        return self.idle

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **named: Any) -> "asyncio.Task[Any]":
        """A task that may wait. named: as `asyncio.Task` takes it."""
        if not asyncio.iscoroutine(coro):
            raise TypeError(f"a coroutine was expected, got {coro!r}")
        return asyncio.Task(cast(Steps[Any], _Driven(coro, self)), loop=loop, **named)


class _Driven:
    """A coroutine in which plain functions may wait. Everything else is asked of the coroutine itself."""

    __slots__ = ("__weakref__", "_steps", "close", "send", "throw")

    def __init__(self, steps: Steps[Any], tasks: _Tasks) -> None:
        driven = _task(steps, tasks)
        next(driven)
        self._steps, self.send, self.throw, self.close = steps, driven.send, driven.throw, driven.close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._steps, name)


Coroutine.register(_Driven)


class _Carrier(greenlet):  # type: ignore[misc]  # greenlet does not tell its types
    """Carries out one step of a task at a time.

    said: what `wait` waits for, or how that or the step failed. over: it is being thrown away, and waits no more.
    """

    __slots__ = ("over", "said")

    def __init__(self) -> None:
        super().__init__(_carry)
        self.over, self.said = False, cast(Any, None)


def _carry(act: Any, value: Any) -> None:
    """One step after another, of whichever task asks for it."""
    while True:
        try:
            result = act(value)
        except BaseException as fault:  # noqa: BLE001 - whatever it is, it is the task's
            result = _ENDED
            if not getcurrent().over:
                getcurrent().said = fault
        if getcurrent().over:
            return
        act = value = None  # who is idle holds on to nothing
        act, value = getcurrent().parent.switch(result)


@coroutine
def _task(steps: Steps[T], tasks: _Tasks) -> Generator[Any, Any, T]:
    """What a task drives instead of `steps`. Take it to its first yield before anything is thrown at it."""
    act, value = cast(Any, steps.send), cast(Any, None)
    try:
        yield
    except GeneratorExit:
        steps.close()
        raise
    except BaseException as fault:  # noqa: BLE001 - it is stopped before it began, and hears of it
        act, value = steps.throw, fault
    here = getcurrent()
    return (yield from _driven(steps, tasks.of(here), here.gr_context, act, value))


@coroutine
def _driven(
    steps: Steps[T], idle: list[_Carrier], context: Context | None, act: Any, value: Any = None
) -> Generator[Any, Any, T]:
    """Let carriers do the steps, and do here what they wait for. act, value: the first step."""
    while True:
        carrier = idle.pop() if idle else _Carrier()
        carrier.gr_context = context
        said = carrier.switch(act, value)
        value = None  # what was thrown keeps this frame
        while said is _WAITS:
            said = yield from _waited(carrier, idle)
        fault, carrier.said = carrier.said, None
        if len(idle) < MOST_IDLE:
            idle.append(carrier)
        if said is _ENDED:
            try:
                if isinstance(fault, StopIteration):
                    return cast(T, fault.value)
                raise fault
            finally:
                del fault
        try:
            value = yield said
            act = steps.send
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 - it is thrown on
            act, value = steps.throw, thrown


@coroutine
def _waited(carrier: _Carrier, idle: list[_Carrier]) -> Generator[Any, Any, Any]:
    """Do what a carrier waits for, and let it go on. Returns what it says then."""
    awaitable, carrier.said = carrier.said, None
    result: Any = None
    try:
        if asyncio.isfuture(awaitable):
            result = yield from awaitable
        else:
            steps = awaitable if type(awaitable) is CoroutineType else _awaited(awaitable)
            result = yield from _driven(steps, idle, carrier.gr_context, steps.send)
    except GeneratorExit:  # nobody drives this any more: with its last reference, the carrier ends where it stands
        raise
    except BaseException as fault:  # noqa: BLE001 - it is raised where it was waited for
        carrier.said = fault
    return carrier.switch(result)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
