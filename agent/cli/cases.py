"""Command: cases. Problems with things, until they are solved."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import Command
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.things import money
from agent.cli.words import pairs, short, show, table, when

TURN = {"you": "you", "them": "them", "nobody": "-"}


class Case(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One case."""

    thread: str
    with_: str
    state: str
    case: str | None
    thing: str | None
    problem: str
    want: str
    status: str | None
    latest: str | None
    outcome: str | None
    outcome_text: str | None
    answer_by: str | None
    refused: str | None
    waits_for: str


async def cases(options: Namespace) -> int:
    """Problems with things."""
    async with reach(options) as talk:
        if options.action in (None, "list"):
            return show(options, await talk.get("cases"), tuple[Case, ...], queue)
        asked = {
            "text": getattr(options, "text", ""),
            "number": getattr(options, "number", ""),
            "answer_by": getattr(options, "by", None),
            "status": getattr(options, "status", ""),
            "remedy": getattr(options, "remedy", ""),
            "reason": getattr(options, "reason", "other"),
            "amount": money(getattr(options, "amount", None)),
            "solved": getattr(options, "solved", True),
        }
        said = await talk.post("cases", options.case, act=options.action, **asked)
    return show(options, said, Case, described_case)


def queue(found: tuple[Case, ...]) -> Iterator[str]:
    """All cases, a line each."""
    if not found:
        yield "There are no cases."
        return
    rows: list[tuple[object, ...]] = [("CASE", "WITH", "THING", "STATE", "WAITS FOR", "PROBLEM")]
    rows += [
        (each.case or short(each.thread), each.with_, each.thing, each.state, TURN[each.waits_for], each.problem)
        for each in found
    ]
    yield from table(rows)


def described_case(case: Case) -> Iterator[str]:
    """One case."""
    yield f"Case {plain(case.case or short(case.thread))} with {plain(case.with_)}: {plain(case.state)}"
    said: list[tuple[str, object]] = [
        ("thing", case.thing),
        ("problem", case.problem),
        ("wanted", case.want),
        ("answer by", when(case.answer_by) if case.answer_by else None),
        ("status", case.status),
        ("latest", case.latest),
        ("outcome", f"{case.outcome}: {case.outcome_text}" if case.outcome else None),
        ("refused", case.refused),
    ]
    yield from pairs([(name, value) for name, value in said if value])


COMMANDS: dict[str, Command] = {"cases": cases}
