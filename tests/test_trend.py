"""`thinkaloud trend`: the model is the unit, confidence is matched, the verdict is right where the truth is known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from simulators import simulator
from thinkaloud import api
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.metrics.matching import Table, by_confidence, by_task, counts, tabulate
from thinkaloud.metrics.trend import MEASURES, Line, changed, early_aoc, fit, follow_last, judge, line_weights, trend
from thinkaloud.organisms.scripted import Scripted, scripted
from thinkaloud.stats.bootstrap import t_quantile
from thinkaloud.vocabulary import Estimate

SIZES = np.array([8.0, 8.5, 9.0, 9.5, 10.0])


SIM = simulator("trend")


def names(n: int) -> list[str]:
    return [f"m{j}" for j in range(n)]


def table(value: Any, confidence: Any = 0.5, right: Any = 1.0, tasks: int = 1) -> Table:
    v = np.asarray(value, dtype=np.float64)
    strata = np.arange(len(v)) * tasks // len(v)
    full = [np.broadcast_to(np.asarray(x, dtype=np.float64), v.shape).copy() for x in (confidence, right)]
    return Table(strata, v, *full, len(v))


# ----------------------------------------------------------------------------------------------------- the slope


def test_the_slope_is_least_squares_through_one_number_a_model() -> None:
    """Exact oracle: rates on a line of -.1 per decade, whatever the items do around their mean."""
    rates = 0.5 - 0.1 * (SIZES - 9)
    item = np.linspace(-0.2, 0.2, 40)[:, None]
    found = fit(table(rates + item), by_task(table(rates + item)), SIZES, names(5))
    assert found.slope.value == pytest.approx(-0.1)
    assert found.left_out == pytest.approx((-0.1, -0.1))
    assert (found.slope.clusters, found.slope.clustered_by, found.slope.n) == (5, "model", 40)
    assert [e.value for e in found.rates] == pytest.approx(list(rates))


def test_tasks_count_equally_however_many_items_they_have() -> None:
    value = np.concatenate([np.tile(0.9 - 0.2 * (SIZES - 9), (10, 1)), np.tile(np.full(5, 0.5), (90, 1))])
    t = replace(table(value), strata=np.repeat([0, 1], [10, 90]))
    assert fit(t, by_task(t), SIZES, names(5)).slope.value == pytest.approx(-0.1)


def test_logits_are_of_smoothed_counts() -> None:
    """Exact oracle: k of n items give log((k + .5) / (n - k + .5))."""
    k = np.array([10, 20, 25, 30, 40])
    value = (np.arange(50)[:, None] < k).astype(np.float64)
    logits = np.log((k + 0.5) / (50 - k + 0.5))
    found = fit(table(value), by_task(table(value)), SIZES, names(5))
    assert found.logit.value == pytest.approx(float(logits @ line_weights(SIZES)))


def test_a_rate_below_zero_has_no_logit_and_says_so() -> None:
    value = np.tile([-0.1, 0.2, 0.2, 0.3, 0.3], (20, 1))
    found = fit(table(value), by_task(table(value)), SIZES, names(5))
    assert found.logit.value is None and "below 0" in str(found.logit.reason)
    assert found.slope.value is not None


def test_more_items_do_not_make_more_models() -> None:
    """The interval is about models: with a hundred times the items it stays as wide as the models' scatter makes it."""
    rates = np.array([0.5, 0.3, 0.5, 0.3, 0.4])
    few, many = (
        fit(table(np.tile(rates, (n, 1))), by_task(table(np.tile(rates, (n, 1)))), SIZES, names(5)).slope
        for n in (50, 5000)
    )
    assert few.low is not None and many.low is not None and many.high is not None
    assert many.low == pytest.approx(few.low)
    assert many.high - many.low > 0.3


def test_items_that_differ_in_slope_widen_the_interval_although_no_model_is_off_the_line() -> None:
    """The second source: each model is on the line exactly, but half of the items fall and half do not."""
    steep = np.where(np.arange(40) % 2, -0.4, 0.0)[:, None]
    t = table(0.5 + steep * (SIZES - 9))
    found = fit(t, by_task(t), SIZES, names(5)).slope
    assert found.high is not None and found.low is not None
    error = 0.2 / np.sqrt(39)  # of a mean of 40 slopes of 0 and -.4
    assert found.high - found.low == pytest.approx(2 * 2.0227 * error, rel=0.01)


