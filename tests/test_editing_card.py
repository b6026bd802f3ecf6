"""An editor's card says what it does, on editors of which that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from thinkaloud.conditions.editor import REQUEST
from thinkaloud.ruler.editing import TASKS, editor_card
from thinkaloud.tasks import open_task
from thinkaloud.tasks.family import Family
from thinkaloud.vocabulary import Completion, Estimate, Key, ModelCard, Prompt, Reading, Sampling, Step, Transcript

KEY = Key(("card",))
Edit = Callable[[Family[object], Transcript], str]


@cache
def families() -> tuple[Family[object], ...]:
    return tuple(task for name in TASKS if isinstance(task := open_task(name), Family))


def in_a_wording(number: int) -> Edit:
    """Every sentence in one of its form's wordings."""

    def edit(task: Family[object], thought: Transcript) -> str:
        return " ".join(_worded(task, step, number) for step in thought.steps)

    return edit


def _worded(task: Family[object], step: Step, number: int) -> str:
    wordings = task.grammar.forms[str(step.form)].wordings
    return wordings[number % len(wordings)].format(**step.fields)


def with_another_value(task: Family[object], thought: Transcript) -> str:
    """The same, with another value in its first sentence, where it has one."""
    first, form = thought.steps[0], task.grammar.forms[str(thought.steps[0].form)]
    others = form.kind(form.value).others(str(first.value)) if form.value else []
    changed = task.grammar.restate(first, others[0]) if others else first
    return in_a_wording(1)(task, Transcript((changed, *thought.steps[1:])))


def as_it_was(task: Family[object], thought: Transcript) -> str:
    return thought.text


class Knows:
    """Reads what it is asked to reword by the grammar of whichever task knows it, and edits it."""

    card = ModelCard("knows", "own", "1", "chat", "exact", 9999, frozenset())

    def __init__(self, edit: Edit, mistake: str = "") -> None:
        self.edit, self.mistake = edit, mistake

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if not prompt.question.startswith(REQUEST):
            old = prompt.question.rpartition("Original sentence: ")[2]
            return Completion(self.mistake or old.replace("is", "isn't"), 9, "stop")
        piece = prompt.question.removeprefix(REQUEST)
        for task in families():
            thought = task.parse(piece)
            if all(step.form for step in thought.steps):
                return Completion(self.edit(task, thought), 9, "stop")
        raise AssertionError(f"no grammar reads {piece!r}")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError


def card(edit: Edit | None, mistake: str = "") -> Mapping[str, Estimate]:
    rows = editor_card(None if edit is None else Knows(edit, mistake), 6, KEY)
    return {row.name: row for row in rows}


def value(rows: Mapping[str, Estimate], name: str) -> float:
    found = rows[name].value
    assert found is not None, rows[name].reason
    return found


def test_an_editor_that_keeps_the_meaning_has_all_of_it_back() -> None:
    rows = card(in_a_wording(1))
    assert value(rows, "kept the meaning") == value(rows, "read back") == 1
    assert rows["wrong ones let through"].value is None, "it wrote no wrong one"
    assert 0.5 < value(rows, "accepted") < 1 and value(rows, "right ones refused") < 0.5


def test_an_editor_that_changes_values_is_seen_and_hardly_anything_of_it_is_let_through() -> None:
    rows = card(with_another_value)
    assert value(rows, "wrong ones let through") < 0.2
    assert value(rows, "accepted") < 0.5


def test_a_copy_is_neither_accepted_nor_a_right_paraphrase_that_was_refused() -> None:
    rows = card(as_it_was)
    assert value(rows, "accepted") == 0
    assert rows["right ones refused"].n == 0 and rows["kept the meaning"].n == 0


def test_a_mistake_that_no_grammar_reads_is_counted_and_not_judged() -> None:
    rows = card(as_it_was, "Something else happened.")
    assert value(rows, "mistakes made") == 1 and rows["mistakes that are one"].n == 0


def test_checks_and_rules_are_measured_without_a_model() -> None:
    rows = card(None)
    assert set(rows) == {name for name in rows if name.startswith(("checks: ", "rules: "))} and len(rows) == 7
    assert value(rows, "checks: another value let through") < 0.2
    assert value(rows, "checks: two things exchanged let through") > 0.1, "who did what to whom is not seen"
    assert value(rows, "rules: kept the meaning") == value(rows, "rules: mistakes that are one") == 1
    for row in rows.values():
        assert row.low is not None and row.high is not None and row.n == row.clusters > 5
