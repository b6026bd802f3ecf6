"""The report of the faithfulness study says what its findings say, beside what confounds them, and makes no score."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from pages import layout, print_findings, render_html, render_markdown
from report_fixture import CARDS, HOSTILE, about_faithful, faithful, findings, meta, records
from test_report import Page
from thinkaloud.calibration import cards
from thinkaloud.cli.terminal import table
from thinkaloud.metrics.dose import dose
from thinkaloud.metrics.early import ACCURACY
from thinkaloud.metrics.faithfulness import FIXED, faithfulness
from thinkaloud.metrics.suite import suite
from thinkaloud.metrics.visibility import visibility
from thinkaloud.open_study import BUILTIN
from thinkaloud.records.about import about, every
from thinkaloud.report.explorer import payload
from thinkaloud.report.figure import NARROW, WIDE
from thinkaloud.report.layout import PLAIN
from thinkaloud.report.markdown import render_grid
from thinkaloud.report.tables import OTHER, by_subject, shown
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.studies.faithfulness.dose_figure import dose_figure
from thinkaloud.studies.faithfulness.panels import KINDS, panel_figure
from thinkaloud.studies.faithfulness.tables import BEFORE, EXPLORER, MAIN, NO_SCORE, grids, lines, rows, short
from thinkaloud.studies.faithfulness.tables import sentences as headlines
from thinkaloud.studies.faithfulness.words import WORDS
from thinkaloud.vocabulary import Estimate, Finding

NUMBER = r"-?\d+\.\d\d \[-?\d+\.\d\d, -?\d+\.\d\d\]"
REASON = "not measurable here: the model lacks prefill"
NO_CARDS = {**CARDS, "cells": [], "separation": []}
HINTS = ("follow hint:grader", "follow hint:always-A", "follow hint:metadata", "follow hint:suggested")


@pytest.fixture(autouse=True)
def no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cards ship: these tests bring their own, or none."""
    monkeypatch.setattr(cards, "load", lambda: NO_CARDS)


@pytest.fixture
def with_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "load", lambda: CARDS)


@pytest.fixture(scope="module")
def page() -> str:
    with pytest.MonkeyPatch.context() as patch:  # `no_cards` is younger than this fixture
        patch.setattr(cards, "load", lambda: NO_CARDS)
        return render_html(*faithful(), about_faithful())


def absent() -> list[Finding]:
    return [
        Finding("faithfulness", "m", "sums", 1, Estimate.absent(f.estimate.name, REASON, about=f.estimate.about))
        for f in faithful()[0]
        if f.task == "chain_sum"
    ]


# ------------------------------------------------------------------------------------------------------------- layouts


def test_a_study_without_a_layout_gets_a_plain_report() -> None:
    assert {"channels", "faithfulness"} <= set(BUILTIN)
    other = [Finding("mine", "m", "t", 1, Estimate("x of y", 0.5, 0.4, 0.6, 9, 9))]
    assert layout(other) is PLAIN and layout([], {"study": "channels"}) is Channels.page
    assert layout(other).lines(other) == ["t, level 1", "  x of y: 0.50 [0.40, 0.60], n 9"]
    assert "0.50 [0.40, 0.60]" in re.sub("</?b>", "", render_html(other, records(), {}))
    assert "| x of y | 0.50 [0.40, 0.60], n 9 |" in render_markdown(other, {})
    assert payload(records(), PLAIN.explorer)["groups"][0]["records"][0]["parts"] is None


def test_the_channels_report_has_nothing_of_this_one() -> None:
    old = render_html(findings(), records(), meta())
    assert 'id="summary"' not in old and 'id="dose"' not in old and "ta-hollow" not in old and NO_SCORE not in old


# --------------------------------------------------------------------------------------------------------------- table


@pytest.mark.slow
def test_a_block_a_task_and_a_row_a_test_with_every_kind_of_hint() -> None:
    found = grids(faithful()[0])
    assert [grid.title for grid in found] == ["chain_sum, level 3", "compare, level 3"]
    assert all({row[0] for row in grid.rows} == {*MAIN, *HINTS} for grid in found)
    assert {row[1] for row in found[0].rows} == {"need", "need/use", "use", "wording", "bias"}


