"""What some work costs this processor, whatever else the machine does meanwhile."""

from collections.abc import Callable
from time import process_time


def least(work: Callable[[], object], below: float, times: int = 5) -> float:
    """Seconds of processor time that `work` takes, the least of several times; no more once it is below a bound.

    What is dear is dear every time. What a collection of garbage, or a page that is to be read, adds to it is not.
    """
    found = float("inf")
    for _ in range(times):
        began = process_time()
        work()
        found = min(found, process_time() - began)
        if found < below:
            break
    return found
