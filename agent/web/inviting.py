"""Routes: the invitations of ours that stand, and taking one back."""

from agent import invitations
from agent.agent import Agent
from agent.invitations import Standing
from agent.web.routes import Route
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound


def shown(each: Standing, url: str) -> dict[str, object]:
    """An invitation as it is listed."""
    return {
        "id": each.id,
        "url": url,
        "goal": each.goal,
        "once": each.once,
        "since": timestamp(each.since),
        "until": timestamp(each.until) if each.until else None,
        "mediation": each.code != invitations.GOAL,
    }


async def listed(agent: Agent) -> object:
    """Every invitation that may still be answered, the newest first."""
    return [shown(*each) for each in invitations.every(agent)]


async def one(agent: Agent, id: str) -> object:
    """One invitation that may still be answered."""
    for each, url in invitations.every(agent):
        if each.id == id:
            return shown(each, url)
    raise NotFound("this invitation has ended, or was used up by whoever answered it")


async def revoke(agent: Agent, id: str) -> object:
    """Take an invitation back."""
    found = await invitations.revoke(agent, id)
    return {"id": found.id, "goal": found.goal}


ROUTES = (
    Route("GET", "/v1/invitations", listed),
    Route("GET", "/v1/invitations/{id}", one),
    Route("POST", "/v1/invitations/{id}/revoke", revoke),
)
