"""Reading answers, whole and in pieces, good and bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.transports.answers import MOST_HEAD, MOST_INTERIM, Answer, BadAnswer, Reader

MOST = 100
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

GOOD = (
    (OK + b"Content-Length: 2\r\n\r\nhi", Answer(200, {"Content-Length": "2"}, b"hi", True)),
    (b"HTTP/1.1 202\r\ncontent-length:0\r\n\r\n", Answer(202, {"Content-Length": "0"}, b"", True)),
    (b"HTTP/1.1 204 No\r\n\r\n", Answer(204, {}, b"", True)),
    (
        OK + b"Connection: a, Close\r\nContent-Length: 0\r\n\r\n",
        Answer(200, {"Connection": "a, Close", "Content-Length": "0"}, b"", False),
    ),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Answer(200, {"Content-Length": "0"}, b"", False)),
    (
        CHUNKED + b"2\r\nhi\r\n1;x=y\r\n!\r\n0\r\n\r\n",
        Answer(200, {"Transfer-Encoding": "chunked"}, b"hi!", True),
    ),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx",
        Answer(200, {"Content-Length": "1"}, b"x", True),
    ),
    (OK + b"A: 1\r\nA: 2\r\nContent-Length: 0\r\n\r\n", Answer(200, {"A": "1", "Content-Length": "0"}, b"", True)),
)

BAD = (
    b"hello\r\n\r\n",
    b"HTTP/2 200\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n",
    b"HTTP/1.1 600 OK\r\n\r\n",
    b"HTTP/1.1 200 O\0K\r\n\r\n",
    b"HTTP/1.1 200 OK\nA: b\r\n\r\n",
    OK + b"no colon\r\n\r\n",
    OK + b"A : b\r\n\r\n",
    OK + b"A: b\r\n c\r\n\r\n",
    OK + b"A: b\nC: d\r\n\r\n",
    OK + b": b\r\n\r\n",
    OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    OK + b"Content-Length: 1, 1\r\n\r\nx",
    OK + b"Content-Length: -1\r\n\r\nx",
    OK + b"Content-Length: 0x1\r\n\r\nx",
    OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: gzip\r\n\r\nx",
    OK + b"Transfer-Encoding: gzip, chunked\r\n\r\nx",
    OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    CHUNKED + b"x\r\n",
    CHUNKED + b"-1\r\n",
    CHUNKED + b"1\r\nxy\r\n",
    CHUNKED + b"0\r\nA: b\r\n\r\n",
    CHUNKED + b"1" * 300,
    CHUNKED + b"1;" + b"a" * 300,
    b"HTTP/1.1 101 Switching\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * (MOST_INTERIM + 1),
    b"HTTP/1.1 200 OK\r\nA: " + b"x" * MOST_HEAD,
    b"x" * MOST_HEAD,
)


@pytest.mark.parametrize(("raw", "answer"), GOOD)
def test_an_answer_is_read_whole_and_in_single_bytes(raw: bytes, answer: Answer) -> None:
    reader = Reader(MOST)
    singly = [reader.feed(bytes([each])) for each in raw]

    assert Reader(MOST).feed(raw) == answer
    assert singly == [None] * (len(raw) - 1) + [answer]


@pytest.mark.parametrize("raw", BAD)
def test_what_could_mean_two_things_is_no_answer(raw: bytes) -> None:
    with pytest.raises(BadAnswer):
        assert in_pieces(raw) is None


def in_pieces(raw: bytes) -> Answer | None:
    """What a reader makes of bytes that come seven at a time."""
    reader = Reader(MOST)
    return next((found for at in range(0, len(raw), 7) if (found := reader.feed(raw[at : at + 7]))), None)


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: 101\r\n\r\n",
        OK + b"Content-Length: 999999999999\r\n\r\n",
        CHUNKED + b"65\r\n",
        CHUNKED + b"ffffffff\r\n",
        CHUNKED + b"1\r\nx\r\n" * MOST + b"1\r\n",
        OK + b"\r\n" + b"x" * 101,
    ],
)
def test_a_body_longer_than_is_wanted_is_not_read(raw: bytes) -> None:
    answer = Reader(MOST).feed(raw)

    assert answer is not None
    assert (answer.status, answer.body, answer.keeps) == (200, None, False)


@pytest.mark.parametrize("raw", [good + b"HTTP/1.1 200 OK" for good, _ in GOOD])
def test_a_connection_on_which_more_comes_than_was_asked_for_is_not_used_again(raw: bytes) -> None:
    answer = Reader(MOST).feed(raw)

    assert answer is None or not answer.keeps or answer.status == 204


def test_without_a_length_the_end_of_the_connection_is_the_end_of_the_answer() -> None:
    reader = Reader(MOST)

    assert reader.feed(OK + b"\r\nhi") is None
    assert reader.end() == Answer(200, {}, b"hi", False)


@pytest.mark.parametrize("raw", [b"", OK, OK + b"Content-Length: 3\r\n\r\nhi", CHUNKED + b"2\r\nhi\r\n"])
def test_an_answer_that_breaks_off_is_none(raw: bytes) -> None:
    reader = Reader(MOST)

    assert reader.feed(raw) is None
    assert reader.end() is None
    assert reader.begun is bool(raw)


@given(
    st.lists(st.binary(max_size=30), max_size=12), st.sampled_from([b"", OK, OK + b"\r\n", CHUNKED, CHUNKED + b"5\r\n"])
)
def test_no_bytes_do_more_than_end_it(pieces: list[bytes], before: bytes) -> None:
    reader = Reader(MOST)
    try:
        for piece in (before, *pieces):
            answer = reader.feed(piece)
            if answer is not None:
                assert answer.body is None or len(answer.body) <= MOST
                return
        reader.end()
    except BadAnswer:
        return
