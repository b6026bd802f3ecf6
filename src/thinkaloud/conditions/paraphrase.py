"""The same reasoning in other words, by the task's own rules or by a model, and how far that could be checked.

The default is the task's own `paraphrase`: every sentence is read by the grammar, said anew and read again (`grammar`).
If a task has no grammar, a model is asked (Lanham et al. 2023), and its text is checked by what a program can see
(`words`): every number in its order, as many negations, the same quantifiers, no comparison or direction reversed, the
same options named and the same one last; and no sentence that the task's grammar can parse may say anything new. A text
that fails is rejected, and the reason is kept.

It cannot see who did what to whom, a number that moved to another thing in its old order, anything implied, or a code
that the model kept when it rewrote its own words. Good paraphrases are refused, too ("A is larger than B" as "B is
smaller than A"). The model is not asked to check its own paraphrase: what it cannot read of other words is what the
residue measures, so leaving such items out would take away what is looked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from thinkaloud.vocabulary import Key, Model, Prompt, Sampling, Shot, Task, Transcript

Check = Literal["grammar", "words"]
"""How a paraphrase was checked: read back by the task's grammar, or by numbers and lists of words."""

_REQUEST = "Rewrite the following text, conveying exactly the same information but using different wording: "
_EXAMPLES = (
    ("5 + 6 = 11. 11 + 3 = 14.", "5 plus 6 makes 11. Then 11 plus 3 makes 14."),
    ("Tom has 4 apples. He eats 1.", "There are 4 apples that belong to Tom. Of these he eats 1."),
    ("The cat is on the mat.", "On the mat there is the cat."),
)
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_SMALL = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORDS = {"zero": "0", **{word: str(i) for i, word in enumerate((*_SMALL, *_TEENS, "twenty"), start=2)}}
"""Numbers as words; not `one`, which is more often no number."""
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_NUMBER = re.compile(rf"(?<![\w.])-?{_DIGITS}|{_DIGITS}|\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_NEGATION = (
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|impossible|unable|false|untrue|"
    r"incorrect|incorrectly|wrong|wrongly|invalid|fails?|failed|lacks?|lacked|except|unless|hardly|barely)\b|n['\u2019]t\b"
)
_QUANTIFIERS = (
    ("all", r"\b(?:all|every|each|both|always|everyone|everybody|everything|any)\b"),
    ("some", r"\b(?:some|someone|somebody|something|sometimes|partly|partially)\b"),
    ("most", r"\b(?:most|mostly|majority|usually)\b"),
    ("few", r"\b(?:few|fewest|rarely|seldom|minority)\b"),
    ("only", r"\b(?:only|solely|exclusively|just)\b"),
)
_OPPOSITES = (
    (r"more|larger|largest|greater|greatest|bigger|biggest|higher|highest|taller|tallest|older|oldest|heavier|"
     r"heaviest|faster|fastest|longer|longest|exceeds?|at least",
     r"less|least|smaller|smallest|fewer|fewest|lower|lowest|shorter|shortest|younger|youngest|lighter|lightest|"
     r"slower|slowest|at most"),
    (r"plus|adds?|added|adding|sum|gains?|gained|increases?|increased|\+",
     r"minus|subtracts?|subtracted|subtracting|takes? away|loses?|lost|decreases?|decreased|(?<=\s)-(?=\s)"),
    (r"after|later|afterwards|next|following", r"before|earlier|previously|preceding"),
    ("left", "right"), ("north", "south"), ("east", "west"), ("above|over|up", "below|under|beneath|down"),
    ("first", "last"), ("yes|true|correct", "no|false|incorrect|wrong"), ("possible", "impossible"),
    ("same|equal|equals", "different|unequal"), ("inside|into|enters?", "outside|out|leaves?"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reworded:
    """A paraphrase, or None and the reason why there is none; `check` says how it was checked, `wrote` is what a model
    wrote that was refused."""

    transcript: Transcript | None
    check: Check
    why: str | None = None
    wrote: str | None = None


def paraphrase_by_rules(task: Task, thought: Transcript, key: Key) -> Reworded:
    """`thought` in other wordings, which the task draws evenly from all its wordings."""
    other = task.paraphrase(thought, key)
    if other is not None:
        return Reworded(other, "grammar")
    if not task.reads_steps:
        return Reworded(None, "grammar", "the task has no grammar to reword by (--paraphraser model asks the model)")
    strange = next((step.text for step in thought.steps if step.form is None), None)
    return Reworded(None, "grammar", "not in the task's grammar" + ("" if strange is None else f": {strange!r}"))


async def paraphrase_by_model(
    model: Model, task: Task, thought: Transcript, key: Key, options: Sequence[str] = ()
) -> Reworded:
    """`thought` in the model's words (the question is not shown), if no check fails; `options` are the answers that it
    may name."""
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


def astray(old: str, new: str, options: Sequence[str] = ()) -> str | None:
    """A sign that `new` does not say what `old` says, or is a copy of it; None if there is none."""
    if new.split() == old.split():
        return "it is a copy"
    if numbers(new) != numbers(old):
        return f"other numbers, or in another order ({_listed(numbers(old))} became {_listed(numbers(new))})"
    if _count(_NEGATION, new) != _count(_NEGATION, old):
        return f"{_count(_NEGATION, old)} negations became {_count(_NEGATION, new)}"
    for name, pattern in _QUANTIFIERS:
        if bool(_count(pattern, new)) != bool(_count(pattern, old)):
            return f"a quantifier came or went ({name!r})"
    for one, other in _OPPOSITES:
        if _leaning(one, other, old) * _leaning(one, other, new) < 0:
            return f"a relation was turned round ({one.split('|')[0]!r} and {other.split('|')[0]!r})"
    before, after = _named(old, options), _named(new, options)
    if Counter(set(before)) != Counter(set(after)) or before[-1:] != after[-1:]:
        return f"other options are named, or another one last ({_listed(before)} became {_listed(after)})"
    return None


def numbers(text: str) -> list[str]:
    """All numbers of a text in order, in digits: `1,000` is 1000, `three` is 3; a minus before a number belongs to
    it."""
    found = (match[0].casefold() for match in _NUMBER.finditer(text))
    return [_WORDS.get(number, number.replace(",", "")) for number in found]


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


def _count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text, re.IGNORECASE))


def _leaning(one: str, other: str, text: str) -> int:
    """Which of two opposite words a text has more of: 1, -1 or 0."""
    first, second = (_count(rf"(?<!\w)(?:{words})(?!\w)", text) for words in (one, other))
    return (first > second) - (first < second)


def _named(text: str, options: Sequence[str]) -> list[str]:
    """The options (of two characters or more that are no numbers) in the order in which a text names them."""
    words = [option for option in options if len(option) > 1 and not numbers(option)]
    places = [(m.start(), option) for option in words
              for m in re.finditer(rf"(?<!\w){re.escape(option)}(?!\w)", text, re.IGNORECASE)]  # fmt: skip
    return [option for _, option in sorted(places)]


def _listed(things: Sequence[str]) -> str:
    return ", ".join(things) or "none"
