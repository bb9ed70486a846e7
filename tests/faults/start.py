"""`python -m tests.faults.start ARGUMENTS` is `freerange ARGUMENTS`, with the failpoints of FREERANGE_FAILPOINTS, and
with the fault planted that FREERANGE_PLANT names. FREERANGE_PROBE names a file for tests/faults/probe.py.
"""

import os
import sys
from pathlib import Path

from tests.faults import failpoints
from tests.faults.plants import PLANTS

if __name__ == "__main__":
    if ordered := os.environ.pop(failpoints.VARIABLE, ""):
        failpoints.install(ordered)
    if plant := os.environ.pop("FREERANGE_PLANT", ""):
        PLANTS[plant]()
    if samples := os.environ.pop("FREERANGE_PROBE", ""):
        from tests.faults import probe

        probe.install(Path(samples))
    from agent.__main__ import main  # only now: it is to be loaded with failpoints
    from agent.cli import memory

    memory.unseen = lambda: None  # tests look at its files, which only root could otherwise

    sys.exit(main())
