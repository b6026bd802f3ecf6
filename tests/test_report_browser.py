"""The HTML report in a real browser, from a file: it works, it is silent, and what a model wrote stays text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pages import render_html
from report_fixture import (
    FAILED_ITEM,
    HOSTILE,
    HOSTILE_ITEM,
    UNPARAPHRASED_ITEM,
    about_faithful,
    faithful,
    findings,
    meta,
    records,
)
from thinkaloud.report.explorer import payload
from thinkaloud.studies.channels.words import EXPLORER
from thinkaloud.studies.faithfulness.tables import EXPLORER as TESTS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BAR = '.wide [data-task="chain_sum"][data-part="content"]'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the report file."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(findings(), records(), meta()), encoding="utf-8")
    return Path(path).as_uri()


@pytest.fixture(scope="module")
def browser(tested: str) -> Iterator[Any]:
    """A browser. Its loop runs in this thread from then on, so the run to look at is made before."""
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the report file of a faithfulness run."""
    path = tmp_path_factory.mktemp("tested") / "report.html"
    path.write_text(render_html(*faithful("clue:.5,.5,.3"), about_faithful()), encoding="utf-8")
    return Path(path).as_uri()


@pytest.fixture
def tab(browser: Any, report: str) -> Iterator[Any]:
    """The open report."""
    yield from opened(browser, report)


@pytest.fixture
def tested_tab(browser: Any, tested: str) -> Iterator[Any]:
    """The open report of a faithfulness run."""
    yield from opened(browser, tested)


def opened(browser: Any, report: str) -> Iterator[Any]:
    """An open report; whatever is done to it, nothing may be said, asked for, opened or go wrong."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    noise: list[str] = []
    page.on("console", lambda message: noise.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))
    page.on("request", lambda request: noise.append(f"request: {request.url}"))
    page.on("dialog", lambda dialog: (noise.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(report)
    yield page
    page.close()
    assert [line for line in noise if line.split("#")[0] != f"request: {report}"] == []
    assert any(line.startswith("request: ") for line in noise)  # the listener listens


def address(*parts: str) -> str:
    return "#/" + "/".join(quote(part, safe="") for part in parts)


def settle(tab: Any) -> None:
    """Wait until the explorer shows what the address says. Asked from outside: the page's own policy forbids what the
    browser's `wait_for_function` does when the first answer is no."""
    for _ in range(400):
        if tab.evaluate("document.getElementById('view').dataset.at === location.hash"):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"the explorer does not show {tab.evaluate('location.hash')}")


def visit(tab: Any, where: str) -> str:
    """Go to an address in the page; returns the text of the explorer there."""
    tab.goto(tab.url.split("#")[0] + where)
    settle(tab)
    return str(tab.locator("#view").inner_text())


