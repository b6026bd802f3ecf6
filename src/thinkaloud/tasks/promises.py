"""What a task promises, as checks that a program can make: of the built-in families in our tests, and of a user's own
by `thinkaloud check-task`.

A check is a function that is given a task at one level with some of its items, and says what is wrong, or None. Its
docstring is the promise. `TASK` holds for every task, `FAMILY` for classes derived from `Family`. No model is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.family import Family, follow
from thinkaloud.vocabulary import Item, Key, Task, Transcript

KEY = Key(("check",))
ITEMS = 25
"""Items of a level that are looked at."""


@dataclass(frozen=True, slots=True)
class Case:
    """A task at one level with some of its items, which were drawn with `KEY`."""

    task: Task
    level: int
    items: Sequence[Item]


Check = Callable[[Case], str | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise, and what was seen where it is broken (None: it is kept)."""

    promise: str
    wrong: str | None = None

    def __str__(self) -> str:
        return f"ok     {self.promise}" if self.wrong is None else f"WRONG  {self.promise} Seen: {self.wrong}"


def check_task(task: Task) -> Iterator[Verdict]:
    """Every promise, with the first level at which it is broken where it is. An exception of the task's own code breaks
    the promise that was tried."""
    cases, drawn = [], Verdict("Every level has questions.")
    for level in task.levels:
        try:
            cases.append(case(task, level))
        except Exception as error:
            drawn = Verdict(drawn.promise, f"Level {level}: {said(error)}")
            break
    yield drawn
    for check in (*TASK, *(FAMILY if isinstance(task, Family) else ())):
        yield _verdict(check, cases)
    if isinstance(task, Family):
        yield Verdict(_promise(harder), harder(cases))


def case(task: Task, level: int, n: int = ITEMS) -> Case:
    """Items to check; as many as there are, where a level has fewer than `n`."""
    while True:
        try:
            return Case(task, level, task.items(level, n, KEY))
        except ThinkaloudError:
            if n <= 2:
                raise
            n //= 2


def _verdict(check: Check, cases: Sequence[Case]) -> Verdict:
    for one in cases:
        try:
            wrong = check(one)
        except Exception as error:  # the task's own code, of which anything may come
            wrong = said(error)
        if wrong is not None:
            return Verdict(_promise(check), f"Level {one.level}: {wrong}")
    return Verdict(_promise(check))


def _promise(check: Callable[..., Any]) -> str:
    return " ".join((check.__doc__ or "").split())


def said(error: Exception) -> str:
    """An error as one line, with its type."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _first(problems: Iterator[str]) -> str | None:
    return next(problems, None)


# --------------------------------------------------------------------------------------------------- of every task


def well_formed(case: Case) -> str | None:
    """Options, if any, are distinct and the gold is among them; ids and questions are distinct, and say task and
    level."""
    task, level, items = case.task, case.level, case.items
    for item in items:
        check_item(item)
        if (item.task, item.level) != (task.name, level):
            return f"{item.id!r} says that it is of {item.task!r}, level {item.level}"
    twice = [name for name, n in Counter(item.id for item in items).items() if n > 1]
    asked = [question for question, n in Counter(item.question for item in items).items() if n > 1]
    return f"{(twice or asked)[0]!r} is there twice" if twice or asked else None


def pure(case: Case) -> str | None:
    """Equal keys give equal items, fewer items are the first of more, and another key gives others."""
    task, level, items = case.task, case.level, list(case.items)
    if task.items(level, len(items), KEY) != items:
        return "the same key gave other items the second time"
    if task.items(level, len(items) // 2, KEY) != items[: len(items) // 2]:
        return "half as many items are not the first half"
    return "another key gave the same items" if task.items(level, len(items), KEY.child("other")) == items else None


def verified(case: Case) -> str | None:
    """The gold is accepted as an answer, also in a sentence; wrong options and junk are not."""
    for item in case.items:
        gold = item.gold
        loud = gold.upper() if len(gold) > 2 else gold  # a symbol keeps its case
        for text in (gold, f" {gold}. ", f"The answer is {gold}.", f"Answer: {loud}", f'"{gold}".'):
            if not case.task.verify(item, text):
                return f"{text!r} is not accepted for {item.question!r}"
        wrong = [option for option in item.options if option != gold]
        beside = [f"{gold} {wrong[0]}"] if wrong else []
        for text in (*wrong, "", ".", "junk", item.question, *beside, f"{gold}x", f"{gold}0"):
            if case.task.verify(item, text):
                return f"{text!r} is accepted for {item.question!r}, where the answer is {gold!r}"
    return None


def read_back(case: Case) -> str | None:
    """Worked reasoning is read back as the steps that it is made of."""
    worked = [item.worked for item in case.items if item.worked.steps and case.task.reads_steps]
    return _first(f"{w.text!r} is read otherwise" for w in worked if case.task.parse(w.text) != w)


TASK: tuple[Check, ...] = (well_formed, pure, verified, read_back)


# ------------------------------------------------------------------------------------------------ of every family


def solved(case: Case) -> str | None:
    """The gold is what `solve` finds in the text of the question alone."""
    family = _family(case)
    return _first(
        f"{item.question!r} is solved as {found!r}, and its gold is {item.gold!r}"
        for item in case.items if (found := str(family.solve(item.question))) != item.gold
    )  # fmt: skip


def concluded(case: Case) -> str | None:
    """Worked reasoning has steps, each ends in its value, and the last value is the gold (or no step has a value)."""
    for item in case.items:
        steps = item.worked.steps
        if not steps or item.worked.conclusion not in (item.gold, None):
            return f"{item.worked.text!r} does not end in {item.gold!r}"
        if odd := [step.text for step in steps if step.value is not None and not step.text.endswith(f"{step.value}.")]:
            return f"{odd[0]!r} does not end in its value"
    return None


def paraphrased(case: Case) -> str | None:
    """A paraphrase keeps every step's meaning, is read back, is the same for the same key, and hangs on no words."""
    family = _family(case)
    for item in case.items:
        key = KEY.child(item.id)
        new = family.paraphrase(item.worked, key)
        if new is None:
            return f"{item.worked.text!r} has no paraphrase"
        if _meaning(new) != _meaning(item.worked) or family.parse(new.text) != new:
            return f"{new.text!r} is read otherwise than {item.worked.text!r}"
        if family.paraphrase(item.worked, key) != new or family.paraphrase(new, key) != new:
            return f"{item.worked.text!r} has another paraphrase the second time"
    return None