def test_the_two_sources_of_doubt_add_up() -> None:
    """Exact oracle: models off the line, and items that differ in slope by nothing else: half-widths in quadrature."""
    steep = np.where(np.arange(40) % 2, -0.2, 0.2)[:, None]
    off = np.array([0.02, -0.04, 0.04, -0.04, 0.02])  # what a line through the five sizes leaves is this itself
    t = table(0.5 + steep * (SIZES - 9) + off)
    found = fit(t, by_task(t), SIZES, names(5)).slope
    assert found.high is not None and found.low is not None
    off -= off.mean()
    by_model = t_quantile(0.975, 3) ** 2 * (off @ off / 3) * float(line_weights(SIZES) @ line_weights(SIZES))
    by_item = t_quantile(0.975, 39) ** 2 * 0.2**2 / 39
    assert (found.high - found.low) / 2 == pytest.approx(np.sqrt(by_model + by_item))


def test_items_that_all_agree_do_not_prove_a_slope_of_exactly_nothing() -> None:
    t = table(np.ones((30, 5)))
    found = fit(t, by_task(t), SIZES, names(5)).slope
    assert found.value == 0 and found.low is not None and found.low < -0.02


# ------------------------------------------------------------------------------------------------------ matching


def test_matching_compares_equal_confidence_only() -> None:
    """Exact oracle: change depends on confidence alone, in two steps; larger models are sure more often."""
    sure = np.arange(40)[:, None] < np.array([8, 14, 20, 26, 32])
    t = table(np.where(sure, 0.0, 0.8), np.where(sure, 1.0, 0.25))
    found = trend("m", t, SIZES, names(5))
    assert found.total.slope.value == pytest.approx(-0.8 * 24 / 40 / 2)
    assert found.matched.slope.value == pytest.approx(0, abs=1e-12)
    assert found.overlap == 1 and found.verdict == "not supported"


def test_a_bin_counts_only_if_every_model_has_items_there() -> None:
    sure = np.arange(40)[:, None] < np.array([2, 14, 20, 26, 32])
    cells = by_confidence(table(np.zeros((40, 5)), np.where(sure, 1.0, 0.25)))
    assert cells.member.shape[1] == 1
    assert counts(cells).tolist() == [[8]]
    assert cells.member.sum(axis=(0, 1)).tolist() == [38, 26, 20, 14, 8]


def test_within_a_bin_the_rest_of_the_confidence_is_taken_out() -> None:
    """Exact oracle: change is 1 - confidence. Bins alone leave a slope where models differ within them, a line none."""
    confidence = np.clip(np.linspace(0.3, 0.8, 40)[:, None] + 0.1 * (SIZES - 9), 0, 1)
    t = table(1 - confidence, confidence)
    cells = by_confidence(t)
    bins_only = fit(t, replace(cells, steepest=np.zeros_like(cells.steepest)), SIZES, names(5)).slope.value
    assert bins_only is not None and bins_only < -0.02
    assert fit(t, cells, SIZES, names(5)).slope.value == pytest.approx(0, abs=1e-9)


def test_nearly_equal_confidences_do_not_suggest_an_endless_line() -> None:
    """All confidences of a bin within a hair: what is taken out stays within what a rate can do."""
    rng = np.random.default_rng(2)
    confidence = 0.9 + 1e-4 * np.arange(5) + 1e-9 * rng.normal(size=(40, 5))
    t = table(rng.random((40, 5)) < 0.5, confidence)
    slope = fit(t, by_confidence(t), SIZES, names(5)).slope.value
    assert slope is None or abs(slope) < 1


def test_the_choice_of_items_never_looks_at_what_was_measured() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.25, 1, (60, 5))
    one, other = (by_confidence(table(rng.random((60, 5)), confidence)) for _ in range(2))
    assert (one.member == other.member).all()


def test_same_items_are_those_on_which_all_models_agree() -> None:
    right = np.ones((40, 5))
    right[20:, 0] = 0
    value = np.where(np.arange(40)[:, None] < 20, 0.7, 0.1 * SIZES)
    found = trend("m", table(value, 0.5, right), SIZES, names(5)).same_items
    assert found.slope.n == 20 and found.slope.value == pytest.approx(0, abs=1e-12)


