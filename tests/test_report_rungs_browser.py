"""The report of the rungs in a real browser: from a mark to its families, to an item, to the tree of its calls.

Silently, inside the page's edges, and with everything that a model wrote as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages import render_html
from report_fixture import HOSTILE
from rungs_fixture import ARMS, HOSTILE_ITEM, findings, meta, records
from test_report_browser import ARGUMENTS, CHROMIUM, address, opened, settle, sync_api, visit
from thinkaloud.arms.names import NAMES, called

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the report file."""
    path = tmp_path_factory.mktemp("rungs") / "report.html"
    path.write_text(render_html(findings(6, 6), records(6, 6), meta()), encoding="utf-8")
    return Path(path).as_uri()


@pytest.fixture(scope="module")
def browser(report: str) -> Iterator[Any]:
    """A browser; its loop runs in this thread from then on, so the page is made before."""
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: Any, report: str) -> Iterator[Any]:
    """The open report; nothing may be said, asked for, opened or go wrong."""
    yield from opened(browser, report)


def test_a_click_goes_from_the_pool_to_a_family_to_an_item_to_its_trees(tab: Any) -> None:
    tab.locator('.wide [data-task="pool"][data-part="F2 - F1"]').first.click()
    sync_api.expect(tab.locator("#view .items li")).to_have_count(6)
    values = [float(value) for value in tab.locator("#view .items .value").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    known = {f.task: f.estimate.value for f in findings(6, 6) if f.estimate.name == "F2 - F1" and f.task != "pool"}
    assert values == pytest.approx(sorted((v or 0.0 for v in known.values()), reverse=True), abs=0.00501)
    tab.locator("#view .items a").first.click()
    settle(tab)
    assert "all items, by fresh contexts (F2 - F1)" in tab.locator("#view h3").inner_text()
    tab.locator("#view .items a").first.click()
    settle(tab)
    assert tab.locator("#view .arms tbody tr").count() == len(ARMS)
    opened_arms = tab.locator("#view details.arm[open]").evaluate_all("all => all.map(e => e.dataset.arm)")
    assert opened_arms == ["F1", "F2"]
    assert tab.locator('[data-arm="F2"] [data-attempt="attempt 1"] .tree > li > ul > li').count() == 5


def test_a_tree_is_nested_as_the_trace_is_and_opens_to_what_was_asked(tab: Any) -> None:
    visit(tab, address("coin", "3", "F2", "coin/3/000001"))
    record = next(r for r in records(6, 6) if r["item"] == "coin/3/000001" and r["arm"] == "F2")
    tree = tab.locator('[data-arm="F2"] [data-attempt="attempt 1"] .tree')
    kinds = tree.locator("li").evaluate_all("all => all.map(e => e.dataset.kind)")
    assert sorted(kinds) == sorted(node["kind"] for node in record["attempts"][0]["trace"])
    sub = tree.locator('li[data-kind="sub"]').first
    assert sub.locator("> ul > li").evaluate_all("all => all.map(e => e.dataset.kind)") == ["call"]
    call = sub.locator('li[data-kind="call"] > details')
    assert call.locator(".said").first.is_hidden()
    call.locator("summary").click()
    node = next(n for n in record["attempts"][0]["trace"] if n["title"] == "solve")
    assert call.locator(".said").all_inner_texts() == [node["asked"], node["text"]]


def test_edits_stand_beside_the_attempts_and_are_marked(tab: Any) -> None:
    visit(tab, address("coin", "3", "need F2", "coin/3/000001"))
    record = next(r for r in records(6, 6) if r["item"] == "coin/3/000001" and r["arm"] == "F2")
    for kind in ("cut", "corrupt", "reword", "replace"):
        box = tab.locator(f'[data-arm="F2"] [data-attempt="edit: {kind}"]')
        assert box.locator(".edited > summary .sign").inner_text() == f"edited: {kind}"
        assert ("answer changed" in box.inner_text()) == record["edits"][kind]["changed"]
    assert tab.locator('[data-arm="F2"] [data-attempt="edit: corrupt"] mark').inner_text() == "It is 99."
    assert tab.locator('[data-arm="F2"] [data-attempt="cut at 1000"]').count() == ("1000" in record["short"])


def test_the_table_of_arms_opens_an_arm_and_names_spend_by_meter(tab: Any) -> None:
    visit(tab, address("coin", "3", "F2 - F1", "coin/3/000001"))
    assert tab.locator("#view .arms thead th").all_inner_texts()[4:] == ["B1", "B2", "B3", "B4", "calls"]
    there = tab.locator('details[data-arm="T1"]')
    assert there.get_attribute("open") is None
    tab.locator("#view .arms button", has_text="recursive LM (T1)").click()
    assert there.get_attribute("open") is not None
    assert tab.evaluate("document.activeElement.parentElement.dataset.arm") == "T1"
    spend = next(r for r in records(6, 6) if r["item"] == "coin/3/000001" and r["arm"] == "T1")["attempts"][0]["spend"]
    cells = (
        tab.locator("#view .arms tr", has=tab.locator("button", has_text="recursive LM (T1)"))
        .locator("td")
        .all_inner_texts()
    )
    assert cells[3].replace(",", "") == str(spend["output"] + spend["reasoning"])


def test_a_failed_arm_shows_its_error_in_the_place_of_numbers(tab: Any) -> None:
    visit(tab, address("chain_sum", "3", "F2 - F1", HOSTILE_ITEM))
    row = tab.locator("#view .arms tr", has=tab.locator("button", has_text="agent (P)"))
    assert row.locator("td").all_text_contents() == [f"failed: refused: {HOSTILE}"]


def test_hostile_text_stays_text_in_questions_titles_results_and_errors(tab: Any) -> None:
    visit(tab, address("chain_sum", "3", "F2 - F1", HOSTILE_ITEM))
    node = tab.locator('[data-arm="F2"] [data-attempt="attempt 1"] .tree > li > ul > li > details').first
    assert HOSTILE in node.locator("summary").evaluate("e => e.textContent")
    assert HOSTILE in node.locator(".said").last.evaluate("e => e.textContent")
    assert node.locator(".note").evaluate("e => e.textContent") == HOSTILE
    assert HOSTILE in tab.locator("#view h3").evaluate("e => e.textContent")
    assert tab.locator("img").count() == 0
    assert tab.locator("#view b").all_inner_texts() == list(records_arms())


def records_arms() -> tuple[str, ...]:
    """The arms in reading order, whose names are all that is bold in an item's page."""
    return tuple(called(arm) for arm in NAMES if arm in ARMS)


@pytest.mark.parametrize("wrong", ["#/pool/none/nothing", "#/pool/none/F2/item", "#/pool/3/F2"])
def test_an_address_of_nothing_in_the_pool_is_said_so(tab: Any, wrong: str) -> None:
    assert "names something that is not in it" in visit(tab, wrong)


def test_escape_goes_up_to_the_families_and_the_start(tab: Any) -> None:
    visit(tab, address("pool", "none", "T1"))
    sync_api.expect(tab.locator("#view .items li")).to_have_count(6)
    tab.keyboard.press("Escape")
    sync_api.expect(tab.locator("#view .starts li")).to_have_count(7)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_of_a_rungs_report_runs_over_the_edge(tab: Any, width: int, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    visit(tab, address("chain_sum", "3", "F2 - F1", HOSTILE_ITEM))
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    figures = tab.locator("figure svg:visible")
    assert figures.count() == 7
    over = """svg => {
        const frame = svg.getBoundingClientRect();
        const all = [...svg.querySelectorAll("text, path")].filter(e => !e.closest("defs"));
        return all.filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1;
        }).map(e => e.textContent);
    }"""
    assert [figures.nth(i).evaluate(over) for i in range(7)] == [[]] * 7
