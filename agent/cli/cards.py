"""Commands: credentials, issue, request, verdict."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.cli.content import FOR_PROGRAMS
from agent.cli.exits import DONE, FAILED, MISUSED, NO_ANSWER, Command, Stopped
from agent.cli.fields import fields
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Begun, Card, Part, Thread, Verdict
from agent.cli.waiting import over
from agent.cli.words import GREEN, RED, coloured, count, pairs, short, show, table, when
from agent.speech import spoken


async def credentials(options: Namespace) -> int:
    """The cards we hold, or one of them."""
    async with reach(options) as talk:
        if options.card:
            return show(options, await talk.get("credentials", options.card), Card, whole)
        return show(options, await talk.get("credentials"), list[Card], listed)


def listed(found: list[Card]) -> Iterator[str]:
    """Every card, with what it says."""
    if not found:
        yield "There are no cards in this wallet yet."
    for card in found:
        yield f"[{short(card.card)}]  {plain(card.name)}, issued by {plain(card.issued_by)}"
        size = max((len(plain(name)) for name in card.claims), default=10)
        yield from pairs(sorted((plain(name), spoken(value)) for name, value in card.claims.items()), "  ", size)


def whole(card: Card) -> Iterator[str]:
    """One card, with what programs need to know of it."""
    yield from listed([card])
    facts = [("type", card.type), ("issuer", card.issuer), ("format", card.format), ("kept since", when(card.since))]
    yield from pairs(facts, "  ", 10)
    yield f"  {card.credential}"


async def issue(options: Namespace) -> int:
    """Offer a card."""
    claims = fields(options.claim)
    if not claims:
        raise Stopped("the card would say nothing; nothing was done", "Give at least one --claim NAME=VALUE", MISUSED)
    about = {"type": options.type, "name": options.name or options.type, "claims": claims, "format": options.format}
    async with reach(options) as talk:
        said = await talk.post("offers", peer=options.peer, **about)
    return show(options, said, Begun, offered)


def offered(begun: Begun) -> Iterator[str]:
    """What came of an offer."""
    yield f"Offered to {plain(begun.to)}. It is issued when they take it: freerange log {short(begun.thread)}"


async def request(options: Namespace) -> int:
    """Ask for proof, and say what was found of it."""
    asked = wanted(options)
    async with reach(options, listen=not options.no_wait) as talk:
        said = await talk.post("requests", peer=options.peer, purpose=options.purpose, issuers=options.issuer, **asked)
        thread = msgspec.json.decode(said, type=Begun).thread or ""
        if options.no_wait:
            return show(options, said, Begun, lambda _: [f"Asked. What comes of it: freerange verdict {short(thread)}"])
        ended = await over(talk, thread, seconds=options.timeout, waiting_for="their answer")
        if ended is None:
            raise Stopped("They have not answered yet.", f"Look later: freerange verdict {short(thread)}", NO_ANSWER)
        try:
            said = await talk.get("verdicts", thread)
        except Stopped:
            raise Stopped(f"they did not prove it: {ended.state}", f"See: freerange log {short(thread)}") from None
    return judged(options, said)


async def verdict(options: Namespace) -> int:
    """What was found of a proof, earlier."""
    async with reach(options) as talk:
        thread = msgspec.json.decode(await talk.get("threads", options.thread), type=Thread)
        if not thread.over:
            raise Stopped(
                "They have not answered yet.", f"Look later: freerange verdict {short(thread.thread)}", NO_ANSWER
            )
        return judged(options, await talk.get("verdicts", thread.thread))


def judged(options: Namespace, said: bytes) -> int:
    """Show a verdict. Returns 0 if all of it holds."""
    show(options, said, Verdict, found)
    return DONE if msgspec.json.decode(said, type=Verdict).verified else FAILED


def wanted(options: Namespace) -> dict[str, object]:
    """What the options ask to be proved. Raises Stopped."""
    if options.query is None:
        if not options.type:
            raise Stopped("which card is to be shown? Nothing was asked", "Give --type TYPE, or --query FILE", MISUSED)
        return {"type": options.type, "claims": options.claim}
    try:
        query: object = msgspec.json.decode(Path(options.query).read_bytes())
    except (OSError, msgspec.DecodeError) as fault:
        raise Stopped(f"{options.query} holds no query: {fault}", "It is a DCQL query in JSON.", MISUSED) from fault
    return {"query": query}


def found(verdict: Verdict) -> Iterator[str]:
    """Every check of every credential, and what was shown."""
    for part in verdict.verdicts:
        yield from checks(part)
    checked = sum(len(part.checks) for part in verdict.verdicts)
    failed = sum(not check.ok for part in verdict.verdicts for check in part.checks)
    if verdict.verified:
        yield coloured(f"Verified: all {count(checked, 'check')} hold.", GREEN)
    else:
        yield coloured(f"Not verified: {failed} of {count(checked, 'check')} failed.", RED)


def checks(part: Part) -> Iterator[str]:
    """One credential."""
    if part.issuer:
        yield f"{plain(part.format)}, issued by {plain(part.issuer)}"
    yield from table([("ok  " if check.ok else "FAIL", check.name, check.detail) for check in part.checks], "  ")
    said = sorted((plain(name), spoken(value)) for name, value in part.claims.items() if name not in FOR_PROGRAMS)
    if said:
        yield "  shown:"
        yield from pairs(said, "    ", max(len(name) for name, _ in said))


COMMANDS: dict[str, Command] = {"credentials": credentials, "issue": issue, "request": request, "verdict": verdict}
