"""`thinkaloud trend` on the rungs: slopes of gaps over models, and a verdict that no one scale decides."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from arm_records import arm_attempt, arm_record, spent
from simulators import simulator
from thinkaloud import api
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.metrics.factored import rungs
from thinkaloud.metrics.gap_trend import Cell, GapTrend, Scale, gap_trend, gap_trends, judge, levels
from thinkaloud.metrics.trend import Sized, line_weights
from thinkaloud.stats.bootstrap import t_quantile
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.vocabulary import Estimate, Record

SIZES = np.array([8.0, 8.5, 9.0, 9.5, 10.0])
BUDGETS = (1000, 4000)


SIM = simulator("gap_trend")


def cell(high: int, low: int, n: int = 40, whose: int = 1) -> Cell:
    """The first `high` items right with the first arm, the first `low` with the second."""
    right = np.arange(n)[:, None] < np.array([high, low])
    return Cell(tuple((whose, f"i{k}") for k in range(n)), right.astype(np.float64))


def sized(n: int = 5) -> list[Sized]:
    return [Sized(f"m{j}", 10 ** float(SIZES[j]), ()) for j in range(n)]


def fit(rows: Sequence[Sequence[Cell]]) -> GapTrend:
    return gap_trend("X - Y", [f"f{f}" for f in range(len(rows))], rows, sized(len(rows[0])))


# ---------------------------------------------------------------------------------------------------------- the slope


def test_both_slopes_are_least_squares_through_one_number_a_model() -> None:
    """Exact oracle: families averaged first, each counting alike; logits of (k + .5) / (n + 1) in each family."""
    high, low = [[12, 18, 24, 30, 36], [10, 12, 14, 16, 18]], [[8, 12, 12, 14, 20], [9, 9, 9, 9, 9]]
    sides = [[cell(h, b, n) for h, b in zip(up, down, strict=True)]
             for up, down, n in zip(high, low, (40, 20), strict=True)]  # fmt: skip
    found = fit(sides)
    n = np.array([[40], [20]])
    raw = ((np.array(high) - np.array(low)) / n).mean(axis=0)
    up, down = (np.log((k + 0.5) / (n - k + 0.5)) for k in (np.array(high), np.array(low)))
    logit = (up - down).mean(axis=0)
    assert [e.value for e in found.raw.rates] == pytest.approx(list(raw))
    assert [e.value for e in found.logit.rates] == pytest.approx(list(logit))
    assert found.raw.slope.value == pytest.approx(float(raw @ line_weights(SIZES)))
    assert found.logit.slope.value == pytest.approx(float(logit @ line_weights(SIZES)))
    assert (found.raw.slope.clusters, found.raw.slope.clustered_by, found.raw.slope.n) == (5, "model", 60)


def test_more_items_do_not_make_more_models() -> None:
    """The interval is Student's t from the models' distances to the line, however many items there are."""
    up = np.array([0.55, 0.35, 0.55, 0.35, 0.55])  # a line through them is flat
    off = up - up.mean()
    few, many = (fit([[cell(round(u * n), round(0.2 * n), n) for u in up]]).raw.slope for n in (200, 4000))
    half = t_quantile(0.975, 3) * math.sqrt(off @ off / 3 * float(line_weights(SIZES) @ line_weights(SIZES)))
    for e in (few, many):
        assert e.low is not None and e.high is not None
        assert (e.high - e.low) / 2 == pytest.approx(half, rel=0.02)


def test_the_interval_is_never_shorter_than_the_items_allow() -> None:
    """Models exactly on a line, each with items of its own: the doubt is that of independent items, by formula."""
    rows = [[cell(24, 8, 40, whose=j) for j in range(5)]]
    e = fit(rows).raw.slope
    gap = np.r_[np.zeros(24), np.zeros(16)]
    gap[8:24] = 1.0  # per item: X right and Y wrong
    error = math.sqrt(gap.var(ddof=1) / 40 * float(line_weights(SIZES) @ line_weights(SIZES)))
    assert e.low is not None and e.high is not None
    assert (e.high - e.low) / 2 == pytest.approx(t_quantile(0.975, 39) * error, rel=1e-6)


def test_an_item_that_all_models_share_is_left_out_of_all_at_once() -> None:
    """The same answers by all models: shared items say that no item makes a slope, items of one's own do not."""
    widths = []
    for shared in (True, False):
        e = fit([[cell(240, 80, 400, whose=1 if shared else j) for j in range(5)]]).raw.slope
        assert e.low is not None and e.high is not None
        widths.append(e.high - e.low)
    assert widths[0] < 0.5 * widths[1]


