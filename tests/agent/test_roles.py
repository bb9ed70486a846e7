"""Nobody begins a conversation in the other side's role."""

import pytest

from tests.agent.world import World
from wallet.strict_json import JsonObject

VRM = "https://freerange.example/vrm"
ASK: JsonObject = {
    "schema": "jscontact",
    "items": [{"ptr": "/name", "purpose": "dpv:DeliveryOfGoods", "necessary": False}],
    "legal_basis": "dpv:Consent",
    "recipients": [],
    "retention": "P30D",
    "storage": [],
    "refusal_effect": "",
    "until": "2030-01-01T00:00:00Z",
}
CHANGE: JsonObject = {"revision": 1, "schema": "jscontact", "fields": ["/name"], "effective": "2030-01-01"}


@pytest.mark.parametrize(
    ("kind", "type", "body"),
    [("person", "consent/1.0/request", ASK), ("org", "profile/1.0/update", CHANGE)],
    ids=["a person asks as an org does", "an org changes as a person does"],
)
async def test_what_the_other_side_says_is_not_said(world: World, kind: str, type: str, body: JsonObject) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    before = len(world.network.carried)
    speaks, to = (her, "Shop") if kind == "person" else (shop, called)

    said = await world.refused(speaks, "/v1/threads", peer=to, type=f"{VRM}/{type}", body=body)
    await world.settle()

    assert "for the other side to say" in said
    assert len(world.network.carried) == before