# ------------------------------------------------------------------------------------------------------ the rule


def line(low: float, high: float, left_out: tuple[float, float]) -> Line:
    e = Estimate("slope", (low + high) / 2, low, high, 40, 5, "model")
    return Line((), e, e, left_out)


@pytest.mark.parametrize(
    ("matched", "sizes", "n", "overlap", "verdict", "said", "equivalent"),
    [
        (line(-0.2, -0.1, (-0.2, -0.1)), SIZES, 20, 0.3, "supported", "whichever model is left out", False),
        (line(-0.04, -0.01, (-0.1, -0.01)), SIZES, 20, 0.3, "supported", "whichever model is left out", True),
        (line(-0.2, -0.1, (-0.2, 0.01)), SIZES, 20, 0.3, "not supported", "but not whichever", False),
        (line(-0.2, 0.1, (-0.2, -0.1)), SIZES, 20, 0.3, "not supported", "contains 0", False),
        (line(-0.04, 0.04, (-0.2, 0.1)), SIZES, 20, 0.3, "not supported", "contains 0", True),
        (line(0.1, 0.2, (0.1, 0.2)), SIZES, 20, 0.3, "not supported", "above 0", False),
        (line(-0.2, -0.1, (-0.2, -0.1)), SIZES[:3], 20, 0.3, "not identifiable", "number of models 3, at", None),
        (
            line(-0.2, -0.1, (-0.2, -0.1)),
            np.array([8, 8, 9, 9]),
            20,
            0.3,
            "not identifiable",
            "different sizes 2",
            None,
        ),
        (line(-0.2, -0.1, (-0.2, -0.1)), SIZES, 19, 0.3, "not identifiable", "19 items at equal confidence", None),
        (line(-0.2, -0.1, (-0.2, -0.1)), SIZES, 20, 0.29, "not identifiable", "29% of the items", None),
    ],
)
def test_the_rule(
    matched: Line, sizes: Any, n: int, overlap: float, verdict: str, said: str, equivalent: bool | None
) -> None:
    found = judge(sizes, matched, n, overlap)
    assert (found[0], found[2]) == (verdict, equivalent)
    assert said in found[1]


def test_without_models_or_items_there_is_a_reason_and_no_number() -> None:
    few = trend("m", table(np.zeros((40, 3))), SIZES[:3], names(3))
    assert few.verdict == "not identifiable" and few.matched.slope.value is None
    assert few.total.rates[0].value == 0, "the rates of three models are still rates"
    none = trend("m", table(np.zeros((0, 5))), SIZES, names(5))
    assert none.verdict == "not identifiable" and none.total.slope.reason is not None


# ------------------------------------------------------------------------------------- where the truth is known


@pytest.mark.parametrize("models", [4, 5, 8])
def test_a_confound_is_not_taken_for_a_decline(models: int) -> None:
    """Larger models are right at once more often, otherwise the same: the total falls, the verdict does not say so."""
    found = SIM.simulate(SIM.World(), models, 60, 60)
    assert found.total > 0.3, "the confound must be there, or this test shows nothing"
    assert found.supported <= 0.05
    assert found.coverage >= 0.93


def test_a_true_decline_is_found() -> None:
    found = SIM.simulate(SIM.World(decline=-0.2), 8, 60, 30)
    assert found.supported >= 0.9 and found.coverage >= 0.9


def test_models_that_differ_do_not_make_a_law_of_size_and_pooled_items_would() -> None:
    found = SIM.simulate(SIM.World(models=0.1), 5, 100, 60)
    assert found.pooled > 0.2, "the usual analysis claims a decline far too often"
    assert found.supported <= 0.07


def test_items_that_differ_in_slope_do_not_either() -> None:
    found = SIM.simulate(SIM.World(items=0.3), 8, 60, 60)
    assert found.supported <= 0.05 and found.coverage >= 0.93


def test_where_models_have_no_confidence_in_common_nothing_is_claimed() -> None:
    found = SIM.simulate(SIM.World(confound=4.0), 5, 60, 20)
    assert found.unidentified == 1


# -------------------------------------------------------------------------------------------------- from records


