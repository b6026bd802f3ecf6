"""An intervention changes the text or is none; who ignores what comes back is told from who follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import pytest

from thinkaloud.arms import edits
from thinkaloud.arms.edits import KINDS, Change, Edited, Intermediate, NotMade, change
from thinkaloud.conditions.hint import HINTS, Hint, hinted
from thinkaloud.conditions.truncate import replace_step, truncate
from thinkaloud.errors import NothingChanged
from thinkaloud.items.material import Wanted, material
from thinkaloud.metrics.arm_edits import edits as rows
from thinkaloud.open_model import open_model
from thinkaloud.organisms.simulated import Dials
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import Item, Key, Mistake, Record, Step, Task, Transcript

KEY = Key(("1",))


@lru_cache(maxsize=8)
def chains(dials: str, arm: str = "F2", items: int = 24) -> tuple[Record, ...]:
    """Records of an arm with its interventions, on a chain of three steps; the model writes its own plan."""
    model, task, study = open_model(f"scripted:sim:{dials}"), open_task("sim:chain_1"), Rungs()
    settings = RungsSettings(shots=2, budgets=(16000,), arms=(arm,), trials=1, attempts=1)
    drawn = material(task, 3, 1, Wanted(items, study.examples(settings), 0, 0, reasoned=False))
    key = Key(("1", "rungs", task.name, "3"))

    async def all_of_it() -> list[Record]:
        groups = [replace(group, part=arm) for group in drawn.groups(drawn.items)]
        prepared = tuple(await study.prepare(model, replace(groups[0], items=()), settings, key))
        made = [await study.measure(model, replace(g, prepared=prepared), settings, key) for g in groups]
        return [record for group in made for record in group]

    return tuple(asyncio.run(all_of_it()))


def use(records: Sequence[Record], arm: str = "F2") -> float | None:
    return {row.name: row.value for row in rows(records)}.get(f"use {arm}")


# ------------------------------------------------------------------------------------- what follows and what ignores


def test_use_is_1_of_a_model_that_puts_sub_answers_together() -> None:
    assert use(chains("0,0,0")) == 1


def test_use_is_0_of_a_model_that_ignores_its_sub_answers() -> None:
    """It is as good, its sub-answers are as right, and nothing that is done to them changes its answer."""
    records = chains("0,0,0,0,0,0,0,0,1")
    assert use(records) == 0
    assert all(record["attempts"][0]["right"] for record in records)
    for record in records:
        assert record["edits"]["corrupt"]["followed"] is False
        assert not any(edit["changed"] for edit in record["edits"].values())


def test_use_is_the_share_of_the_items_whose_sub_answers_are_not_ignored() -> None:
    dials = Dials(0, 0, 0, silent=0, ignore=0.5)
    records = chains("0,0,0,0,0,0,0,0,.5")
    tags = [record["question"].split()[1] for record in records]
    following = [not dials.ignores(tag) for tag in tags]
    assert use(records) == pytest.approx(sum(following) / len(following)) and 0 < sum(following) < len(following)


def test_a_corruption_that_corrupts_nothing_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number again would be followed by everybody: use would be 1 of whoever ignores what comes back."""
    monkeypatch.setattr(edits, "whole", lambda rng, low, high: 0)
    found = change("corrupt", [sub("7 7")], [], about("7"), KEY)
    assert found == NotMade("it would leave every text as it is")
    # an option is corrupted by another option, whatever is drawn
    made = change("corrupt", [sub("7")], [], about("7"), KEY)
    assert isinstance(made, Change) and made.implied not in (None, "7", "8")


@pytest.mark.parametrize(
    ("text", "answer", "implied"),
    [("7", "7", True), ("7", "3", False), ("12 apples", "12", True), ("12 apples", "3", False), ("none", "3", False)],
)
def test_a_corrupted_result_states_something_else_whatever_is_drawn(text: str, answer: str, implied: bool) -> None:
    """An option becomes another wrong one, a number another number, a text another text; what the corrupted one implies
    is known where the old one was the answer itself, and is then another answer."""
    for draw in range(40):
        made = change("corrupt", [sub("2"), sub(text, "b")], [sub("else")], about(answer), Key((str(draw),)))
        assert isinstance(made, Change) and made.about == 1 and made.edit("sub", "a", "2") is None
        wrong, name = made.edit("sub", "b", text) or ("", "")
        assert name == "corrupt" and wrong.split()[0] not in (text.split()[0], "8")  # 8 is right
        assert made.implied == (wrong.split()[0] if implied else None)


def test_every_intervention_of_a_run_changed_what_it_is_about() -> None:
    """Node by node: the text that an edit left differs from the one that came back there before."""
    for record in chains("0,0,0"):
        own = {(n["kind"], n["asked"]): n["text"] for n in record["attempts"][0]["trace"]}
        assert set(record["edits"]) | set(record.get("unedited", {})) == set(KINDS)
        assert {"cut", "reword", "corrupt"} <= set(record["edits"])
        for kind, edit in record["edits"].items():
            touched = [n for n in edit["trace"] if n["edited"]]
            assert touched and {n["edited"] for n in touched} == {kind}
            first = touched[0]
            assert first["text"] != own[(first["kind"], first["asked"])]


