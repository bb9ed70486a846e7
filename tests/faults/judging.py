"""What a wallet must hold, by the ledger of those who wrote to it. Read while no agent has it.

Three judgements, in words for whoever reads a failed test: what is lost (P1), what happened twice (P2), and where state
and messages are not of one piece (P3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from agent import conversation as conversations
from agent import relationship as relationships
from agent.conversation import Conversation
from agent.didcomm import plaintext
from agent.didcomm.plaintext import Plaintext
from agent.draft import Line
from tests.agent.puppet import EMPTY
from tests.faults.correspondent import Sent
from tests.faults.load import Load
from wallet.store import outbox, quarantine
from wallet.store.change import Thread
from wallet.store.store import Store

ANSWERED: Final = {"ping": ["ping-response"], "proffer": ["accept"], "hello": ["welcome"], "message": []}
AFTER: Final = {
    ("ping",): "done",
    ("hello",): "met",
    ("proffer",): "accepted",
    ("proffer", "confirm"): "in-force",
}


@dataclass
class Verdict:
    """What is wrong; all three are empty when all is well."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        """Add what somebody else found."""
        self.lost += other.lost
        self.twice += other.twice
        self.halves += other.halves


@dataclass(frozen=True)
class Kept:
    """One thread as the wallet has it. said, heard: its messages by id, ours and theirs; waiting: ids of ours that are
    on their way or given up; refused: what we complained of."""

    conversation: Conversation
    said: dict[str, Plaintext]
    heard: dict[str, Plaintext]
    waiting: frozenset[str]
    refused: tuple[str, ...]


def judge(store: Store, load: Load, thids: Iterable[str]) -> Verdict:
    """Compare the wallet with the ledger, for these threads. What is in quarantine is kept, and has no effect yet."""
    verdict, by_thread, queued = Verdict(), dict[str, list[Sent]](), on_their_way(store)
    apart = {row.id for row in store.read(quarantine.rows)}
    for message in load.accepted():
        by_thread.setdefault(message.thid, []).append(message)
    for thid in thids:
        kept = {peer: read(store, peer, row, queued) for peer, row in store.threads_with_thid(thid)}
        for sent in by_thread.get(thid, ()):
            if sent.id not in apart:
                judge_one(sent, kept.get(sent.who.peer), verdict)
        for thread in kept.values():
            judge_thread(thread, load.heard.get(thid, {}), verdict)
    return verdict


def judge_all(store: Store, load: Load) -> Verdict:
    """Compare all of the wallet with the ledger, and with itself."""
    verdict = judge(store, load, {*load.heard, *(each.thid for each in load.accepted())})
    verdict.add(judge_chains(store))
    verdict.halves += [*queued_without_line(store), *store.verify()]
    return verdict


def on_their_way(store: Store) -> dict[tuple[str, str], set[str]]:
    """Ids of what is queued or given up, by peer and thread; bare acknowledgements are left out."""
    found: dict[tuple[str, str], set[str]] = {}
    for peer, row in store.read(outbox.waiting):
        found.setdefault((peer, row.thid), set()).add(row.id)
    for letter in store.read(outbox.dead_letters):
        found.setdefault((letter.peer, letter.message.thid), set()).add(letter.message.id)
    return found


def read(store: Store, peer: str, row: Thread, queued: dict[tuple[str, str], set[str]]) -> Kept:
    """A thread with its log."""
    said: dict[str, Plaintext] = {}
    heard: dict[str, Plaintext] = {}
    refused: list[str] = []
    for entry in store.log(peer, row.thid):
        line = msgspec.json.decode(entry.record, type=Line)
        (said if entry.ours else heard)[entry.id] = plaintext.read(bytes(line.message))
        refused += [line.refused] if line.refused else []
    waiting = frozenset(queued.get((peer, row.thid), ()))
    return Kept(conversations.read(row), said, heard, waiting, tuple(refused))


def judge_one(sent: Sent, kept: Kept | None, verdict: Verdict) -> None:
    """One message that was answered 202 (P1)."""
    if kept is None:
        verdict.lost.append(f"{sent.name} {sent.id}: accepted, and its thread is not there")
    elif sent.name == "ack":
        verdict.lost += [f"acknowledgement of {id}: accepted, and it is to be sent again" for id in sent.acks
                         if id in kept.waiting]  # fmt: skip
    elif sent.id not in kept.heard and not any(sent.id in packed for _, packed in kept.conversation.early):
        verdict.lost.append(f"{sent.name} {sent.id}: accepted, and nowhere to be found")


def judge_thread(kept: Kept, arrived: dict[str, Plaintext], verdict: Verdict) -> None:
    """One thread: what was heard had its effect, once, and what was said is on its way or has arrived (P2, P3)."""
    talk, where = kept.conversation, f"thread {kept.conversation.thread.thid}"
    names = tuple(map(name_of, kept.heard.values()))
    expected = [answer for name in names for answer in ANSWERED.get(name, ())]
    found = [name_of(message) for message in kept.said.values()]
    for name in set(expected) | set(found):
        if found.count(name) < expected.count(name):
            verdict.halves.append(f"{where}: {name} was not said in answer to {names}")
        if found.count(name) > expected.count(name):
            verdict.twice.append(f"{where}: {name} was said {found.count(name)} times in answer to {names}")
    if names in AFTER and talk.thread.state != AFTER[names]:
        verdict.halves.append(f"{where}: is {talk.thread.state} after {names}")
    if kept.refused:
        verdict.twice.append(f"{where}: refused {kept.refused}")
    if talk.said != len(kept.said) or (talk.heard and talk.heard != len(kept.heard)):
        verdict.halves.append(
            f"{where}: counts {talk.said}, {talk.heard} with {len(kept.said)}, {len(kept.heard)} kept"
        )
    verdict.halves += [f"{where}: {id} was said, and neither waits nor arrived" for id in kept.said
                       if id not in kept.waiting and id not in arrived]  # fmt: skip
    spoken = {id for id, message in arrived.items() if message.type != EMPTY}
    verdict.halves += [f"{where}: {id} arrived, and nobody remembers saying it" for id in spoken - kept.said.keys()]


def judge_chains(store: Store) -> Verdict:
    """Every relationship: numbers of signed objects without gap or repeat, an agreement for each thread in force."""
    verdict = Verdict()
    for row in store.peers():
        known = relationships.read(row)
        ours = [each.seq for each in store.ledger(known.peer, ours=True)]
        if sorted(ours) != list(range(1, known.ours.seq + 1)):
            verdict.twice.append(f"our chain is numbered {sorted(ours)}, and should end at {known.ours.seq}")
        in_force = sum(conversations.read(each).thread.state == "in-force" for _, each in store.threads(known.peer))
        if len(known.agreements) != in_force:
            verdict.halves.append(f"{len(known.agreements)} agreements for {in_force} threads in force")
    return verdict


def queued_without_line(store: Store) -> Iterator[str]:
    """Messages on their way that stand in no log, but for bare acknowledgements."""
    for (peer, thid), ids in on_their_way(store).items():
        said = {entry.id for entry in store.log(peer, thid) if entry.ours}
        row = store.thread(peer, thid)
        bare = conversations.read(row).ack if row else ""
        yield from (f"thread {thid}: {id} is on its way, and was not said" for id in ids - said - {bare})


def name_of(message: Plaintext) -> str:
    """The last part of a message's type."""
    return message.type.rpartition("/")[2]
