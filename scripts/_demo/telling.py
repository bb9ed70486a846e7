"""How the story is told: a line for each thing that happens, or a JSON object."""

import json
import os
import sys
import textwrap
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

BOLD, DIM, GREEN, RED, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"
NAMES = 13  # columns for who does something
WIDTH = 100


class NotSo(Exception):
    """Something is not what it should be."""


@dataclass
class Teller:
    """Tells the story on standard output. act: its number; proved: how much was as it should be."""

    as_json: bool
    act: int = 0
    proved: int = 0
    began: float = field(default_factory=time.monotonic)

    def open_act(self, title: str) -> None:
        """The next part of the story."""
        self.act += 1
        self._tell("act", {"title": title}, f"\n{self.colour(f'{self.act}. {title}', BOLD)}")

    def told(self, text: str) -> None:
        """A sentence of the teller's own."""
        lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
        self._tell("told", {"text": text}, "\n".join(lines))

    def typed(self, command: str) -> None:
        """Something for the reader to type."""
        self._tell("typed", {"command": command}, f"    {command}")

    def did(self, who: str, what: str, **facts: object) -> None:
        """Somebody did something."""
        self._tell("did", {"who": who, "what": what, **facts}, f"   {who:<{NAMES}}  {what}")

    def said(self, by: str, to: str, message: str, gist: str, thread: str) -> None:
        """Somebody said something to somebody, as the log of one of them has it."""
        way = f"{by} → {to}"
        line = f"   {way:<{NAMES + 7}}  {message:<20}  {self.colour(gist, DIM)}".rstrip()
        self._tell("said", {"by": by, "to": to, "message": message, "gist": gist, "thread": thread}, line)

    def kept(self, who: str, what: str, **facts: object) -> None:
        """Somebody holds something from now on."""
        self._tell("kept", {"who": who, "what": what, **facts}, f"   {who:<{NAMES}}  keeps {what}")

    def screen(self, who: str, command: str, lines: Iterable[str]) -> None:
        """What somebody sees in the terminal."""
        shown = [*lines]
        text = [f"   {who:<{NAMES}}  {self.colour(f'$ {command}', BOLD)}"]
        text += [f"   {'':<{NAMES}}  {self.colour('|', DIM)} {line}".rstrip() for line in shown]
        self._tell("screen", {"who": who, "command": command, "lines": shown}, "\n".join(text))

    def sure(self, what: str, ok: bool, found: object = None) -> None:
        """Something that must be so. Raises NotSo if it is not."""
        mark = self.colour("ok", GREEN) if ok else self.colour("NOT SO", RED)
        fact = {"what": what, "ok": ok} | ({} if ok else {"found": str(found)})
        self._tell("sure", fact, f"   {'':<{NAMES}}  {mark}: {what}")
        if not ok:
            raise NotSo(f"{what}; found: {found}" if found is not None else what)
        self.proved += 1

    def end(self, ok: bool, text: str) -> None:
        """The last line."""
        seconds = round(time.monotonic() - self.began, 1)
        self._tell(
            "end",
            {"ok": ok, "text": text, "seconds": seconds},
            f"\n{self.colour(f'{text} ({seconds} s)', GREEN if ok else RED)}",
        )

    def colour(self, text: str, colour: str) -> str:
        """Text in a colour, where a person sees colours."""
        return f"{colour}{text}{PLAIN}" if sys.stdout.isatty() and "NO_COLOR" not in os.environ and text else text

    def _tell(self, kind: str, facts: dict[str, object], line: str) -> None:
        if self.as_json:
            line = json.dumps({"kind": kind, "act": self.act, **facts}, ensure_ascii=False)
        print(line, flush=True)
