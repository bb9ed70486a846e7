"""What can go wrong between this agent and the world."""


class AgentError(Exception):
    """Any failure of the agent. The text says what happened, what was done about it, and what to do next."""


class BadEnvelope(AgentError):
    """Bytes that no good peer sends: answered 400, nothing kept. The text is for our log, never for the sender."""


class Dropped(AgentError):
    """Read no further: answered exactly like a good message, nothing kept. reason: a fixed word, counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(AgentError):
    """We cannot take it now, through no fault of the sender: answered 503, nothing kept, to be sent again."""


class TooMany(AgentError):
    """More than a documented limit allows, for now: answered 429, nothing kept. retry_after: seconds."""

    def __init__(self, words: str, retry_after: int = 5) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class Unreachable(AgentError):
    """A peer could not be reached now; it is tried again later. retry_after: the seconds it asked for, if it did.

    there: its place answered, and only what is for this peer has to wait.
    """

    def __init__(self, words: str, retry_after: int | None = None, *, there: bool = False) -> None:
        super().__init__(words)
        self.retry_after, self.there = retry_after, there


class TooLarge(AgentError):
    """Above a documented limit; nothing was kept."""


class Refused(AgentError):
    """The other side answered, and will not take it."""


class Misconfigured(AgentError):
    """This set-up cannot work. The text says what to change."""


class Exposed(Misconfigured):
    """A setting would open this agent to others; nothing was started."""
