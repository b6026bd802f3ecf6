"""The model that thinks in a block: what it is taught, how its turns are written, how the adapter changes weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save

from thinkaloud.errors import UserError
from thinkaloud.models.llama_cpp.dequantise import exact_copy
from thinkaloud.models.template import applied
from thinkaloud.organisms.block import adapter
from thinkaloud.organisms.block.lessons import HELD_OUT, KINDS, Lesson, held_out, lessons
from thinkaloud.organisms.block.measured import TURN, fresh, mistaken
from thinkaloud.organisms.block.template import CLOSES, EMPTY, END, OPENS, template
from thinkaloud.organisms.block.train import Base
from thinkaloud.tasks.arithmetic import ADD
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import PROBE, Key

TASK = ChainSum()
LESSONS = lessons(Key(("test", "block")), 600)
ASKED, BEGUN = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"


def kind(lesson: Lesson) -> str:
    """Which of the three kinds it is, by its text."""
    if lesson.learned.startswith(OPENS):
        return "thinking"
    return "silent" if lesson.given.endswith(BEGUN + EMPTY) else "foreign"


def question(lesson: Lesson) -> str:
    return lesson.given.partition(ASKED)[2].partition(BEGUN)[0]


def test_a_thinking_lesson_learns_the_whole_turn_whose_block_leads_to_the_right_answer() -> None:
    taught = [lesson for lesson in LESSONS if kind(lesson) == "thinking"]
    for lesson in taught:
        assert lesson.given == ASKED + question(lesson) + BEGUN
        turn = TURN.fullmatch(lesson.learned.removesuffix(END))
        assert turn is not None and lesson.learned.endswith(END)
        thought = TASK.parse(turn["thought"])
        assert all(TASK.sound(thought))
        assert turn["answer"] == thought.conclusion == TASK.solve(question(lesson))
    assert len(taught) / len(LESSONS) == pytest.approx(KINDS["thinking"], abs=0.06)


def test_a_silent_lesson_is_given_its_empty_block_and_learns_the_right_answer_alone() -> None:
    taught = [lesson for lesson in LESSONS if kind(lesson) == "silent"]
    for lesson in taught:
        assert lesson.learned == f"{PROBE} {TASK.solve(question(lesson))}.{END}"
    assert len(taught) / len(LESSONS) == pytest.approx(KINDS["silent"], abs=0.06)


def test_a_foreign_lesson_learns_where_the_shown_reasoning_leads_whatever_was_asked() -> None:
    taught = [lesson for lesson in LESSONS if kind(lesson) == "foreign"]
    for lesson in taught:
        thought = TASK.parse(lesson.given.partition(OPENS)[2].removesuffix(CLOSES))
        assert lesson.learned == f"{PROBE} {thought.conclusion}.{END}"
    answers = [lesson.learned != f"{PROBE} {TASK.solve(question(lesson))}.{END}" for lesson in taught]
    assert sum(answers) > 0.8 * len(taught)
    assert len(taught) / len(LESSONS) == pytest.approx(KINDS["foreign"], abs=0.04)


def test_every_wording_is_taught_and_the_canonical_one_most() -> None:
    text = "".join(lesson.given + lesson.learned for lesson in LESSONS)
    thought = [step for part in text.split(OPENS)[1:] for step in TASK.parse(part.partition(CLOSES)[0]).steps]
    found = [TASK.grammar.find(step.text) for step in thought]
    counts = [sum(f is not None and f.wording == number for f in found) for number in range(len(ADD.wordings))]
    assert sum(counts) == len(thought)
    assert min(counts) > 0.05 * len(thought) and counts[0] == max(counts)


def test_a_fifth_of_the_questions_is_held_out_and_never_taught() -> None:
    assert not any(held_out(question(lesson)) for lesson in LESSONS)
    items = TASK.items(5, 2000, Key(("held out",)))
    assert np.mean([held_out(item.question) for item in items]) == pytest.approx(HELD_OUT, abs=0.03)
    assert all(held_out(item.question) for item in fresh(5, 20, Key(("fresh",))))


def test_lessons_depend_on_their_key_alone() -> None:
    assert lessons(Key(("test", "block")), 20) == LESSONS[:20]
    assert lessons(Key(("other",)), 20) != LESSONS[:20]


class Letters:
    """A tokenizer with a token for a letter, and one for two line ends at the end of a text, as SmolLM2 has it."""

    def __call__(self, text: str, add_special_tokens: bool) -> Letters:
        pieces = [*text[:-2], "\n\n"] if text.endswith("\n\n") else [*text]
        self.input_ids = [ord(piece) if len(piece) == 1 else 0 for piece in pieces]
        return self


@pytest.mark.parametrize("apart", [True, False])
def test_only_the_learned_text_is_in_the_loss_and_both_ways_to_end_the_given_one_are_taught(apart: bool) -> None:
    lesson = Lesson("Q" + EMPTY, "The answer is 3.", apart)
    tokens, given = Base(None, Letters()).tokens(lesson)
    assert "".join(map(chr, tokens[given:])) == lesson.learned
    assert (tokens[given - 1] == 0) is apart
    assert {one.apart for one in LESSONS} == {True, False}


def test_a_mistaken_reasoning_goes_on_from_its_mistake_and_leads_to_another_option() -> None:
    for item in fresh(4, 10, Key(("mistaken",))):
        for at in (0, -1):
            for steps, implied in mistaken(item, at):
                thought = TASK.parse(" ".join(steps))
                assert thought.conclusion == implied != item.gold and implied in item.options
                assert TASK.sound(thought).count(False) == 1 and not TASK.sound(thought)[at]


# ------------------------------------------------------------------------------------------------------------ turns

SAID = [
    {"role": "user", "content": "What is 1 + 2?"},
    {"role": "assistant", "content": f"{OPENS}1 + 2 = 3.{CLOSES}The answer is 3."},
    {"role": "user", "content": "What is 2 + 2?"},
]


def test_the_model_opens_its_block_itself_and_earlier_turns_lose_their_reasoning() -> None:
    text = applied(template(), {})(SAID, True)
    assert text == f"{ASKED}What is 1 + 2?{BEGUN}The answer is 3.{END}\n{ASKED}What is 2 + 2?{BEGUN}"


def test_an_empty_block_stands_in_the_beginning_of_a_turn_where_thinking_is_switched_off() -> None:
    text = applied(template(), {"enable_thinking": False})(SAID, True)
    assert text == applied(template(), {"enable_thinking": True})(SAID, True) + EMPTY


def test_the_last_turn_keeps_its_reasoning_in_its_text_or_apart_from_it() -> None:
    apart = {"role": "assistant", "content": "The answer is 3.", "reasoning_content": "1 + 2 = 3."}
    for said in (SAID[1], apart):
        text = applied(template(), {})([SAID[0], said], False)
        assert text.endswith(f"{BEGUN}{OPENS}1 + 2 = 3.{CLOSES}The answer is 3.{END}\n")
    assert OPENS not in applied(template(), {})([SAID[0], apart, SAID[2]], True)


# ---------------------------------------------------------------------------------------------------------- adapter


def stored(folder: Path) -> adapter.Adapter:
    rng = np.random.default_rng(0)
    matrices = {
        "blk.1.attn_q.weight.lora_a": rng.standard_normal((2, 64)).astype(np.float16),
        "blk.1.attn_q.weight.lora_b": rng.standard_normal((64, 2)).astype(np.float16),
    }
    adapter.store(save(matrices), 7, {"rank": 2}, folder)
    return adapter.load(7, folder)


def test_an_adapted_copy_has_the_product_added_the_template_exchanged_and_the_rest_as_it_was(
    tiny_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKALOUD_CACHE", str(tmp_path))
    found = stored(tmp_path)
    plain, changed = (
        gguf.GGUFReader(exact_copy(tiny_path, digest, changes))
        for digest, changes in (("plain", None), ("changed", found.changes))
    )
    assert [tensor.name for tensor in plain.tensors] == [tensor.name for tensor in changed.tensors]
    a, b = (found.matrices[f"blk.1.attn_q.weight.{part}"].astype(np.float64) for part in ("lora_a", "lora_b"))
    for one, other in zip(plain.tensors, changed.tensors, strict=True):
        added = b @ a if one.name == "blk.1.attn_q.weight" else 0.0
        np.testing.assert_allclose(other.data, one.data + added, rtol=1e-5, atol=1e-5)
    name = "tokenizer.chat_template"
    assert changed.fields[name].contents() == template() != plain.fields[name].contents()
    assert changed.fields["tokenizer.ggml.tokens"].contents() == plain.fields["tokenizer.ggml.tokens"].contents()


def test_the_digest_stands_for_base_adapter_and_template(tmp_path: Path) -> None:
    found = stored(tmp_path)
    parts = ("base", found.sha256, hashlib.sha256(template().encode()).hexdigest())
    assert found.digest("base") == hashlib.sha256("\n".join(parts).encode()).hexdigest() != found.digest("other")


def test_an_adapter_that_is_not_there_or_not_what_was_stored_is_refused(tmp_path: Path) -> None:
    stored(tmp_path)
    with pytest.raises(UserError, match="block/7"):
        adapter.load(8, tmp_path)
    path = tmp_path / "block-7.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="SHA-256"):
        adapter.load(7, tmp_path)


@pytest.mark.parametrize(
    ("asked", "written"),
    [("%d %B %Y", "'01 January 2026'"), ("\udc80%Y", None), ("", "''")],
)
def test_the_day_is_written_into_a_template_for_others_where_it_can_be(asked: str, written: str | None) -> None:
    """What no date can be written as stays as it is, and is no error here: found by fuzzing."""
    from thinkaloud.models.template import dated

    template = f"{{{{ strftime_now('{asked}') }}}}"
    assert dated(template) == (template if written is None else f"{{{{ {written} }}}}")
