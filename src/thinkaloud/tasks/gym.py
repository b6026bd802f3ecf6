"""The families of reasoning-gym as tasks: `gym:NAME`, or `gym:NAME!` for one that failed the gate.

A family is opened if it passed the gate (`admission.py`), with those of its levels that passed. The verdicts are in
`gym_admission.json` for one version of reasoning-gym (`gym_survey.py` made it); with another version installed the
family is judged when it is opened, which takes seconds to minutes.

    question   as reasoning-gym writes it, however long; its length is in `meta["characters"]`
    options    the right answer and the right answers of the next three items that differ and that the family's own
               scorer does not accept here; fewer where a level has fewer different answers
    verify     the family's own scorer, and only a score of exactly 1, also without what marks an answer (`answers.py`)

So the wrong options are right somewhere else, not plausible here: in some families the right one is the one that looks
like the question (it has the same names, or numbers). `cue` measures how often; the shipped table has it for every
admitted family, and every item in `meta["cue"]`. Where it is far above 1/4, options show matching, and only `verify` on
a written answer shows solving. Nothing here understands a question or an answer, so steps are not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.tasks import gym_pool
from thinkaloud.tasks.admission import graded
from thinkaloud.tasks.answer_statement import last_statement
from thinkaloud.tasks.answers import forms
from thinkaloud.tasks.check import CLOSING
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.identity import named
from thinkaloud.tasks.quantities import quantity
from thinkaloud.tasks.seeds import Set, draw_seeds, root
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Item, Key, Task

TABLE = Path(__file__).with_name("gym_admission.json")
WRONG = 3
"""Number of wrong options, if a level has that many."""
REACH = 64
"""How many following items are searched for wrong options."""
PATIENCE = 200
"""Items in a row without a new usable question, before a level counts as exhausted."""
ON_OPENING = {"n": 60, "budget_seconds": 60.0}
"""How thoroughly a family is judged when the shipped table is for another version."""
"""A grammar without forms: it splits text into sentences and parses none of them."""


def gym_names() -> list[str]:
    """All families of the installed reasoning-gym, admitted or not; `UserError` if it is not installed."""
    return gym_pool.names()


def open_gym(name: str) -> Task:
    """The family with this name. `UserError` with the gate's reason if it is not admitted, unless the name ends in `!`;
    with the nearest names if there is none such; with the extra to install without reasoning-gym."""
    family = gym_pool.known(name.removesuffix("!"))
    row = verdict(family)
    if not (row["admitted"] or name.endswith("!")):
        raise UserError(
            f"gym:{family} does not pass the gate ({row['reason']}); to ask it all the same, open 'gym:{family}!'"
        )
    return GymTask(family, row, forced=name.endswith("!"))


def verdict(family: str) -> Mapping[str, Any]:
    """The gate's row for a family (`gym_survey.survey` says what is in it), for the installed version."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    if table["reasoning_gym"] == gym_pool.version() and family in table["families"]:
        row: Mapping[str, Any] = table["families"][family]
        return row
    return _judged_now(family, gym_pool.version())


@cache
def _judged_now(family: str, version: str) -> Mapping[str, Any]:
    from thinkaloud.tasks.gym_judge import judge

    return judge(family, int(ON_OPENING["n"]), ON_OPENING["budget_seconds"])


def cue(items: Sequence[Item]) -> float:
    """Share of items whose right option is the one most like the question: the option with the largest share of its
    3-character pieces in the question (the first of equals). Without solving anything, 1/options is expected."""
    return sum(item.options[_most_alike(item)] == item.gold for item in items) / len(items)


def _most_alike(item: Item) -> int:
    asked = _pieces(item.question)
    alike = [len(_pieces(option) & asked) / len(_pieces(option)) for option in item.options]
    return alike.index(max(alike))


def _pieces(text: str) -> set[str]:
    low = text.lower()
    return {low[i : i + 3] for i in range(max(1, len(low) - 2))}


