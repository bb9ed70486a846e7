"""Opening the wallet itself, when no agent is running: what can be wrong with it, and with the secret."""

import sys
from argparse import Namespace
from pathlib import Path

from agent import config as configs
from agent import home as homes
from agent.agent import Agent
from agent.cli import secrets
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
from agent.transports.carrier import Carrier
from wallet.errors import Corrupt, Locked, NotFound, Unsupported, Untrusted
from wallet.slots import Secret
from wallet.store.sqlite import Store


async def opened(options: Namespace) -> Agent:
    """The agent of a folder, its wallet unlocked, neither listening nor sending. Raises Stopped."""
    path = Path(options.home)
    config = configs.read(path)
    store = open_store(path)
    try:
        with ending({Locked: WRONG_SECRET}):
            await unlock(store, options)
    except BaseException:
        store.close()
        raise
    return homes.assemble(config, store, Carrier(development=config.development))


def open_store(path: Path) -> Store:
    """The wallet of a folder, still locked. Raises Stopped, with the exit status for what is wrong."""
    held: dict[type[Exception], int] = {
        Locked: HELD,
        Untrusted: OPEN_TO_OTHERS,
        Unsupported: TOO_NEW,
        NotFound: MISUSED,
    }
    try:
        with ending(held):
            return homes.open_store(path)
    except Corrupt as fault:
        header = any(word in str(fault) for word in ("header", "key derivation"))
        raise stopped(fault, DAMAGED_HEADER if header else DAMAGED) from fault


async def unlock(store: Store, options: Namespace) -> None:
    """Unlock with the secret given, or ask for it, three times at most. Raises Stopped."""
    secret = secrets.given(options)
    for tries_left in range(secrets.TRIES - 1, -1, -1):
        try:
            await fit(store, secrets.asked() if secret is None else secret)
            return
        except Locked:
            if secret is not None or not tries_left:
                raise
            print("That is not it.", file=sys.stderr)


async def fit(store: Store, secret: Secret) -> None:
    """Try one secret."""
    with ending({Corrupt: DAMAGED_HEADER}):
        await store.unlock(secret)
