"""How a family of models reasons: where its thinking begins and ends, how it stays silent, how it wants to be sampled.

A profile is data: one small TOML file a family (`profiles/`), detected from a model's chat template and tokenizer and
never from its name alone. A model without a block to think in has none. This module knows no model and no text of a
prompt; `render.py` writes turns by a profile, `thinkaloud check` tests each line of it on the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Silence = Literal["empty", "switch", "instruction", "omitted"]
"""How a model can be asked for an answer without reasoning. `empty`: a block with nothing in it; `switch`: its template
is told to (`Prompt.off`); `instruction`: words in the question say so, before an empty block; `omitted`: the turn goes
on to the answer and no block is written."""


@dataclass(frozen=True, slots=True)
class Recommended:
    """How a family wants its reasoning sampled, and where that is said. `greedy`: whether temperature 0 is usable;
    where not, `why`."""

    temperature: float
    top_p: float = 1.0
    top_k: int = 0
    greedy: bool = True
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a family reasons.

    `opens` and `closes` are written around a reasoning, white space included (`<think>\\n` and `\\n</think>\\n\\n`);
    `mark` is what the model itself writes where its reasoning ends (`</think>`). `given`: the template's own beginning
    of a turn opens the block already. `silence`: the forms that it takes, the usual one first. `switch`: the name of
    the template's variable that switches reasoning off, with the value that does (`False`, and `True` switches it on);
    `instruction`: words that ask for it. `direct`: what stands before an answer that no block precedes, in a family
    that writes something there (`<|channel|>final<|message|>`).
    """

    family: str
    opens: str
    closes: str
    mark: str
    given: bool = False
    silence: tuple[Silence, ...] = ("empty",)
    switch: tuple[str, bool] | None = None
    instruction: str = ""
    direct: str = ""
    sampling: Recommended | None = None
    notes: tuple[str, ...] = ()

    def variables(self, off: bool) -> dict[str, bool]:
        """What the template is told: reasoning on, or off."""
        if self.switch is None:
            return {}
        name, value = self.switch
        return {name: value if off else not value}

    @property
    def sentence(self) -> str:
        """For the model card."""
        begins = "the chat template opens" if self.given else "the turn opens"
        forms = ", ".join(self.silence)
        return f"{self.family}: {begins} {self.opens!r}, {self.closes!r} closes it; silence: {forms}"
