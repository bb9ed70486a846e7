"""Staying in touch with a mediator: nothing is acknowledged before it is kept, and nothing that is held is left."""

import asyncio
from functools import partial

import pytest

from agent import calls, gathering, link, mediation
from agent.agent import Agent
from agent.errors import Dropped, TooMany, Unavailable, Unreachable
from agent.link import Rhythm
from agent.ways import WayBack
from protocols.standard import pickup
from tests.agent.mediated import QUICK, behind, linked, mediator, until
from tests.agent.world import World, known, public_did, the_only
from tests.promises import Promise
from wallet import dids
from wallet.store import held
from wallet.store import mediation as accounts
from wallet.store.change import Change

NOTE = "https://didcomm.org/basicmessage/2.0/message"
DAY = 86400


def waiting(post: Agent, her: Agent) -> int:
    """How many messages a mediator holds for her."""
    ours = [each.ours for each in mediation.mediators(her)]
    return sum(
        post.store.read(partial(held.waiting, account=each, recipient=None, now=post.now())).messages for each in ours
    )


async def met(world: World, her: Agent, *vendors: Agent) -> None:
    """She meets them all, over her mediator."""
    async with linked(her):
        for vendor in vendors:
            await world.introduce(her, vendor)
        await until(world, lambda: all(each.met for each in known(her)) and len(known(her)) == len(vendors))
        await world.tick(5)


async def note(world: World, vendor: Agent, text: str) -> None:
    """A vendor writes to the only person it knows."""
    await world.do(vendor, "/v1/threads", peer=the_only(vendor).peer, type=NOTE, body={"content": text})
    await world.settle()


def heard(her: Agent) -> set[str]:
    """What was written to her."""
    found = set[str]()
    for peer, row in her.store.threads():
        for entry in her.store.log(peer, row.thid):
            text = entry.record.decode()
            if not entry.ours and '"content":"' in text:
                found.add(text.partition('"content":"')[2].partition('"')[0])
    return found


