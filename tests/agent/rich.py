"""Two agents with something of everything a customer and a vendor keep. Older releases run this too."""

from agent.agent import Agent
from tests.agent.world import World, the_only

TEXT = "https://didcomm.org/basicmessage/2.0/message"
CLAIMS = {"given_name": "Ada", "member": True, "number": 7731}


async def rich(world: World) -> tuple[Agent, Agent]:
    """She and a library: met, agreed, a card issued and shown, and things under way on both sides."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    offer = {"type": "urn:card:member", "name": "Library card", "claims": CLAIMS}
    await world.do(library, "/v1/offers", peer=called, **offer)
    await world.settle()
    await world.answer(her)
    wanted = {"type": "urn:card:member", "claims": ["member=true"], "purpose": "To lend you films"}
    await world.do(library, "/v1/requests", peer=called, **wanted)
    await world.settle()
    await world.answer(her)
    await say(world, her, "Town Library", "Is the reading room open on Sunday?\nAnd – grüße!")
    await say(world, library, called, "From ten to four.")
    await world.settle()
    await world.pass_time(60)

    await world.do(library, "/v1/offers", peer=called, **offer)  # waits for her
    await world.settle()
    for agent in (her, library):
        await world.do(agent, "/v1/invitations", goal="Meet", lasts=86400)
    world.network.down |= {her.config.url, library.config.url}
    await world.do(her, "/v1/terms", peer="Town Library")  # waits for the library
    await say(world, her, "Town Library", "On its way")
    await say(world, library, called, "This too")
    thid = await say(world, her, "Town Library", "Given up")
    await world.settle()
    peer = the_only(her).peer
    [entry] = her.store.log(peer, thid)
    await her.store.bury(peer, entry.id, why="expired", at=world.time)
    world.network.down.clear()
    return her, library


async def say(world: World, agent: Agent, to: str, text: str) -> str:
    """Write to somebody. Returns the thread's id."""
    begun = await world.do(agent, "/v1/threads", peer=to, type=TEXT, body={"content": text})
    return str(begun["thread"])
