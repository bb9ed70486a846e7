"""Ports of this computer that an agent may have for good.

The higher ones are handed out by the system itself, to connections that go out: by Linux from 32768, by others from
49152 (RFC 6335, section 6). One of those may be sitting there whenever an agent comes back to its port.
"""

import secrets
import socket
from collections import deque
from typing import Final

PORTS: Final = range(20_000, 32_700)

_given: deque[int] = deque(maxlen=len(PORTS) // 2)  # whoever was given one may not have taken it yet


def free_port() -> int:
    """A port that nobody uses now, nor was given by this process lately."""
    while True:
        port = secrets.choice(PORTS)
        if port not in _given and is_free(port):
            _given.append(port)
            return port


def is_free(port: int) -> bool:
    """Whether nobody on this computer listens there."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
