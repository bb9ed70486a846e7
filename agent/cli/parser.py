"""What may be typed after `freerange`. Loads nothing but argparse, so that help comes at once."""

import argparse
import os
import sys
from collections.abc import Sequence

from agent.cli.commands import SUBJECTS
from agent.cli.grammar import Command

SAYS = "An agent and wallet of your own: meet, agree on terms both sides keep, and show only what is asked."
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
    words = list(sys.argv[1:] if argv is None else argv)
    for _, _, commands in SUBJECTS:
        for each in commands:
            words = each.spell_out(words)
    parser = build(words)
    found = parser.parse_args(words)
    if found.command is None:
        parser.print_help(sys.stderr)
        parser.exit(2)
    return found


def build(words: Sequence[str]) -> argparse.ArgumentParser:
    """The grammar, as far as these words can need it: a command that is not among them has no arguments yet."""
    listing = "".join(f"\n{title}:\n{lines(commands)}" for _, title, commands in SUBJECTS)
    parser = argparse.ArgumentParser(
        prog="freerange",
        usage="freerange [--home DIR] COMMAND ...",
        description=SAYS,
        epilog=listing.lstrip() + FIRST_STEPS,
        formatter_class=Raw,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="say which version this is")
    home = os.environ.get("FREERANGE_HOME") or os.path.join(os.path.expanduser("~"), ".freerange")
    parser.add_argument("--home", metavar="DIR", default=home, help="the agent's folder (FREERANGE_HOME, ~/.freerange)")
    parser.set_defaults(json=False, passphrase_file=None, passphrase_fd=None, key_file=None, identity=None)
    named = parser.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS, prog="freerange")
    for group, _, commands in SUBJECTS:
        for each in commands:
            if each.name not in words:
                named.choices[each.name] = parser  # it is a command, and never asked: making one for each takes long
                continue
            made = named.add_parser(each.name, formatter_class=Raw)
            made.description, made.epilog = f"{each.says[:1].upper()}{each.says[1:]}.", examples(each.example)
            made.set_defaults(group=group)
            each.fill(made)
    return parser


def lines(commands: Sequence[Command]) -> str:
    """Commands with what they do, a line each."""
    return "".join(f"  {each.name:<13} {each.says}\n" for each in commands)


def examples(text: str) -> str:
    """The examples under a command's help."""
    return "examples:" + "\n".join(f"  {line[8:]}".rstrip() for line in text.splitlines())


class Raw(argparse.RawDescriptionHelpFormatter):
    """Examples stay as they are written; names of options leave room for what they mean."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=columns())


def columns() -> int:
    """How wide help may be. argparse would load much to find out."""
    try:
        seen = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (ValueError, OSError):
        seen = 80
    return min(max(seen, 40), 100) - 2


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
