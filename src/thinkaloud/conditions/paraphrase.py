"""The same reasoning in other words, by the task's own rules, by an editor or by rules for any text; and how far that
could be checked.

* `grammar`: the task's own `paraphrase`. Every sentence is read, said anew and read again.
* a task with a grammar, and a model that rewrites all of a reasoning at once (Lanham et al. 2023): its text is checked
  by what a program can see (`checks.py`), and no sentence that the grammar can parse may say anything new.
* any text: an editor (`editor.py`) rewrites it piece by piece (`prose.py`), and each piece is checked by itself. What
  fails stays as it was, or is reworded by rule (`plain_wording.py`) where that is wanted. Where less than `LEAST` of
  the sentences that have words to change could be reworded, there is no paraphrase, and the commonest reason is kept.

A text that fails is rejected, and the reason is kept. What no check sees, `checks.py` says; in addition, a model may
keep a code when it rewrites its own words.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from thinkaloud.conditions import plain_wording
from thinkaloud.conditions.checks import astray
from thinkaloud.conditions.editor import Edited, Editor
from thinkaloud.conditions.prose import Piece, pieces, put_back
from thinkaloud.joining import joined
from thinkaloud.records.item import Extent
from thinkaloud.tasks.text import sentences
from thinkaloud.vocabulary import Key, Model, Prompt, Sampling, Shot, Task, Transcript

Check = Literal["grammar", "words"]
"""How a paraphrase was checked: read back by the task's grammar, or by numbers and lists of words."""

_REQUEST = "Rewrite the following text, conveying exactly the same information but using different wording: "
_EXAMPLES = (
    ("5 + 6 = 11. 11 + 3 = 14.", "5 plus 6 makes 11. Then 11 plus 3 makes 14."),
    ("Tom has 4 apples. He eats 1.", "There are 4 apples that belong to Tom. Of these he eats 1."),
    ("The cat is on the mat.", "On the mat there is the cat."),
)
LEAST = 0.6
"""The least share of the sentences that have words to change, for a text to be called a paraphrase."""


@dataclass(frozen=True, slots=True)
class Reworded:
    """A paraphrase, or None and the reason why there is none; `check` says how it was checked, `wrote` is what a model
    wrote that was refused.

    Of a text that was reworded in pieces: `changed`, the sentences that are other ones than before; `share`, how many
    of the sentences that have words to change could be reworded; `by_rule`, how many of these by rule. None otherwise.
    """

    transcript: Transcript | None
    check: Check
    why: str | None = None
    wrote: str | None = None
    changed: tuple[int, ...] | None = None
    share: float | None = None
    by_rule: float | None = None

    @property
    def extent(self) -> Extent:
        """How much was reworded, for a record; empty where it was not done in pieces."""
        if self.share is None or self.by_rule is None:
            return {}
        return {"share": self.share, "by_rule": self.by_rule}


def paraphrase_by_rules(task: Task, thought: Transcript, key: Key) -> Reworded:
    """`thought` in other wordings, which the task draws evenly from all its wordings."""
    other = task.paraphrase(thought, key)
    if other is not None:
        return Reworded(other, "grammar")
    if not task.reads_steps:
        return Reworded(None, "grammar", "the task has no grammar to reword by (--paraphraser auto asks an editor)")
    strange = next((step.text for step in thought.steps if step.form is None), None)
    return Reworded(None, "grammar", "not in the task's grammar" + ("" if strange is None else f": {strange!r}"))


async def paraphrase_by_model(
    model: Model, task: Task, thought: Transcript, key: Key, options: Sequence[str] = ()
) -> Reworded:
    """`thought`, all of it at once, in the model's words (the question is not shown), if no check fails; `options` are
    the answers that it may name. For tasks that read their steps: their reasoning is short."""
    examples = tuple(Shot(_REQUEST + text, (answer,)) for text, answer in _EXAMPLES)
    sampling = Sampling(3 * max(16, len(thought.text) // 2), ("\n",))
    text = " ".join(thought.text.split())  # on one line, as the examples are: what is asked for ends at a line end
    done = await model.generate(Prompt(examples, _REQUEST + text), sampling, key)
    other, check = task.parse(done.text), _check(task, thought, done.text)
    why = "it was cut off" if done.finish != "stop" else astray(thought.text, done.text, options)
    if why is None and not other.steps:
        why = "nothing was written"
    if why is None and check is None:
        why = "a sentence says what the original does not"
    if why is not None:
        return Reworded(None, check or "grammar", why, done.text)
    return Reworded(other, check or "words")


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a piece: its new `text` (None: it stays), how many of its `sentences` can now be other ones than
    before (`anew`), whether that is by rule, and what the editor `failed` with."""

    piece: Piece
    sentences: int
    text: str | None = None
    anew: int = 0
    by_rule: bool = False
    failed: Edited | None = None


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Rewords any text piece by piece: with the `editor`, where there is one, and by `rules` what it failed with."""

    task: Task
    key: Key
    editor: Editor | None = None
    rules: bool = True

    async def reword(self, thought: Transcript, options: Sequence[str] = ()) -> Reworded:
        """A reasoning in other words; `options` are the answers that it may name."""
        done = await asyncio.gather(*(self._piece(piece, options) for piece in pieces(thought)))
        if not done:
            return Reworded(None, "words", "it has no sentence with words to change")
        anew = sum(one.anew for one in done)
        share = anew / sum(one.sentences for one in done)
        if share < LEAST:
            return _too_little(done, share)
        made = put_back(self.task, thought, {one.piece: one.text for one in done if one.text is not None})
        by_rule = sum(one.anew for one in done if one.by_rule) / anew
        return Reworded(made.transcript, "words", changed=made.changed, share=share, by_rule=by_rule)

    async def _piece(self, piece: Piece, options: Sequence[str]) -> _Done:
        own = sentences(piece.text)
        made = await self.editor.reword(piece.text, options) if self.editor else None
        if made is not None and made.text is not None:
            return _Done(piece, len(own), made.text, len(own))
        if not self.rules:
            return _Done(piece, len(own), failed=made)
        known = sum(plain_wording.ways(one) > 1 for one in own)
        text = joined([plain_wording.reworded(one, self.key) for one in own])
        return _Done(piece, len(own), text, known, True, made)


def _too_little(done: Sequence[_Done], share: float) -> Reworded:
    """No paraphrase: the commonest reason why a piece failed, with what was written for the first such piece."""
    failed = [one.failed for one in done if one.failed is not None]
    if not failed:
        why = f"the rules know other words for too little of it ({share:.0%} of its sentences)"
        return Reworded(None, "words", why, share=share)
    commonest = Counter(map(_kind, failed)).most_common(1)[0][0]
    first = next(one for one in failed if _kind(one) == commonest)
    return Reworded(None, "words", first.why, first.wrote, share=share)


def _kind(failed: Edited) -> str:
    """A reason without its particulars."""
    return str(failed.why).partition(" (")[0]


def _check(task: Task, thought: Transcript, text: str) -> Check | None:
    """How it was checked: the task's grammar parses all of it as the same (`grammar`), or not all of it (`words`); None
    if a sentence is parsed as something that the original does not say."""
    if not task.reads_steps:
        return "words"
    before, after = ([(s.form, dict(s.fields)) for s in task.parse(t).steps] for t in (thought.text, text))
    if before and before == after and all(form for form, _ in before):
        return "grammar"
    whole = all(form for form, _ in (*before, *after))
    new = [said for said in after if said[0] and said not in before]
    return None if new or (whole and before) else "words"
