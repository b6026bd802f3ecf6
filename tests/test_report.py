"""The report says what the findings say: no number without its interval, no 0 for what is absent, no text as markup."""

from __future__ import annotations

import json
import math
import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import render_html, render_markdown
from report_fixture import HOSTILE, HOSTILE_ITEM, UNPARAPHRASED_ITEM, findings, meta, records
from thinkaloud.cli.terminal import print_lines, table
from thinkaloud.records.about import about
from thinkaloud.report.explorer import as_json, payload
from thinkaloud.report.figure import NARROW, WIDE, condition_figure
from thinkaloud.report.html import source_hash
from thinkaloud.report.markdown import plain
from thinkaloud.report.series import ticks
from thinkaloud.report.svg import number as coordinate
from thinkaloud.report.tables import READING, by_subject, number, shown, whole
from thinkaloud.studies.channels.figure import channel_figure
from thinkaloud.studies.channels.words import CHANNELS, EXPLORER, SHARE, TOTAL, WORDS, sentences
from thinkaloud.studies.channels.words import grids as channel_grids
from thinkaloud.studies.channels.words import lines as channel_lines
from thinkaloud.vocabulary import Estimate, Finding

REASON = "not identifiable: own is not above chance"
MASSES = ("mass own", "mass silent")


def finding(estimate: Estimate, task: str = "sums") -> Finding:
    return Finding("channels", "tiny", task, 2, estimate)


def channels(values: dict[str, float], task: str = "sums") -> list[Finding]:
    return [finding(Estimate(name, v, v - 0.05, v + 0.05, 40, 40), task) for name, v in values.items()]


