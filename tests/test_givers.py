"""The study of givers: planted effects come back, a null is one, certainties have no Elo, arms change what they are
named after, a killed run ends with the same findings, and recipes that cannot work are refused in a line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.games import graph, policies
from thinkaloud.records.about import fits
from thinkaloud.studies.givers.course import Course
from thinkaloud.studies.givers.estimates import (
    CELLS,
    CONTRASTS,
    HEADLINE,
    ODDS,
    contrasts,
    elo,
    estimates,
    seen_in,
)
from thinkaloud.studies.givers.found import found_in
from thinkaloud.studies.givers.page import grids, sentences
from thinkaloud.studies.givers.place import Computed
from thinkaloud.studies.givers.recipe import BASE, CONTROL, names, read
from thinkaloud.studies.givers.settings import GiversSettings
from thinkaloud.vocabulary import Estimate, Finding, Key, Record

TOML = """
board = "3x4"
missing = [1]
exact = true
base = 6
stops = [2, 4]
games = 16
hidden = 8
weak = "weak"
held_out = "a net"
[takers.weak]
by = "optimal"
blunders = 0.5
[takers."a net"]
by = "net"
"""
PLAYED = TOML.replace("exact = true", "openings = 4\nplies = 0\ntimes = 1").replace('"optimal"', '"looks"')
ROLES: dict[str, Any] = {
    "weak": "weak",
    "held out": "held out",
    "missing": [1, 2],
    "stops": [4],
    "temperatures": [0.1],
    "takers": ["weak", "held out"],
}
LOG = {"short": 1.0, "behind": 0.5, "won early": 0.5, "won late": 0.5}


def recipe_file(folder: Path, text: str = TOML) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def record(seed: int, arm: str, scores: dict[tuple[str, int], float], games: int = 0) -> Record:
    """A training whose scores are given by taker and men missing."""
    start, _, opponent = arm.partition(", ")
    stop = 0 if arm == BASE else 4
    tests = [{"taker": taker, "missing": missing, "stop": stop, "score": score, "games": games, "temperature": 0.1}
             for (taker, missing), score in scores.items()]  # fmt: skip
    about = {"kind": "giver", "status": "ok", "seed": seed, "arm": arm, "start": start, "opponent": opponent}
    return {**about, **ROLES, "tests": tests, "log": LOG if arm != BASE else {}}


def drawn(seed: int, strengths: dict[str, float], spread: float, rng: np.random.Generator) -> list[Record]:
    """The trainings of a seed: each arm's strength in Elo, and how much trainings differ."""
    shared = rng.normal(0, spread)
    found = []
    for arm in (BASE, *CELLS, CONTROL):
        own = strengths.get(arm, 0.0) + shared + rng.normal(0, spread)
        score = 1 / (1 + 10 ** (-own / 400))
        found.append(record(seed, arm, {(taker, m): score for taker in ROLES["takers"] for m in (0, 1, 2)}))
    return found


def contrast(found: list[Estimate], name: str, taker: str = "held out", odds: str = ODDS) -> Estimate:
    return next(e for e in found if e.about.get("measure") == "contrast"
                and (e.about["contrast"], e.about["taker"], e.about["odds"]) == (name, taker, odds))  # fmt: skip


