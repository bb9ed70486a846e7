"""What is answered when something cannot be done: what happened, and what to do about it."""

import msgspec

from agent import places
from agent.agent import Agent
from agent.config import Config
from agent.errors import Misconfigured, Refused
from protocols.problems import Misuse, Problem
from wallet.errors import Locked, NotFound, WalletError

WAYS_ON = {
    404: "Look at the list it should be in.",
    409: "Look at the thread, and say what it allows.",
    422: "Mend the request; nothing was done.",
    423: "Have the wallet unlocked by whoever runs this agent, then repeat the request as it is.",
    503: "Repeat the request as it is, a little later.",
    507: "Have room made on the agent's disk, then repeat the request as it is.",
}


class Fault(Exception):
    """A request that is not carried out. may: what may be said now, where that is the question."""

    def __init__(self, status: int, what: str, do: str = "", *, state: str | None = None, may: tuple[str, ...] = ()):
        super().__init__(what)
        self.status = status
        self.shown = Refusal(what, do or WAYS_ON.get(status, "Mend the request."), state, may or None)

    @property
    def lasts(self) -> bool:
        """Whether asking again would end the same way: then the refusal is the answer to a repeat, too."""
        return self.status not in (423, 503, 507)


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """error: what happened; do: what to do. state, can_say: where a thread stands, and what may be said there now."""

    error: str
    do: str
    state: str | None = None
    can_say: tuple[str, ...] | None = None


def fault_of(failure: Exception, config: Config) -> Fault:
    """A failure of the agent as it is answered. Its last sentence, if it has several, is what to do."""
    if isinstance(failure, Fault):
        return failure
    if isinstance(failure, OSError):
        return Fault(*places.refusal(config, failure))
    status = 422
    if isinstance(failure, NotFound):
        status = 404
    elif isinstance(failure, Misuse | Refused | Misconfigured):
        status = 409
    elif isinstance(failure, Locked):
        status = 423
    what, dot, do = str(failure).rpartition(". ")
    return Fault(status, f"{what}." if dot else str(failure), do if dot else "")


def unlocked(agent: Agent) -> None:
    """Raise Fault while the wallet is sealed."""
    if agent.store.vault.locked:
        raise Fault(423, "the wallet is locked; nothing was shown or done")


FAILURES = (Fault, WalletError, Problem, Misuse)
