"""The folder of one agent: its settings, its sealed wallet. Made once, opened for every run."""

from functools import partial
from pathlib import Path

from agent import config as configs
from agent import identity, inbox, limits
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
from wallet.store.sqlite import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault, is_cheap

WALLET = "wallet.db"


async def make(home: Path, config: Config, secret: Secret) -> None:
    """Make a wallet in `home`, with a public DID if it is an org's. Raises Misconfigured; no wallet is overwritten.

    The wallet comes last, and whole: whoever was interrupted before can simply begin again.
    """
    configs.check(config)
    check_free(home)
    items = identity.public(config, unix_now())[1] if config.kind == "org" else ()
    vault = Vault.create(secret, cost(secret))
    configs.write(home, config)
    # failpoint: home.after-config
    Store.create(home / WALLET, vault, partial(fill, items=items)).close()


def fill(tx: Transaction, *, items: tuple[Item, ...]) -> None:
    """What a new wallet holds."""
    apply(tx, Change(peer="", keep=items))


def check_free(home: Path) -> None:
    """Make the folder, if need be. Raises Misconfigured if there is a wallet in it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (home / WALLET).exists():
        raise Misconfigured(f"there is a wallet in {home} already; nothing was changed. Name another: --home DIR")


def cost(secret: Secret) -> Argon2 | None:
    """What a guess at this secret is to cost, measured on this computer. None: as the vault sees fit."""
    return calibrated() if isinstance(secret, str) and not is_cheap() else None


async def open_agent(home: Path, secret: Secret, transport: Transport | None = None) -> Agent:
    """The agent of a folder, its wallet unlocked. Raises Misconfigured, Locked, or what opening the store raises."""
    config = configs.read(home)
    store = open_store(home)
    try:
        await store.unlock(secret)
    except BaseException:
        store.close()
        raise
    watch = Watch()
    transport = transport or Carrier(development=config.development, watch=watch)
    return assemble(config, store, transport, watch)


def open_store(home: Path) -> Store:
    """The wallet of a folder, still locked. Raises what `Store.open` raises."""
    return Store.open(home / WALLET)


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
