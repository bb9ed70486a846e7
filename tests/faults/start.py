"""`python -m tests.faults.start ARGUMENTS` is `freerange ARGUMENTS`, with the failpoints of FREERANGE_FAILPOINTS."""

import os
import sys

from tests.faults import failpoints

if __name__ == "__main__":
    failpoints.install(os.environ.pop(failpoints.VARIABLE, ""))
    from agent.__main__ import main  # only now: it is to be loaded with failpoints

    sys.exit(main())
