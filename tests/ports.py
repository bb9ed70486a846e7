"""Ports of loopback for agents under test.

They are of those that the system gives to nobody who does not ask for them: else a connection that goes out might sit
on one before its agent does, or after it was killed.
"""

import random
import socket
from typing import Final

ASKED_FOR: Final = (10_000, 32_000)


def free_ports(count: int = 2) -> tuple[int, ...]:
    """So many in a row that nobody has now."""
    while True:
        first = random.SystemRandom().randrange(*ASKED_FOR)
        ports = tuple(range(first, first + count))
        if all(map(is_free, ports)):
            return ports


def is_free(port: int) -> bool:
    """Whether nobody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
