"""Tests that take minutes begin first, so that none of them is left to run alone when all others are done.

pytest-xdist deals the tests out in one piece for each process (`worksteal`), and whoever has none left takes from the
end of another's: so these are put at the beginnings of the pieces, in turns.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import pytest

T = TypeVar("T")

LONGEST: Final = (
    "test_any_bytes_get_an_answer",
    "test_a_worker_is_killed_again_and_again",
    "test_killed_at_random_it_loses_nothing_and_does_nothing_twice",
    "test_f36_nor_do_twenty_vendors_of_fifty_customers",
    "test_memory_does_not_grow_with_the_wallet",
    "test_a_bad_network_splits_no_world_and_leads_nowhere_that_a_good_one_does_not",
    "test_the_bench_takes_every_figure",
)
"""The names of tests that take about a minute or more, the longest first."""


def dealt(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """All tests in the order in which they are best dealt out to so many processes."""
    named = {name: [each for each in items if each.name.partition("[")[0] == name] for name in LONGEST}
    first = [each for found in named.values() for each in found]
    others = [each for each in items if each.name.partition("[")[0] not in named]
    return pieces(first, others, processes)


def pieces(first: Sequence[T], others: Sequence[T], processes: int) -> list[T]:
    """As many pieces as processes, of the sizes that are dealt out, each beginning with its share of the first."""
    order: list[T] = []
    left, rest = len(first) + len(others), list(others)
    for process in range(processes):
        share = list(first[process::processes])
        more = max(0, left // (processes - process) - len(share))
        order += [*share, *rest[:more]]
        left -= len(share) + len(rest[:more])
        del rest[:more]
    return [*order, *rest]
