"""Opening an envelope by the documents we remember and, if it does not open by those, by what is published now."""

from functools import partial
from time import perf_counter

from agent.agent import CHANGEABLE, Agent
from agent.didcomm import envelopes
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import BadPlaintext
from agent.errors import Dropped
from wallet.dids.document import Document
from wallet.errors import Unresolved, WalletError
from wallet.needs import Lookup


async def open_envelope(agent: Agent, raw: bytes, source: str) -> Opened:
    """The message in an envelope. Raises what `envelopes.open` raises, and TooMany.

    source: the address it came from; what is looked up for somebody we do not know is charged to it (DID-20).
    If it does not open by the document we remember of a sender whose document may change, it is tried once more by the
    document as it is now, which is fetched once a minute at most (DID-21).
    """
    changeable = False

    def resolve(did: str) -> "Lookup[Document]":  # in quotes, or it would be made anew for each message
        nonlocal changeable
        changeable = changeable or did.startswith(CHANGEABLE)
        return agent.resolve_known(did)

    opening = partial(envelopes.open, raw, keys=agent.keys, strict=agent.config.strict)
    charge, began = partial(agent.limits.lookup_from, source), perf_counter()
    try:
        return await agent.meet(opening(resolve=resolve), charge)
    except (BadPlaintext, Unresolved):
        raise
    except (Dropped, WalletError):
        if not changeable:
            raise
        return await agent.meet(opening(resolve=agent.resolve_anew), charge)
    finally:
        agent.metrics.passed("open", began)