class Page(HTMLParser):
    """What a browser would make of a page: elements with attributes, and the text of each script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in self.inside:
            self.inside[self._in][-1] += data


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(findings(), records(), meta())


# ------------------------------------------------------------------------------------------------------------- text


def test_hostile_text_stays_inside_its_script_element(page: str) -> None:
    found = Page(page)
    data, script = found.inside["script"]
    texts = [r["question"] for group in json.loads(data)["groups"] for r in group["records"]]
    assert any(HOSTILE in text for text in texts)
    assert script.startswith('"use strict"')
    assert "img" not in [tag for tag, _ in found.elements]
    assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]


def test_a_hostile_task_name_and_reason_are_text_everywhere() -> None:
    bad = [Finding("s", HOSTILE, HOSTILE, 1, Estimate.absent(name, HOSTILE)) for name in (*CHANNELS, SHARE, HOSTILE)]
    said = {**meta(), "question": HOSTILE, "notes": [HOSTILE], "command": HOSTILE, "study": HOSTILE}
    found = Page(render_html(bad, [], said))
    assert "img" not in [tag for tag, _ in found.elements]
    for figure in (channel_figure, condition_figure):
        ElementTree.fromstring(figure(bad, alone=True))
    assert "<img" not in re.sub(r"`[^`]*`", "", render_markdown(bad, said)).replace("\\<", "")


@pytest.mark.slow
@given(st.text())
def test_json_in_a_page_says_the_same_and_cannot_end_its_element(text: str) -> None:
    written = as_json({text: [text]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {text: [text]}


def test_half_a_character_does_not_stop_the_file() -> None:
    broken = {**records()[0], "question": "half \ud800"}
    assert b"half" in render_html(findings(), [broken], meta()).encode("utf-8")


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_coordinates_and_text_of_a_figure_are_always_well_formed(task: str) -> None:
    rows = channels({"silent": 0.1, "compute": -0.2, "content": 0.3, "residue": 0.0, TOTAL: 0.2}, task)
    for figure in (channel_figure, condition_figure):
        assert ElementTree.fromstring(figure(rows, alone=True)).tag.endswith("svg")


def test_terminal_lines_carry_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(["a\x1b[31mred\x07"])
    assert capsys.readouterr().out == "a [31mred \n"


# ----------------------------------------------------------------------------------------------------------- policy


def test_the_policy_allows_exactly_the_script_and_the_sheet_of_the_page(page: str) -> None:
    found = Page(page)
    policy = next(a["content"] for t, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == source_hash(found.inside["script"][1])
    assert rules["style-src"] == source_hash(found.inside["style"][0])


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    for _, attributes in Page(page).elements:
        assert not {"src", "srcset", "action", "style"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "innerHTML" not in page and "eval(" not in page


# -------------------------------------------------------------------------------------------------- absent is not zero


def test_absent_estimates_are_words_and_never_zero() -> None:
    rows = [
        finding(Estimate.absent(name, REASON, 9))
        for name in (*CHANNELS, SHARE, "P(gold) own", "P(gold) silent", *MASSES)
    ]
    assert "own is not above chance" in channel_figure(rows) and "not identifiable" in channel_figure(rows)
    assert "data-part" not in channel_figure(rows)
    cells = [c for column in table(channel_grids(rows)[0]).columns[3:] for c in column.cells]
    assert {str(cell) for cell in cells} == {"not identifiable"}
    assert all(REASON in line for line in channel_lines(rows)[1:])
    silent = [line for line in render_markdown(rows, {}).splitlines() if line.startswith("| silent")]
    assert silent == [f"| silent | {REASON} |"]
    assert f'<td class="absent">{REASON}</td>' in render_html(rows, [], {})


def test_a_share_that_is_not_identifiable_is_said_so_in_every_format(page: str) -> None:
    for text in (page, render_markdown(findings(), meta()), channel_figure(findings()), "".join(sentences(findings()))):
        assert "ot identifiable" in text


def test_one_absent_channel_leaves_the_others_drawn() -> None:
    rows = [*channels({"silent": 0.2, "content": 0.3}), finding(Estimate.absent("compute", "not measured: no filler"))]
    figure = channel_figure(rows)
    assert figure.count("url(#") == 4 + 2  # the key, and two pieces of the bar
    assert figure.count(">not measured<") == 2 + 1  # compute, residue (which nobody gave), and the share


def test_a_number_that_is_missing_in_the_table_is_not_a_number() -> None:
    rows = [*channels({"silent": 0.2}, "a"), *channels({"content": 0.2}, "b")]
    assert "| silent | 0.20 [0.15, 0.25], n 40 | not estimated |" in render_markdown(rows, {})


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_numbers_have_two_digits_and_no_minus_zero(value: float, other: float) -> None:
    low, high = sorted((value, other))
    text = shown(Estimate("x", low, low, high, 5, 5))
    assert "-0.00" not in text
    assert [float(x) for x in re.findall(r"-?\d\.\d\d", text)] == pytest.approx([low, low, high], abs=0.00501)
    assert not math.isclose(float(coordinate(value)), 0) or "-" not in coordinate(value)


# ----------------------------------------------------------------------------------------------------------- figures


def pieces(figure: str) -> dict[str, tuple[float, float]]:
    """Left and right end of each channel's piece of the bar (one task), in pixels."""
    root = ElementTree.fromstring(figure)
    found = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        for rect in group.findall("{http://www.w3.org/2000/svg}rect"):
            if "fill" in rect.attrib:
                left = float(rect.attrib["x"])
                found[group.attrib["data-part"]] = (left, left + float(rect.attrib["width"]))
    return found


def test_pieces_are_stacked_to_the_right_and_negative_ones_to_the_left_of_zero() -> None:
    drawn = pieces(channel_figure(channels({"silent": 0.2, "compute": -0.1, "content": 0.4, "residue": -0.05})))
    zero = drawn["silent"][0]
    assert drawn["compute"][1] == pytest.approx(zero, abs=0.02)
    assert drawn["residue"][1] == pytest.approx(drawn["compute"][0], abs=0.02)
    assert drawn["content"][0] == pytest.approx(drawn["silent"][1], abs=0.02)
    scale = (drawn["silent"][1] - zero) / 0.2
    assert (drawn["content"][1] - drawn["content"][0]) / scale == pytest.approx(0.4, abs=0.002)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_everything_is_drawn_inside_the_figure(width: int, values: list[float]) -> None:
    figure = channel_figure(channels(dict(zip(CHANNELS, values, strict=True))), width)
    for left, right in pieces(figure).values():
        assert 0 <= left <= right <= width


