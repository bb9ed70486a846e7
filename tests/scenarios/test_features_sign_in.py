"""Signing in to an org's pages with no password and no shared name.

Source: vrm-protocols, section 2, F33; a sign-in never succeeds elsewhere or twice: section 7, line 11.
"""

import msgspec
import pytest

from agent.agent import Agent
from agent.relationship import fingerprint
from protocols.vrm.sign_in import Challenge, Response
from tests.agent.world import Said, World, state, the_only, threads

HERS, ANOTHERS = "a browser session of hers", "a browser session of somebody else"


async def cast_of(world: World) -> tuple[Agent, Agent, str]:
    """She, an org that she has met, and what the org calls her."""
    her, org = await world.add("her"), await world.add("Vendor", "org")
    return her, org, await world.introduce(her, org)


async def asked(world: World, org: Agent, who: str, session: str = HERS, origin: str = "") -> str:
    """A page of the org asks. Returns the thread's id."""
    said = await world.do(org, "/v1/sign-ins", peer=who, origin=origin or org.config.url, session=session)
    await world.settle()
    return str(said["thread"])


async def link(world: World, her: Agent) -> Said:
    """The link she was given."""
    [found] = await world.listed(her, "/v1/sign-ins")
    return found


def code(given: Said) -> str:
    """The code in a link."""
    return str(given["url"]).partition("code=")[2]


async def test_f33_she_signs_in_to_any_org_she_has_met(world: World) -> None:
    """A user signs in to any paired org with no password and no shared identifier."""
    her, org, who = await cast_of(world)
    other = await world.add("Other", "org")
    called_there = await world.introduce(her, other)

    await asked(world, org, who)
    await world.answer(her)
    given = await link(world, her)
    inside = await world.do(org, "/v1/sign-ins/redeem", code=code(given), session=HERS)

    assert str(given["url"]).startswith(org.config.url)
    assert inside["peer"] == who
    assert who != called_there


async def test_f33_a_link_works_once_and_for_a_minute(world: World) -> None:
    """A replayed sign-in fails."""
    her, org, who = await cast_of(world)
    await asked(world, org, who)
    await world.answer(her)
    first = code(await link(world, her))
    await world.do(org, "/v1/sign-ins/redeem", code=first, session=HERS)
    assert "used" in await world.refused(org, "/v1/sign-ins/redeem", code=first, session=HERS)

    await asked(world, org, who)
    await world.answer(her)
    late = max((code(each) for each in await world.listed(her, "/v1/sign-ins") if code(each) != first), default="")
    await world.tick(61)

    assert "too old" in await world.refused(org, "/v1/sign-ins/redeem", code=late, session=HERS)
    assert await world.listed(her, "/v1/sign-ins") == []


async def test_f33_a_challenge_that_somebody_passes_on_lets_nobody_in(world: World) -> None:
    """A relayed sign-in fails: whoever has the session lacks the code, and who has the code lacks the session."""
    her, org, who = await cast_of(world)
    await asked(world, org, who, session=ANOTHERS)
    await world.answer(her)  # she is taken in, and says yes
    given = code(await link(world, her))

    assert "another browser session" in await world.refused(org, "/v1/sign-ins/redeem", code=given, session=HERS)
    assert await world.refused(org, "/v1/sign-ins/redeem", code="a guess", session=ANOTHERS)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:9999", "http://127.0.0.1:9001.evil.example"]
)
async def test_f33_a_page_at_another_domain_is_turned_down_without_asking_her(world: World, origin: str) -> None:
    """What her agent signs for is at the domain that the org has proved."""
    her, org, who = await cast_of(world)

    thid = await asked(world, org, who, origin=origin)

    assert (state(her, thid), state(org, thid)) == ("declined", "declined")
    assert await world.listed(her, "/v1/questions") == []


async def test_f33_an_answer_to_another_challenge_is_not_taken(world: World) -> None:
    """What she signed for one session opens no other, nor the same one a second time."""
    her, org, who = await cast_of(world)
    first = await asked(world, org, who)
    await world.answer(her)
    challenge = threads(her)[first].thread.latest(Challenge)
    second = await asked(world, org, who)
    body = {"origin": challenge.origin, "session": challenge.session, "nonce": challenge.nonce}

    words = await world.refused(her, f"/v1/threads/{second}/say", message="response", body=body)

    assert "another challenge" in words
    assert state(org, second) == "challenged"
    assert isinstance(threads(her)[first].thread.latest(Response), msgspec.Struct)
    assert fingerprint(the_only(org).peer) == who


async def test_f33_the_session_id_itself_never_leaves_the_org(world: World) -> None:
    """She is shown a digest of it; so nobody who reads the message holds the session."""
    her, org, who = await cast_of(world)

    thid = await asked(world, org, who)

    log = str(await world.ask(her, "GET", f"/v1/threads/{thid}/log"))
    assert HERS not in log
    assert "uEi" in log
