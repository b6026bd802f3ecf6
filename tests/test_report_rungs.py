"""The report of the rungs says what its findings say: verdicts twice, gains with their parts, places of marks, caps."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from pages import layout, render_html, render_markdown
from report_fixture import HOSTILE
from rungs_fixture import ARMS, BUDGETS, HOSTILE_ITEM, findings, meta, records
from thinkaloud.metrics.equivalence import verdict
from thinkaloud.report.explorer import as_json, payload
from thinkaloud.report.figure import NARROW, WIDE
from thinkaloud.report.tables import Subject
from thinkaloud.studies.rungs.page import items as rungs_items
from thinkaloud.studies.rungs.page.forest import forest_figure
from thinkaloud.studies.rungs.page.frontier import frontier_figure, subject_figure
from thinkaloud.studies.rungs.page.map import map_figure
from thinkaloud.studies.rungs.page.marks import spread
from thinkaloud.studies.rungs.page.names import read
from thinkaloud.studies.rungs.page.parts import edits_figure, gaps_figure, split_figure
from thinkaloud.studies.rungs.page.trace import ATTEMPTS, TEXT, clipped, packed
from thinkaloud.studies.rungs.page.words import WORDS, grids, lines, numbers, sentences
from thinkaloud.vocabulary import Estimate, Finding

SVG = "{http://www.w3.org/2000/svg}"


def one(name: str, value: float, half: float = 0.02, task: str = "pool", clusters: int = 24) -> Finding:
    level = None if task == "pool" else 3
    estimate = Estimate(name, value, value - half, value + half, clusters * 20, clusters, "family")
    return Finding("rungs", "tiny", task, level, estimate)


def effect(value: float, half: float, clusters: int = 24, margin: float = 0.03) -> list[Finding]:
    """All that a verdict on F2 - F1 is made of."""
    names = ("F2 - F1 pooled mean", "F2 - F1 this pool", "F2 - F1 equivalence", "F2 - F1 equivalence this pool")
    fixed = one("F2 - F1 margin", margin, 0.0, clusters=clusters)
    return [*(one(name, value, half, clusters=clusters) for name in names), fixed]


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
    others = [one(f"F2 - F1 by {meter}", value) for meter, value in (("B1", 0.05), ("B2", -0.04), ("B3", -0.02))]
    said = " ".join(sentences([*effect(0.08, 0.02), one("F2 - F1", 0.08), *others, one("F2 - F1 sign", 2.0, 0.0)]))
    assert "F2 - F1 under four prices: depends on the price of re-reading (not on B2 (" in said and ", B3 (" in said
    said = " ".join(sentences([*effect(0.08, 0.02), one("F2 - F1 sign", 4.0, 0.0)]))
    assert "its sign does not depend on them: the same on 4 of 4 meters." in said


@pytest.mark.slow
def test_a_naive_gain_is_said_with_all_its_parts_and_these_add_up() -> None:
    said = next(s for s in sentences(findings(6, 6)) if s.startswith("F2 at 16k"))
    gain, *parts = (float(x) for x in re.findall(r"(?<=[ ])[+-]?\d\.\d\d(?= \[|,|\.$)", said.replace("[", " [")))
    assert [name in said for name in ("spend", "information", "fresh context")] == [True] * 3
    assert sum(parts) == pytest.approx(gain, abs=0.02)
    assert any("What cannot be said" in s for s in sentences(findings(6, 6)))


def test_an_absent_effect_is_said_with_its_reason() -> None:
    absent = Finding("rungs", "tiny", "pool", None, Estimate.absent("F2 - F1 pooled mean", "too few families (n=3)"))
    said = sentences([absent])
    assert "families like these: not measured (too few families (n=3))" in said[1] and "0.00" not in " ".join(said)


# ------------------------------------------------------------------------------------------------------------- names


def test_arms_budgets_and_the_registered_meter_are_read_off_the_names() -> None:
    found = read(findings(6, 6))
    assert found.budgets == BUDGETS and found.primary == "B4" and found.largest == 16000
    assert set(found.arms) == {*ARMS, "R2k"} and found.arms[:4] == ("R0", "R1", "R2", "R2k")
    assert found.meters == ("B4", "B1", "B2", "B3") and found.effects == ("F2 - F1", "T1 - T2")


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


def test_a_run_without_any_of_it_draws_nothing() -> None:
    plain = [one("R0 once", 0.2)]
    assert all(svg == "" for svg in figures(plain, [], WIDE).values())


def test_a_run_of_one_family_shows_that_family() -> None:
    """There is no pool of one: the figures are the family's own and the sentences say so."""
    alone = [f for f in findings(6, 6) if f.task == "chain_sum"]
    made = figures(alone, [r for r in records(6, 6) if r["task"] == "chain_sum"], WIDE)
    assert 'data-task="chain_sum"' in made["frontiers"] and 'data-task="pool"' not in "".join(made.values())
    assert any("chain_sum, level 3" in s for s in sentences(alone))
    assert "chain_sum" in grids(alone)[0].title


