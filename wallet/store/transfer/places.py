"""Where a wallet can be: a file, or a tenant's place in a database. Opened for a move, nobody else has it open.

Needs no secret: what is moved stays sealed.
"""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from wallet.errors import NotFound
from wallet.store import file
from wallet.store.transfer.in_file import FileSide, begin
from wallet.store.transfer.move import Store

if TYPE_CHECKING:
    from wallet.store.transfer.in_server import ServerSide


@dataclass(frozen=True, slots=True)
class InFile:
    """A wallet file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class OnServer:
    """A tenant's wallet in a database. url: with all that it takes to get in."""

    url: str
    tenant: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        return f"{shown} (tenant {self.tenant})"


Place = InFile | OnServer


@asynccontextmanager
async def opened(place: Place, *, new: bool = False) -> AsyncIterator[Store]:
    """A place as one side of a move. new: make it if it is not there, empty, and not to be taken for a wallet.

    Raises Locked if an agent has it open, Untrusted, Unsupported, OSError as opening a store does; NotFound if there is
    nothing, and it is not to be made.
    """
    if isinstance(place, InFile):
        async with _in_file(place.path, new) as side:
            yield side
    else:
        async with _on_server(place, new) as side:
            yield side


@asynccontextmanager
async def _in_file(path: Path, new: bool) -> AsyncIterator[Store]:
    file.check_folder(path)
    held = file.hold(path)
    try:
        with closing(_connected(path, new)) as connection:
            yield FileSide(connection)
    finally:
        os.close(held)


def _connected(path: Path, new: bool) -> sqlite3.Connection:
    """A connection to a file of the newest schema."""
    if new and not path.exists():
        file.create(path, begin)
    file.check(path)
    connection = file.connect(path, writes=True)
    try:
        file.migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@asynccontextmanager
async def _on_server(place: OnServer, new: bool) -> "AsyncIterator[ServerSide]":
    from wallet.store import postgresql  # takes libraries that only its users have
    from wallet.store.transfer.in_server import ServerSide

    number = await postgresql.prepare(place.url, place.tenant, new=new)
    if number is None:
        raise NotFound(f"there is no wallet in {place}. Name the tenant that has it.")
    async with postgresql.held(place.url, place.tenant, number) as session:
        yield ServerSide(session)


async def drop(place: OnServer) -> int:
    """Remove a tenant's wallet for good, in whatever state it is. Returns how many rows it had. Raises as `opened`."""
    async with _on_server(place, new=False) as side:
        return await side.drop()
