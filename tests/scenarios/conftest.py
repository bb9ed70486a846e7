"""Scenarios use the same world as the tests of the agent."""

from tests.agent.conftest import cheap_passphrases, world

__all__ = ["cheap_passphrases", "world"]
