"""Commands: questions, answer."""

from argparse import Namespace
from collections.abc import Iterator

from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Begun, Fields, Question
from agent.cli.words import BOLD, coloured, count, pairs, short, show, when
from agent.speech import spoken


async def questions(options: Namespace) -> int:
    """What waits for the owner."""
    async with reach(options) as talk:
        said = await talk.get("questions")
    return show(options, said, list[Question], listed)


def listed(found: list[Question]) -> Iterator[str]:
    """Every question, with all that is needed to decide it."""
    if not found:
        yield "Nothing waits for you."
        return
    yield f"{count(len(found), 'question')} for you"
    for question in found:
        yield ""
        yield from words(question)


def words(question: Question) -> Iterator[str]:
    """One question: who and how we know, what, why, under which terms, until when, and what stays hidden."""
    yield coloured(f"[{short(question.question)}]  {plain(question.who)}: {plain(question.asks)}", BOLD)
    facts: list[tuple[str, object]] = [
        ("who", f"{question.who}; {question.proof}"),
        ("why", f'"{question.why}" (their words)' if question.why else "they gave no reason"),
        ("terms", question.terms or "none are agreed between you"),
        ("until", when(question.until) if question.until else "no date was named"),
    ]
    yield from pairs(facts)
    yield from asked(question.what)
    yield from how(question)


def asked(what: tuple[Fields, ...]) -> Iterator[str]:
    """What it is about: what would be seen, what stays hidden, and the rest, in the order it came."""
    claims = [each for each in what if "claim" in each]
    for each in what:
        if each is next(iter(claims), None):
            yield from seen(claims)
        elif "line" in each:
            yield f"  {plain(each['line'], 400)}"
        elif "agreement" in each:
            title = plain(each.get("title") or "a text this agent does not have")
            yield f"  {plain(each['agreement'])}: {title} (to read it: freerange terms show {plain(each['agreement'])})"
    hidden = sorted(plain(each["stays_hidden"]) for each in what if "stays_hidden" in each)
    if hidden:
        yield f"  Stays hidden: {', '.join(hidden)}"


def seen(claims: list[Fields]) -> Iterator[str]:
    """Claims that would be seen by name, card by card, or those of a card on offer as its issuer wrote them."""
    size = max(len(plain(each["claim"])) for each in claims)
    for card in dict.fromkeys(each.get("card") for each in claims):
        yield f"  They would see, from your {plain(card)}:" if card else "  It says:"
        lines = [(plain(each["claim"]), spoken(each.get("value"))) for each in claims if each.get("card") == card]
        yield from pairs(sorted(lines) if card else lines, "    ", size)


def how(question: Question) -> Iterator[str]:
    """How to answer it."""
    id = short(question.question)
    if not question.choices:
        yield from pairs([("answer", f"in the thread: freerange log {short(question.thread)}")])
    refusable = any("stays_hidden" in each or "card" in each for each in question.what)
    for number, each in enumerate(question.choices):
        more = "   (--refuse CLAIM keeps one back)" if each == "yes" and refusable else ""
        yield f"  {'' if number else 'answer':<10}  freerange answer {id} {each}{more}"


async def answer(options: Namespace) -> int:
    """Answer one."""
    async with reach(options) as talk:
        said = await talk.post("questions", options.question, "answer", answer=options.word, refuse=options.refuse)
    return show(options, said, Begun, answered)


def answered(begun: Begun) -> Iterator[str]:
    """What an answer said, and where to see what comes of it."""
    see = f"freerange log {short(begun.thread)}" if begun.thread else "freerange peers"
    yield f"Answered: {plain(begun.said)}. See: {see}"


COMMANDS: dict[str, Command] = {"questions": questions, "answer": answer}
