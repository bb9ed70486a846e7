"""What may be typed after `freerange`. Loads nothing but argparse, so that help comes at once."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial

from agent.cli import grammar

SAYS = "An agent and wallet of your own: meet, agree on terms both sides keep, and show only what is asked."
INDENT = " " * 8
FIRST_STEPS = """
first steps:
  freerange init --development                 make a wallet, for trying out on this computer
  freerange serve                              start the agent; then, in another terminal:
  freerange accept 'http://...?_oob=...'       take up an invitation
  freerange questions                          see what waits for you
  freerange COMMAND --help                     what a command does, with examples

exit status: 0 done, 1 it did not work, 2 misuse, 3 no answer yet, 10 and above: the wallet was not opened
(docs/how-to/exit-codes.md)
"""


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line. Exits with 2 if it cannot be understood, and with 0 after --help and --version."""
    parser, listing = build()
    parser.epilog = listing + FIRST_STEPS
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help(sys.stderr)
        parser.exit(2)
    return options


def build() -> tuple[argparse.ArgumentParser, str]:
    """The whole grammar, and the list of commands by subject."""
    parser = argparse.ArgumentParser(
        prog="freerange",
        usage="freerange [--home DIR] COMMAND ...",
        description=SAYS,
        formatter_class=Raw,
        add_help=True,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="say which version this is")
    home = os.environ.get("FREERANGE_HOME") or os.path.join(os.path.expanduser("~"), ".freerange")
    parser.add_argument("--home", metavar="DIR", default=home, help="the agent's folder (FREERANGE_HOME, ~/.freerange)")
    parser.set_defaults(json=False, passphrase_file=None, passphrase_fd=None, key_file=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS, prog="freerange")
    listing: list[str] = []
    for group, title, add_all in grammar.GROUPS:
        listing.append(f"\n{title}:")
        add_all(partial(add, commands, listing, group))
    return parser, "\n".join(listing).strip() + "\n"


def add(
    commands: "argparse._SubParsersAction[grammar.Parser]",
    listing: list[str],
    group: str,
    name: str,
    says: str,
    example: str,
    *,
    reads: bool = False,
    unlocks: bool = True,
) -> grammar.Parser:
    """One more command. reads: it can print JSON; unlocks: it may have to open the wallet."""
    listing.append(f"  {name:<13} {says}")
    made = commands.add_parser(name, description=sentence(says), epilog=examples(example), formatter_class=Raw)
    made.set_defaults(group=group)
    grammar.options(made, reads=reads, unlocks=unlocks)
    return made


def examples(text: str) -> str:
    """The examples under a command's help."""
    return "examples:\n" + "\n".join(f"  {line.removeprefix(INDENT)}" for line in text.splitlines())


def sentence(text: str) -> str:
    """A line of the list as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


class Raw(argparse.RawDescriptionHelpFormatter):
    """Examples stay as they are written; names of options leave room for what they mean."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)


class Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("freerange")
        except PackageNotFoundError:
            found = "(not installed: run from its source)"
        print(f"freerange {found}")
        parser.exit(0)