def test_families_like_these_know_that_the_slope_differs_between_families() -> None:
    """Exact oracle: half of the families rise and half fall, no model is off the line and no item in doubt."""
    steep = np.array([0.1, -0.1] * 5)
    rows = [[cell(round((0.5 + s * (x - 9)) * 400), 80, 400) for x in SIZES] for s in steep]
    found = fit(rows).raw
    assert found.beyond.value == found.slope.value == pytest.approx(0, abs=1e-12)
    assert found.beyond.high is not None and found.slope.high is not None
    assert found.beyond.high == pytest.approx(t_quantile(0.975, 9) * steep.std(ddof=1) / math.sqrt(10))
    assert found.slope.high < found.beyond.high / 2
    four = fit(rows[:4])
    assert four.beyond == "not identifiable" and "4 families" in four.reason_beyond and four.raw.slope.value is not None


# ----------------------------------------------------------------------------------------------------------- the rule


def scale(low: float, high: float, left_out: tuple[float, float] | None = None, rates: float = 0.2) -> Scale:
    e = Estimate("slope", (low + high) / 2, low, high, 40, 5, "model")
    own = Estimate("m", rates, rates - 0.1, rates + 0.1, 40, 40)
    return Scale((own,) * 5, e, e, left_out or (low, high))


@pytest.mark.parametrize(
    ("raw", "logit", "sizes", "pinned", "verdict", "said"),
    [
        (scale(0.1, 0.2), scale(0.5, 1), SIZES, 0.5, "widens", "above 0, whichever"),
        (scale(-0.2, -0.1), scale(-1, -0.5), SIZES, 0, "narrows", "below 0, whichever"),
        (scale(0.1, 0.2, rates=-0.2), scale(0.5, 1), SIZES, 0, "widens", "so the rungs come closer"),
        (scale(0.1, 0.2, (-0.01, 0.2)), scale(0.5, 1), SIZES, 0, "not decided", "but not whichever"),
        (scale(-0.1, 0.2), scale(-0.5, 1), SIZES, 0, "not decided", "contain 0"),
        (scale(0.1, 0.2), scale(-0.5, 1), SIZES, 0, "depends on the scale", "above 0 as it is and not different"),
        (scale(-0.1, 0.2), scale(0.5, 1), SIZES, 0, "depends on the scale", "not different from 0 as it is and above"),
        (scale(-0.2, -0.1), scale(0.5, 1), SIZES, 0, "depends on the scale", "below 0 as it is and above 0 in logits"),
        (scale(0.1, 0.2), scale(0.5, 1), SIZES[:3], 0, "not identifiable", "number of models 3, at least 4"),
        (scale(0.1, 0.2), scale(0.5, 1), np.array([8, 8, 9, 9]), 0, "not identifiable", "different sizes 2"),
        (scale(0.1, 0.2), scale(0.5, 1), SIZES, 0.51, "not identifiable", "51% of some model's accuracies"),
    ],
)
def test_the_rule(raw: Scale, logit: Scale, sizes: Any, pinned: float, verdict: str, said: str) -> None:
    found = judge(sizes, raw, logit, pinned)
    assert found[0] == verdict and said in found[1]


def test_three_models_have_gaps_and_no_slope() -> None:
    found = fit([[cell(20, 10), cell(24, 10), cell(28, 10)]])
    assert found.verdict == "not identifiable" and found.raw.slope.value is None and found.raw.left_out is None
    assert [e.value for e in found.raw.rates] == pytest.approx([0.25, 0.35, 0.45])


# ----------------------------------------------------------------------------------------- where the truth is known


@pytest.mark.parametrize("world", [SIM.World(), SIM.World(shared=False), SIM.World(gap=0.0, rise=1.0)])
def test_without_a_trend_a_verdict_is_rare(world: Any) -> None:
    """Nominal: .025 on each side. Of 50 studies at most 5 on both sides together (probability of more: .04)."""
    found = SIM.simulate(world, 5, 50)
    assert 50 * (found.widens + found.narrows) <= 5
    assert 50 * (found.widens_beyond + found.narrows_beyond) <= 5
    assert found.coverage >= 0.9


