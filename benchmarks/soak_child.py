"""A command of the soak, in a process of its own that may be killed at any moment: a run, a shard, what goes on with
one, or a merge. `python soak_child.py JSON`, with the fields of `Asked`.

Exit codes: 0 done, 2 a line of thinkaloud on stderr, 3 done but for what failed, 1 a traceback, which is a fault.
"""

from __future__ import annotations

import json
import random
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import thinkaloud as ta
from jumping import jumping
from soak_models import Soaked, Strange
from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.loading import Loading
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.folder import Run


@dataclass(frozen=True)
class Asked:
    """What is run. `difficulty` 0: the level is looked for; `strange`: by `Strange`; `url`: by a server; `on`: workers.
    What may differ from start to start: `trouble` of the model, `clock` (a seed, 0: the true one), `again` (resume
    what is there), `merged` (folders of shards, to be put together in `out`)."""

    out: str = ""
    study: str = "channels"
    tasks: tuple[str, ...] = ("chain_sum", "coin")
    items: int = 24
    difficulty: int = 0
    seed: int = 1
    concurrency: int = 1
    shard: str = ""
    strange: bool = False
    url: str = ""
    on: str = ""
    trouble: str = ""
    clock: int = 0
    again: bool = False
    merged: tuple[str, ...] = ()

    def words(self, **more: Any) -> list[str]:
        """The command of a process that does it."""
        return [sys.executable, str(Path(__file__)), json.dumps(asdict(replace(self, **more)))]


SERVED: dict[str, Any] = {
    "loading": Loading(format="completion"), "settings": {"resample_temperature": 0.0, "shots": 1}
}  # fmt: skip
"""How a server with a tiny model is asked, so that it answers the same every time."""
UNIT_TIME = 2.0


def model(asked: Asked) -> Scripted:
    """Who answers, if no server does."""
    return Strange() if asked.strange else Soaked(asked.trouble, asked.seed)


def done(asked: Asked) -> Run:
    """The command."""
    if asked.merged:
        return ta.merge(list(asked.merged), asked.out)
    more: dict[str, Any] = {"concurrency": asked.concurrency}
    if asked.trouble == "hangs":
        more["unit_time"] = UNIT_TIME
    if asked.on:
        more |= {"on": ta.place(asked.on, workers=2), "concurrency": 1}
    if asked.again and (Path(asked.out) / "identity.json").is_file():
        return ta.resume(asked.out, model=None if asked.url else model(asked), **more)
    level = {"difficulty": asked.difficulty} if asked.difficulty else {}
    served = SERVED if asked.url else {}
    return ta.run(
        asked.study, asked.url or model(asked), asked.tasks, items=asked.items, seed=asked.seed, out=asked.out,
        shard=asked.shard or None, **level, **served, **more,
    )  # fmt: skip


def main() -> int:
    """One command."""
    found = json.loads(sys.argv[1])
    asked = Asked(**{name: tuple(given) if isinstance(given, list) else given for name, given in found.items()})
    try:
        with jumping(random.Random(asked.clock)) if asked.clock else nullcontext():
            run = done(asked)
    except ThinkaloudError as error:
        print(f"thinkaloud: {error}", file=sys.stderr)
        return 2
    return 3 if any(unit["status"] == "failed" for unit in run.units) else 0


if __name__ == "__main__":
    sys.exit(main())
