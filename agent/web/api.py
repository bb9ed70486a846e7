"""The owner's JSON API as a table of routes, without HTTP: method, path and body in, status and JSON out.

The command line calls `answer` directly when no agent is running, and over the loopback listener (`server.py`) when one
is, so both ways do the same.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import msgspec

from agent import acts, places, wording
from agent.agent import Agent
from agent.errors import AgentError, Misconfigured, Refused
from agent.web import (
    agreements,
    assets,
    audits,
    backups,
    bridges,
    campaigns,
    card_types,
    cards,
    caseload,
    cases,
    clients,
    consents,
    contact,
    customers,
    demand,
    evidence,
    exchanges,
    experiences,
    given,
    groups,
    health,
    house_rules,
    integrations,
    inviting,
    leavings,
    looking,
    loyalty,
    mandates,
    mediator,
    notices,
    proof_requests,
    questions,
    queue,
    relationships,
    rights,
    rosters,
    rotations,
    scans,
    selfhood,
    settings,
    sign_ins,
    team_log,
    things,
    threads,
    usage,
    vitals,
    wants,
)
from agent.web.routes import Route
from protocols.problems import Misuse, Problem
from wallet.errors import Locked, NotFound, WalletError

ROUTES: tuple[Route, ...] = tuple(
    each
    for subject in (
        relationships,
        inviting,
        rights,
        mediator,
        threads,
        usage,
        questions,
        card_types,
        proof_requests,
        cards,
        clients,
        consents,
        given,
        agreements,
        health,
        vitals,
        backups,
        bridges,
        queue,
        rotations,
        settings,
        leavings,
        groups,
        contact,
        campaigns,
        integrations,
        notices,
        rosters,
        house_rules,
        mandates,
        scans,
        sign_ins,
        experiences,
        wants,
        demand,
        things,
        assets,
        cases,
        loyalty,
        audits,
        evidence,
        exchanges,
        looking,
        team_log,
        caseload,
        customers,
        selfhood,
    )
    for each in subject.ROUTES
)


LOOKS: Final = frozenset(
    {
        "/v1/acts/against",
        "/v1/acts/verify",
        "/v1/contact/preview",
        "/v1/customers/find",
        "/v1/experiences/verify",
        "/v1/groups/members",
        "/v1/history",
        "/v1/identity/check",
        "/v1/invitations/read",
        "/v1/leavings/preview",
        "/v1/look",
        "/v1/proof-requests/look",
        "/v1/proof-requests/{id}/try",
        "/v1/rosters/look",
        "/v1/rotations/choose",
        "/v1/wants/{name}/preview",
    }
)
"""What is asked by POST, for it takes a body, and changes nothing: no act for the log of a team."""


def subject_of(path: str) -> str:
    """What a path is about: its first two segments, which are the same in whatever fits a route."""
    return "/".join(path.split("/", 3)[:3])


def by_subject(routes: Iterable[Route]) -> dict[str, list[Route]]:
    """Routes by what they are about, so that few are looked at for each request; each group in their order."""
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(subject_of(route.path), []).append(route)
    return found


_ROUTES_ON: Final = by_subject(ROUTES)


async def answer(agent: Agent, method: str, path: str, body: bytes = b"") -> tuple[int, object]:
    """Do what is asked. Returns an HTTP status and what to say; a failure is {"error": words for people}.

    What an organisation's people do is kept in its log (agent/acts.py).
    """
    if agent.store.vault.locked:
        return 423, {"error": "the wallet is locked; nothing was shown or done. Unlock it first."}
    for route in _ROUTES_ON.get(subject_of(path), ()):
        named = route.matches(method, path)
        if named is None:
            continue
        if method == "GET" or agent.config.kind != "org":
            return await done(agent, route, named, body)
        asked = fields(body)
        if route.path in LOOKS or asked.get("preview") is True:
            acts.looked()
            return await done(agent, route, named, body)
        try:
            on = acts.named(named, asked)
            return await acts.witnessed(agent, route.path, on, partial(done, agent, route, named, body))
        except OSError as fault:
            status, words = places.refusal(agent.config, fault)
            return status, {"error": f"the log of your team could not be kept: {words}"}
    return 404, {"error": f"there is no {method} {path} here"}


def fields(body: bytes) -> dict[str, object]:
    """What was sent, as far as it can be read."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError):
        return {}


async def done(agent: Agent, route: Route, named: Mapping[str, str], body: bytes) -> tuple[int, object]:
    """What one route answers."""
    try:
        arguments: dict[str, object] = {**named}
        if route.takes is not None:
            arguments["asked"] = msgspec.json.decode(body or b"{}", type=route.takes)
        return 200, await route.act(agent, **arguments)
    except (msgspec.ValidationError, msgspec.DecodeError) as fault:
        return 400, {"error": f"{wording.fault(str(fault))}. Nothing was done."}
    except RecursionError:
        return 400, {"error": "the body has too many brackets inside each other. Nothing was done."}
    except NotFound as fault:
        return 404, {"error": str(fault)}
    except (Misuse, Refused, Misconfigured) as fault:
        return 409, {"error": str(fault)}
    except Locked as fault:
        return 423, {"error": str(fault)}
    except (WalletError, AgentError, Problem) as fault:
        return 422, {"error": str(fault)}
    except OSError as fault:
        status, words = places.refusal(agent.config, fault)
        return status, {"error": words}
