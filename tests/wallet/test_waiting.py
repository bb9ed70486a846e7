"""Plain functions that wait do what an `await` in their place does: told apart by nothing but their form."""

import asyncio
import contextvars
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any

import pytest
import uvloop

from wallet.store import waiting
from wallet.store.waiting import wait

LOOPS = (asyncio.new_event_loop, uvloop.new_event_loop)
COLOUR: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """`waiting.run` on one kind of loop."""
    return lambda main: waiting.run(main, loop_factory=request.param)


Run = Callable[[Coroutine[Any, Any, Any]], Any]


def nap(result: object = None, times: int = 1) -> object:
    """A plain function that lets the loop go round before it returns."""
    for _ in range(times):
        wait(asyncio.sleep(0))
    return result


class Failed(Exception):
    """What a test raises."""


async def fail(after: int = 1) -> None:
    for _ in range(after):
        await asyncio.sleep(0)
    raise Failed("on purpose")


def test_a_plain_function_waits_and_is_given_the_result(run: Run) -> None:
    async def main() -> object:
        return [nap(n) for n in range(3)]

    assert run(main()) == [0, 1, 2]


def test_others_run_while_a_plain_function_waits(run: Run) -> None:
    said: list[tuple[str, int]] = []

    def tell(name: str) -> None:
        for n in range(3):
            said.append((name, n))
            nap()

    async def one(name: str) -> None:
        tell(name)

    async def main() -> None:
        await asyncio.gather(one("a"), one("b"))

    run(main())

    assert said == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_what_is_waited_for_may_be_a_future_a_task_or_anything_awaitable(run: Run) -> None:
    class Awaitable:
        def __await__(self) -> Generator[Any, Any, str]:
            return asyncio.sleep(0, "own").__await__()

    async def main() -> list[object]:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, "future")
        task = asyncio.create_task(asyncio.sleep(0, "task"))
        done = asyncio.get_running_loop().create_future()
        done.set_result("done")
        return [wait(future), wait(task), wait(done), wait(Awaitable()), wait(asyncio.sleep(0, "coroutine"))]

    assert run(main()) == ["future", "task", "done", "own", "coroutine"]


def test_what_is_waited_for_may_wait_in_plain_functions_itself(run: Run) -> None:
    async def deep(n: int) -> int:
        nap()
        return n if n == 0 else 1 + wait(deep(n - 1))

    async def main() -> int:
        return await deep(20)

    assert run(main()) == 20


def test_a_failure_is_raised_where_it_was_waited_for_and_tells_the_whole_way(run: Run) -> None:
    def reads() -> str:
        try:
            wait(fail())
        except Failed:
            return traceback.format_exc()
        raise AssertionError("nothing was raised")

    async def main() -> str:
        return reads()

    told = run(main())

    assert "on purpose" in told
    assert told.index("in reads") < told.index("in fail")


def test_a_failure_leaves_a_task_with_the_places_it_passed(run: Run) -> None:
    def reads() -> None:
        wait(fail())

    async def main() -> None:
        reads()

    with pytest.raises(Failed) as caught:
        run(main())

    places = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert [place for place in places if place in ("main", "reads", "wait", "fail")] == [
        "main",
        "reads",
        "wait",
        "fail",
    ]
    assert caught.value.__context__ is None


def test_being_cancelled_is_raised_where_it_waits(run: Run) -> None:
    seen: list[str] = []

    def reads(future: "asyncio.Future[None]") -> None:
        try:
            wait(future)
        except asyncio.CancelledError:
            seen.append("cancelled")
            nap()
            seen.append("tidied")
            raise

    async def main() -> tuple[bool, bool]:
        future = asyncio.get_running_loop().create_future()

        async def inner() -> None:
            reads(future)

        task = asyncio.create_task(inner())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), future.cancelled()

    assert run(main()) == (True, True)
    assert seen == ["cancelled", "tidied"]


def test_time_runs_out_where_it_waits(run: Run) -> None:
    async def main() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(0)
                wait(asyncio.sleep(30))
        except TimeoutError:
            return "in time"
        return "never"

    assert run(main()) == "in time"


def test_a_group_of_tasks_ends_together(run: Run) -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            wait(asyncio.get_running_loop().create_future())
        finally:
            ended.append("waits")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(waits())
            group.create_task(fail(3))

    with pytest.raises(ExceptionGroup) as caught:
        run(main())

    assert [type(each) for each in caught.value.exceptions] == [Failed]
    assert ended == ["waits"]


