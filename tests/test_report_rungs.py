"""The report of the rungs says what its findings say: verdicts twice, gains with their parts, places of marks, caps."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from pages import layout, render_markdown
from rungs_fixture import ARMS, BUDGETS, findings, meta, records
from thinkaloud.arms.names import NAMES, called
from thinkaloud.metrics.factored import by_meter, effect_of
from thinkaloud.records.about import one as ask
from thinkaloud.report.explorer import payload
from thinkaloud.report.figure import NARROW, WIDE
from thinkaloud.report.tables import Subject
from thinkaloud.stats.equivalence import verdict
from thinkaloud.stats.label import Label, label
from thinkaloud.studies.rungs.page.forest import forest_figure
from thinkaloud.studies.rungs.page.found import EFFECTS, read
from thinkaloud.studies.rungs.page.frontier import frontier_figure, subject_figure
from thinkaloud.studies.rungs.page.map import map_figure
from thinkaloud.studies.rungs.page.marks import spread
from thinkaloud.studies.rungs.page.panels import edits_figure, gaps_figure
from thinkaloud.studies.rungs.page.waterfall import split_figure
from thinkaloud.studies.rungs.page.words import WORDS, grids, lines, numbers, sentences
from thinkaloud.vocabulary import Estimate, Finding

SVG = "{http://www.w3.org/2000/svg}"


F2_F1 = effect_of(("F2", "F1"))
FRESH = EFFECTS[0]


def one(of: Label, value: float, half: float = 0.02, task: str = "pool", clusters: int = 24) -> Finding:
    level = None if task == "pool" else 3
    size = (clusters * 20, clusters, "family")
    estimate = Estimate(of.name, value, value - half, value + half, *size, about=of.about)
    return Finding("rungs", "tiny", task, level, estimate)


def once(arm: str) -> Label:
    return label(f"{arm} once", measure="accuracy", role="once", arm=arm)


def paid(arm: str, budget: int) -> Label:
    name = f"{arm} at {budget}"
    return label(name, measure="accuracy", arm=arm, budget=budget, meter="B4", primary="B4")


def area(meter: str = "B4") -> Label:
    return by_meter(Label("F2 - F1", {**F2_F1.about, "role": "area"}), meter, "B4")


def piece(part: str, arm: str, budget: int) -> Label:
    """A part of a naive gain."""
    name = f"{part} {arm} at {budget}"
    return label(name, measure="part of a naive gain", arm=arm, part=part, budget=budget, meter="B4", primary="B4")


def effect(value: float, half: float, clusters: int = 24, margin: float = 0.03) -> list[Finding]:
    """All that a verdict on F2 - F1 is made of."""
    labels = (
        F2_F1.more("pooled mean", role="mean", inference="families like these"),
        F2_F1.more("this pool", role="mean", inference="this pool"),
        F2_F1.more("equivalence", role="equivalence", inference="families like these"),
        F2_F1.more("equivalence this pool", role="equivalence", inference="this pool"),
    )
    fixed = one(F2_F1.more("margin", role="margin"), margin, 0.0, clusters=clusters)
    return [*(one(own, value, half, clusters=clusters) for own in labels), fixed]


SIGN = F2_F1.more("sign", role="sign")


def figures(found: Any, kept: Any, width: int) -> dict[str, str]:
    return {figure.id: figure.draw(found, kept, width) for figure in layout(found).figures}


# --------------------------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("value", "half", "word"),
    [(0.08, 0.02, "gain"), (-0.08, 0.02, "loss"), (0.0, 0.02, "no gain worth the margin"), (0.02, 0.04, "not decided")],
)
def test_the_verdict_is_that_of_the_rule_for_the_pool_and_for_families_like_these(
    value: float, half: float, word: str
) -> None:
    made = effect(value, half)
    said = sentences(made)
    assert verdict("F2 - F1", {f.estimate.name: f.estimate for f in made}, "this pool").word == word
    assert f"This pool: {word}; " in said[0] and f"families like these: {word}; " in said[1]
    assert "margin 0.03" in said[0] and "24 families, 480 items" in said[0]
    assert f"[{value - half:+.3f}, {value + half:+.3f}]" in said[0]


def test_few_families_say_nothing_of_families_like_these_but_something_of_this_pool() -> None:
    said = sentences(effect(0.08, 0.02, clusters=12))
    assert "This pool: gain" in said[0]
    assert "families like these: not decided; 12 families, at least 20 are needed" in said[1]


def test_without_a_margin_there_is_no_verdict_but_the_number() -> None:
    said = sentences([f for f in effect(0.08, 0.02) if not f.estimate.name.endswith("margin")])
    assert "no margin was registered" in said[0] and "+0.08 [+0.06, +0.10]" in said[0] and "gain" not in said[0]


def test_the_sign_over_four_meters_is_said_with_the_meters_that_disagree() -> None:
    others = [one(area(meter), value) for meter, value in (("B1", 0.05), ("B2", -0.04), ("B3", -0.02))]
    said = " ".join(sentences([*effect(0.08, 0.02), one(area(), 0.08), *others, one(SIGN, 2.0, 0.0)]))
    assert (
        "Fresh contexts (F2 - F1) under four prices: depends on the price of re-reading (not on B2 (" in said
        and ", B3 (" in said
    )
    said = " ".join(sentences([*effect(0.08, 0.02), one(SIGN, 4.0, 0.0)]))
    assert "its sign does not depend on them: the same on 4 of 4 meters." in said


@pytest.mark.slow
def test_a_naive_gain_is_said_with_all_its_parts_and_these_add_up() -> None:
    said = next(s for s in sentences(findings(6, 6)) if s.startswith("Decomposed (F2) at 16k"))
    gain = float(re.findall(r"chain of thought: ([+-]\d\.\d\d)", said)[0])
    parts = [float(x) for x in re.findall(r"(?:spend|information|fresh context) ([+-]?\d\.\d\d)", said)]
    assert [name in said for name in ("spend", "information", "fresh context")] == [True] * 3
    assert sum(parts) == pytest.approx(gain, abs=0.02)
    assert any("What cannot be said" in s for s in sentences(findings(6, 6)))


def test_an_absent_effect_is_said_with_its_reason() -> None:
    mean = F2_F1.more("pooled mean", role="mean", inference="families like these")
    few = Estimate.absent(mean.name, "too few families (n=3)", about=mean.about)
    absent = Finding("rungs", "tiny", "pool", None, few)
    said = sentences([absent])
    assert "families like these: not measured (too few families (n=3))" in said[1] and "0.00" not in " ".join(said)


# ------------------------------------------------------------------------------------------------------------- names


def test_arms_budgets_and_the_registered_meter_are_what_the_estimates_are_about() -> None:
    found = read(findings(6, 6))
    assert found.budgets == BUDGETS and found.primary == "B4" and found.largest == 16000
    assert set(found.arms) == {*ARMS, "R2k"} and found.arms[:4] == ("R0", "R1", "R2", "R2k")
    assert found.meters == ("B4", "B1", "B2", "B3") and [effect.name for effect in found.effects] == [
        "F2 - F1",
        "T1 - T2",
    ]


def test_every_estimate_says_what_it_is_about_and_no_two_of_a_task_say_the_same() -> None:
    seen = [(f.task, tuple(sorted(f.estimate.about.items()))) for f in findings(6, 6)]
    assert len(set(seen)) == len(seen) and all("measure" in f.estimate.about for f in findings(6, 6))
    own = [f.estimate for f in findings(6, 6) if f.task == "pool"]
    found = ask(own, measure="effect", role="mean", inference="families like these", arm="F2", against="F1")
    assert found is not None and found.name == "F2 - F1 pooled mean"
    found = ask(own, measure="part of a naive gain", part="tool", arm="T1", budget=4000)
    assert found is not None and found.name == "tool T1 at 4000"


def test_every_estimate_of_the_study_has_a_heading_and_a_meaning() -> None:
    by_heading = WORDS.by_heading(findings(6, 6))
    assert "Other" not in by_heading
    without = {name for under in by_heading.values() for name in under if WORDS.meaning(name) is None}
    assert without == set()
    assert "odds" not in WORDS.heading("R2k at 1000") and WORDS.heading("A at 1000 by B2") == WORDS.heading("F2 once")
    assert WORDS.heading("F2 - F1 at 1000") == WORDS.heading("F2 - F1 shrunken gym:ab") == "The factored effect"


# ------------------------------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_figure_is_drawn_well_formed_and_every_mark_is_about_something(width: int) -> None:
    parts = set(payload(records(6, 6), layout(findings(6, 6)).explorer, 400, findings(6, 6))["parts"])
    tasks = {f.task for f in findings(6, 6)}
    for name, svg in figures(findings(6, 6), records(6, 6), width).items():
        marks = [e for e in ElementTree.fromstring(svg).iter() if "data-part" in e.attrib]
        assert marks, name
        assert {e.attrib["data-part"] for e in marks} <= parts and {e.attrib["data-task"] for e in marks} <= tasks, name
        assert all(e.find(f"{SVG}title") is not None for e in marks)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_figure_of_the_page_draws_what_its_heading_says(width: int) -> None:
    """The heading of a figure is the page's, its own title and what its marks are about are the drawing's."""
    shown = {figure.id: figure.title for figure in layout(findings(6, 6)).figures}
    drawn = figures(findings(6, 6), records(6, 6), width)
    said = {name: ElementTree.fromstring(svg).attrib["aria-label"] for name, svg in drawn.items()}
    told = {name: re.split("[.,]", words)[0] for name, words in said.items()}
    about = {
        name: {part.rpartition(" ")[0] for part in re.findall(r'data-part="([^"]+)"', svg)}
        for name, svg in drawn.items()
    }
    of_effect, of_gap, of_edit = "F2 -", {"gap R2 -", "gap T1 -"}, {"need", "residue", "use"}
    assert shown == {
        "forest-f2": "Fresh contexts, family by family", "forest-t1": "Sub-calls, family by family",
        "frontiers": "What a budget buys", "split": "What the naive gain is made of", "map": "Where fresh contexts pay",
        "gaps": "The gap between one rung and the next", "edits": "What the visible intermediates are for",
    }  # fmt: skip
    assert told == {
        "forest-f2": "fresh contexts (F2 - F1) in each family", "forest-t1": "sub-calls (T1 - T2) in each family",
        "frontiers": "Accuracy against budget", "split": "The naive gain at 16k", "map": shown["map"],
        "gaps": shown["gaps"], "edits": shown["edits"],
    }  # fmt: skip
    assert about["forest-f2"] == about["map"] == {of_effect} and about["forest-t1"] == {"T1 -"}
    assert of_gap <= about["gaps"] and all(part.startswith("gap ") for part in about["gaps"])
    assert about["edits"] == of_edit and {"spend", "information", "tool", "fresh context"} <= about["split"]
    assert about["frontiers"] == {""}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_field_s_name_of_an_arm_stands_before_its_short_one_in_every_figure(width: int) -> None:
    drawn = figures(findings(6, 6), records(6, 6), width)
    named = {
        "forest-f2": "F2 F1",
        "forest-t1": "T1 T2",
        "split": "R2 F2 T1",
        "map": "F2 F1",
        "edits": "A R2 V E P F1 F2 T1",
    }
    named |= {"gaps": "R0 R1 R2 R2k F1 F2 T0 T1 T2", "frontiers": "R0 R1 R2k A V E F1 F2 F3 P T0 T1 T2"}
    for name, arms in named.items():
        words = " ".join(e.text or "" for e in ElementTree.fromstring(drawn[name]).iter(f"{SVG}text"))
        assert [arm for arm in arms.split() if called(arm) not in words] == [], name


def test_an_arm_of_somebodys_own_is_called_by_its_own_name() -> None:
    assert called("my_arm") == "my_arm" and called("R2") == "chain of thought (R2)"
    assert {*ARMS, "R2k"} <= NAMES.keys()


def test_a_run_without_any_of_it_draws_nothing() -> None:
    plain = [one(once("R0"), 0.2)]
    assert all(svg == "" for svg in figures(plain, [], WIDE).values())


def test_a_run_of_one_family_shows_that_family() -> None:
    """There is no pool of one: the figures are the family's own and the sentences say so."""
    alone = [f for f in findings(6, 6) if f.task == "chain_sum"]
    made = figures(alone, [r for r in records(6, 6) if r["task"] == "chain_sum"], WIDE)
    assert 'data-task="chain_sum"' in made["frontiers"] and 'data-task="pool"' not in "".join(made.values())
    assert any("chain_sum, level 3" in s for s in sentences(alone))
    assert "chain_sum" in grids(alone)[0].title


