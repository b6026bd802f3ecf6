"""Benchmarks by name: `gsm8k`, `aqua`, `bbh:NAME`, `math`, `arc`, `mmlu:SUBJECT`, `gpqa`, `truthfulqa`.

    open_benchmark("gsm8k")                     from the hub (extra `hub`)
    open_benchmark("gsm8k:../data/gsm8k")       from a local copy of the published files

Rows are read as those of any table (`columns.py`, `lines.py`), by the columns that `benchmarks.toml` gives. What is
asked for decides the options:

* options in a column of their own are listed below the question, as for a file, and answered by their text;
* options that stand inside the question (BIG-Bench Hard) are answered as the question asks: `(A)` where it has letters;
* a question whose answer is yes or no, true or false has these two options, which are not shown;
* all others are answered freely: a worked solution (`#### 18`, `\\\\boxed{18}`) becomes its answer and its reasoning.
"""

from __future__ import annotations

from dataclasses import replace

from thinkaloud.tasks.benchmarks.source import rows_of
from thinkaloud.tasks.benchmarks.table import Named, named
from thinkaloud.tasks.candidates import pair_of
from thinkaloud.tasks.gather import Source, gathered
from thinkaloud.tasks.mathematics import is_right, verifier
from thinkaloud.tasks.questions import Questions
from thinkaloud.vocabulary import Item


class BenchmarkTask(Questions):
    """The questions of a benchmark. Satisfies `vocabulary.Task`."""

    meaning = "the level given in the benchmark"

    def __init__(self, what: Named) -> None:
        name = f"{what.name}:{what.part}" if what.part not in ("", what.benchmark.usual) else what.name
        self._mathematics = what.benchmark.mathematics
        found, where = rows_of(what)
        source = Source(name, what.name, where, what.benchmark.map, json=False, told=False)
        items, notes = gathered(found, source)
        super().__init__(name, where, [_two_sided(item) for item in items], (_about(what, where), *notes))

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is right; of mathematics, also where it is another form of the same expression."""
        return is_right(item, answer) if self._mathematics else super().verify(item, answer)


def open_benchmark(spec: str) -> BenchmarkTask:
    """The task of a spec (`table.py`). Raises `UserError` with what to do where it cannot be loaded."""
    return BenchmarkTask(named(spec))


def _two_sided(item: Item) -> Item:
    """A question of yes or no has these two as its options."""
    pair = None if item.options else pair_of(item.gold)
    return item if pair is None else replace(item, options=pair)


def _about(what: Named, where: str) -> str:
    """What a report says of the benchmark."""
    said = [f"{what.name}: {what.benchmark.about}; from {where}; licence {what.benchmark.licence}"]
    said += [f"answers are read with {verifier()}"] if what.benchmark.mathematics else []
    said += ["its authors ask that it is never put into training data"] if what.benchmark.canary else []
    return "; ".join(said) + "."