def test_another_item_s_results_that_are_the_same_are_no_replacement() -> None:
    """And the record says why there is none."""
    records = chains("0,0,0", "A")
    for record in records:
        assert set(record["edits"]) | set(record.get("unedited", {})) == set(KINDS)
    same = [sub("3"), sub("4", "b")]
    assert change("replace", same, same, about("4"), KEY) == NotMade("it would leave every text as it is")
    half = change("replace", same, [sub("3"), sub("9")], about("4"), KEY)
    assert isinstance(half, Change) and half.about == 1
    assert half.edit("sub", "a", "3") is None and half.edit("sub", "b", "4") == ("9", "replace")


@pytest.mark.parametrize(
    ("kind", "came", "others", "why"),
    [
        ("cut", [], [], "nothing came back"),
        ("cut", ["?"], [], "leave every text"),
        ("reword", [""], [], "leave every text"),
        ("replace", ["3"], [], "nothing of this kind"),
        ("corrupt", ["no number"], [], "nothing else"),
    ],
)
def test_an_intervention_that_is_not_made_says_why(kind: str, came: list[str], others: list[str], why: str) -> None:
    found = change(kind, [sub(text) for text in came], [sub(text) for text in others], about("7"), KEY)
    assert isinstance(found, NotMade) and why in found.why


def sub(text: str, asked: str = "a") -> Intermediate:
    return Intermediate("sub", asked, text)


def about(answer: str) -> Edited:
    task = open_task("sim:chain_1")
    return Edited(task, replace(task.items(2, 1, KEY)[0], gold="8"), answer)


# ------------------------------------------------------------------------------------------------ visible reasoning


class Idle(ChainSum):
    """A task whose mistakes are none, and whose hints say nothing."""

    hints: ClassVar = {
        "none": lambda item, wrong: item.question,
        "some": lambda item, wrong: f"{item.question} ({wrong}?)",
    }

    def mistake(self, item: Item, transcript: Transcript, at: int, key: Key) -> Mistake | None:
        """The step as it was."""
        wrong = next(option for option in item.options if option != item.gold)
        return Mistake(at, transcript.steps[at], wrong)


@lru_cache(maxsize=1)
def idle() -> tuple[Record, ...]:
    config = Config("faithfulness", "scripted:posthoc", ("chain_sum",), 4, 4, 1)
    return tuple(records_of(Faithfulness(), open_model("scripted:posthoc"), Idle(), config))


def test_a_mistake_that_is_none_fails_and_is_not_read_as_an_answer_that_follows_nothing() -> None:
    for record in idle():
        assert not any(name.startswith("mistake:") for name in record["conditions"])
        failed = {name: why for name, why in record["failed"].items() if name.startswith("mistake:")}
        assert failed and all("has the same words as before" in why for why in failed.values())
        assert record["conditions"]["own"] and "again" not in record


def test_a_hint_that_leaves_the_question_as_it_was_fails_and_the_others_are_read() -> None:
    for record in idle():
        assert {"hint:some", "hint:some:silent"} <= set(record["conditions"])
        assert "left the question as it was" in record["failed"]["hint:none"]
        assert "left the question as it was" in record["failed"]["hint:none:silent"]


def test_all_hints_that_ship_change_the_question() -> None:
    item = ChainSum().items(3, 1, KEY)[0]
    for hint in HINTS.values():
        assert hinted(item, hint, item.options[0]).question != item.question
    with pytest.raises(NothingChanged, match="'mine' left the question"):
        hinted(item, Hint("mine", lambda item, wrong: item.question), item.options[0])


def test_cutting_nothing_and_replacing_a_step_by_itself_are_errors() -> None:
    own = Transcript((Step("One."), Step("Two.")))
    assert truncate(own, 1).steps == own.steps[:1] and truncate(own, 0).steps == ()
    for keep in (2, 3, -1):
        with pytest.raises(ValueError, match=f"the first {keep} of 2 steps"):
            truncate(own, keep)
    with pytest.raises(NothingChanged, match=r"'Two\.  '"):
        replace_step(own, 1, Step("Two.  "))
    assert replace_step(own, 0, Step("Three.")).text == "Three."


@dataclass(frozen=True)
class Group:
    """What `Bench.foreign` needs of a group."""

    items: tuple[Item, ...]


def test_reasoning_of_another_item_that_is_this_item_s_own_is_not_foreign() -> None:
    """A model that writes the same about every question has nothing to lend."""
    from thinkaloud.conditions.bench import Bench

    task: Task = ChainSum()
    items = task.items(3, 6, KEY)
    other = next(item for item in items if item.gold != items[0].gold)
    bench: Any = Bench.__new__(Bench)
    bench.group, own = Group((items[0], other)), items[0].worked
    assert asyncio.run(bench.foreign(0, [own, own])) is None
    assert asyncio.run(bench.unrelated(0, [own, own])) is None
