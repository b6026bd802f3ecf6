"""Every test of faithfulness, on reasoners whose truth is known, reads what was written down for it beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from thinkaloud.calibration import expected
from thinkaloud.calibration.roster import SHAPE
from thinkaloud.errors import UserError
from thinkaloud.metrics.agreement import agreement
from thinkaloud.metrics.channels import channels
from thinkaloud.metrics.early import ACCURACY, beside, early
from thinkaloud.metrics.faithfulness import FIXED, faithfulness
from thinkaloud.metrics.hints import hints
from thinkaloud.metrics.listening import listening
from thinkaloud.metrics.mass import masses
from thinkaloud.metrics.order import order
from thinkaloud.metrics.readings import parsed
from thinkaloud.metrics.suite import accuracies, suite
from thinkaloud.metrics.use import use
from thinkaloud.open_model import open_model
from thinkaloud.organisms.rules import KINDS, luck
from thinkaloud.organisms.scripted import scripted
from thinkaloud.ruler.measure import scores_of
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.faithfulness.protocol import Faithfulness, FaithfulnessSettings
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Completion, Estimate, Item, Key, Model, Prompt, Reading, Record, Sampling

KEY = Key(("tests",))
REASONERS = (
    "faithful", "posthoc", "capable", "decoration", "encoded", "filler", "filler:.5", "mixture:.25", "mixture:.75",
    "graded:.5", "noisy:.4", "letter:.6", "repair:.5", "clue:.5,.5,.3", "wordcode", "thrown", "thrown:.5", "ownstyle",
    "length-sensitive", "any-text", "any-text:.25", "first", "middle", "nan:.05",
)  # fmt: skip


@cache
def measured(name: str, task: str = "chain_sum", level: int = 3, items: int = 32, **settings: object) -> list[Record]:
    """The records of the suite, without a run folder."""
    return measured_on(scripted(name), task, level, items, **settings)


def measured_on(model: Model, task: str, level: int, items: int, **settings: object) -> list[Record]:
    chosen = FaithfulnessSettings(**settings)  # type: ignore[arg-type]
    config = Config("faithfulness", "m", (task,), items, level, 1, chosen)
    return records_of(Faithfulness(), model, open_task(task), config)


def named(rows: Sequence[Estimate]) -> dict[str, Estimate]:
    return {row.name: row for row in rows}


def holds(row: Estimate, truth: float, slack: float = 1e-6) -> bool:
    assert row.value is not None and row.low is not None and row.high is not None, row.reason
    return row.low - slack <= truth <= row.high + slack


@pytest.mark.slow
@pytest.mark.parametrize("name", REASONERS)
def test_every_test_reads_its_expectation_on_every_scripted_reasoner(name: str) -> None:
    """Where the rule holds on a share of the items only, that of the items which the test rests on."""
    records = measured(name, items=48 if name.startswith("nan") else 32)  # readings that are no number are lost
    found, scores = named(faithfulness(records, KEY)), scores_of(records)
    shape = expected.Shape(chance=0.25, steps=2)
    truths = {t: expected.tests(expected.realised(name, scores[t]), shape)[t] for t in expected.tests(name, shape)}
    assert len(truths) >= 11
    off = {test: (truth, found[test]) for test, truth in truths.items() if not holds(found[test], truth)}
    assert not off


@pytest.mark.slow
@pytest.mark.parametrize("name", ["faithful", "mixture:.5", "decoration", "first", "middle", "posthoc", "capable"])
def test_lateness_is_that_of_the_rule_or_not_identifiable(name: str) -> None:
    """How late the answer settles, whatever share of the items needs the reasoning."""
    found = named(beside(measured(name, level=4, items=32), KEY))["lateness"]
    truth = expected.lateness(name, SHAPE)
    assert (truth is None) == (found.value is None)
    assert truth is None or holds(found, truth)
    assert truth is not None or "not identifiable" in (found.reason or "")


class Contrary:
    """Faithful, but wherever its reasoning is not complete it is sure of a wrong option, so that without reasoning it
    is right less often than by chance."""

    def __init__(self) -> None:
        self.card = scripted("faithful").card
        self._plain = scripted("faithful")

    def know(self, items: Sequence[Item]) -> None:
        self._plain.know(items)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        return await self._plain.generate(prompt, sampling, key)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        found = await self._plain.score(prompt, options, closing)
        if max(found.probabilities) > 0.5:
            return found
        gold = next(item for q, item in self._plain._items.items() if q in prompt.question).gold
        return Reading(
            tuple(-30.0 if o == gold else -0.01 if o == min(set(options) - {gold}) else -9.0 for o in options)
        )


@pytest.mark.slow
def test_nobody_is_above_a_ceiling_who_does_worse_than_guess_without_reasoning() -> None:
    found = named(faithfulness(measured_on(Contrary(), "chain_sum", 4, 32), KEY))
    for test in ("early answering", "filler dots"):
        assert (found[test].value or 0) > 1.3 * (0.75 if test == "filler dots" else 0.75 * 5 / 6)
        for ending in ("", " by answer"):
            share = found[f"{test} / ceiling{ending}"]
            assert share.value == pytest.approx(1, abs=1e-6) and share.high == pytest.approx(1, abs=1e-6)


def test_a_dial_is_held_against_how_it_came_out() -> None:
    """Half of the items by lot are not half of these items; a reasoner that is graded on every item draws no lot."""
    items = [f"i{n}" for n in range(40)]
    (kind, (share,)) = expected.split(expected.realised("mixture:0.5", items))
    assert (kind, share * 40) == ("mixture", sum(luck(item) < 0.5 for item in items)) and share != 0.5
    for name in ("graded:0.5", "faithful", "filler"):
        assert expected.realised(name, items) == name
    assert expected.realised("mixture:0.5", []) == "mixture:0.5"


def test_every_kind_of_scripted_reasoner_has_been_tried() -> None:
    assert {name.partition(":")[0] for name in REASONERS} == set(KINDS)


@pytest.mark.slow
def test_longer_reasoning_is_read_from_a_sample_of_its_positions() -> None:
    """With 7 steps only 4 are edited; weighted by how likely they were, the area is still the full one."""
    records = measured("faithful", level=8, items=40)
    assert {len(r["positions"]) for r in records} == {4}
    found = named(faithfulness(records, KEY, ["mistakes", "early answering"]))
    assert holds(found["mistakes"], 1 - 1 / 14)
    assert holds(found["early answering"], 0.75 * (1 - 1 / 14))


def test_a_position_that_could_not_be_edited_counts_like_the_others_of_its_item() -> None:
    """In free text an edit fails here and there. Raw and floor are then of the same positions, half of them are enough,
    and a reasoner that every edit turns still has its full value."""
    records = measured("faithful", level=8, items=12)
    lacking = [
        record | {"conditions": {name: one for name, one in record["conditions"].items() if name not in gone}}
        for record in records
        for gone in [{f"mistake:{at}" for at in list(record["positions"])[:2]}]
    ]
    found = named(faithfulness(lacking, KEY, ["mistakes"]))
    assert found["mistakes"].n == 12 and found["mistakes"].value == pytest.approx(1 - 1 / 14, abs=0.01)
    for record in lacking:  # where nothing can be made wrong, going on without an edit says something else
        for at in list(record["positions"])[:2]:
            other = record["conditions"][f"continue:{at}"]
            record["conditions"][f"continue:{at}"] = other | {"logprobs": other["logprobs"][::-1]}
    assert named(faithfulness(lacking, KEY, ["mistakes"]))["mistakes (floor)"] == found["mistakes (floor)"]
    few = [
        record | {"conditions": {n: one for n, one in record["conditions"].items() if not n.startswith("mistake:")}}
        for record in lacking[:8]
    ]
    assert named(faithfulness([*few, *lacking[8:]], KEY, ["mistakes"]))["mistakes"].n == 4


@pytest.mark.slow
def test_greedy_answers_bend_a_graded_dial_and_probabilities_do_not() -> None:
    found = named(faithfulness(measured("graded:.7"), KEY, ["mistakes"]))
    assert holds(found["mistakes / ceiling"], 0.7)
    assert not holds(found["mistakes / ceiling by answer"], 0.7)


@pytest.mark.slow
def test_raw_floor_and_ceiling_stand_beside_every_result() -> None:
    found = named(faithfulness(measured("mixture:.5", items=24), KEY))
    for test in FIXED:
        for ending in ("", " by answer"):
            for row in (f"{test.name} (raw)", f"{test.name} (floor)", test.name, f"{test.name} (ceiling)"):
                assert row + ending in found
    assert not any("score" in name for name in found)


@pytest.mark.slow
def test_no_reasoning_accuracy_stands_beside_the_areas() -> None:
    found = named(suite(measured("posthoc", items=24), KEY))
    assert found[ACCURACY].value == found["accuracy silent"].value == 1
    assert found["early answering"].value == 0


def test_an_agreement_that_is_all_accuracy_is_not_called_one() -> None:
    """A reasoner that is always right agrees with itself always, and by accuracy alone always: kappa has no meaning."""
    found = named(suite(measured("posthoc", items=24), KEY))
    assert found["same answer silent and own"].value == 1
    assert "not identifiable" in (found["agreement (kappa)"].reason or "")


@pytest.mark.slow
@pytest.mark.parametrize("b", [0.0, 0.3, 0.8])
def test_a_habit_of_letters_comes_back_as_its_dial(b: float) -> None:
    found = named(suite(measured(f"letter:{b}", items=48), KEY))
    assert holds(found["same content in two orders"], 1 - b + b / 4)
    assert holds(found["same letter in two orders"], b + (1 - b) / 4)
    assert found["accuracy silent"].value == 1, "the letter-free twin is free of it"


@pytest.mark.slow
def test_a_clue_follower_comes_back_with_what_it_admits() -> None:
    """Normalised verbalisation is v, whatever the rate of following and of random changes."""
    found = named(suite(measured("clue:.5,.25,.4", items=120), KEY))
    assert holds(found["moved to hint:suggested"], 0.5 + 0.5 * 0.4 / 4)
    assert holds(found["verbalised hint:suggested (strict, normalised)"], 0.25)


class Deaf:
    """A model that lacks something: it answers, evenly."""

    def __init__(self, *capabilities: str) -> None:
        self.card = replace(scripted("faithful").card, name="deaf", capabilities=frozenset(capabilities))  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        return Completion("Well.", 1, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        assert len(prompt.prefill) == 1, "a model that cannot continue its own turn is not asked to"
        return Reading(tuple(0.0 for _ in options))


def test_what_a_model_cannot_do_is_not_measurable_and_the_rest_is() -> None:
    found = named(suite(measured_on(Deaf("logprobs"), "chain_sum", 3, 24), KEY))
    assert found["mistakes"].reason == "not measurable here: the model lacks prefill, raw_reasoning"
    assert found["early answering / ceiling"].reason == found["mistakes"].reason
    assert holds(found["accuracy silent"], 0.25)
    assert found["same content in two orders"].value is not None


@pytest.mark.slow
def test_several_samples_of_an_item_are_one_cluster() -> None:
    records = measured("noisy:.3", items=16, samples=3, temperature=0.8)
    assert len(records) == 48 and len({r["item"] for r in records}) == 16
    row = named(faithfulness(records, KEY, ["mistakes"]))["mistakes"]
    assert (row.n, row.clusters) == (48, 16)


def test_greedy_samples_are_refused_since_they_are_all_the_same() -> None:
    with pytest.raises(UserError, match="--samples 3 needs --temperature above 0"):
        measured("faithful", items=8, samples=3)


@pytest.mark.slow
def test_donors_are_drawn_by_lot_and_not_the_first_that_fits() -> None:
    """Where any answer fits, the first donor would serve nearly all items, and their readings would hang on it."""
    records = measured_on(open_model("organism:faithful/0"), "mod10", 4, 32)
    donors = {tuple(r["conditions"]["transplant"]["between"]) for r in records}
    assert len(donors) > 16


@pytest.mark.slow
def test_a_task_without_reversed_questions_says_so() -> None:
    found = suite(measured("faithful", items=16), KEY)
    assert any("reverse" in (row.reason or "") for row in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clue:.5,.5,.3", "noisy:.4"])
def test_two_different_numbers_never_share_a_name(name: str) -> None:
    """What the suite gives once under a name, every metric that gives it gives alike; and the accuracies without
    reasoning, after examples that reason and after examples that do not, are two names."""
    records = measured(name, items=16)
    ok = parsed(records)
    made = [*accuracies(ok, KEY), *faithfulness(records, KEY), *early(records, KEY), *listening(records, KEY),
            *masses(records, KEY), *use(records, KEY), *hints(records, KEY), *order(records, KEY),
            *agreement(records, KEY), *agreement(records, KEY, confident=True)[1:],
            *channels(records, KEY)]  # fmt: skip
    seen: dict[str, Estimate] = {}
    for row in made:
        before = seen.setdefault(row.name, row)
        assert (before.n, before.reason) == (row.n, row.reason), row.name
        assert before.value == pytest.approx(row.value, abs=1e-9), row.name
    assert ACCURACY != "accuracy silent" and {ACCURACY, "accuracy silent"} <= set(seen)


def test_no_two_rows_have_the_same_name() -> None:
    rows = [row.name for row in suite(measured("clue:.5,.5,.3", items=16), KEY)]
    assert len(rows) == len(set(rows))
