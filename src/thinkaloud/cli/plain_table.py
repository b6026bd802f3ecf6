"""A study's table as aligned plain text, for pipes, files and narrow terminals. Knows no study and no terminal."""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.report.tables import Grid

GAP = "  "


def plain_table(grid: Grid, width: int) -> list[str]:
    """The table in lines of at most `width` characters, if that can be: as it is; else, where it has fewer rows than
    columns, turned round, as many rows of it side by side as there is room for."""
    title = [grid.title] if grid.title else []
    lines = _aligned([grid.head, *grid.rows]) if grid.rows else []
    if max(map(len, lines), default=0) > width and len(grid.rows) < len(grid.head):
        lines = _turned(grid, width)
    return [*title, *lines, *grid.reasons]


def _turned(grid: Grid, width: int) -> list[str]:
    """Titles at the left, a column for each row; one block of lines after the other."""
    rows = list(grid.rows)
    lines: list[str] = []
    while rows:
        n = next((n for n in range(len(rows), 1, -1) if _wide(_block(grid, rows[:n])) <= width), 1)
        lines += [*([""] if lines else []), *_block(grid, rows[:n])]
        rows = rows[n:]
    return lines


def _block(grid: Grid, rows: Sequence[Sequence[str]]) -> list[str]:
    return _aligned(list(zip(grid.head, *rows, strict=True)))


def _wide(lines: Sequence[str]) -> int:
    return max(map(len, lines))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
