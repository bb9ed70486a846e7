"""The systems there are bridges to, and which of them a setting means."""

from agent.agent import Agent
from agent.bridges import Bridge
from agent.errors import Misconfigured


async def make(agent: Agent, setting: str) -> Bridge:
    """The bridge of a setting; nothing is connected yet. Raises Misconfigured. Only what is used is loaded."""
    kind, _, address = setting.partition(":")
    match kind:
        case "minicrm":
            from agent.bridges.minicrm import make as minicrm

            return minicrm(agent, address)
        case "tryton":
            from agent.bridges import tryton

            return tryton.make(agent, setting)
        case "https" | "http":
            from agent.bridges.webhooks import make as webhook

            return await webhook(agent, setting)
    raise Misconfigured(f'there is no bridge to "{kind[:64]}". There are: minicrm, tryton:URL, and https://URL')
