"""Opening the wallet itself, when no agent is running: what can be wrong with it, and with the secret."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent import config as configs
from agent import home as homes
from agent import places
from agent.agent import Agent
from agent.cli import running, secrets
from agent.cli.exits import (
    DAMAGED,
    DAMAGED_HEADER,
    HELD,
    MISUSED,
    OPEN_TO_OTHERS,
    TOO_NEW,
    WRONG_SECRET,
    ending,
    stopped,
)
from agent.config import Config
from agent.transports.carrier import Carrier
from wallet.errors import Corrupt, Locked, NotFound, Unsupported, Untrusted
from wallet.slots import Secret
from wallet.store.store import Store
from wallet.vault import Vault


async def opened(options: Namespace) -> Agent:
    """The agent of a folder, its wallet unlocked, neither listening nor sending. Raises Stopped."""
    path = Path(options.home)
    config = configs.read(path)
    store = open_store(path, config)
    try:
        with ending({Locked: WRONG_SECRET}):
            await unlock(store, options)
    except BaseException:
        store.close()
        raise
    return homes.assemble(config, store, Carrier(development=config.development))


def open_store(path: Path, config: Config | None = None) -> Store:
    """The wallet of a folder, still locked. Raises Stopped, with the exit status for what is wrong. config: its
    settings, if they were read already."""
    held: dict[type[Exception], int] = {
        Locked: HELD,
        Untrusted: OPEN_TO_OTHERS,
        Unsupported: TOO_NEW,
        NotFound: MISUSED,
    }
    try:
        with ending(held):
            return places.open(path, config)
    except Corrupt as fault:
        header = any(word in str(fault) for word in ("header", "key derivation"))
        raise stopped(fault, DAMAGED_HEADER if header else DAMAGED) from fault


async def unlock(store: Store, options: Namespace) -> Secret:
    """Unlock with the secret given, or ask for it, three times at most. Returns it. Raises Stopped, Locked."""
    given = secrets.given(options)
    for tries_left in range(secrets.TRIES - 1, -1, -1):
        try:
            secret = secrets.asked() if given is None else given
            await fit(store, secret)
            return secret
        except Locked:
            if given is not None or not tries_left:
                raise
            print("That is not it.", file=sys.stderr)
    raise AssertionError("the last attempt returned or raised")


async def fit(store: Store, secret: Secret) -> None:
    """Try one secret."""
    with ending({Corrupt: DAMAGED_HEADER}):
        await store.unlock(secret)


@contextmanager
def beside(path: Path, options: Namespace) -> Iterator[Vault]:
    """The vault of a wallet, open, to read the file while an agent may have it open too. Asks for the secret. Raises
    Stopped."""
    config = configs.read(path)
    if not running.held(path):
        open_store(path, config).close()  # an older wallet is brought up to date first
    with ending({Untrusted: OPEN_TO_OTHERS, Unsupported: TOO_NEW, NotFound: MISUSED, Corrupt: DAMAGED_HEADER}):
        vault = places.sealed(path, config)
    with ending({Locked: WRONG_SECRET, Corrupt: DAMAGED_HEADER}):
        given = secrets.given(options)
        vault.unlock(secrets.asked() if given is None else given)
    try:
        yield vault
    finally:
        vault.lock()
