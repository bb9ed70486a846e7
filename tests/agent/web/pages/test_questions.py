"""Question pages: who asks and how we know, what, why, until when, on which terms; and what an answer leads to."""

import inspect
import re
from types import FunctionType

import pytest

import protocols
from agent import asking, contact, vrm
from agent.agent import Agent
from agent.draft import Draft
from agent.web.pages import answers
from protocols.machine import Message
from tests.agent.market import casts, wants
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import Said, World, ledger, state, the_only
from wallet.strict_json import JsonObject

SAYS = ("who", "what", "why", "until", "terms")
CARD: Said = {
    "type": "urn:card:member",
    "name": "Reader's card",
    "claims": {"given_name": "Ada", "over_18": True, "birth_date": "1990-03-01", "street": "Quay 4"},
}
BY = "2027-03-01T00:00:00Z"
FORBIDDEN = (
    r"DIDs?|JSON|DIDComm|JWT|SD-JWT|thread|schema|digest|hash|protocol|endpoint|payload|pairwise|URI|pointer|credential"
    r"|dpv:\w+|did:\w+|freerange \w+|\d{4}-\d\d-\d\dT"
)


async def library_and_her(world: World) -> tuple[Agent, Agent, str]:
    """A library, her, and what it calls her; they have met, and have agreed on her terms."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    return library, her, called


async def the_question(agent: Agent, world: World) -> tuple[str, str]:
    """The one question that waits: its page, and the path of that."""
    [question] = await world.listed(agent, "/v1/questions")
    path = f"/questions/{question['question']}"
    page = await seen(agent, path)
    plain_enough(page)
    return page, path


def plain_enough(page: str) -> None:
    """It says all that a question must say, in words that everybody knows."""
    assert [each for each in SAYS if f'data-says="{each}"' not in page] == []
    shown = re.sub(r"<details.*?</details>", "", page.partition("<main>")[2], flags=re.DOTALL)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", shown))
    assert re.findall(rf"\b(?:{FORBIDDEN})\b", words) == []


async def with_a_card(world: World) -> tuple[Agent, Agent, str]:
    """The two of them, and a card of hers."""
    library, her, called = await library_and_her(world)
    await world.do(library, "/v1/offers", peer=called, **CARD)
    await world.settle()
    await world.answer(her)
    return library, her, called


async def asks_for_proof(world: World, library: Agent, called: str, *claims: str, why: str) -> str:
    """The library asks her to prove something. Returns the thread."""
    wanted = {"peer": called, "type": "urn:card:member", "claims": claims, "purpose": why}
    said = await world.do(library, "/v1/requests", **wanted)
    await world.settle()
    return str(said["thread"])


async def test_a_card_on_offer_is_shown_as_it_would_be_and_taken(world: World) -> None:
    library, her, called = await library_and_her(world)
    await world.do(library, "/v1/offers", peer=called, **CARD)
    await world.settle()

    page, path = await the_question(her, world)
    done = await sent(her, path, answer="yes")
    await world.settle()

    assert "it was answered, or its time is over" in await refused(her, path, answer="no")
    assert "Town Library offers you a card" in page
    assert "it proved the domain" in page
    assert [each in page for each in ("given name", "Ada", "over 18", "Reader&#39;s card")] == [True] * 4
    assert "No reason was given" in page  # the name of a card is none
    assert done.go == "/questions"
    assert [each["name"] for each in await world.listed(her, "/v1/credentials")] == ["Reader's card"]


async def test_of_a_proof_each_value_stands_with_its_card_and_any_one_is_kept_back(world: World) -> None:
    library, her, called = await with_a_card(world)
    thid = await asks_for_proof(world, library, called, "over_18", "birth_date", why="To see that you are old enough")

    page, path = await the_question(her, world)
    done = await sent(her, path, answer="yes", refuse=["birth_date"])
    await world.settle()

    assert "From your card" in page
    assert "given by" in page
    assert page.count('name="refuse"') == 2
    hidden = page.partition("Stays hidden:")[2].partition("</p>")[0]
    assert "given name" in hidden
    assert "street" in hidden
    assert "over 18" not in hidden
    assert "without an exact birth date" in page
    assert "Kept back: 1" in done.said
    verdict = await world.ask(library, "GET", f"/v1/verdicts/{thid}")
    assert "1990-03-01" not in str(verdict)
    assert "'over_18': True" in str(verdict)


async def test_what_cannot_be_kept_back_has_no_tick(world: World) -> None:
    library, her, called = await library_and_her(world)
    await world.do(library, "/v1/offers", peer=called, **{**CARD, "type": "Member", "format": "vc+di"})
    await world.settle()
    await world.answer(her)
    meta = {"type_values": [["Member"]]}
    query = {"credentials": [{"id": "c", "format": "ldp_vc", "meta": meta}]}
    await world.do(library, "/v1/requests", peer=called, purpose="To lend you films", query=query)
    await world.settle()

    page, _ = await the_question(her, world)

    assert 'name="refuse"' not in page
    assert "goes with this card" in page


async def test_without_a_fitting_card_she_is_told_so_and_can_only_say_no(world: World) -> None:
    library, her, called = await library_and_her(world)
    thid = await asks_for_proof(world, library, called, "over_18", why="To lend you films")

    page, path = await the_question(her, world)
    await sent(her, path, answer="no")
    await world.settle()

    assert "You have no card that answers this" in page
    assert 'value="yes"' not in page
    assert state(library, thid) == "abandoned"


async def test_consent_is_given_field_by_field(world: World) -> None:
    library, her, called = await library_and_her(world)
    await contact.edit(her, {"/addresses/home": {"full": "Quay 4, Lisbon, PT"}, "/phones/main": {"number": "+351 1"}})
    items = [
        {"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods", "necessary": True},
        {"ptr": "/phones/main", "purpose": "dpv:DeliveryOfGoods", "necessary": False},
        {"ptr": "/emails/main", "purpose": "dpv:DirectMarketing", "necessary": False},
    ]
    asked = {"peer": called, "items": items, "until": "2028-01-01T00:00:00Z", "effect": "You would come here yourself."}
    await world.do(library, "/v1/consents/ask", **asked)
    await world.settle()

    page, path = await the_question(her, world)
    await sent(her, path, answer="yes", refuse=["/phones/main"])
    await world.settle()

    assert "Your address (home)" in page
    assert "Quay 4, Lisbon, PT" in page
    assert "to deliver what you ordered" in page
    assert (page.count("needed, they say"), page.count("they can do without")) == (1, 2)
    assert "not to be had" in page  # her terms forbid it
    assert "1 January 2028" in page
    assert "The reason is advertising" in page
    held = await world.ask(library, "GET", f"/v1/held/{called}")
    assert "Quay 4" in str(held)
    assert "+351 1" not in str(held)


async def test_terms_are_shown_with_every_word_of_them(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.do(library, "/v1/terms/preferred", agreements=[])
    thid = await world.agree(her, library)

    page, path = await the_question(library, world)
    await sent(library, path, answer="yes")
    await world.settle()

    assert "Read all of it" in page
    assert "No terms hold between you yet" in page
    known = await world.ask(her, "GET", "/v1/terms")
    assert isinstance(known, dict)
    text = await world.ask(her, "GET", f"/v1/terms/{known['known'][0]['id']}")
    assert isinstance(text, dict)
    assert text["text"].splitlines()[0] in page
    assert state(her, thid) == "in-force"


async def test_a_question_about_a_want_is_answered_in_words_that_one_asker_gets(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    [cast] = await world.listed(shop, "/v1/demand")
    said = {"message": "question", "body": {"text": "Which colour?"}}
    await world.do(shop, f"/v1/threads/{cast['thread']}/say", **said)
    await world.settle()

    page, path = await the_question(her, world)
    nothing = await refused(her, f"{path}/words", text="  ")
    await sent(her, f"{path}/words", text="Green, if there is one")
    await world.settle()

    assert "Which colour?" in page
    assert f'href="#/wants/{want}"' in page
    assert "Nothing is written yet" in nothing
    [question] = await world.listed(shop, "/v1/questions")
    log = await world.ask(shop, "GET", f"/v1/threads/{question['thread']}/log")
    assert "Green, if there is one" in str(log)
    assert await world.listed(her, "/v1/questions") == []


async def test_who_asks_by_what_right_something_was_done_gets_an_answer_in_words(world: World) -> None:
    library, her, _ = await library_and_her(world)
    await world.do(her, "/v1/audits/challenge", peer="Town Library", question="Why did you write?", answer_by=BY)
    await world.settle()

    page, path = await the_question(library, world)
    await sent(library, f"{path}/words", text="Because a book was due")
    await world.settle()

    assert "Why did you write?" in page
    found = await world.ask(her, "GET", "/v1/audits/Town%20Library")
    assert "Because a book was due" in str(found)
    assert await world.listed(library, "/v1/questions") == []


async def test_a_page_that_asks_who_she_is_lets_her_in_by_a_link_that_is_shown_once_it_comes(world: World) -> None:
    library, her, called = await library_and_her(world)
    session = "a browser session of hers"
    await world.do(library, "/v1/sign-ins", peer=called, origin=library.config.url, session=session)
    await world.settle()

    page, path = await the_question(her, world)
    done = await sent(her, path, answer="yes")
    waiting = await seen(her, done.go)
    await world.settle()
    link = await seen(her, done.go)
    await world.tick(61)
    late = await seen(her, done.go)

    assert "Yes, that is me" in page
    assert "answer is on its way" in waiting
    assert "/sign-in?code=" in link
    assert f'href="{library.config.url}' not in link  # nothing of theirs becomes a link
    assert "has had its minute" in late


async def test_an_organisation_is_asked_in_the_same_way(world: World) -> None:
    library, her, called = await library_and_her(world)
    await world.do(her, "/v1/rights", peers=["Town Library"], right="erasure")
    await world.settle()

    page, _ = await the_question(library, world)
    listed = await seen(library, "/questions")

    assert "a person whom you know by these letters" in page
    assert called in page
    assert 'href="#/cases"' in page
    assert "exercises a right" in listed
    assert "Answer by 15 February 2027 (in 31 days)" in page


async def test_an_answer_that_is_refused_says_why_and_the_question_stays(world: World) -> None:
    library, her, called = await with_a_card(world)
    await asks_for_proof(world, library, called, "over_18", why="To lend you films")

    _, path = await the_question(her, world)
    why = await refused(her, path, answer="yes", refuse=["street"])
    neither = await refused(her, path, answer="perhaps")

    assert "street" in why
    assert "Nothing was done" in neither
    assert len(await world.listed(her, "/v1/questions")) == 1
    assert ledger(library, the_only(library).peer) == ledger(her, the_only(her).peer)


async def test_what_a_vendor_writes_is_text_and_nothing_else(world: World) -> None:
    library, her, called = await library_and_her(world)
    bad = "<img src=x onerror=alert(1)>\u202eevil"
    await world.do(library, "/v1/offers", peer=called, type="urn:x", name=bad, claims={bad: bad, "a_b": bad})
    await world.settle()

    page, _ = await the_question(her, world)

    assert "<img" not in page
    assert "&lt;img" in page
    assert "\u202e" not in page
    assert "U+202E" in page


async def test_a_long_list_comes_in_parts_of_which_only_one_is_described(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, her, called = await library_and_her(world)
    for _ in range(52):
        await world.do(library, "/v1/offers", peer=called, **CARD)
    await world.settle()
    described: list[Message] = []
    real = asking.describe

    def counted(draft: Draft, message: Message) -> JsonObject:
        described.append(message)
        return real(draft, message)

    monkeypatch.setattr(asking, "describe", counted)

    first, second = await seen(her, "/questions"), await seen(her, "/questions", page="2")

    assert "Part 1 of 2" in first
    assert (first.count("<li><svg"), second.count("<li><svg"), len(described)) == (50, 2, 52)
    assert "Nothing waits for you" in await seen(library, "/questions")


def asked_kinds() -> dict[str, str]:
    """Every kind of question that has a first line of its own, and that line."""
    found = {}
    for table in protocols.tables():
        lines = {**asking.ASKS, **vrm.side_of(table).asks}
        for row in table.rows:
            if row.says in lines and any("Ask()" in inspect.getsource(each) for each in rules_of(row)):
                found[f"{table.uri.rsplit('/', 2)[-2]}/{row.says.name}"] = lines[row.says]
    return found


def rules_of(row: object) -> list[FunctionType]:
    """The functions of a row of a table."""
    named = (getattr(row, name) for name in dir(row) if not name.startswith("_"))
    return [each for each in named if isinstance(each, FunctionType)]


def test_every_kind_of_question_has_words_for_its_answers_or_another_page() -> None:
    known = {*answers.WORDS, *answers.ELSEWHERE}

    assert {each for each in asked_kinds() if each not in known} <= {"intent/ask-release"}  # it is answered by itself
    assert known - set(asked_kinds()) == {"relationship/over", "assistant/proposal"}
