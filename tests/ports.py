"""Ports of loopback for agents under test.

They are of those that the system gives to nobody who does not ask for them: else a connection that goes out might sit
on one before its agent does, or after it was killed.
"""

import os
import random
import socket
from collections import deque

FROM, EACH, WORKERS = 10_000, 2_700, 8
"""Each worker of a run has ports of its own, so that two tests at the same moment do not choose the same ones."""

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


def is_free(port: int) -> bool:
    """Whether nobody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