def test_the_forest_is_sorted_and_its_marks_stand_where_the_numbers_are() -> None:
    svg = forest_figure(findings(6, 6), FRESH)
    rows = [
        e
        for e in ElementTree.fromstring(svg).iter()
        if e.get("data-part") == "F2 - F1" and e.get("data-task") != "pool"
    ]
    order = [e.attrib["data-task"] for e in rows]
    value = {f.task: f.estimate.value for f in findings(6, 6) if f.estimate.name == "F2 - F1"}
    assert order == sorted(order, key=lambda task: -(value[task] or 0.0))
    places = [float(re.search(r"translate\(([\d.]+)", e.findall(f"{SVG}g")[0].attrib["transform"])[1]) for e in rows]  # type: ignore[index]
    moves = zip(pairwise(places), pairwise(order), strict=True)
    gaps = [(a - b, (value[one] or 0.0) - (value[other] or 0.0)) for (a, b), (one, other) in moves]
    steps = [moved / by for moved, by in gaps if by > 0.02]
    assert max(steps) == pytest.approx(min(steps), rel=0.05)


def test_the_kind_of_a_family_is_a_shape_and_not_only_a_colour() -> None:
    families = [one(area(), 0.1, task=task) for task in ("chain_sum", "recall", "gym:countdown", "compare", "unheard")]
    svg = ElementTree.fromstring(forest_figure(families, FRESH))
    shapes = {
        e.attrib["data-task"]: e.findall(f"{SVG}g/{SVG}path")[-1].attrib["d"]
        for e in svg.iter()
        if "data-task" in e.attrib
    }
    assert len(set(shapes.values())) == 5


