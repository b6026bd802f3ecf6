"""The questions of a task of Inspect: `inspect-task:inspect_evals/gsm8k`, `inspect-task:mine.py@my_task`.

Only its dataset is read: the questions, choices and targets of its samples. Its solvers, prompts, tools and scorers are
not used; how the model is asked and what is right is thinkaloud's. A sample whose input is a chat is asked by its last
user message; a letter as target is the choice of this place, several targets without choices are all right. Importing
finished logs is `interop/logs_in.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import UserError
from thinkaloud.tasks.columns import Columns
from thinkaloud.tasks.gather import Source, gathered
from thinkaloud.tasks.questions import Questions
from thinkaloud.tasks.tables import Row

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample

PREFIX = "inspect-task:"
REASONING = "reasoning"
"""In a sample's metadata, as some datasets of Inspect have it."""


def open_inspect_task(spec: str) -> Questions:
    """The questions of the task that `inspect-task:NAME` names; `UserError` in one line where it cannot be opened."""
    name = spec.removeprefix(PREFIX)
    rows = [Row(i, f"{name}, sample {i}", _fields(one)) for i, one in enumerate(_samples(name), 1)]
    items, notes = gathered(rows, Source(spec, name, f"the dataset of {name}", Columns({}), json=False, told=False))
    about = f"{spec}: the questions are those of Inspect's {name}; its own prompts, solvers and scorers are not used."
    return Questions(spec, f"the dataset of {name}", items, (about, *notes))


def _samples(name: str) -> Iterable[Sample]:
    try:
        from inspect_ai._eval.loader import load_tasks
    except ImportError:
        raise UserError(f"{PREFIX}{name} needs the package inspect_ai: pip install 'thinkaloud[inspect]'") from None
    try:
        found = load_tasks([name])
    except (Exception, SystemExit) as error:  # whatever the code of somebody's task does
        said = " ".join(str(error).split())[:200]
        raise UserError(f"Inspect cannot open the task {name!r} ({type(error).__name__}: {said})") from error
    if not found:
        raise UserError(f"Inspect knows no task {name!r}: install its package, or give FILE.py@NAME")
    if len(found) > 1:
        raise UserError(
            f"{name!r} is {len(found)} tasks of Inspect, and one is asked: give it as PACKAGE/NAME or FILE.py@NAME"
        )
    return found[0].dataset


def _fields(sample: Sample) -> dict[str, Any]:
    """A sample as a row; without a question where that is not only text."""
    choices = [choice.strip() for choice in sample.choices or []]
    targets = [sample.target] if isinstance(sample.target, str) else list(sample.target)
    reasoning = (sample.metadata or {}).get(REASONING)
    answers = [_place(target.strip(), len(choices)) for target in targets]
    return {
        "id": sample.id,
        "question": _question(sample),
        "choices": choices or None,
        "answer": answers[0] if len(answers) == 1 else answers,
        "reasoning": reasoning if isinstance(reasoning, str) else None,
    }


def _place(target: str, choices: int) -> str | int:
    """The place of the choice that a letter names; any other target as it is."""
    place = ord(target) - ord("A") if len(target) == 1 else -1
    return place if 0 <= place < choices else target


def _question(sample: Sample) -> str | None:
    if isinstance(sample.input, str):
        return sample.input
    asked = [message for message in sample.input if message.role == "user"]
    if not asked or any(content.type != "text" for content in asked[-1].content_list):
        return None
    return asked[-1].text