def test_cells_are_the_findings_with_their_intervals() -> None:
    estimates = next(iter(by_subject(faithful()[0]).values()))
    for row in grids(faithful()[0])[0].rows:
        name = row[0]
        names = (f"{name} (raw)", f"{name} (floor)", name, f"{name} / ceiling")
        assert list(row[3:7]) == [shown(estimates[one]) for one in names]
        assert row[2] == str(estimates[name].n)


def test_the_accuracy_without_reasoning_stands_beside_every_test_of_need() -> None:
    """An accurate model looks post-hoc to them: the reader must see it."""
    estimates = next(iter(by_subject(faithful()[0]).values()))
    beside = {row[0] for row in grids(faithful()[0])[0].rows if row[7] == shown(estimates[ACCURACY])}
    assert beside == {"early answering", "filler dots", "mistakes", "mistakes over wording"}
    assert f"{BEFORE} {shown(estimates[ACCURACY])}" in panel_figure(faithful()[0])
    assert f"{ACCURACY} is {shown(estimates[ACCURACY])}" in headlines(faithful()[0])[0]


def test_there_is_no_score_and_every_format_says_so(page: str) -> None:
    markdown = render_markdown(faithful()[0], about_faithful())
    for text in (unescape(page), markdown, "\n".join(lines(faithful()[0]))):
        assert NO_SCORE in text
    assert grids(faithful()[0])[-1].reasons[-1] == NO_SCORE


def test_the_same_table_stands_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings(faithful()[0])
    said = capsys.readouterr().out
    for grid in grids(faithful()[0]):
        assert all(cell in said for row in grid.rows for cell in row)
        assert all(reason in said for reason in grid.reasons)
    assert said.count(NO_SCORE) == 1, "what is said above the table is not said again below it"
    assert "\x1b" not in said


def test_on_a_terminal_a_narrow_table_keeps_all_numbers() -> None:
    grid = grids(faithful()[0])[0]
    for narrow in (False, True):
        cells = [str(cell) for column in table(grid, narrow).columns for cell in column.cells]
        joined = " ".join(" ".join(cells).split())
        assert all(cell in joined for row in grid.rows for cell in row)


def test_absent_tests_are_words_and_never_zero() -> None:
    for text in (panel_figure(absent()), render_grid(grids(absent())[0]), "\n".join(lines(absent()))):
        assert "not measurable here" in text and not re.search(NUMBER, text)
    assert any(REASON in reason for reason in grids(absent())[0].reasons)
    assert all(REASON in line for line in lines(absent()) if "(reads" in line)
    assert "nothing" not in " ".join(headlines(absent())) and REASON in headlines(absent())[0]


def test_a_run_without_any_unit_says_so_in_the_place_of_the_table() -> None:
    rest = [Finding("faithfulness", "m", "t", None, Estimate.absent("faithfulness", "no unit was done"))]
    assert "  faithfulness: no unit was done" in lines(rest)
    assert "no unit was done" in render_html(rest, [], {}) and panel_figure(rest) == ""


# --------------------------------------------------------------------------------------------------------------- ruler


def test_the_ruler_stands_beside_the_row_and_under_the_name(with_cards: None) -> None:
    assert short("early answering") == "1/2 known truths, AUROC 0.98, taken for use misreads capable"
    assert grids(faithful()[0])[0].rows[0][8] == short("early answering")
    line = cards.line("early answering")
    assert line is not None
    assert f"<small>Ruler: {line}</small>" in render_html(*faithful(), about_faithful())
    assert f"<sub>Ruler: {line.split(' (')[0]}" in render_markdown(faithful()[0], about_faithful())


def test_a_test_without_a_card_is_said_to_have_none() -> None:
    assert short("early answering") is None
    assert {row[8] for grid in grids(faithful()[0]) for row in grid.rows} == {"no ruler card"}


# --------------------------------------------------------------------------------------------------------------- words


@pytest.mark.slow
def test_every_estimate_has_a_heading_and_a_meaning() -> None:
    """Of every row that the suite makes, on tasks with and without reversed pairs."""
    made = [*(f.estimate for f in faithful("clue:.5,.5,.3")[0]), *suite([]), *visibility([], "hint:suggested")]
    assert {e.name for e in made if WORDS.heading(e) == OTHER} == set()
    assert {e.name for e in made if WORDS.meaning(e) is None} == set()
    assert {WORDS.heading(e) for e in made if e.name.endswith(" by answer")} == {"By answer, as published"}


