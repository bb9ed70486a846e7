"""Rights exercised by letter, with an organisation that has no agent: the same ledger, its states entered by hand.

Source: vrm-protocols 5.4 ("Org without agent").
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from agent import families
from agent.agent import Agent
from agent.vrm.data_rights import due_day
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.data_rights import data_rights
from protocols.vrm.data_rights_words import Regime, Right
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item

LETTER, LISTED = "rights-letter", "rights-letters-are-listed"
Step = Literal["sent", "received", "progress", "delivered", "fulfilled", "denied", "cancelled", "closed"]
OVER = frozenset({"fulfilled", "denied", "cancelled", "closed"})
ANSWERS = frozenset({"fulfilled", "denied", "cancelled"})
WISHES: dict[str, str] = {
    "access": "to receive a copy of all personal data about me that you hold, with the purposes for which you use it,"
    " the recipients to whom you have given it, how long you keep it, and where you have it from",
    "categories": "to be told which categories of personal data about me you collect, use and disclose",
    "recipients": "to be told to whom you have disclosed personal data about me",
    "rectification": "that you correct personal data about me that is wrong, as stated below",
    "erasure": "that you erase the personal data about me, and tell all to whom you disclosed it to do so too",
    "restriction": "that you restrict the processing of personal data about me: that you store it, and do not use it",
    "portability": "to receive the personal data that I gave you in a structured, common and machine-readable form",
    "objection": "to object to the processing of personal data about me; please stop it",
    "no-automated-decision": "not to be subject to a decision based solely on automated processing, and to have any"
    " such decision about me reviewed by a person",
    "withdraw-all": "to withdraw every consent that I have given you; please stop what rests on it, and erase the data",
    "sale-opt-out": "that you neither sell nor share personal data about me",
}
LAWS: dict[str, str] = {
    "gdpr": "the General Data Protection Regulation (EU) 2016/679, articles 15 to 22",
    "ccpa": "the California Consumer Privacy Act, Civil Code sections 1798.100 and following",
    "agreement": "the agreement between us",
    "voluntary": "your own undertakings; I know of no law that obliges you, and ask you all the same",
}


class Entry(msgspec.Struct, frozen=True):
    """One step, as she entered it. on: a Date."""

    step: str
    on: str
    note: str = ""


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One case. to: the organisation; address: lines of its post address or an e-mail address; me: name and address of
    hers, as they stand on the letter; about: what it concerns, in her words; at: Unix seconds of its making.
    """

    id: str
    to: str
    address: str
    me: str
    right: Right
    regime: Regime
    about: str
    at: int
    steps: tuple[Entry, ...] = ()

    @property
    def state(self) -> str:
        """The last step that was entered."""
        return self.steps[-1].step if self.steps else "drafted"


async def write(agent: Agent, *, to: str, address: str, me: str, right: Right, regime: Regime, about: str) -> Letter:
    """Begin a case; nothing is sent by this program. about: what it concerns, in her words, or nothing."""
    if not to.strip() or not me.strip():
        raise Misuse("a letter needs the name of the organisation and yours; nothing was written")
    letter = Letter(new_id(), to.strip(), address.strip(), me.strip(), right, regime, about.strip(), agent.now())
    await agent.store.apply(Change("", keep=(kept(letter), listed(letter))))
    return letter


async def enter(agent: Agent, letter: Letter, step: Step, on: str, note: str = "") -> Letter:
    """Enter what has happened. Raises Misuse if it is over, or was not sent yet."""
    if letter.state in OVER and step != "closed":
        raise Misuse(f"this case is {letter.state}; begin another one")
    if not letter.steps and step not in ("sent", "cancelled"):
        raise Misuse("first enter on which day it was sent: freerange rights enter ID sent")
    after = msgspec.structs.replace(letter, steps=(*letter.steps, Entry(step, on, note)))
    await keep(agent, after)
    return after


async def keep(agent: Agent, letter: Letter) -> None:
    """Store a case."""
    await agent.store.apply(Change("", keep=(kept(letter),)))


