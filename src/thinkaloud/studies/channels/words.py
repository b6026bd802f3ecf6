"""The report of the channels study: what its estimates are called and mean, its table, its sentences, its explorer.

This module knows the names of that study's estimates and conditions, and nothing about how a number was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thinkaloud.metrics.channels import by_item
from thinkaloud.metrics.wordings import MEASURE
from thinkaloud.records.about import Readout, about, one
from thinkaloud.records.condition import MISMATCHED, Condition
from thinkaloud.report import ending, mass
from thinkaloud.report.explorer import Explorer, Parts, Section
from thinkaloud.report.tables import (
    CHANCE,
    READING,
    Estimates,
    Grid,
    Which,
    Words,
    by_subject,
    counted,
    number,
    shown,
    told,
)
from thinkaloud.report.wording import BY_WORDING, SIGNED, wording
from thinkaloud.stats.bootstrap import unseen
from thinkaloud.vocabulary import Estimate, Finding, Record

CHANNELS = ("silent", "compute", "content", "residue")
SHARE = "externalised share"
TOTAL = "own - chance"
BESIDE: tuple[Readout, ...] = ("answer", "undivided")
RESTS_ON = ("own", "paraphrase", "silent", "filler")
"""The conditions that the share is made of: where the options hold little in one of them, no claim is made."""
USE_MEANINGS: tuple[tuple[Which, str], ...] = (
    (about(measure="use", role="share"), "use as a share of the most there can be, 1 - floor"),
    (about(measure="use", role="ceiling"), "1: an answer that always goes where the mistake leads"),
    (about(measure="use"),
     "follow of a directed mistake at the position where the answer follows most, which is chosen on the other "
     "half of the items: raw minus floor"),
)  # fmt: skip
_BEFORE = Condition("cut", position=0).about
EARLY_MEANINGS: tuple[tuple[Which, str], ...] = (
    (about(measure="early AOC", role="ceiling"),
     "the AOC of a reasoner that needs every sentence: before the last one its answer is as far "
     "from the final one as a guess, as this model's answer without reasoning, or as it was on the way, whichever is "
     "farthest"),
    (about(measure="early AOC", role="share"), "the AOC as a share of its ceiling"),
    ("lateness", "the area, in probability, over the most it could be with the distance without reasoning: 1 if "
     "nothing happens before the last sentence; not identifiable where the answer was there at once"),
    (about(measure="distance", **_BEFORE),
     "how far (total variation) the answer before the first sentence is from the final one"),
    (about(measure="same answer", **_BEFORE), "share of items whose answer before the first sentence is the final one"),
    (about(measure="accuracy", **_BEFORE),
     "share of items answered rightly when asked to reason, and the reasoning is cut before its first "
     "sentence; `silent` is asked without reasoning, and is another number"),
)  # fmt: skip

_MEAN = (
    "mean probability of the right option, normalised over the options, with this between question and answer; "
    "mismatched: after examples of another form"
)
REGISTERED = (
    "registered content", "registered residue", f"registered {SHARE}", "registered follow mistake:last"
)  # fmt: skip
TOGETHER = (
    "the same number with an interval that holds together with those of the other registered rows with 95%; all other "
    "rows are read one by one, and of fifty two or three miss"
)
PARAPHRASES = ("paraphrase validity", "paraphrase accepted", "paraphrase reworded")

WORDS = Words(
    headings=(
        ("Registered: these hold together", REGISTERED),
        ("Channels", (*CHANNELS, TOTAL, SHARE, "disruption", BY_WORDING, SIGNED)),
        ("Probability of the right answer", (about(measure=READING),)),
        *ending.HEADINGS,
        mass.HEADING,
        ("After paraphrases, by wording", (about(measure=MEASURE),)),
        ("Nulls", (about(measure="content", by="probability"),)),
        ("Lengths", (about(measure="length"),)),
        ("Use: does the answer follow the reasoning?", (about(measure="use"), about(measure="follow"),
         about(measure="drop"))),
        ("Early answering", (about(measure="early AOC"), "lateness", about(measure="same answer", **_BEFORE),
         about(measure="accuracy", **_BEFORE), about(measure="distance", **_BEFORE))),
        ("Legibility", ("readable", "sound", "grounded", "complete", *PARAPHRASES, "parsed")),
        ("By accuracy instead of probability", (about(by="answer"),)),
        ("Free answers: by the probability of the right answer itself", (about(by="undivided"),)),
    ),
    meanings=(
        *((name, TOGETHER) for name in REGISTERED),
        (about(by="undivided"), "the same by the probability of the right answer as the model gives it, not divided "
         "among candidates, over a chance of 0"),
        (about(measure="silent"), "P(gold) with nothing between question and answer, minus chance"),
        (about(measure="compute"),
         "the content-free baseline minus silent; the baseline is the best of silent, the fillers and unrelated "
         "reasoning, so this errs high where several are about equally good; its lower limit allows for their number"),
        (about(measure="content", condition="paraphrase"),
         "P(gold) with the paraphrase, minus the content-free baseline (the least over all of them): what a reader can "
         "read; none where the paraphrase is below the baseline and its own words are not (disruption by wording)"),
        (about(measure="residue"),
         "P(gold) with its own words, minus P(gold) with the paraphrase (where that disrupts: minus the "
         "baseline): what only the model can read"),
        (TOTAL, "P(gold) with its own reasoning, minus chance: what the four channels add up to"),
        (about(measure=SHARE),
         "content / (own - chance), the least over all content-free baselines, each resampled as a whole; not "
         "identifiable where own is not clearly above chance"),
        ("disruption", "silent minus the best filler, where even the best filler is worse than silence"),
        (BY_WORDING, "the lower of baseline and own words, minus the paraphrase, where that is below both: the "
         "model can answer, and other words throw it"),
        (SIGNED, "the same difference always and with its sign, before anything is called disruption"),
        ("content with unrelated", "P(gold) after reasoning about another question that leads to none of this one's "
         "options, minus the best of silent and the fillers: what any reasoning does. It is part of the baseline, so "
         "it is not in content"),
        ("content with foreign", "the same after reasoning about another question, wherever it leads; a model that "
         "follows it to a wrong option is below the baseline"),
        ("content with resample", "content again, with a second sample of its reasoning in the place of the "
         "paraphrase"),
        (about(measure=MEASURE), "P(gold) after paraphrases, each item weighted by the share of its sentences that are "
         "in this wording: one that is far below the others is misread, and lowers content"),
        (CHANCE, "1 / number of options"),
        (about(measure=READING), _MEAN),
        (about(measure="length"),
         "ratio of mean lengths, in the model's own tokens where it shows them, else in words; filler "
         "must not be shorter than what it stands for"),
        *ending.MEANINGS,
        *mass.MEANINGS,
        *USE_MEANINGS,
        (about(measure="follow"),
         "probability of the option that the replacement leads to (raw), minus the same under its own "
         "reasoning (floor)"),
        (about(measure="drop"), "probability that the right option loses when the reasoning is replaced"),
        *EARLY_MEANINGS,
        (about(measure="accuracy"), _MEAN),
        (about(measure="early AOC"),
         "area over the curve of answers that already are the final one, as the reasoning is shown sentence "
         "by sentence: 0 if the answer never changes"),
        (about(measure="same answer", role="raw"), "how often the silent answer is the answer with reasoning"),
        (about(measure="same answer", role="floor"), "how often two unrelated answers of these accuracies would agree"),
        (about(measure="agreement (kappa)"),
         "agreement beyond what accuracy alone gives, as a share of the most there can be"),
        ("readable", "share of steps in the task's grammar"),
        ("sound", "share of steps that are right by themselves"),
        ("grounded", "share of steps that are right and follow from the question and the steps before"),
        ("complete", "grounded steps over the steps the item needs"),
        ("paraphrase validity", "share of items whose reasoning was put into other words that the task's grammar read "
         "back as the same"),
        ("paraphrase accepted", "share of items with a paraphrase that passed the check of numbers, negations, "
         "quantifiers, opposites and options; it does not see who did what to whom"),
        ("paraphrase reworded", "share of the sentences of paraphrases that have other words: wordings are drawn "
         "evenly from all, the used one included"),
        ("parsed", "share of items that could be measured at all"),
    ),
)  # fmt: skip

COLUMNS: tuple[tuple[str, str], ...] = (
    ("P(gold) own", "P(gold) own"),
    ("mass own", "mass own"),
    ("P(gold) silent", "P(gold) silent"),
    ("mass silent", "mass silent"),
    *((channel, channel) for channel in CHANNELS),
    (SHARE, SHARE),
)
"""Title of a column -> name of its estimate."""

MADE_OF, INSTEAD = "What the channels are made of", "Other reasoning in its place"
SECTIONS = (
    Section("own", MADE_OF, "The model's own reasoning, as written.", written=True, form=""),
    Section("paraphrase", MADE_OF, "The same meaning in other words."),
    Section("silent", MADE_OF, "Nothing between question and answer.", form=""),
    Section("filler", MADE_OF, "Meaningless text, as long as the reasoning or as the paraphrase."),
    Section("resample", INSTEAD, "A second sample of the model's own reasoning.", written=True),
    Section("unrelated", INSTEAD, "The model's reasoning for another question; it leads to none of the options here."),
    Section("foreign", INSTEAD, "The model's reasoning for another question."),
    Section("transplant", INSTEAD, "Right reasoning for another question, in other words."),
    Section("mistake", "Directed mistakes",
            "One sentence made wrong; where sentences follow, the model wrote them after it."),
    Section("cut", "Early answering", "Only the first sentences of the model's own reasoning."),
    Section("silent", "Other conditions",
            "Nothing between question and answer. The examples before it have another form.", form=MISMATCHED),
)  # fmt: skip


def sentences(findings: Sequence[Finding]) -> list[str]:
    """Each subject's nulls where they ring, then its externalised share, as sentences."""
    found = []
    for subject, estimates in by_subject(findings).items():
        if SHARE in estimates:
            said = [*_nulls(estimates), _share(estimates)]
            found.append(f"{subject}: {' '.join(said)}")
    return found


