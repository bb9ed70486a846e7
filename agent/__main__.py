"""The command `freerange`. `--help` and `--version` load nothing but what parses arguments."""

import os
import sys
from collections.abc import Sequence

from agent.cli import parser

FAULTS_ASKED_FOR = "FREERANGE_FAILPOINTS"  # heeded by tests, which load the program with its failpoints: never here


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status, see agent/cli/exits.py."""
    options = parser.parse(argv)
    if FAULTS_ASKED_FOR in os.environ:
        return refused()
    from agent.cli import run  # the rest of the program, once there is something to do

    return run.run(options)


def refused() -> int:
    """This is no test: say so, and start nothing."""
    from agent.cli.exits import EXPOSED

    print(f"freerange: {FAULTS_ASKED_FOR} is set, which asks for faults; nothing was started", file=sys.stderr)
    print(f"Run: unset {FAULTS_ASKED_FOR}", file=sys.stderr)
    return EXPOSED


if __name__ == "__main__":
    sys.exit(main())
