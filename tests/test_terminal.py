"""The table on the terminal: the same one whatever it is printed to, aligned, with every number in it."""

from __future__ import annotations

import re

from thinkaloud.cli.plain_table import plain_table
from thinkaloud.items.edge import Edge
from thinkaloud.report.tables import Grid

CELL = "0.47 [0.31, 0.62]"
GRID = Grid(
    "Title", ("task", "n", "own", "share"), (("sums", "8", CELL, "none"), ("coins", "12", "0.50", CELL)), ("why",)
)


def test_a_table_is_aligned_and_whole_where_there_is_room() -> None:
    title, head, *rows, why = plain_table(GRID, 80)
    assert (title, why) == ("Title", "why")
    starts = [[found.start() for found in re.finditer(r"(?:(?<=\s\s)|^)\S", line)] for line in (head, *rows)]
    assert starts[0] == starts[1] == starts[2], "columns stand below one another"
    assert head.split() == ["task", "n", "own", "share"] and rows[0] == f"sums   8   {CELL}  none"


def test_a_table_is_turned_where_it_is_too_wide() -> None:
    lines = plain_table(GRID, 46)
    assert lines[1:5] == [
        "task   sums               coins",
        "n      8                  12",
        f"own    {CELL}  0.50",
        f"share  none               {CELL}",
    ]
    assert all(len(line) <= 46 for line in lines)


def test_rows_that_do_not_fit_beside_each_other_follow_one_another() -> None:
    lines = plain_table(GRID, 30)
    assert [line for line in lines if line.startswith("task")] == ["task   sums", "task   coins"]
    assert "" in lines and sum(CELL in line for line in lines) == 2


def test_a_table_with_more_rows_than_columns_is_never_turned() -> None:
    long = Grid("", ("arm", "once"), tuple((f"arm {i}", CELL) for i in range(5)))
    assert plain_table(long, 5)[0].split() == ["arm", "once"] and len(plain_table(long, 5)) == 6


def test_a_table_without_rows_is_its_title_and_reasons() -> None:
    assert plain_table(Grid("Title", ("a", "b"), (), ("nothing was measured",)), 80) == [
        "Title",
        "nothing was measured",
    ]


def test_the_note_of_the_edge_says_why_no_level_lies_at_it() -> None:
    easy, hard = (Edge(2, ((2, value), (3, value)), False).sentence("t") for value in (1.0, 0.1))
    assert "level 2 is asked, and is too easy: no level tried is below .8" in easy
    assert "level 2 is asked, and is too hard: no level tried is above .3" in hard
    assert "is the nearest" in Edge(2, ((2, 0.9), (3, 0.1)), False).sentence("t")
