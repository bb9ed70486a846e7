"""Where a wallet is: in a file of its agent's folder, or in a PostgreSQL database that the settings name.

What the agent keeps besides lies in its folder either way. A password for the database is in no setting: it is in a
file of the folder, or where every program of PostgreSQL looks for it (PGPASSFILE, ~/.pgpass).
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit, urlunsplit

from agent import config as configs
from agent.config import Config
from agent.errors import Misconfigured
from wallet.errors import NotFound, WalletError
from wallet.store import file, meta
from wallet.store import snapshot as files
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

WALLET: Final = "wallet.db"
PASSWORD: Final = "database.pass"
STARTED: Final = "nothing was started"
SETTING: Final = "freerange config set store URL"
INSTALL: Final = "install what it takes: pip install 'freerange[postgresql]'"


def exists(home: Path) -> bool:
    """Whether there is a wallet, or settings that say where one is."""
    return (home / WALLET).exists() or bool(configs.store_of(home))


def open(home: Path, config: Config | None = None, *, alone: bool = True) -> Store:
    """The wallet of a folder, still locked. Raises what opening a store raises, and Misconfigured.

    config: the settings, unless nobody has read them, and a wallet file is good without. alone: else others that are
    not alone either may have it open, too, for which it has to be in a database.
    """
    if config is None and configs.store_of(home):
        config = configs.read(home)
    if config is None or not config.store:
        return FileStore.open(home / WALLET)
    with _speaking(config):
        from wallet.store import postgresql

        held = file.hold(home / WALLET) if alone else -1
        try:
            store = postgresql.open(address(home, config), config.tenant, path=home / WALLET, alone=alone)
        except BaseException:
            if alone:
                os.close(held)
            raise
    store.beside = held
    return store


def reach(home: Path, config: Config) -> None:
    """See that a new wallet can be where these settings say, before anything keeps them. Raises as `create` does."""
    if not config.store:
        return
    with _speaking(config, "nothing was made", "--store URL"):
        from wallet.store import postgresql, waiting

        url, no_vault = address(home, config), cast(Vault, None)  # what is read is not sealed
        waiting.wait(postgresql.prepare(url, config.tenant, new=True))
        with postgresql.snapshot(url, config.tenant, no_vault) as tx:
            taken = meta.read(tx, name="header") is not None
    if taken:
        what = f"tenant {config.tenant!r} has a wallet already; nothing was changed."
        raise Misconfigured(f"{what} Name another: --tenant NAME")


def create(home: Path, config: Config, vault: Vault, fill: Callable[[Transaction], None]) -> None:
    """A new wallet for a folder, sealed by an open vault; see the stores. Raises Misconfigured too."""
    if not config.store:
        FileStore.create(home / WALLET, vault, fill).close()
        return
    with _speaking(config):
        from wallet.store import postgresql

        try:
            postgresql.create(address(home, config), config.tenant, vault, fill, path=home / WALLET).close()
        except FileExistsError as fault:
            raise Misconfigured(str(fault)) from None


def sealed(home: Path, config: Config) -> Vault:
    """The vault of a wallet that an agent may have open, still locked. Raises as `open` does, but for Locked."""
    if not config.store:
        return files.sealed(home / WALLET)
    with _speaking(config):
        from wallet.store import postgresql

        no_vault = cast(Vault, None)  # what is read is not sealed
        with postgresql.snapshot(address(home, config), config.tenant, no_vault) as tx:
            header = meta.read(tx, name="header")
        if not isinstance(header, bytes):
            raise NotFound(f"the database has no wallet of {config.tenant!r}. Name another tenant.")
        return Vault(header)


@contextmanager
def snapshot(home: Path, config: Config, vault: Vault) -> Iterator[Transaction]:
    """One state of a wallet, whole, while an agent may go on writing."""
    with _snapshot(home, config, vault) as tx:
        yield tx


def _snapshot(home: Path, config: Config, vault: Vault) -> AbstractContextManager[Transaction]:
    if not config.store:
        return files.snapshot(home / WALLET, vault)
    with _speaking(config):
        from wallet.store import postgresql

        return postgresql.snapshot(address(home, config), config.tenant, vault)


# -- the database's address -------------------------------------------------------------------------------------------


def address(home: Path, config: Config) -> str:
    """The address to call, with the file that the password is in, if the folder has one."""
    kept, parts = home / PASSWORD, urlsplit(config.store)
    if not kept.exists() or "passfile" in parse_qs(parts.query):
        return config.store
    query = f"{parts.query}&passfile={kept}" if parts.query else f"passfile={kept}"
    return urlunsplit(parts._replace(query=query))


def keep_password(home: Path, password: str) -> None:
    """Keep the database's password in the folder, for its owner only."""
    target = home / PASSWORD
    target.unlink(missing_ok=True)
    target.touch(0o600)
    target.write_text("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")


