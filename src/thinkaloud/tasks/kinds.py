"""How a task's questions can be decomposed, by task name: a judgement made before any result was seen.

    map       parts that do not depend on each other, then one step that puts their answers together
    chain     each part needs the answer of the one before
    search    what has to be found is not known to be on the way until it is found: the parts are guesses
    recall    nothing to do but to know
    other     not judged

The tags say what the authors of the table expected of a family, not what was measured. They only select the controls.
Negative controls (search, recall) should not gain from sub-questions in fresh contexts; positive controls (the records
families) should. This module opens no task and knows no results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from thinkaloud.tasks import RECORDS

Kind = Literal["map", "chain", "search", "recall", "other"]

KIND_NAMES: tuple[Kind, ...] = ("map", "chain", "search", "recall")

_LISTED: Mapping[Kind, str] = {
    "map": """
        story count_items compare
        gym:needle_haystack gym:letter_counting gym:leg_counting gym:count_primes gym:number_filtering
        gym:word_sorting gym:group_anagrams""",
    "chain": """
        chain_sum big_sum chain_mixed variables coin swaps directions weekday mod10 mod10_tb mod5 mod5_tb
        gym:chain_sum gym:basic_arithmetic gym:products gym:polynomial_multiplication gym:bf gym:ab
        gym:tower_of_hanoi gym:game_of_life gym:family_relationships gym:knights_knaves""",
    "search": """
        gym:countdown gym:sudoku gym:n_queens gym:sokoban gym:rush_hour gym:word_ladder gym:zebra_puzzles
        gym:cryptarithm gym:arc_1d gym:arc_agi""",
    "recall": "recall",
}

KINDS: Mapping[str, Kind] = {
    **{name: kind for kind, names in _LISTED.items() for name in names.split()},
    **dict.fromkeys(RECORDS, "map"),
}
"""Task name -> its tag; what is not here is `other`."""


def kind_of(task_name: str) -> Kind:
    """The tag of a task, by the name under which it is opened (a `!` at its end is ignored). Simulated tasks have it in
    their name."""
    name = task_name.removesuffix("!")
    made, _, rest = name.partition(":")
    return next((k for k in KIND_NAMES if made == "sim" and rest.startswith(f"{k}_")), KINDS.get(name, "other"))


def control_of(task_name: str) -> Literal["positive", "negative"] | None:
    """Which control a task is, if it is one."""
    if task_name in RECORDS:
        return "positive"
    return "negative" if kind_of(task_name) in ("search", "recall") else None
