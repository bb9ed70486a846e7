"""Proving once more that it is she: before her words, her keys or all she has are shown or let out.

Source: security, cases UI-11 and UI-20.
"""

import asyncio
from typing import Final

from agent.errors import TooMany
from agent.logs import note
from agent.web.guesses import Guesses
from agent.web.pages.page import Failed, Visit
from wallet.errors import Locked
from wallet.slots import Secret
from wallet.vault import Vault

OTHERS: Final = Guesses()  # of agents without a keeper


async def prove(visit: Visit, secret: Secret, act: str) -> None:
    """Raise Failed, nothing done, unless this opens the wallet. act: what it is for, which is logged first."""
    guesses = visit.keeper.guesses if visit.keeper else OTHERS
    vault = Vault(visit.agent.store.vault.header)
    try:
        async with guesses.guess():
            await asyncio.to_thread(vault.unlock, secret)
    except Locked:
        raise Failed(403, "That is not your passphrase. Nothing was done.") from None
    except TooMany as fault:
        raise Failed(429, str(fault)) from None
    finally:
        vault.lock()
    note("proved again", act=act)
