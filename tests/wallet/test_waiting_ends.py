"""How what waits ends: failed, cancelled, never begun, left behind by its loop; nothing of it stays."""

import asyncio
import gc
import threading
import warnings
from collections.abc import Coroutine
from typing import Any

import pytest

from wallet.store import waiting
from wallet.store.waiting import wait


class Failed(Exception):
    """What a test raises."""


async def fail() -> None:
    await asyncio.sleep(0)
    raise Failed("on purpose")


class Tells:
    """Tells when it is let go of."""

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def __del__(self) -> None:
        self.event.set()


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_failure_keeps_no_frame_once_it_is_forgotten(cancelled: bool) -> None:
    gone = threading.Event()

    async def doomed(tells: Tells) -> None:
        wait(asyncio.sleep(30) if cancelled else fail())

    async def main() -> None:
        task = asyncio.create_task(doomed(Tells(gone)))
        await asyncio.sleep(0)
        if cancelled:
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or isinstance(task.exception(), Failed)
        del task
        await asyncio.sleep(0)

    gc.disable()
    try:
        waiting.run(main())
        assert gone.is_set()
    finally:
        gc.enable()


@pytest.mark.filterwarnings("error")
def test_a_task_that_is_cancelled_before_it_began_says_nothing() -> None:
    async def never() -> None:
        raise AssertionError("it began")

    async def main() -> bool:
        task = asyncio.create_task(never())
        task.cancel()
        await asyncio.wait([task])
        gc.collect()
        return task.cancelled()

    assert waiting.run(main())


def test_a_task_nobody_ever_starts_is_let_go_of() -> None:
    gone = threading.Event()

    async def never(tells: Tells) -> None:
        raise AssertionError("it began")

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        loop = asyncio.new_event_loop()
        waiting.install(loop)
        loop.set_exception_handler(lambda *_: None)
        task = loop.create_task(never(Tells(gone)))
        loop.close()
        del task, loop
        gc.collect()

    assert gone.is_set()


def left_behind(main: Coroutine[Any, Any, None]) -> None:
    """Begin a task, and let go of it and of its loop while it waits."""
    loop = asyncio.new_event_loop()
    waiting.install(loop)
    loop.set_exception_handler(lambda *_: None)
    task = loop.create_task(main)
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    del task, loop, main
    gc.collect()


def test_who_waits_when_the_loop_is_gone_is_ended_and_waits_no_more() -> None:
    ends: list[str] = []

    def reads() -> None:
        try:
            wait(asyncio.get_running_loop().create_future())
        except GeneratorExit:
            ends.append("ended")
            try:
                wait(asyncio.sleep(0))
            except RuntimeError:
                ends.append("refused")
            raise
        finally:
            ends.append("tidied")

    async def main() -> None:
        reads()

    left_behind(main())

    assert ends == ["ended", "refused", "tidied"]


@pytest.mark.parametrize("otherwise", [0, 30])
def test_who_will_not_end_is_let_go_of_all_the_same(otherwise: int) -> None:
    gone = threading.Event()

    async def main(tells: Tells) -> None:
        try:
            wait(asyncio.get_running_loop().create_future())
        except GeneratorExit:
            await asyncio.sleep(otherwise)

    left_behind(main(Tells(gone)))

    assert gone.is_set()


def test_who_awaits_when_the_loop_is_gone_is_ended_and_waits_no_more() -> None:
    ends: list[str] = []

    async def main() -> None:
        try:
            wait(asyncio.sleep(0))
            await asyncio.get_running_loop().create_future()
        finally:
            try:
                wait(asyncio.sleep(0))
            except RuntimeError:
                ends.append("refused")

    left_behind(passes(main()))

    assert ends == ["refused"]


async def passes(inner: Coroutine[Any, Any, None]) -> None:
    asyncio.get_running_loop().call_later(0, lambda: None)
    await inner


def test_a_loop_may_go_on_in_another_thread() -> None:
    async def main() -> int:
        wait(asyncio.sleep(0))
        return threading.get_ident()

    loop = asyncio.new_event_loop()
    waiting.install(loop)
    waiting.install(loop)
    places: list[int] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: places.append(loop.run_until_complete(main())))
        thread.start()
        thread.join()
    here = loop.run_until_complete(main())
    loop.close()

    assert len(places) == 2
    assert here == threading.get_ident() not in places


def test_a_loop_that_makes_its_tasks_otherwise_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    loop.set_task_factory(lambda loop, coro, **named: asyncio.Task(coro, loop=loop, **named))

    with pytest.raises(RuntimeError, match="makes its tasks"):
        waiting.install(loop)

    loop.close()