def test_the_margin_is_a_band_as_wide_as_it_is() -> None:
    families = [one(area(), 0.2, task="a"), one(area(), -0.2, task="b")]
    svg = forest_figure([*effect(0.05, 0.02), *families], FRESH)
    band = re.search(r'<rect x="[\d.]+" y="46" width="([\d.]+)"[^>]+class="ta-margin"', svg)
    ticks = [float(x) for x in re.findall(r'd="M([\d.]+),46V[\d.]+" class="ta-grid"', svg)]
    per_unit = (ticks[1] - ticks[0]) / 0.1
    assert band and float(band[1]) == pytest.approx(0.06 * per_unit, abs=0.1)


def test_a_line_of_the_frontier_goes_through_its_accuracies() -> None:
    curve = [one(paid("F2", b), v) for b, v in ((1000, 0.2), (4000, 0.4), (16000, 0.8))]
    svg = subject_figure([*curve, one(paid("F1", 1000), 0.2)], Subject("pool", None))
    line = re.search(r'd="M([^"]+)" class="ta-a3 ta-stroke"', svg)
    assert line
    points = [tuple(map(float, p.split(","))) for p in line[1].split("L")]
    assert points[1][0] - points[0][0] == pytest.approx(points[2][0] - points[1][0], abs=0.02)
    assert (points[0][1] - points[1][1]) * 2 == pytest.approx(points[1][1] - points[2][1], abs=0.05)


