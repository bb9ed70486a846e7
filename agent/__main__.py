"""The command `freerange`. `--help` and `--version` load nothing but what parses arguments."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from agent.cli import parser

NEW_OBJECTS = 50_000
FAULTS_ASKED_FOR = "FREERANGE_FAILPOINTS"  # heeded by tests, which load the program with its failpoints: never here


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status, see agent/cli/exits.py."""
    options = parser.parse(argv)
    if FAULTS_ASKED_FOR in os.environ:
        return refused()
    spare()
    from agent.cli import run  # the rest of the program, once there is something to do

    return run.run(options)


def spare() -> None:
    """Have Python look for garbage less often than it would: what is loaded stays, and when the process ends, all that
    is left goes with it. To look through that again and again took a fifth of a short command's time."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)


def refused() -> int:
    """This is no test: say so, and start nothing."""
    from agent.cli.exits import EXPOSED

    print(f"freerange: {FAULTS_ASKED_FOR} is set, which asks for faults; nothing was started", file=sys.stderr)
    print(f"Run: unset {FAULTS_ASKED_FOR}", file=sys.stderr)
    return EXPOSED


if __name__ == "__main__":
    sys.exit(main())
