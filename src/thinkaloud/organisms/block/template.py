"""How the turns of the model that thinks in a block are written: its chat template and its tags.

`template.jinja` is a small one of the usual kind: the model opens the block itself; with `enable_thinking=false` an
empty block is written for it; earlier turns lose their reasoning. The tags are ordinary text in the vocabulary of
SmolLM2, only the end of a turn is a control token.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

TEMPLATE = Path(__file__).with_name("template.jinja")
OPENS, CLOSES, END = "<think>\n", "\n</think>\n\n", "<|im_end|>"
EMPTY = OPENS + CLOSES
"""What the template writes where thinking is switched off."""


@cache
def template() -> str:
    """The chat template, in Jinja."""
    return TEMPLATE.read_text(encoding="utf-8")
