"""Language models at the board: what stands before a move is what the player's reasoning says, moves come back to the
board from either side, a move that is not legal loses, and what a move took is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

import thinkaloud as ta
from thinkaloud.budget.counter import counter
from thinkaloud.conditions.asking import AT_ONCE, REASON
from thinkaloud.errors import NotMeasurable, UserError
from thinkaloud.games.breakthrough import board
from thinkaloud.games.match import play
from thinkaloud.models.profile import Profile
from thinkaloud.studies.odds.at_breakthrough import AtBreakthrough
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.estimates import estimates
from thinkaloud.studies.odds.language import Manner, Speaker, asking_of, settled
from thinkaloud.studies.odds.open_setup import cells
from thinkaloud.studies.odds.page import sentences
from thinkaloud.studies.odds.players import Anyone
from thinkaloud.studies.odds.protocol import _opened, spoken
from thinkaloud.studies.odds.recipe import Asks, Reasoning, Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell
from thinkaloud.studies.odds.words import (
    GRAMMAR,
    LOSE,
    MOVE,
    NONE,
    RULES,
    SHOTS,
    TAKE,
    WIN,
    Words,
    elsewhere,
    named,
    parts,
    pictured,
    reasoned,
    same_squares,
    view,
    wandered,
)
from thinkaloud.studies.odds.workers import Job
from thinkaloud.study import Asked
from thinkaloud.vocabulary import Completion, Estimate, Finding, Key, ModelCard, Prompt, Reading, Record, Sampling

BOARD = board("4x4", 1)
KEY = Key(("test",))
TEXT = "X can take nothing. I like corners."
BLOCK = Profile("a test's", "<think>\n", "\n</think>\n\n", "</think>", silence=("empty",))


@dataclass
class Fake:
    """Reasons the same about every position, prefers the option that comes last, and writes what it is told to."""

    wrote: str = "a1a2"
    text: str = TEXT
    format: str = "completion"
    profile: Profile | None = None
    capabilities: frozenset[str] = frozenset({"prefill", "logprobs", "raw_reasoning"})
    seen: list[Prompt] = field(default_factory=list)
    thought_of: list[str] = field(default_factory=list)

    @property
    def card(self) -> ModelCard:
        return ModelCard("fake", "test", "0", self.format, "none", 4096, self.capabilities)  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if prompt.prefill or (prompt.thinking is not None and prompt.thinking.closed) or AT_ONCE in prompt.question:
            self.seen.append(prompt)
            return Completion(self.wrote, 4, "stop", ".")
        self.thought_of.append(prompt.question)
        return Completion(self.text, 9, "stop", "The answer is ")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        self.seen.append(prompt)
        return Reading(tuple(-5.0 + 0.1 * i for i in range(len(options))))


def chosen(model: Fake, giver: bool = True, manner: Manner | None = None, **spec: str) -> dict[str, object]:
    """What a record says of the first move of a player of this model."""
    made = Spec(by="model", model="fake", **spec)  # type: ignore[arg-type]
    speaker = Speaker(model, BOARD, made, Manner(asking_of(model, made)) if manner is None else manner)
    return dict(asyncio.run(speaker.choose(BOARD.start(0, giver), KEY)).said)


def asked(reasoning: Reasoning, model: Fake, giver: bool = True) -> Prompt:
    chosen(model, giver, reasoning=reasoning)
    return model.seen[-1]


# -------------------------------------------------------------------------------------------- what stands before a move


def test_silently_nothing_stands_before_the_move_nor_in_the_examples() -> None:
    model = Fake()
    prompt = asked("silent", model)
    assert prompt.prefill == ("The answer is",) and not model.thought_of
    assert len(prompt.shots) == SHOTS and all(len(shot.answer) == 1 for shot in prompt.shots)
    assert prompt.question == Words(BOARD).question(BOARD.start()).question


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
    assert {foreign.question} < set(model.thought_of) and model.thought_of[0] == filler.question


def test_a_foreign_text_that_is_the_models_own_is_marked() -> None:
    """A model that says one sentence before all moves has no foreign reasoning."""
    said = chosen(Fake(), reasoning="foreign")
    assert (
        said["same"] is True and said["written"] == 9
    )  # what it would say of this position is no cost of the player's

    class Honest(Fake):
        async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
            return Completion(f"I see {hash(prompt.question)}.", 4, "stop", "")

    assert chosen(Honest(), reasoning="foreign")["same"] is False


def test_other_words_say_the_same_after_examples_in_other_words() -> None:
    told = "X can take nothing. The man of X farthest ahead that can move is on a1. So X goes from a1 to b2."
    model = Fake(text=told)
    said = chosen(model, reasoning="paraphrased")
    text, prompt = str(said["text"]), model.seen[-1]
    assert said["own"] == told and said["same"] == (text == told) and said["names"] == "a1b2" and "refused" not in said
    forms = [GRAMMAR.step(part).form for part in prompt.prefill[:-1]]
    assert forms == ["nothing", "ahead", "move"]
    shown = {part for shot in prompt.shots for part in shot.answer[:-1]}
    plain = {step.text for example in Words(BOARD).examples for step in example.worked.steps}
    assert not shown <= plain and len(shown & plain) < len(shown) / 2  # one wording in four is the one it was


def test_what_cannot_be_put_in_other_words_stays_and_is_counted() -> None:
    """The rules know no words for it, and the model itself writes no other ones."""
    said = chosen(Fake(text="I like corners; they feel safe."), reasoning="paraphrased")
    assert said["same"] is True and said["refused"] and said["text"] == "I like corners; they feel safe."


def test_split_asks_parts_in_fresh_contexts_and_notes_their_answers() -> None:
    model = Fake(wrote="a4, b4")
    said = chosen(model, reasoning="split")
    parts_asked, last = model.seen[:-1], model.seen[-1]
    assert [p.question.splitlines()[-1] for p in parts_asked] == [TAKE, LOSE, WIN] and MOVE in last.question
    assert all(p.prefill == ("The answer is",) and len(p.shots) == SHOTS for p in parts_asked)
    assert said["text"] == "X can take now: a4, b4. O can take next: a4, b4. X wins at once on: a4, b4."
    assert (said["parts right"], said["parts"], said["calls"], said["written"]) == (0, 3, 4, 12)
    assert chosen(Fake(wrote=NONE), reasoning="split")["parts right"] == 3


def test_without_examples_parts_are_answered_in_whole_turns() -> None:
    class Talkative(Fake):
        async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
            self.seen.append(prompt)
            return Completion("There are none.", 4, "stop", "")

    model = Talkative(format="chat")
    said = chosen(model, reasoning="split")
    assert [p.question.splitlines()[-1] for p in model.seen[:-1]] == [TAKE, LOSE, WIN]
    assert not any(p.prefill or p.shots for p in model.seen[:-1]) and said["parts right"] == 3
    assert str(said["text"]).startswith("X can take now: There are none.")


@pytest.mark.parametrize(
    ("text", "right", "same"),
    [("b4, A4", "a4, b4", True), ("only a4.", "a4", True), ("none", NONE, True), ("None of them.", NONE, True),
     ("", NONE, False), ("a4", NONE, False), ("none", "a4", False), ("a4", "a4, b4", False)],
)  # fmt: skip
def test_answers_of_parts_are_read_as_squares(text: str, right: str, same: bool) -> None:
    assert same_squares(text, right) == same


def test_what_a_move_took_is_what_was_asked_of_the_model() -> None:
    model = Fake()
    said = chosen(model, reasoning="own")
    words = counter(model)
    about = Prompt(model.seen[-1].shots, model.seen[-1].question)
    assert said["asked"] == len(words.lower(about)) + len(words.lower(model.seen[-1]))
    assert (said["written"], said["calls"]) == (9, 2)
    assert (chosen(Fake(), reasoning="silent")["written"], chosen(Fake())["calls"]) == (0, 1)


# ------------------------------------------------------------------------------------------------------ how it is asked


def test_a_chat_model_is_asked_in_words_and_a_model_with_a_block_in_its_block() -> None:
    chat, block = Fake(format="chat"), Fake(format="chat", profile=BLOCK)
    chosen(chat, reasoning="own")
    assert not chat.seen[-1].shots and REASON in chat.seen[-1].question
    assert chat.seen[-1].question.startswith(RULES.format(such="a1a2"))
    chosen(chat, reasoning="silent")
    assert AT_ONCE in chat.seen[-1].question
    chosen(block, reasoning="own")
    own = block.seen[-1].thinking
    assert own is not None and own.closed and own.parts == ("X can take nothing.", "I like corners.")
    chosen(block, reasoning="silent")
    silent = block.seen[-1].thinking
    assert silent is not None and silent.closed and not silent.parts and not block.seen[-1].shots
    asks: tuple[Asks, ...] = ("auto", "few-shot", "zero-shot")
    found = [asking_of(chat, Spec(by="model", model="fake", ask=ask)).ask for ask in asks]
    assert found == ["zero-shot", "few-shot", "zero-shot"]
    with pytest.raises(UserError, match="fake has no thinking block"):
        asking_of(chat, Spec(by="model", model="fake", ask="native"))


def test_how_answers_are_asked_for_is_found_on_the_examples() -> None:
    model = Fake(format="chat", text="X can take nothing. The answer is a1a2.")
    spec = Spec(by="model", model="fake")
    found = asyncio.run(settled(model, BOARD, spec, asking_of(model, spec), KEY))[0]
    assert found["stem"]["text"].strip() and found["silence"] in ("instruction", "plain")
    told = chosen(model, manner=Manner(asking_of(model, spec), (found,)), reasoning="silent")
    assert str(model.seen[-1].prefill[-1]) == found["stem"]["text"].lstrip() and "mass" in told


# ---------------------------------------------------------------------------------------------------------- the board


def test_the_board_is_shown_from_the_own_side_and_the_move_is_turned_back() -> None:
    for giver in (True, False):
        position = BOARD.start(1, giver)
        seen = view(BOARD, position)
        speaker = Speaker(Fake(), BOARD, Spec(by="model", model="fake"))
        move = asyncio.run(speaker.choose(position, KEY)).move
        assert move in BOARD.moves(position)
        wanted = BOARD.after(seen, BOARD.moves(seen)[-1])
        assert move is not None
        after = BOARD.after(position, move)
        other = after if giver else after._replace(giver=BOARD.turned(after.taker), taker=BOARD.turned(after.giver))
        assert other[:2] == wanted[:2]
    asked = Words(BOARD).question(view(BOARD, BOARD.start(1, False))).question
    assert asked.splitlines()[1:5] == ["4 O O O .", "3 . . . .", "2 . . . .", "1 X X X X"]


def test_examples_are_right_and_say_what_is_there() -> None:
    made = Words(BOARD).examples
    assert len({item.question for item in made}) == SHOTS
    assert all(item.gold in item.options and named(item.worked.text) == item.gold for item in made)
    assert all(step.form for item in made for step in item.worked.steps)
    seen = BOARD.read("...T/.G../..T./G..G giver")
    said = reasoned(BOARD, seen, BOARD.moves(seen)[-1]).text
    assert "X on d1 can take O on c2." in said and "farthest ahead that can move is on b3" in said
    assert "X wins at once by going to c4." in said
    assert parts(BOARD, seen) == {TAKE: "c2", LOSE: "d1", WIN: "a4, b4, c4"}
    assert pictured(Words(BOARD, told=True).question(seen).question) == (board("4x4", 1), seen)
    assert wandered(BOARD, KEY) == wandered(BOARD, KEY) and elsewhere(BOARD, seen, KEY)[:2] != seen[:2]


@pytest.mark.parametrize(
    ("text", "move"),
    [("So X goes from a1 to b2.", "a1b2"), ("Thus from c2 X moves to c3. Good.", "c2c3"), ("a1-a2", "a1a2"),
     ("I take c2xd3!", "c2d3"), ("first a1a2, no: B1 to B2", "b1b2"), ("a man on a1 and one on c3", None), ("", None)],
)  # fmt: skip
def test_the_move_that_a_text_names_is_read_in_any_wording(text: str, move: str | None) -> None:
    assert named(text) == move


def test_a_written_move_that_is_not_legal_loses_the_game_and_what_was_written_is_kept() -> None:
    spec = Spec(by="model", model="fake", reads="written")
    lost = asyncio.run(play(BOARD, BOARD.start(), Speaker(Fake("a1a4"), BOARD, spec), Anyone(BOARD.moves), KEY))
    assert (lost.ended, lost.score, lost.said[-1]["wrote"]) == ("illegal", 0.0, "a1a4") and lost.said[-1]["illegal"]
    legal = asyncio.run(Speaker(Fake(" a1a2"), BOARD, spec).choose(BOARD.start(), KEY))
    assert legal.move == (0, 4) and legal.said["illegal"] is False
    told = asyncio.run(Speaker(Fake("I would go a1 to b2."), BOARD, spec).choose(BOARD.start(), KEY))
    assert told.move == (0, 5)


def test_a_block_with_a_model_keeps_what_stood_before_each_of_its_moves() -> None:
    players = {"own": Spec(by="model", model="fake", reasoning="own"), "anyone": Spec(by="uniform")}
    recipe = Recipe(board="4x4", rows=1, missing=(0,), openings=2, plies=0, players=players,
                    givers=("own",), takers=("anyone",))  # fmt: skip
    job = Job(recipe, Cell("own", "anyone", EVEN), AtBreakthrough(recipe).openings(EVEN, KEY), KEY)
    records = asyncio.run(spoken(job, Fake(), {"auto": Manner()}))
    about = {"own": {"reasoning": "own", "ask": "auto", "reads": "scores"}}
    assert len(records) == 4 and all(r["models"] == about and r["by lot"] for r in records)
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


def found_for(model: Fake, *ways: Reasoning, **spec: str) -> list[Estimate]:
    """The estimates of games of these players against random moves."""
    said = {way: Spec(by="model", model="fake", reasoning=way, **spec) for way in ways}  # type: ignore[arg-type]
    players = {**said, "anyone": Spec(by="uniform")}
    recipe = Recipe(board="3x3", rows=1, missing=(0,), openings=6, plies=0, players=players,
                    givers=tuple(players), takers=("anyone",))  # fmt: skip

    async def records() -> list[Record]:
        made: list[Record] = []
        for cell in cells(recipe):
            job = Job(recipe, cell, AtBreakthrough(recipe).openings(cell.odds, KEY), KEY)
            own = recipe.players[cell.giver].by == "model"
            made += await (spoken(job, model, {"auto": Manner()}) if own else games(recipe, cell, job.begun, KEY))
        return made

    return estimates(asyncio.run(records()), KEY)


@pytest.mark.slow
def test_a_model_that_says_one_sentence_before_all_moves_has_no_foreign_reasoning() -> None:
    """The two players are one, and the page says so, and not that reasoning does nothing."""
    found = {e.name: e for e in found_for(Fake(), "silent", "own", "foreign")}
    gap = found["own over foreign"]
    assert gap.value is None and str(gap.reason).startswith("changed nothing: the text was its own before ")
    assert found["same text, foreign"].value == 1.0 and found["same text, foreign"].low < 1  # type: ignore[operator]
    assert found["own over silent"].value is not None and "parts right, own" not in found
    lines = sentences([Finding("odds", "fake", "3x3, 1 row", None, e) for e in found.values()])
    told = "\n".join(lines)
    assert "own over foreign changed nothing" in told and "were the model's own, word by word" in told
    assert "was one and the same text before" in told


@pytest.mark.slow
def test_the_share_of_illegal_moves_has_an_interval() -> None:
    found = {e.name: e for e in found_for(Fake(wrote="a1a3"), "silent", "own", reads="written")}
    share = found["illegal, own"]
    assert (share.value, share.n, share.clusters) == (1.0, 12, 6) and 0.5 < share.low < 1  # type: ignore[operator]
    assert found["score, own - anyone, even"].value == 0 and "legal mass, own" not in found
    lines = sentences([Finding("odds", "fake", "3x3, 1 row", None, e) for e in found.values()])
    assert any("not legal, each of which lost its game: silent 1.00" in line for line in lines)


def test_a_plan_says_that_a_model_is_asked() -> None:
    lines = "\n".join(ta.plan("odds", settings={"recipe": "words"}))
    assert "smollm2-135m is asked before every move of its own in 144 games" in lines
    assert "costs no tokens" not in lines
