"""The comparison with other tools is fair and adds up: same texts for everybody, tokens counted right, medians shown.

No peer is run here.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "peers"))

import questions
import workload as wl
from contenders import CONTENDERS
from engines.branches import branches, joined
from plots import plots
from results import Line, Results, agree, summaries
from table import aims, document

from thinkaloud.models.render import chat
from thinkaloud.vocabulary import Prompt, Shot

TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    + wl.SYSTEM
    + "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'"
    " + '\n'}}"
    "{% endfor %}"
)
"""As SmolLM2's weights bring it, without its last line, which opens a turn that is open here already."""

SHOTS = {"none": (), "one": (("Q?", "A."),)}
WRITE = wl.Write("w", "none", ("Say",), (), 3, 2, 0.7)
READ = wl.Score("s", "one", ("Ask", wl.Ref("w", 1)), (wl.Ref("w", 0, (("a", "b"),)), "So"), ("A", "B"))
SMALL = wl.Workload("early", 1, SHOTS, ((WRITE,), (READ,)))


def scripted(asks: list[wl.Ask]) -> wl.Answers:
    """Writes the same words, and prefers the first option."""
    answers = wl.Answers()
    for ask in asks:
        if isinstance(ask.op, wl.Write):
            answers.texts[ask.op.id] = [f" one<|im_end|>\n a{k}" for k in range(ask.op.n)]
        else:
            answers.logprobs[ask.op.id] = [-float(i) for i in range(len(ask.op.options))]
    return answers


@pytest.mark.parametrize("make", [make for group in questions.QUICK.values() for make in group])
def test_every_workload_survives_json_and_its_references_resolve(make: Any) -> None:
    workload = make()
    again = wl.load(json.loads(json.dumps(wl.dump(workload))))
    assert again == workload
    answers, asks = wl.play(again, scripted)
    assert len(asks) == sum(map(len, workload.stages)) == len(answers.asked)
    assert not any("Ref(" in ask.text for ask in asks)


def test_what_was_written_is_referred_to_without_marks_and_edited() -> None:
    _, asks = wl.play(SMALL, scripted)
    assert asks[1].question == "Ask one a1"
    assert asks[1].prefill == ("one b0", "So")


def test_a_reference_to_nothing_is_an_error() -> None:
    with pytest.raises(KeyError, match="'w'"):
        wl.resolve(SMALL, READ, {})


def test_a_filler_is_as_long_as_what_it_replaces() -> None:
    assert wl.cut("a b c.", 6) == "a b c. a b"
    assert wl.units(wl.cut("...", wl.units("5 + 6 = 11."))) == 9  # whole words: the first multiple of three from 7


def test_prompts_are_written_as_the_chat_template_and_thinkaloud_write_them() -> None:
    """All peers are sent the same text: by our own renderer for ours, by `Ask.text` for the others."""
    _, asks = wl.play(SMALL, scripted)
    for ask in asks:
        shots = tuple(Shot(question, (answer,)) for question, answer in ask.shots)
        ours = chat(TEMPLATE, "", "")(Prompt(shots, ask.question, ask.prefill))
        assert ours.preamble + ours.question + ours.turn + "".join(ours.parts) == ask.text
        assert ours.lead == ask.lead


def test_unique_tokens_equal_a_count_by_hand() -> None:
    """Two prompts of 3 words that share 2, two options each: the last token of a sequence is read, not computed."""
    one = [["x", "y", "p", "A"], ["x", "y", "p", "B"], ["x", "y", "q", "A"], ["x", "y", "q", "B"]]
    assert wl.count(one) == (12, 4)
    assert wl.count([["x", "y", "p", "1", "7"], ["x", "y", "p", "1", "8"]]) == (8, 4)


def test_sequences_are_prompts_with_every_option_and_every_writing() -> None:
    answers, asks = wl.play(SMALL, scripted)
    found = wl.sequences(asks, answers.texts)
    assert [text.rsplit("\n", 1)[1] for text in found] == [" a0", " a1", "one b0 So A", "one b0 So B"]


def test_the_sizes_of_early_answering_are_readings() -> None:
    workload = questions.early(4)
    assert len(workload.stages[0]) == 5
    texts = [ask.text for ask in wl.play(workload, scripted)[1]]
    bare = [text.removesuffix(questions.PROBE) for text in texts]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(bare))


def test_the_right_answer_is_not_always_the_same_letter() -> None:
    letters = {questions.Sum((1, x)).letter for x in range(1, 6)}
    assert letters == set(questions.LETTERS)
    one = questions.Sum((3, 4, 9))
    assert one.values[questions.LETTERS.index(one.letter)] == "16"
    assert len(set(one.values)) == 5


def test_options_of_several_tokens_are_walked_once() -> None:
    options = [(1, 7, 5), (1, 8, 5)]
    assert branches(options) == {(): [1], (1,): [7, 8], (1, 7): [5], (1, 8): [5]}
    known = {((), 1): -1.0, ((1,), 7): -2.0, ((1, 7), 5): -3.0, ((1,), 8): -4.0}
    assert joined(options, known) == [-6.0, None]