class GymTask(Unread):
    """A family of reasoning-gym. Satisfies `vocabulary.Task`.

    Levels are those of the family's curriculum (level k: every attribute at its k-th value) that passed the gate; where
    there is none, level 1 is the family's default configuration.
    """

    def __init__(self, family: str, row: Mapping[str, Any], forced: bool = False) -> None:
        self.family = family
        self.name = f"gym:{family}{'!' if forced else ''}"
        usable = [int(k) for k, why in row["levels"].items() if why is None or (forced and "cannot be" not in why)]
        self._configurations = {level: level for level in sorted(usable)} or {1: gym_pool.DEFAULT}
        self.levels = tuple(self._configurations)
        self._cue = row.get("cue")
        self.meaning = (
            "every attribute of the curriculum at its k-th value" if usable else "the family's default configuration"
        )

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` different items; the first m of them are the items of `n=m`. `UserError` if there are not so many."""
        if level not in self.levels:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        stream = _Stream(self._usable(level, key))
        items: list[Item] = []
        while len(items) < n and stream.has(len(items)):
            items.append(self._item(level, stream, len(items), key))
        if len(items) < n:
            why = f"task {self.name!r} has {len(items)} different questions at level {level}, not {n}"
            raise TooFewItems(why, len(items))
        return items

    def verify(self, item: Item, answer: str) -> bool:
        """Whether the family's scorer gives the answer exactly 1: as it stands, without spaces and a full stop around
        it, or (an answer of one line) without markup, as a number without grouping, or as the text states it. A scorer
        that raises counts as no."""
        return any(self._right(item.level, item.meta["entry"], form) for form in _written(answer))

    # ------------------------------------------------------------------------------------------------ how it is made

    def seed(self, level: int, key: Key) -> int:
        """The seed of a level under this key, more than `LARGEST` away from the other levels' under the same key."""
        configurations = range(gym_pool.level_count(self.family) + 1)
        sets = [Set(self.family, "items", configuration) for configuration in configurations]
        return draw_seeds(root(key.digest), sets, gym_pool.LARGEST)[sets[self._configurations[level]]]

    def _usable(self, level: int, key: Key) -> Iterator[gym_pool.Entry]:
        """Entries with a new question and a right answer that can be an option; ends when they no longer come."""
        seen: set[str] = set()
        in_vain = 0
        source = gym_pool.dataset(self.family, self._configurations[level], self.seed(level, key))
        for entry in gym_pool.entries(source):
            fits = isinstance(entry["answer"], str) and entry["answer"].strip(" .!;\"'\n") != ""
            if fits and entry["question"] not in seen and self._right(level, entry, entry["answer"]):
                seen.add(entry["question"])
                in_vain = 0
                yield entry
            elif (in_vain := in_vain + 1) >= PATIENCE:
                return

    def _item(self, level: int, stream: _Stream, at: int, key: Key) -> Item:
        entry = stream.entries[at]
        question, gold = entry["question"], entry["answer"]
        options = [gold]
        for other in stream.others(at):
            if _fit([*options, other]) and not self._right(level, entry, other):
                options.append(other)
            if len(options) > WRONG:
                break
        if len(options) < 2:
            raise UserError(
                f"task {self.name!r} has no wrong options at level {level}: {question[:60]!r} accepts all answers"
            )
        ordered = tuple(shuffled(key.child(self.name, level, question, "options").rng, options))
        meta = {"entry": entry, "characters": len(question), "cue": self._cue}
        return named(Item("", self.name, level, question, ordered, gold, meta=meta))

    def _right(self, level: int, entry: gym_pool.Entry, answer: str) -> bool:
        score = _scorer(self.family, self._configurations[level], gym_pool.version())
        forms = dict.fromkeys([answer, answer.strip(), answer.strip().removesuffix(CLOSING)])
        with gym_pool.quiet():
            return any(graded(lambda text, _: float(score(text, entry)), form, 0) == 1.0 for form in forms)


class _Stream:
    """Entries as they are needed, each generated once."""

    def __init__(self, source: Iterator[gym_pool.Entry]) -> None:
        self._source = source
        self.entries: list[gym_pool.Entry] = []

    def has(self, index: int) -> bool:
        """Whether there is an entry with this index."""
        self.entries += islice(self._source, max(0, index + 1 - len(self.entries)))
        return index < len(self.entries)

    def others(self, index: int) -> Iterator[str]:
        """The answers of the next `REACH` entries, continuing with the first ones after the last."""
        for other in range(index + 1, index + 1 + REACH):
            if self.has(other):
                yield self.entries[other]["answer"]
            elif (again := other - len(self.entries)) < index:
                yield self.entries[again]["answer"]


@cache
def _scorer(family: str, configuration: int, version: str) -> Callable[[str, gym_pool.Entry], Any]:
    """The scoring function of a family's configuration; it does not depend on the seed."""
    scorer: Callable[[str, gym_pool.Entry], Any] = gym_pool.dataset(family, configuration, seed=0).score_answer
    return scorer


def _written(answer: str) -> list[str]:
    """The readings of an answer: itself and, if it is one line, without markup, as a plain number, and as the answer
    that it states."""
    found = [answer]
    if answer.strip() and "\n" not in answer.strip():
        stated = last_statement(answer)
        found += [*forms(answer), *(forms(stated.answer) if stated else ())]
        numbers = [number for number in map(quantity, found) if number is not None and not number.words]
        found += [str(number.value) for number in numbers]
    return list(dict.fromkeys(found))


def _fit(options: Sequence[str]) -> bool:
    """Whether the options are different but for case and end marks, not empty, and none begins another. Stricter than
    `check_item`: here options are drawn from many, and the survey of `gym_admission.json` was made with this rule."""
    bare = [" ".join(option.casefold().split()).strip("\"'").rstrip(".!; ") for option in options]
    hidden = any((two + CLOSING).startswith(one + CLOSING) for one, two in permutations(options, 2))
    return all(bare) and len(set(bare)) == len(bare) and not hidden
