"""The command `freerange`. `--help` and `--version` load nothing but what parses arguments."""

import sys
from collections.abc import Sequence

from agent.cli import parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status, see agent/cli/exits.py."""
    options = parser.parse(argv)
    from agent.cli import run  # the rest of the program, once there is something to do

    return run.run(options)


if __name__ == "__main__":
    sys.exit(main())
