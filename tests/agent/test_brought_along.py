"""What a message brings along, invitations and attachments: bounded, shown, and never followed. ST-19 to ST-21."""

import base64
from pathlib import Path

import msgspec
import pytest

from agent import inbox
from agent.didcomm import plaintext
from agent.didcomm.plaintext import BadPlaintext
from agent.web import api
from protocols.standard.out_of_band import to_url
from tests.agent.puppet import Puppet
from tests.agent.test_states import NOTE, OFFER, PING, attached, elsewhere, met
from tests.agent.world import World, public_did
from wallet.strict_json import JsonObject


def link(message: dict[str, object]) -> str:
    """An invitation in a link."""
    return to_url("https://example.com", msgspec.json.encode(message))


INVITATION: dict[str, object] = {
    "id": "i1",
    "type": "https://didcomm.org/out-of-band/2.0/invitation",
    "from": "did:example:org",
    "body": {"goal_code": "x", "goal": "y", "accept": ["didcomm/v2"]},
}
NESTED = {"data": {"json": {"attachments": [{"data": {"json": INVITATION}}]}}}


@pytest.mark.parametrize(
    "url",
    [
        link({**INVITATION, "expires_time": 1}),
        link({**INVITATION, "body": {"goal": "x" * 64 * 1024}}),
        "https://example.com?_oob=!!!not-base64url!!!",
        "https://example.com?_oob=" + base64.urlsafe_b64encode(b"{").decode().rstrip("="),
        "https://example.com",
        link({**INVITATION, "attachments": [NESTED] * 21}),
        link({**INVITATION, "body": {"accept": ["didcomm/aip1"]}}),
        link({**INVITATION, "type": PING}),
        link({key: value for key, value in INVITATION.items() if key != "from"}),
    ],
    ids=["expired", "64 kB", "no base64url", "no JSON", "no invitation", "attachments", "accept", "type", "from"],
)
async def test_what_is_no_invitation_is_said_to_be_none_and_makes_nothing(world: World, url: str) -> None:
    """ST-19."""
    her = await world.add("her")
    before = her.store.counts()

    status, said = await api.answer(her, "POST", "/v1/invitations/accept", msgspec.json.encode({"url": url}))

    assert (status, "othing was done" in str(said)) == (409, True), said
    assert her.store.counts() == before
    assert (world.fetched, world.network.carried) == ([], [])


@pytest.mark.parametrize("target", ["javascript:alert(1)", "http://evil.example/", "https://elsewhere.example/"])
async def test_where_a_message_would_lead_a_browser_is_only_shown(world: World, target: str) -> None:
    """ST-20."""
    org, customer = await met(world)
    said = customer.message(NOTE, {"content": "hi"}, to=public_did(org))
    redirect = {"web_redirect": {"status": "OK", "redirectUrl": target}}
    raw = msgspec.json.encode({**msgspec.json.decode(plaintext.write(said)), **redirect})

    await inbox.receive(org, await customer.pack_raw(org, raw, public_did(org)))
    log = await world.ask(org, "GET", f"/v1/threads/{said.id}/log")

    assert isinstance(log, dict)
    [line] = log["log"]
    assert line["message"]["web_redirect"]["redirectUrl"] == target  # as text, for whoever wants to see it
    assert "web_redirect" not in str({key: value for key, value in line.items() if key != "message"})
    assert elsewhere(world) == []


async def test_more_than_twenty_attachments_are_too_many(world: World) -> None:
    """ST-21."""
    org, customer = await met(world)
    attachments = attached([{"data": {"json": place}} for place in range(21)])

    with pytest.raises(BadPlaintext):
        await customer.say(org, NOTE, {"content": "hi"}, to=public_did(org), attachments=attachments)
    await world.settle()

    assert [each["args"] for each in customer.reports()] == [["$.attachments[20]"]]


def files(folder: Path) -> list[Path]:
    """Everything there but the wallets."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "wallet.db" not in path.name)


OFFERED: JsonObject = {"goal_code": "x", "credential_preview": {"type": "x", "attributes": []}}


@pytest.mark.parametrize(
    "data",
    [
        {"links": ["https://evil.example/card"], "hash": "uEi" + "A" * 44},
        {"links": ["http://127.0.0.1:1/"], "hash": "wrong"},
        {"links": ["file:///etc/passwd"], "hash": "wrong"},
    ],
    ids=["elsewhere", "here", "file"],
)
async def test_what_is_elsewhere_is_not_fetched(world: World, data: JsonObject, tmp_path: Path) -> None:
    """ST-21: nor is a name a path, or a type anything but a word."""
    her, friend = await world.add("her"), Puppet.make(world)
    relationship = await friend.befriend(her)
    before = files(tmp_path)
    attachments = attached([{"data": data, "filename": "../../x", "media_type": "text/html", "id": "a"}])

    await friend.say(her, OFFER, OFFERED, to=relationship.our_did, attachments=attachments)
    await world.settle()
    for _, path in (("GET", "/v1/questions"), ("GET", "/v1/threads")):
        await world.ask(her, "GET", path)

    assert elsewhere(world) == []
    assert files(tmp_path) == before
    assert not (tmp_path.parent / "x").exists()
