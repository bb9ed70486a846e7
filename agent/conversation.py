"""One thread as the agent keeps it: what the protocol knows of it, and how far each side's messages have come.

Delivery and order are the same for all protocols and live here, not in the tables. Source: vrm-protocols 3.6, on the
DIDComm extension "advanced sequencing".
"""

from typing import TypeAlias

import msgspec

from agent.didcomm.plaintext import Plaintext
from protocols.machine import Thread
from protocols.standard.report_problem import ProblemReport, report_problem
from wallet.store import change

MOST_EARLY_BYTES = 256 * 1024
MOST_EARLY = 8  # messages of one thread held because an earlier one has not come yet

REPORT_TYPE = report_problem.type_of(ProblemReport)

EarlyMessage: TypeAlias = tuple[int, str]  # sender_order and the packed plaintext


class Conversation(msgspec.Struct, frozen=True):
    """A thread with its delivery state.

    said, heard: how many messages of ours, and of theirs, have been applied in order.
    owed: ids of theirs that we applied and have yet to acknowledge. ack: id of the bare acknowledgement waiting to go.
    latest: Digest of their newest signed object applied here, which our next one answers (`re`).
    question: id of the open question about this thread. complaints: problem reports of ours in it.
    mandate: Digest of the first copy of the mandate under which one side speaks here for somebody else.
    campaign: id of the campaign that it belongs to, which nobody is ever told.
    """

    thread: Thread
    said: int = 0
    heard: int = 0
    early: tuple[EarlyMessage, ...] = ()
    owed: tuple[str, ...] = ()
    ack: str = ""
    latest: str = ""
    question: str = ""
    complaints: int = 0
    mandate: str = ""
    campaign: str = ""


_decoder = msgspec.json.Decoder(Conversation)


def read(row: change.Thread) -> Conversation:
    """The conversation in a row of the store."""
    return _decoder.decode(row.record)


def write(conversation: Conversation, version: int, *, still_open: bool) -> change.Thread:
    """The row to store, changed from `version`."""
    return change.Thread(conversation.thread.thid, version, still_open, msgspec.json.encode(conversation))


def thread_of(message: Plaintext) -> str:
    """The thread a message speaks in: a problem report without one speaks in the one it complains about."""
    if message.type == REPORT_TYPE and message.pthid and message.thid in (None, message.id):
        return message.pthid
    return message.thread
