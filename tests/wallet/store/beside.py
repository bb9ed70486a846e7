"""Somebody else who is in the same database meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from wallet.store import postgresql as stores


@asynccontextmanager
async def in_the_way(url: str, sql: str) -> AsyncIterator[Any]:
    """Somebody else of this tenant, in a transaction of his own that has begun with some SQL."""
    number = await stores.prepare(url, "shop")
    settings = {"freerange.tenant": str(number), "freerange.name": "shop"}
    other = await asyncpg.connect(url, server_settings=settings)
    try:
        await other.execute("BEGIN")
        await other.execute(sql)
        yield other
    finally:
        await other.close()
