"""Somebody acts for her, so far and no further, and no longer than she wants (vrm-protocols, section 2: F09)."""

from agent.agent import Agent
from protocols.vrm.base import VRM
from tests.agent.world import Said, World, public_did, state

DAY = 86400
SHARE = f"{VRM}/experience/1.0/share"
IDEA = {"kind": "idea", "about": {}, "text": "Open on Sundays.", "audience": "org", "contact_ok": False}


async def cast_of(world: World) -> tuple[Agent, Agent, Agent]:
    """She, her agency and a vendor; she has met both, and they have never met each other."""
    her = await world.add("her")
    agency, vendor = await world.add("Agency", "org"), await world.add("Vendor", "org")
    await world.introduce(her, agency)
    await world.introduce(her, vendor)
    return her, agency, vendor


async def appointed(world: World, her: Agent, agency: Agent, **more: object) -> str:
    """A mandate that is active, with its copies issued. Returns its id."""
    asked: dict[str, object] = {"actions": ["experience/1.0/share"], "duty": "Speak for me, kindly.", **more}
    begun = await world.do(her, "/v1/mandates", peer="Agency", orgs=["Vendor"], **asked)
    await world.settle()
    await world.answer(agency)
    await world.answer(her)
    await world.tick(0)
    return str(begun["mandate"])


async def act(world: World, agency: Agent, vendor: Agent, id: str, body: object = IDEA) -> str:
    """The agency says something to the vendor for her. Returns the thread's id."""
    did = public_did(vendor)
    said = await world.do(agency, f"/v1/mandates/{id}/act", org=did, type=SHARE, body=body)
    await world.settle()
    return str(said["thread"])


async def recognised(world: World, agency: Agent, vendor: Agent, id: str) -> str:
    """The agency shows the mandate. Returns the thread's id."""
    said = await world.do(agency, f"/v1/mandates/{id}/introduce", org=public_did(vendor))
    await world.settle()
    return str(said["thread"])


async def refusals(world: World, agent: Agent, thid: str) -> list[str]:
    """The problem codes that came back in a thread."""
    log = await world.ask(agent, "GET", f"/v1/threads/{thid}/log")
    assert isinstance(log, dict)
    lines: list[Said] = log["log"]
    return [line["message"]["body"]["code"] for line in lines if line["says"] == "problem-report"]  # type: ignore[index]  # as the log is written


async def test_f09_an_agent_acts_for_her_and_is_refused_once_revoked(world: World) -> None:
    """A user appoints an agent with scope, limits and end; a vendor verifies it; once revoked it is refused at once."""
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency)
    introduction = await recognised(world, agency, vendor, id)
    before = await act(world, agency, vendor, id)
    assert (state(agency, introduction), state(vendor, before)) == ("recognised", "received")

    await world.do(her, f"/v1/mandates/{id}/revoke", reason="changed-mind")
    await world.tick(0)
    await world.tick(0)

    assert (state(her, id), state(agency, id)) == ("revoked", "revoked")
    assert (state(agency, introduction), state(vendor, introduction)) == ("dismissed", "dismissed")
    words = await world.refused(agency, f"/v1/mandates/{id}/act", org=public_did(vendor), type=SHARE, body=IDEA)
    assert "over" in words
    [mandate] = await world.listed(her, "/v1/mandates")
    assert mandate["state"] == "revoked"
    told = await world.ask(her, "GET", f"/v1/mandates/{id}")
    assert isinstance(told, dict)
    assert [act["did"] for act in told["acts"]] == ["experience/1.0/share"]
    assert told["duty"] == "Speak for me, kindly."


async def test_f09_what_was_done_is_reported_at_intervals(world: World) -> None:
    """She sees what was done for her, with whom and when, without asking."""
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency)
    await recognised(world, agency, vendor, id)
    await act(world, agency, vendor, id)

    await world.pass_time(8 * DAY)

    told = await world.ask(her, "GET", f"/v1/mandates/{id}")
    assert isinstance(told, dict)
    assert [(act["did"], act["org"]) for act in told["acts"]] == [("experience/1.0/share", "Vendor")]
    [mandate] = await world.listed(agency, "/v1/mandates")
    assert (mandate["unreported"], mandate["active"]) == (0, True)


async def test_f09_a_mandate_given_back_is_over_everywhere(world: World) -> None:
    """The agency resigns: she is told what it did last, and the vendor deals with it no more."""
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency)
    introduction = await recognised(world, agency, vendor, id)
    await act(world, agency, vendor, id)

    await world.do(agency, f"/v1/mandates/{id}/resign", reason="not-needed")
    await world.settle()
    await world.tick(0)
    await world.tick(0)

    assert (state(her, id), state(agency, id)) == ("revoked", "revoked")
    assert state(vendor, introduction) == "dismissed"
    told = await world.ask(her, "GET", f"/v1/mandates/{id}")
    assert isinstance(told, dict)
    assert len(told["acts"]) == 1


async def test_f09_an_org_she_did_not_name_needs_her_word(world: World) -> None:
    """She knows every org her agent meets: a copy for another one is asked of her."""
    her, agency, _ = await cast_of(world)
    other = await world.add("Other", "org")
    await world.introduce(her, other)
    id = await appointed(world, her, agency)
    assert "no copy" in await world.refused(agency, f"/v1/mandates/{id}/introduce", org=public_did(other))
    await world.do(agency, f"/v1/mandates/{id}/copies", org=public_did(other))
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    assert other.config.domain in str(question["what"])

    await world.answer(her)
    thid = await recognised(world, agency, other, id)

    assert state(other, thid) == "recognised"


async def test_f09_a_mandate_ends_by_itself(world: World) -> None:
    """Short mandates need nobody to remember them."""
    her, agency, vendor = await cast_of(world)
    id = await appointed(world, her, agency, lasts="P10D")
    introduction = await recognised(world, agency, vendor, id)

    await world.pass_time(12 * DAY)

    assert (state(her, id), state(agency, id)) == ("revoked", "revoked")
    assert state(vendor, introduction) == "dismissed"


async def test_f09_she_says_what_it_is_to_do_before_it_may_do_anything(world: World) -> None:
    """The agency reads scope and duty before it accepts; she confirms; a no on either side is the end of it."""
    her, agency, _ = await cast_of(world)
    begun = await world.do(
        her, "/v1/mandates", peer="Agency", orgs=["Vendor"], actions=["intent/1.0/cast"], duty="Find me a stroller."
    )
    await world.settle()
    [question] = await world.listed(agency, "/v1/questions")
    assert "Find me a stroller." in str(question["what"])
    await world.answer(agency)
    assert state(her, str(begun["mandate"])) == "accepted"

    await world.answer(her, "no")

    assert (state(her, str(begun["mandate"])), state(agency, str(begun["mandate"]))) == ("declined", "declined")