def test_the_forest_is_sorted_and_its_marks_stand_where_the_numbers_are() -> None:
    svg = forest_figure(findings(6, 6), "F2 - F1")
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
    families = [
        one("F2 - F1", 0.1, task=task) for task in ("chain_sum", "recall", "gym:countdown", "compare", "unheard")
    ]
    svg = ElementTree.fromstring(forest_figure(families, "F2 - F1"))
    shapes = {
        e.attrib["data-task"]: e.findall(f"{SVG}g/{SVG}path")[-1].attrib["d"]
        for e in svg.iter()
        if "data-task" in e.attrib
    }
    assert len(set(shapes.values())) == 5


def test_the_margin_is_a_band_as_wide_as_it_is() -> None:
    svg = forest_figure([*effect(0.05, 0.02), one("F2 - F1", 0.2, task="a"), one("F2 - F1", -0.2, task="b")], "F2 - F1")
    band = re.search(r'<rect x="[\d.]+" y="46" width="([\d.]+)"[^>]+class="ta-margin"', svg)
    ticks = [float(x) for x in re.findall(r'd="M([\d.]+),46V[\d.]+" class="ta-grid"', svg)]
    per_unit = (ticks[1] - ticks[0]) / 0.1
    assert band and float(band[1]) == pytest.approx(0.06 * per_unit, abs=0.1)


def test_a_line_of_the_frontier_goes_through_its_accuracies() -> None:
    curve = [one(f"F2 at {b}", v) for b, v in ((1000, 0.2), (4000, 0.4), (16000, 0.8))]
    svg = subject_figure([*curve, one("F1 at 1000", 0.2)], Subject("pool", None))
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
    made = [one(f"{name} F2 at 1000", value) for name, value in parts.items()]
    svg = split_figure([one("R2 once", 0.4), *made, one("F2 at 1000", 0.6)])
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
    absent = Estimate.absent("externalised share F2", "not identifiable: own is not above chance")
    svg = edits_figure([Finding("rungs", "m", "pool", None, absent), one("need F2", 0.2)], ())
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
    assert [row[0] for row in arms.rows] == list(read(findings(6, 6)).arms)
    assert len(families.rows) == 6 and families.rows[0][1] == "chain"
    assert all(len(row) == len(grid.head) for grid in (arms, families) for row in grid.rows)
    assert all(" [" in row[3] for row in families.rows)


def test_spend_has_a_column_where_it_is_known() -> None:
    grid = grids(
        [one("F2 once", 0.5), Finding("rungs", "m", "pool", None, Estimate("F2 spend", 1234.4, 1200.0, 1300.0, 9, 9))]
    )[0]
    assert grid.rows[0][grid.head.index("spend")] == "1,234 [1,200, 1,300]"


