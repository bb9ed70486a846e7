"""No agent acts outside its mandate, or after its strike was heard; no mandate yields a key, or a further mandate.

Her agent's own software refuses to go too far; here that is taken out, and the org stands alone against an agent that
says whatever it likes. Source: vrm-protocols, section 7, line 13.
"""

import msgspec
import pytest

from agent import agreements as texts
from agent import mandate_copies, mandates, owner
from agent.agent import Agent
from agent.draft import Draft
from agent.mandates import Copy
from agent.web.mandates import as_told
from protocols.machine import Message
from protocols.messages import encode
from protocols.vrm import delegation
from protocols.vrm.delegation_words import Introduce
from tests.agent.market import answers, bids
from tests.agent.world import World, peer_of, public_did, state, threads
from tests.protocols.vrm.test_intent import WANT
from tests.scenarios.test_features_mandates import DAY, act, appointed, cast_of, recognised, refusals
from wallet.credentials import sd_jwt
from wallet.credentials.vcdm import timestamp
from wallet.encoding import digest
from wallet.keys import Curve, create
from wallet.needs import Lookup
from wallet.store.change import Change

LATER = {"bid_by": "2030-01-01T00:00:00Z", "select_by": "2030-01-02T00:00:00Z"}
ASKED: dict[str, object] = {**encode(WANT)[0], **LATER}
SCOPE, OVER = "e.p.trust.delegation-scope", "e.p.trust.delegation-revoked"


@pytest.fixture
def _dishonest(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that asks its own software for no leave."""

    def anything(draft: Draft, message: Message) -> Copy:
        return list(mandates.copies(draft, draft.begun.mandate))[-1]

    monkeypatch.setattr(mandates, "permit", anything)


dishonest = pytest.mark.usefixtures("_dishonest")


async def ready(world: World, **more: object) -> tuple[Agent, Agent, Agent, str]:
    """She, her agency, and a vendor that has recognised it. Also the mandate's id."""
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency, **more)
    await recognised(world, agency, vendor, id)
    return her, agency, vendor, id


async def cast(world: World, agency: Agent, vendor: Agent, id: str, **more: object) -> str:
    """The agency asks the vendor for offers, for her."""
    said = await world.do(
        agency, f"/v1/mandates/{id}/act", org=public_did(vendor), type="intent/1.0/cast", body={**ASKED, **more}
    )
    await world.settle()
    return str(said["thread"])


async def test_her_agent_refuses_to_go_too_far_itself(world: World) -> None:
    _, agency, vendor, id = await ready(world)

    body = {"org": public_did(vendor), "type": "intent/1.0/cast", "body": ASKED}
    words = await world.refused(agency, f"/v1/mandates/{id}/act", **body)

    assert "it does not allow intent/1.0/cast" in words


@dishonest
async def test_an_act_beyond_the_scope_is_refused_and_she_is_told(world: World) -> None:
    her, agency, vendor, id = await ready(world)

    thid = await cast(world, agency, vendor, id)
    await world.tick(0)

    assert (await refusals(world, agency, thid), state(vendor, thid)) == ([SCOPE], None)
    told = [each for each in await world.listed(her, "/v1/threads") if each["about"] == "relationship/notice"]
    assert [each["with"] for each in told] == ["Vendor"]


@dishonest
async def test_an_act_within_the_scope_is_heard(world: World) -> None:
    """The control: the org refuses what goes too far, not whatever this agent says."""
    _, agency, vendor, id = await ready(world, actions=["intent/1.0/cast"], level=3)

    thid = await cast(world, agency, vendor, id)

    assert (await refusals(world, agency, thid), state(vendor, thid)) == ([], "declined")  # it has not these terms


@dishonest
@pytest.mark.parametrize(("limit", "second"), [({"casts": 1, "level": 3}, {}), ({"level": 0}, {"level": 1})])
async def test_limits_hold_at_every_message(world: World, limit: dict[str, object], second: dict[str, object]) -> None:
    _, agency, vendor, id = await ready(world, actions=["intent/1.0/cast"], **limit)
    assert state(vendor, await cast(world, agency, vendor, id, level=0)) == "declined"

    thid = await cast(world, agency, vendor, id, **second)

    assert (await refusals(world, agency, thid), state(vendor, thid)) == ([SCOPE], None)