def kept(letter: Letter) -> Item:
    """How a case is stored."""
    return Item(LETTER, letter.id, msgspec.json.encode(letter))


def listed(letter: Letter) -> Item:
    """How it is found in a list, between the cases that agents carry: a thread of no relationship."""
    return Item(families.KIND, f" {letter.id}", letter.id.encode(), tag=data_rights.id)


async def look_up(agent: Agent) -> None:
    """Let what was written before there were such lists be found in them; done once in the life of a wallet."""
    if agent.store.item(LISTED, LISTED) is None:
        await agent.store.apply(Change("", keep=(*map(listed, of(agent)), Item(LISTED, LISTED, b""))))


def of(agent: Agent) -> list[Letter]:
    """All cases by letter, oldest first."""
    found = (msgspec.json.decode(item.record, type=Letter) for item in agent.store.items(LETTER))
    return sorted(found, key=lambda each: (each.at, each.id))


def find(agent: Agent, id: str) -> Letter:
    """The case whose id is, or begins with, `id`. Raises NotFound, or Misuse if several do."""
    if (row := agent.store.item(LETTER, id)) is not None:
        return msgspec.json.decode(row.record, type=Letter)
    fitting = [each for each in of(agent) if id and each.id.startswith(id)]
    if len(fitting) > 1:
        raise Misuse(f'"{id}" begins the id of {len(fitting)} letters; give more of it')
    if not fitting:
        raise NotFound(f'there is no case "{id[:64]}"; freerange rights lists them')
    return fitting[0]


def due_of(agent: Agent, letter: Letter) -> str:
    """The day by which it is to be answered: from the day it came, if that is known, else from when it was sent."""
    days = {each.step: each.on for each in reversed(letter.steps)}
    since = days.get("received") or days.get("sent")
    if since is None:
        return ""
    return due_day(agent, letter.regime, unix(f"{since}T00:00:00Z"))


def case(agent: Agent, letter: Letter) -> dict[str, object]:
    """A case as it is listed, beside those that agents carry."""
    due = due_of(agent, letter)
    over = letter.state in OVER
    return {
        "case": letter.id,
        "by": "letter",
        "with": letter.to,
        "fingerprint": "",
        "domain": "",
        "right": letter.right,
        "regime": letter.regime,
        "scope": (letter.about,) if letter.about else (),
        "state": letter.state,
        "asked": timestamp(letter.at),
        "received": next((each.on for each in letter.steps if each.step == "received"), None),
        "reference": None,
        "due": due or None,
        "overdue": bool(due) and not over and timestamp(agent.now())[:10] > due,
        "expected": None,
        "appeals": None,
        "record": None,
        "answer": next((each.step for each in reversed(letter.steps) if each.step in ANSWERS), ""),
        "outcome": [f"{each.on}: {each.step}{f' ({each.note})' if each.note else ''}" for each in letter.steps],
    }


def text(agent: Agent, letter: Letter) -> str:
    """The letter, to be printed or mailed, and signed by hand."""
    today = datetime.fromtimestamp(agent.now(), UTC)
    day = f"{today.day} {today:%B %Y}"
    about = f"\nThis concerns: {letter.about}\n" if letter.about else ""
    lasts = "within 45 days" if letter.regime == "ccpa" else "within one month"
    return (
        f"{letter.me}\n\n{letter.to}\n{letter.address}\n\n{day}\n\n"
        f"Exercise of a right over personal data (reference {letter.id[:8]})\n\n"
        f"To whom it may concern,\n\nI ask {WISHES[letter.right]}.\n{about}\n"
        f"I rest this on {LAWS[letter.regime]}.\n\n"
        f"Please confirm that you have received this letter, and answer it {lasts} of receiving it. If you need more to"
        " find the data that is mine, tell me what, and why. If you do not do what I ask, please tell me the reason,"
        " and where I can complain.\n\nSincerely,\n\n\n________________________\n"
        f"{letter.me.splitlines()[0]}\n"
    )
