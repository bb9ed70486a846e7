"""The owner's pages as a table, without HTTP: method, path, query and form in; HTML, a file or where to go out."""

from collections.abc import Iterator, Mapping
from functools import partial

from agent import acts, places
from agent.agent import Agent
from agent.errors import AgentError
from agent.web.pages import (
    accepting,
    backup,
    bridges,
    card_types,
    card_ways,
    cards,
    cases,
    changes,
    customers,
    developers,
    experiences,
    first,
    given,
    identity,
    invite,
    letters,
    loyalties,
    mandates,
    marketplace,
    me,
    mediator,
    notices,
    others,
    overview,
    programme,
    questions,
    requests,
    rights,
    scan,
    settings,
    sold,
    team,
    things,
    trying,
)
from agent.web.pages.keeper import Keeper
from agent.web.pages.page import Failed, Fault, Made, Page, Shown, Visit, without_advice
from agent.web.pages.render import rendered
from agent.web.routes import segments
from protocols.problems import Misuse, Problem
from wallet.errors import Malformed, WalletError
from wallet.store import questions as waiting
from wallet.strict_json import parse_object
from wallet.words import sign_of

PAGES: tuple[Page, ...] = tuple(
    each
    for subject in (
        first,
        invite,
        changes,
        me,
        team,
        trying,
        backup,
        mediator,
        settings,
        cards,
        questions,
        things,
        loyalties,
        experiences,
        mandates,
        programme,
        sold,
        marketplace,
        card_ways,
        card_types,
        requests,
        bridges,
        developers,
        others,
        rights,
        letters,
        given,
        overview,
        cases,
        customers,
        scan,
        notices,
        identity,
        accepting,
    )
    for each in subject.PAGES
)


async def answer(
    agent: Agent,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: bytes,
    keeper: Keeper | None = None,
    session: str = "",
) -> tuple[int, Made]:
    """Show a page or do what a form on it asks. Returns an HTTP status and what came of it."""
    try:
        form = parse_object(body or b"{}") if method == "POST" else {}
    except Malformed:
        return 400, Fault("The form cannot be read. Nothing was done.")
    for page, named in fitting(agent, method, path):
        visit = Visit(agent, query, form, keeper, session)
        with acts.sitting(session):
            if method == "GET" or agent.config.kind != "org":
                return await made(page, visit, named)
            on = acts.named(named, {})
            try:
                return await acts.witnessed(agent, f"page {page.path}", on, partial(made, page, visit, named))
            except OSError as fault:
                status, words = places.refusal(agent.config, fault)
                return status, Fault(f"{words[:1].upper()}{words[1:]} Look before you repeat it.")
    return 404, html(agent, Shown("fault", {"why": "There is no such page."}))


async def made(page: Page, visit: Visit, named: Mapping[str, str]) -> tuple[int, Made]:
    """What one page shows, or its form does."""
    try:
        found = await page.act(visit, **named)
    except (Failed, AgentError, Misuse, Problem, WalletError) as fault:
        status = fault.status if isinstance(fault, Failed) else 409
        why = without_advice(str(fault))
        return status, Fault(why) if page.method == "POST" else html(visit.agent, Shown("fault", {"why": why}))
    if isinstance(found, Shown):
        acts.looked()
    return 200, html(visit.agent, found) if isinstance(found, Shown) else found


def fitting(agent: Agent, method: str, path: str) -> Iterator[tuple[Page, dict[str, str]]]:
    """The pages of that path which this agent has, with the segments that are named."""
    for page in PAGES:
        if page.method != method or page.whose not in ("both", agent.config.kind):
            continue
        if (named := segments(page.path, path)) is not None:
            yield page, named


def html(agent: Agent, shown: Shown) -> str:
    """The page, with what every page shows."""
    vault, config = agent.store.vault, agent.config
    return rendered(
        shown.template,
        shown.values,
        kind=config.kind,
        name=config.name,
        sign=sign_of(vault.sign),
        waiting=0 if vault.locked else agent.store.read(waiting.count),
        now=agent.now(),
    )