@dishonest
async def test_after_a_strike_nothing_is_heard(world: World) -> None:
    her, agency, vendor, id = await ready(world)
    begun = await act(world, agency, vendor, id)
    assert state(vendor, begun) == "received"
    await world.do(her, f"/v1/mandates/{id}/revoke")
    await world.tick(0)

    thid = await act(world, agency, vendor, id)
    await world.do(agency, f"/v1/threads/{begun}/say", message="add", body={"text": "And another thing."})
    await world.settle()

    assert (await refusals(world, agency, thid), state(vendor, thid)) == ([OVER], None)
    assert await refusals(world, agency, begun) == [OVER]


async def test_a_copy_that_is_shown_after_its_strike_is_not_taken(world: World) -> None:
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency)
    [copy] = agency.store.items(mandates.COPY)
    await world.do(her, f"/v1/mandates/{id}/revoke")
    await world.tick(0)

    thid = await introduce(world, agency, vendor, msgspec.json.decode(copy.record, type=Copy))

    assert (state(agency, thid), state(vendor, thid)) == ("declined", "declined")


@dishonest
async def test_a_copy_is_good_for_a_week_and_renewed_while_the_mandate_lasts(world: World) -> None:
    her, agency, vendor, id = await ready(world)
    await world.pass_time(30 * DAY)
    assert state(vendor, await act(world, agency, vendor, id)) == "received"
    for row in her.store.items(mandate_copies.PLANNED):  # she does not renew it any more
        await her.store.apply(Change(row.peer, claim=((row.kind, row.id),)))

    await world.pass_time(8 * DAY)
    thid = await act(world, agency, vendor, id)

    assert (await refusals(world, agency, thid), state(vendor, thid)) == ([OVER], None)


async def introduce(world: World, agent: Agent, vendor: Agent, copy: Copy) -> str:
    """Somebody shows a copy to a vendor, whoever it is for."""
    peer = agent.store.peer_of(public_did(vendor)) or ""
    if not peer:
        invitation = await world.do(vendor, "/v1/invitations", goal="Meet")
        await world.do(agent, "/v1/invitations/accept", url=invitation["url"])
        await world.settle()
        for each in await world.listed(vendor, "/v1/questions"):
            await world.do(vendor, f"/v1/questions/{each['question']}/answer", answer="yes")
        await world.settle()
        peer = peer_of(agent, public_did(vendor))
    message = Introduce(copy.digest, attachments=(as_told(copy),))
    thid = await owner.open_thread(agent, peer, delegation.introduction, message)
    await world.settle()
    return thid


@pytest.mark.parametrize("who", ["somebody else", "another vendor"])
async def test_a_copy_is_for_one_agent_at_one_org(world: World, who: str) -> None:
    _, agency, vendor, _ = await ready(world)
    [row] = agency.store.items(mandates.COPY)
    copy = msgspec.json.decode(row.record, type=Copy)
    other = await world.add("Other", "org")

    thid = (
        await introduce(world, other, vendor, copy)
        if who == "somebody else"
        else await introduce(world, agency, other, copy)
    )

    assert state(other, thid) == "declined"


async def test_a_mandate_that_may_not_be_passed_on_yields_no_further_one(world: World) -> None:
    _, agency, vendor, _ = await ready(world)
    sub = await world.add("Sub", "org")
    [row] = agency.store.items(mandates.COPY)
    mine = msgspec.json.decode(row.record, type=Copy)
    claims = {**msgspec.to_builtins(mine.claims), "agent": public_did(sub), "vct": mandates.TYPE, "iat": world.time}
    del claims["first"]
    kid, holder = f"{public_did(agency)}#key-1", create(Curve.ED25519).public
    text = sd_jwt.issue(claims, disclosable=["agent"], keys=agency.keys, kid=kid, holder=holder)
    made = msgspec.structs.replace(mine, digest=digest(text.encode()), credential=text)

    thid = await introduce(world, sub, vendor, made)

    assert state(sub, thid) == "declined"


