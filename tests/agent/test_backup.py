"""A wallet is lost, and made again from its back-up: everything it knew goes on. Source: security 5.8, P15, SR-15."""

import asyncio
import random
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent import backup, copies, examining, restoring
from agent.agent import Agent
from agent.errors import Misconfigured
from agent.relationship import Relationship
from tests.agent.customer import Customer
from tests.agent.world import World, ledger, state, the_only, threads
from tests.promises import FILE, STORES, Promise
from wallet import age, keys
from wallet import backup as wallet_backup
from wallet.backup import Manifest
from wallet.errors import Locked
from wallet.records import BlindingKey, Record, Thread
from wallet.slots import Secret
from wallet.store import file
from wallet.store.file_transaction import FileTransaction
from wallet.store.sqlite import FileStore

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))
IDENTITY = age.identity(KEY)
NEW = "another passphrase for tests"
TEXT = "https://didcomm.org/basicmessage/2.0/message"


def back_up(agent: Agent, file: Path, *, recipient: str | None = age.recipient(IDENTITY)) -> Path:
    """A back-up of an agent."""
    store = agent.store
    backup.create(store.snapshot, agent.config, target=file, recipient=recipient, now=agent.now())
    return file


async def lose(world: World, agent: Agent) -> None:
    """The machine is gone."""
    await agent.outbox.quiet()
    agent.store.close()
    del world.agents[agent.config.name]
    shutil.rmtree(agent.store.path.parent)


async def restored(world: World, agent: Agent, file: Path, secret: Secret = NEW) -> Agent:
    """The agent again, on a clean host, in its place in the world."""
    folder = world.folder / f"{agent.config.name}-again"
    proof = await restoring.restore(folder, file, IDENTITY, secret=secret, slot=age.slot_secret(KEY), now=world.time)
    store = FileStore.open(folder / "wallet.db")
    await store.unlock(secret)
    return world.put(proof.config, store)


