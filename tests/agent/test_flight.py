"""The list of what is being taken, in a file that outlives the process. Source: security, ST-24."""

from pathlib import Path

from agent.flight import SLOTS, Flight


def mark(number: int) -> bytes:
    """A mark."""
    return number.to_bytes(16, "big")


def test_what_is_under_way_when_a_process_ends_has_failed_once_more(tmp_path: Path) -> None:
    path = tmp_path / "flight"
    for expected in range(3):
        flight = Flight(path)
        assert flight.begin(mark(1)) == expected
        assert flight.begin(mark(2)) == 0
        flight.end(mark(2))

    assert list(Flight(path).failing()) == [3]


def test_what_was_put_off_has_not_failed(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "flight")
    for _ in range(3):
        assert flight.begin(mark(1)) == 0
        flight.put_off(mark(1))
    flight.begin(mark(2))
    failures = flight.fail(mark(2))
    again = flight.begin(mark(2))
    flight.put_off(mark(2))

    assert (failures, again) == (1, 1)
    assert list(Flight(tmp_path / "flight").failing()) == [1]


def test_one_that_comes_several_times_at_once_is_under_way_until_the_last_of_them_has_ended(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "flight")
    for number in range(1, 5):
        flight.begin(mark(number))
        flight.begin(mark(number))
    flight.put_off(mark(1))
    flight.end(mark(2))
    flight.fail(mark(3))
    flight.put_off(mark(4))
    flight.end(mark(4))

    assert list(flight.failing()) == []
    assert sorted(Flight(tmp_path / "flight").failing()) == [1, 1, 2]


def test_what_is_forgotten_leaves_its_slot_once(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "flight")
    flight.begin(mark(0))
    flight.fail(mark(0))
    flight.forget(mark(0))
    for number in range(1, SLOTS + 1):
        flight.begin(mark(number))
    flight.fail(mark(1))

    assert flight.begin(mark(SLOTS + 1)) == 0
    assert list(flight.failing()) == []


def test_when_there_is_no_slot_the_oldest_failure_is_forgotten_and_what_is_under_way_is_not(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "flight")
    for number in range(SLOTS):
        flight.begin(mark(number))
    flight.fail(mark(5))

    assert flight.begin(mark(SLOTS)) == 0
    assert flight.fail(mark(SLOTS)) == 1
    assert flight.begin(mark(5)) == 0  # forgotten, and in the slot of the other
    assert flight.fail(mark(SLOTS + 1)) == 1  # without a slot
    flight.end(mark(SLOTS + 1))


def test_a_list_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "no such folder" / "flight")

    assert flight.begin(mark(1)) == 0
    assert flight.fail(mark(1)) == 1


def test_a_list_of_nothing_leaves_no_file(tmp_path: Path) -> None:
    flight = Flight(tmp_path / "flight")
    flight.begin(mark(1))
    flight.end(mark(1))
    flight.close()

    assert not list(tmp_path.iterdir())
