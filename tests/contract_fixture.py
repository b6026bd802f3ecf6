"""Studies that ask a model, one that can be asked at no cost, and an unusual value for every option."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from thinkaloud.cli.options import Studies, config_of
from thinkaloud.models.loading import Loading
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.settings import Option, options

ASKED = {
    "channels": ("scripted:faithful", ("chain_sum", "coin"), 3),
    "faithfulness": ("scripted:mixture:.5", ("chain_sum", "coin"), 3),
    "controllability": ("scripted:faithful", ("coin", "chain_sum"), 3),
    "rungs": ("scripted:sim:.1,0,0", ("sim:chain_01", "sim:map_01"), 4),
    "challenge": ("scripted:sim:.1,0,0", ("sim:chain_01", "sim:map_01"), 4),
}
"""Study -> a reasoner, tasks that it understands, and their level."""
STUDIES = tuple(ASKED)
OVER_ITEMS = ("channels", "faithfulness", "controllability", "rungs")
"""Studies whose questions follow from the seed alone."""
ARM = str(Path(__file__).parent.parent / "examples" / "arms" / "verify_twice.py")
FAST: dict[str, dict[str, Any]] = {
    "rungs": {"budgets": (150, 600), "arms": ("R2", "F1", "F2"), "attempts": 2, "trials": 2, "dev": 4},
    "challenge": {
        "arm": ARM, "against": ("R1", "R2"), "budgets": (150, 600), "attempts": 2, "trials": 2, "dev": 4,
        "beacon": "a b",
    },
}  # fmt: skip
"""Settings of a study that is slow with the usual ones."""
NAMED: dict[str, Any] = {
    "arms": ("R2", "F1"), "budgets": (150, 600), "device": "cpu", "arm": ARM, "against": ("R1", "R2"), "beacon": "it's",
    "think_tokens": 300, "ask": "few-shot", "paraphraser": "model", "profile": "none",
    "editor": "scripted:faithful",
}  # fmt: skip
"""Values that only some words may have."""
BESIDE = {"samples": {"temperature": 0.5}}
"""Option -> what must be said beside it."""
UNTOLD = ("threads",)
"""What is the machine's, and no part of a run."""


def another(option: Option) -> Any:
    """A value that the option may have and that is not its usual one."""
    if option.name in NAMED:
        return NAMED[option.name]
    if option.choices:
        return next(word for word in option.choices if word != option.default)
    if option.kind is bool:
        return not option.default
    if option.kind is float:
        return (option.default or 0.0) / 2 or 0.5  # temperature has no number of its own
    if option.kind is int:
        return option.default - 1 if option.default > 1 else option.default + 1
    raise AssertionError(f"say in NAMED what --{option.flag} may be")


def changed(study: str, *names: str) -> Any:
    """Settings of which those named are not the usual ones; all, where none is named."""
    cls = open_study(study).Settings
    found = {option.name: another(option) for option in options(cls) if not names or option.name in names}
    return cls(**{name: value for one in names for name, value in BESIDE.get(one, {}).items()} | found)


def config(study: str, settings: Any = None, items: int = 8, loading: Loading | None = None) -> Config:
    """What a run of the study is asked, fast where no settings are given."""
    model, tasks, level = ASKED[study]
    opened = open_study(study)
    chosen = opened.Settings(shots=2, **FAST.get(study, {})) if settings is None else settings
    return Config(study, model, tasks, items, level, 1, chosen, loading or Loading())


def parsed(command: str) -> Config:
    """What the command line makes of a printed command."""
    kept: list[Config] = []
    group = Studies(lambda name, study, given: kept.append(config_of(name, study, given)), [], name="run")
    program, verb, *words = shlex.split(command)
    assert (program, verb) == ("thinkaloud", "run")
    group.main(words, standalone_mode=False)
    return kept[0]