def test_lines_for_a_terminal_begin_with_the_headlines_and_carry_every_arm() -> None:
    said = lines(findings(6, 6))
    assert said[: len(sentences(findings(6, 6)))] == sentences(findings(6, 6))
    assert any(line.startswith("  F2: n 36, once 0.") for line in said)


def test_all_numbers_of_the_pool_are_shown_and_of_families_those_of_the_registered_meter() -> None:
    (_, whole), (said, rest) = numbers(findings(6, 6))
    assert len(whole) == sum(f.task == "pool" for f in findings(6, 6)) and "findings.json" in said
    assert {f.estimate.name for f in whole if " by B" in f.estimate.name} and rest
    assert not [f for f in rest if re.search(r" by B\d$", f.estimate.name)]
    text = render_markdown(findings(6, 6), meta())
    assert "F2 - F1 at 1000" in text and "The families of the pool" in text


# ----------------------------------------------------------------------------------------------------------- explorer


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return payload(records(6, 6), layout(findings(6, 6)).explorer, 400, findings(6, 6))


def test_parts_of_items_average_to_the_findings(data: dict[str, Any]) -> None:
    """What a list is sorted by is what the finding is a mean of."""
    known = {(f.task, f.estimate.name): f.estimate.value for f in findings(6, 6)}
    names = {"F2 - F1": "F2 - F1", "R2": "R2 once", "R2k": "R2k at 16000", "F2": "F2 at 16000", "use F2": "use F2",
             "naive gain F2": "naive gain F2 at 16000", "spend T1": "spend T1 at 16000", "tool T1": "tool T1 at 16000",
             **{same: same for same in ("gap R2k - R2", "gap F1 - R2", "need F2", "residue A")}}  # fmt: skip
    for group, means in zip(data["groups"], data["pool"]["families"], strict=True):
        for part, name in names.items():
            at = data["parts"].index(part)
            own = [r["scores"][at] for r in group["records"] if r["scores"][at] is not None]
            assert sum(own) / len(own) == pytest.approx(known[group["task"], name], abs=2e-4), (group["task"], name)
            assert means[at] == pytest.approx(known[group["task"], name], abs=2e-4)


def test_an_item_has_all_its_arms_with_answer_score_and_spend_by_meter(data: dict[str, Any]) -> None:
    shown = data["groups"][1]["records"][2]
    record = next(r for r in records(6, 6) if r["item"] == shown["id"] and r["arm"] == "F2")
    assert set(shown["arms"]) == set(ARMS)
    arm, spend = shown["arms"]["F2"], record["attempts"][0]["spend"]
    assert arm["of"] == len(record["attempts"]) and arm["right"] == sum(a["right"] for a in record["attempts"])
    assert len(arm["attempts"]) == ATTEMPTS
    answer, right, _, b1, b2, b3, b4, calls = arm["attempts"][0]
    first = record["attempts"][0]
    assert (answer, bool(right), calls) == (first["answer"], first["right"], spend["calls"])
    assert b1 == spend["output"] and b4 == spend["uncached"] + spend["output"] and b2 == b4 + spend["cached"]
    assert b3 == pytest.approx(spend["uncached"] + 0.1 * spend["cached"] + 4 * spend["output"], abs=0.06)


def test_a_failed_arm_says_why_and_has_no_attempt(data: dict[str, Any]) -> None:
    arm = data["groups"][0]["records"][0]["arms"]["P"]
    assert arm["status"] == "failed" and HOSTILE in arm["error"] and arm["attempts"] == []


