"""Routes: campaigns, how far they have come, and holding them up."""

from itertools import islice

from agent import campaigns
from agent.agent import Agent
from agent.campaigns import QUEUED, SKIPPED, Tally
from agent.many import DELIVERED, SENT, SILENT
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound

LISTED = 500  # recipients that are shown one by one
FIRST = (QUEUED, SENT, DELIVERED, SILENT, SKIPPED)


def found(agent: Agent, typed: str) -> str:
    """The campaign whose id is, or begins with, what was typed. Raises NotFound, or Misuse if several do."""
    fitting = [each.id for each in campaigns.listed(agent) if each.id.startswith(typed)]
    if not fitting:
        raise NotFound(f'no campaign "{typed[:64]}" is known; freerange campaign list shows which are')
    if len(fitting) > 1:
        raise Misuse(f'"{typed}" begins the id of {len(fitting)} campaigns; give more of it')
    return fitting[0]


def shown(each: Tally) -> dict[str, object]:
    """A campaign as it is listed. said: to how many something has been said, or why nothing can be is known."""
    plan = each.plan
    over = plan.state == "running" and not each.unsaid
    return {
        "campaign": each.id,
        "kind": plan.kind,
        "title": plan.title,
        "state": "said" if over else plan.state,
        "begun": timestamp(each.at),
        "size": plan.size,
        "said": plan.size - each.unsaid,
        "answered": sum(count for state, count in each.counts.items() if state not in FIRST),
        "counts": {"unsaid" if state == QUEUED and plan.state == "cancelled" else state: each.counts[state]
                   for state in sorted(each.counts, key=rank)},
    }  # fmt: skip


def rank(state: str) -> tuple[int, str]:
    """In which order states are listed: as they follow each other, the answers last."""
    return (FIRST.index(state), "") if state in FIRST else (len(FIRST), state)


async def listing(agent: Agent) -> object:
    """All campaigns, the newest first."""
    return [shown(each) for each in campaigns.listed(agent)]


async def one(agent: Agent, id: str) -> object:
    """One campaign."""
    return shown(campaigns.tally(agent, found(agent, id)))


async def recipients(agent: Agent, id: str) -> object:
    """Whom it was or will be said to, and what came of it; so many of them."""
    known = islice(campaigns.recipients(agent, found(agent, id)), LISTED)
    rows = [
        {
            "with": called(agent, to.peer or to.to),
            "state": row.state,
            "thread": row.thid,
            "why": to.why,
            "chosen": row.chosen,
        }
        for row, to in known
    ]
    return sorted(rows, key=lambda row: (rank(str(row["state"])), str(row["with"])))


def called(agent: Agent, peer: str) -> str:
    """What a recipient is called: one that was never met, by its DID."""
    try:
        return agent.relationship(peer)[0].called
    except NotFound:
        return peer


async def pause(agent: Agent, id: str) -> object:
    """Say nothing more for now."""
    whole = found(agent, id)
    await campaigns.pause(agent, whole)
    return shown(campaigns.tally(agent, whole))


async def resume(agent: Agent, id: str) -> object:
    """Go on."""
    whole = found(agent, id)
    await campaigns.resume(agent, whole)
    return shown(campaigns.tally(agent, whole))


async def cancel(agent: Agent, id: str) -> object:
    """Say it to nobody else."""
    whole = found(agent, id)
    unsaid = await campaigns.cancel(agent, whole)
    return {"campaign": whole, "unsaid": unsaid}


ROUTES = (
    Route("GET", "/v1/campaigns", listing),
    Route("GET", "/v1/campaigns/{id}", one),
    Route("GET", "/v1/campaigns/{id}/recipients", recipients),
    Route("POST", "/v1/campaigns/{id}/pause", pause),
    Route("POST", "/v1/campaigns/{id}/resume", resume),
    Route("POST", "/v1/campaigns/{id}/cancel", cancel),
)
