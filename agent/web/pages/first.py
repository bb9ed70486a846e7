"""Home: what waits for her, her cards, whom she knows, and whether her wallet would outlast this computer."""

from heapq import nlargest
from typing import Any, Final

import msgspec

from agent import cards
from agent.web import cards as kept
from agent.web import questions, relationships
from agent.web.pages.page import Page, Shown, Visit
from agent.web.pages.relationships import decorated
from wallet.store.change import Peer

SOME: Final = 5  # questions
FEW: Final = 3  # cards
MARKS: Final = 12  # relationships
OLD: Final = 30 * 86400  # seconds after which a back-up is old


class Known(msgspec.Struct, frozen=True):
    """What counts here of everybody's row: the rest of it is read of those who are shown."""

    peer: str
    since: int
    ended: bool = False


_decoder = msgspec.json.Decoder(Known)


def _read(row: Peer) -> Known:
    return _decoder.decode(row.record)


async def home(visit: Visit) -> Shown:
    """What she sees first."""
    agent, store = visit.agent, visit.agent.store
    waiting, going_on = store.questions(), [each for each in map(_read, store.peers()) if not each.ended]
    newest = nlargest(MARKS, going_on, key=lambda each: (each.since, each.peer))
    return Shown(
        "first",
        {
            "questions": [questions.shown(agent, *each) for each in waiting[:SOME]],
            "waits": len(waiting),
            "cards": [kept.shown(cards.read(each)) for each in store.newest_items(cards.KEPT, 0, FEW)],
            "has": store.count_items(cards.KEPT),
            "known": [decorated(relationships.shown(agent, agent.relationship(each.peer)[0])) for each in newest],
            "knows": len(going_on),
            "backup": backup(await visit.get("/v1/backups"), agent.now()),
            "development": agent.config.development and visit.keeper is not None,
        },
    )


def backup(found: dict[str, Any], now: int) -> tuple[str, str]:
    """How the wallet is backed up: a word for how well, and a sentence."""
    if not found["recipient"]:
        return "bad", "There are no recovery words yet. If this computer is lost, so is your wallet."
    if not found["last"]:
        return "warn", "There are recovery words, but no back-up was made yet."
    days = (now - found["last"]) // 86400
    ago = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    return ("warn" if now - found["last"] > OLD else "good"), f"The last back-up was made {ago}."


PAGES = (Page("GET", "/", home, "person"),)