@contextmanager
def password_kept(home: Path, url: str) -> Iterator[None]:
    """Keep the password of an address, if it has one, where no setting shows it; if the block fails, that is undone."""
    password, target = configs.password_of(url), home / PASSWORD
    if not password:
        yield
        return
    before = target.read_bytes() if target.exists() else None
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep_password(home, password)
    try:
        yield
    except BaseException:
        target.unlink() if before is None else target.write_bytes(before)
        raise


@contextmanager
def _speaking(config: Config, undone: str = STARTED, named: str = SETTING) -> Iterator[None]:
    """Say what is wrong with a database in words that lead on. undone, named: see `told`."""
    try:
        yield
    except ImportError as fault:
        what = f"the wallet is in a PostgreSQL database, and {fault.name} is not installed; {undone}."
        raise Misconfigured(f"{what} {INSTALL.capitalize()}") from None
    except WalletError:
        raise
    except OSError as fault:
        if isinstance(fault, FileExistsError):
            raise
        raise told(fault, config, undone, named) from fault


def refusal(config: Config, fault: OSError) -> tuple[int, str]:
    """How a wallet that cannot be read or written now is told of: a status of HTTP, and words."""
    if is_away(config, fault):
        return 503, f"the database does not serve the wallet now: {fault.strerror}"
    return 507, f"the disk refuses ({fault.strerror}); nothing was done. Make room, and try again."


def is_away(config: Config, fault: OSError) -> bool:
    """Whether it is the database that failed, and not for want of room."""
    return bool(config.store) and fault.errno != errno.ENOSPC and not fault.filename


def told(fault: OSError, config: Config, undone: str = STARTED, named: str = SETTING) -> Exception:
    """Why a database cannot be used, and what to do about it. undone: what did not come of it; named: what names it."""
    cause = fault.__cause__
    code = getattr(cause, "sqlstate", None) or ""
    parts = urlsplit(config.store)
    base, who = parts.path.lstrip("/"), parts.username or "this user"
    if code.startswith("28"):
        what = f"the database does not let {who} in: {cause}; {undone}."
        return Misconfigured(f"{what} Give the right password in the address, which does not keep it: {named}")
    if code == "3D000":
        what = f"there is no database {base!r} at {parts.hostname or 'its place'}; {undone}."
        return Misconfigured(f"{what} Make it: createdb --owner {who} {base}")
    if code == "42501":
        what = f"{who} has no right to what is in the database: {cause}; {undone}."
        return Misconfigured(f"{what} Let it own the database, or grant it that")
    if code.startswith("42"):
        what = f"the tables in the database {base!r} are another program's: {cause}; {undone}."
        return Misconfigured(f"{what} Name a database that nothing else is in: {named}")
    if isinstance(cause, ValueError):
        what = f"the address of the database cannot be used: {str(cause).partition(chr(10))[0]}; {undone}."
        return Misconfigured(f"{what} Write postgresql://USER@HOST/NAME: {named}")
    where = parts.netloc.rpartition("@")[2]
    why = cause if cause is not None else fault.strerror or fault
    what = f"the database{where and f' at {where}'} cannot be reached: {why or type(why).__name__}; {undone}."
    return Misconfigured(f"{what} Start it, or name another: {named}")
