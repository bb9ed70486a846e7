"""What some work costs this processor, whatever else the machine does meanwhile."""

import gc
from collections.abc import Callable
from time import process_time


def cost(work: Callable[[], object]) -> float:
    """Seconds of processor time that `work` takes the first time: later it may be remembered.

    The garbage of all tests before it is not collected meanwhile.
    """
    gc.disable()
    began = process_time()
    try:
        work()
    finally:
        spent = process_time() - began
        gc.enable()
    return spent
