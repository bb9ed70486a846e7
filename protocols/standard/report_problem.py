"""Report Problem 2.0: something could not be done. Source: DIDComm Messaging v2.1, "Problem Reports".

A report opens a thread of its own; the header `pthid` names the thread it is about, and `ack` the message that could
not be applied. What it does to that thread is law 3 (`machine.report`). Other protocols adopt the message for saying
no: then it stands in their own tables.
"""

from enum import StrEnum
from typing import ClassVar

from protocols.machine import Message, Problem, Protocol, Thread
from protocols.problems import fill

URI = "https://didcomm.org/report-problem/2.0"


class Role(StrEnum):
    NOTIFIER = "notifier"
    NOTIFIED = "notified"


class State(StrEnum):
    START = "start"
    REPORTED = "reported"


class ProblemReport(Message, frozen=True):
    """code: dotted, from general to special. comment: a constant of the code; args fill its `{1}`, `{2}` ..."""

    uri: ClassVar[str] = URI
    code: str
    comment: str | None = None
    args: tuple[str | None, ...] = ()
    escalate_to: str | None = None

    @property
    def text(self) -> str:
        """What a person reads. It is the peer's text: shown as it is, never carried out."""
        return fill(self.comment or self.code, [arg or "?" for arg in self.args])


report_problem = Protocol(URI, Role, State.START, final=frozenset({State.REPORTED}))
TABLES = (report_problem,)


def report_of(problem: Problem) -> ProblemReport:
    """The report by which a peer is told of its fault."""
    return ProblemReport(code=problem.code, comment=problem.comment, args=problem.args)


@report_problem.row(when=State.START, by=Role.NOTIFIER, says=ProblemReport, then=State.REPORTED)
def notify(thread: Thread, message: ProblemReport) -> None:
    """The notifier could not apply a message; nobody answers a complaint."""
