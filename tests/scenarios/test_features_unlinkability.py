"""No two vendors who lay everything side by side find a value that she did not knowingly tell both.

What must never happen: vrm-protocols, section 7, line 1; what is looked for: 3.9; feature F36 of section 2.
"""

from pathlib import Path

import pytest

from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from tests.agent.mediated import linked
from tests.agent.world import START
from tests.unlinkability import families
from tests.unlinkability.joining import Found, Value, joined
from tests.unlinkability.society import DAY, STEADY, Society, times_of_hers

EXCUSED: dict[str, Found] = {
    "the names of headers, of which some occur only when a message is sent again": set(Plaintext.__struct_fields__),
}
"""What is excused by its kind. All other shared values must occur in another world too, where nobody of this one lives
(constants), be published by an org, be in a preview or among what she was shown that she told (`Society.told`), or be
of a copy of a card, of which its issuer knows the bytes and which is shown to one verifier only (`Society.copies`).
Times in whole minutes, and days, are no values at all (3.9, joining.py)."""


async def lives(s: Society, her: Agent, shops: list[Agent]) -> None:
    """All that one person does with some vendors."""
    await families.has_card(her)
    for shop in shops:
        await families.meets(s, her, shop)
    for number, shop in enumerate(shops):
        other = shops[(number + 1) % len(shops)]
        for family in (families.is_noticed, families.signs_in, families.consents, families.is_given_card):
            await family(s, her, shop)
        await families.shows_card(s, her, shop, other)
        for family in (families.owns, families.is_loyal, families.tells, families.audits):
            await family(s, her, shop)
    await families.states_rules(s, her, *shops)
    await families.shares_usage(s, her, *shops)
    await families.moves(s, her, *shops)
    await families.exercises(s, her, *shops)
    await families.buys(s, her, *shops)
    await families.delegates(s, her, *shops)
    for shop in shops:
        await families.leaves_club(s, her, shop)
    await families.ends(s, her, shops[-1])


async def lived(folder: Path, vendors: int, customers: int, each: int, *, begun: int = START) -> Society:
    """A society in which every customer has dealt with `each` of the vendors."""
    s = await Society.of(folder, vendors, customers, begun=begun)
    for shop in s.vendors:
        await s.do(shop, "/v1/programme", **families.CLUB)
    async with linked(*s.customers, rhythm=STEADY):
        for number, her in enumerate(s.customers):
            first = number * each % vendors
            await lives(s, her, [s.vendors[(first + step) % vendors] for step in range(each)])
    s.note_told()
    return s


def empty(folder: Path, name: str) -> Path:
    """A folder for the wallets of one society."""
    (folder / name).mkdir()
    return folder / name


def unexplained(s: Society, constants: Found) -> dict[Value, tuple[str, ...]]:
    """The values that two vendors share, and that no preview, no published text and no constant explains."""
    found = joined(s.seen(), [constants, *EXCUSED.values()])
    copies = s.copies()
    left = {}
    for value, names in found.items():
        told, who = s.told.get(value, set()), set(names)
        if not who <= told and who not in copies.get(value, []):
            left[value] = names
    return left


async def joins(folder: Path, vendors: int, customers: int, each: int) -> None:
    """All that vendors share is told to both, or nobody's."""
    other = await lived(empty(folder, "other"), vendors, 2, each, begun=START + 40 * DAY + 3600)
    constants = Found().union(*other.seen().values(), other.public())
    await other.close()
    s = await lived(empty(folder, "one"), vendors, customers, each)
    try:
        assert unexplained(s, constants | s.public()) == {}
        assert times_of_hers(s) == {}
    finally:
        await s.close()


async def test_f36_vendors_who_join_all_they_have_find_nothing_that_was_not_told_to_both(tmp_path: Path) -> None:
    await joins(tmp_path, 3, 4, 3)


@pytest.mark.full
async def test_f36_nor_do_twenty_vendors_of_fifty_customers(tmp_path: Path) -> None:
    await joins(tmp_path, 20, 50, 4)
