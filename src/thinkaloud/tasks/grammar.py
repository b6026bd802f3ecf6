"""The language of a task's reasoning: sentences with slots, read and written by the same templates.

A *form* is one thing that can be said ("{a} plus {b} is {c}."), in several *wordings* that have the same slots; the
first wording is the canonical one. One slot may be the step's *value*. Each slot has a *kind* (numbers, or a closed
list of words). A `Grammar` is a set of forms; from it alone follow parsing, paraphrasing and editing a value.

This module does not know questions, answers or tasks: it can say whether a sentence is right by itself (`sound`), but
not whether it follows from a question (`family.py` does).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from thinkaloud.joining import gap, joined
from thinkaloud.tasks.draws import pick
from thinkaloud.vocabulary import Key, Step, Transcript

SENTENCE_END = re.compile(r"(?<=[.;!?])\s+|\s*\n\s*")


@dataclass(frozen=True)
class Kind:
    """What may stand in a slot.

    `pattern` is a regular expression without groups, matched without regard to case; `canonical` gives the one spelling
    that is kept; `others` gives plausible wrong values in place of a right one.
    """

    pattern: str
    canonical: Callable[[str], str]
    others: Callable[[str], Sequence[str]]


def _near(value: str, reach: int = 20) -> list[str]:
    """The whole numbers from 0 up that are at most `reach` away."""
    right = int(value)
    return [str(x) for x in range(max(0, right - reach), right + reach + 1) if x != right]


NUMBER = Kind(r"-?[0-9]+", lambda text: str(int(text)), _near)


PHRASE = Kind(r"[^.;!?\n]+?", str.strip, lambda text: [])
"""Any words up to an end mark; there are no wrong values for them."""


def words(*choices: str) -> Kind:
    """The kind of a closed list of words or phrases."""
    spelling = {choice.casefold(): choice for choice in choices}
    longest_first = sorted(choices, key=len, reverse=True)
    return Kind(
        "|".join(map(re.escape, longest_first)),
        lambda text: spelling[text.casefold()],
        lambda text: [choice for choice in choices if choice != text],
    )


@dataclass(frozen=True)
class Form:
    """One thing that can be said, in `wordings` with the same slots. Calling it with its slots gives the step.

    `value` names the slot that is the step's conclusion (None: it concludes nothing), `sound` says from the slots, as
    keyword arguments, whether the sentence is right by itself. Slots are numbers unless `kinds` says otherwise. Slots
    in `symmetric` may be exchanged without changing what is said. `asks` is the question to which the sentence is the
    answer, with the slots other than the value; slots in `carried` may take over what an earlier step stated.
    """

    name: str
    wordings: tuple[str, ...]
    value: str | None
    sound: Callable[..., bool]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    symmetric: tuple[str, ...] = ()
    asks: str | None = None
    carried: tuple[str, ...] = ()

    def __call__(self, **slots: object) -> Step:
        """The step that says this in the canonical wording."""
        fields = {slot: str(slots[slot]) for slot in self.slots}
        return Step(self.wordings[0].format(**fields), self.name, fields, self._value(fields))

    def __post_init__(self) -> None:
        found = [re.findall(r"\{(\w+)\}", wording) for wording in self.wordings]
        if any(sorted(slots) != sorted(set(found[0])) for slots in found):
            raise ValueError(f"form {self.name!r}: its wordings must have the same slots, each once; they have {found}")

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots, in the order of the canonical wording."""
        return tuple(re.findall(r"\{(\w+)\}", self.wordings[0]))

    def kind(self, slot: str) -> Kind:
        """What may stand in a slot."""
        return self.kinds.get(slot, NUMBER)

    def inputs(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The slots other than the value; symmetric ones in one fixed order, so that equal inputs compare equal."""
        given = {slot: text for slot, text in fields.items() if slot != self.value}
        ordered = sorted(fields[slot] for slot in self.symmetric)
        return given | dict(zip(self.symmetric, ordered, strict=True))

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """Each wording as a pattern for a whole sentence: any case, any inner spaces, any end mark or none."""
        return tuple(self._pattern(wording) for wording in self.wordings)

    def _pattern(self, wording: str) -> re.Pattern[str]:
        pieces = re.split(r"\{(\w+)\}", wording.rstrip(".;"))
        literal = [r"\s+".join(map(re.escape, piece.split(" "))) for piece in pieces[::2]]
        slots = [f"(?P<{slot}>{self.kind(slot).pattern})" for slot in pieces[1::2]] + [""]
        body = "".join(chain.from_iterable(zip(literal, slots, strict=True)))
        return re.compile(rf"\s*{body}\s*[.;]?\s*", re.IGNORECASE)

    def _value(self, fields: Mapping[str, str]) -> str | None:
        return None if self.value is None else fields[self.value]


class Found(NamedTuple):
    """A parsed sentence: its form, the index of its wording, and the canonical spelling of its slots."""

    form: Form
    wording: int
    match: re.Match[str]

    @property
    def fields(self) -> dict[str, str]:
        """The slots, in their canonical spelling."""
        return {slot: self.form.kind(slot).canonical(self.match[slot]) for slot in self.form.slots}


def _sentences(text: str) -> list[str]:
    """Cut at every end mark, since the sentences of a grammar have no abbreviations. Whatever separates two sentences,
    unless it is a single space, becomes the beginning of the second one."""
    found: list[str] = []
    before, start, text = "", 0, text.strip()
    for begin, end in (*(match.span() for match in SENTENCE_END.finditer(text)), (len(text), len(text))):
        if body := text[start:begin]:
            found.append(before + body if found and before != gap(found[-1], body) else body)
        before, start = text[begin:end], end
    return found


class Grammar:
    """The forms a task knows."""

    def __init__(self, *forms: Form) -> None:
        self.forms: dict[str, Form] = {form.name: form for form in forms}

    def find(self, sentence: str) -> Found | None:
        """The first form and wording that fit the whole sentence."""
        for form in self.forms.values():
            for wording, pattern in enumerate(form.patterns):
                if match := pattern.fullmatch(sentence):
                    return Found(form, wording, match)
        return None

    def step(self, sentence: str) -> Step:
        """The sentence as a step; `form=None` if it is outside the grammar."""
        if (found := self.find(sentence)) is None:
            return Step(sentence)
        fields = found.fields
        return Step(sentence, found.form.name, fields, found.form._value(fields))

    def parse(self, text: str) -> Transcript:
        """Cut a text into sentences, after . ; ! ? and at line ends, and read each."""
        return Transcript(tuple(self.step(sentence) for sentence in _sentences(text)))

    def sound(self, step: Step) -> bool:
        """Whether a step is in the grammar and right by itself."""
        return step.form in self.forms and self.forms[step.form].sound(**step.fields)

    def same_inputs(self, one: Step, other: Step) -> bool:
        """Whether two steps say the same thing apart from what they conclude."""
        if one.form != other.form or one.form not in self.forms:
            return False
        form = self.forms[one.form]
        return form.inputs(one.fields) == form.inputs(other.fields)

    def same(self, one: Step, other: Step) -> bool:
        """Whether two steps say the same thing, in any wording."""
        return self.same_inputs(one, other) and one.value == other.value

    def restate(self, step: Step, value: str) -> Step:
        """The step with another value, every other character kept; ValueError if it has no value."""
        found = self.find(step.text)
        if found is None or found.form.value is None:
            raise ValueError(f"this step has no value to change: {step.text!r}")
        start, end = found.match.span(found.form.value)
        return self.step(step.text[:start] + value + step.text[end:])

    def paraphrase(self, transcript: Transcript, key: Key) -> Transcript | None:
        """Every step in a wording drawn evenly from *all* wordings of its form, independently of its own.

        The used wording is among them: "any wording but this one" would reveal what a code in the choice of words did
        not say, and such a code would be read below chance. So with k wordings a share 1/k of the sentences keeps its
        words, and a short text is sometimes its own paraphrase. Any code in the choice of words or in the spacing is
        destroyed: the draw does not depend on it, and texts that say the same are reworded in the same way.

        None if there is no step, if one is outside the grammar, if no form that occurs has a second wording, or if any
        wording of a step would be parsed as something else: whether a paraphrase exists must not depend on the draw.
        """
        found = [self.find(step.text) for step in transcript.steps]
        ways = [self._ways(f) for f in found]
        if max(map(len, ways), default=0) < 2 or not all(ways):
            return None
        texts = [pick(key.child("paraphrase", at).rng, said) for at, said in enumerate(ways)]
        result = self.parse(joined(texts))
        same = [_said(f) for f in found] == [(step.form, dict(step.fields)) for step in result.steps]
        return result if same else None

    def _ways(self, found: Found | None) -> list[str]:
        """The sentence in every wording of its form; empty if it cannot be parsed, or if a wording would be parsed as
        something else."""
        if found is None:
            return []
        texts = [wording.format(**found.fields) for wording in found.form.wordings]
        return texts if all(_said(self.find(text)) == _said(found) for text in texts) else []


def _said(found: Found | None) -> tuple[str, dict[str, str]] | None:
    """What a sentence says, apart from its wording: the form and its slots."""
    return None if found is None else (found.form.name, found.fields)
