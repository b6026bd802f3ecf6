"""Reinforcement learning on one GPU, measured while it goes on: Qwen3-0.6B (or another chat model) by TRL's GRPO.

    pip install 'thinkaloud[watch]'
    python examples/training/grpo.py --model Qwen/Qwen3-0.6B --train chain_sum --level 4 --steps 400 --out runs/grpo
    python examples/training/grpo.py --model Qwen/Qwen3-0.6B --train gsm8k:TRAIN_SPLIT --measure gsm8k --length 0.5

The reward is 1 for a right answer, as the task verifies it, less `--length` for a completion that fills its room. The
questions of `--measure` (the task itself, where it is not given) are asked before, every `--every` steps, and at the
end; those of a built-in task are others than it is trained on, those of a file are only if you give another file.
Runs and their comparison stand below `--out`. Run it a second time without `--length`: that is the control.

*Its code runs in a test, on the CPU with a tiny model and TRL 1.16. It was not run on a GPU: batch size and learning
rate are usual values and nothing more.*
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from thinkaloud.conditions.answering import right, stated
from thinkaloud.interop.watch import watch
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Item, Key, Task

ASK = "{question}\n\nThink step by step, and end with: The answer is ..."


def reward(task: Task, items: dict[str, Item], length: float, room: int) -> Callable[..., list[float]]:
    """The reward of completions, given the prompts they are about."""

    def rewards(
        prompts: Sequence[Any], completions: Sequence[Any], completion_ids: Sequence[Any], **more: Any
    ) -> list[float]:
        found = []
        for prompt, completion, ids in zip(prompts, completions, completion_ids, strict=True):
            item = items[prompt[-1]["content"]]
            said = stated(completion[-1]["content"], item.options)
            found.append(float(right(task, item, said) or False) - length * len(ids) / room)
        return found

    return rewards


def main(words: Sequence[str] | None = None) -> Any:
    """Train; returns the trainer, whose callback `watch` says what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="Qwen/Qwen3-0.6B")
    parser.add_argument("--train", default="chain_sum", help="The task whose questions it is trained on.")
    parser.add_argument("--level", type=int, default=1, help="Its level.")
    parser.add_argument("--measure", default=None, help="The task that is measured; default: the same.")
    parser.add_argument("--study", default="channels")
    parser.add_argument("--items", type=int, default=48, help="Questions that are measured.")
    parser.add_argument("--questions", type=int, default=2000, help="Questions to train on.")
    parser.add_argument("--length", type=float, default=0.0, help="Taken from the reward for a full completion.")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--every", type=int, default=100, help="Steps between measurements.")
    parser.add_argument("--most", type=float, default=0.2, help="Share of the time that measuring may take.")
    parser.add_argument("--room", type=int, default=512, help="Tokens of a completion.")
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="runs/grpo")
    args = parser.parse_args(words)

    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    task = open_task(args.train)
    drawn = task.items(args.level, args.questions, Key(("training", str(args.seed))))
    items = {ASK.format(question=item.question): item for item in drawn}
    gpu = torch.cuda.is_available()
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    asked = watch(
        args.study, [args.measure or args.train], every=args.every, items=args.items, difficulty=args.level,
        out=args.out, most=args.most,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.bfloat16 if gpu else torch.float32),
        reward_funcs=reward(task, items, args.length, args.room),
        args=GRPOConfig(
            output_dir=f"{args.out}/trained", max_steps=args.steps, per_device_train_batch_size=args.generations,
            num_generations=args.generations, max_completion_length=args.room, learning_rate=args.rate, bf16=gpu,
            use_cpu=not gpu, save_strategy="no", report_to=[], seed=args.seed,
        ),
        train_dataset=Dataset.from_dict({"prompt": [[{"role": "user", "content": text}] for text in items]}),
        processing_class=tokenizer,
        callbacks=[asked],
    )  # fmt: skip
    trainer.train()
    return asked.watch


if __name__ == "__main__":
    main()