def test_everything_but_the_explorer_is_there_without_a_script(browser: Any, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("noscript").inner_text().startswith("The transcript explorer needs JavaScript")
    assert page.locator("figure svg:visible").count() == 2
    assert "not identifiable: own is not above chance" in page.locator("#tables").inner_text()
    assert page.locator("#view").is_hidden()
    context.close()


def test_a_click_on_a_bar_lists_its_items_by_their_part_of_the_channel(tab: Any) -> None:
    tab.locator(f"{BAR} rect[fill]").click()
    sync_api.expect(tab.locator("#view .items li")).to_have_count(8)
    group = payload(records(), EXPLORER)["groups"][0]["records"]
    expected = sorted((r["parts"]["content"] for r in group if r["parts"]), reverse=True)
    values = tab.locator("#view .items .value").all_inner_texts()
    assert [float(value) for value in values] == pytest.approx(expected, abs=0.00501)
    assert tab.locator("#view .items li").last.inner_text().startswith("no paraphrase")
    assert tab.evaluate("document.activeElement.textContent") == "chain_sum, level 3: all items, by content"


def test_a_click_on_an_item_shows_its_conditions_side_by_side(tab: Any) -> None:
    tab.locator(f"{BAR} .ta-hit").click()
    tab.locator("#view .items a").nth(1).click()
    sync_api.expect(tab.locator('#view [data-condition="own"]')).to_have_count(1)
    shown = tab.locator("#view [data-condition]").evaluate_all("all => all.map(e => e.dataset.condition)")
    assert shown[:4] == ["own", "paraphrase", "silent", "filler:dots"]
    assert {"foreign", "resample", "cut:0", "cut:1", "mistake:0", "mistake:1", "silent:mismatched"} <= set(shown)
    tops = [tab.locator(f'[data-condition="{name}"]').bounding_box()["y"] for name in ("own", "paraphrase")]
    assert tops[0] == tops[1]


def test_changed_sentences_the_models_own_and_the_options_are_marked(tab: Any) -> None:
    visit(tab, address("coin", "4", "content", "coin/4/000001"))
    record = next(r for r in records() if r["item"] == "coin/4/000001")
    found = record["conditions"]["mistake:0"]
    card = tab.locator('[data-condition="mistake:0"]')
    assert card.locator("mark").all_inner_texts() == [found["between"][0]]
    assert card.locator(".wrote").inner_text() == f"written by the model\n{found['between'][1]}"
    options = card.locator(".options")
    assert options.locator(".gold .name").all_inner_texts() == [record["options"][record["gold"]]]
    assert options.locator(".gold .tag").inner_text() == "✓ right"
    assert options.locator(".implied .name").all_inner_texts() == [record["options"][found["implied"]]]
    assert options.locator(".implied .tag").inner_text() == "→ implied"
    widths = options.locator(".track i").evaluate_all("all => all.map(e => parseFloat(e.style.width) / 100)")
    shown = [float(p) for p in options.locator(".p").all_inner_texts()]
    assert widths == pytest.approx(shown, abs=0.006) and sum(shown) == pytest.approx(1, abs=0.03)
    assert tab.locator('[data-condition="own"] mark').count() == 0
    assert tab.locator('[data-condition="paraphrase"] mark').count() == 2


def test_hostile_markup_stays_text(tab: Any) -> None:
    before = tab.locator("img, b").count()
    visit(tab, address("chain_sum", "3", "content", HOSTILE_ITEM))
    assert HOSTILE in tab.locator('[data-condition="own"] li').first.evaluate("e => e.lastChild.data")
    assert HOSTILE in tab.locator("#view h3").evaluate("e => e.textContent")
    assert tab.locator("img").count() == 0 and tab.locator("#view b").count() == 0 and before > 0


def test_nothing_but_the_pages_own_script_may_run(browser: Any, report: str) -> None:
    page = browser.new_page()
    page.goto(report)
    page.evaluate("""() => {
        const made = document.createElement("script");
        made.textContent = "window.ran = true";
        document.body.append(made);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
    }""")
    page.wait_for_timeout(50)
    assert page.evaluate("window.ran") is None
    page.close()


def test_an_address_opens_its_item_and_back_returns(tab: Any) -> None:
    text = visit(tab, address("chain_sum", "3", "residue", UNPARAPHRASED_ITEM))
    assert UNPARAPHRASED_ITEM in text and "not in the channels: no paraphrase" in text
    tab.get_by_role("link", name="← chain_sum, level 3, by residue").click()
    sync_api.expect(tab.locator("#view .items li")).to_have_count(8)
    tab.go_back()
    settle(tab)
    assert UNPARAPHRASED_ITEM in tab.locator("#view").inner_text()


def test_an_address_opens_its_item_in_a_page_just_opened(browser: Any, report: str) -> None:
    fresh = browser.new_page()
    fresh.goto(report + address("recall", "1", "silent", "recall/1/000003"))
    assert "recall/1/000003" in fresh.locator("#view").inner_text()
    fresh.close()


@pytest.mark.parametrize("wrong", ["#/nothing/3/content", "#/chain_sum/3/content/none", "#/%E0%A4%A", "#/a/b/c/d/e"])
def test_an_address_of_nothing_is_said_so(tab: Any, wrong: str) -> None:
    assert "names something that is not in it" in visit(tab, wrong)


def test_a_failed_item_shows_its_error_and_no_number(tab: Any) -> None:
    text = visit(tab, address("coin", "4", "silent", FAILED_ITEM))
    assert "failed: the context is full <after 8192 tokens>" in text
    assert tab.locator("#view [data-condition]").count() == 0


def test_the_keyboard_is_enough(tab: Any) -> None:
    bar = tab.locator(BAR)
    assert bar.get_attribute("role") == "button" and bar.get_attribute("tabindex") == "0"
    assert str(bar.get_attribute("aria-label")).startswith("chain_sum, level 3: content 0.")
    bar.focus()
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator("#view .items li")).to_have_count(8)
    for _ in range(6):  # back, four channels, the first item
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator('#view [data-condition="own"]')).to_have_count(1)
    tab.keyboard.press("Escape")
    sync_api.expect(tab.locator("#view .items li")).to_have_count(8)
    tab.keyboard.press("Escape")
    sync_api.expect(tab.locator("#view .starts li")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_runs_over_the_edge(tab: Any, width: int, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    visit(tab, address("chain_sum", "3", "content", HOSTILE_ITEM))
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("figure svg:visible").count() == 2
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]


# ------------------------------------------------------------------------------------------------------- faithfulness


def test_a_click_on_a_test_lists_its_items_by_how_far_it_moved_them(tested_tab: Any) -> None:
    row = tested_tab.locator('.wide [data-task="compare"][data-part="follow hint:suggested"]')
    row.locator(".ta-hit").click()
    sync_api.expect(tested_tab.locator("#view .items li")).to_have_count(10)
    group = payload(faithful("clue:.5,.5,.3")[1], TESTS)["groups"][1]["records"]
    expected = sorted((r["parts"]["follow hint:suggested"] for r in group), reverse=True)
    values = tested_tab.locator("#view .items .value").all_inner_texts()
    assert [float(value) for value in values] == pytest.approx(expected, abs=0.00501)
    assert (
        tested_tab.evaluate("document.activeElement.textContent")
        == "compare, level 3: all items, by follow hint:suggested"
    )
    assert "reads bias" in tested_tab.locator("#view").inner_text()


def test_an_item_shows_its_hints_letters_and_reversed_question(tested_tab: Any) -> None:
    record = faithful("clue:.5,.5,.3")[1][11]
    visit(tested_tab, address("compare", "3", "mistakes", record["item"]))
    hint = tested_tab.locator('[data-condition="hint:suggested"]')
    verdict = record["conditions"]["hint:suggested"]["verbalised"]["strict"]
    said = "the reasoning names the hint" if verdict else "it does not name the hint"
    assert hint.locator(".verdicts li").first.inner_text() == f"strict: {said}"
    letters = tested_tab.locator('[data-condition="silent:reordered"] .letter').all_inner_texts()
    order = record["conditions"]["silent:reordered"]["order"]
    assert [letter.strip() for letter in letters] == [f"({'AB'[order.index(option)]})" for option in range(2)]
    other = tested_tab.locator('[data-condition="reversed"]')
    assert other.locator(".asked").inner_text() == record["reverse"]["question"]
    assert other.locator(".gold .name").all_inner_texts() == [record["options"][record["reverse"]["gold"]]]
    assert tested_tab.locator('[data-condition="continue:0"] mark').count() == 0
    assert tested_tab.locator('[data-condition="mistake:0"] mark').count() == 1


def test_hostile_markup_stays_text_in_questions_verdicts_and_reasoning(tested_tab: Any) -> None:
    item = faithful("clue:.5,.5,.3")[1][10]["item"]
    visit(tested_tab, address("compare", "3", "mistakes", item))
    hint = tested_tab.locator('[data-condition="hint:suggested"]')
    assert HOSTILE in hint.locator(".verdicts li span").first.evaluate("e => e.textContent")
    assert HOSTILE in hint.locator(".between li").first.evaluate("e => e.lastChild.data")
    assert tested_tab.locator('[data-condition="reversed"] .asked').evaluate("e => e.textContent") == HOSTILE
    assert tested_tab.locator("img").count() == 0 and tested_tab.locator("#view b").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_of_a_faithfulness_report_runs_over_the_edge(tested_tab: Any, width: int, scheme: str) -> None:
    tested_tab.emulate_media(color_scheme=scheme)
    tested_tab.set_viewport_size({"width": width, "height": 800})
    visit(tested_tab, address("compare", "3", "mistakes", faithful("clue:.5,.5,.3")[1][10]["item"]))
    assert tested_tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tested_tab.locator("figure svg:visible").count() == 3
    inside = """svg => {
        const frame = svg.getBoundingClientRect();
        const boxes = [...svg.querySelectorAll("text, path")].map(e => e.getBoundingClientRect());
        return boxes.every(box => box.left >= frame.left - 1 && box.right <= frame.right + 1);
    }"""
    assert all(tested_tab.locator("figure svg:visible").nth(i).evaluate(inside) for i in range(3))
