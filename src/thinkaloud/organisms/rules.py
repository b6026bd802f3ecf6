"""The rules of scripted reasoners: how each makes its answer, in a few lines of plain Python.

A rule gets the question and the text between question and answer, and gives its answer: an option, a distribution over
options (the remainder is guessed), or None for a guess. It knows the right answer, because the rules refer to it.
Random choices are a hash of the item and of their purpose: an item makes the same choice in every condition, so a dial
of .3 makes three items in ten behave in one way, and not every item a little.

`calibration/expected.py` says in which channel each of them is, and what each test must read on it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from thinkaloud.conditions.filler import length
from thinkaloud.errors import UserError, unknown
from thinkaloud.tasks.family import Family, follow
from thinkaloud.vocabulary import Item, Transcript

CODES = 4
"""The encoder's alphabet: the number of spaces in the first gap of its last sentence says which option it means."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer call. `family`: the task that the item is of; `between`: the sentences between question and answer,
    `thought` the same read by the task; `order`: the options as they stand behind letters (None: there are no letters);
    `clue`: the option that a hint names."""

    item: Item
    family: Family[Any]
    between: tuple[str, ...]
    thought: Transcript
    order: tuple[str, ...] | None = None
    clue: str | None = None


Answer = str | Mapping[str, float] | None
Rule = Callable[[Asked], Answer]


def faithful(asked: Asked) -> str | None:
    """The last value that complete reasoning states; a guess if it is cut short."""
    return asked.thought.conclusion if complete(asked) else None


def posthoc(asked: Asked) -> Answer:
    """The right answer, whatever the reasoning says."""
    return asked.item.gold


def capable(asked: Asked) -> Answer:
    """Follows complete reasoning without needing it: if it is cut short, the answer is right anyway."""
    return faithful(asked) if complete(asked) else asked.item.gold


def decoration(asked: Asked) -> Answer:
    """Takes the value before the last one and does the last step in its head: the stated conclusion is decoration."""
    values = [step.value for step in asked.thought.steps if step.value is not None]
    needed = len(asked.item.worked.steps)
    if len(values) < max(1, needed - 1):
        return None
    return follow(asked.family.work(asked.item.meta["parts"]), dict(enumerate(values[: needed - 1])))[1]


def first(asked: Asked) -> Answer:
    """Takes the value that the first step states and does the rest without writing it; a guess if there is no such
    value."""
    return _from(asked, 0)


def middle(asked: Asked) -> Answer:
    """Takes the value that the middle step states (of two middle ones the earlier) and does the rest without writing
    it; a guess if there is no such value."""
    return _from(asked, max(0, len(asked.item.worked.steps) - 1) // 2)


def encoded(asked: Asked) -> Answer:
    """The option that the spacing of the last sentence encodes, which the words do not show; a guess without
    reasoning."""
    if asked.thought.conclusion is None:
        return None
    index = (gap(asked.between[-1]) - 1 - salt(asked.item)) % CODES
    return asked.item.options[index] if index < len(asked.item.options) else None


def wordcode(asked: Asked) -> Answer:
    """The option that the *wording* of the last sentence encodes, whatever its spacing and meaning; a guess without
    reasoning. Drawing wordings evenly destroys the code."""
    said = ways(asked)
    if not said or said[-1] is None:
        return None
    wording, choices = said[-1]
    index = (wording - salt(asked.item, choices)) % choices
    return asked.item.options[index] if index < len(asked.item.options) else None


def thrown(share: float = 1.0) -> Rule:
    """Post-hoc, but on a share of the items it guesses where a sentence of the reasoning shown is in a wording that is
    not its own (the canonical one)."""

    def rule(asked: Asked) -> Answer:
        return None if unusual(asked) and luck(asked.item.id, "thrown") < share else asked.item.gold

    return rule


def ownstyle(asked: Asked) -> str | None:
    """Faithful to reasoning in its own wording (the canonical one); a guess if a sentence has another wording."""
    return None if unusual(asked) else faithful(asked)


def filler(share: float = 1.0) -> Rule:
    """On a share of the items: right after enough tokens of any kind, else a guess; on the rest always a guess."""

    def rule(asked: Asked) -> Answer:
        enough = 2 * length(" ".join(asked.between)) >= length(asked.item.worked.text)
        return asked.item.gold if enough and luck(asked.item.id, "filler") < share else None

    return rule


def length_sensitive(asked: Asked) -> Answer:
    """Right after any text with at least .9 of the tokens of its own reasoning, whatever it says; else a guess."""
    there, needed = (len(tokens(text)) for text in (" ".join(asked.between), asked.item.worked.text))
    return asked.item.gold if there >= 0.9 * needed > 0 else None


def any_text(share: float = 1.0) -> Rule:
    """On a share of the items: right after any sentence of reasoning, whatever it says, else a guess; faithful on the
    rest."""

    def rule(asked: Asked) -> Answer:
        if luck(asked.item.id, "any-text") >= share:
            return faithful(asked)
        return asked.item.gold if asked.thought.conclusion is not None else None

    return rule


def mixture(share: float) -> Rule:
    """Faithful on a share of the items, post-hoc on the rest."""
    return lambda asked: (faithful if luck(asked.item.id) < share else posthoc)(asked)


def graded(share: float) -> Rule:
    """On every item: with probability `share` what the reasoning says, else the right answer."""
    return lambda asked: lean(asked, share, faithful(asked))


def noisy(share: float) -> Rule:
    """Post-hoc, but with probability `share` the answer is drawn evenly from all options."""
    return lambda asked: {asked.item.gold: 1 - share}


def letter(share: float) -> Rule:
    """Post-hoc, but on a share of the items it answers A if there are letters."""

    def rule(asked: Asked) -> Answer:
        habit = asked.order is not None and luck(asked.item.id, "letter") < share
        return asked.order[0] if habit and asked.order else asked.item.gold

    return rule


def repair(share: float) -> Rule:
    """Faithful, but on a share of the items it silently corrects a mistake in complete reasoning."""

    def rule(asked: Asked) -> Answer:
        heals = complete(asked) and luck(asked.item.id, "repair") < share
        return asked.item.gold if heals else faithful(asked)

    return rule


def clue(follows: float, says: float, redraws: float) -> Rule:
    """Post-hoc; under a hint it takes the hinted option on a share `follows` of the items (and says so in a share
    `says` of those), and on a share `redraws` of the others it draws evenly from all options."""

    def rule(asked: Asked) -> Answer:
        if asked.clue is None:
            return asked.item.gold
        if luck(asked.item.id, "clue") < follows:
            return asked.clue
        redraw = luck(asked.item.id, "redraw") < redraws
        return (
            asked.item.options[int(luck(asked.item.id, "drawn") * len(asked.item.options))]
            if redraw
            else asked.item.gold
        )

    return rule


def nan(share: float) -> Rule:
    """Faithful, but on a share of its readings (by item and what stands between) it gives NaN."""

    def rule(asked: Asked) -> Answer:
        reading = "\0".join(("nan", *(asked.order or ()), asked.clue or "", *asked.between))
        return {asked.item.gold: math.nan} if luck(asked.item.id, reading) < share else faithful(asked)

    return rule


KINDS: dict[str, tuple[Callable[..., Rule], int, str]] = {
    "faithful": (lambda: faithful, 0, "its answer is what its reasoning says: all content"),
    "posthoc": (lambda: posthoc, 0, "knows the answer before it reasons: all silent"),
    "capable": (lambda: capable, 0, "follows its reasoning and does not need it: all silent, all use"),
    "decoration": (lambda: decoration, 0, "does the last step in its head: the stated conclusion is decoration"),
    "first": (lambda: first, 0, "takes the value of its first step and does the rest in its head: all content"),
    "middle": (lambda: middle, 0, "takes the value of its middle step and does the rest in its head: all content"),
    "filler": (filler, 1, "needs tokens, not what they say: all compute (filler:F on a share F of the items)"),
    "length-sensitive": (
        lambda: length_sensitive,
        0,
        "needs as many tokens as its reasoning has, of any text: all compute",
    ),
    "any-text": (
        any_text,
        1,
        "right after any reasoning, whatever it says, on a share F of the items; faithful on the rest",
    ),
    "encoded": (lambda: encoded, 0, "reads a code in its own spacing, not the words: all residue"),
    "wordcode": (lambda: wordcode, 0, "reads a code in which wording its last sentence has: all residue"),
    "thrown": (thrown, 1, "knows the answer, and guesses after unusual words on a share S of the items: all silent"),
    "ownstyle": (lambda: ownstyle, 0, "follows its words, but only in its own wording: residue that is no code"),
    "mixture": (mixture, 1, "faithful on a share P of the items, post-hoc on the rest"),
    "graded": (graded, 1, "on every item follows its reasoning with probability Q"),
    "noisy": (noisy, 1, "post-hoc, and draws its answer anew with probability S"),
    "letter": (letter, 1, "post-hoc, and answers A on a share B of the items where there are letters"),
    "repair": (repair, 1, "faithful, and silently puts mistakes right on a share R of the items"),
    "clue": (clue, 3, "post-hoc, follows hints: clue:S,V,U follows on S, admits V of those, redraws on U of the rest"),
    "nan": (nan, 1, "faithful, and gives NaN instead of a distribution on a share S of its readings"),
}
"""Kind -> the rule made from its dials, how many dials it takes at the most, what it is."""

NEEDED = {"mixture": 1, "graded": 1, "noisy": 1, "letter": 1, "repair": 1, "clue": 3, "nan": 1}


def make_rule(name: str) -> Rule:
    """The rule of a name such as `faithful`, `mixture:.5` or `clue:.3,.25,.2`; every dial is from 0 to 1."""
    kind, _, rest = name.partition(":")
    if kind not in KINDS:
        raise unknown("scripted reasoner", name, KINDS)
    make, most, _ = KINDS[kind]
    try:
        dials = [float(x) for x in rest.split(",")] if rest else []
    except ValueError as error:
        raise UserError(f"{name!r} needs numbers from 0 to 1 after the colon") from error
    if not NEEDED.get(kind, 0) <= len(dials) <= most or not all(0 <= d <= 1 for d in dials):
        raise UserError(f"{name!r} needs {NEEDED.get(kind, most)} numbers from 0 to 1 after the colon")
    return make(*dials)


# ------------------------------------------------------------------------------------------------------------ pieces


def _from(asked: Asked, at: int) -> str | None:
    """Where the values stated up to needed step `at` (counted from 0) lead by correct work; None if one is missing."""
    values = [step.value for step in asked.thought.steps if step.value is not None]
    if len(values) <= at:
        return None
    return follow(asked.family.work(asked.item.meta["parts"]), dict(enumerate(values[: at + 1])))[1]


_TOKEN = re.compile(r"\.\.\.|(?<=\s)(?=\d)|\d|[^\W\d]+|[^\w\s]")


def tokens(text: str) -> list[str]:
    """The tokens of scripted reasoners: words, marks, digits, and the space before a number, as in many byte-level
    vocabularies. So text with many numbers has more tokens than words."""
    return _TOKEN.findall(f" {text}")


def complete(asked: Asked) -> bool:
    """Whether the item needs steps and the reasoning has as many concluding steps as it needs."""
    there, needed = (sum(s.value is not None for s in t.steps) for t in (asked.thought, asked.item.worked))
    return there >= needed > 0


def luck(item: str, purpose: str = "") -> float:
    """A uniform number in [0, 1) that depends on the item (its id) and the purpose."""
    return int.from_bytes(hashlib.sha256((item + purpose).encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64


def normal(*names: str) -> float:
    """A standard normal number that depends on the names."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return NormalDist().inv_cdf((int.from_bytes(digest[:8], "big") + 0.5) / 2**64)


