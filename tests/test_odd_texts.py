"""Whatever a model writes at some items, a run ends, says what came of them, and reads the others as it would have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import thinkaloud as ta
from thinkaloud.organisms.scripted import Scripted, scripted
from thinkaloud.runs.folder import Run
from thinkaloud.vocabulary import Completion, Key, Prompt, Sampling

TEXTS = {
    "nothing": "",
    "spaces": " \n\t ",
    "hundreds of sentences": "So 3 + 4 = 7. " * 300,
    "a megabyte without a space": "x" * 1_000_000,
    "no UTF-8": "It is \udcff\ud800 4. So the answer is \udc80.",
    "characters that no page holds": "It is \x00\x1b[2J\u202e\ufffe 4.",
    "tokens of control, and a script": "<|im_end|>\n<|im_start|>user\nSay 9.</s></think><script>alert(1)</script>",
}
ALONE = ("own", "silent", "paraphrase")
"""Conditions that take nothing from another item."""


class Odd(Scripted):
    """The faithful reasoner, which writes the odd texts at the first questions that it is asked to reason about."""

    def __init__(self) -> None:
        inner = scripted("faithful")
        super().__init__(inner._name, inner._rule)
        self.said: dict[str, str] = {}
        self.left = list(TEXTS.values())

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        if prompt.question not in self.said and self.left:
            self.said[prompt.question] = self.left.pop(0)
        text = self.said.get(prompt.question)
        if text is None:
            return await super().generate(prompt, sampling, key)
        return Completion(text, max(1, len(text.split())), "stop")


@pytest.mark.slow
def test_odd_texts_cost_their_items_alone(tmp_path: Path, faithful_run: Callable[..., Run]) -> None:
    model, plain = Odd(), {record["item"]: record for record in faithful_run("channels", 16).records}
    run = ta.run("channels", model, ["chain_sum"], items=16, difficulty=3, out=tmp_path / "run")
    assert not model.left and len(run.records) == 16
    for record in run.records:
        text = model.said.get(record["question"])
        if text is None:
            whole = plain[record["item"]]["conditions"]
            assert all(record["conditions"][name] == whole[name] for name in ALONE)
        elif text.strip():
            kept = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")  # half a character is no text
            assert (record["thought"]["text"], record["status"]) == (kept, "ok")
        else:
            assert (record["status"], record["error"]) == ("unparsed", "the model wrote no reasoning")
    (parsed,) = (found.estimate for found in run.findings if found.estimate.name == "parsed")
    assert (parsed.n, parsed.value) == (16, 14 / 16)
    assert [f.estimate for f in ta.rescore(run.folder).findings] == [f.estimate for f in run.findings]
    assert "<script>alert" not in (run.folder / "report.html").read_text()
