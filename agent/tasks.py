"""Tasks that a library makes past the loop, as aiohttp does from Python 3.12 on: in them, too, a wallet may be read."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def reading(
    answer: Callable[[Asked], Coroutine[Any, Any, Answer]],
) -> Callable[[Asked], Coroutine[Any, Any, Answer]]:
    """The same answer, which waits for the database that the wallet is in, if it is in one."""

    async def answered(asked: Asked) -> Answer:
        if asyncio.get_running_loop().get_task_factory() is None:  # the wallet is a file
            return await answer(asked)
        from wallet.store import waiting

        return await waiting.within(answer(asked))

    return answered
