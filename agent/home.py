"""The folder of one agent: its settings, its sealed wallet. Made once, opened for every run."""

from functools import partial
from pathlib import Path

from agent import config as configs
from agent import identity, inbox, limits, places
from agent.agent import Agent, Transport, unix_now
from agent.calibration import calibrated
from agent.config import Config
from agent.errors import Misconfigured
from agent.needs import Needs
from agent.outbox import Outbox
from agent.transports.carrier import Carrier
from agent.watch import Watch
from wallet.keys import Keyring
from wallet.slots import Argon2, Secret
from wallet.store.apply import apply
from wallet.store.change import Change, Item
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault, is_cheap

WALLET = places.WALLET


async def make(home: Path, config: Config, secret: Secret) -> None:
    """Make a wallet in `home`, with a public DID if it is an org's. Raises Misconfigured; no wallet is overwritten.

    The wallet comes last, and whole: whoever was interrupted before can simply begin again.
    """
    configs.check(config)
    check_free(home, config)
    places.reach(home, config)
    items = identity.public(config, unix_now())[1] if config.kind == "org" else ()
    vault = Vault.create(secret, cost(secret))
    configs.write(home, config)
    # failpoint: home.after-config
    places.create(home, config, vault, partial(fill, items=items))


def fill(tx: Transaction, *, items: tuple[Item, ...]) -> None:
    """What a new wallet holds."""
    apply(tx, Change(peer="", keep=items))


def check_free(home: Path, config: Config | None = None) -> None:
    """Make the folder, if need be. Raises Misconfigured if there is a wallet in it.

    config: of a wallet to be made; in a database it is the database that says whether it is there already.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    elsewhere = configs.store_of(home)
    if (home / WALLET).exists() or (elsewhere and (config is None or config.store != elsewhere)):
        raise Misconfigured(f"there is a wallet in {home} already; nothing was changed. Name another: --home DIR")


def cost(secret: Secret) -> Argon2 | None:
    """What a guess at this secret is to cost, measured on this computer. None: as the vault sees fit."""
    return calibrated() if isinstance(secret, str) and not is_cheap() else None


async def open_agent(home: Path, secret: Secret, transport: Transport | None = None, *, alone: bool = True) -> Agent:
    """The agent of a folder, its wallet unlocked. alone: see places.open. Raises Misconfigured, Locked, or what opening
    the store raises."""
    config = configs.read(home)
    store = places.open(home, config, alone=alone)
    try:
        await store.unlock(secret)
    except BaseException:
        store.close()
        raise
    watch = Watch()
    transport = transport or Carrier(development=config.development, watch=watch)
    return assemble(config, store, transport, watch)


def assemble(config: Config, store: Store, transport: Transport, watch: Watch | None = None) -> Agent:
    """An agent around an open store. watch: what the transport tells the others' time."""
    agent = Agent(
        config=config,
        store=store,
        keys=Keyring(load=store.key),
        needs=Needs(development=config.development),
        transport=transport,
        limits=limits.of(config),
        watch=watch or Watch(),
    )
    agent.outbox = Outbox(agent)
    agent.receive = partial(inbox.receive, agent)
    return agent
