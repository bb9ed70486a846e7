"""Runs one command, and ends it in words: what happened, what to do next, and an exit status."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from importlib import import_module
from types import TracebackType

from agent.cli.exits import FAULTS, INTERRUPTED, NO_ANSWER, Command, Stopped, stopped
from agent.cli.loops import runner
from agent.cli.plain import plain

MOST_WORDS = 2000


def run(options: Namespace) -> int:
    """Run the command that was typed. Returns its exit status; prints failures, never a traceback."""
    if "FREERANGE_DEBUG" not in os.environ:
        sys.excepthook = ours
    try:
        status = runner(options)(once(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped. Whatever was said stays said.", file=sys.stderr)
        return INTERRUPTED
    except (Stopped, *FAULTS) as fault:
        end = stopped(fault)
        quiet = "" if end.code == NO_ANSWER else "freerange: "
        print(f"{quiet}{plain(end.what, MOST_WORDS)}", file=sys.stderr)
        print(plain(end.next or f"See: freerange {options.command} --help", MOST_WORDS), file=sys.stderr)
        return end.code


async def once(options: Namespace) -> int:
    """The command itself."""
    return await commands(options.group)[options.command](options)


def commands(group: str) -> Mapping[str, Command]:
    """The commands of one subject, from the module that carries them out; the others are not loaded."""
    found: Mapping[str, Command] = import_module(f"agent.cli.{group}").COMMANDS
    return found


def ours(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    """A fault of this program, in two lines: where it was, and how to see all of it."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
    print(
        f"freerange: a fault of this program: {kind.__name__} at {place}; what was done before it stands",
        file=sys.stderr,
    )
    print("Run it again with FREERANGE_DEBUG=1 to see all of it, and please report it.", file=sys.stderr)
