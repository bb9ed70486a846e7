"""How many messages are taken at once, by how long they take. HT-19, P9."""

import pytest

from agent.transports.pace import FEW, IDLE, LONG, LONGEST, LOOK, MANY, MOST, Pace, is_whole

POST = b"POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n\r\nhello"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def overloaded(pace: Pace, clock: Clock, seconds: float) -> None:
    """All take ten times too long for a while."""
    until = clock.at + seconds
    while clock.at < until:
        clock.at += LONG
        pace.took(10 * LONG, beside=200)


def test_while_all_are_taken_in_time_many_are_taken() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(100):
        clock.at += 0.1
        pace.took(LONG / 2, beside=30)

    assert not pace.behind(MOST - 1)
    assert pace.behind(MOST)


def test_when_all_take_too_long_fewer_are_taken_and_never_too_few() -> None:
    clock = Clock()
    pace = Pace(clock)
    overloaded(pace, clock, 30)

    assert pace.behind(FEW)
    assert not pace.behind(FEW - 1)


def test_a_few_seconds_later_all_is_as_before() -> None:
    clock = Clock()
    pace = Pace(clock)
    overloaded(pace, clock, 30)
    for _ in range(100):
        clock.at += 0.1
        pace.took(LONG / 2, beside=2)

    assert not pace.behind(100)


def test_people_who_wait_for_less_than_a_refusal_would_cost_them_are_all_taken() -> None:
    """However slow the computer is, which has much else to do."""
    clock = Clock()
    pace = Pace(clock)
    for _ in range(1000):
        clock.at += LONG
        pace.took(LONGEST / 2, beside=MANY - 1)

    assert not pace.behind(MOST - 1)


def test_when_many_take_too_long_only_those_are_taken_who_would_have_been_in_time() -> None:
    pace = Pace(Clock())
    pace.took(10 * LONG, beside=MANY + 35)

    assert pace.behind((MANY + 36) // 10)
    assert not pace.behind((MANY + 36) // 10 - 1)


def test_nobody_is_let_wait_until_it_gives_up() -> None:
    pace = Pace(Clock())
    pace.took(LONGEST + 1, beside=MANY // 2)

    assert pace.behind(MANY // 2)


@pytest.mark.parametrize(("idle", "over"), [(1.2 * IDLE, True), (0.8 * IDLE, False)])
def test_when_there_is_little_to_do_all_are_taken_again(idle: float, over: bool) -> None:
    """Those who were refused are away: it was too many."""
    clock = Clock()
    pace = Pace(clock)
    overloaded(pace, clock, 30)
    until = clock.at + 2 * LOOK
    while clock.at < until:  # by turns at work, and idle
        pace.begins()
        clock.at += LOOK * (1 - idle) / 10
        pace.took(LONG, beside=0)
        clock.at += LOOK * idle / 10

    assert pace.behind(MANY) is not over


def test_one_slow_message_among_few_says_nothing_about_the_others() -> None:
    clock = Clock()
    pace = Pace(clock)
    before = pace.most
    pace.took(5.0, beside=FEW - 1)

    assert pace.most == before


def test_what_is_slow_alone_is_not_late_in_company() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(100):
        pace.took(4 * LONG, beside=0)
    before = pace.most
    pace.took(6 * LONG, beside=20)

    assert pace.most >= before


@pytest.mark.parametrize(
    ("piece", "whole"),
    [
        (POST, True),
        (POST.replace(b"Content-Length", b"content-length"), True),
        (POST[:-1], False),
        (POST + b"P", False),
        (POST.replace(b"POST", b"GET"), False),
        (POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 5"), False),
        (POST.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked\r\nContent-Length: 5"), False),
        (POST.replace(b"Content-Length: 5\r\n", b""), False),
        (b"POST / HTTP/1.1\r\nContent-Le", False),
        (b"", False),
    ],
)
def test_only_one_whole_message_is_sent_away_unread(piece: bytes, whole: bool) -> None:
    assert is_whole(piece) is whole