def test_each_meter_has_its_row_and_lines_of_a_plot_differ_in_shape() -> None:
    svg = frontier_figure(findings(6, 6), ())
    assert [meter in svg for meter in (">B4 (registered)", ">B1:", ">B2:", ">B3:")] == [True] * 4
    first = svg.split(">B1:")[0]
    marks = {
        arm: re.findall(rf'data-part="{arm}".*?<path d="([^"]+z)"', first)[0] for arm in ("F1", "R2k", "F2", "F3", "P")
    }
    assert len(set(marks.values())) == 5


def test_pieces_of_the_waterfall_join_and_arrive() -> None:
    """The naive gain telescopes: each piece begins where the last one ended, the last ends at the arm's accuracy."""
    parts = {"spend": 0.1, "information": -0.05, "fresh context": 0.15}
    made = [one(piece(name, "F2", 1000), value) for name, value in parts.items()]
    svg = split_figure([one(once("R2"), 0.4), *made, one(paid("F2", 1000), 0.6)])
    rects = [
        e
        for e in ElementTree.fromstring(svg).iter(f"{SVG}rect")
        if "url" in e.get("fill", "") or e.get("class") == "ta-total-bar"
    ]
    ends = [(float(e.attrib["x"]), float(e.attrib["x"]) + float(e.attrib["width"])) for e in rects]
    assert ends[1][0] == pytest.approx(ends[0][1], abs=0.02)  # spend begins at R2
    assert ends[2][1] == pytest.approx(ends[1][1], abs=0.02)  # information goes back
    assert ends[3][0] == pytest.approx(ends[2][0], abs=0.02)
    assert ends[4][1] == pytest.approx(ends[3][1], abs=0.02)  # and arrives at F2