@pytest.mark.slow
def test_planted_policies_give_back_their_exact_contrasts(tmp_path: Path) -> None:
    """Optimal, resisting and best response in the place of nets, through the tests and estimates of the study."""
    recipe = read(recipe_file(tmp_path, TOML.replace('"net"', '"sees"')))
    at = Computed(recipe, dict)
    knowing = {taker: policies.best_response(at.graph, at.takers[taker]) for taker in recipe.takers}
    best, hard = policies.optimal(at.solved), policies.resisting(at.solved)
    planted = {BASE: best, "even, equal": best, "odds, equal": hard, "even, weak": knowing["weak"],
               "odds, weak": knowing["weak"], CONTROL: best}  # fmt: skip
    roles = {
        "weak": "weak",
        "held out": "a net",
        "missing": [1],
        "stops": [4],
        "temperatures": [0.1],
        "takers": list(recipe.takers),
    }
    scores = {arm: {(taker, missing): score for taker in recipe.takers
                    for missing, (score, _) in at.of_policy(policy, taker, (0, 1)).items()}
              for arm, policy in planted.items()}  # fmt: skip
    records: list[Record] = [{**record(seed, arm, scores[arm]), **roles} for seed in range(3) for arm in planted]
    tests = [{"giver": giver, "taker": taker, "missing": m, "score": s} for taker in recipe.takers
             for giver, by in at.ceiling(taker).items() for m, (s, _) in by.items()]  # fmt: skip
    found = estimates([*records, {"kind": "known", "status": "ok", "tests": tests}])
    for taker in recipe.takers:
        v = {name: elo(at.of_policy(policy, taker, (1,))[1][0])
             for name, policy in (("A", best), ("C", hard), ("B", knowing["weak"]))}  # fmt: skip
        for name, known in (("out of distribution", v["C"] - v["A"]), ("exploitation", v["B"] - v["A"]),
                            ("interaction", v["A"] - v["C"]), ("exploitation at odds", v["B"] - v["C"]),
                            ("null", 0.0), ("extra training", 0.0)):  # fmt: skip
            e = contrast(found, name, taker)
            assert e.value == pytest.approx(known, abs=1e-6) and e.high - e.low < 1e-3  # type: ignore[operator]
    share = {e.about["arm"]: e.value or 0.0 for e in found
             if fits(e, {"measure": "share", "taker": "weak", "odds": ODDS})}  # fmt: skip
    assert share["odds, weak"] == pytest.approx(1) and share["odds, equal"] == pytest.approx(0)
    assert share["even, equal"] < 0


@pytest.mark.slow
def test_intervals_hold_what_is_planted_and_a_null_is_rejected_one_time_in_twenty() -> None:
    """300 runs of six seeds that share a base net; 40 Elo of spread."""
    few = {"takers": ["held out"], "missing": [1]}
    rng = np.random.default_rng(1)
    strengths = {"odds, equal": 30.0, "even, weak": 60.0, "odds, weak": 70.0}
    truth = {"out of distribution": 30, "exploitation": 60, "interaction": -20, "null": 0}
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for _ in range(300):
        seen = seen_in([{**r, **few} for seed in range(6) for r in drawn(seed, strengths, 40.0, rng)])
        assert seen is not None
        found = list(contrasts(seen))
        for name, known in truth.items():
            e = contrast(found, name)
            held[name].append(e.low <= known <= e.high)  # type: ignore[operator]
    for name, hits in held.items():
        assert 0.91 <= np.mean(hits) <= 0.985, (name, np.mean(hits))


def test_the_unit_is_the_seed_and_the_headline_is_held_together() -> None:
    """However many games: n counts seeds. Three contrasts have p by Holm and a word; a large one is above 0."""
    rng = np.random.default_rng(2)
    found = estimates([r for seed in range(8) for r in drawn(seed, {"even, weak": 300, "odds, weak": 300}, 10.0, rng)])
    told = {e.about["contrast"]: e for e in found if "p" in e.about}
    assert set(told) == set(HEADLINE) and {e.n for e in told.values()} == {8}
    assert told["exploitation"].about["verdict"] == "above 0"
    assert told["out of distribution"].about["verdict"] == "at most 25 Elo"
    assert {e.about["taker"] for e in told.values()} == {"held out"}


def test_a_certain_score_has_no_elo_and_spoils_only_what_rests_on_it() -> None:
    records = [r for seed in range(4) for r in drawn(seed, {}, 10.0, np.random.default_rng(seed))]
    for r in records:
        if r["seed"] == 2 and r["arm"] == "odds, equal":
            next(t for t in r["tests"] if (t["taker"], t["missing"]) == ("held out", 1))["score"] = 1.0
    found = estimates(records)
    assert contrast(found, "out of distribution").reason == "not identifiable: a score of 0 or 1 has no Elo"
    assert contrast(found, "exploitation").value is not None
    assert contrast(found, "out of distribution", odds="2 missing").value is not None


