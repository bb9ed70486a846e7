"""What an agent finds when it asks whether its wallet could be lost, or is there twice."""

from collections.abc import Iterator
from datetime import UTC, datetime

from agent import backup, copies
from agent.agent import Agent
from agent.web.readiness import Finding


def findings(agent: Agent) -> Iterator[Finding]:
    """Back-ups, and copies."""
    known = backup.recovery(agent.store)
    if known is None or not known.last:
        yield Finding("back-up", True, "there is no back-up; make one: freerange backup create FILE")
    else:
        yield Finding("back-up", True, f"the last back-up was made on {day(known.last)}")
    for sign in copies.signs(agent):
        detail = f"{sign.called} answered something this wallet never said, on {day(sign.at)}"
        mend = (
            "if another copy of this wallet runs, stop it; if this one was restored, that was said after the back-up:"
            " look with `freerange threads`, and ask them"
        )
        yield Finding("copies", False, detail, mend)


def day(at: int) -> str:
    """A date. at: Unix seconds."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
