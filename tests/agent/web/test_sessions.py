"""Who sits at the browser: codes of one use, and the keys they are exchanged for. Source: UI-01, UI-13."""

from dataclasses import dataclass

import pytest

from agent.web.sessions import CODE_SECONDS, IDLE_SECONDS, MOST, Sessions


@dataclass
class Clock:
    """A clock that a test moves."""

    at: float = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    """Nobody sits there yet."""
    return Sessions(clock)


def begun(sessions: Sessions) -> str:
    """The key of a new session."""
    key = sessions.begin(sessions.code())
    assert key is not None
    return key


def test_a_code_is_good_once(sessions: Sessions) -> None:
    """UI-13."""
    code = sessions.code()

    first, second = sessions.begin(code), sessions.begin(code)

    assert first is not None
    assert second is None
    assert sessions.goes_on(first)


def test_a_code_is_good_for_a_minute(sessions: Sessions, clock: Clock) -> None:
    """UI-13."""
    in_time, late = sessions.code(), sessions.code()

    clock.at += CODE_SECONDS
    assert sessions.begin(in_time) is not None
    clock.at += 0.001
    assert sessions.begin(late) is None


def test_a_code_that_came_too_late_is_used_all_the_same(sessions: Sessions, clock: Clock) -> None:
    code = sessions.code()
    clock.at += CODE_SECONDS + 1
    assert sessions.begin(code) is None

    clock.at -= 2

    assert sessions.begin(code) is None


@pytest.mark.parametrize("code", ["", "x", "\udcff", "a" * 43, "🗝"])
def test_a_code_that_nobody_gave_begins_nothing(sessions: Sessions, code: str) -> None:
    sessions.code()

    assert sessions.begin(code) is None


def test_neither_a_code_nor_a_key_of_another_agent_will_do(sessions: Sessions) -> None:
    others = Sessions()

    assert sessions.begin(others.code()) is None
    assert not sessions.goes_on(begun(others))


def test_a_code_is_no_key_and_a_key_is_no_code(sessions: Sessions) -> None:
    key = begun(sessions)

    assert not sessions.goes_on(sessions.code())
    assert sessions.begin(key) is None


def test_a_session_goes_on_while_it_is_used_and_ends_when_it_is_left_alone(sessions: Sessions, clock: Clock) -> None:
    """UI-01: expired."""
    used, left = begun(sessions), begun(sessions)

    clock.at += IDLE_SECONDS - 1
    assert sessions.goes_on(used)
    clock.at += 2

    assert sessions.goes_on(used)
    assert not sessions.goes_on(left)
    clock.at -= 2
    assert not sessions.goes_on(left)


def test_all_sessions_end_at_once(sessions: Sessions) -> None:
    """UI-01: revoked."""
    one, other = begun(sessions), begun(sessions)

    sessions.end()

    assert not any(map(sessions.goes_on, (one, other)))


def test_only_so_many_are_kept_and_the_oldest_give_way(sessions: Sessions) -> None:
    """Whoever can make codes cannot fill the memory."""
    first = begun(sessions)
    kept = [begun(sessions) for _ in range(MOST)]

    assert not sessions.goes_on(first)
    assert all(map(sessions.goes_on, kept))


def test_what_is_kept_is_neither_a_code_nor_a_key(sessions: Sessions) -> None:
    """UI-17: nobody who reads the memory, or what is left of it, can sit down there."""
    code, key = sessions.code(), begun(sessions)

    kept = repr(sessions)

    assert code not in kept
    assert key not in kept
    assert all(len(each) == 32 for each in [*sessions._codes, *sessions._used])


def test_no_two_are_alike(sessions: Sessions) -> None:
    codes = {sessions.code() for _ in range(200)}

    assert len(codes) == 200
    assert min(map(len, codes)) >= 43