def reworded(case: Case) -> str | None:
    """Other keys give other words."""
    family, item = _family(case), case.items[0]
    found = {said.text for i in range(20) if (said := family.paraphrase(item.worked, KEY.child(i))) is not None}
    return None if len(found) > 1 else f"20 keys give one paraphrase of {item.worked.text!r}"


def mistaken(case: Case) -> str | None:
    """A planted mistake changes a step's value alone, and the right way from it leads to a wrong option."""
    family = _family(case)
    for item in case.items:
        for at, old in enumerate(item.worked.steps if item.worked.conclusion is not None else ()):
            made = family.mistake(item, item.worked, at, KEY)
            if made is None:
                return f"there is no mistake for step {at} of {item.worked.text!r}: is a wrong option reached from it?"
            if made.at != at or made.implied == item.gold or made.implied not in item.options:
                return f"the mistake {made.step.text!r} leads to {made.implied!r}, and the options are {item.options}"
            if made.step.value == old.value or family.parse(made.step.text).steps[0] != made.step:
                return f"the mistake {made.step.text!r} is not read as one"
            if follow(family.work(item.meta["parts"]), {at: made.step.value or ""})[1] != made.implied:
                return f"the mistake {made.step.text!r} does not lead to {made.implied!r} by `work`"
            slot = family.grammar.forms[str(old.form)].value
            changed = {name for name, value in made.step.fields.items() if old.fields.get(name) != value}
            if changed != {slot} or made.step.form != old.form:
                return f"the mistake {made.step.text!r} changes more than the value of {old.text!r}"
            if family.grammar.sound(made.step):
                return f"the mistake {made.step.text!r} counts as right"
    return None


def legible(case: Case) -> str | None:
    """Worked reasoning and its paraphrase are wholly legible: readable, sound, grounded, complete."""
    family = _family(case)
    for item in case.items[:10]:
        for transcript in (item.worked, family.paraphrase(item.worked, KEY) or Transcript()):
            seen = family.legible(item, transcript)
            if (seen.readable, seen.sound, seen.grounded, seen.complete) != (1, 1, 1, 1):
                return f"{transcript.text!r} is read as {seen}"
    return None


def corrupted(case: Case) -> str | None:
    """A wrong value is seen: the step that states it is not sound."""
    family = _family(case)
    for item in case.items[:10]:
        steps = list(item.worked.steps)
        at = len(steps) // 2
        made = family.mistake(item, item.worked, at, KEY) if item.worked.conclusion is not None else None
        if made is not None:
            seen = family.legible(item, Transcript((*steps[:at], made.step, *steps[at + 1 :])))
            if seen.readable != 1 or abs(seen.sound - (1 - 1 / len(steps))) > 1e-9 or seen.complete >= 1:
                return f"with {made.step.text!r} the reasoning is read as {seen}"
    return None


def worded(case: Case) -> str | None:
    """Every wording of every form in use is read as that form with those values, and each form has 4 or more."""
    family = _family(case)
    for step in {s.form: s for item in case.items for s in item.worked.steps if s.form is not None}.values():
        wordings = family.grammar.forms[str(step.form)].wordings
        if len(wordings) < 4:
            return f"the form {step.form!r} has {len(wordings)} wordings: give at least 4"
        for wording in wordings:
            read = family.grammar.step(wording.format(**step.fields))
            if (read.form, read.fields, read.value) != (step.form, step.fields, step.value):
                return f"{wording!r} is read as {read.form!r} with {dict(read.fields)}"
    return None


def placed(case: Case) -> str | None:
    """No position among the options is better than chance (within 5 standard errors)."""
    counts, n, chance = Counter(item.gold_index for item in case.items), len(case.items), case.items[0].chance
    place, most = counts.most_common(1)[0]
    allowed = chance + 5 * (chance * (1 - chance) / n) ** 0.5
    return f"option {place} is right in {most} of {n} items" if most / n > allowed else None


FAMILY: tuple[Check, ...] = (
    solved, concluded, paraphrased, reworded, mistaken, legible, corrupted, worded, placed,
)  # fmt: skip


def harder(cases: Sequence[Case]) -> str | None:
    """Harder levels do not need fewer steps, on average."""
    means = [sum(len(item.worked.steps) for item in one.items) / len(one.items) for one in cases]
    falls = [(one.level, two.level) for (one, a), (two, b) in pairwise(zip(cases, means, strict=True)) if b < a]
    return f"level {falls[0][1]} needs fewer steps than level {falls[0][0]}" if falls else None


def _family(case: Case) -> Family[Any]:
    assert isinstance(case.task, Family)
    return case.task


def _meaning(transcript: Transcript) -> list[tuple[Any, ...]]:
    return [(step.form, step.fields, step.value) for step in transcript.steps]