async def met(world: World) -> tuple[Agent, Agent]:
    """She and a library, who have agreed; she has a card."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    await world.do(library, "/v1/offers", peer=called, type="urn:card", name="Card", claims={"member": True})
    await world.settle()
    await world.answer(her)
    await world.pass_time(60)
    return her, library


async def shown(world: World, agent: Agent) -> list[str]:
    """What an owner sees of her threads and cards, in an order of its own."""
    listed = [*await world.listed(agent, "/v1/threads"), *await world.listed(agent, "/v1/credentials")]
    return sorted(map(str, listed))


async def test_the_same_relationships_go_on(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    file = back_up(her, tmp_path / "her.age")
    before = await shown(world, her)
    await lose(world, her)

    her = await restored(world, her, file)

    assert await shown(world, her) == before
    assert her.store.verify() == ()
    thid = await world.agree(her, library)
    assert state(her, thid) == state(library, thid) == "in-force"
    assert len(the_only(library).agreements) == 2
    assert ledger(her, the_only(her).peer) == ledger(library, the_only(library).peer)
    await world.do(her, "/v1/pings", peer="Town Library")
    await world.settle()
    await world.pass_time(100)
    assert her.store.counts()["outgoing"] == library.store.counts()["outgoing"] == 0


async def test_what_was_said_to_her_meanwhile_arrives(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    file = back_up(her, tmp_path / "her.age")
    await lose(world, her)
    world.network.down.add(her.config.url)
    begun = await world.do(library, "/v1/threads", peer=the_only(library).called, type=TEXT, body={"content": "Hello"})
    await world.pass_time(7200)
    world.network.down.clear()

    her = await restored(world, her, file)
    await world.pass_time(2 * 3600)

    assert "Hello" in str(await world.ask(her, "GET", f"/v1/threads/{begun['thread']}/log"))
    assert library.store.counts()["outgoing"] == 0


async def test_what_was_said_before_the_back_up_and_not_delivered_goes_out(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    world.network.down.add(library.config.url)
    begun = await world.do(her, "/v1/threads", peer="Town Library", type=TEXT, body={"content": "Good morning"})
    await world.settle()
    file = back_up(her, tmp_path / "her.age")
    await lose(world, her)
    world.network.down.clear()

    her = await restored(world, her, file)
    await world.pass_time(3600)

    assert "Good morning" in str(await world.ask(library, "GET", f"/v1/threads/{begun['thread']}/log"))


async def test_whatever_reached_her_before_is_known_when_it_comes_again(world: World, tmp_path: Path) -> None:
    her, _ = await met(world)
    before = [packed for url, packed in world.network.carried if url == her.config.url]
    file = back_up(her, tmp_path / "her.age")
    await lose(world, her)
    her = await restored(world, her, file)
    counts, said = her.store.counts(), [each.thread for each in threads(her).values()]

    for packed in before:
        await world.network.send(her.config.url, packed)
    await world.settle()
    await world.pass_time(100)

    assert len(before) >= 4
    assert [each.thread for each in threads(her).values()] == said
    assert {**her.store.counts(), "outgoing": 0} == {**counts, "outgoing": 0}


async def test_an_org_goes_on_with_its_did_and_its_customers(world: World, tmp_path: Path) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await customer.proffer(library)
    confirm = await customer.pack(library, customer.confirm(library))
    file = back_up(library, tmp_path / "library.age")
    await lose(world, library)

    library = await restored(world, library, file)
    await world.network.send(library.config.url, confirm)
    await world.settle()

    assert state(library, customer.thid) == "in-force"


# -- two copies, and an old one -----------------------------------------------------------------------------------


async def test_a_copy_restored_from_an_older_back_up_does_not_use_a_number_twice(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    file = back_up(her, tmp_path / "her.age")
    await world.agree(her, library)  # after the back-up: signed, and lost
    await lose(world, her)

    her = await restored(world, her, file)
    thid = await world.agree(her, library)

    assert state(her, thid) == state(library, thid) == "in-force"
    assert the_only(her).ours.seq > restoring.SKIPPED


async def test_without_leaving_numbers_out_it_would_be_found_to_contradict_itself(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, library = await met(world)
    file = back_up(her, tmp_path / "her.age")
    await world.agree(her, library)
    await lose(world, her)
    monkeypatch.setattr(restoring, "SKIPPED", 0)

    her = await restored(world, her, file)
    thid = await world.agree(her, library)

    assert state(library, thid) is None


async def test_a_restored_wallet_is_another_copy_and_knows_of_which(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    first = her.store.instance()
    assert first is not None
    world.time += 1000

    once = (await restored(world, her, back_up(her, tmp_path / "once.age"))).store.instance()

    assert once is not None
    assert (once.epoch, once.from_instance, once.restored_at) == (1, first.id, world.time)
    assert once.id != first.id


async def test_an_answer_to_what_this_copy_never_said_is_told_to_its_owner_once(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    await backup.set_up(her.store, recipient=age.recipient(IDENTITY), slot=age.slot_secret(KEY), now=world.time)
    file = back_up(her, tmp_path / "her.age")
    for _ in range(2):
        await world.do(her, "/v1/terms", peer="Town Library")  # after the back-up
    await her.outbox.quiet()
    await lose(world, her)
    world.network.flying = [each for each in world.network.flying if each[0] == library.config.url]

    her = await restored(world, her, file)
    await world.pass_time(7200)

    [sign] = copies.signs(her)
    assert sign.called == "Town Library"
    found = [each for each in await world.listed(her, "/v1/health") if each["check"] == "copies"]
    assert len(found) == 1
    assert "never said" in str(found[0]["detail"])
    assert her.metrics.counts["signs_of_another_copy", ()] == 1


async def test_a_wallet_that_cannot_be_there_twice_suspects_nothing(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    customer.thid = keys.new_id()

    await customer.repeat(library, customer.confirm(library, order=1))
    await world.settle()

    assert copies.signs(library) == ()


# -- words --------------------------------------------------------------------------------------------------------


async def test_the_words_open_the_wallet_itself_and_every_later_back_up(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    to = age.recipient(IDENTITY)

    await backup.set_up(her.store, recipient=to, slot=age.slot_secret(KEY), now=world.time)

    known = backup.recovery(her.store)
    assert known is not None
    assert known.recipient == to
    with pytest.raises(Misconfigured, match="already"):
        await backup.set_up(her.store, recipient=to, slot=bytes(32), now=world.time)
    her.store.close()
    again = FileStore.open(her.store.path)
    with pytest.raises(Locked):
        await again.unlock(bytes(32))
    await again.unlock(age.slot_secret(KEY))
    assert again.vault.opened == backup.SLOT
    again.close()


async def test_the_words_open_the_wallet_that_was_restored_with_them(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    her = await restored(world, her, back_up(her, tmp_path / "her.age"))
    her.store.lock()

    await her.store.unlock(age.slot_secret(KEY))

    assert her.store.verify() == ()


# -- under load ---------------------------------------------------------------------------------------------------


async def traffic(world: World, her: Agent, until: asyncio.Event) -> None:
    """Pings, proffers and messages, as fast as they go."""
    turn = 0
    while not until.is_set():
        turn += 1
        if turn % 5 == 0:
            await world.agree(her, world.agents["Town Library"])
        await world.do(her, "/v1/threads", peer="Town Library", type=TEXT, body={"content": f"number {turn}"})
        await world.do(her, "/v1/pings", peer="Town Library")
        await world.settle()
        await asyncio.sleep(0)


def meaning(file: Path, skipped: int = 0) -> list[bytes]:
    """What a back-up says, without the keys of each copy. skipped: what to add to the numbers of our chains."""
    found: list[bytes] = []

    def take(line: Record) -> None:
        if not isinstance(line, BlindingKey):
            found.append(msgspec.json.encode(restoring.renewed(line) if skipped else line))

    examining.read(file, IDENTITY, take)
    return sorted(found)


def contradictions(agent: Agent) -> list[str]:
    """What could not be, if the back-up were of one moment: a change is there whole, or not at all."""
    found = [*agent.store.verify()]
    for peer in agent.store.peers():
        record = msgspec.json.decode(peer.record, type=Relationship)
        ours = agent.store.ledger(peer.peer, ours=True)
        last = max((row.seq for row in ours), default=0)
        if record.ours.seq - restoring.SKIPPED != last:
            found.append(f"the chain ends at {last} and the relationship says {record.ours.seq}")
        found += [
            f"no record of {each.id}" for each in record.agreements if agent.store.item("record", each.record) is None
        ]
    for thid, conversation in threads(agent).items():
        for said in conversation.thread.said:
            logged = {entry.id for entry in agent.store.log(the_only(agent).peer, thid)}
            if said.id not in logged:
                found.append(f"message {said.id} was said and is not in the log")
    return found


async def test_a_back_up_that_is_not_of_one_moment_is_found_out(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    lines: list[Record] = []
    for line in backup.everything(
        FileTransaction(file.connect(her.store.path, writes=False), her.store.vault), her.config
    ):
        if isinstance(line, Thread) and not any(isinstance(each, Thread) for each in lines):
            await world.agree(her, library)
        lines.append(line)
    manifest = Manifest(format=1, program="one that reads without a snapshot", made_at=0, records=len(lines))
    target = tmp_path / "her.jsonl"
    target.write_bytes(b"".join(wallet_backup.lines(manifest, lines)))

    again = await restored(world, her, target)

    assert contradictions(again) != []
    world.put(her.config, her.store)
    again.store.close()


@pytest.mark.parametrize(
    ("world", "backups"),
    [(FILE, 3), *(pytest.param(store, 20, marks=pytest.mark.full) for store in STORES)],
    indirect=["world"],
)
async def test_a_back_up_at_any_moment_under_load_restores_to_one_moment(
    world: World, tmp_path: Path, backups: int, promise: Promise
) -> None:
    her, _ = await met(world)
    source, over, store = random.Random(backups), asyncio.Event(), her.store
    load = asyncio.create_task(traffic(world, her, over))
    to, files = age.recipient(IDENTITY), []
    for number in range(backups):
        await asyncio.sleep(source.random() * 0.2)
        file = tmp_path / f"{number}.age"
        create = lambda file=file: backup.create(  # noqa: E731 - so that the thread has its own
            store.snapshot, her.config, target=file, recipient=to, now=world.time
        )
        before = store.counts()["log"]
        await asyncio.to_thread(create)
        files.append(file)
        async with asyncio.timeout(60):
            while store.counts()["log"] == before:  # noqa: ASYNC110 - until more has been said
                await asyncio.sleep(0.01)
    over.set()
    await load

    sizes = []
    for file in files:
        proof = examining.prove(file, IDENTITY)
        assert (proof.unfit, proof.missing) == ([], 0)
        again = await restored(world, her, file)
        assert contradictions(again) == []
        copy = back_up(again, tmp_path / "copy.age")
        assert meaning(copy) == meaning(file, restoring.SKIPPED)
        sizes.append(proof.counts.total())
        again.store.close()
        shutil.rmtree(again.store.path.parent)
        copy.unlink()
    world.put(her.config, store)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    promise(
        "P15",
        what="back-ups at random moments under load",
        size=backups,
        result="all restored to one moment, and proved",
        control="a back-up read without a snapshot is found to contradict itself",
        store=world.kind,
    )


@pytest.mark.parametrize("records", [20_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_memory_does_not_grow_with_the_wallet(records: int) -> None:
    command = (sys.executable, "-m", "tests.agent.large", str(records))

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    before, after, found = map(int, done.stdout.split())
    assert found > records
    assert after - before < 24, f"{before} MiB before, {after} MiB after"