@pytest.mark.parametrize(("world", "slope"), [(SIM.World(widen=0.1), 0.1), (SIM.World(widen=-0.1), -0.1)])
def test_a_true_slope_is_recovered_and_found(world: Any, slope: float) -> None:
    found = SIM.simulate(world, 8, 30)
    assert (found.widens if slope > 0 else found.narrows) >= 0.9
    assert found.slope == pytest.approx(slope, abs=0.015) and found.coverage >= 0.85


def test_a_slope_in_logits_is_recovered() -> None:
    """Of items that are equally hard: a logit of means over items that differ is flatter than the logits of each."""
    found = SIM.simulate(SIM.World(scale="logit", gap=1.0, widen=0.5, spread=0.0), 8, 30)
    assert found.slope == pytest.approx(0.5, abs=0.05) and found.widens >= 0.9


def test_families_that_differ_are_no_law_for_others() -> None:
    """This pool has a slope of its own, which is found; of families like these nothing may be said."""
    found = SIM.simulate(SIM.World(families=0.15), 5, 60)
    assert found.widens + found.narrows > 0.2
    assert 60 * (found.widens_beyond + found.narrows_beyond) <= 5


def test_a_gap_that_rises_out_of_the_floor_is_not_said_to_widen() -> None:
    """The same logits, small models never right: fewer than no right answers cannot be seen, so nothing is claimed."""
    found = SIM.simulate(SIM.World(scale="logit", gap=0.8, base=-3.5, rise=2.0), 5, 20)
    assert found.unidentified == 1


# --------------------------------------------------------------------------------------------------------- from records


def record(task: str, item: int, arm: str, right: Sequence[bool], level: int = 1) -> Record:
    tries = [arm_attempt("A" if hit else "B", spent(output=300)) for hit in right]
    return arm_record(arm, f"{task}/{level}/{item}", tries, task, level=level)


def ladder(seed: int, arms: dict[str, float], tasks: Sequence[str] = ("a", "b"), level: int = 1) -> list[Record]:
    rng = np.random.default_rng(seed)
    return [
        record(task, i, arm, [bool(x) for x in rng.random(3) < rate], level)
        for task in tasks
        for arm, rate in arms.items()
        for i in range(12)
    ]


ARMS = {"R0": 0.3, "R1": 0.4, "R2": 0.6, "F1": 0.6, "F2": 0.7}


def test_a_models_gap_is_the_one_of_its_own_findings() -> None:
    """The mean over families of what `factored.rungs` says of each, on both scales, R2k voted at the largest budget."""
    models = [Sized(f"m{j}", 1e8 * 2**j, ladder(j, ARMS)) for j in range(4)]
    found = {gap.gap: gap for gap in gap_trends(models, BUDGETS, "B4")}
    assert list(found) == ["R1 - R0", "R2 - R1", "R2k - R2", "F1 - R2", "F2 - F1"]
    for gap, trend in found.items():
        for j, model in enumerate(models):
            each = [rungs([r for r in model.records if r["task"] == task], BUDGETS, "B4") for task in "ab"]
            named = [{e.name: e.value for e in rows} for rows in each]
            for suffix, scale in (("", trend.raw), (" logit", trend.logit)):
                expected = [rows[f"gap {gap}{suffix}"] for rows in named]
                assert None not in expected
                assert scale.rates[j].value == pytest.approx(sum(x for x in expected if x is not None) / 2)
        assert (trend.families, trend.same_levels, trend.items) == (("a", "b"), 2, 24)


def test_only_families_and_gaps_that_all_models_have_count() -> None:
    """A family without F2 in one model is left out of F2 - F1 only; absent records are no zeros."""
    lacking = [
        {**r, "status": "absent", "attempts": []} if (r["task"], r["arm"]) == ("b", "F2") else r
        for r in ladder(1, ARMS, ("a", "b", "c"))
    ]
    models = [Sized("m0", 1e8, lacking)]
    models += [Sized(f"m{j}", 1e8 * 3**j, ladder(j, ARMS, ("a", "b"), level=j)) for j in range(1, 5)]
    found = {gap.gap: gap for gap in gap_trends(models, BUDGETS, "B4")}
    assert found["F2 - F1"].families == ("a",) and found["R2 - R1"].families == ("a", "b")
    assert found["R2 - R1"].same_levels == 0
    assert levels(models) == {"a": (1, 1, 2, 3, 4), "b": (1, 1, 2, 3, 4)}
    without = [*models[:-1], Sized("m9", 1e12, [r for r in models[-1].records if r["arm"] != "R0"])]
    assert "R1 - R0" not in {gap.gap for gap in gap_trends(without, BUDGETS, "B4")}