# --------------------------------------------------------------------------------------------------- results


def line(peer: str, repeat: int, cpu: float, logprobs: list[float | None] | None = None, **changes: Any) -> Line:
    answers = {"logprobs": {"s": logprobs or [0.0, -1.0]}, "asked": {"s": "same"}, "texts": {}}
    cost = {"cpu": cpu, "wall": cpu / 2, "peak": 1e8}
    made = Line(
        peer, "early", 10, "d", repeat, 2, None, cost, {"asked": 90, "unique": 10, "computed": 12}, answers, {"v": "1"}
    )
    return replace(made, **changes)


def test_a_table_shows_median_least_and_most() -> None:
    lines = [line("naive", k, cpu) for k, cpu in enumerate((30.0, 10.0, 20.0))]
    lines += [line("thinkaloud_llama", k, cpu) for k, cpu in enumerate((1.0, 5.0, 2.0))]
    text = document(lines, {"threads": "2"})
    assert "| 20.0 (10.0 to 30.0) | 10.0 (5.0 to 15.0) | 10.0 | 12 / 10 = 1.20 |" in text
    assert "| 2.0 (1.0 to 5.0) |" in text


def test_what_did_not_run_says_why_and_is_no_zero() -> None:
    failed = Line.failed("vllm_cpu", ("early", 10, "d"), 0, 2, "needs | another processor")
    text = document([line("naive", 0, 1.0), failed], {})
    assert "*did not run*: needs / another processor" in text
    assert [one.cpu for one in summaries([failed])] == [None]


def test_aims_compare_with_the_best_of_each_and_can_be_missed() -> None:
    lines = [line("thinkaloud_llama", 0, 2.0), line("lm_eval", 0, 19.0), line("llama_server", 0, 1.9)]
    lines.append(line("vllm_cpu_bf16", 0, 0.1))  # other arithmetic: not held against us
    said = aims(summaries(lines))
    assert "9.50 times fewer CPU seconds than lm-evaluation-harness, at least 10: **missed**" in said[0]
    assert "0.95 times fewer CPU seconds than llama-server" in said[1] and "**missed**" in said[1]
    assert "1.200 tokens computed a unique token" in said[2]
    lines[0] = line("thinkaloud_llama", 0, 1.9)
    assert aims(summaries(lines))[0].endswith("reached")


def test_agreement_is_of_probabilities_on_the_same_prompts_alone() -> None:
    reference = {"logprobs": {"a": [0.0, math.log(3)], "b": [0.0, -9.0]}, "asked": {"a": "1", "b": "2"}}
    other = {"logprobs": {"a": [5.0, 5.0], "b": [-9.0, 0.0]}, "asked": {"a": "1", "b": "else"}}
    found = agree(reference, other)
    assert found is not None and (found.n, found.same) == (1, 0.0)
    assert found.largest == pytest.approx(0.25)
    unread = agree(reference, {"logprobs": {"a": [None, 0.0]}, "asked": {"a": "1"}})
    assert unread is not None and (unread.n, unread.unread) == (0, 1)


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Measured cells are kept, a line that was cut off is none, failures are tried again by the next run only."""
    path = tmp_path / "results.jsonl"
    first = Results(path)
    first.add(line("naive", 0, 1.0))
    first.add(Line.failed("lm_eval", ("early", 10, "d"), 0, 2, "why"))
    assert len(first.of("lm_eval", ("early", 10, "d"), 2)) == 1
    with path.open("a") as file:
        file.write('{"peer": "naive", "wor')
    again = Results(path)
    assert [one.cost["cpu"] for one in again.of("naive", ("early", 10, "d"), 2)] == [1.0]
    assert again.of("lm_eval", ("early", 10, "d"), 2) == []
    assert again.of("naive", ("early", 10, "d"), 1) == []


def test_figures_hold_every_peer_that_ran() -> None:
    lines = [line(peer, 0, 1.0 + k, size=size) for k, peer in enumerate(CONTENDERS) for size in (4, 10)]
    lines += [line("naive", 0, 3.0, workload="rungs")]
    figures = plots(lines)
    assert set(figures) == {"early.svg", "rungs.svg"}
    assert all(one.title in figures["early.svg"] for one in CONTENDERS.values())


def test_cost_a_token_is_shown_over_that_of_the_smallest_size() -> None:
    tokens = {500: {"asked": 1, "unique": 500, "computed": 500}, 4000: {"asked": 1, "unique": 4000, "computed": 4000}}
    cpu = {500: 1.0, 4000: 12.0}
    lines = [line("thinkaloud_torch", 0, cpu[n], workload="linear", size=n, tokens=tokens[n]) for n in (4000, 500)]
    text = document(lines, {})
    assert "| thinkaloud, transformers | 500 | 1.00 | 2.00 | 1.00 |" in text
    assert "| thinkaloud, transformers | 4,000 | 12.00 | 3.00 | 1.50 |" in text
