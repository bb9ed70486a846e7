"""Keys, passphrases, what was said, what is personal: in no log, error, problem report, metric or event subject.

A vendor and a person go through a relationship with a word of their own in every place where words can stand; then
everything that is for operators is searched for each of them. Source: vrm-protocols, section 7, line 14.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from agent import contact
from agent import events as feed
from agent.agent import Agent
from agent.draft import Line
from agent.web import api, metrics
from agent.web.readiness import Finding
from tests.agent.customer import Customer
from tests.agent.test_logs import lines
from tests.agent.world import PASSPHRASE, World, known, peer_of, public_did
from wallet.encoding import b58, b64u
from wallet.keys import secret_of
from wallet.store import events as rows
from wallet.strict_json import JsonObject

__all__ = ["lines"]

VALUES = {
    "address": "17 Canary Lane",
    "message": "the canary sings at noon",
    "notice": "the canary moves house",
    "question": "who let the canary out",
    "position": "the canary was well",
    "body": "canary-in-a-broken-body",
    "purpose": "canary-purpose",
    "error": "canary-in-a-refused-command",
}


async def story(world: World) -> tuple[Agent, Agent, list[object]]:
    """All of it, and what the owners' programs were told where something went wrong."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    await contact.edit(her, {"/addresses/home": {"full": VALUES["address"]}})
    line = {"who": "any", "what": "/addresses", "why": "dpv:DeliveryOfGoods"}
    await world.do(her, "/v1/rules", rules={"register": [line]})
    items = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods", "necessary": True}]
    asked = {"items": items, "until": "2027-06-30T00:00:00Z", "effect": VALUES["purpose"], "storage": ["PT"]}
    await world.do(shop, "/v1/consents/ask", peer=called, **asked)
    await world.settle()
    note = {"type": "https://didcomm.org/basicmessage/2.0/message", "body": {"content": VALUES["message"]}}
    await world.do(her, "/v1/threads", peer="Shop", **note)
    await world.do(shop, "/v1/notices", notice={"kind": "service", "text": VALUES["notice"]})
    by = "2027-03-01T00:00:00Z"
    await world.do(her, "/v1/audits/challenge", peer="Shop", question=VALUES["question"], answer_by=by)
    await world.do(her, "/v1/audits/dispute", peer="Shop", text=VALUES["position"])
    await world.settle()
    customer = await Customer.met(world, shop)
    await customer.proffer(shop)
    broken: tuple[JsonObject, ...] = (
        {"digest": VALUES["body"]},
        {"digest": "uEi" + "A" * 43 + "A", VALUES["body"]: VALUES["body"]},
    )
    for order, body in enumerate(broken, 2):
        await customer.repeat(shop, customer.signed(shop, "confirm", body, order))
    world.network.down.add(shop.config.url)
    await world.do(her, "/v1/threads", peer="Shop", **note)
    await world.pass_time(86400)
    failed = [
        await api.answer(
            her, "POST", "/v1/threads", msgspec.json.encode({"peer": "Shop", **note, "body": {"content": 7}})
        ),
        await api.answer(shop, "POST", "/v1/audits/dispute", msgspec.json.encode({"peer": called, "text": 4711})),
        await api.answer(her, "POST", "/v1/terms", msgspec.json.encode({"peer": "Shop", "also": VALUES["error"]})),
    ]
    return shop, her, [customer.reports(), *failed]


def complaints(agent: Agent) -> Iterator[bytes]:
    """Every problem report that stands in a log of this agent, as it was said."""
    for peer in agent.store.peers():
        for _, thread in agent.store.threads(peer.peer):
            for entry in agent.store.log(peer.peer, thread.thid):
                said = bytes(msgspec.json.decode(entry.record, type=Line).message)
                if b"problem-report" in said:
                    yield said


def subjects(agent: Agent) -> Iterator[str]:
    """What an org's own systems are told beside the data of an event: all but `data`."""
    for relationship in known(agent):
        if relationship.local:
            for _, row in agent.store.read(partial(rows.of, subject=relationship.local, place=1, limit=1000)):
                event: dict[str, Any] = msgspec.to_builtins(feed.read(row.record))
                del event["data"]
                yield str(event)


async def test_nothing_for_operators_tells_what_was_said_or_what_is_personal(world: World, lines: list[str]) -> None:
    shop, her, failures = await story(world)

    told = {
        "logs": "\n".join(lines),
        "errors": str(failures),
        "reports": "\n".join(str(each) for agent in (shop, her) for each in complaints(agent)),
        "metrics": "".join(metrics.text(agent, [Finding("store", True, "")]).decode() for agent in (shop, her)),
        "subjects": "\n".join(subjects(shop)),
    }

    assert all(told.values()), {where: len(text) for where, text in told.items()}
    assert "vrm.consent" in told["subjects"]
    for where, text in told.items():
        for what, value in {**VALUES, "passphrase": PASSPHRASE}.items():
            assert value not in text, f"{what} stands in {where}"
        for did in (known(her)[0].our_did, public_did(shop)):
            assert where not in ("logs", "metrics") or did not in text, f"a DID stands in {where}"


def test_the_search_would_find_it(lines: list[str]) -> None:
    """The control: a line that tells something is seen."""
    logging.getLogger("freerange").warning("moved to %s", VALUES["address"])

    assert VALUES["address"] in "\n".join(lines)


@pytest.mark.parametrize("what", ["signing", "agreement"])
async def test_no_private_key_leaves_its_wallet_in_words(world: World, lines: list[str], what: str) -> None:
    shop, her, failures = await story(world)
    number = {"signing": 1, "agreement": 2}[what]
    key = her.store.key(f"{known(her)[0].our_did}#key-{number}")
    assert key is not None

    secret = secret_of(key)
    everything = "\n".join(lines) + str(failures)

    assert not any(form in everything for form in (secret.hex(), b64u(secret), b58(secret), repr(secret)[2:-1]))
    assert peer_of(shop, known(her)[0].our_did)
