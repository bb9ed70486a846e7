"""A guess at a passphrase costs about a second where the wallet was made, and never less than the standard."""

from collections.abc import Callable

import pytest

from agent import calibration
from agent.calibration import calibrated
from wallet.slots import STANDARD, Argon2

GIB = 1024 * 1024


def clock(seconds: float, done: list[Argon2]) -> Callable[[], float]:
    """A clock of a computer on which the standard guess takes so long, and twice the memory twice as long."""
    now = [0.0]

    def read() -> float:
        if done:
            now[0] += seconds * done.pop().memory / STANDARD.memory
        return now[0]

    return read


def cost(done: list[Argon2], seconds: float, memory: int) -> int:
    """How often the standard memory is doubled."""
    found = calibrated(clock(seconds, done), memory)
    assert (found.passes, found.lanes) == (STANDARD.passes, STANDARD.lanes)
    return found.memory // STANDARD.memory


def test_a_quick_computer_asks_for_more_memory_up_to_a_second_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Argon2] = []
    monkeypatch.setattr(calibration, "stretch", done.append)

    assert cost(done, 0.2, 64 * GIB) == 4
    assert cost(done, 0.1, 64 * GIB) == 8
    assert cost(done, 0.3, 64 * GIB) == 2
    assert cost(done, 0.7, 64 * GIB) == 1
    assert cost(done, 5.0, 64 * GIB) == 1


def test_it_never_asks_for_more_than_a_wallet_may_or_than_an_eighth_of_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[Argon2] = []
    monkeypatch.setattr(calibration, "stretch", done.append)

    assert cost(done, 0.001, 64 * GIB) == 8  # 1 GiB
    assert cost(done, 0.001, 2 * GIB) == 2
    assert cost(done, 0.001, GIB // 2) == 1


def test_this_computer_can_be_measured() -> None:
    assert calibrated(lambda: 0.0, GIB) == STANDARD