# ---------------------------------------------------------------------------------------------------- from run folders

SPENDING = RungsSettings(budgets=(400, 1600), arms=("R0", "R1", "R2"), trials=1, dev=0, attempts=2, edits=False)
TASKS = ("sim:chain_01", "sim:map_02")
ERRORS = (0.35, 0.25, 0.15, 0.05)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Simulated models, the larger the fewer mistakes a step."""
    root, found = tmp_path_factory.mktemp("rungs"), {}
    for j, error in enumerate(ERRORS):
        out = root / f"m{j}"
        ta.run("rungs", f"scripted:sim:{error},0,0", TASKS, items=16, difficulty=2, out=out,
               settings=SPENDING)  # fmt: skip
        found[str(out)] = 1e8 * 3**j
    return found


def test_real_folders_give_a_report_on_both_scales(folders: dict[str, float], tmp_path: Path) -> None:
    found = api.trend(list(folders), folders, tmp_path / "out")
    assert [gap.gap for gap in found.gaps] == ["R1 - R0", "R2 - R1", "R2k - R2"] and not found.trends
    assert found.tasks == ("sim:chain_01, level 2", "sim:map_02, level 2")
    data = json.loads((tmp_path / "out" / "trend.json").read_text())
    assert [gap["verdict"] for gap in data["gaps"]] == [gap.verdict for gap in found.gaps]
    assert str(tmp_path) not in json.dumps(data) and data["rule"]["models"] == 4
    words = (tmp_path / "out" / "trend.md").read_text()
    assert all(f"- **{gap.gap}**: this pool: {gap.verdict} (" in words for gap in found.gaps)
    assert "families like these: not identifiable (2 families, at least 5" in words
    picture = "".join(ElementTree.fromstring((tmp_path / "out" / "trend.svg").read_text()).itertext())
    assert "R2 - R1, accuracy" in picture and "R2 - R1, logits" in picture


def test_the_command_prints_the_verdicts_and_the_order_changes_nothing(
    folders: dict[str, float], tmp_path: Path
) -> None:
    arguments = [f"{folder}={parameters:g}" for folder, parameters in folders.items()]
    done = CliRunner().invoke(cli, ["trend", *arguments, "--out", str(tmp_path / "one")])
    assert done.exit_code == 0, done.output
    assert "R2 - R1, 2 families, at the same level, 32 items" in done.output and "this pool: " in done.output
    api.trend(list(folders)[::-1], folders, tmp_path / "two")
    for file in ("trend.json", "trend.md", "trend.svg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_other_levels_are_compared_and_said_and_other_budgets_refused(
    folders: dict[str, float], tmp_path: Path
) -> None:
    first = next(iter(folders))
    for name, level, settings in (
        ("harder", 3, SPENDING),
        ("poorer", 2, RungsSettings(**{**vars_of(SPENDING), "budgets": (400, 800)})),
    ):
        ta.run("rungs", "scripted:sim:.01,0,0", TASKS[:1], items=8, difficulty=level, out=tmp_path / name,
               settings=settings)  # fmt: skip
    sizes = {first: 1e8, str(tmp_path / "harder"): 1e9, str(tmp_path / "poorer"): 1e9}
    found = api.trend([first, tmp_path / "harder"], {k: sizes[k] for k in list(sizes)[:2]}, tmp_path / "out")
    assert found.tasks == ("sim:chain_01, levels 2, 3",) and found.gaps[0].same_levels == 0
    assert "of them 0 at the same level" in CliRunner().invoke(
        cli, ["trend", f"{first}=1e8", f"{tmp_path / 'harder'}=1e9", "--out", str(tmp_path / "again")]
    ).output  # fmt: skip
    with pytest.raises(UserError, match=r"budgets \(400, 800\), .*asked in the same way"):
        api.trend([first, tmp_path / "poorer"], {first: 1e8, str(tmp_path / "poorer"): 1e9}, tmp_path / "none")


def vars_of(spending: RungsSettings) -> dict[str, Any]:
    return {name: getattr(spending, name) for name in spending.__dataclass_fields__}
