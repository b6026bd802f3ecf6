"""Any text is put in other words piece by piece: what may change does, the rest stays, what went astray is refused."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

import pytest

import thinkaloud as ta
from thinkaloud.conditions.editor import REQUEST, Editor, asking
from thinkaloud.conditions.paraphrase import LEAST, Reworded, Rewriter
from thinkaloud.conditions.prose import pieces
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.errors import UserError
from thinkaloud.models.profile import Profile
from thinkaloud.open_model import open_model
from thinkaloud.runs.plan import Rehearsal, make_plan
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.study import Asked
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import (
    Completion,
    Item,
    Key,
    ModelCard,
    Prompt,
    Reading,
    Sampling,
    Step,
    Thinking,
    Transcript,
    Usage,
)

TEXT = (
    "We count what is left:\n\n"
    "1. **Eggs.** Her ducks lay 16 eggs a day. She eats 3 of them.\n"
    "   \\[ 16 - 3 = 13 \\]\n"
    "2. Each egg brings \\(\\$2\\) at the market, not \\$3.\n"
    "```python\nprint(13 * 2)\n```\n"
    "So she makes 26 dollars."
)
KEPT = ("We count what is left:", "\\[ 16 - 3 = 13 \\]", "print(13 * 2)", "2. ", "1. **Eggs.** ", "\\(\\$2\\)")


class Lines(Unread):
    """A task that cuts sentences and knows none of them."""

    name, levels, meaning = "lines", (1,), "nothing"

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        return [Item(f"lines/{i}", "lines", 1, f"What is {i}?", ("26", "13"), "26", self.parse(TEXT)) for i in range(n)]

    def verify(self, item: Item, answer: str) -> bool:
        return answer == item.gold


def rightly(piece: str) -> str:
    """Other words, and nothing else."""
    return piece.replace("Her ducks lay", "The ducks give").replace("Each egg brings", "Every egg goes for") \
        .replace("She eats", "Of those she takes").replace("So she makes", "That gives her")  # fmt: skip


class Hand:
    """An editor that does to every piece what it is told, and keeps what it was asked."""

    def __init__(self, does: Callable[[str], str], finish: str = "stop", name: str = "hand") -> None:
        self.card = ModelCard(name, "own", name, "chat", "exact", 9999, frozenset({"prefill", "logprobs"}))
        self.does, self.finish = does, finish
        self.asked: list[tuple[str, float]] = []
        self.usage = Usage()

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        piece = prompt.question.removeprefix(REQUEST)
        self.asked.append((piece, sampling.temperature))
        self.usage += Usage(generated=7, requests=1)
        return Completion(self.does(piece), 7, self.finish)  # type: ignore[arg-type]

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise AssertionError("an editor is asked for words")


def edited(hand: Hand, text: str = TEXT, rules: bool = False, options: Sequence[str] = ()) -> Reworded:
    task, key = Lines(), Key(("k",))
    return asyncio.run(Rewriter(task, key, Editor(hand, key), rules).reword(task.parse(text), options))


def test_words_change_and_line_ends_marks_formulas_and_code_stay() -> None:
    made = edited(Hand(rightly))
    assert made.transcript is not None and made.share == 1 and made.by_rule == 0
    new = made.transcript.text
    assert new == rightly(TEXT) != TEXT and all(one in new for one in KEPT)
    own = Lines().parse(TEXT)
    changed = [i for i, step in enumerate(made.transcript.steps) if step.text != own.steps[i].text]
    assert made.changed == tuple(changed) and len(changed) == 4


def test_the_editor_sees_single_lines_of_at_most_five_sentences_and_nothing_that_must_stay() -> None:
    hand = Hand(rightly)
    edited(hand, TEXT + "\n" + " ".join(f"There were {i} of them." for i in range(2, 14)))
    asked = [piece for piece, _ in hand.asked if "of them" in piece and "eats" not in piece]
    assert len({*asked}) == 3 and all("\n" not in piece and piece.count(".") <= 5 for piece, _ in hand.asked)
    assert not any(mark in piece for piece, _ in hand.asked for mark in ("\\[", "print", "**", "We count", "1. "))


def test_text_in_any_script_is_cut_into_pieces() -> None:
    (piece,) = pieces(Lines().parse("她每天有16个鸡蛋。她吃了3个。"))
    assert (piece.first, piece.last) == (0, 2)


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (lambda piece: piece, "it is a copy"),
        (lambda piece: piece.replace(".", " ."), "hardly a word is another one"),
        (lambda piece: rightly(piece).replace("16", "17").replace("26", "27").replace("3", "4"), "other numbers"),
        (lambda piece: "", "nothing was written"),
        (lambda piece: "The cat is on the mat.", "other numbers"),
        (lambda piece: rightly(piece) + " I am happy to be of help to you in this way, it is a nice text to say anew",
         "much longer"),
        (lambda piece: f"{rightly(piece)} The answer is red.", "it states an answer"),
    ],
)  # fmt: skip
def test_a_paraphrase_that_went_astray_is_asked_once_more_and_then_refused_with_its_reason(
    does: Callable[[str], str], why: str
) -> None:
    hand = Hand(does)
    made = edited(hand)
    assert made.transcript is None and str(made.why).startswith(why), made.why
    assert [t for _, t in hand.asked].count(0.0) == [t for _, t in hand.asked].count(0.7) == 3


@pytest.mark.parametrize(
    ("does", "why"),
    [(lambda piece: rightly(piece).replace("not ", ""), "1 negations became 0"),
     (lambda piece: rightly(piece).replace("\\(\\$2\\)", "\\$2"), "other formulas")],
)  # fmt: skip
def test_a_lost_negation_or_formula_refuses_its_piece_alone(does: Callable[[str], str], why: str) -> None:
    made = edited(Hand(does))
    assert made.transcript is not None and made.share == 0.75, "three of its four sentences"
    assert "Each egg brings \\(\\$2\\) at the market, not \\$3." in made.transcript.text
    alone = edited(Hand(does), "Each egg brings \\(\\$2\\) at the market, not \\$3.")
    assert alone.transcript is None and str(alone.why).startswith(why)


def test_below_the_least_share_there_is_no_paraphrase_and_the_share_is_kept() -> None:
    made = edited(Hand(lambda piece: rightly(piece) if "egg " in piece else piece))
    assert made.transcript is None and made.why == "it is a copy" and made.share == 0.25 < LEAST


def test_what_was_cut_off_is_refused() -> None:
    assert edited(Hand(rightly, "length")).why == "it was cut off"


def test_quotation_marks_around_all_of_it_are_taken_off() -> None:
    made = edited(Hand(lambda piece: f'"{rightly(piece)}"'))
    assert made.transcript is not None and made.transcript.text == rightly(TEXT)


def test_rules_reword_what_the_editor_failed_with_and_the_record_says_how_much() -> None:
    text = "Therefore 5 plus 6 is 11. So the total cannot be 12. Her ducks lay 16 eggs a day.\nShe eats 3 of them."
    made = edited(Hand(lambda piece: rightly(piece) if "She" in piece else "?"), text, rules=True)
    assert made.transcript is not None
    assert made.share == 1 and made.by_rule == 0.75, "three sentences by rule, one by the editor"
    assert "Of those she takes 3 of them." in made.transcript.text


def test_a_text_without_words_to_change_has_no_paraphrase() -> None:
    made = edited(Hand(rightly), "\\[ 5 + 6 = 11 \\]\n## Result\nSo:")
    assert made.transcript is None and made.why == "it has no sentence with words to change"


def test_a_piece_is_asked_once_for_all_conditions_of_an_item() -> None:
    hand, task, key = Hand(rightly), Lines(), Key(("k",))
    editor = Editor(hand, key)

    async def twice() -> None:
        whole = task.parse(TEXT)
        for part in ("a", "b"):
            await Rewriter(task, key.child(part), editor, False).reword(whole)

    asyncio.run(twice())
    assert len(hand.asked) == 3


# ----------------------------------------------------------------------------------------------------------- in a run


class Thinker:
    """Writes the text about every question and answers 26 where it reads about 26; rewrites nothing itself."""

    def __init__(self) -> None:
        self.card = ModelCard(
            "thinker", "own", "1", "chat", "exact", 9999, frozenset({"prefill", "logprobs", "raw_reasoning"})
        )
        self.usage = Usage()

    def session(self) -> Thinker:
        return Thinker()

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        assert REQUEST not in prompt.question, "another model edits"
        self.usage += Usage(generated=100, requests=1)
        return Completion(TEXT, 100, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        right = 0.9 if any("26" in part for part in prompt.prefill) else 0.5
        return Reading(tuple(math.log(right if option == "26" else 1 - right) for option in options))


def opening(monkeypatch: pytest.MonkeyPatch, hand: Hand) -> None:
    """Lets `hand` be opened by its name."""
    for name in ("thinkaloud.api.open_model", "thinkaloud.whole.finish.open_model"):
        monkeypatch.setattr(name, lambda name, loading=None: hand if name == "hand" else name)


def run(folder: object, **settings: object) -> ta.Run:
    return ta.run("channels", Thinker(), [Lines()], items=8, difficulty=1, out=folder, settings={"shots": 0} | settings)  # type: ignore[arg-type]


def test_another_model_edits_is_billed_to_the_unit_and_named(tmp_path, monkeypatch) -> None:
    hand = Hand(rightly)
    opening(monkeypatch, hand)
    made = run(tmp_path / "run", editor="hand")
    rows = {f.estimate.name: f.estimate for f in made.findings}
    assert rows["content"].value is not None and rows["paraphrase accepted"].value == 1
    found = made.records[0]["conditions"]["paraphrase"]
    assert found["between"][-1].strip() == "That gives her 26 dollars." and found["share"] == 1
    assert any("paraphrased by hand, another model than the one under test (thinker)" in note for note in made.notes)
    (unit,) = (one for one in made.units if one["phase"] == "channels")
    edits = 7 * len(hand.asked)
    assert unit["usage"]["generated"] > edits > 0 and (unit["usage"]["generated"] - edits) % 100 == 0, "100 a thought"
    assert any("100% of the sentences that have words to change were reworded" in note for note in made.notes)


def test_a_run_is_not_continued_with_another_editor_of_that_name(tmp_path, monkeypatch) -> None:
    opening(monkeypatch, Hand(rightly))
    run(tmp_path / "run", editor="hand")
    opening(monkeypatch, Hand(rightly, name="another hand"))
    with pytest.raises(UserError, match="no longer has the content that this run began with"):
        ta.run("channels", Thinker(), [Lines()], items=8, difficulty=1, out=tmp_path / "run",
               settings={"shots": 0, "editor": "hand"})  # fmt: skip


def test_an_editor_that_would_not_be_asked_is_refused_or_said() -> None:
    with pytest.raises(UserError, match="--editor hand has nothing to do with --paraphraser rules"):
        ConditionSettings(editor="hand", paraphraser="rules")


def test_without_any_model_the_rules_of_wording_make_the_paraphrase(tmp_path) -> None:
    made = run(tmp_path / "run", paraphraser="wording")
    refused = [record["rejected"] for record in made.records]
    assert all("the rules know other words for too little of it" in one["why"] for one in refused)
    assert {one["by"] for one in refused} == {"wording"}


# ------------------------------------------------------------------------------------------------- asking and planning


def test_a_model_that_thinks_in_a_block_edits_with_its_block_closed() -> None:
    class Thinks(Hand):
        profile = Profile("test", "<think>\n", "\n</think>\n\n", "</think>")

    assert asking(Thinks(rightly), "A.").thinking == Thinking((), closed=True)
    assert asking(Hand(rightly), "A.").thinking is None


def test_a_plan_counts_what_an_editor_writes_as_a_third_of_its_room() -> None:
    counted = Rehearsal(open_model("scripted:sim:.1,0,0"))  # type: ignore[arg-type]  # its tokens are words
    item = Item("i", "t", 1, "What is 5?", ("5", "6"), "5", Transcript((Step("It is 5."),)))
    counted.know([item])
    asyncio.run(counted.generate(Prompt((), f"{REQUEST}She eats 3 of them."), Sampling(60), Key(("k",))))
    assert counted.usage.generated == 20
    asyncio.run(counted.generate(Prompt((), item.asked), Sampling(60), Key(("k",))))
    assert 20 < counted.usage.generated < 40, "an item is answered with its worked reasoning"


class Wordy(Thinker):
    """A thinker that says which tokens it is given: words."""

    def session(self) -> Wordy:
        return Wordy()

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        return Completion("", 0, "stop")  # only for the plan's measure of speed

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(map(hash, text.split()))

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        return (), self.tokens(" ".join([prompt.question, *prompt.prefill])), " "


def test_a_plan_counts_what_another_model_is_asked() -> None:
    """Nothing is asked: a plan's models only count."""
    written = {}
    for name, paraphraser in (("", "rules"), ("another", "auto")):
        settings = ConditionSettings(shots=0, editor=name, paraphraser=paraphraser)
        asked = Asked(
            settings=settings, model=Wordy(), tasks=[Lines()], items=8, difficulty=1, open_model=lambda name: Wordy()
        )
        line = make_plan(Channels(), asked)[0]
        written[name] = int(line.rpartition(" to write")[0].rpartition(" ")[2].replace(",", ""))
    assert written["another"] > written[""] > 0
