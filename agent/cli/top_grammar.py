"""The command `top`: what it does, examples, and its arguments."""

from agent.cli.grammar import Command, Parser


def top(parser: Parser) -> None:
    """Arguments of `top`."""
    parser.add_argument("--once", action="store_true", help="look for one second, print what was seen, and end")


WATCH = (
    Command(
        "top",
        "how a running agent does, each second: messages, times, queues, memory",
        """
        freerange top
        freerange top --once
        freerange top --once --json
        """,
        top,
        unlocks=False,
    ),
)