async def test_what_came_while_she_was_away_is_fetched_when_she_is_back(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    said = {f"note {number}" for number in range(45)}
    for text in said:
        await note(world, library, text)
    assert waiting(post, her) == len(said)
    assert heard(her) == set()

    async with linked(her):
        await until(world, lambda: heard(her) == said and waiting(post, her) == 0)

    assert her.metrics.counts["mediated_messages", (("result", "kept"),)] >= len(said)


async def test_what_comes_while_she_is_there_is_handed_over_at_once(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)

    async with linked(her, rhythm=Rhythm(look=1000, again=1000)):
        await until(world, lambda: bool(her.lines.mediators))
        await note(world, library, "live")
        await until(world, lambda: heard(her) == {"live"} and waiting(post, her) == 0)
        assert [each.how for each in her.lines.mediators.values()] == ["line"]


async def test_without_a_line_the_mediator_is_asked_now_and_then(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)

    async def no_line(url: str) -> None:
        raise Unreachable("a web server in front lets no WebSocket through")

    world.network.open = no_line  # type: ignore[method-assign, assignment]  # a fault of the network
    async with linked(her):
        await note(world, library, "asked for")
        await until(world, lambda: heard(her) == {"asked for"} and waiting(post, her) == 0)

        assert [each.how for each in her.lines.mediators.values()] == ["asking"]
    assert "mediator" not in her.troubles


@pytest.mark.parametrize("fault", [Unavailable("not now"), TooMany("too many", 1)])
async def test_what_cannot_be_taken_now_stays_at_the_mediator_and_holds_nothing_up(
    world: World, fault: Exception
) -> None:
    """Of two vendors, the messages of one cannot be taken for a while, and they are many."""
    post = await mediator(world)
    library, shop = await world.add("Town Library", "org"), await world.add("Shop", "org")
    her = await behind(world, post)
    await met(world, her, library, shop)
    stuck = {f"stuck {number}" for number in range(link.MOST + 5)}
    for text in stuck:
        await note(world, library, text)
    await note(world, shop, "behind them")
    take, refuses = her.receive, True
    theirs = next(each for each in known(her) if each.domain == library.config.domain).our_did

    async def receive(packed: bytes, back: WayBack | None = None) -> None:
        if refuses and back is None and dids.canonical(theirs).encode() in packed_for(packed):
            raise fault
        await take(packed, back)

    her.receive = receive
    async with linked(her):
        await until(world, lambda: "behind them" in heard(her) and waiting(post, her) == len(stuck))
        refuses = False
        await until(world, lambda: heard(her) == stuck | {"behind them"} and waiting(post, her) == 0)


def packed_for(packed: bytes) -> bytes:
    """For whom a message is, as its envelope says."""
    return packed[packed.index(b'"recipients"') :]


async def test_what_will_never_be_taken_is_acknowledged_too(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    await note(world, library, "garbage to her")
    take = her.receive

    async def receive(packed: bytes, back: WayBack | None = None) -> None:
        if back is None:
            raise Dropped("former")
        await take(packed, back)

    her.receive = receive
    async with linked(her):
        await until(world, lambda: waiting(post, her) == 0)

    assert heard(her) == set()
    assert her.metrics.counts["mediated_messages", (("result", "dropped"),)] == 1


@pytest.mark.parametrize("early", [False, True], ids=["as it is", "planted loss: acknowledged before it is kept"])
async def test_nothing_is_lost_wherever_she_is_interrupted(
    world: World, monkeypatch: pytest.MonkeyPatch, early: bool, promise: Promise
) -> None:
    """She is torn away in the middle of taking messages, again and again, and starts from what her wallet holds."""
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    said = {f"note {number}" for number in range(30)}
    for text in said:
        await note(world, library, text)
    if early:
        monkeypatch.setattr(link.Link, "taken", acknowledged_first)

    for number in range(200):
        task = asyncio.create_task(link.run(her, QUICK))
        await asyncio.sleep(0.0007 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        her = await world.restart(her)
        if waiting(post, her) == 0:
            break

    assert waiting(post, her) == 0
    assert (heard(her) == said) is not early
    if not early:
        what = "messages held for a recipient who is torn away again and again while it fetches them"
        control = "a recipient that acknowledges before it keeps"
        promise("P22", what=what, size=len(said), result="all taken, each once", control=control)


async def acknowledged_first(self: link.Link, attachment: object) -> bool:
    """A loss: the mediator may forget a message that was not taken."""
    return True


async def test_a_mediator_that_is_away_is_said_to_be_and_tried_again(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    await note(world, library, "in the meantime")
    world.network.down.add(post.config.url)

    async with linked(her):
        await until(world, lambda: "mediator" in her.troubles)
        assert "does not answer" in her.troubles["mediator"][0]
        world.network.down.clear()
        await until(world, lambda: heard(her) == {"in the meantime"} and "mediator" not in her.troubles)


async def test_a_line_that_ends_is_opened_again(world: World) -> None:
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)

    async with linked(her):
        for number in range(3):
            await until(world, lambda: bool(her.lines.outgoing))
            await world.network.lines[-1].close()
            await note(world, library, f"note {number}")
            await until(world, lambda: f"note {number}" in heard(her))  # noqa: B023  # it is awaited in the loop

    assert len(world.network.lines) >= 3


async def test_of_two_lines_one_that_is_dead_and_nobody_noticed_loses_nothing(world: World) -> None:
    """MD-11: the mediator hands over on the newest line, from which nobody reads."""
    post, library = await mediator(world), await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    [known_as] = mediation.mediators(her)

    async with linked(her):
        await until(world, lambda: bool(her.lines.mediators))
        [(ours, line)] = her.lines.outgoing.items()
        deaf = await world.network.open(post.config.url.replace("http", "ws"))
        her.lines.outgoing[ours] = deaf
        live, version = pickup.LiveDeliveryChange(live_delivery=True), mediation.picking_up(known_as)
        await calls.tell(her, live, version, ours=known_as.ours, theirs=known_as.did)
        await world.settle()
        her.lines.outgoing[ours] = line
        await note(world, library, "into the void")
        await until(world, lambda: heard(her) == {"into the void"} and waiting(post, her) == 0)
        await deaf.close()
        await note(world, library, "on the other line")
        await until(world, lambda: len(heard(her)) == 2 and waiting(post, her) == 0)


# -- moving -------------------------------------------------------------------------------------------------------


async def test_everybody_follows_her_to_another_mediator_and_the_old_one_is_let_go(world: World) -> None:
    post, other = await mediator(world), await mediator(world, "Other post")
    vendors = [await world.add(f"Shop {number}", "org") for number in range(3)]
    her = await behind(world, post)
    await met(world, her, *vendors)
    before = {each.our_did for each in known(her)}
    await world.do(vendors[0], "/v1/pings", peer=the_only(vendors[0]).peer)  # on its way to the old one

    await mediation.take_on(her, public_did(other))
    async with linked(her):
        await until(world, lambda: not any(gathering.misplaced(her, each) for each in known(her)))
        await until(world, lambda: all(not each.priors for each in known(her)))
        assert [bool(each.left) for each in mediation.mediators(her)] == [True, False]
        await world.pass_time(gathering.SETTLING)
        await asyncio.sleep(2 * QUICK.tidy)
        await world.pass_time(gathering.LINGER + 1)
        await until(world, lambda: [each.name for each in mediation.mediators(her)] == ["127.0.0.1:9001"])

    assert not before & {each.our_did for each in known(her)}
    assert waiting(other, her) == 0
    [account] = post.store.read(accounts.accounts)
    assert post.store.read(partial(accounts.routes_of, peer=account.peer)) == 0
    assert {each.name for each in mediation.mediators(her)} == {"127.0.0.1:9001"}


async def test_a_move_goes_on_after_any_interruption(world: World) -> None:
    post, other = await mediator(world), await mediator(world, "Other post")
    vendors = [await world.add(f"Shop {number}", "org") for number in range(4)]
    her = await behind(world, post)
    await met(world, her, *vendors)
    await mediation.take_on(her, public_did(other))

    for turns in range(400):
        task = asyncio.create_task(gathering.gather(her))
        await asyncio.sleep(0.0005 * turns)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        her = await world.restart(her)
        if not any(gathering.misplaced(her, each) for each in known(her)):
            break

    assert turns > 2
    await her.outbox.begin()
    async with linked(her):
        await world.tick(1)
        await until(world, lambda: all(not each.priors for each in known(her)))
    theirs = {dids.canonical(the_only(vendor).their_did) for vendor in vendors}
    assert theirs == {dids.canonical(each.our_did) for each in known(her)}


async def test_a_did_that_was_never_shown_is_removed_after_a_while(world: World) -> None:
    post = await mediator(world)
    her = await behind(world, post)
    await mediation.fresh(her)
    account = mediation.mediators(her)[0].ours

    await gathering.tidy(her)
    world.time += gathering.SETTLING
    await gathering.tidy(her)
    assert post.store.read(partial(accounts.routes_of, peer=account)) == 1
    world.time += gathering.LINGER
    await gathering.tidy(her)

    assert post.store.read(partial(accounts.routes_of, peer=account)) == 0
    assert mediation.recipients(her) == []


async def test_of_two_mediators_in_a_wallet_that_was_put_together_one_is_left(world: World) -> None:
    post, other = await mediator(world), await mediator(world, "Other post")
    library = await world.add("Town Library", "org")
    her = await behind(world, post)
    await met(world, her, library)
    second = await mediation.agreed(her, public_did(other), None)
    await her.store.apply(Change(peer="", keep=(mediation.item(second),)))

    await gathering.tidy(her)

    assert [each.did for each in mediation.mediators(her)] == [public_did(post)]
    assert not any(gathering.misplaced(her, each) for each in known(her))
