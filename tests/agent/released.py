"""Wallets as every release left them, with what they meant. `scripts/make_fixture` makes them with its wheel."""

import json
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from agent.agent import Agent
from agent.config import Config
from agent.web import api
from tests.agent.world import PASSPHRASE, World
from wallet.records import BlindingKey
from wallet.slots import Secret
from wallet.store import exporting
from wallet.store.snapshot import snapshot
from wallet.store.sqlite import FileStore
from wallet.store.store import Store

FIXTURES = Path(__file__).parents[1] / "fixtures"
SECRETS: dict[str, Secret] = {"her": PASSPHRASE, "library": bytes(range(32))}
VIEWS = ("peers", "threads", "credentials", "questions", "terms")
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Released:
    """One release. dump: `time`, and for each agent its `config`, its `lines` (as an export has them) and `views`."""

    folder: Path

    @property
    def dump(self) -> Json:
        """What the wallets meant when they were made."""
        parsed: Json = json.loads((self.folder / "dump.json").read_text())
        return parsed

    def unpack(self, name: str, folder: Path) -> Path:
        """A wallet in a folder of its own."""
        folder.mkdir(mode=0o700)
        path = folder / "wallet.db"
        path.touch(0o600)
        path.write_bytes(lzma.decompress((self.folder / f"{name}.db.xz").read_bytes()))
        return path


RELEASES = tuple(Released(folder) for folder in sorted(FIXTURES.iterdir()) if folder.is_dir())


async def opened(world: World, released: Released, name: str) -> Agent:
    """One of its agents, run by the code of today."""
    store = FileStore.open(released.unpack(name, world.folder / f"{name} of {released.folder.name}"))
    await store.unlock(SECRETS[name])
    dump = released.dump
    world.time = dump["time"]
    return world.put(msgspec.convert(dump["agents"][name]["config"], Config), store)


def lines(store: Store) -> list[Json]:
    """What an export of a wallet says, without the keys it blinds with, in an order that does not depend on them."""
    with snapshot(store.path, store.vault) as tx:
        found = [msgspec.json.encode(line) for line in exporting.records(tx) if not isinstance(line, BlindingKey)]
    return sorted(map(json.loads, found), key=lambda line: json.dumps(line, sort_keys=True))


async def views(agent: Agent) -> Json:
    """What its owner sees, list by list."""
    found: Json = {}
    for view in VIEWS:
        status, said = await api.answer(agent, "GET", f"/v1/{view}")
        assert status == 200, said
        found[view] = json.loads(json.dumps(said, default=str))
    return found


def says(now: object, then: object) -> bool:
    """Whether what is seen now says all that was seen then: it may say more, and a later program knows more texts."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(
            key in now and (says(now[key], value) or (key == "known" and holds(now[key], value)))
            for key, value in then.items()
        )
    if isinstance(then, list) and isinstance(now, list):
        return len(now) == len(then) and holds(now, then)
    return now == then


def holds(now: list[object], then: list[object]) -> bool:
    """Whether everything that was listed then is listed now."""
    return all(any(says(each, value) for each in now) for value in then)
