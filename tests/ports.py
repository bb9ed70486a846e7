"""Ports of loopback for agents under test.

They are of those that the system gives to nobody who does not ask for them: else a connection that goes out might sit
on one before its agent does, or after it was killed.
"""

import os
import random
from collections import deque

from agent.transports.ports import is_free

FROM, EACH, WORKERS = 10_100, 1_200, 8
"""Each worker of a run has ports of its own, so that two tests at the same moment do not choose the same ones. All are
below those that an agent chooses by itself, and above 10080, which browsers refuse."""

_given: deque[int] = deque(maxlen=500)  # whoever was given one may not have taken it yet


def free_ports(count: int = 2) -> tuple[int, ...]:
    """So many in a row that nobody has now."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    while True:
        first = FROM + worker * EACH + random.SystemRandom().randrange(EACH - count)
        ports = tuple(range(first, first + count))
        if not any(each in _given for each in ports) and all(map(is_free, ports)):
            _given.extend(ports)
            return ports
