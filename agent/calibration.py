"""How dear a guess at the passphrase is made: so much memory and work that unlocking takes about a second here.

Source: security 5.2.
"""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Final

from wallet.slots import STANDARD, Argon2, stretch

TARGET: Final = 1.0  # seconds
MOST: Final = 1024 * 1024  # KiB; a wallet that asks for more is not opened
SHARE: Final = 8  # at most this part of the memory there is


def calibrated(clock: Callable[[], float] = perf_counter, memory: int | None = None) -> Argon2:
    """The cost of a new passphrase: the standard, doubled while that stays below a second. memory: KiB there is."""
    limit = min(MOST, (_memory() if memory is None else memory) // SHARE)
    cost = STANDARD
    while True:
        began = clock()
        stretch(cost)
        if (clock() - began) * 2 > TARGET or cost.memory * 2 > limit:
            return cost
        cost = Argon2(cost.memory * 2, cost.passes, cost.lanes)


def _memory() -> int:
    """What this computer has, KiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
