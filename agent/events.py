"""What an org's own systems hear of what is said."""

from agent.draft import Draft
from protocols.machine import Message


def publish(draft: Draft, event: str, message: Message) -> None:
    """Add an event to the change, if this agent has systems to tell."""
