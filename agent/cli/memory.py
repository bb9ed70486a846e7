"""What is in the memory of a process that has opened a wallet stays there."""

import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4  # prctl(2)


def no_core_dumps() -> None:
    """A crash must not write unlocked keys to disk (security SR-20)."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def unseen() -> None:
    """No other program of this user may look into the memory of this process (Linux; security SR-20)."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