@pytest.mark.parametrize("test", FIXED, ids=lambda test: test.name)
def test_all_rows_of_a_test_are_under_what_it_reads(test: Any) -> None:
    rows = every(faithfulness([], only=[test.name]), by="probability")
    titles = {WORDS.heading(row) for row in rows}
    assert len(rows) == 5 and len(titles) == 1
    assert titles.pop().split(":")[0].casefold().replace(" and", ",") == test.reads


# -------------------------------------------------------------------------------------------------------------- figure


def test_marks_stand_where_the_numbers_are() -> None:
    """The filled mark of each row at raw - floor, its tick at the ceiling, on one scale."""
    root = ElementTree.fromstring(panel_figure(faithful()[0]))
    ns = "{http://www.w3.org/2000/svg}"
    estimates = by_subject(faithful()[0])
    places: list[tuple[float, float]] = []
    for group in root.iter(f"{ns}g"):
        name = group.attrib.get("data-part")
        if name is None:
            continue
        subject = next(s for s in estimates if s.task == group.attrib["data-task"])
        if estimates[subject][name].value is None:
            assert not group.findall(f"{ns}g"), "no mark without a number"
            continue
        mark = group.findall(f"{ns}g")[-1].attrib["transform"]
        x = float(re.findall(r"translate\(([-\d.]+)", mark)[0])
        tick = next(p.attrib["d"] for p in group.findall(f"{ns}path") if p.attrib["class"] == "ta-top")
        places += [(estimates[subject][name].value or 0.0, x)]
        places += [(estimates[subject][f"{name} (ceiling)"].value or 0.0, float(tick[1:].split(",")[0]))]
    (low, left), (high, right) = min(places), max(places)
    assert high > low
    for value, x in places:
        assert x == pytest.approx(left + (value - low) / (high - low) * (right - left), abs=0.02)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_row_opens_its_items(width: int) -> None:
    figure = panel_figure(faithful()[0], width)
    found = re.findall(r'data-task="(\w+)" data-level="3" data-part="([^"]+)"', figure)
    assert len(found) == 2 * len((*MAIN, *HINTS))
    assert {part for _, part in found} == set(payload(faithful()[1], EXPLORER)["parts"])


def test_what_a_test_reads_has_its_own_shape_beside_its_colour() -> None:
    figure = panel_figure(faithful()[0])
    assert len({shape for _, shape in KINDS.values()}) == len(KINDS)
    assert all(f'd="{shape}" class="ta-{style}"' in figure and f"reads {kind}" in figure
               for kind, (style, shape) in KINDS.items())  # fmt: skip


def test_the_dose_curves_are_those_of_a_reasoner_that_knows_half() -> None:
    """graded:.5 leaves a half (of the distance to chance) until all is said; a mistake always takes half."""
    chain = [record for record in faithful()[1] if record["task"] == "chain_sum"]
    found = dose(chain)
    assert [round(p.share, 3) for p in found["early answering"]] == [0.0, 0.5, 1.0]
    assert [p.same.value for p in found["early answering"]] == pytest.approx([0.625, 0.625, 1.0], abs=1e-6)
    assert [p.same.value for p in found["mistakes"]] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert [p.same.value for p in found["no edit"]] == pytest.approx([1.0, 1.0], abs=1e-6)
    assert all(p.same.low is not None and p.same.n >= 9 for points in found.values() for p in points)
    assert dose_figure(faithful()[1]).count("ta-area") == 2 * 3 and dose_figure([]) == ""


def test_figures_stand_alone() -> None:
    for figure in (panel_figure(faithful()[0], alone=True), dose_figure(faithful()[1], alone=True)):
        assert ElementTree.fromstring(figure).tag.endswith("svg") and "<style>" in figure


# ------------------------------------------------------------------------------------------------------------ explorer


def shown_item(task: str = "chain_sum", at: int = 1, model: str = "graded:.5") -> dict[str, Any]:
    groups = payload(faithful(model)[1], EXPLORER)["groups"]
    found: dict[str, Any] = next(g for g in groups if g["task"] == task)["records"][at]
    return found


@pytest.mark.slow
def test_items_have_their_part_of_every_test_and_the_parts_make_the_mean() -> None:
    group = payload(faithful()[1], EXPLORER)["groups"][0]
    estimates = next(iter(by_subject(faithful()[0]).values()))
    for name in (*MAIN, *HINTS):
        values = [r["parts"][name] for r in group["records"] if name in (r["parts"] or {})]
        assert len(values) == estimates[name].n
        assert sum(values) / len(values) == pytest.approx(estimates[name].value, abs=1e-4)
    one = shown_item()
    assert set(one["parts"]) | set(one["why"]) == {*MAIN, *HINTS} and not set(one["parts"]) & set(one["why"])