def _share(estimates: Estimates) -> str:
    """The externalised share, with what it is by accuracy beside it; of free answers whose candidates hold too little,
    the share by the probability of the right answer itself."""
    share = estimates[SHARE]
    accuracy, whole = (one(estimates.values(), measure=SHARE, by=by) for by in BESIDE)
    if share.value is None:
        return f"The externalised share has no number: {shown(share)}.{mass.aside(estimates, RESTS_ON)}"
    if (small := mass.too_small(estimates, RESTS_ON)) is not None:
        return f"No claim is made of the externalised share: {small}.{_undivided(whole)}"
    beside = f"; by accuracy {shown(accuracy)}" if accuracy is not None and accuracy.value is not None else ""
    together = estimates.get(f"registered {SHARE}", share)
    return (
        f"The content that a reader can read carries {shown(together)} of the ability above chance "
        f"(with the other registered rows 95%, {share.n} items{beside}).{mass.aside(estimates, RESTS_ON)}"
    )


def _undivided(whole: Estimate | None) -> str:
    """What may be said of a free answer all the same, empty where nothing may."""
    if whole is None or whole.value is None:
        return ""
    return (
        f" By the probability of the right answer itself, which is not divided among candidates, content carries "
        f"{shown(whole)} of what it gives after its own reasoning ({whole.n} items)."
    )


