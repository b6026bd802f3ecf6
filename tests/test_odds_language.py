"""Language models at the board: what stands before a move is what the player's reasoning says, moves come back to the
board from either side, and a move that is not legal loses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from thinkaloud.errors import NotMeasurable
from thinkaloud.games.breakthrough import board
from thinkaloud.games.match import play
from thinkaloud.studies.odds.at_breakthrough import AtBreakthrough
from thinkaloud.studies.odds.language import SHOTS, Speaker, examples, question, reasoned, view, wandered
from thinkaloud.studies.odds.players import Anyone
from thinkaloud.studies.odds.protocol import _opened, spoken
from thinkaloud.studies.odds.recipe import Reasoning, Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell
from thinkaloud.studies.odds.workers import Job
from thinkaloud.study import Asked
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling

RULES = board("4x4", 1)
KEY = Key(("test",))
TEXT = "X can take nothing. I like corners."


@dataclass
class Fake:
    """Reasons the same about every position, prefers the option that comes last, and writes what it is told to."""

    wrote: str = "a1a2"
    capabilities: frozenset[str] = frozenset({"prefill", "logprobs", "raw_reasoning"})
    seen: list[Prompt] = field(default_factory=list)
    thought_of: list[str] = field(default_factory=list)

    @property
    def card(self) -> ModelCard:
        return ModelCard("fake", "test", "0", "completion", "none", 4096, self.capabilities)  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if prompt.prefill:
            self.seen.append(prompt)
            return Completion(self.wrote, 4, "stop", ".")
        self.thought_of.append(prompt.question)
        return Completion(TEXT, 9, "stop", "The answer is ")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        self.seen.append(prompt)
        return Reading(tuple(-5.0 + 0.1 * i for i in range(len(options))))


def asked(reasoning: Reasoning, model: Fake, giver: bool = True) -> Prompt:
    speaker = Speaker(model, RULES, Spec(by="model", model="fake", reasoning=reasoning))
    asyncio.run(speaker.choose(RULES.start(0, giver), KEY))
    return model.seen[-1]


def test_silently_nothing_stands_before_the_move_nor_in_the_examples() -> None:
    model = Fake()
    prompt = asked("silent", model)
    assert prompt.prefill == ("The answer is",) and not model.thought_of
    assert len(prompt.shots) == SHOTS and all(len(shot.answer) == 1 for shot in prompt.shots)
    assert prompt.question == question(RULES, RULES.start()).question


def test_aloud_its_own_reasoning_about_this_position_stands_there() -> None:
    model = Fake()
    prompt = asked("own", model)
    assert prompt.prefill == ("X can take nothing.", "I like corners.", "The answer is")
    assert model.thought_of == [prompt.question] and all(len(shot.answer) > 2 for shot in prompt.shots)


def test_filler_is_as_long_and_foreign_reasoning_is_about_another_position() -> None:
    model = Fake()
    filler = asked("filler", model)
    assert set(filler.prefill[0]) == {".", " "} and len(filler.prefill) == 2
    assert all(set(shot.answer[0]) == {".", " "} for shot in filler.shots)
    foreign = asked("foreign", model)
    assert foreign.prefill[:-1] == ("X can take nothing.", "I like corners.")
    assert model.thought_of[-1] != foreign.question and model.thought_of[0] == filler.question


def test_the_board_is_shown_from_the_own_side_and_the_move_is_turned_back() -> None:
    for giver in (True, False):
        position = RULES.start(1, giver)
        seen = view(RULES, position)
        speaker = Speaker(Fake(), RULES, Spec(by="model", model="fake"))
        move = asyncio.run(speaker.choose(position, KEY)).move
        assert move in RULES.moves(position)
        wanted = RULES.after(seen, RULES.moves(seen)[-1])
        assert move is not None
        after = RULES.after(position, move)
        other = after if giver else after._replace(giver=RULES.turned(after.taker), taker=RULES.turned(after.giver))
        assert other[:2] == wanted[:2]
    assert question(RULES, view(RULES, RULES.start(1, False))).question.splitlines()[1:5] == [
        "4 O O O .", "3 . . . .", "2 . . . .", "1 X X X X"]  # fmt: skip


def test_examples_are_right_and_say_what_is_there() -> None:
    made = examples(RULES)
    assert len({item.question for item in made}) == SHOTS
    assert all(item.gold in item.options and item.worked.text for item in made)
    seen = RULES.read("...T/.G../..T./G..G giver")
    said = reasoned(RULES, seen, RULES.moves(seen)[-1]).text
    assert "X on d1 can take O on c2." in said and "farthest ahead that can move is on b3" in said
    assert "X wins at once by going to c4." in said
    assert wandered(RULES, KEY) == wandered(RULES, KEY)


def test_a_written_move_that_is_not_legal_loses_the_game_and_what_was_written_is_kept() -> None:
    spec = Spec(by="model", model="fake", reads="written")
    lost = asyncio.run(play(RULES, RULES.start(), Speaker(Fake("a1a4"), RULES, spec), Anyone(RULES.moves), KEY))
    assert (lost.ended, lost.score, lost.said[-1]["wrote"]) == ("illegal", 0.0, "a1a4")
    legal = asyncio.run(Speaker(Fake(" a1a2"), RULES, spec).choose(RULES.start(), KEY))
    assert legal.move == (0, 4)


def test_a_block_with_a_model_keeps_what_stood_before_each_of_its_moves() -> None:
    players = {"own": Spec(by="model", model="fake", reasoning="own"), "anyone": Spec(by="uniform")}
    recipe = Recipe(board="4x4", rows=1, missing=(0,), openings=2, plies=0, players=players,
                    givers=("own",), takers=("anyone",))  # fmt: skip
    job = Job(recipe, Cell("own", "anyone", EVEN), AtBreakthrough(recipe).openings(EVEN, KEY), KEY)
    records = asyncio.run(spoken(job, Fake()))
    assert len(records) == 4 and all(r["models"] == {"own": "own"} and r["by lot"] for r in records)
    for r in records:
        own = r["said"] if r["first"] == "giver" else r["said"][1:]
        assert own[0]["text"] == TEXT and own[0]["reasoning"] == "own"
        assert [bool(one) for one in r["said"]] == [
            (i % 2 == 0) == (r["first"] == "giver") for i in range(len(r["said"]))
        ]


def test_a_model_that_cannot_be_read_is_not_measurable() -> None:
    model = Fake(capabilities=frozenset({"raw_reasoning"}))
    with pytest.raises(NotMeasurable, match="fake cannot be asked for moves: it lacks logprobs, prefill"):
        _opened(Asked(settings=None, open_model=lambda name: model), "fake")