def test_a_tree_is_the_trace_and_its_texts_are_stored_once() -> None:
    item = {r["arm"]: r for r in records(6, 6) if r["item"] == "coin/3/000001"}
    made = packed(item)
    assert len(made["texts"]) == len(set(made["texts"]))
    tree, trace = made["trees"]["F2"]["attempts"][0], item["F2"]["attempts"][0]["trace"]
    assert [parent for _, parent in tree] == [-1 if n["parent"] is None else n["parent"] for n in trace]
    for (node, _), given in zip(tree, trace, strict=True):
        kept = made["nodes"][node]
        assert kept["kind"] == given["kind"] and kept["title"] == given["title"]
        assert made["texts"][kept["text"]] == clipped(given["text"], TEXT) if given["text"] else "text" not in kept
    corrupt = made["trees"]["F2"]["edits"]["corrupt"]
    assert sum(node != other for (node, _), (other, _) in zip(corrupt, tree, strict=True)) == 1
    assert sum(made["nodes"][node].get("edited") == "corrupt" for node, _ in corrupt) == 1


def test_a_long_text_loses_its_middle_and_says_how_much() -> None:
    text = "a" * 900 + "the answer is 5"
    short = clipped(text, 100)
    assert short.endswith("the answer is 5") and "[… 815 characters …]" in short and len(short) < 140
    assert clipped("short", 100) == "short"


def test_traces_are_for_the_extreme_items_first_and_the_page_says_for_how_many(
    data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all("traces" in r for g in data["groups"] for r in g["records"])
    with monkeypatch.context() as patch:
        patch.setattr(rungs_items, "ROOM", len(as_json(data["groups"])) // 2)
        some = payload(records(6, 6), layout(findings(6, 6)).explorer, 400, findings(6, 6))
    traced = [[i for i, r in enumerate(g["records"]) if "traces" in r] for g in some["groups"]]
    count = sum(map(len, traced))
    assert 6 < count < 36 and f"and {count} of them with their traces" in some["count"]
    assert max(map(len, traced)) - min(map(len, traced)) <= 1
    for group, kept in zip(some["groups"], traced, strict=True):
        order = sorted((r["scores"][0] for r in group["records"]), reverse=True)
        assert {order[0], order[-1]} <= {group["records"][i]["scores"][0] for i in kept} or len(kept) < 2


@pytest.mark.slow
def test_the_cap_on_items_is_kept_and_said() -> None:
    made = payload(records(6, 6), layout(findings(6, 6)).explorer, 10, findings(6, 6))
    assert [len(g["records"]) for g in made["groups"]] == [2, 2, 2, 2, 1, 1]
    assert made["count"].startswith("10 of 36 items, the first of every family, are in this page")
    assert made["count"] in render_html(findings(6, 6), records(6, 6), meta(), cap=10)


@pytest.mark.slow
def test_a_page_of_twenty_four_families_is_below_four_megabytes() -> None:
    """With every cap at work. Four families are shown six times: texts are stored once an item, not once a page."""
    few = [f for f in findings(6, 6) if f.task == "pool" and " shrunken " not in f.estimate.name]
    own = [f for f in findings(6, 6) if f.task == "chain_sum"]
    tasks = dict.fromkeys(r["task"] for r in records(4, 20))
    many = [{**r, "task": f"{r['task']}_{i}"} for i in range(6) for r in records(4, 20)]
    found = [*few, *(replace(f, task=f"{task}_{i}") for i in range(6) for task in tasks for f in own)]
    page = render_html(found, many, meta())
    assert 2_500_000 < len(page.encode()) < 4_000_000


def test_hostile_text_stays_inside_its_script_element(data: dict[str, Any]) -> None:
    page = render_html(findings(6, 6), records(6, 6), meta())
    assert "<img" not in page and page.count("</script>") == 2
    texts = json.loads(as_json(data))["groups"][0]["records"][0]
    assert texts["id"] == HOSTILE_ITEM and HOSTILE in texts["question"] and HOSTILE in texts["traces"]["texts"]


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes() -> None:
    again = render_html(list(findings(6, 6)), list(records(6, 6)), meta())
    assert again == render_html(findings(6, 6), records(6, 6), meta())


def test_a_run_of_the_rungs_with_nothing_in_it_still_makes_a_report() -> None:
    assert "There are no items." in render_html([], [], meta())