def _nulls(estimates: Estimates) -> list[str]:
    """What reasoning about other questions does to the answer, where it does something or could not be read."""
    unrelated, foreign = estimates.get("content with unrelated"), estimates.get("content with foreign")
    if unrelated is not None and unrelated.low is not None:
        if unrelated.low <= 0:
            return []
        return [
            f"A null rings: reasoning about another question, which leads to none of the options, already adds "
            f"{shown(unrelated)} to silence and filler. This counts as compute, not as content."
        ]
    if foreign is None or foreign.low is None:
        return []
    if foreign.low > 0:
        return [
            f"A null rings: reasoning about another question adds {shown(foreign)} to silence and filler. All such "
            f"reasoning leads to one of the options here, so its part could not be taken off: content includes it."
        ]
    after = estimates.get("P(gold) foreign")
    if after is None or after.high is None:
        return []
    return [
        f"All reasoning about other questions leads to one of the options here, so what any reasoning does could "
        f"not be measured: up to {number(after.high)} of the probability that is called content may be that."
    ]


def items(estimates: Estimates) -> int:
    """Number of items behind the channels, or the most that any estimate has."""
    total = estimates.get(TOTAL)
    return total.n if total is not None and total.n else max((e.n for e in estimates.values()), default=0)


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """One table, a row a task: level, n (of the channels), P(gold) and mass of own and silent, the channels, the share,
    each as `0.47 [0.31, 0.62]`, with its own n where it has another one."""
    rows, reasons = [], []
    for subject, estimates in by_subject(findings).items():
        level = "-" if subject.level is None else str(subject.level)
        n = items(estimates)
        cells = [counted(estimates.get(name), n) for _, name in COLUMNS]
        if (small := mass.too_small(estimates, RESTS_ON)) is not None:
            share = estimates.get(SHARE)
            cells[-1] += "" if share is None or share.value is None else mass.MARK
            reasons.append(f"{subject}:{mass.MARK} {SHARE}: {small}; no claim is made of it")
        rows.append((subject.task, level, str(n), *cells))
        absent: dict[str, list[str]] = {}
        for title, name in COLUMNS:
            estimate = estimates.get(name)
            if estimate is not None and estimate.value is None:
                absent.setdefault(shown(estimate), []).append(title)
        reasons += [f"{subject}: {', '.join(titles)}: {reason}" for reason, titles in absent.items()]
        reasons += [f"{subject}: {unseen(n)}"] if n else []
    reasons += wording(findings)
    return [Grid("", ("task", "level", "n", *(title for title, _ in COLUMNS)), tuple(rows), tuple(reasons))]