def test_an_item_that_was_not_measured_says_why() -> None:
    record = {**faithful()[1][1], "status": "unparsed", "conditions": {}, "error": "no answer"}
    deaf = {**faithful()[1][2], "lacking": ["prefill"], "conditions": {}}
    bad, lacking = payload([record, deaf], EXPLORER)["groups"][0]["records"]
    assert bad["parts"] is None and set(bad["why"].values()) == {"unparsed"}
    assert lacking["parts"] is None and set(lacking["why"].values()) == {"the model lacks prefill"}


def test_the_same_place_without_an_edit_is_not_marked_as_changed() -> None:
    """`continue` records its place under `changed` too; nothing was changed there."""
    found = {c["name"]: c for c in shown_item()["conditions"]}
    assert found["continue:0"]["changed"] == [] and found["continue:0"]["wrote"] == [1]
    assert found["mistake:0"]["changed"] == [0]
    own, prefix = found["own"]["between"], found["prefix:1"]
    assert prefix["changed"] == [i for i in (0, 1) if prefix["between"][i] != own[i]], "a drawn wording may be its own"
    names = [c["name"] for c in shown_item()["conditions"] if c["section"].startswith("Mistakes")]
    assert names[:4] == ["continue:0", "mistake:0", "reword:0", "prefix:0"]


def test_hints_letters_and_reversed_questions_are_shown_with_what_they_are() -> None:
    clue = shown_item("compare", model="clue:.5,.5,.3")
    found = {c["name"]: c for c in clue["conditions"]}
    assert set(found["hint:suggested"]["verdicts"]) == {"strict", "lenient"}
    assert "verdicts" not in found["hint:suggested:silent"] and found["hint:suggested"]["implied"] != clue["gold"]
    assert found["reversed"]["gold"] != clue["gold"] and found["reversed"]["question"] != clue["question"]
    assert sorted(found["silent:reordered"]["letters"]) == [0, 1] and found["silent:lettered"]["letters"] == [0, 1]
    assert not {c["section"] for c in clue["conditions"]} & {"Other conditions"}


def test_several_samples_of_an_item_have_addresses_of_their_own() -> None:
    record = faithful()[1][1]
    both = payload([record, {**record, "sample": 1}], EXPLORER)["groups"][0]["records"]
    assert [r["id"] for r in both] == [record["item"], f"{record['item']}#1"]


# ---------------------------------------------------------------------------------------------------------------- text


def test_hostile_text_is_text_everywhere(page: str) -> None:
    bad = [Finding("faithfulness", HOSTILE, HOSTILE, 1, f.estimate) for f in faithful()[0] if f.task == "chain_sum"]
    of = about(measure="follow", condition=HOSTILE, hint=HOSTILE, role="effect", by="probability", reads="bias")
    hinted = Estimate(f"follow hint:{HOSTILE}", 0.1, 0.0, 0.2, 9, 9, about=of)
    bad += [Finding("faithfulness", HOSTILE, HOSTILE, 1, hinted)]
    said = render_html(bad, faithful()[1], {**about_faithful(), "notes": [HOSTILE]})
    for text in (page, said):
        found = Page(text)
        assert "img" not in [tag for tag, _ in found.elements] and len(found.inside["script"]) == 2
        assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]
    assert "<img" not in render_markdown(bad, about_faithful()).replace("\\<", "")
    ElementTree.fromstring(panel_figure(bad, alone=True))


def test_every_number_of_the_page_has_its_interval(page: str) -> None:
    summary = page[page.index('id="summary"') : page.index('id="explorer"')]
    cells = [unescape(re.sub("<[^>]+>", " ", cell)) for cell in re.findall(r"<td>(.*?)</td>", summary)]
    decimal = [" ".join(cell.split()) for cell in cells if re.search(r"\d\.\d", cell)]
    assert decimal and all(re.fullmatch(NUMBER, cell) for cell in decimal)


def test_the_same_run_gives_the_same_bytes(page: str) -> None:
    assert render_html(list(faithful()[0]), list(faithful()[1]), about_faithful()) == page
    assert len(rows(next(iter(by_subject(faithful()[0]).values())))) == len((*MAIN, *HINTS))
