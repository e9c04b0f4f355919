"""Figures as a table on standard output, where `pytest -s` shows them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

Cell = str | int | float


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], *notes: str) -> None:
    """Write the table; numbers stand to the right. `notes` say what a reader must know beside it."""
    lines = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    to_right = [not isinstance(cell, str) for cell in rows[0]]

    def line(cells: Sequence[str]) -> str:
        placed = zip(cells, widths, to_right, strict=True)
        return " | ".join(c.rjust(width) if right else c.ljust(width) for c, width, right in placed).rstrip()

    rule = "-+-".join("-" * width for width in widths)
    text = [title, line(list(heads)), rule, *map(line, lines), *(f"  {note}" for note in notes)]
    sys.stdout.write("\n\n" + "\n".join(text) + "\n")
    sys.stdout.flush()


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 10 else f"{cell:,.1f}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
