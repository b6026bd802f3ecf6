"""`thinkaloud measure`: checkpoints of somebody's own training, adapters among them, each held against the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from thinkaloud.beside import in_order
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.models.requests import ScoreRequest
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.files import adapted, digest
from thinkaloud.models.transformers.loaded import load
from tiny_torch import LOADING, checkpoint

ASKED = "--task chain_sum --difficulty 3 --items 24"


def measure(*words: str) -> Result:
    return CliRunner().invoke(cli, ["measure", *words, *ASKED.split()])


def test_checkpoints_are_held_against_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"scripted:mixture:{dial}" for dial in (0.9, 0.9, 0.1)]
    names[1] = "scripted:mixture:0.90"  # the same by another name: nothing may have changed
    done = measure(*names, "--out", "compared")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "compared" / "compare.json").read_text())
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 3 and (tmp_path / "compared" / "report.html").is_file()
    assert "scripted:mixture:0.1" in done.output and found
    stamps = {run: (run / "findings.json").stat().st_mtime_ns for run in runs}
    again = measure(*names, "--out", "compared")
    assert again.exit_code == 0 and stamps.keys() == set((tmp_path / "runs").iterdir())


def test_one_checkpoint_is_not_enough_and_none_is_named_twice(tmp_path: Path) -> None:
    one = measure("scripted:posthoc")
    assert isinstance(one.exception, UserError)
    assert str(one.exception) == "measure needs two checkpoints or more, and has 1: scripted:posthoc"
    with pytest.raises(UserError, match="'a' is named twice"):
        in_order(["a", "b", "a"])


def test_a_folder_of_checkpoints_stands_for_them_in_the_order_of_their_steps(tmp_path: Path) -> None:
    for step in (900, 1000, 200):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-old").mkdir()
    steps = [str(tmp_path / f"checkpoint-{step}") for step in (200, 900, 1000)]
    assert in_order([str(tmp_path)]) == steps
    assert in_order(["base", str(tmp_path)]) == ["base", *steps]
    (tmp_path / "config.json").write_text("{}")  # a model, whatever else lies in its folder
    assert in_order([str(tmp_path)]) == [str(tmp_path)]


def test_a_lora_adapter_is_a_model_with_its_weights_changed(tmp_path: Path) -> None:
    """The logits are those that peft computes, another adapter is another model, and its files say which model it is
    for."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    base = checkpoint(tmp_path, "llama")
    tokens = (5, 6, 7, 8, 9, 10)
    digests = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        changed = peft.get_peft_model(
            AutoModelForCausalLM.from_pretrained(base),
            peft.LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False),
        )
        folder = tmp_path / f"adapter-{seed}"
        changed.save_pretrained(folder)
        with torch.no_grad():
            wanted = changed(torch.tensor([tokens])).logits[0, -1].log_softmax(-1).numpy()
        model = open_transformers(folder, LOADING)
        reading = model.engine.score([ScoreRequest((), tokens, tuple((i,) for i in range(20, 30)))])[0]
        assert np.allclose(reading.logprobs, wanted[20:30], atol=1e-4)
        assert model.card.name == f"adapter-{seed}" and adapted(folder) == base
        digests.add(digest(folder))
    plain = open_transformers(base, LOADING).engine.score([ScoreRequest((), tokens, ((20,), (21,)))])[0]
    assert not np.allclose(plain.logprobs, wanted[20:22], atol=1e-2)
    assert len({*digests, digest(base)}) == 3


def test_adapters_are_swapped_and_their_model_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There and back again gives the same bits, weights that no adapter changes are in memory once, and a model whose
    files changed is read anew."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    base = checkpoint(tmp_path, "llama")
    for seed in (1, 2):
        torch.manual_seed(seed)
        config = peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
        peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(tmp_path / f"a-{seed}")
    read, from_files = [], AutoModelForCausalLM.from_pretrained

    def counted(*args: Any, **options: Any) -> Any:
        read.append(args)
        return from_files(*args, **options)

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", counted)
    one, two, again = (load(tmp_path / f"a-{seed}", LOADING).model.state_dict() for seed in (1, 2, 1))
    assert len(read) == 1
    differ = {name for name in one if not torch.equal(one[name], two[name])}
    assert differ and all("q_proj" in name for name in differ)
    assert all(torch.equal(one[name], again[name]) for name in one)
    same = [name for name in one if one[name].data_ptr() == two[name].data_ptr()]
    assert {name for name in one if "q_proj" not in name and one[name].dim() > 1} == set(same)
    (base / "config.json").touch()
    load(tmp_path / "a-1", LOADING)
    assert len(read) == 2


def test_an_adapter_that_brings_biases_leaves_its_model_as_it_is(tmp_path: Path) -> None:
    """The next adapter of the same model is measured on the model's own biases."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    base = checkpoint(tmp_path, "qwen2")
    for name, bias in (("one", "all"), ("two", "none")):
        torch.manual_seed(1)
        config = peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, bias=bias)
        changed = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
        with torch.no_grad():
            for weight_name, weight in changed.named_parameters():
                if weight_name.endswith("bias") and bias == "all":
                    weight.add_(1.0)
        changed.save_pretrained(tmp_path / name)
    alone = load(tmp_path / "two", LOADING).model.state_dict()
    other = load(tmp_path / "one", LOADING).model.state_dict()
    after = load(tmp_path / "two", LOADING).model.state_dict()
    assert all(torch.equal(alone[name], after[name]) for name in alone)
    assert any(not torch.equal(alone[name], other[name]) for name in alone if name.endswith("bias"))


def test_an_adapter_that_does_not_name_its_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(UserError, match="does not name its model"):
        adapted(tmp_path)


def test_an_adapter_may_lie_beside_its_model(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "../base"}))
    assert adapted(tmp_path / "adapter") == tmp_path / "adapter" / ".." / "base"
