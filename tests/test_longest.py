"""What takes longest begins at once, in every process, and no test is lost on the way."""

from pathlib import Path

import pytest

from tests.longest import LONGEST, pieces

TESTS = Path(__file__).parent


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_every_piece_begins_with_its_share_of_the_longest(processes: int) -> None:
    first, others = [f"long {n}" for n in range(7)], [f"short {n}" for n in range(90)]

    order = pieces(first, others, processes)

    assert sorted(order) == sorted([*first, *others])
    assert [each for each in order if each in others] == others
    left = order
    for more in range(processes, 0, -1):
        piece, left = left[: len(left) // more], left[len(left) // more :]
        share = len([each for each in piece if each in first])
        assert all(each in first for each in piece[:share])
        assert share in (7 // processes, -(-7 // processes))


def test_more_long_tests_than_others_are_kept_all() -> None:
    assert sorted(pieces(range(9), range(9, 11), 4)) == list(range(11))


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_are_tests(name: str) -> None:
    assert any(f"def {name}(" in path.read_text() for path in TESTS.rglob("test_*.py"))
