"""A world that has been lived in: a person and a shop who have done everything together at least once, and more waits.

What they have is of use to every test of the owner's pages: whatever page is added, there is something on it.
"""

from pathlib import Path

from tests.browser.desk import DESK
from tests.browser.household import ORGS, Lived, Spelling, as_it_is
from tests.browser.story import STORY
from tests.browser.waiting import WAITING
from tests.unlinkability.society import Society

__all__ = ["Lived", "lived"]


async def lived(folder: Path, says: Spelling = as_it_is, named: Spelling = as_it_is) -> Lived:
    """Make it. Two agents have an account of everything, and each is asked something of every kind.

    says: what becomes of every text that one agent writes and another one shows; named: of what vendors are called.
    """
    s = Society(folder)
    shop, library, gym, agency = [await s.add(named(name), "org") for name in ORGS]
    made = Lived(s, await s.add("A customer"), shop, library, gym, agency, await s.add("A neighbour"), says)
    s.helper = agency
    for chapter in (*STORY, *DESK, *WAITING):
        await chapter(made)
        await s.settle()
    return made