def test_gaps_have_both_scales_and_edits_say_why_a_share_has_no_number() -> None:
    assert {"gap R2 - R1", "gap F1 - R2"} <= set(re.findall(r'data-part="([^"]+)"', gaps_figure(findings(6, 6), ())))
    assert "difference in logits" in gaps_figure(findings(6, 6), ())
    share, need = (label(f"{m} F2", measure=m, arm="F2", edit="cut") for m in ("externalised share", "need"))
    absent = Estimate.absent(share.name, "not identifiable: own is not above chance", about=share.about)
    svg = edits_figure([Finding("rungs", "m", "pool", None, absent), one(need, 0.2)], ())
    assert ">not identifiable<" in svg and "own is not above chance" in svg


def test_a_family_without_checked_steps_has_no_place_on_the_map_and_is_named_below() -> None:
    kept = [dict(record) for record in records(6, 6)]
    for record in kept:
        if record["task"] == "story":
            record["attempts"] = [{k: v for k, v in a.items() if k != "steps"} for a in record["attempts"]]
    svg = map_figure(findings(6, 6), kept)
    assert 'data-task="story"' not in svg and "No place, as no sub-answer could be checked: story, level 3." in svg
    assert 'data-task="story"' in map_figure(findings(6, 6), records(6, 6))


def test_names_that_would_lie_on_each_other_are_moved_apart_in_order() -> None:
    placed = spread([10, 11, 12, 50], 13, 0, 60)
    assert placed == sorted(placed) and min(b - a for a, b in pairwise(placed)) >= 13 - 1e-9
    assert spread([59, 60], 13, 0, 60)[1] == 60


# ------------------------------------------------------------------------------------------------------------- tables


def test_the_tables_have_a_row_an_arm_and_a_row_a_family() -> None:
    arms, families = grids(findings(6, 6))
    assert arms.head == ("arm", "n", "once", "at 1k", "at 4k", "at 16k", "spend", "what it is")
    assert [row[0] for row in arms.rows] == [called(arm) for arm in read(findings(6, 6)).arms]
    assert len(families.rows) == 6 and families.rows[0][1] == "chain"
    assert all(len(row) == len(grid.head) for grid in (arms, families) for row in grid.rows)
    assert all(" [" in row[3] for row in families.rows)


def test_spend_has_a_column_where_it_is_known() -> None:
    cost = label("F2 spend", measure="cost of an attempt", arm="F2", meter="B4", primary="B4")
    spend = Estimate(cost.name, 1234.4, 1200.0, 1300.0, 9, 9, about=cost.about)
    grid = grids([one(once("F2"), 0.5), Finding("rungs", "m", "pool", None, spend)])[0]
    assert grid.rows[0][grid.head.index("spend")] == "1,234 [1,200, 1,300]"


def test_lines_for_a_terminal_begin_with_the_headlines_and_carry_every_arm() -> None:
    said = lines(findings(6, 6))
    assert said[: len(sentences(findings(6, 6)))] == sentences(findings(6, 6))
    assert any(line.startswith("  decomposed (F2): n 36, once 0.") for line in said)


def test_all_numbers_of_the_pool_are_shown_and_of_families_those_of_the_registered_meter() -> None:
    (_, whole), (said, rest) = numbers(findings(6, 6))
    assert len(whole) == sum(f.task == "pool" for f in findings(6, 6)) and "findings.json" in said
    assert {f.estimate.name for f in whole if " by B" in f.estimate.name} and rest
    assert not [f for f in rest if re.search(r" by B\d$", f.estimate.name)]
    text = render_markdown(findings(6, 6), meta())
    assert "F2 - F1 at 1000" in text and "The families of the pool" in text
