"""Which profile a model has: from what its chat template writes and which marks are tokens of its vocabulary.

A template is known by its text where a file brings it, and in any case by what it writes for three small conversations
(`Rendering`): a question; the same with each switch on and off; an answered question with reasoning. Whoever can apply
the template does so, and `detect` compares what came out. So the marks, the white space around them and the switch are
those of this template, and only what it does not show is taken from the family's file. No name of a model is looked at.

This module applies no template itself and asks no tokenizer: servers are asked elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from thinkaloud.errors import UserError
from thinkaloud.models.profile import Profile, Recommended
from thinkaloud.models.profiles import Family, families, family_of

QUESTION, THOUGHT, ANSWER = "QXQ7asked7QXQ", "QXQ7thought7QXQ", "QXQ7said7QXQ"
REASONING = ("reasoning_content", "reasoning", "thinking")
"""The names under which templates take the reasoning of a turn; they are all given."""
Messages = Sequence[Mapping[str, Any]]
Value = tuple[tuple[str, bool], ...]
"""Variables of a template, and their values."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A conversation that a template is applied to: a question (`begun`: and the beginning of the answer's turn), or a
    question with an answer and its reasoning (`reasoned`). `variables`: what the template is told besides."""

    kind: Literal["begun", "reasoned"]
    variables: Value = ()

    @property
    def messages(self) -> Messages:
        """The conversation, as templates take it."""
        asked = {"role": "user", "content": QUESTION}
        said = {"role": "assistant", "content": ANSWER, **dict.fromkeys(REASONING, THOUGHT)}
        return [asked] if self.kind == "begun" else [asked, said]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a model. `text`: of its template, empty where that is not shown; `written`: what the template
    writes for each rendering (a rendering that failed is left out); `tokens`: the texts of `marks` that are one token
    of the vocabulary."""

    text: str
    written: Mapping[Rendering, str]
    tokens: frozenset[str]

    def mentions(self, texts: Sequence[str]) -> bool:
        """Whether the template knows all of these texts."""
        return all(any(text in one for one in (self.text, *self.written.values())) for text in texts)

    def after_question(self, kind: Literal["begun", "reasoned"], variables: Mapping[str, bool]) -> str:
        """What the template writes after the question; empty where it failed."""
        return self.written.get(Rendering(kind, tuple(variables.items())), "").partition(QUESTION)[2]


def renderings(known: Sequence[Family]) -> list[Rendering]:
    """All that a template is applied to, to see which of these families it is of."""
    switches = dict.fromkeys(name for family in known for name in family.switches)
    told: list[Value] = [(), *(((name, value),) for name in switches for value in (True, False))]
    kinds: tuple[Literal["begun", "reasoned"], ...] = ("begun", "reasoned")
    return [Rendering(kind, variables) for kind, variables in itertools.product(kinds, told)]


def marks(known: Sequence[Family]) -> list[str]:
    """All texts of which it must be known whether they are one token."""
    return list(dict.fromkeys(token for family in known for token in family.tokens))


def detect(seen: Seen, known: Sequence[Family]) -> Profile | None:
    """The profile of the first of these families that the model belongs to; None where it belongs to none."""
    for family in known:
        switch = _switch(family, seen)
        belongs = seen.mentions(family.template) and seen.tokens >= set(family.tokens)
        if belongs and family.switched in (None, switch is not None):
            return fitted(family, seen)
    return None


def fitted(family: Family, seen: Seen) -> Profile:
    """The family's profile, with what this template shows in place of what the file says."""
    bare = Profile(
        family.family, family.opens, family.closes, family.mark, family.given, (), _switch(family, seen),
        family.instruction, family.direct, family.sampling, family.notes,
    )  # fmt: skip
    there = {"switch": bare.switch is not None, "instruction": bool(bare.instruction)}
    silence = tuple(form for form in family.silence if there.get(form, True))
    return _as_shown(replace(bare, silence=silence), seen)


def _as_shown(profile: Profile, seen: Seen) -> Profile:
    """The profile with the block as the template writes it."""
    told = profile.variables(False)
    begun, reasoned = seen.after_question("begun", told), seen.after_question("reasoned", told)
    if not begun:
        return profile
    tag = profile.opens.strip()
    given = begun.rstrip().endswith(tag)
    at = begun.rindex(tag) if given else len(begun)
    shown = replace(profile, given=given, opens=begun[at:] or profile.opens)
    before, found, after = reasoned.partition(THOUGHT)
    closes, answered, _ = after.partition(ANSWER)
    if not (found and answered and profile.mark in closes and before.startswith(begun[:at]) and tag in before[at:]):
        return shown
    return replace(shown, opens=shown.opens if given else before[at:], closes=closes)


def _switch(family: Family, seen: Seen) -> tuple[str, bool] | None:
    """The first of the family's switches that changes what the template writes, with the value that means off."""
    for name in family.switches:
        on, off = (seen.after_question("begun", {name: value}) for value in (True, False))
        before = [seen.written.get(Rendering("begun", ((name, value),)), "") for value in (True, False)]
        if on and off and before[0] != before[1]:
            return name, False
    return None


def seen_in(template: str, tokens: Mapping[str, str], single: Callable[[str], bool], known: Sequence[Family]) -> Seen:
    """What a template of which the text is known shows. `tokens`: the texts of control tokens by the names that
    templates know; `single`: whether a text is one token."""
    from thinkaloud.models.template import applied  # Jinja, which scripted models need not wait for

    written = {}
    for one in renderings(known):
        try:
            apply = applied(template, {**tokens, **dict(one.variables)})
            written[one] = apply(one.messages, one.kind == "begun")
        except UserError:
            continue  # templates refuse what they like; what is not shown is taken from the family's file
    return Seen(template, written, frozenset(text for text in marks(known) if single(text)))


NOTHING = Seen("", {}, frozenset())
"""Of a model without a template nothing is seen."""


def candidates(wanted: str) -> tuple[Family, ...]:
    """The families that a model may be of. `wanted`: `auto`, `none`, or the TOML file of a user."""
    return families() if wanted == "auto" else () if wanted == "none" else (family_of(wanted),)


def profile_seen(wanted: str, seen: Seen) -> Profile | None:
    """The profile of a model of which this was seen. A user's file is taken whatever the template shows."""
    known = candidates(wanted)
    return detect(seen, known) if wanted in ("auto", "none") else fitted(known[0], seen)


def profile_of_template(
    wanted: str, template: str | None, tokens: Mapping[str, str], single: Callable[[str], bool]
) -> Profile | None:
    """The profile of a model with this template (None: it has none); `wanted` as in `candidates`."""
    return profile_seen(wanted, NOTHING if template is None else seen_in(template, tokens, single, candidates(wanted)))


Numbers = Mapping[str, float]
"""Settings of a sampler by the names of `Recommended`."""


def recommended(profile: Profile, own: Numbers, source: str) -> Profile:
    """The profile with the model's own recommended sampling in place of the family's. What only the family says
    (whether greedy decoding is usable) stays."""
    if "temperature" not in own:
        return profile
    said = profile.sampling or Recommended(own["temperature"])
    sampling = replace(
        said, temperature=own["temperature"], top_p=own.get("top_p", 1.0), top_k=int(own.get("top_k", 0)), source=source
    )
    return replace(profile, sampling=sampling)
