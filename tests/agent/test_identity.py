"""Who we are to whom: what an org publishes is found where its DID says."""

from pathlib import Path

import pytest

from agent import identity
from agent.config import Config
from tests.agent.world import START, World
from wallet.dids import web
from wallet.slots import CHEAP
from wallet.store.change import Change
from wallet.store.sqlite import FileStore
from wallet.vault import Vault


@pytest.mark.parametrize("path", ["", "/didcomm", "/a/b/"])
async def test_an_orgs_did_document_is_where_its_did_says(world: World, tmp_path: Path, path: str) -> None:
    config = Config(kind="org", name="Shop", url=f"http://127.0.0.1:9700{path}", development=True)
    store = FileStore.create(tmp_path / "shop.db", Vault.create("a passphrase for tests", CHEAP))
    me, items = identity.public(config, START)
    await store.apply(Change(peer="", keep=items))

    published = identity.documents(world.put(config, store))

    assert web.location(me.did, development=True).removeprefix("http://127.0.0.1:9700") in published
