"""A software assistant drafts; its owner decides, having seen exactly what would be said (vrm-protocols 5.10)."""

from agent.agent import Agent
from agent.rest import keys
from agent.rest.desk import Desk
from tests.agent.rest.conftest import Caller
from tests.agent.world import World, state

IDEA = {"kind": "idea", "about": {}, "text": "Open on Sundays.", "audience": "org", "contact_ok": False}


async def ready(world: World) -> tuple[Agent, Agent, Caller, str]:
    """She, a vendor, her assistant, and what its API calls the vendor."""
    her, vendor = await world.add("her"), await world.add("Vendor", "org")
    await world.introduce(her, vendor)
    _, key = await keys.add(her, "helper", ("relationships", "threads", "propose"))
    assistant = Caller(Desk(her), key)
    [found] = (await assistant.get("/v1/relationships"))["relationships"]
    return her, vendor, assistant, found["relationship"]


async def test_what_it_wants_to_say_waits_for_her_yes_and_is_said_as_it_was_shown(world: World) -> None:
    her, vendor, assistant, who = await ready(world)

    said = await assistant.post("/v1/threads", {"relationship": who, "message": "experience/1.0/share", "body": IDEA})
    await world.settle()
    await world.pass_time(30 * 86400)
    assert (said["state"], state(her, said["thread"]), state(vendor, said["thread"])) == ("proposed", None, None)
    [question] = await world.listed(her, "/v1/questions")
    assert "Open on Sundays." in str(question["what"])
    assert "helper" in str(question["who"])

    await world.answer(her)

    assert state(vendor, said["thread"]) == "received"
    [told] = await world.listed(vendor, "/v1/experiences")
    assert told["text"] == "Open on Sundays."


async def test_her_no_is_the_end_of_it(world: World) -> None:
    her, vendor, assistant, who = await ready(world)
    said = await assistant.post("/v1/threads", {"relationship": who, "message": "experience/1.0/share", "body": IDEA})

    await world.answer(her, "no")

    assert state(vendor, said["thread"]) is None
    assert await world.listed(her, "/v1/questions") == []


async def test_it_cannot_go_on_in_a_thread_by_itself_either(world: World) -> None:
    her, vendor, assistant, who = await ready(world)
    said = await assistant.post("/v1/threads", {"relationship": who, "message": "experience/1.0/share", "body": IDEA})
    await world.answer(her)

    more = await assistant.post(f"/v1/threads/{said['thread']}/say", {"message": "retract", "body": {}})
    await world.settle()
    assert (more["state"], state(vendor, said["thread"])) == ("proposed", "received")
    await world.answer(her)

    assert state(vendor, said["thread"]) == "retracted"
