"""The gate, run over reasoning-gym: which families, and which levels of each, may be asked.

    python -m thinkaloud.tasks.gym_survey FILE [NAME ...]

Each family is judged separately (`gym_judge.py`). For admitted families, how much the options give away is measured as
well.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.tasks import gym_pool
from thinkaloud.tasks.gym import GymTask, cue
from thinkaloud.tasks.gym_judge import ENOUGH, Row, judge
from thinkaloud.vocabulary import Key


def survey(n: int = 200, names: Sequence[str] | None = None, budget_seconds: float = 100) -> Row:
    """The verdicts on these families (None: all), over at most `n` items a level.

    A family gets `budget_seconds` for all its levels, and as much again for the second generation. Returns
    {"reasoning_gym": version, "date", "n", "families": {name: row}} where a row has `admitted`, `reason`, `n`,
    `measured` {check: [value] or [value, raw]} of the default configuration, `levels` {level: None or the reason why it
    is not admitted}, and, where it is admitted, `cue` (`gym.cue` on 40 items of the middle one of the levels that may
    be asked; None if there are not so many). `UserError` for an unknown name.
    """
    chosen = gym_pool.names() if names is None else [gym_pool.known(name) for name in names]
    rows = {name: with_cue(name, judge(name, n, budget_seconds)) for name in chosen}
    today = datetime.date.today().isoformat()
    return {"reasoning_gym": gym_pool.version(), "date": today, "n": n, "families": rows}


def with_cue(name: str, row: Row) -> Row:
    """The row, with the cue that its options give if it is admitted."""
    if not row["admitted"]:
        return row
    task = GymTask(name, row)
    try:
        items = task.items(task.levels[len(task.levels) // 2], ENOUGH, Key(("cue",)))
    except UserError:
        return {**row, "cue": None}
    return {**row, "cue": round(cue(items), 3)}


def write(table: Mapping[str, Any], path: Path) -> None:
    """The table as JSON, one family a line."""
    head = json.dumps({k: v for k, v in table.items() if k != "families"})[:-1]
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in table["families"].items())
    path.write_text(f'{head}, "families": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    write(survey(names=sys.argv[2:] or None), Path(sys.argv[1]))
