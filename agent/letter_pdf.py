"""A letter as a PDF. The only file that knows how one is made (reportlab)."""

from io import BytesIO
from textwrap import wrap
from typing import Final

MARGIN, SIZE, LEADING, COLUMNS = 72, 11, 15, 84  # points; letters a line
BEYOND: Final = "?"


def pdf(text: str, title: str) -> bytes:
    """The pages of a letter, A4. What the built-in font cannot show (it has Latin-1) stands as a question mark.

    The same text makes the same bytes: nothing of this computer, and no time, is in them.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(latin(title))
    top, left = A4[1] - MARGIN, MARGIN
    lines = [line for each in text.splitlines() for line in wrap(each, COLUMNS) or [""]]
    a_page = int((top - MARGIN) / LEADING)
    for start in range(0, len(lines), a_page):
        canvas.setFont("Helvetica", SIZE)
        for row, line in enumerate(lines[start : start + a_page]):
            canvas.drawString(left, top - row * LEADING, latin(line))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def latin(text: str) -> str:
    """Text in letters the built-in font has."""
    return text.encode("latin-1", "replace").decode("latin-1")
