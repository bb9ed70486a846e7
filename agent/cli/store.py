"""Commands: store migrate, store keep, store drop. None opens the wallet: what is moved stays sealed."""

import sys
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shlex import quote
from typing import Final
from urllib.parse import urlsplit

from agent import config as configs
from agent import places
from agent.cli.exits import DAMAGED, FAILED, HELD, MISUSED, OPEN_TO_OTHERS, TOO_NEW, Command, Stopped, ending
from agent.cli.home import folder
from agent.cli.plain import plain
from agent.cli.words import count, tell
from agent.config import Config
from wallet.errors import Corrupt, Locked, NotFound, Unsupported, Untrusted
from wallet.store.transfer import move as moves
from wallet.store.transfer import places as whereabouts
from wallet.store.transfer.carrying import Digest
from wallet.store.transfer.places import InFile, OnServer, Place, opened
from wallet.store.transfer.tables import Progress

REFUSED: Final[dict[type[Exception], int]] = {
    Locked: HELD,
    NotFound: MISUSED,
    Untrusted: OPEN_TO_OTHERS,
    Unsupported: TOO_NEW,
    Corrupt: DAMAGED,
}
"""Why a place cannot be had, and the exit status of it."""
EVERY: float = 2  # seconds between two words on how far it has come


async def store(options: Namespace) -> int:
    """What `options.action` says."""
    return await {"migrate": migrate, "keep": keep, "drop": drop}[options.action](options)


# -- moving -------------------------------------------------------------------------------------------------------


async def migrate(options: Namespace) -> int:
    """Move the wallet of a folder to a database or back to its file, or go on with that."""
    home = Path(options.home)
    config = configs.read(home)
    wanted = settings(home, config, options)
    source, target = place(home, config), place(home, wanted, options.to)
    if str(source) == str(target):
        raise Stopped(f"the wallet is in {target} already; nothing was moved", "Name another place: --to", MISUSED)
    undone, named = "the wallet was not moved", "--to URL"
    async with (
        side(source, config, undone=undone) as here,
        side(target, wanted, undone=undone, named=named, new=True) as there,
    ):
        with ending({Corrupt: DAMAGED, Unsupported: MISUSED}):
            if isinstance(target, InFile) and await here.moved() is None and await is_wallet(there):
                raise left_behind(target.path)
            digests = await moves.move(here, there, to=str(target), now=int(time.time()), told=heard())
    with places.password_kept(home, options.to):
        configs.write(home, wanted)
    tell(arrived(home, source, target, digests))
    return 0


def settings(home: Path, config: Config, options: Namespace) -> Config:
    """The settings of a folder once its wallet has moved."""
    if urlsplit(options.to).scheme in ("postgresql", "postgres"):
        return configs.stored(config, options.to, options.tenant)
    file = home / places.WALLET
    if Path(options.to).absolute() != file.absolute():
        what = (
            f"{options.to} is no address of a database, and not the file in which a wallet is kept; nothing was moved"
        )
        raise Stopped(what, f"Write postgresql://USER@HOST/NAME, or: --to {quote(str(file))}", MISUSED)
    return configs.stored(config, "", "")


def place(home: Path, config: Config, url: str = "") -> Place:
    """Where the wallet of a folder is, by these settings. url: as it was typed, which may have a password in it."""
    configs.check(config)
    if config.store:
        return OnServer(url if configs.password_of(url) else places.address(home, config), config.tenant)
    return InFile(home / places.WALLET)


@asynccontextmanager
async def side(
    where: Place, config: Config, *, undone: str, named: str = places.SETTING, new: bool = False
) -> AsyncIterator[moves.Store]:
    """One side of a move, which no agent has open. undone, named: see `places.told`. Raises Stopped."""
    with reaching(where, config, undone, named):
        async with opened(where, new=new) as found:
            yield found


@contextmanager
def reaching(where: Place, config: Config, undone: str, named: str) -> Iterator[None]:
    """Say why a place cannot be had. undone, named: see `places.told`. Raises Stopped, Misconfigured."""
    try:
        with ending(REFUSED):
            yield
    except ModuleNotFoundError as missing:
        raise Stopped(f"{missing.name} is not installed; {undone}", places.INSTALL, MISUSED) from None
    except OSError as fault:
        if isinstance(where, OnServer) and fault.__cause__ is not None:
            raise places.told(fault, config, undone, named) from fault
        raise


async def is_wallet(there: moves.Store) -> bool:
    """Whether there is a wallet that did not just arrive, nor is arriving."""
    return await there.progress() is None and not await there.empty()


def left_behind(file: Path) -> Stopped:
    """There is a wallet at the file already: most likely what was left when the wallet went to the database."""
    return Stopped(
        f"there is a wallet at {file} already; nothing was moved",
        f"Move it out of the way, and run this again: mv {quote(str(file))} {quote(str(file))}.old",
        MISUSED,
    )