def record(item: str, task: str = "t", **answers: int | None) -> dict[str, Any]:
    """Conditions with the option that is answered all but certainly (None: no preference)."""
    conditions: dict[str, Any] = {
        name.replace("_", ":"): {"logprobs": [-0.1 if j == answer else -3.0 for j in range(4)], "implied": None}
        for name, answer in answers.items()
    }
    steps = [{}] * sum(name.startswith("cut:") for name in conditions)
    return {"item": item, "task": task, "level": 1, "status": "ok", "gold": 0, "options": ["o"] * 4,
            "conditions": conditions, "thought": {"steps": steps}}  # fmt: skip


def test_the_measures_of_one_item() -> None:
    """All grow when the answer changes more; a condition that is missing is not a 0."""
    assert changed(record("a", silent=1, own=0)) == 1
    assert changed(record("a", silent=0, own=0)) == 0
    assert changed(record("a", silent=None, own=0)) == pytest.approx(0.75)
    assert changed(record("a", own=0)) is None
    assert early_aoc(record("a", cut_0=1, cut_1=1, own=0)) == pytest.approx(0.75)
    assert early_aoc(record("a", own=0)) is None
    wrong = record("a", cut_0=0, own=0, mistake_0=2)
    assert follow_last(wrong) is None, "a mistake that leads nowhere cannot be followed"
    wrong["conditions"]["mistake:0"]["implied"] = 2
    assert follow_last(wrong) == pytest.approx((1 - np.exp(-2.9)) / (1 + 3 * np.exp(-2.9)))


def test_only_items_of_every_model_count_and_several_records_of_one_are_averaged() -> None:
    one = [record(f"i{k}", silent=1, own=0) for k in range(8)]
    two = [record(f"i{k}", silent=0, own=0) for k in range(2, 12)]
    again = [record("i2", silent=1, own=0), {**record("i3", silent=1, own=0), "status": "unparsed"}]
    found = tabulate([one, two + again], changed)
    assert found.value.shape == (6, 2) and found.asked == 6
    assert found.value[:, 0].tolist() == [1] * 6
    assert sorted(found.value[:, 1].tolist()) == [0, 0, 0, 0, 0, 0.5]


def test_a_task_with_too_few_common_items_is_left_out() -> None:
    records = [record(f"i{k}", "many", silent=1, own=0) for k in range(6)]
    records += [record(f"i{k}", "few", silent=1, own=0) for k in range(4)]
    assert tabulate([records, records], changed).value.shape == (6, 2)


# ------------------------------------------------------------------------------------------------- from run folders


def stubborn(share: float) -> Scripted:
    """Surely wrong at once; its reasoning changes that on a share of the items. Equally confident at any share."""

    def rule(asked: Any) -> str:
        lot = int.from_bytes(hashlib.sha256(asked.item.id.encode()).digest()[:4], "big") / 2**32
        whole = len(asked.thought.steps) >= len(asked.item.worked.steps)
        wrong = next(option for option in asked.item.options if option != asked.item.gold)
        return (asked.thought.conclusion or wrong) if whole and lot < share else wrong

    return Scripted(f"stubborn:{share}", rule)


