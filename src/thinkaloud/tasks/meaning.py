"""Which tasks are near to what somebody asked for by another name: `arithmetic`, `svamp`, `logic`.

Two small tables: everyday words, and benchmarks that people know by another name or that have none here (those that
have: `benchmarks/`). Nothing here opens a task, and a name of `gym:` needs the package reasoning-gym.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from thinkaloud.errors import UserError

WORDS: dict[str, tuple[str, ...]] = {
    "arithmetic addition add adding sum sums math maths mathematics calculation":
        ("chain_sum", "big_sum", "chain_mixed", "gym:basic_arithmetic"),
    "subtraction minus": ("chain_mixed", "story"),
    "multiplication multiply product": ("gym:products",),
    "word problem problems stories gsm": ("story", "gym:gsm_symbolic"),
    "algebra equation equations variable": ("variables", "gym:simple_equations"),
    "counting count letters": ("count_items", "gym:letter_counting"),
    "logic logical deduction reasoning": ("gym:knights_knaves", "gym:zebra_puzzles", "gym:aiw"),
    "tracking shuffle state objects": ("swaps", "coin"),
    "date dates calendar day days time": ("weekday", "gym:calendar_arithmetic"),
    "navigation navigate direction compass": ("directions",),
    "comparison comparing larger": ("compare",),
    "knowledge facts fact trivia recall qa": ("recall",),
    "retrieval needle haystack": ("records_needle", "gym:needle_haystack"),
    "long context document documents aggregation": ("records_count", "records_mode", "records_pairs"),
    "sort sorting": ("gym:number_sorting", "gym:word_sorting"),
    "sudoku puzzle puzzles": ("gym:mini_sudoku", "gym:zebra_puzzles"),
}  # fmt: skip
"""Words -> the tasks that are near to any of them."""

BENCHMARKS: dict[str, tuple[str, ...]] = {
    "gsm_8k gsm8k_test svamp multiarith asdiv gsm_plus": ("gsm8k", "story"),
    "math500 math_500 hendrycks_math aime aime24 aime25": ("math", "variables"),
    "aqua_rat mathqa": ("aqua", "story"),
    "bigbench big_bench big_bench_hard bbeh": ("bbh:navigate", "swaps", "directions"),
    "mmlu_pro mmlu_redux triviaqa openbookqa simpleqa": ("mmlu", "recall"),
    "arc_challenge arc_c arc_easy arc_e ai2_arc": ("arc:challenge", "arc:easy"),
    "truthful_qa": ("truthfulqa",),
    "gpqa_diamond": ("gpqa",),
    "hle hellaswag winogrande csqa commonsenseqa strategyqa boolq piqa musr lsat logiqa humaneval mbpp": (),
    "ruler niah longbench oolong": ("records_needle", "records_count"),
}
"""Names that people give to benchmarks -> the tasks that are meant, or most like them; none where no task is."""

MANY = 4
"""How many tasks are named."""
MISTYPED = 0.8
"""How alike (0 to 1) a name is to another that it was meant to be."""


def near(name: str, known: Iterable[str] = ()) -> UserError | None:
    """What to say of a name that is no task's: the tasks near to it in meaning, and how to bring one's own. None where
    the name says nothing to these tables, or is only a mistyped one of `known`."""
    if get_close_matches(name, [*known], cutoff=MISTYPED):
        return None
    asked = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    for names, like in BENCHMARKS.items():
        if asked in names.split():
            nearest = f"; the nearest tasks here are {', '.join(like)}" if like else "; no task here is like it"
            return UserError(f"{name} has no name here: give its file by path{nearest}")
    found = dict.fromkeys(
        task for words, tasks in WORDS.items() if {*asked.split("_")} & {*words.split()} for task in tasks
    )
    if not found:
        return None
    return UserError(
        f"no task named {name!r}; near in meaning: {', '.join([*found][:MANY])} (or a file of your own questions)"
    )