def test_contrasts_are_sums_of_arms_that_there_are() -> None:
    """Weights of a difference add up to 0, and name arms of every recipe."""
    for name in names():
        arms = {arm.name for arm in read(name).arms}
        assert all(set(weights) <= arms and sum(weights.values()) == 0 for weights in CONTRASTS.values())


def findings_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))["findings"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("text", [TOML, PLAYED], ids=["computed", "played"])
def test_a_run_that_was_killed_ends_with_the_same_findings(tmp_path: Path, text: str) -> None:
    """Killed after the first training was recorded; arms changed what they are named after in the whole one."""
    recipe = recipe_file(tmp_path, text)
    settings = {"recipe": recipe, "seeds": (0, 1, 2)}
    command = [sys.executable, "-m", "thinkaloud", "run", "givers", "--recipe", recipe, "--seeds", "0,1,2", "--out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.Popen([*command, str(tmp_path / "killed")], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(1200):
        if len(list((tmp_path / "killed").glob("segments/*"))) or killed.poll() is not None:
            break
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    ta.resume(tmp_path / "killed")
    whole = ta.run("givers", settings=settings, out=tmp_path / "whole")
    findings = [(tmp_path / name / "findings.json").read_bytes() for name in ("killed", "whole")]
    assert findings[0] == findings[1]
    short = {
        f.estimate.about["arm"]: f.estimate.value for f in whole.findings if f.estimate.about.get("check") == "short"
    }
    assert short == {arm.name: float(arm.start == "odds") for arm in read(recipe).arms if arm.start}
    page = (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")
    assert "What start and opponent do" in page and "Over training" in page
    assert any("tried again" in grid.title for grid in grids(whole.findings))


def test_arms_of_a_seed_begin_with_one_base_net_and_differ_in_their_draws(tmp_path: Path) -> None:
    recipe = read(recipe_file(tmp_path))
    course = Course(recipe, "0", Key(("test",)), tmp_path / "nets")
    base = course.base()
    again = Course(recipe, "0", Key(("test",)), None).base()
    other = Course(recipe, "1", Key(("test",)), None).base()
    assert all((base[name] == again[name]).all() for name in base)
    assert any((base[name] != other[name]).any() for name in base)


def test_a_page_says_where_an_arm_changed_nothing() -> None:
    """A weak opponent against whom no more games were won, and an opponent that won them all."""
    records = [dict(r) for seed in range(4) for r in drawn(seed, {}, 10.0, np.random.default_rng(seed))]
    for r in records:
        if r["arm"] == "odds, equal":
            r["log"] = {**LOG, "won late": 0.0}
    said = " ".join(sentences([Finding("givers", "no model", "board", None, e) for e in estimates(records)]))
    assert "From even starts the weak opponent was not clearly weaker: 0.00" in said and "Changed nothing" in said
    assert "odds, equal: the giver won none of its last games in training (4 seeds)" in said


def on_page(records: list[Record]) -> tuple[list[Finding], str]:
    found = [Finding("givers", "no model", "board", None, e) for e in estimates(records)]
    return found, " ".join(sentences(found))


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_are_one_line_that_names_the_held_out_taker_of_the_recipe(seeds: int) -> None:
    """Without p, too, the name is the recipe's, wherever that taker stands; what is unknown did not change nothing."""
    turned = {"takers": ["held out", "weak"]}
    records: list[Record] = [{**r, **turned} for seed in range(seeds)
                             for r in drawn(seed, {}, 10.0, np.random.default_rng(seed))]  # fmt: skip
    found, said = on_page(records)
    assert found_in(found)[0].held_out == "held out"
    assert (
        said
        == f"board. Held out: 'held out'. {seeds} seed{'s' * (seeds > 1)}: no interval can be made, give 3 or more."
    )
    assert not grids(found)


def test_a_headline_without_elo_still_names_the_held_out_taker_and_no_p() -> None:
    records: list[Record] = [{**r, "takers": ["held out", "weak"]} for seed in range(4)
                             for r in drawn(seed, {}, 10.0, np.random.default_rng(seed))]  # fmt: skip
    for r in records:
        for test in r["tests"]:
            test["score"] = 1.0 if test["taker"] == "held out" else test["score"]
    said = on_page(records)[1]
    assert "against the held-out taker 'held out'" in said and "None can be tested" in said and "Holm" not in said
    assert "cannot be told whether the held-out taker is about as strong" in said


@pytest.mark.parametrize(("apart", "warned"), [(0.0, False), (150.0, True)])
def test_a_headline_warns_where_takers_are_not_about_as_strong(apart: float, warned: bool) -> None:
    records = [r for seed in range(4) for r in drawn(seed, {}, 10.0, np.random.default_rng(seed))]
    for test in (test for r in records for test in r["tests"] if test["taker"] == "held out"):
        test["score"] = 1 / (1 + 10 ** (-(elo(test["score"]) + apart) / 400))
    assert ("Warning: the held-out taker is more than 100 Elo weaker" in on_page(records)[1]) is warned


def test_what_cannot_move_has_no_numbers_and_one_number_of_men_missing_is_shown_once() -> None:
    """Even games that end alike whatever was learned, to the last digits; and no zero has a sign."""
    records: list[Record] = [{**r, "missing": [1]} for seed in range(4)
                             for r in drawn(seed, {}, 40.0, np.random.default_rng(seed))]  # fmt: skip
    for i, test in enumerate(test for r in records for test in r["tests"] if test["missing"] == 0):
        test["score"] = 0.5 + 1e-6 * (i % 3 - 1)
    found, said = on_page(records)
    assert "every arm scores what the base net scores" in said and "-0" not in said and "+0" not in said
    strengths = [grid for grid in grids(found) if "strength" in grid.title]
    assert [grid.title for grid in strengths] == ["board: strength, even, Elo", "board: strength, odds, Elo"]
    assert "0 [0, 0]" in strengths[0].rows[0]
    moved = on_page([r for seed in range(4) for r in drawn(seed, {}, 40.0, np.random.default_rng(seed))])[1]
    assert "In even games, over the base net: even, equal " in moved


@pytest.mark.parametrize(
    ("size", "said"), [("8x8", "8x8 cannot be solved"), ("4x4", "4x4 with 2 rows of men has more")]
)
def test_a_board_too_large_to_be_solved_is_refused_before_anything_is_tried_or_written(
    size: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding out that 4x4 with two rows does not fit takes seconds."""
    monkeypatch.setattr(graph, "_steps", lambda *_: pytest.fail("it was explored"))
    recipe = recipe_file(tmp_path, TOML.replace("3x4", size))
    with pytest.raises(UserError, match=said):
        ta.run("givers", settings={"recipe": recipe, "seeds": (0, 1, 2)}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_seed_below_0_is_refused() -> None:
    with pytest.raises(UserError, match="-1 is below 0"):
        GiversSettings(seeds=(0, -1))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('weak = "weak"', 'weak = "week"', "week"),
        ('held_out = "a net"', 'held_out = "weak"', "`weak` and `held_out`"),
        ("missing = [1]", "missing = [0, 1]", "numbers above 0"),
        ("missing = [1]", "missing = [9]", "9 men missing"),
        ("stops = [2, 4]", "stops = [4, 2]", "must ascend"),
        ('by = "optimal"', 'by = "looks"', "is solved"),
        ('by = "optimal"', 'by = "stockfish"', "stockfish"),
        ("blunders = 0.5", "blunders = 1.5", "give a probability"),
        ("exact = true", "exact = false", "is not solved"),
        ("base = 6", "base = 0", "give 1 or more"),
        ("base = 6", "basis = 6", "basis"),
        ('board = "3x4"', "", "has no `board`"),
        ("hidden = 8", "hidden = 8\nlearning = {trace = 2.0}", "from 0 to 1"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused_in_a_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    with pytest.raises(UserError) as error:
        read(recipe_file(tmp_path, TOML.replace(old, new, 1)))
    assert line in str(error.value) and "\n" not in str(error.value)