async def test_no_key_of_hers_is_in_her_agents_wallet(world: World) -> None:
    her, agency, _, _ = await ready(world)

    hers = {row.record for row in her.store.items("key")}
    theirs = {row.record for row in agency.store.items("key")}

    assert hers
    assert not hers & theirs


@dishonest
async def test_a_thread_begun_for_her_goes_on_for_her(world: World) -> None:
    """Leaving the header out does not make the agent's word its own."""
    _, agency, vendor, id = await ready(world)
    thid = await act(world, agency, vendor, id)
    peer = peer_of(agency, public_did(vendor))

    def forget(draft: Draft) -> Lookup[None]:
        draft.update(mandate="")
        yield from ()

    await owner.act(agency, peer, thid, forget)
    await world.do(agency, f"/v1/threads/{thid}/say", message="add", body={"text": "For myself."})
    await world.settle()

    assert await refusals(world, agency, thid) == [SCOPE]


async def test_orgs_that_compare_copies_find_nothing_in_common(world: World) -> None:
    her, agency, _ = await cast_of(world)
    other = await world.add("Other", "org")
    await world.introduce(her, other)
    begun = await world.do(
        her, "/v1/mandates", peer="Agency", orgs=["Vendor", "Other"], actions=["experience/1.0/share"], duty="Be kind."
    )
    await world.settle()
    await world.answer(agency)
    await world.answer(her)
    await world.tick(0)

    found = [msgspec.json.decode(row.record, type=Copy) for row in agency.store.items(mandates.COPY)]
    issuers = {str(sd_jwt.read(each.credential).claims["iss"]) for each in found}

    assert (len(found), len(issuers)) == (2, 2)
    assert not any(str(begun["mandate"]) in each.credential for each in found)
    assert mandate_copies.for_org(agency, str(begun["mandate"]), public_did(other))


async def bought(world: World, agency: Agent, vendor: Agent, id: str, price: str) -> list[str]:
    """The agency asks for offers, picks the one that comes, and orders it. Returns what it was refused, by thread."""
    text = next(each for each in texts.shipped().values() if "intent" in each.id)
    times = {"bid_by": timestamp(world.time + DAY), "select_by": timestamp(world.time + 2 * DAY)}
    agreement = {"id": text.id, "version": text.version, "digest": text.digest}
    thid = await cast(world, agency, vendor, id, level=3, terms=agreement, **times)
    await bids(world, vendor, price)
    bid = threads(agency)[thid].latest
    for name, body in (("select", {"bid": bid}), ("confirm", {"bid": bid, "labels": []})):
        if not await refusals(world, agency, thid):
            await world.do(agency, f"/v1/threads/{thid}/say", message=name, body=body)
            await world.settle()
            await answers(world, vendor)
    return [*(await refusals(world, agency, thid)), str(state(vendor, thid))]


@dishonest
async def test_it_spends_no_more_than_it_may_in_all(world: World) -> None:
    may = ["intent/1.0/cast", "intent/1.0/select", "intent/1.0/confirm"]
    _, agency, vendor, id = await ready(world, actions=may, level=3, spend="500.00 GBP")

    first = await bought(world, agency, vendor, id, "319.00")
    second = await bought(world, agency, vendor, id, "319.00")
    third = await bought(world, agency, vendor, id, "181.00")

    assert (first, second, third) == (["completed"], [SCOPE, "bid"], ["completed"])


async def test_whoever_waits_for_it_is_let_off_after_the_strike(world: World) -> None:
    """A no commits nobody and takes nothing from her: without it the org would wait for ever."""
    her, agency, vendor, id = await ready(world, actions=["intent/1.0/cast"], level=3)
    text = next(each for each in texts.shipped().values() if "intent" in each.id)
    agreement = {"id": text.id, "version": text.version, "digest": text.digest}
    times = {"bid_by": timestamp(world.time + DAY), "select_by": timestamp(world.time + 2 * DAY)}
    thid = await cast(world, agency, vendor, id, terms=agreement, **times)
    await bids(world, vendor, "319.00")
    await world.do(her, f"/v1/mandates/{id}/revoke")
    await world.tick(0)

    await world.do(agency, f"/v1/threads/{thid}/say", message="close", body={"reason": "cancelled"})
    await world.settle()

    assert (state(agency, thid), state(vendor, thid)) == ("purged", "purged")
