"""What tests of one act towards very many may ask for."""

from tests.agent.conftest import cheap_passphrases

__all__ = ["cheap_passphrases"]
