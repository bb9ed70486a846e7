"""A mediator's clients and the DIDs they are reached by."""

from functools import partial

import pytest

from wallet import keys
from wallet.dids import key as did_key
from wallet.keys import Curve
from wallet.store import mediation
from wallet.store.change import Item
from wallet.store.keys import key_item
from wallet.store.mediation import GRANTED, MOST_GRANTS, Account
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction

ANN, BOB = "did:peer:4zAnn", "did:peer:4zBob"
DID = "did:example:1"
LONG, SHORT = "did:peer:4zHash:zDocument", "did:peer:4zHash"


def granted(peer: str) -> Item:
    key = keys.create(Curve.X25519)
    did = did_key.create(key.public)
    return key_item(f"{did}#{did.removeprefix('did:key:')}", key, peer=peer, tag=GRANTED)


async def enrol(store: Store, peer: str) -> Item:
    """Open an account; returns the key that was granted."""
    key = granted(peer)
    assert await store.write(partial(mediation.grant, peer=peer, key=key, now=7))
    return key


async def register(store: Store, peer: str, did: str) -> str:
    return await store.write(partial(mediation.register, peer=peer, did=did))


async def unregister(store: Store, peer: str, did: str) -> str:
    return await store.write(partial(mediation.unregister, peer=peer, did=did))


def account_of(store: Store, did: str) -> str | None:
    return store.read(partial(mediation.account_of, did=did))


async def test_the_first_grant_opens_an_account_and_others_add_keys(store: Store) -> None:
    keys = [await enrol(store, ANN) for _ in range(3)]

    assert store.read(mediation.accounts) == (Account(ANN, False, 7),)
    assert all(store.key(each.id) for each in keys)
    store.verify_inventory()


async def test_no_account_gets_more_keys_than_the_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_GRANTS == 1000
    monkeypatch.setattr(mediation, "MOST_GRANTS", 2)
    await enrol(store, ANN)
    await enrol(store, ANN)

    assert not await store.write(partial(mediation.grant, peer=ANN, key=granted(ANN), now=7))
    await enrol(store, BOB)


async def test_a_did_leads_to_who_registered_it_in_either_spelling(store: Store) -> None:
    await enrol(store, ANN)

    assert await register(store, ANN, LONG) == "success"

    assert account_of(store, LONG) == account_of(store, SHORT) == ANN
    assert await register(store, ANN, SHORT) == "no_change"
    assert await unregister(store, ANN, SHORT) == "success"
    assert await unregister(store, ANN, LONG) == "no_change"
    assert account_of(store, LONG) is None


async def test_a_did_is_one_accounts_at_a_time(store: Store) -> None:
    await enrol(store, ANN)
    await enrol(store, BOB)
    await register(store, ANN, DID)

    assert await register(store, BOB, DID) == "client_error"
    assert await unregister(store, BOB, DID) == "no_change"
    assert account_of(store, DID) == ANN

    await unregister(store, ANN, DID)
    assert await register(store, BOB, DID) == "success"


async def test_without_an_account_nothing_is_registered(store: Store) -> None:
    assert await register(store, ANN, DID) == "client_error"
    assert account_of(store, DID) is None


async def test_what_is_registered_is_listed_in_pages_that_miss_nothing(store: Store) -> None:
    await enrol(store, ANN)
    await enrol(store, BOB)
    mine = {f"did:example:{number}" for number in range(25)}
    for did in sorted(mine):
        await register(store, ANN, did)
    await register(store, BOB, "did:example:bob")

    listed = partial(mediation.registered, peer=ANN, limit=10)
    pages = [store.read(partial(listed, offset=offset)) for offset in (0, 10, 20, 30)]

    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert {did for page in pages for did in page} == mine
    assert store.read(partial(mediation.routes_of, peer=ANN)) == 25


async def test_a_closed_account_has_no_routes_and_no_keys_and_gets_none(store: Store) -> None:
    key = await enrol(store, ANN)
    await enrol(store, BOB)
    await register(store, ANN, DID)

    assert await store.write(partial(mediation.close, peer=ANN))

    assert account_of(store, DID) is None
    assert store.key(key.id) is None
    assert store.read(partial(mediation.account, peer=ANN)) == Account(ANN, True, 7)
    assert not await store.write(partial(mediation.grant, peer=ANN, key=granted(ANN), now=9))
    assert await register(store, ANN, DID) == "client_error"
    assert not await store.write(partial(mediation.close, peer=ANN))
    assert not await store.write(partial(mediation.close, peer="did:example:nobody"))
    assert await register(store, BOB, DID) == "success"
    assert store.verify() == ()


async def test_neither_a_client_nor_its_dids_stand_in_the_file(file_store: FileStore) -> None:
    def fill(tx: Transaction) -> None:
        mediation.grant(tx, peer="did:example:canary", key=granted("did:example:canary"), now=1)
        mediation.register(tx, peer="did:example:canary", did="did:example:canary-recipient")

    await file_store.write(fill)

    for each in file_store.path.parent.iterdir():
        assert b"canary" not in each.read_bytes()
