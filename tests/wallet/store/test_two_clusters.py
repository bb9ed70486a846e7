"""One wallet whose relationships lie in two PostgreSQL clusters: whoever asks says by the peer's blind name which one
is meant, as docs/capacity.md describes. Nothing that is done with a relationship needs the other cluster.

The map is in here, as it would be in an agent's workers. What an agent lacks for it is said there, too.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.postgresql import Server, end
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Heard, Item, Outcome, Outgoing, Peer, SignedRow, Thread, Timer
from wallet.store.postgresql import ServerStore
from wallet.vault import Vault

KEY = bytes(32)
SLOTS = 65_536
PEERS = tuple(f"did:peer:4zPeer{number}" for number in range(48))


@dataclass(frozen=True)
class Shards:
    """The same wallet in several clusters. map: for each slot, in which one its relationships lie."""

    stores: tuple[ServerStore, ...]
    map: tuple[int, ...]

    def number(self, peer: str) -> int:
        """Which cluster a relationship lies in: the first two bytes of its blind name are its slot."""
        return self.map[int.from_bytes(bytes.fromhex(self.stores[0].called(peer))[:2], "big")]

    def of(self, peer: str) -> ServerStore:
        """The store of a relationship."""
        return self.stores[self.number(peer)]

    def share(self, number: int) -> tuple[str, ...]:
        """Those of PEERS that lie in one cluster."""
        return tuple(peer for peer in PEERS if self.number(peer) == number)


@pytest.fixture
async def shards(may_wait: None, database: str, own_postgresql: Server) -> AsyncIterator[Shards]:
    """Two clusters, half of the slots in each; the second may be stopped."""
    vault = Vault.create(KEY)
    made = tuple(stores.create(url, "shop", vault) for url in (database, own_postgresql.database()))
    yield Shards(made, tuple(slot * 2 // SLOTS for slot in range(SLOTS)))
    for store in made:
        store.close()


def talk(peer: str, number: int) -> Change:
    """A message that is heard, kept and answered."""
    return Change(
        peer,
        heard=Heard(f"m{number}", b"digest", 99),
        threads=(Thread("t1", number, True, b"%d" % number),),
        log=(Entry("t1", f"m{number}", False, 1, b"theirs"), Entry("t1", f"a{number}", True, 1, b"ours")),
        timers=(Timer("t1", "lapse", number),),
        send=(Outgoing(f"a{number}", "t1", 1, 9, b"answer"),),
        signed=(SignedRow(f"d{number}", f"o{number}", True, number + 1, "t1", 1, b"signed"),),
        keep=(Item("note", f"{peer} {number}", b"note", peer),),
    )


async def meet(shards: Shards) -> None:
    """Meet everybody, all at a time."""
    met = (Change(peer, relationship=Peer(peer, 0, (peer,), b"peer")) for peer in PEERS)
    assert set(await asyncio.gather(*(shards.of(each.peer).apply(each) for each in met))) == {Outcome.APPLIED}


async def say(shards: Shards, peers: tuple[str, ...], number: int) -> list[Outcome | BaseException]:
    """One more message with each of these."""
    changes = (talk(peer, number) for peer in peers)
    return await asyncio.gather(*(shards.of(each.peer).apply(each) for each in changes), return_exceptions=True)


async def test_each_relationship_lies_whole_in_its_own_cluster(shards: Shards) -> None:
    await meet(shards)
    for number in range(3):
        assert set(await say(shards, PEERS, number)) == {Outcome.APPLIED}
    assert set(await say(shards, PEERS, 2)) == {Outcome.DUPLICATE}

    assert min(len(shards.share(0)), len(shards.share(1))) > len(PEERS) // 8
    for number, store in enumerate(shards.stores):
        assert sorted(row.peer for row in store.peers()) == sorted(shards.share(number))
        assert sorted(store.due_peers(9)) == sorted(shards.share(number))
        assert {peer for peer, _ in store.threads()} == set(shards.share(number))
        assert store.verify() == ()
    for peer in PEERS:
        own, other = shards.of(peer), shards.stores[1 - shards.number(peer)]
        assert [entry.id for entry in own.log(peer, "t1")] == ["m0", "a0", "m1", "a1", "m2", "a2"]
        assert [row.id for _, row in own.due_outgoing(peer, 9)] == ["a0", "a1", "a2"]
        assert [row.digest for row in own.ledger(peer)] == ["d0", "d1", "d2"]
        assert own.count_items("note", peer=peer) == 3
        assert (other.peer(peer), other.thread(peer, "t1")) == (None, None)
        assert (*other.log(peer, "t1"), *other.ledger(peer), *other.due_outgoing(peer, 9)) == ()


async def test_while_one_cluster_is_down_the_relationships_in_the_other_go_on(
    shards: Shards, own_postgresql: Server
) -> None:
    await meet(shards)
    assert set(await say(shards, PEERS, 0)) == {Outcome.APPLIED}
    well, ill = shards.share(0), shards.share(1)

    own_postgresql.kill()
    end(own_postgresql.data)
    meanwhile = await say(shards, PEERS, 1)
    told = dict(zip(PEERS, meanwhile, strict=True))
    own_postgresql.start()
    afterwards = await say(shards, ill, 1)

    assert {told[peer] for peer in well} == {Outcome.APPLIED}
    assert {type(told[peer]) for peer in ill} == {OSError}
    assert set(afterwards) == {Outcome.APPLIED}
    for peer in PEERS:
        assert [entry.id for entry in shards.of(peer).log(peer, "t1")] == ["m0", "a0", "m1", "a1"]
        assert shards.of(peer).thread(peer, "t1") == Thread("t1", 2, True, b"1")
    assert [store.verify() for store in shards.stores] == [(), ()]


async def test_a_relationship_that_is_sought_in_the_wrong_cluster_is_not_found(shards: Shards) -> None:
    """The control: it is the map by which it is found."""
    await meet(shards)
    turned = Shards(shards.stores, tuple(1 - each for each in shards.map))

    assert [peer for peer in PEERS if turned.of(peer).peer(peer) is not None] == []
    assert [peer for peer in PEERS if shards.of(peer).peer(peer) is None] == []
