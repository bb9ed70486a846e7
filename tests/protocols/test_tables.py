"""What holds for every table of every protocol. A new protocol is tested by being listed."""

from contextlib import suppress
from functools import partial
from itertools import combinations, product

import msgspec
import pytest

import protocols
from protocols.draw import meaning
from protocols.machine import ABANDONED, LAPSED, Message, Misuse, Problem, Protocol, Signed, Turn, can_say, start, step
from protocols.messages import encode, label, values_of
from protocols.problems import InvalidMessage
from tests.protocols.explore import explore
from tests.protocols.samples import samples

TABLES = [pytest.param(each, id=each.id) for each in protocols.tables()]
HOSTILE: tuple[object, ...] = (None, True, -1, 2**70, 1.5, "", "x\n", [], [None], {}, {"a": [None]})
every_table = pytest.mark.parametrize("protocol", TABLES)


def follow(protocol: Protocol, states: set[str]) -> set[str]:
    """The states reachable from some, these included."""
    reached = set(states)
    while True:
        more = {row.then for row in protocol.rows if row.then and reached & set(row.when)} - reached
        if not more:
            return reached
        reached |= more


@every_table
def test_every_state_is_reached_from_the_start(protocol: Protocol) -> None:
    assert follow(protocol, {protocol.start}) == set(protocol.states)


@every_table
def test_every_state_has_a_way_to_an_end_unless_the_table_has_none(protocol: Protocol) -> None:
    for state in protocol.states:
        assert not protocol.final or follow(protocol, {state}) & protocol.final


@every_table
def test_nothing_is_said_after_an_end(protocol: Protocol) -> None:
    for row in protocol.rows:
        assert row.crossed or not set(row.when) & protocol.final


@every_table
def test_no_two_rows_answer_one_turn(protocol: Protocol) -> None:
    """Two rows for the same message in the same state are told apart by a predicate on all but the last."""
    for one, two in combinations(protocol.rows, 2):
        same = set(one.when) & set(two.when) and (one.by, one.says) == (two.by, two.says)
        assert not same or one.only or one.crossed != two.crossed


@every_table
def test_every_row_explains_itself(protocol: Protocol) -> None:
    for row in protocol.rows:
        assert meaning(row).endswith("."), f"{row.rule.__name__} has no sentence as its docstring"


@every_table
def test_every_message_survives_the_wire(protocol: Protocol) -> None:
    for row in protocol.rows:
        known = list(samples(row.says))
        assert known, f"add a sample of {label(row.says)} to tests/protocols/samples.py"
        for message in known:
            body, attachments, values = msgspec.json.decode(msgspec.json.encode((*encode(message), values_of(message))))

            assert protocol.read(message.name, body, attachments, values, signed=isinstance(message, Signed)) == message


@every_table
def test_what_a_table_says_of_its_states_is_about_its_states(protocol: Protocol) -> None:
    named = {*protocol.final, *protocol.binding, *protocol.committed, *protocol.lapses}

    assert named <= set(protocol.states)
    assert {*protocol.committed.values(), *(role for role, _ in protocol.lapses.values())} <= set(protocol.roles)


@every_table
def test_nobody_is_committed_where_it_may_lapse_or_where_both_are_bound(protocol: Protocol) -> None:
    for state, role in protocol.committed.items():
        assert state not in protocol.binding
        assert protocol.lapses.get(state, ("", 0))[0] != role


@every_table
def test_only_offers_that_can_name_a_date_expire(protocol: Protocol) -> None:
    for row in protocol.rows:
        assert not row.expires or "answer_by" in row.says.__struct_fields__


@every_table
def test_whoever_may_lapse_has_just_spoken_and_only_what_it_said_expires(protocol: Protocol) -> None:
    for state, (role, _) in protocol.lapses.items():
        for row in protocol.rows:
            assert row.then != state or (row.by == role and row.expires)


@every_table
def test_what_we_may_not_say_is_our_misuse(protocol: Protocol) -> None:
    thread = start(protocol, next(iter(protocol.roles)), "a-thread")

    with pytest.raises(Misuse):
        thread.latest(Message)
    assert all(row.by == thread.role for row in can_say(protocol, thread))


@every_table
def test_no_world_splits(protocol: Protocol) -> None:
    explored = explore(protocol)
    seen = {state for pair in explored.states for state in pair}

    print(f"{protocol.id}: {explored.worlds} worlds, 0 splits")
    assert set(protocol.states) <= seen


@every_table
def test_any_message_in_any_state_is_taken_or_refused_in_words(protocol: Protocol) -> None:
    messages = [each for row in protocol.rows for each in samples(row.says)]
    for thread, message, by in product(explore(protocol).threads, messages, protocol.roles):
        refusal = Misuse if by == thread.role else Problem
        with suppress(refusal):
            after, _ = step(protocol, thread, Turn(by, message, "any", 0, "digest"))
            assert after.state in (*protocol.states, LAPSED, ABANDONED)


@every_table
def test_any_body_is_read_or_refused_in_words(protocol: Protocol) -> None:
    for message in (each for row in protocol.rows for each in samples(row.says)):
        body, attachments = encode(message)
        read = partial(protocol.read, message.name, signed=isinstance(message, Signed))
        for field, value in product((*body, "data"), HOSTILE):
            with suppress(InvalidMessage):
                assert isinstance(read({**body, field: value}, attachments), Message)
            with suppress(InvalidMessage):
                assert isinstance(read(body, [{field: value}]), Message)


def test_a_thread_finds_its_table_again() -> None:
    known = list(protocols.tables())

    assert len({each.id for each in known}) == len(known)
    assert [protocols.table(each.id) for each in known] == known


def test_binding_tables_sign_what_binds() -> None:
    for protocol in protocols.tables():
        for row in protocol.rows:
            stays = row.when == (row.then,)
            assert row.then not in protocol.binding or stays or issubclass(row.says, Signed)
