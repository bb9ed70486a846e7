"""Holding somebody to it: comparing, asking with a clock, disputing, and a file that proves it to anybody."""

import msgspec

from agent.agent import DAY, Agent
from agent.relationship import fingerprint
from agent.web.pages import visiting
from agent.web.pages.page import File
from tests.agent.web.pages.test_relationships import met, told
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, the_only
from wallet.verify import check, main


def page_of(agent: Agent) -> str:
    """The address of the page."""
    return f"/audit/{fingerprint(the_only(agent).peer)}"


async def file_of(agent: Agent, path: str, **form: object) -> File:
    """The file that a form leads to."""
    status, made = await visiting.answer(agent, "POST", path, {}, msgspec.json.encode(form))
    assert status == 200, made
    assert isinstance(made, File)
    return made


async def test_both_sides_are_compared_on_the_page_and_hold_the_same(world: World) -> None:
    her, _, _ = await met(world)
    await world.tick(60)
    before = await seen(her, page_of(her))

    await sent(her, f"{page_of(her)}/compare")
    await world.settle()
    after = await seen(her, page_of(her))
    listed = await seen(her, "/audit")

    assert "not compared yet" in before
    assert "both sides hold the same" in after
    assert "both sides hold the same, 15 January 2027" in listed
    assert "Needs a look" not in listed


async def test_a_question_runs_its_clock_and_is_answered_or_stays_as_silence(world: World) -> None:
    her, shop, called = await met(world)
    await told(world, her, shop, called)
    ask = {"question": "Why was I called?", "about": "use:dpv:DirectMarketing"}

    await sent(her, f"{page_of(her)}/challenge", **ask, by="2027-01-25")
    await sent(her, f"{page_of(her)}/challenge", question="And by whom?", by="2027-01-20")
    await world.settle()
    waiting = await seen(her, page_of(her))
    overview = await seen(her, "/audit")
    thread = next(
        each["thread"] for each in await world.listed(shop, "/v1/threads") if each["about"] == "audit/challenge"
    )
    await world.do(shop, "/v1/audits/answer", thread=thread, text="By your own words.")
    await world.settle()
    world.network.down.add(her.config.url)
    await world.pass_time(12 * DAY)
    later = await seen(her, page_of(her))

    assert "an answer is due by 25 January 2027, in 10 days" in waiting
    assert "to send you advertising" in waiting
    assert "Needs a look" in overview
    assert "By your own words." in later
    assert "was not answered in time" in later
    assert "Silence is evidence too" in later
    assert "is past" in await refused(her, f"{page_of(her)}/challenge", question="Late?", by="2020-01-01")
    assert "Name the day" in await refused(her, f"{page_of(her)}/challenge", question="When?")


async def test_a_dispute_has_two_positions_and_she_answers_what_they_ask(world: World) -> None:
    her, shop, called = await met(world)
    [rests, *_] = [each["digest"] for each in (await timeline(world, her))]

    await sent(her, f"{page_of(her)}/dispute", text="I sent it back.", want="Strike it.", evidence=[rests])
    await world.do(shop, "/v1/audits/challenge", peer=called, question="Who are you?", answer_by="2027-02-01T00:00:00Z")
    await world.settle()
    page = await seen(her, page_of(her))
    theirs = next(
        each["thread"]
        for each in await world.listed(her, "/v1/threads")
        if each["about"] == "audit/challenge" and each["role"] == "answerer"
    )
    await sent(her, f"{page_of(her)}/answer", thread=theirs, text="A customer of yours.")
    await world.settle()
    after = await seen(her, page_of(her))
    about = await world.ask(shop, "GET", f"/v1/audits/{called}")

    assert "I sent it back." in page
    assert "Strike it." in page
    assert "waits for the other position" in page
    assert f'value="{theirs}"' in page
    assert all(f'data-says="{each}"' in page for each in ("who", "what", "why", "until", "terms"))
    assert f'value="{theirs}"' not in after
    assert "A customer of yours." in str(about)


async def timeline(world: World, agent: Agent) -> list[dict[str, str]]:
    """What both signed."""
    found = await world.ask(agent, "GET", f"/v1/timelines/{fingerprint(the_only(agent).peer)}")
    assert isinstance(found, dict)
    return list(found["entries"])


async def test_the_file_of_evidence_is_verified_by_the_program_for_it_and_on_the_page(world: World) -> None:
    her, shop, called = await met(world)
    await told(world, her, shop, called)

    file = await file_of(her, f"{page_of(her)}/evidence", scope="")
    page = await filled(her, "/audit/check", file=file.content.decode())
    saved = world.folder / file.name
    saved.write_bytes(file.content)

    assert main([str(saved)]) == 0
    assert check(file.content).verified
    assert b"1 Elm Street" not in file.content
    assert "Every check holds" in page
    assert "Nothing was added or taken out" in page
    assert "Permission given" in page


async def test_personal_data_is_in_the_file_only_if_she_ticks_it_and_one_record_goes_alone(world: World) -> None:
    her, shop, called = await met(world)
    await told(world, her, shop, called)
    [value] = (await about(world, her))["knows"]

    with_data = await file_of(her, f"{page_of(her)}/evidence", scope="", data="yes")
    one = await file_of(her, f"{page_of(her)}/evidence", scope=value["record"], data="yes")

    assert b"1 Elm Street" in with_data.content
    assert check(with_data.content).verified
    assert check(one.content).verified
    assert len(one.content) < len(with_data.content)


async def about(world: World, agent: Agent) -> dict[str, list[dict[str, str]]]:
    """What is known of her."""
    found = await world.ask(agent, "GET", f"/v1/audits/{fingerprint(the_only(agent).peer)}")
    assert isinstance(found, dict)
    return found


async def test_a_file_that_was_changed_does_not_hold_and_shows_nothing_of_what_it_claims(world: World) -> None:
    her, _, _ = await met(world)
    file = await file_of(her, f"{page_of(her)}/evidence", scope="")

    changed = await filled(her, "/audit/check", file=file.content.decode().replace("P1Y", "P9Y"))
    nonsense = await filled(her, "/audit/check", file="<b>not a file</b>")

    assert "It does not hold" in changed
    assert "fails" in changed
    assert "What was signed" not in changed
    assert "It does not hold" in nonsense
    assert "<b>not" not in nonsense
    assert "Choose a file" in await refused(her, "/audit/check")
