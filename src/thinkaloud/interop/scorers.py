"""Which of a log's scorers says whether an answer is right.

A log may hold several scores of a sample, in any order: a refusal judge or a monitor may stand first, and its True says
nothing about correctness. So every scorer whose values can mean right or wrong (C and I, True and False, 1 and 0) is
held against what is read here (the answer stated in the sample, compared with its target): `choose` takes the one that
agrees most, and none that disagrees with most of them, that is known to judge something else, or that has an unknown
name and does not agree nearly always. Of an open question only a *right* that was read is held against a scorer with a
known name: a judge may accept an answer in words that are not the target's. A name given by the user is taken without a
question. This module knows values and names: no log and no texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.errors import unknown

KNOWN = re.compile(
    r"(?:.*/)?(?:match|includes|exact|pattern|answer|choice|f1|math|model_graded_(?:qa|fact)|expression_equivalence|"
    r".*(?:accuracy|correct|equivalen|gold|solved|right).*)\d*",
    re.IGNORECASE,
)
"""Names that are about correctness: Inspect's own, and what others are called that are."""
OTHER = re.compile(
    r"refus|monitor|hint|sycophan|\bsyc\b|toxic|safety|harm|honest|decept|suspic|aware|cheat|hack|format|length|style|"
    r"faithful|confiden|uncertain|persona|tone|helpful",
    re.IGNORECASE,
)
"""Names that are about something else; they never decide."""
LEAST, NEARLY = 0.5, 0.9
"""Share of samples on which a scorer must agree: one with a name in `KNOWN`, and any other."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scorer that decides (None: what is read here decides), and how often it agrees with that: `agree` of
    `compared` samples. `others`: names of scorers that do not decide."""

    name: str | None
    agree: int
    compared: int
    others: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For the import's output."""
        beside = f"; not used: {', '.join(self.others)} (--scorer NAME takes another)" if self.others else ""
        if self.name is None:
            return f"right or wrong: the answers read here, compared with the targets{beside}"
        told = f"agrees with the answers read here in {self.agree} of {self.compared}"
        return f"right or wrong: as the scorer {self.name!r} says, which {told}{beside}"


def verdict(value: object) -> bool | None:
    """What a score's value says of correctness; None where it is a grade, a list, NaN, or anything else."""
    if isinstance(value, str):
        return {"C": True, "I": False}.get(value)
    return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None


def choose(
    scores: Sequence[Mapping[str, object]],
    read: Sequence[bool | None],
    sure: Sequence[bool],
    wanted: str | None = None,
) -> Chosen:
    """The scorer that decides, from the scores of every sample (name -> value), what was read of each, and whether that
    reading is sure; `UserError` if the one that is wanted is in none."""
    names = list(dict.fromkeys(name for each in scores for name in each))
    if wanted is not None and wanted not in names:
        raise unknown("scorer in this log", wanted, names)
    counts = {name: _agreement(name, scores, read) for name in names}
    firm = [own if certain else None for own, certain in zip(read, sure, strict=True)]
    usable = [name for name in names if name == wanted or (wanted is None and _usable(name, scores, read, firm))]
    best = max(usable, key=lambda name: (_share(*counts[name]), _is_known(name)), default=None)
    agree, compared = counts[best] if best is not None else (0, 0)
    return Chosen(best, agree, compared, tuple(name for name in names if name != best))


def _agreement(name: str, scores: Sequence[Mapping[str, object]], read: Sequence[bool | None]) -> tuple[int, int]:
    """(samples on which scorer and reading agree, samples on which both say something)."""
    pairs = [(verdict(each.get(name)), own) for each, own in zip(scores, read, strict=True)]
    both = [said == own for said, own in pairs if said is not None and own is not None]
    return sum(both), len(both)


def _usable(
    name: str,
    scores: Sequence[Mapping[str, object]],
    read: Sequence[bool | None],
    firm: Sequence[bool | None],
) -> bool:
    """Whether a scorer may decide: an unknown one has to agree nearly always, a known one not to be contradicted."""
    if OTHER.search(name) or all(verdict(each.get(name)) is None for each in scores):
        return False
    if not _is_known(name):
        return _share(*_agreement(name, scores, read)) >= NEARLY
    agree, compared = _agreement(name, scores, firm)
    return not compared or _share(agree, compared) >= LEAST


def _share(agree: int, compared: int) -> float:
    return agree / compared if compared else 0.0


def _is_known(name: str) -> bool:
    return KNOWN.fullmatch(name) is not None