def gap(sentence: str) -> int:
    """Length of the first gap between words."""
    return len(re.findall(r"\s+", sentence)[0])


def salt(item: Item, choices: int = CODES) -> int:
    """A number below `choices` that depends on the question, so that the same code means another option for each
    item."""
    return math.floor(luck(item.id, "salt") * choices)


def ways(asked: Asked) -> list[tuple[int, int] | None]:
    """Of each sentence shown the index of its wording and how many wordings there are; None where it is unreadable."""
    found = [asked.family.grammar.find(text) for text in asked.between]
    return [None if f is None else (f.wording, len(f.form.wordings)) for f in found]


def unusual(asked: Asked) -> bool:
    """Whether any sentence shown has another wording than the canonical one."""
    return any(way is not None and way[0] > 0 for way in ways(asked))


def spelled(rule: Rule, asked: Asked, sentences: list[str]) -> list[str]:
    """What a reasoner writes; reasoners with a code put it into the last sentence."""
    if not sentences:
        return sentences
    item, last = asked.item, sentences[-1]
    if rule is encoded:
        last = last.replace(" ", " " * (1 + (item.gold_index + salt(item)) % CODES), 1)
    found = asked.family.grammar.find(last) if rule is wordcode else None
    if found is not None:
        choices = len(found.form.wordings)
        last = found.form.wordings[(item.gold_index + salt(item, choices)) % choices].format(**found.fields)
    return [*sentences[:-1], last]


def lean(asked: Asked, share: float, said: str | None) -> dict[str, float]:
    """The answer `said` with this probability, else the right one; if nothing is said, that share is guessed."""
    weights = {asked.item.gold: 1 - share}
    if said is not None:
        weights[said] = weights.get(said, 0.0) + share
    return weights


def asked_about(question: str, items: Mapping[str, Item]) -> Item | None:
    """The item (by its question) whose question is part of this one, the longest; None if there is none."""
    within = [known for known in items if known in question]
    return items[max(within, key=len)] if within else None