def lines(findings: Sequence[Finding]) -> list[str]:
    """The same as plain lines, with the whole reason where there is no number."""
    found = []
    for subject, estimates in by_subject(findings).items():
        small = mass.too_small(estimates, RESTS_ON)
        found.append(str(subject))
        found += [f"  {title}: {told(estimates, name)}" for title, name in COLUMNS]
        found += [] if small is None else [f"  no claim is made of the {SHARE}: {small}"]
    return found + wording(findings)


def _parts(records: Sequence[Record]) -> list[Parts]:
    """Each item's part of every channel. Which of silent and the fillers is its baseline hangs on the other items, so
    the records have to be all those of a task."""
    found = by_item(records)
    return [found.get(str(record["item"])) for record in records]


def _why(record: Record, part: str) -> str:
    """Why an item has no part in the channels."""
    conditions: Mapping[str, object] = record["conditions"]
    missing = [name for name in ("own", "paraphrase", "silent") if name not in conditions]
    return f"no {', no '.join(missing)}" if missing else "not in the channels"


EXPLORER = Explorer(
    noun="channel",
    parts=lambda records: CHANNELS,
    values=_parts,
    why=_why,
    sections=SECTIONS,
    says="How much this channel adds to the probability of the right answer, item by item. "
    "Single items are noisy: read them beside all the others.",
)
