"""A rehearsal of a request: a stand-in of ours asks it of a demo person, by the very protocol and before nobody else.

Both are whole agents with wallets of their own, made for this in a temporary folder, on a network in memory; what they
say to each other is heard nowhere, and nothing of it stays. The stand-in has our name and domain and keys that are not
ours; it issues the demo person the card she is then asked to show, with values that are samples.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from agent import identity, inbox, limits
from agent.agent import Agent
from agent.card_types import CardType
from agent.config import Config
from agent.needs import Needs
from agent.outbox import Outbox
from agent.proof_requests import ProofRequest
from agent.transports.memory import Network
from agent.web import cards, questions, threads
from agent.web import relationships as meeting
from agent.web.cards import Offering, Requesting
from agent.web.questions import Answering
from agent.web.relationships import Accepting, Inviting
from wallet.errors import NotFound, Unresolved
from wallet.keys import Keyring, random_bytes
from wallet.needs import Fetch
from wallet.store.apply import apply
from wallet.store.change import Change, Item
from wallet.store.sqlite import FileStore
from wallet.store.transaction import Transaction
from wallet.vault import Vault

DEMO: Final = "demo-person.invalid"
SAMPLES: Final = {"text": "Sample", "day": "1990-01-01", "yes-no": True, "number": 1}


class Rehearsal(msgspec.Struct, frozen=True):
    """What came of it. asked: what the demo person saw; verdict: what we found, None if nothing was shown; said: what
    was said, in order."""

    asked: dict[str, object]
    answered: str
    verdict: dict[str, object] | None
    said: tuple[dict[str, object], ...]


async def rehearse(agent: Agent, request: ProofRequest, kind: CardType | None, refuse: Sequence[str]) -> Rehearsal:
    """Ask it of a demo person. kind: of the card, for its other fields; refuse: what she keeps back, by name."""
    with tempfile.TemporaryDirectory(prefix="freerange-") as folder:
        stage = Stage(agent, Path(folder))
        try:
            return await stage.play(request, samples(request, kind), tuple(refuse))
        finally:
            await stage.close()


def samples(request: ProofRequest, kind: CardType | None) -> dict[str, object]:
    """What stands on the demo person's card."""
    asked: dict[str, object] = {each.name: each.yes or SAMPLES["text"] for each in request.wanted}
    return {each.name: SAMPLES[each.holds] for each in kind.fields} if kind else asked


class Near(Needs):
    """What the stand-in publishes, and nothing else: nobody outside is asked for anything."""

    def __init__(self, host: str, published: dict[str, tuple[str, bytes]]) -> None:
        super().__init__()
        self.host, self.published = host, published

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """One document. Raises Unresolved."""
        place = urlsplit(need.url)
        if place.netloc != self.host or place.path not in self.published:
            raise Unresolved(f"{need.url} could not be had in a rehearsal")
        return self.published[place.path][1]


class Stage:
    """The stand-in, the demo person, and the network between them."""

    def __init__(self, agent: Agent, folder: Path) -> None:
        ours, self.network = agent.config, Network()
        scheme = "http" if ours.development else "https"
        person = Config(kind="person", name="A demo person", url=f"{scheme}://{DEMO}", rate_per_peer=0)
        org = replace(ours, welcomes=True, mediates=False, bridges=(), rate_per_peer=0, rate_per_address=0)
        _, items = identity.public(org, agent.now())
        self.org = self.entered(agent, org, folder / "org.db", items)
        self.her = self.entered(agent, replace(person, development=ours.development), folder / "her.db", ())
        published = identity.documents(self.org)
        self.org.needs = self.her.needs = Near(org.domain, published)

    def entered(self, agent: Agent, config: Config, path: Path, items: tuple[Item, ...]) -> Agent:
        """One of the two, by our clock."""
        store = FileStore.create(path, Vault.create(random_bytes(32)), partial(fill, items=items))
        made = Agent(
            config=config,
            store=store,
            keys=Keyring(load=store.key),
            needs=Needs(),
            transport=self.network,
            limits=limits.of(config),
        )
        made.now, made.outbox = agent.now, Outbox(made)
        made.receive = partial(inbox.receive, made)
        self.network.listen(config.url, made.receive)
        return made

    async def settle(self) -> None:
        """Let everything arrive, and what it causes."""
        while True:
            for each in (self.org, self.her):
                await each.outbox.quiet()
            if await self.network.deliver() == 0:
                return

    async def close(self) -> None:
        """Take everything away."""
        for each in (self.org, self.her):
            await each.outbox.quiet()
            each.keys.forget()
            each.quarantine.close()
            each.store.close()

    async def play(self, request: ProofRequest, claims: dict[str, object], refuse: tuple[str, ...]) -> Rehearsal:
        """The whole story: they meet, she gets a card, she is asked, she answers, we check."""
        invited = await meeting.invite(self.org, Inviting())
        await meeting.accept(self.her, Accepting(url=msgspec.convert(invited, dict[str, Any])["url"]))
        await self.settle()
        [row] = self.org.store.peers()
        await cards.offer(self.org, Offering(row.peer, request.type, request.card, claims))
        await self.settle()
        await self.answers(())
        me = identity.own(self.org)
        issuers = (me.did,) if me else ()
        asked = await cards.request(self.org, Requesting(row.peer, request.purpose, issuers, query={**request.query}))
        thid = str(msgspec.convert(asked, dict[str, Any])["thread"])
        await self.settle()
        seen = msgspec.convert(await questions.questions(self.her), list[dict[str, object]])[0]
        word = await self.answers(refuse)
        return Rehearsal(seen, word, await self.found(thid), await self.said(thid))

    async def answers(self, refuse: tuple[str, ...]) -> str:
        """What she says to what waits for her: yes, if there is a yes. Returns what she said."""
        [(_, question)] = self.her.store.questions()
        found = msgspec.convert(await questions.question(self.her, question.id), dict[str, Any])
        word: Literal["yes", "no"] = "yes" if "yes" in found["choices"] else "no"
        await questions.answer(self.her, question.id, Answering(word, refuse if word == "yes" else ()))
        await self.settle()
        return word

    async def found(self, thid: str) -> dict[str, object] | None:
        """What we found of what she showed."""
        try:
            return msgspec.convert(await cards.verdict(self.org, thid), dict[str, object])
        except NotFound:
            return None

    async def said(self, thid: str) -> tuple[dict[str, object], ...]:
        """What was said, in order."""
        log = msgspec.convert(await threads.log(self.org, thid), dict[str, Any])["log"]
        return tuple({"ours": each["ours"], "says": each["says"], "at": each["at"]} for each in log)


def fill(tx: Transaction, *, items: tuple[Item, ...]) -> None:
    """What a wallet holds from the start."""
    apply(tx, Change(peer="", keep=items))
