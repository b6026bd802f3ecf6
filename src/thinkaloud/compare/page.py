"""How a comparison is shown: a table on the terminal, report.md, compare.json. Computes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.compare.found import Against, Compared, OfTask
from thinkaloud.report.markdown import plain, render_grid
from thinkaloud.report.tables import Grid
from thinkaloud.runs.folder import make_folder, write
from thinkaloud.stats.bootstrap import unseen
from thinkaloud.stats.paired import Row, Word

FORMAT = 1
"""Version of compare.json."""
HEAD = ("row", "A", "B", "B - A [95% interval]", "verdict", "smallest change seen", "p", "p (Holm)", "n")
LIMITS = (
    "A difference is about other items of these tasks and levels: not about other tasks, prompts or trainings, and not "
    "about another run of a training with another seed.",
    "*The same* is said within the margin and never of what was not measured; *cannot tell* is a result, and the "
    "smallest change says what it would have taken.",
    "Verdicts are read one by one. Over all rows together, look at p (Holm), or name the row that counts before "
    "looking. A margin that is chosen after the results makes *the same* worthless.",
    "Each row's position or baseline is chosen in each run on its own: `use` holds no doubt about the position.",
)
WORDS: tuple[Word, ...] = ("different", "the same", "cannot tell")


def write_comparison(found: Compared) -> None:
    """report.md and compare.json in the comparison's folder."""
    make_folder(found.folder)
    write(found.folder / "report.md", render(found))
    write(found.folder / "compare.json", json.dumps(as_json(found), indent=1, ensure_ascii=False) + "\n")


def grids(found: Compared) -> list[Grid]:
    """A table for each task of each run, with what must be known of it."""
    return [_grid(found, one, task) for one in found.others for task in one.tasks]


def said(found: Compared) -> list[str]:
    """What stands above the tables: who is compared, and what is not finished or was asked otherwise."""
    lines = [f"A: {_who(found, None)}"]
    for i, one in enumerate(found.others):
        lines += [f"{_letter(found, i)}: {_who(found, one)}{', the same model' if one.one_model else ''}", *one.remarks]
    return lines


def flip_lines(task: OfTask) -> list[str]:
    """The flip table, in lines."""
    f = task.flips
    if f is None:
        return []
    lines = [f"own reasoning: right in both {f.right}, wrong in both {f.wrong}, tied in one {f.tied}"]
    for what, items in (("right in A, wrong in B", f.lost), ("wrong in A, right in B", f.gained)):
        lines.append(f"{what}: {len(items)}{': ' + ', '.join(items) if items else ''}")
    return lines


def render(found: Compared) -> str:
    """The report as Markdown."""
    blocks = ["# Did anything change?", "\n".join(f"- {plain(line)}" for line in said(found))]
    blocks += [
        f"Study: {plain(found.study)}. Margin {found.margin:g}. Every difference is B - A over the same items, with "
        "its 95% interval (the item is the unit). *the same*: the 90% interval lies within the margin. *smallest "
        "change seen*: what would have been called different with 80% power. p: two-sided, by sign flips"
        + (f"; Holm's over all {found.tested} rows." if found.tested else ".")
    ]
    for one in found.others:
        for task in one.tasks:
            blocks += [render_grid(_grid(found, one, task, flips=False)), _inner(task.rows), *_flips(task)]
    blocks += ["## What this cannot tell", "\n".join(f"- {line}" for line in LIMITS)]
    folders = " ".join([found.first.folder, *(one.other.folder for one in found.others)])
    blocks += [f"thinkaloud {__version__}: `thinkaloud compare {folders} --margin {found.margin:g}`"]
    return "\n\n".join(blocks) + "\n"


def as_json(found: Compared) -> dict[str, Any]:
    """Everything, as plain data: docs/compare.md has the fields."""
    return {
        "format": FORMAT, "study": found.study, "margin": found.margin, "tested": found.tested,
        "reference": asdict(found.first),
        "comparisons": [
            {
                "run": asdict(one.other), "one_model": one.one_model, "remarks": list(one.remarks),
                "tasks": [_task(task) for task in one.tasks],
            }
            for one in found.others
        ],
    }  # fmt: skip


def number(value: float | None, sign: str = "") -> str:
    """Two digits; three for what is small."""
    if value is None:
        return "-"
    return f"{value:{sign}.3f}" if sign or abs(value) < 0.1 else f"{value:.2f}"


