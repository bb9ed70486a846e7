"""How a command ends: its exit status, and the words for a failure. Documented in docs/how-to/exit-codes.md."""

from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from agent.errors import AgentError, Exposed, Misconfigured
from wallet.errors import WalletError

Command = Callable[[Namespace], Awaitable[int]]

DONE: Final = 0
FAILED: Final = 1  # it was tried, and the world, the peer or a check said no
MISUSED: Final = 2  # the command, or what was asked for, does not fit; nothing was done
NO_ANSWER: Final = 3  # nothing is lost; the answer has not come yet
WRONG_SECRET: Final = 10
DAMAGED_HEADER: Final = 11
DAMAGED: Final = 12
HELD: Final = 13  # another agent holds the wallet
OPEN_TO_OTHERS: Final = 14
TOO_NEW: Final = 15
EXPOSED: Final = 16  # a setting would open this agent to others
INTERRUPTED: Final = 130

FAULTS: Final = (WalletError, AgentError, OSError)


class Stopped(Exception):
    """The command ends here. what: what happened; next: what to do now; code: the exit status."""

    def __init__(self, what: str, next: str = "", code: int = FAILED) -> None:
        super().__init__(what)
        self.what, self.next, self.code = what, next, code


def stopped(fault: Exception, code: int | None = None) -> Stopped:
    """Any failure as the end of a command. Its last sentence, if it has several, is what to do next."""
    if isinstance(fault, Stopped):
        return fault
    if isinstance(fault, OSError):
        place = f"{fault.filename}: " if fault.filename else ""
        return Stopped(f"{place}{fault.strerror or fault}", "", FAILED if code is None else code)
    what, dot, next = str(fault).rpartition(". ")
    status = code if code is not None else code_of(fault)
    return Stopped(f"{what}." if dot else str(fault), next if dot else "", status)


def code_of(fault: Exception) -> int:
    """The exit status of a failure whose place says nothing more."""
    if isinstance(fault, Exposed):
        return EXPOSED
    return MISUSED if isinstance(fault, Misconfigured) else FAILED


@contextmanager
def ending(codes: Mapping[type[Exception], int]) -> Iterator[None]:
    """Turn these failures into the end of the command, with these exit statuses."""
    try:
        yield
    except tuple(codes) as fault:
        raise stopped(fault, next(code for kind, code in codes.items() if isinstance(fault, kind))) from fault