def test_a_task_has_one_context_whether_it_waits_or_awaits(run: Run) -> None:
    def paint(colour: str) -> str:
        before = COLOUR.get()
        COLOUR.set(colour)
        nap()
        return before

    async def inner() -> str:
        COLOUR.set("blue")
        await asyncio.sleep(0)
        assert COLOUR.get() == "blue"
        return paint("green")

    async def main() -> tuple[str, ...]:
        COLOUR.set("red")
        own = await asyncio.create_task(inner())
        before = paint("black")
        given = contextvars.Context()
        await asyncio.create_task(inner(), context=given)
        return own, before, COLOUR.get(), given[COLOUR]

    assert run(main()) == ("blue", "red", "black", "green")
    assert COLOUR.get() == "none"


def test_what_is_waited_for_is_done_in_the_context_of_who_waits(run: Run) -> None:
    async def look() -> str:
        await asyncio.sleep(0)
        COLOUR.set(COLOUR.get() + "ish")
        return COLOUR.get()

    async def main() -> tuple[str, str, str]:
        COLOUR.set("red")
        other = contextvars.copy_context()
        other.run(COLOUR.set, "blue")
        found = other.run(lambda: wait(look()))
        return found, other[COLOUR], COLOUR.get()

    assert run(main()) == ("blueish", "blueish", "red")


def test_the_current_task_is_the_one_that_waits(run: Run) -> None:
    def who() -> bool:
        before = asyncio.current_task()
        nap()
        return before is asyncio.current_task()

    async def one() -> bool:
        return who()

    async def main() -> list[bool]:
        return await asyncio.gather(*(one() for _ in range(5)))

    assert run(main()) == [True] * 5


def test_a_task_is_named_after_its_coroutine(run: Run) -> None:
    async def seeks() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("the one")
        return repr(task)

    told = run(seeks())

    assert "the one" in told
    assert "seeks" in told


def test_generators_wait_in_the_midst_of_what_they_yield(run: Run) -> None:
    def rows() -> Iterator[int]:
        try:
            for n in range(3):
                nap()
                yield n
        finally:
            nap()

    async def more() -> AsyncIterator[int]:
        for n in rows():
            await asyncio.sleep(0)
            nap()
            yield n

    async def main() -> list[int]:
        first = next(rows())
        return [first, *rows(), *[n async for n in more()]]

    assert run(main()) == [0, 0, 1, 2, 0, 1, 2]


def test_many_wait_at_once(run: Run) -> None:
    async def one(n: int) -> int:
        nap(times=n % 7)
        return n

    async def main() -> list[int]:
        return await asyncio.gather(*(one(n) for n in range(500)))

    assert run(main()) == list(range(500))


def test_outside_of_tasks_there_is_nothing_to_suspend() -> None:
    refusals: list[str] = []

    def tries() -> None:
        try:
            nap()
        except RuntimeError as refusal:
            refusals.append(str(refusal))

    async def without() -> None:
        tries()

    async def main() -> None:
        asyncio.get_running_loop().call_soon(tries)
        await asyncio.to_thread(tries)
        await asyncio.sleep(0.01)

    tries()
    asyncio.run(without())
    waiting.run(main())

    assert len(refusals) == 4
    assert all("cannot wait here" in refusal and "waiting.run" in refusal for refusal in refusals)


def test_a_task_made_past_the_loop_waits_within(run: Run) -> None:
    async def waits() -> tuple[object, str]:
        COLOUR.set("blue")
        await asyncio.sleep(0)
        return nap("done"), COLOUR.get()

    async def main() -> tuple[object, object, object]:
        loop = asyncio.get_running_loop()
        plain: asyncio.Task[object] = asyncio.Task(waits(), loop=loop)
        within: asyncio.Task[object] = asyncio.Task(passed(waiting.within(waits())), loop=loop)
        [refused] = await asyncio.gather(plain, return_exceptions=True)
        return type(refused), await within, await waiting.within(waits())

    assert run(main()) == (RuntimeError, ("done", "blue"), ("done", "blue"))


async def passed(awaitable: Awaitable[object]) -> object:
    return await awaitable


def test_within_a_loop_without_such_tasks_nothing_is_different() -> None:
    async def main() -> int:
        await asyncio.sleep(0)
        return 1

    assert asyncio.run(passed(waiting.within(main()))) == 1
