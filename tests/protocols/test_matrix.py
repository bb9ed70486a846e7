"""Everything that is not in a table: whoever says it is told so, and nothing has moved (security, ST-05)."""

from collections.abc import Iterator

import pytest

from protocols import tables
from protocols.machine import ABANDONED, LAPSED, Message, Misuse, Problem, Protocol, Thread, Turn, start, step
from protocols.problems import OutOfTurn, ThreadLapsed
from tests.protocols.samples import samples

NOW = 1_800_000_000


def cells(protocol: Protocol) -> Iterator[tuple[Thread, str, Message]]:
    """Every thread of a table with every message of that table said by either side, where no row is for it."""
    for ours in protocol.roles:
        for state in (*protocol.states, LAPSED, ABANDONED):
            thread = Thread(table=protocol.id, thid="t", role=ours, state=state)
            for by in protocol.roles:
                for kind in dict.fromkeys(row.says for row in protocol.rows):
                    for message in samples(kind):
                        rows = [row for row in protocol.rows if row.fits(state, by, message)]
                        if not [row for row in rows if by != ours or not row.crossed]:
                            yield thread, by, message


def excused(thread: Thread, by: str, message: Message) -> bool:
    """Whether it is passed over in silence: a no to what we gave up ourselves."""
    return by != thread.role and message.name == "decline" and thread.state in (LAPSED, ABANDONED)


@pytest.mark.parametrize("protocol", list(tables()), ids=lambda protocol: protocol.id)
def test_what_no_row_is_for_is_refused_and_changes_nothing(protocol: Protocol) -> None:
    count = 0

    for thread, by, message in cells(protocol):
        count += 1
        if excused(thread, by, message):
            assert step(protocol, thread, Turn(by, message, "m1", NOW, "digest")) == (thread, ())
        elif by == thread.role:
            with pytest.raises(Misuse):
                step(protocol, thread, Turn(by, message, "m1", NOW, "digest"))
        else:
            expected = ThreadLapsed if thread.state == LAPSED else OutOfTurn
            with pytest.raises(expected) as refused:
                step(protocol, thread, Turn(by, message, "m1", NOW, "digest"))
            assert refused.value.code in ("e.m.req.out-of-turn", "e.p.req.time.lapsed")

    assert count >= 2 * len(protocol.rows)


def test_the_matrix_would_notice_a_row_too_many() -> None:
    """The control: a message that a row is for is not refused."""
    protocol = next(each for each in tables() if each.id.endswith("trust-ping/2.0"))
    [first] = {row.says for row in protocol.rows if protocol.start in row.when and row.by == "sender"}
    thread = start(protocol, "receiver", "t")

    try:
        after, _ = step(protocol, thread, Turn("sender", next(samples(first)), "m1", NOW))
    except Problem as fault:
        pytest.fail(str(fault))

    assert after.state != thread.state
