"""Tuning by reflection: GEPA (Agrawal et al. 2025, 2507.19457) on the terms of `tuning.tune`.

A candidate is an instruction as text and a choice of examples. GEPA starts from the plain one, shows a model what the
arm wrote on a few dev items and what was right, and lets it write a better instruction; every other proposal is a
choice of examples by lot, the same lots as random search. A proposal that beats its parent on those few is tried on all
dev items; the best on all, the first of equals, is taken.

The limit is random search's own: at most `trials` x dev items are tried, and never one more. What was tried once is
remembered, so a round tries at most each dev item once, and no round begins that might not fit. Reflection costs tokens
besides; they are in `spend`, and by themselves in `reflected`. Every arm has the same limit and the same dev items, but
not the same candidates: they follow from what the arm wrote.

GEPA is one thread that blocks (`bridge.py`). All randomness is the key's. Knows nothing of budgets or meters: an
attempt on a dev item may spend the largest budget, as in random search.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from typing import Any

from thinkaloud.arms.attempt import Attempt, Stage, Terms, attempt, unless_lost
from thinkaloud.arms.bridge import Bridge, threaded
from thinkaloud.arms.style import Example, Style
from thinkaloud.arms.tuning import Candidate, TuningData, candidates, dressed, thought_about, tune
from thinkaloud.budget.counter import counter
from thinkaloud.budget.ledger import Spend
from thinkaloud.budget.trace import shortened
from thinkaloud.errors import ContextTooSmall, UserError
from thinkaloud.vocabulary import Item, Key, Model, Prompt, Record, Sampling, Task

SHOWN = 3
"""Dev items that a reflection is about, and on which a proposal must beat its parent: GEPA's own default."""
WORDS = 50
"""Longest instruction. It stands before every example and is paid for every time."""
IDLE = 3
"""Rounds for every reflection, at most."""
ROOM = 160
"""Tokens for writing one."""
TEMPLATE = f"""An assistant answers questions. It was told:
```
<curr_param>
```
Here are questions, what the assistant wrote, and whether it was right:

<side_info>

Write a better instruction for the assistant, for other questions of the same kind: what to do and what to avoid, in at
most {WORDS} words. Write the instruction alone, between ``` and ```."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is tuned: an arm (`terms`) of a model on a task, by `dev` items; a `reflector` writes instructions."""

    model: Model
    task: Task
    terms: Terms
    dev: tuple[Item, ...]
    examples: tuple[Example, ...]
    reflector: Model
    trials: int
    key: Key

    @property
    def limit(self) -> int:
        """Most tries of a dev item."""
        return self.trials * len(self.dev)

    @property
    def reflections(self) -> int:
        """Most reflections: as many as could be tried and refused within the limit."""
        return max(1, (self.trials - 1) * len(self.dev) // min(SHOWN, len(self.dev)))

    @property
    def rounds(self) -> int:
        """Most rounds. One whose dev items are all right already, or whose proposal is known, costs nothing: without
        an end of their own such rounds would go on forever."""
        return IDLE * self.reflections


async def tune_by_reflection(
    model: Model, task: Task, terms: Terms, data: TuningData, key: Key, reflector: Model | None = None
) -> Record:
    """Choose a style for an arm. A record that `tuning.style_of` reads. The model itself reflects, or a
    `reflector`; with nothing to try, or nothing to try it on, the style is the plain one."""
    if data.trials <= 1 or not data.dev:
        return await tune(model, task, terms, data, key)
    library = _library()
    thoughts, spend = await thought_about(model, task, terms, data, key)
    examples = tuple(dressed(task, data.shown, thoughts))
    case = Case(model, task, terms, tuple(data.dev), examples, reflector or model, data.trials, key)
    made: list[Tuner] = []

    def work(bridge: Bridge) -> Any:
        made.append(Tuner(case, bridge, library))
        return made[0].run()

    found = await threaded(work)
    tuner = made[0]
    tried = [
        {"instruction": None, "text": c["instruction"], "examples": tuner.chosen(c), "right": right}
        for c, right in zip(found.candidates, found.val_aggregate_scores, strict=True)
    ]
    best = tried[found.best_idx]
    return {
        "arm": terms.arm,
        "status": "ok",
        "error": None,
        "tuner": f"gepa {metadata.version('gepa')}",
        "instruction": None,
        "text": best["text"],
        "examples": best["examples"],
        "thoughts": thoughts,
        "written": len(thoughts),
        "trials": tried,
        "dev": len(case.dev),
        "tries": tuner.tries,
        "limit": case.limit,
        "rounds": tuner.rounds,
        "proposed": tuner.proposed,
        "reflections": tuner.reflections,
        "reflector": case.reflector.card.name,
        "reflected": tuner.reflected.as_dict(),
        "spend": (spend + tuner.spend + tuner.reflected).as_dict(),
    }


class Tuner:
    """What GEPA asks for, in its thread: tries of a candidate, what to reflect on, and proposals."""

    def __init__(self, case: Case, bridge: Bridge, library: Any) -> None:
        self.case, self._bridge, self._library = case, bridge, library
        self.tries = self.rounds = self.proposed = self.reflections = 0
        self.spend, self.reflected = Spend(), Spend()
        self._known: dict[tuple[str, str, int], Attempt] = {}
        self._failure: BaseException | None = None
        drawn = candidates(len(case.examples), case.rounds + 1, case.key.child("candidates"))
        self._plain, self._lots = drawn[0], iter(drawn[1:])

    def run(self) -> Any:
        """GEPA's result. What failed in the loop is raised here, not swallowed."""
        choice = {"examples": _named(self._plain)} if len(self.case.examples) > 1 else {}
        found = self._library.optimize(
            seed_candidate={"instruction": "", **choice},
            trainset=list(range(len(self.case.dev))),
            adapter=self,
            reflection_minibatch_size=min(SHOWN, len(self.case.dev)),
            stop_callbacks=self._over,
            logger=_Silent(),
            track_best_outputs=False,
            seed=int.from_bytes(self.case.key.child("gepa").digest[:4], "big"),
        )
        if self._failure is not None:
            raise self._failure
        return found

    def chosen(self, candidate: Mapping[str, str]) -> list[int]:
        """Which examples a candidate shows; all of one or none, where there is nothing to choose."""
        named = candidate.get("examples")
        return list(self._plain.examples) if named is None else [int(i) for i in named.split()]

    def _over(self, state: Any) -> bool:
        """Whether no further round begins: one tries at most every dev item."""
        case, self.rounds = self.case, state.i + 1
        full = self.tries + len(case.dev) > case.limit or self.reflections >= case.reflections
        perfect = max(state.program_full_scores_val_set) >= 1.0
        return full or perfect or self.rounds >= case.rounds or self._failure is not None

    # ------------------------------------------------------------------------------------ what GEPA calls, by its names

    def evaluate(self, batch: list[int], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Try a candidate on dev items: 1 where it is right."""
        names = [(candidate["instruction"], candidate.get("examples", ""), i) for i in batch]
        new = list(dict.fromkeys(name for name in names if name not in self._known))
        made = self._ask(self._attempts(candidate, [i for _, _, i in new]))
        self.tries += len(new)
        self.spend = sum((one.trace.spend for one in made), self.spend)
        self._known.update(zip(new, made, strict=True))
        tried = [self._known[name] for name in names]
        return self._library.EvaluationBatch(
            outputs=[one.answer for one in tried],
            scores=[float(one.right) for one in tried],
            trajectories=list(zip(batch, tried, strict=True)) if capture_traces else None,
            num_metric_calls=len(new),
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> dict[str, list[dict[str, str]]]:
        """Questions, what was written, and what was right."""
        rows = [_row(self.case.dev[i], one) for i, one in eval_batch.trajectories]
        return {name: rows for name in components_to_update}

    def propose_new_texts(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """Another instruction by reflection, or other examples by lot; nothing where it would be the same again."""
        new: dict[str, str] = {}
        for name in components_to_update:
            if name == "examples":
                new[name] = _named(next(self._lots))
            else:
                new[name] = self._reflect(candidate[name], reflective_dataset[name])
        if all(candidate[name] == text for name, text in new.items()):
            return {}
        self.proposed += 1
        return new

    # ------------------------------------------------------------------------------------ what is asked in the loop

    def _ask(self, what: Any) -> Any:
        """GEPA catches what fails in a proposal and tries again: the first failure ends the tuning instead."""
        if self._failure is not None:
            what.close()
            raise self._failure
        try:
            return self._bridge.ask(what)
        except ContextTooSmall:
            raise
        except BaseException as failure:
            self._failure = self._failure or failure
            raise

    async def _attempts(self, candidate: dict[str, str], batch: Sequence[int]) -> list[Attempt]:
        case = self.case
        style = Style(tuple(case.examples[i] for i in self.chosen(candidate)), candidate["instruction"])
        terms, key = replace(case.terms, style=style), case.key.child("dev")
        stages = [Stage.of(case.model, case.task, case.dev[i], key) for i in batch]
        made = await asyncio.gather(*(attempt(stage, terms, 0, terms.budgets[-1]) for stage in stages))
        return list(unless_lost(made))

    def _reflect(self, text: str, rows: Sequence[Mapping[str, Any]]) -> str:
        """What the reflector wrote, in one line; the old text where it wrote nothing or could not read so much."""
        signature = import_module("gepa.strategies.instruction_proposal").InstructionProposalSignature
        asked = {"current_instruction_doc": text, "dataset_with_feedback": rows, "prompt_template": TEMPLATE}
        prompt = Prompt((), signature.prompt_renderer(asked))
        key, reflector = self.case.key.child("reflection", self.reflections), self.case.reflector
        self.reflections += 1
        counted, sampling = counter(reflector), Sampling(ROOM, (), self.case.terms.temperature)
        try:
            done = self._ask(reflector.generate(prompt, sampling, key))
        except ContextTooSmall:
            return text
        size = len(counted.lower(prompt))
        self.reflected += Spend(uncached=size, cache_write=size, output=done.tokens, calls=1)
        return _instruction(done.text) or text


class _Silent:
    """Discards GEPA's log output."""

    def log(self, message: str) -> None:
        """Nothing is printed."""


def _row(item: Item, made: Attempt) -> dict[str, str]:
    """One try, as the reflector reads it."""
    wrote = "\n".join(node.text for node in made.trace.nodes if node.kind == "call" and node.text)
    told = "Right." if made.right else f"Wrong. The right answer is {item.gold}."
    cut = " It ran out of budget." if made.cut else ""
    return {
        "Question": shortened(item.asked),
        "What the assistant wrote": shortened(wrote) or "(nothing)",
        "Its answer": made.answer or "(none)",
        "Verdict": told + cut,
    }


def _instruction(written: str) -> str:
    """What stands in the first fence, also where it never ends; all of it, where there is none. In one line."""
    _, fence, rest = written.partition("```")
    inside = re.sub(r"^\w*\n", "", rest.partition("```")[0]) if fence else written
    return " ".join(inside.split()[:WORDS])


def _named(candidate: Candidate) -> str:
    """A choice of examples as the text that GEPA keeps."""
    return " ".join(map(str, candidate.examples))


def _library() -> Any:
    """GEPA itself; `UserError` that says how to get it."""
    try:
        return import_module("gepa")
    except ImportError as error:
        raise UserError("the tuner 'gepa' needs its library: pip install 'thinkaloud[tuning]'") from error