def heard() -> Callable[[Progress], None]:
    """Says how far it has come, now and then."""
    latest = time.monotonic()

    def told(progress: Progress) -> None:
        nonlocal latest
        if time.monotonic() - latest >= EVERY:
            latest = time.monotonic()
            print(f"{progress.rows:,} rows, now {progress.table} ...", file=sys.stderr, flush=True)

    return told


def arrived(home: Path, source: Place, target: Place, digests: dict[str, Digest] | None) -> Iterator[str]:
    """What was done, and what to do now."""
    if digests is None:
        yield f"It was moved to {plain(str(target), 400)} before; the settings name that place now."
    else:
        rows = sum(each.rows for each in digests.values())
        yield f"Moved the wallet to {plain(str(target), 400)}: {count(rows, 'row')} in {len(digests)} tables."
        yield "Both sides were read again and compared, table by table: they hold the same."
    yield f"What was in {plain(str(source), 400)} is still there, as it was, and does not open any more."
    yield "Two copies of one wallet must never both be used: remove that one once you have a back-up of the new place."
    yield f"Now start the agent: freerange serve{folder(home)}"


# -- giving up ----------------------------------------------------------------------------------------------------


async def keep(options: Namespace) -> int:
    """Let the copy that a wallet was moved from be opened again."""
    home = Path(options.home)
    config = configs.read(home)
    wanted = configs.stored(config, options.at, options.tenant) if options.at else configs.stored(config, "", "")
    if config.store and not options.at and not (home / places.WALLET).exists():
        wanted = config
    where = place(home, wanted, options.at)
    async with side(where, wanted, undone="nothing was changed", named="--at URL") as here:
        moved = await here.moved()
        if moved is None:
            raise Stopped(f"the wallet in {where} was not moved; nothing was changed", "See: freerange config", FAILED)
        if moved.whole and not options.yes:
            raise Stopped(
                f"that wallet went on in {moved.to}: what happened there since is not in {where}, and if both are used"
                " they contradict each other towards everybody you know; nothing was changed",
                "If the other one is gone, or nobody has used it: freerange store keep --yes",
                MISUSED,
            )
        await moves.keep(here)
    with places.password_kept(home, options.at):
        configs.write(home, wanted)
    tell([f"The wallet in {plain(str(where), 400)} is the one that counts, and can be opened again."])
    tell([f"What arrived in {plain(moved.to, 400)} must never be used."])
    return 0


# -- removing -----------------------------------------------------------------------------------------------------


async def drop(options: Namespace) -> int:
    """Remove a wallet from a database for good."""
    home = Path(options.home)
    config = configs.read(home)
    wanted = configs.stored(config, options.at, options.tenant) if options.at else config
    where = place(home, wanted, options.at)
    if isinstance(where, InFile):
        what = f"the wallet is in no database, but in {where}; nothing was removed"
        raise Stopped(what, "To remove it from one, name that: freerange store drop --at URL", MISUSED)
    if options.tenant and options.tenant != where.tenant:
        what = f"the settings name the wallet of {where.tenant}; nothing was removed"
        raise Stopped(what, "Name the database of the other one, too: --at URL", MISUSED)
    if not options.yes:
        agree(where)
    with reaching(where, wanted, "nothing was removed", "--at URL"):
        rows = await whereabouts.drop(where)
    tell(dropped(home, where, rows, ours=(config.store, config.tenant) == (wanted.store, wanted.tenant)))
    return 0


def agree(where: OnServer) -> None:
    """Have the tenant's name typed. Raises Stopped if it is another one."""
    if not sys.stdin.isatty():
        what = f"nobody is here to confirm that the wallet in {where} is removed; nothing was removed"
        raise Stopped(what, "If that is what you want, add --yes.", MISUSED)
    tell([
        f"This removes the wallet in {plain(str(where), 400)} for good: every relationship, agreement and credential,"
        " and the keys. Only a back-up brings it back."
    ])  # fmt: skip
    print(f"Type its name to remove it [{plain(where.tenant)}]: ", end="", flush=True)
    if sys.stdin.readline().strip() != where.tenant:
        raise Stopped("Nothing was removed.", f"To remove it, type: {plain(where.tenant)}", FAILED)


def dropped(home: Path, where: OnServer, rows: int, *, ours: bool) -> Iterator[str]:
    """What was done, and what is left to do."""
    yield f"Removed the wallet in {plain(str(where), 400)}: {count(rows, 'row')}, and the keys with them."
    yield "What back-ups there are of the database still hold it, sealed. Nothing opens it but the passphrase or key"
    yield "file that opened it here: destroy that too, unless you want such a back-up to be of use."
    if ours:
        yield f"What the agent kept besides is in {plain(str(home), 400)}: remove it, too."


COMMANDS: dict[str, Command] = {"store": store}
