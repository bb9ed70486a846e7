"""Rotating over the owner's API: who has heard, who is left, and what an organisation is asked first."""

from agent import identity
from tests.agent.puppet import Puppet
from tests.agent.world import World, known, public_did, the_only
from wallet.names import same

HOUR = 3600


async def test_the_report_tells_who_knows_who_was_told_and_who_could_not_be_reached(world: World) -> None:
    her = await world.add("her")
    library = await world.add("Town Library", "org")
    await world.introduce(her, library)
    quiet, away = Puppet.make(world, 1), Puppet.make(world, 2)
    for friend in (quiet, away):
        await friend.befriend(her)
    world.network.down.add(away.url)
    chosen = await world.do(her, "/v1/rotations/choose", all=True)

    assert isinstance(chosen["peers"], list)
    for each in chosen["peers"]:
        await world.do(her, "/v1/rotations", peer=each["fingerprint"])
    await world.settle()

    report = {str(each["with"]): each for each in await world.listed(her, "/v1/rotations")}
    assert report.pop("Town Library")["state"] == "confirmed"
    assert sorted((str(each["state"]), str(each["why"])) for each in report.values()) == [
        ("not reached", "nobody listens there"),
        ("told", ""),
    ]
    assert len({each.our_did for each in known(her)}) == 3


async def test_what_was_broken_off_goes_on_where_it_stopped(world: World) -> None:
    her = await world.add("her")
    friends = [Puppet.make(world, number) for number in range(3)]
    for friend in friends:
        await friend.befriend(her)
    world.time += HOUR
    first = await world.do(her, "/v1/rotations/choose", all=True)
    assert isinstance(first["peers"], list)
    done = first["peers"][0]["fingerprint"]
    await world.do(her, "/v1/rotations", peer=done)
    new_friend = Puppet.make(world, 7)
    await new_friend.befriend(her)

    her = await world.restart(her)
    second = await world.do(her, "/v1/rotations/choose", all=True)

    assert (first["left_over"], len(first["peers"])) == (False, 3)
    assert isinstance(second["peers"], list)
    assert (second["left_over"], len(second["peers"])) == (True, 2)
    assert done not in [each["fingerprint"] for each in second["peers"]]
    for each in second["peers"]:
        await world.do(her, "/v1/rotations", peer=each["fingerprint"])
    world.time += HOUR
    third = await world.do(her, "/v1/rotations/choose", all=True)
    assert isinstance(third["peers"], list)
    assert (third["left_over"], len(third["peers"])) == (False, 4)


async def test_an_organisation_gives_up_its_public_did_only_if_it_says_so(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    called = the_only(library).called

    words = await world.refused(library, "/v1/rotations", peer=called)
    assert "--from-public" in words
    assert the_only(library).our_did == public_did(library)
    await world.do(library, "/v1/rotations", peer=called, from_public=True)
    await world.settle()

    hers = the_only(her)
    assert not same(the_only(library).our_did, public_did(library))
    assert same(hers.their_did, the_only(library).our_did)
    assert (hers.called, hers.domain) == ("Town Library", library.config.domain)
    me = identity.own(library)
    assert me is not None
    assert me.did == hers.peer
    other = await world.add("him")
    await world.introduce(other, library)
    assert the_only(other).their_did == me.did
    await world.agree(her, library)
    await world.tick(5)
    assert the_only(her).agreements
