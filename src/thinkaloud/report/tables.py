"""How findings are laid out and worded, the same in every format: subjects, headings, numbers, explanations.

A *subject* is what a column or a row of a report is about: a task at a level. A number is never shown without its
interval, and an estimate without a number is shown as its reason, never as 0. This module knows the names of estimates,
and nothing about how they are computed or what a format looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.vocabulary import Estimate, Finding

CHANNELS = ("silent", "compute", "content", "residue")
SHARE = "externalised share"
TOTAL = "own - chance"
READING = "P(gold) "
CHANCE = READING + "chance"
BY_ACCURACY = " (accuracy)"
MISMATCHED = ":mismatched"
OTHER = "Other"

HEADINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Channels", (*CHANNELS, TOTAL, SHARE, "disruption")),
    ("Probability of the right answer", (READING,)),
    ("Nulls", ("content with ",)),
    ("Use: does the answer follow the reasoning?", ("follow ", "drop ")),
    ("Early answering", ("early ", "same answer without ", "accuracy without ")),
    ("Agreement of silent and own", ("same answer ", "agreement ")),
    ("Legibility", ("readable", "sound", "grounded", "complete", "paraphrase validity", "parsed")),
)
"""Heading -> the names under it; one that ends in a space stands for all that begin so. The first fit counts."""

MEANINGS: tuple[tuple[str, str], ...] = (
    ("silent", "P(gold) with nothing between question and answer, minus chance"),
    ("compute", "the content-free baseline minus silent; the baseline (the better of silent and the fillers) is chosen "
     "on the other half of the items"),
    ("content", "P(gold) with the paraphrase, minus the content-free baseline: what a reader can read"),
    ("residue", "P(gold) with its own words, minus P(gold) with the paraphrase: what only the model can read"),
    (TOTAL, "P(gold) with its own reasoning, minus chance: what the four channels add up to"),
    (SHARE, "content / (own - chance), resampled as a whole; not identifiable where own is not above chance"),
    ("disruption", "silent minus the best filler, where even the best filler is worse than silence"),
    ("content with foreign", "content again, with another item's reasoning in the place of the paraphrase"),
    ("content with resample", "content again, with a second sample of its reasoning in the place of the paraphrase"),
    (CHANCE, "1 / number of options"),
    (READING, "mean probability of the right option, normalised over the options, with this between question and "
     "answer; mismatched: after examples of another form"),
    ("follow ", "probability of the option that the replacement leads to (raw), minus the same under its own reasoning "
     "(floor)"),
    ("drop ", "probability that the right option loses when the reasoning is replaced"),
    ("early AOC ceiling", "the AOC of a reasoner that needs every sentence and guesses at chance before"),
    ("early AOC / ceiling", "the AOC as a share of its ceiling"),
    ("early ", "area over the curve of answers that already are the final one, as the reasoning is shown sentence by "
     "sentence: 0 if the answer never changes"),
    ("same answer without ", "share of items whose answer without any reasoning is the final one"),
    ("accuracy without ", "share of items answered rightly without any reasoning"),
    ("same answer silent ", "how often the silent answer is the answer with reasoning"),
    ("same answer by ", "how often two unrelated answers of these accuracies would agree"),
    ("agreement ", "agreement beyond what accuracy alone gives, as a share of the most there can be"),
    ("readable", "share of steps in the task's grammar"),
    ("sound", "share of steps that are right by themselves"),
    ("grounded", "share of steps that are right and follow from the question and the steps before"),
    ("complete", "grounded steps over the steps the item needs"),
    ("paraphrase validity", "share of items whose reasoning could be put into other words safely"),
    ("parsed", "share of items that could be measured at all"),
)  # fmt: skip
"""Name (or beginning of names, as above) -> how the number is made. The first fit counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A task at a level (None: it has none)."""

    task: str
    level: int | None

    @property
    def difficulty(self) -> str:
        """The level in words."""
        return "no level" if self.level is None else f"level {self.level}"

    def __str__(self) -> str:
        return f"{self.task}, {self.difficulty}"


Estimates = Mapping[str, Estimate]
"""The estimates of one subject by name."""


def by_subject(findings: Sequence[Finding]) -> dict[Subject, dict[str, Estimate]]:
    """The findings of one run by subject and name, in their order. A name twice for a subject is a ValueError."""
    found: dict[Subject, dict[str, Estimate]] = {}
    for finding in findings:
        estimates = found.setdefault(Subject(finding.task, finding.difficulty), {})
        if finding.estimate.name in estimates:
            raise ValueError(
                f"{finding.estimate.name!r} is there twice for {finding.task!r}: findings of several runs?"
            )
        estimates[finding.estimate.name] = finding.estimate
    return found


def by_heading(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Names of estimates under their headings; headings in reading order, names as they first appear."""
    names = dict.fromkeys(finding.estimate.name for finding in findings)
    order = [*(title for title, _ in HEADINGS), "By accuracy instead of probability", OTHER]
    found: dict[str, list[str]] = {title: [] for title in order}
    for name in names:
        found[heading(name)].append(name)
    return {title: under for title, under in found.items() if under}


def heading(name: str) -> str:
    """The heading of an estimate; names that nobody told us about are under `Other`."""
    if name.endswith(BY_ACCURACY):
        return "By accuracy instead of probability"
    return next((title for title, starts in HEADINGS if any(_fits(name, start) for start in starts)), OTHER)


def meaning(name: str) -> str | None:
    """How the number of this name is made, None if it is not known here."""
    plain = name.removesuffix(BY_ACCURACY)
    return next((text for start, text in MEANINGS if _fits(plain, start)), None)


def meanings(names: Iterable[str]) -> dict[str, str]:
    """For each name that needs it how its number is made: every explanation once, at the first name it fits."""
    told: dict[str, str] = {}
    for name in names:
        text = meaning(name)
        if text is not None and text not in told.values():
            told[name] = text
    return told


def number(value: float) -> str:
    """Two digits, and no minus before a zero."""
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def shown(estimate: Estimate) -> str:
    """`0.47 [0.31, 0.62]`, or the reason why there is no number."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate.reason or ""
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def brief(estimate: Estimate | None) -> str:
    """As `shown`, with the reason cut at its colon: `not identifiable`. None: `not measured`."""
    if estimate is None:
        return "not measured"
    return shown(estimate) if estimate.value is not None else shown(estimate).split(":")[0]


def sentences(findings: Sequence[Finding]) -> list[str]:
    """The externalised share of each subject as a sentence."""
    found = []
    for subject, estimates in by_subject(findings).items():
        share = estimates.get(SHARE)
        if share is None:
            continue
        if share.value is None:
            found.append(f"{subject}: the externalised share has no number. {_capital(shown(share))}.")
        else:
            found.append(
                f"{subject}: the content that a reader can read carries {shown(share)} of the ability above chance "
                f"(95% interval, {share.n} items)."
            )
    return found


def items(estimates: Estimates) -> int:
    """Number of items behind the channels, or the most that any estimate has."""
    total = estimates.get(TOTAL)
    return total.n if total is not None and total.n else max((e.n for e in estimates.values()), default=0)


def _fits(name: str, start: str) -> bool:
    return name.startswith(start) if start.endswith(" ") else name == start


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
