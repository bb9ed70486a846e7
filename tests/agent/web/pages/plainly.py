"""What a page says, without its markup."""

import html
import re

from agent.agent import Agent
from tests.agent.web.pages.visits import seen


def words(page: str) -> str:
    """The text of a page, its menu left out."""
    _, _, main = page.partition("<main>")
    return " ".join(
        html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<(/?(p|li|dt|dd|h\d|th|td|label|br))\b", r" <\1", main))).split()
    )


async def read(agent: Agent, path: str, **query: str) -> str:
    """The text of a page of this agent."""
    return words(await seen(agent, path, **query))
