"""Which program this is, as files that it writes say it."""

from typing import Final

PROGRAM: Final = "freerange 0.2.0"
