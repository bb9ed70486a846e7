"""What scripts/make_fixture runs with the wheel: makes the wallets, and writes down what they mean."""

import asyncio
import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

import wallet
from agent.agent import Agent
from tests.agent import world as worlds
from tests.agent.released import SECRETS, lines, views
from tests.agent.rich import rich
from tests.agent.world import World
from wallet.slots import SERVER, Argon2, Secret
from wallet.vault import Vault


class Opened(Vault):
    """A vault that opens as fixtures do: the first one made with a key file, the second with a passphrase that costs
    what a release asks for."""

    made = 0

    @classmethod
    def create(cls, secret: Secret, kdf: Argon2 | None = None) -> Vault:
        """A new vault; the test's own cheap cost is refused by a release."""
        cls.made += 1
        return Vault.create(SECRETS["library" if cls.made == 1 else "her"], SERVER)


async def make(target: Path) -> None:
    """Write the fixture."""
    worlds.Vault = Opened  # type: ignore[attr-defined]  # what the world makes its wallets with, imported there
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(scratch))
        her, library = await rich(world)
        found = {"her": await told(her), "library": await told(library)}
        await world.close()
        write(target, {"her": her.store.path, "library": library.store.path}, readable(world.time, found))


def write(target: Path, wallets: dict[str, Path], dump: str) -> None:
    """Leave the files of a fixture."""
    target.mkdir(parents=True)
    for name, path in wallets.items():
        (target / f"{name}.db.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))
    (target / "dump.json").write_text(dump)


async def told(agent: Agent) -> dict[str, Any]:
    """What a wallet means."""
    assert agent.store.verify() == ()
    config = json.loads(msgspec.json.encode(agent.config))
    return {"config": config, "views": await views(agent), "lines": lines(agent.store)}


def readable(time: int, agents: dict[str, dict[str, Any]]) -> str:
    """The dump as JSON, a record a line."""

    def text(value: object) -> str:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)

    parts = []
    for name, told in agents.items():
        seen = ",\n".join(f"    {text(view)}: {text(said)}" for view, said in told["views"].items())
        said = ",\n".join(f"    {text(line)}" for line in told["lines"])
        parts.append(
            f'  "{name}": {{\n   "config": {text(told["config"])},\n   "views": {{\n{seen}\n   }},'
            f'\n   "lines": [\n{said}\n   ]\n  }}'
        )
    inside = ",\n".join(parts)
    return f'{{\n "time": {time},\n "agents": {{\n{inside}\n }}\n}}\n'


if __name__ == "__main__":
    if (Path(wallet.__file__).parents[1] / "pyproject.toml").exists():
        sys.exit("this is to be run with the wheel: scripts/make_fixture")
    asyncio.run(make(Path(sys.argv[1])))
