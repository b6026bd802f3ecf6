"""A training measured while it goes on: nothing in it changes, and what measuring may cost is bounded."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from thinkaloud.errors import UserError
from thinkaloud.interop.watch import undisturbed, watch
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.model import live
from tiny_torch import LOADING, checkpoint

SETTINGS = {"shots": 1, "think_tokens": 8}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("watch"), "qwen2")


def network(base: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)


def test_a_network_in_memory_is_the_model_of_its_files(base: Path) -> None:
    model, tokenizer = network(base)
    inside, outside = live(model, tokenizer, "step 5", LOADING), open_transformers(base, LOADING)
    from thinkaloud.vocabulary import Prompt

    prompt = Prompt((), "What is 2 + 2?", ("It is",))
    assert inside.lower(prompt) == outside.lower(prompt)
    import asyncio

    one, other = (asyncio.run(m.score(prompt, ("3", "4"))).logprobs for m in (inside, outside))
    assert one == pytest.approx(other, abs=1e-5)
    before = inside.card.digest
    with torch.no_grad():
        next(iter(model.parameters()))[0, 0] += 1
    assert (
        live(model, tokenizer, "step 6", LOADING).card.digest
        != before
        == live(*network(base), "x", LOADING).card.digest
    )


def test_measuring_disturbs_nothing(base: Path) -> None:
    model, _ = network(base)
    model.train()
    model.model.layers[0].eval()
    torch.manual_seed(3)
    wanted = (torch.rand(3), torch.rand(3))[1]
    torch.manual_seed(3)
    torch.rand(3)
    with undisturbed(model):
        assert not model.training
        torch.rand(100)
    assert torch.equal(torch.rand(3), wanted)
    assert model.training and not model.model.layers[0].training and model.model.layers[1].training


def callback(out: Path, **more: Any) -> Any:
    given = {
        "every": 1,
        "items": 8,
        "settings": SETTINGS,
        "loading": LOADING,
        "difficulty": 3,
        "say": lambda line: None,
    }
    return watch("channels", ["coin"], out=out, **{**given, **more})


def test_a_measurement_that_takes_too_long_is_skipped_and_the_last_one_made(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of its own: a step takes a second, a measurement ten; a fifth may be for measuring."""
    now, made, model = [0.0], callback(tmp_path).watch, torch.nn.Linear(1, 1)
    monkeypatch.setattr("thinkaloud.interop.watch.time", SimpleNamespace(perf_counter=lambda: now[0]))

    def run(*args: Any, **more: Any) -> None:
        now[0] += 10

    monkeypatch.setattr("thinkaloud.interop.watch.api", SimpleNamespace(run=run, compare=lambda *a, **m: None))
    monkeypatch.setattr("thinkaloud.models.transformers.model.live", lambda *a: None)
    made.begin(model, None)
    for step in range(1, 101):
        now[0] += 1
        made.after(model, None, step)
        assert step < 45 or made.seconds <= 0.2 * made.training + 1e-9
    made.end(model, None, 100)
    assert min(step for step in made.measured if step) == 80 and 100 in made.measured
    assert len(made.skipped) == 98 and not made.failed


def test_a_failure_never_ends_a_training(tmp_path: Path) -> None:
    said: list[str] = []
    made = callback(tmp_path, say=said.append).watch
    made.begin(torch.nn.Linear(1, 1), None)  # no language model at all
    assert 0 in made.failed and "step 0 was not measured" in said[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"every": 0}, "every is 0"),
        ({"most": 0.0}, "most is 0.0"),
        ({"difficulty": "edge"}, "give a level"),
        ({"difficulty": 1}, "has no level 1"),
        ({"settings": {"shot": 1}}, "shot"),
    ],
)
def test_what_cannot_be_is_said(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        callback(tmp_path, **more)


def test_what_is_usual_can_be_done(tmp_path: Path) -> None:
    """The usual task has no level 1, which was the usual level: without a level, the least that all tasks have."""
    assert watch(every=1, out=tmp_path).watch.difficulty == 2
    assert watch("channels", ["chain_sum", "coin"], every=1, out=tmp_path).watch.difficulty == 2
    (tmp_path / "one.jsonl").write_text('{"question": "2+2?", "options": ["4", "5"], "answer": "4"}\n')
    with pytest.raises(UserError, match="no level is in all of the tasks 'chain_sum, one': give a difficulty"):
        watch("channels", ["chain_sum", str(tmp_path / "one.jsonl")], every=1, out=tmp_path)


@pytest.mark.slow
def test_a_real_grpo_training_is_measured_and_unchanged(base: Path, tmp_path: Path) -> None:
    """TRL's own trainer, two steps: with the callback it ends with the same weights as without."""
    trl = pytest.importorskip("trl")
    from datasets import Dataset

    ends = []
    for watched in (False, True):
        model, tokenizer = network(base)
        tokenizer.pad_token = "<|im_end|>"
        asked = callback(tmp_path / "watched", every=1, most=1.0)
        trainer = trl.GRPOTrainer(
            model=model,
            reward_funcs=lambda completions, **more: [float(len(set(text))) for text in completions],
            args=trl.GRPOConfig(
                output_dir=str(tmp_path / "trained"), max_steps=2, per_device_train_batch_size=4, num_generations=4,
                max_completion_length=8, learning_rate=1e-2, use_cpu=True, report_to=[], save_strategy="no",
                bf16=False, disable_tqdm=True, seed=1,
            ),
            train_dataset=Dataset.from_dict({"prompt": [f"What is {i} + {i}?" for i in range(8)]}),
            processing_class=tokenizer,
            callbacks=[asked] if watched else [],
        )  # fmt: skip
        trainer.train()
        ends.append({name: weight.detach().clone() for name, weight in model.named_parameters()})
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert not asked.watch.failed and sorted(asked.watch.measured) == [0, 1, 2]
    digests = {json.loads((folder / "model.json").read_text())["digest"] for folder in asked.watch.measured.values()}
    assert len(digests) == 3
    assert (tmp_path / "watched" / "compare" / "report.html").is_file() and 0 < asked.watch.overhead <= 1


def recipe() -> Any:
    file = Path(__file__).parent.parent / "examples" / "training" / "grpo.py"
    spec = importlib.util.spec_from_file_location("grpo", file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.slow
def test_the_recipe_for_one_gpu_runs_with_a_tiny_model_on_the_cpu(base: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    done = recipe().main(
        f"--model {base} --train mod5 --level 1 --items 2 --questions 12 --length 0.5 --steps 2 --every 2 --most 1 "
        f"--room 8 --generations 4 --out {tmp_path / 'run'}".split()
    )
    assert sorted(done.measured) == [0, 2], done.failed


def test_the_recipe_rewards_right_answers_and_short_ones() -> None:
    from thinkaloud.tasks import open_task
    from thinkaloud.vocabulary import Key

    task = open_task("chain_sum")
    item = task.items(3, 1, Key(("k",)))[0]
    asked = [[{"role": "user", "content": item.question}]] * 3
    wrong = next(option for option in item.options if option != item.gold)
    said = [[{"content": text}] for text in (f"So. The answer is {item.gold}.", f"The answer is {wrong}.", "Well.")]
    found = recipe().reward(task, {item.question: item}, 0.5, 10)(asked, said, [[1] * 5, [1] * 10, [1] * 2])
    assert found == [0.75, -0.5, -0.1]