def test_each_channel_has_its_own_pattern_shape_and_name_beside_its_colour() -> None:
    figure = channel_figure(channels({name: 0.1 for name in CHANNELS}))
    patterns = re.findall(r"<pattern .*?</pattern>", figure)
    assert len({re.sub(r"ta-(silent|compute|content|residue)|id=\S+|ta860-\w+", "", p) for p in patterns}) == 4
    shapes = {name: re.findall(rf'<path d="([^"]+)" class="ta-{name}"', figure) for name in CHANNELS}
    assert len({marks[0] for marks in shapes.values()}) == 4
    assert all(f">{name}</text>" in figure for name in CHANNELS)


def test_the_chance_line_and_the_dots_stand_where_the_numbers_are() -> None:
    rows = [
        finding(Estimate(f"P(gold) {n}", v, v, v, 9, 9, about=about(measure=READING, condition=n, by="probability")))
        for n, v in (("own", 0.5), ("chance", 0.5))
    ]
    figure = condition_figure(rows)
    line = re.search(r'd="M([\d.]+),\S+" class="ta-chance"', figure)
    dot = re.search(r'<circle cx="([\d.]+)"', figure)
    assert line and dot and line[1] == dot[1]


# ------------------------------------------------------------------------------------------------------------ tables


def test_every_estimate_is_in_the_tables_once_and_unknown_ones_under_other(page: str) -> None:
    names = {f.estimate.name for f in findings()}
    listed = [estimate.name for under in WORDS.by_heading(findings()).values() for estimate in under]
    assert sorted(listed) == sorted(names)
    assert WORDS.heading("margin of own") == "Other" and WORDS.heading("silently") == "Other"
    rows = re.findall(r'<tr><th scope="row">(.*?)(?:<small>|</th>)', page)
    assert sorted(map(unescape, rows)) == sorted(names)


def test_every_number_of_the_page_has_its_interval_and_n(page: str) -> None:
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert len(cells) == sum(f.estimate.value is not None for f in findings())
    assert all(re.search(r"<b>-?\d\.\d\d</b> \[-?\d\.\d\d, -?\d\.\d\d\]</span> <small>n \d+", cell) for cell in cells)


def test_two_estimates_of_one_name_are_refused_and_not_overwritten() -> None:
    with pytest.raises(ValueError, match="'silent' is there twice for 'sums'"):
        by_subject(channels({"silent": 0.1}) * 2)


def test_markdown_shows_names_as_they_are() -> None:
    assert plain("a|b_c*<d>\n# e & f") == r"a\|b\_c\*\<d\> \# e &amp; f"
    assert plain("own - chance [0.1, 0.2] (n 8)") == r"own - chance \[0.1, 0.2\] (n 8)"


# ---------------------------------------------------------------------------------------------------------- explorer


def test_items_bring_their_part_of_every_channel_and_items_without_one_bring_none() -> None:
    data = payload(records(), EXPLORER)
    shown_items = {r["id"]: r for group in data["groups"] for r in group["records"]}
    assert shown_items[UNPARAPHRASED_ITEM]["parts"] is None
    one: dict[str, Any] = shown_items[HOSTILE_ITEM]
    own = next(c for c in one["conditions"] if c["name"] == "own")
    assert sum(one["parts"].values()) == pytest.approx(own["p"][one["gold"]] - 0.25, abs=0.001)


