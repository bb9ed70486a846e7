"""Who lives in the world of the owner's pages: a person, the vendors she deals with, her helper, and a neighbour."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent.agent import Agent
from tests.unlinkability.families import hers
from tests.unlinkability.society import Society

Spelling = Callable[[str], str]
ORGS = ("Corner Shop", "Town Library", "Gym", "Consumer Agency")


def as_it_is(words: str) -> str:
    """Nothing is changed."""
    return words


@dataclass
class Lived:
    """Everybody there is. her: the person; shop: the vendor she does everything with; the others: see `lived`."""

    s: Society
    her: Agent
    shop: Agent
    library: Agent
    gym: Agent
    agency: Agent
    neighbour: Agent
    says: Spelling
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """What the shop calls her."""
        return hers(self.shop, self.her)


Chapter = Callable[[Lived], Awaitable[None]]