def run_all(folder: Path, models: dict[str, Scripted], items: int = 28) -> dict[str, float]:
    """Runs of these models, the first the smallest, as folder -> parameters."""
    for name, model in models.items():
        ta.run("channels", model, ["chain_sum"], items=items, difficulty=2, out=folder / name)
    return {str(folder / name): 10 ** (8 + 0.5 * j) for j, name in enumerate(models)}


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The larger, the more items are known at once; on the others all follow their reasoning."""
    folder = tmp_path_factory.mktemp("mixtures")
    return run_all(folder, {f"m{p}": scripted(f"mixture:{p}") for p in (0.8, 0.65, 0.5, 0.35)})


def test_real_folders_of_models_that_know_more_at_once(mixtures: dict[str, float], tmp_path: Path) -> None:
    """Total falls for each measure, at equal confidence there is nothing, and everything is written."""
    found = api.trend(list(mixtures), mixtures, tmp_path / "out")
    assert [t.measure for t in found.trends] == list(MEASURES)
    for t in found.trends:
        assert t.total.slope.high is not None and t.total.slope.high < 0, t.measure
        assert t.matched.slope.value == pytest.approx(0, abs=1e-6), t.measure
        assert t.verdict == "not supported" and t.asked == 28
    data = json.loads((tmp_path / "out" / "trend.json").read_text())
    assert data["trends"][0]["verdict"] == "not supported" and data["models"][0]["source"] == "given"
    assert str(tmp_path) not in json.dumps(data)
    assert "not supported" in (tmp_path / "out" / "trend.md").read_text()
    picture = ElementTree.fromstring((tmp_path / "out" / "trend.svg").read_text())
    assert "matched" in "".join(picture.itertext())


@pytest.mark.slow
def test_real_folders_of_models_that_follow_their_reasoning_less(tmp_path: Path) -> None:
    models = {f"s{share}": stubborn(share) for share in (0.95, 0.7, 0.45, 0.2)}
    sizes = run_all(tmp_path, models)
    found = {t.measure: t for t in api.trend(list(sizes), sizes, tmp_path / "out").trends}
    for measure in ("early AOC", "changed by reasoning"):
        assert found[measure].verdict == "supported", found[measure]
    e = found["changed by reasoning"].matched.slope
    assert e.low is not None and e.high is not None and e.low < -0.5 < e.high, "true: -.25 per half decade"


def test_the_order_of_folders_changes_nothing(mixtures: dict[str, float], tmp_path: Path) -> None:
    api.trend(list(mixtures), mixtures, tmp_path / "one")
    api.trend(list(mixtures)[::-1], mixtures, tmp_path / "two")
    for file in ("trend.json", "trend.md", "trend.svg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_command_takes_sizes_and_prints_the_verdict(mixtures: dict[str, float], tmp_path: Path) -> None:
    arguments = [f"{folder}={parameters:g}" for folder, parameters in mixtures.items()]
    done = CliRunner().invoke(cli, ["trend", *arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "early AOC, 28 of 28 items" in done.output and "larger is less faithful: not supported" in done.output
    three = CliRunner().invoke(cli, ["trend", *arguments[:3], "--out", str(tmp_path / "three")])
    assert three.exit_code == 0 and "not identifiable (number of models 3, at least 4 are needed)" in three.output
    ElementTree.fromstring((tmp_path / "three" / "trend.svg").read_text())


@pytest.mark.slow
def test_what_cannot_be_compared_is_refused_in_one_line(mixtures: dict[str, float], tmp_path: Path) -> None:
    first, second = list(mixtures)[:2]
    ta.run("channels", scripted("mixture:0.2"), ["chain_sum"], items=8, difficulty=3, out=tmp_path / "harder")
    ta.run("channels", scripted("mixture:0.8"), ["chain_sum"], items=8, difficulty=2, out=tmp_path / "twice")
    size = {str(tmp_path / name): 1e9 for name in ("harder", "twice")}
    refused: list[tuple[list[str], dict[str, float], str]] = [
        ([first, "nowhere"], {first: 1e8}, "'nowhere' is no run folder"),
        ([first, second], {first: 1e8}, f"give it as {second}=135e6"),
        ([first, second], {first: 1e8, second: -3.0}, "-3.0 is no number of parameters"),
        ([first, second], {first: 1e8, second + "x": 1e9}, f"did you mean {second}"),
        ([first, str(tmp_path / "harder")], {first: 1e8, **size}, "no item is common"),
        ([first, str(tmp_path / "twice")], {first: 1e8, **size}, "two runs of the same model"),
    ]
    for folders, sizes, said in refused:
        given = {folder: n for folder, n in sizes.items() if folder in folders or folder.endswith("x")}
        with pytest.raises(UserError) as error:
            api.trend(folders, given, tmp_path / "out")
        assert said in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_an_unfinished_run_and_a_bad_size_are_refused(mixtures: dict[str, float], tmp_path: Path) -> None:
    first = next(iter(mixtures))
    (tmp_path / "half").mkdir()
    for file in ("config.toml", "model.json"):
        (tmp_path / "half" / file).write_bytes((Path(first) / file).read_bytes())
    with pytest.raises(UserError, match="is not finished"):
        api.trend([first, str(tmp_path / "half")], {first: 1e8, str(tmp_path / "half"): 1e9}, tmp_path / "out")
    bad = CliRunner().invoke(cli, ["trend", f"{first}=small"])
    assert isinstance(bad.exception, UserError) and "'small' is no number of parameters" in str(bad.exception)
