"""`benchmarks/chess_givers.py`: a planted effect comes back from games, no effect is found where there is none, and a
folder that was left in the middle goes on. No engine plays here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

pytest.importorskip("chess")
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import chess_givers
import chess_givers_tables as tables
from chess_givers import ARMS, BASE, Plan
from thinkaloud.stats.davidson import ELO
from thinkaloud.stats.seeds import p_of

WORTH = {BASE: 0.0, "even, equal": 20.0, "even, weaker": 70.0, "odds, equal": 120.0, "odds, weaker": 200.0}
"""Elo: never having seen odds costs 100, exploitation adds 50, both together 30 more."""


def games(plan: Plan, worth: dict[str, float], rng: np.random.Generator | None = None) -> dict[str, dict[str, Any]]:
    """Test games of players that are so much better than the taker; drawn, or each with its expected score."""
    found = {}
    for seed in plan.numbers:
        for giver, elo in worth.items():
            for what in plan.tests:
                for at in range(plan.openings(what)):
                    for first in ("giver", "taker"):
                        expected = float(1 / (1 + np.exp(-elo / ELO)))
                        score = expected if rng is None else float(rng.random() < expected)
                        name = f"test/{seed}/{giver}/{what}/{at}/{first}"
                        found[name] = {"begun": f"{seed} {what} {at} {first}", "moves": [giver], "score": score,
                                       "ended": "over"}  # fmt: skip
    return found


def contrasts(plan: Plan, played: dict[str, dict[str, Any]], taker: str, start: str) -> dict[str, list[float]]:
    work: Any = SimpleNamespace(games=played, plan=plan)
    rows = []
    for seed in plan.numbers:
        means = {giver: np.mean(tables.scores(work, seed, giver, taker, start)) for giver in (BASE, *ARMS)}
        rows.append({giver: tables.elo(float(mean)) for giver, mean in means.items()})
    return {name: [by(row) for row in rows] for name, by in tables.CONTRASTS.items()}


def test_planted_effects_come_back() -> None:
    plan = Plan(seeds=3, tests={"held out/odds": 3})
    found = contrasts(plan, games(plan, WORTH), "held out", "odds")
    true = {tables.THREE[0]: 100, tables.THREE[1]: 50, tables.THREE[2]: 30, "odds, on average": 115,
            "weaker, on average": 65, "both": 180, "more training (control)": 20}  # fmt: skip
    assert set(true) == set(found)
    for name, elo in true.items():
        assert found[name] == pytest.approx([elo] * 3), name


def test_where_all_nets_are_equal_few_seeds_find_a_difference() -> None:
    plan, rng, found = Plan(tests={"held out/odds": 20}), np.random.default_rng(1), []
    for _ in range(60):
        rows = contrasts(plan, games(plan, dict.fromkeys(WORTH, 0.0), rng), "held out", "odds")
        found.append([p_of(rows[name]) < 0.05 for name in tables.THREE])
    assert 0.0 < np.mean(found) < 0.12


def test_tables_say_what_cannot_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(tests={"held out/odds": 20})
    played = games(plan, WORTH | {"even, equal": 90000.0}, np.random.default_rng(2))
    work: Any = SimpleNamespace(games=played, plan=plan)
    by_seed = [{g: tables.scores(work, s, g, "held out", "odds") for g in (BASE, *ARMS)} for s in plan.numbers]
    tables.cell("x", by_seed)
    said = {line.split(" | ")[0].strip("| "): line for line in capsys.readouterr().out.splitlines() if line[:1] == "|"}
    assert "not identifiable" in said["even, equal"] and "not identifiable" in said[tables.THREE[0]]
    assert "not identifiable" not in said[BASE] and "[" in said[BASE]


def test_copies_and_games_that_training_left_alone_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(seeds=1, tests={"held out/odds": 3})
    played = games(plan, WORTH)
    for name, game in played.items():
        if "/odds, weaker/" in name:
            game["moves"] = [BASE]  # as the untouched net plays
    head = "test/0/odds, equal/held out/odds"
    played[f"{head}/1/giver"] = played[f"{head}/0/giver"]
    work: Any = SimpleNamespace(games=played, plan=plan)
    tables.checks(work, [0], ARMS)
    said = capsys.readouterr().out
    assert "0 of 30 test games begin where a lesson did; 1 are copies" in said
    assert "odds, weaker: 6 of 6 games" in said and "even, equal: 0 of 6 games" in said


def test_a_game_that_was_cut_off_is_played_again_and_a_folder_has_one_plan(tmp_path: Path) -> None:
    path = tmp_path / "games.jsonl"
    whole = msgspec.json.encode({"key": "a", "score": 1.0}) + b"\n"
    path.write_bytes(whole + b'{"key": "b", "sc')
    assert list(chess_givers.read_games(path)) == ["a"] and path.read_bytes() == whole
    chess_givers.fixed(tmp_path / "plan.json", Plan())
    chess_givers.fixed(tmp_path / "plan.json", Plan())
    with pytest.raises(SystemExit, match="was begun with another plan"):
        chess_givers.fixed(tmp_path / "plan.json", Plan(seeds=7))
