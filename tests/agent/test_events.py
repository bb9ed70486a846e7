"""What an org's own systems hear: in the change that brings it about, as CloudEvents, values with their Labels."""

import re
from functools import partial
from typing import Any

import pytest

from agent import events, owner
from agent import relationship as relationships
from agent.agent import Agent
from agent.draft import Draft
from agent.events import CloudEvent
from protocols.vrm.consent_words import Disclose
from protocols.vrm.relationship import Rules, rules
from tests.agent.world import World, public_did, the_only
from wallet.needs import Lookup
from wallet.store import events as rows

RECORD = "uEiBVMpXkuEi-54HDCgyGpbcxMwgG6qyiFN4ZXkh2G4ph7g"
OTHER = "uEiAZDFTqGRTzdAzZ83YOgdiWJAXajvtTTLlu3p3FhKKeLA"
HOUSE_RULES = Rules(version=1, channels={"agent": "any"}, promotion="none", topics={"allow": ("recall",)})
EXPIRES = "2027-11-02T00:00:00Z"


def published(agent: Agent) -> list[CloudEvent]:
    """All events, oldest first."""
    return [events.read(row.record) for row in agent.store.read(lambda tx: list(rows.every(tx)))]


async def raised(agent: Agent, type: str, data: dict[str, object], thid: str = "t") -> None:
    """An event about the only relationship there is."""

    def decide(draft: Draft) -> Lookup[None]:
        events.raise_event(draft, type, data)
        yield from ()

    await owner.act(agent, the_only(agent).peer, thid, decide)


def item(ptr: str, value: object, record: str = RECORD) -> dict[str, object]:
    return {
        "ptr": ptr,
        "value": value,
        "label": {"purpose": "dpv:DeliveryOfGoods", "expires": EXPIRES, "record": record},
    }


async def test_a_meeting_is_an_event_of_the_org_and_of_nobody_else(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")

    await world.introduce(her, shop)

    [met] = published(shop)
    assert (met.specversion, met.type, met.source) == ("1.0", "vrm.relationship.met.v1", public_did(shop))
    assert (met.datacontenttype, met.time) == ("application/json", "2027-01-15T08:00:00Z")
    assert met.subject == the_only(shop).local
    assert len(met.id) == 32
    assert published(her) == []


async def test_what_a_relationship_is_called_tells_nothing_and_stays(world: World) -> None:
    shop, her, him = await world.add("Shop", "org"), await world.add("her"), await world.add("him")
    await world.introduce(her, shop)
    await world.introduce(him, shop)

    peer = relationships.read(next(iter(her.store.peers()))).peer
    await owner.open_thread(her, peer, rules, HOUSE_RULES)
    await world.settle()

    first, second, ruled = published(shop)
    assert len({first.subject, second.subject}) == 2
    assert ruled.subject in (first.subject, second.subject)
    assert ruled.type == "vrm.relationship.rules.v1"
    assert ruled.data["promotion"] == "none"
    assert ruled.data["receipt"] == {"of": "rules", "result": "done"}
    assert ruled.vrmthread in {thread.thid for _, thread in shop.store.threads()}


async def test_a_change_that_is_not_applied_raises_no_event(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    peer = the_only(shop).peer
    draft = Draft.of(shop, peer, "t")
    events.raise_event(draft, "label.delete", {})
    draft.claim = (("note", "not there"),)

    await owner.commit(shop, draft)

    assert len(published(shop)) == 1


def test_every_value_of_a_message_stands_beside_its_label() -> None:
    label = {"ptr": "/phones", "purpose": "dpv:ServiceProvision", "expires": EXPIRES}
    message: Any = partial(Disclose, RECORD, values={"/phones": "+351 1", "/unlabelled": "secret"})

    told = events.fields(message(labels=(label_of(label),)))

    assert told["items"] == [
        {
            "ptr": "/phones",
            "value": "+351 1",
            "label": {"purpose": "dpv:ServiceProvision", "expires": EXPIRES, "record": RECORD},
        }
    ]
    assert "secret" not in str(told)


def label_of(fields: dict[str, str]) -> Any:
    from protocols.vrm.base import ItemLabel

    return ItemLabel(**fields)


@pytest.mark.parametrize(("ptrs", "left"), [(["/addresses"], {"mail", "+351"}), ([""], {"+351"}), (["/other"], None)])
async def test_a_deletion_takes_its_values_out_of_the_events_that_are_kept(
    world: World, ptrs: list[str], left: set[str] | None
) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    items = [item("/addresses/home", "street"), item("/mail", "mail"), item("/phones", "+351", OTHER)]
    await raised(shop, "vrm.profile.updated.v1", {"revision": 7, "items": items})

    await raised(shop, "label.delete", {"record": RECORD, "ptrs": ptrs, "reason": "withdrawn"}, "another")

    met, updated, deleted = published(shop)
    assert (met.type, deleted.type) == ("vrm.relationship.met.v1", "vrm.label.delete.v1")
    assert {each["value"] for each in events.items(updated.data)} == (left or {"street", "mail", "+351"})
    places: list[str] = re.findall(r"'ptr': '([^']+)'", str(updated.data["items"]))
    assert places == ["/addresses/home", "/mail", "/phones"]


async def test_what_a_want_said_goes_with_it(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    await raised(shop, "vrm.intent.cast.v1", {"what": "a tent"}, "cast")
    await raised(shop, "vrm.intent.cast.v1", {"what": "a boat"}, "another")

    await raised(shop, "label.delete", {"record": RECORD, "ptrs": [""], "reason": "closed"}, "cast")

    assert [each.data for each in published(shop)[1:3]] == [{"erased": True}, {"what": "a boat"}]


async def test_when_all_of_it_goes_nothing_is_left_of_what_was_said(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    await raised(shop, "vrm.profile.updated.v1", {"items": [item("/mail", "mail"), item("/phones", "+351", OTHER)]})

    await raised(shop, "label.delete", {"record": "", "ptrs": [""], "reason": "ended"}, "end")

    assert [each.data for each in published(shop)[:2]] == [{"erased": True}, {"erased": True}]
    assert published(shop)[2].data["reason"] == "ended"
