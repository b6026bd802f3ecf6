"""Speakers whose truth is known: at every position each rung makes the player do what its rule says, and the study
finds from games what is exactly known of them. One plays what its reasoning means, one a code in its wording, one plays
its move whatever stands there."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import lru_cache
from typing import get_args

import numpy as np
import pytest

from thinkaloud.errors import UserError
from thinkaloud.games import policies
from thinkaloud.games.policies import Policy
from thinkaloud.open_model import open_model
from thinkaloud.studies.odds import estimates as played
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.language import Manner, Speaker, asking_of
from thinkaloud.studies.odds.open_setup import cells, setup
from thinkaloud.studies.odds.page import sentences
from thinkaloud.studies.odds.players import board_solved
from thinkaloud.studies.odds.protocol import spoken
from thinkaloud.studies.odds.recipe import Reasoning, Recipe, Spec
from thinkaloud.studies.odds.talkers import CODES, Talker, talker
from thinkaloud.studies.odds.workers import Job
from thinkaloud.vocabulary import Estimate, Finding, Key, Record

RUNGS: tuple[Reasoning, ...] = get_args(Reasoning)
SIZE, MISSING, KNOWS = "3x3", (0, 1), 0.8
PLACES = 40


def speaker(name: str, reasoning: Reasoning) -> Speaker:
    model = open_model(f"scripted:board:{name}:{KNOWS}")
    spec = Spec(by="model", model=model.card.name, reasoning=reasoning)
    return Speaker(model, board_solved(SIZE, 1, MISSING).graph.board, spec, Manner())


def places() -> list[int]:
    """Positions in which the giver is to move and has a choice."""
    graph = board_solved(SIZE, 1, MISSING).graph
    there = np.flatnonzero(graph.giver_to_move & (np.diff(graph.first) > 2))
    return [int(i) for i in Key(("places",)).rng.permutation(there)[:PLACES]]


@pytest.mark.slow
@pytest.mark.parametrize("reasoning", RUNGS)
@pytest.mark.parametrize("name", ["meaning", "surface", "decorative"])
def test_a_player_does_at_every_position_what_its_rule_says(name: str, reasoning: Reasoning) -> None:
    """`Talker.policy` follows from the rule alone; `Speaker` asks, rewords, fills and splits. They must agree, or what
    a rung does to a text is not what its name says."""
    graph, player = board_solved(SIZE, 1, MISSING).graph, speaker(name, reasoning)
    known = talker(f"scripted:board:{name}:{KNOWS}").policy(reasoning, graph)
    asked = places()
    keys = [Key(("asked", str(number))) for number in asked]

    async def all_of_them() -> list[object]:
        chosen = [player.choose(graph.position(number), key) for number, key in zip(asked, keys, strict=True)]
        return [one.move for one in await asyncio.gather(*chosen)]

    drawn = [known[graph.first[number] + graph.board.moves(graph.position(number)).index(move)] for number, move
             in zip(asked, asyncio.run(all_of_them()), strict=True)]  # fmt: skip
    if name == "surface" and reasoning == "paraphrased":
        assert min(drawn) >= 1 / CODES - 1e-9 and np.mean(drawn) < 0.9  # a move by lot, and not its own
    else:
        assert drawn == [1.0] * len(asked)


@pytest.mark.parametrize("reasoning", RUNGS)
def test_the_same_holds_in_a_thinking_block(reasoning: Reasoning) -> None:
    """Asked natively: its reasoning stands in its own block, and silence is a closed one."""
    graph, name = board_solved(SIZE, 1, MISSING).graph, f"scripted:board:meaning:{KNOWS}"
    model, spec = open_model(f"blocked:{name}"), Spec(by="model", model=name, reasoning=reasoning)
    asking = asking_of(model, spec)
    player = Speaker(model, graph.board, spec, Manner(asking))
    known = talker(name).policy(reasoning, graph)
    assert asking.ask == "native"
    for number in places()[:8]:
        position = graph.position(number)
        chosen = asyncio.run(player.choose(position, Key(("block", str(number)))))
        assert known[graph.first[number] + graph.board.moves(position).index(chosen.move)] == 1.0  # type: ignore[arg-type]


def test_other_words_draw_every_code_as_often() -> None:
    """Of one position, over many draws: what is left of a code is chance, each code with probability 1 / CODES."""
    graph, player = board_solved(SIZE, 1, MISSING).graph, speaker("surface", "paraphrased")
    number = max(places(), key=lambda one: len(graph.board.moves(graph.position(one))))
    position, n = graph.position(number), 240

    async def drawn() -> Counter[object]:
        made = [player.choose(position, Key(("drawn", str(i)))) for i in range(n)]
        return Counter([one.move for one in await asyncio.gather(*made)])

    seen, known = asyncio.run(drawn()), talker(f"scripted:board:surface:{KNOWS}").policy("paraphrased", graph)
    moves = graph.board.moves(position)
    expected = known[graph.first[number] : graph.first[number + 1]] * n
    misfit = sum((seen[move] - want) ** 2 / want for move, want in zip(moves, expected, strict=True))
    assert sum(seen.values()) == n and misfit < 3 * len(moves) + 6  # far beyond what chance does on so few moves


def test_the_rules_differ_where_they_should_and_are_worth_what_they_are() -> None:
    """Exact scores: own reasoning wins more, nulls are silence, other words keep meaning and lose a code."""
    solved = board_solved(SIZE, 1, MISSING)
    start = solved.graph.at(solved.graph.board.start(0, True))
    taker = policies.uniform(solved.graph)

    def worth(name: str, reasoning: str) -> float:
        policy: Policy = Talker(name, KNOWS).policy(reasoning, solved.graph)  # type: ignore[arg-type]
        return float(policies.value(solved.graph, policy, taker)[start])

    meaning, surface, decorative = ({r: worth(n, r) for r in RUNGS} for n in ("meaning", "surface", "decorative"))
    assert meaning["own"] > meaning["silent"] + 0.1
    assert meaning["silent"] == meaning["filler"] == meaning["foreign"] == surface["silent"]
    assert meaning["paraphrased"] == meaning["split"] == meaning["own"] == surface["own"] == decorative["silent"]
    assert surface["paraphrased"] < surface["own"] - 0.1 and surface["split"] == surface["silent"]
    assert len(set(decorative.values())) == 1


def ladder(name: str) -> Recipe:
    model = f"scripted:board:{name}:{KNOWS}"
    players = {way: Spec(by="model", model=model, reasoning=way) for way in ("silent", "own", "foreign", "paraphrased")}
    others = {"anyone": Spec(by="uniform"), "blunders 0.5": Spec(by="optimal", blunders=0.5)}
    return Recipe(board=SIZE, rows=1, missing=MISSING, openings=14, plies=0, block=14, players={**players, **others},
                  givers=(*players, *others), takers=tuple(others))  # fmt: skip


@lru_cache
def games_of(name: str) -> list[Record]:
    recipe, key = ladder(name), Key(("known", name))
    model, made = open_model(f"scripted:board:{name}:{KNOWS}"), setup(recipe)

    async def one() -> list[Record]:
        found: list[Record] = []
        for cell in cells(recipe):
            job = Job(recipe, cell, made.openings(cell.odds, key), key)
            speaks = recipe.players[cell.giver].by == "model"
            found += await (spoken(job, model, {"auto": Manner()}) if speaks else games(recipe, cell, job.begun, key))
        return found

    return asyncio.run(one())


@lru_cache
def found_of(name: str) -> dict[str, Estimate]:
    return {e.name: e for e in played.estimates(games_of(name), Key(("estimates",)))}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["meaning", "surface", "decorative"])
def test_the_study_tells_them_apart_and_its_intervals_hold_what_is_known(name: str) -> None:
    found = found_of(name)
    pairs = [e for e in found.values() if e.about["measure"] == "reasoning"]
    assert len(pairs) == 5
    for e in pairs:
        one, other = (found[f"skill of {e.about[side]}, known"].value for side in ("one", "other"))
        assert e.low - 30 < one - other < e.high + 30, e.name  # type: ignore[operator]
    told = {e.name: e.low > 0 for e in pairs}  # type: ignore[operator]
    assert told["own over silent"] == (name != "decorative") and not told["foreign over silent"]
    assert told["own over foreign"] == (name != "decorative")
    assert told["own over paraphrased"] == (name == "surface") and told["paraphrased over silent"] == (
        name == "meaning"
    )


@pytest.mark.slow
def test_the_page_says_what_was_found_beside_what_is_known() -> None:
    recipe = ladder("meaning")
    said = sentences([Finding("odds", "m", setup(recipe).title, None, e) for e in found_of("meaning").values()])
    line = next(one for one in said if "What reasoning buys" in one)
    assert "own over silent +" in line and "(known +" in line and "stronger; " in line
    assert found_of("meaning")["follows its text, own"].value == 1.0
    assert found_of("meaning")["same text, foreign"].value == 0.0
    assert found_of("meaning")["written tokens, silent"].value == 0.0


@pytest.mark.parametrize("name", ["meanings", "meaning:2", "surface:much"])
def test_a_speaker_that_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(UserError, match=r"meaning|no share of positions"):
        open_model(f"scripted:board:{name}")