def test_the_cap_is_kept_spread_over_the_tasks_and_stated() -> None:
    data = payload(records(), EXPLORER, cap=7)
    assert [len(group["records"]) for group in data["groups"]] == [3, 2, 2]
    assert "7 of 24 items are in this page" in render_html(findings(), records(), meta(), cap=7)
    assert "All 24 items" in render_html(findings(), records(), meta())


def test_what_the_model_wrote_after_an_edit_is_told_from_the_edit() -> None:
    data = payload(records(), EXPLORER)
    one = data["groups"][1]["records"][0]
    mistake = next(c for c in one["conditions"] if c["name"] == "mistake:0")
    assert (mistake["changed"], mistake["wrote"], mistake["extra"]) == ([0], [1], None)


def test_a_reading_of_no_number_is_no_distribution() -> None:
    record = {**records()[1], "conditions": {"own": {**records()[1]["conditions"]["own"], "logprobs": [-math.inf] * 4}}}
    own = payload([record], EXPLORER)["groups"][0]["records"][0]["conditions"][0]
    assert own["p"] is None
    as_json(own)


# ------------------------------------------------------------------------------------------------------------- bytes


def test_the_same_run_gives_the_same_bytes(page: str) -> None:
    assert render_html(list(findings()), list(records()), meta()) == page
    assert render_markdown(findings(), meta()) == render_markdown(list(findings()), meta())
    assert channel_figure(findings(), alone=True) == channel_figure(list(findings()), alone=True)


def test_a_run_with_nothing_in_it_still_makes_a_report() -> None:
    assert "All 0 items" in render_html([], [], {})
    assert render_markdown([], {}).startswith("# Report")
    assert number(-0.001) == "0.00"


def test_elo_has_a_sign_and_a_zero_has_none() -> None:
    def told(value: float, low: float, high: float) -> str:
        return whole(Estimate("", value, low, high, 9, 9, "opening"))

    assert told(-0.4, -30.6, 0.3) == "0 [-31, 0]" and told(198, 130.4, 269) == "+198 [+130, +269]"
    assert told(-12, -12, -12) == "-12" and whole(None) == ""
    assert whole(Estimate.absent("", "not identifiable: too few", 1, 1, "opening", {})) == "not identifiable"


def test_ticks_are_round_and_lie_within_the_scale() -> None:
    for low, high in ((-37.0, 41.0), (-3.0, 3.0), (12.0, 990.0), (-8000.0, 64_000.0)):
        found = ticks(low, high, 6)
        steps = {b - a for a, b in pairwise(found)}
        assert len(found) <= 7 and low <= min(found) and max(found) <= high and len(steps) <= 1
        assert all(step in (10, 20, 50, 100, 200, 500, 10_000, 20_000) for step in steps)


def test_a_long_reason_is_said_once_in_a_row_of_lines() -> None:
    why = "not measured: no item has transplant: it is right reasoning of another question, which few tasks can find"
    rows = [finding(Estimate.absent(f"follow {i}", why, 9)) for i in range(3)]
    rows += [
        finding(Estimate.absent("short", "not measured: x", 9)),
        finding(Estimate.absent("again", "not measured: x", 9)),
    ]
    text = render_markdown(rows, {})
    assert text.count(why) == 1 and text.count("| as above |") == 2 and text.count("| not measured: x |") == 2
    page = render_html(rows, [], {})
    assert page.count(f'<td class="absent">{why}') == 1 and page.count(">as above<") == 2


def test_the_last_column_of_numbers_is_written_like_the_others() -> None:
    """Only words about the other columns are quiet: a number in small grey type reads as if it counted for less."""
    from thinkaloud.report.html import _style
    from thinkaloud.report.tables import Grid

    numbers = Grid("", ("who", "weak", "strong"), [("2 missing", "+230 [+152, +379]", "-278 [-400, -115]")])
    words = Grid("", ("test", "value", "reads"), [("mistakes", "0.50", "need, use"), ("hint", "0.1", "bias")])
    assert (_style(numbers), _style(words)) == ("grid", "grid told")
