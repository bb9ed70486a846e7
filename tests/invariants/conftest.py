"""Invariants are tested in the same world as the agent."""

from tests.agent.conftest import cheap_passphrases, world

__all__ = ["cheap_passphrases", "world"]