def difference(row: Row) -> str:
    """B - A with its interval, or why there is none."""
    e = row.difference
    if e.value is None or e.low is None or e.high is None:
        return e.reason or ""
    return f"{_signed(e.value)} [{_signed(e.low)}, {_signed(e.high)}]"


def verdict(row: Row, margin: float) -> str:
    """The verdict in words; none where there is no number."""
    if row.difference.value is None:
        return "no number"
    return f"the same within {margin:g}" if row.word == "the same" else row.word


def _task(task: OfTask) -> dict[str, Any]:
    return {
        "task": task.task, "level": task.level, "asked_a": task.asked_a, "asked_b": task.asked_b,
        "common": task.common, "dropped": dict(task.dropped), "rows": [_row(row) for row in task.rows],
        "flips": None if task.flips is None else asdict(task.flips),
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    e = row.difference
    return {
        "row": row.name, "a": row.a, "b": row.b, "difference": e.value, "low": e.low, "high": e.high,
        "inner_low": row.inner[0] if row.inner else None, "inner_high": row.inner[1] if row.inner else None,
        "n": e.n, "clusters": e.clusters, "clustered_by": e.clustered_by, "reason": e.reason,
        "verdict": row.word if e.value is not None else None, "because": row.why, "smallest": row.smallest,
        "p": row.p, "holm": row.holm, "without": row.without,
    }  # fmt: skip


def _grid(found: Compared, one: Against, task: OfTask, flips: bool = True) -> Grid:
    """The rows that have a number; the others are said below, each reason once."""
    title = f"{task.task}, level {task.level}: {one.other.model} against {found.first.model}"
    rows = [
        (
            row.name, number(row.a), number(row.b), difference(row), verdict(row, found.margin),
            number(row.smallest), number(row.p), number(row.holm), str(row.difference.n),
        )
        for row in task.rows if row.difference.value is not None
    ]  # fmt: skip
    return Grid(title, HEAD, tuple(rows), tuple([*_below(found, task), *(flip_lines(task) if flips else ())]))


def _below(found: Compared, task: OfTask) -> list[str]:
    """A sentence of verdicts, which items were compared, and what has no number."""
    lines = [_summary(found, task.rows)]
    dropped = "; ".join(f"{n} {why}" for why, n in task.dropped.items())
    asked = f"asked {task.asked_a} in A and {task.asked_b} in B"
    lines.append(f"{task.common} items compared ({asked}){f'; dropped: {dropped}' if dropped else ''}")
    if task.common:
        lines.append(unseen(task.common))
    reasons: dict[str, list[str]] = {}
    for row in task.rows:
        if row.difference.value is None:
            reasons.setdefault(row.difference.reason or "", []).append(row.name)
    return [*lines, *(f"{', '.join(names)}: {why}" for why, names in reasons.items())]


def _summary(found: Compared, rows: Sequence[Row]) -> str:
    """How many of the rows have which verdict; of those that differ, how many by Holm's p."""
    known = [row for row in rows if row.difference.value is not None]
    counts = {word: sum(row.word == word for row in known) for word in WORDS}
    sure = sum(row.word == "different" and row.holm is not None and row.holm <= 0.05 for row in known)
    by_holm = f" ({sure} with Holm's p of .05 or less)" if counts["different"] and found.tested else ""
    return (
        f"of {len(known)} rows: {counts['different']} different{by_holm}, {counts['the same']} the same within "
        f"{found.margin:g}, {counts['cannot tell']} cannot tell"
    )


def _inner(rows: Sequence[Row]) -> str:
    """Why each verdict is what it is."""
    kept = [row for row in rows if row.difference.value is not None]
    return "\n".join(f"- **{plain(row.name)}**: {row.word}: {plain(row.why)}" for row in kept)


def _flips(task: OfTask) -> list[str]:
    if task.flips is None:
        return []
    return [f"### Items that flipped: {plain(task.task)}", "\n".join(f"- {plain(line)}" for line in flip_lines(task))]


def _who(found: Compared, one: Against | None) -> str:
    side = found.first if one is None else one.other
    return f"{side.model} ({side.folder}; {side.format}, {side.precision})"


def _letter(found: Compared, i: int) -> str:
    return "B" if len(found.others) == 1 else f"B{i + 1}"


def _signed(value: float) -> str:
    """Three digits with a sign; 0 has none."""
    return "0.000" if abs(value) < 5e-4 else f"{value:+.3f}"
