"""Games on the page, in a real browser: every board that is shown is the board after these moves, by keyboard too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]
EL = """window.el = (tag, attributes, ...children) => { const made = document.createElement(tag);
for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
made.append(...children.filter((child) => child !== null && child !== undefined)); return made; };"""
SHOW = "(game) => { document.body.replaceChildren(replay(el, game)); document.querySelector('.replay').focus(); }"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        made = browser.new_page()
        made.add_script_tag(content=files("thinkaloud.report").joinpath("replay.js").read_text(encoding="utf-8") + EL)
        yield made
        browser.close()


def shown(page: Any) -> str:
    return str(page.locator(".board").get_attribute("aria-label")).partition(": ")[2].replace(" ", "")


def test_breakthrough_goes_on_and_back_and_says_what_is_known(page: Any) -> None:
    ends = [3, 2, -1, 0]
    game = {"game": "breakthrough", "board": "TT./GG./..G giver", "first": "giver", "moves": ["c1c2", "a3b2", "c2b3"]}
    page.evaluate(SHOW, {**game, "ends": ends, "said": [{"text": "I take <b>nothing</b>", "p": 0.5}, {}, {}]})
    assert shown(page) == "TT./GG./..G" and "giver wins in 3" in page.inner_text(".replay")
    page.keyboard.press("ArrowRight")
    assert shown(page) == "TT./GGG/..." and "I take <b>nothing</b>" in page.inner_text(".replay")
    page.keyboard.press("End")
    assert shown(page) == ".G./GT./..." and "giver c2xb3" in page.inner_text("[role=status]")
    page.keyboard.press("Home")
    page.get_by_role("button", name="one move on").click()
    assert shown(page) == "TT./GGG/..." and page.locator(".board .giver").count() == 3
    page.keyboard.press("ArrowRight")
    assert "taker wins in 1" in page.inner_text(".replay")


def test_an_illegal_answer_is_shown_at_the_end(page: Any) -> None:
    game = {"game": "breakthrough", "board": "TT./GG./..G giver", "first": "giver", "moves": ["c1c2"]}
    page.evaluate(SHOW, {**game, "said": [{}, {"text": "hm", "wrote": "a9a9"}]})
    page.keyboard.press("End")
    assert "What it said instead of a legal move" in page.inner_text(".replay")
    assert "a9a9" in page.inner_text(".replay")


@pytest.mark.parametrize(
    ("fen", "moves"),
    [
        ("r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", ["e1g1", "e8c8"]),
        ("4k3/8/8/8/2p5/8/1P6/4K3 w - - 0 1", ["b2b4", "c4b3"]),
        ("1n2k3/P7/8/8/8/8/7p/4K3 w - - 0 1", ["a7b8q", "e8e7", "e1e2", "h2h1n"]),
    ],
)
def test_castling_taking_in_passing_and_promotion_are_those_of_the_rules(page: Any, fen: str, moves: list[str]) -> None:
    chess = pytest.importorskip("chess")
    board = chess.Board(fen)
    page.evaluate(SHOW, {"game": "chess", "board": f"{fen} black gives", "first": "taker", "moves": moves})
    for move in moves:
        board.push_uci(move)
        page.keyboard.press("ArrowRight")
        wanted = "/".join(
            "".join("." * int(c) if c.isdigit() else c for c in row) for row in board.board_fen().split("/")
        )
        assert shown(page) == wanted


def test_go_takes_stones_off_and_passes(page: Any) -> None:
    game = {"game": "go", "board": ".G./GT./... giver", "first": "giver", "moves": ["c2", "pass", "b1", "c3", "c1"]}
    page.evaluate(SHOW, game)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ".G./GTG/..." and "taker passes" in page.inner_text("[role=status]")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ".G./G.G/.G." and "giver b1 takes 1" in page.inner_text("[role=status]")
    assert page.inner_text(".board").count("●") == 4 and page.locator(".board .moved").get_attribute("title") == "b1"
    page.keyboard.press("End")
    assert shown(page) == ".GT/G.G/.GG"


def test_columns_of_go_have_no_i(page: Any) -> None:
    game = {"game": "go", "board": "/".join(["." * 9] * 9) + " taker", "first": "taker", "moves": ["j1"]}
    page.evaluate(SHOW, game)
    page.keyboard.press("End")
    assert shown(page).endswith("........T") and page.locator(".board .taker").inner_text() == "●"


def test_a_game_in_real_time_shows_its_maps(page: Any) -> None:
    game = {
        "game": "rts",
        "board": "*B./.../.b* 5 4 0",
        "first": "giver",
        "moves": ["10 *B./.W./.b* 4 4", "40 *B./.../..* 4 3"],
    }
    page.evaluate(SHOW, game)
    assert shown(page) == "*B./.../.b*" and "2 looks at the map follow" in page.inner_text("[role=status]")
    page.keyboard.press("ArrowRight")
    assert shown(page) == "*B./.W./.b*" and page.locator(".board .giver").count() == 2
    page.keyboard.press("End")
    assert "tick 40; resources: giver 4, taker 3" in page.inner_text("[role=status]")
    assert page.locator(".board .taker").count() == 0
