"""The report of the faithfulness study: a row a test, headlines, what its estimates mean, its explorer.

Beside every test stand what it reads, its floor and its ceiling, the accuracy without reasoning where that confounds
it, and what it did on reasoners whose truth is known. There is no combined score. This module knows the names of that
study's estimates and conditions, and nothing about how a number was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from thinkaloud.metrics.early import ACCURACY
from thinkaloud.metrics.faithfulness import Test, tests
from thinkaloud.metrics.listening import by_record
from thinkaloud.metrics.readings import parsed, typed
from thinkaloud.metrics.use import called
from thinkaloud.records.about import Role, about, every, sibling
from thinkaloud.records.condition import LETTERED, REORDERED
from thinkaloud.records.condition import SILENT as SILENT_FORM
from thinkaloud.report import mass
from thinkaloud.report.explorer import Explorer, Parts, Section
from thinkaloud.report.tables import Estimates, Grid, brief, by_subject, counted, shown
from thinkaloud.stats.bootstrap import unseen
from thinkaloud.studies.channels.words import MADE_OF
from thinkaloud.studies.channels.words import SECTIONS as CHANNEL_SECTIONS
from thinkaloud.studies.faithfulness.words import WORDS
from thinkaloud.vocabulary import Estimate, Finding, Record

MAIN = (
    "early answering", "filler dots", "mistakes", "mistakes over wording", "use", "follow mistake:last",
    "follow transplant", "paraphrase",
)  # fmt: skip
"""The tests that have a row in the table and the figure, besides every kind of hint; the others are in the numbers."""
SILENT, BIAS = "accuracy silent", "bias"
BEFORE = "accuracy at cut:0"
"""What `ACCURACY` is called where there is no room for its whole name."""
NO_SCORE = (
    "There is no combined score: need (is the answer worse without the reasoning), use (does it follow it), wording "
    "(does it hang on words that mean the same) and bias (does a hint move it) are different things, and a model can "
    "have any of them without the others."
)
HEAD = ("test", "reads", "n", "raw", "floor", "raw - floor", "/ ceiling", BEFORE, "ruler")
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "early answering": ("own", "cut"), "paraphrase": ("own", "paraphrase"),
    **dict.fromkeys(("mistakes", "mistakes over wording", "use"), ("own", "mistake")),
}  # fmt: skip
"""Measure of a test -> the conditions that it reads; another test reads own and the condition that it is about."""


@dataclass(frozen=True, slots=True)
class Row:
    """One test of one subject. `accuracy` is that without reasoning, where the test reads need: an accurate model looks
    as if it did not need its reasoning."""

    name: str
    reads: str
    raw: Estimate
    floor: Estimate
    result: Estimate
    ceiling: Estimate
    share: Estimate
    accuracy: Estimate | None
    small: str | None

    @property
    def reason(self) -> str | None:
        """Why the test has no number at all; None if it has one."""
        return None if self.raw.value is not None else shown(self.raw)


def rows(estimates: Estimates) -> list[Row]:
    """The tests of a subject in reading order; those that nobody estimated are left out."""
    effects = {e.name: e for e in every(estimates.values(), role="effect", by="probability")}
    hints = [name for name, effect in effects.items() if effect.about["reads"] == BIAS]
    return [_row(effects[name], estimates) for name in (*MAIN, *hints) if name in effects]


def _row(effect: Estimate, estimates: Estimates) -> Row:
    def of(role: Role) -> Estimate:
        found = sibling(effect, estimates.values(), role)
        return found or Estimate.absent(f"{effect.name}, {role}", "not measured")

    reads = str(effect.about["reads"])
    return Row(
        effect.name,
        reads,
        raw=of("raw"),
        floor=of("floor"),
        result=effect,
        ceiling=of("ceiling"),
        share=of("share"),
        accuracy=estimates.get(ACCURACY) if reads in ("need", "need, use") else None,
        small=mass.too_small(estimates, rests_on(effect)),
    )


def rests_on(effect: Estimate) -> tuple[str, ...]:
    """The conditions that a test reads, those of which the mass is given."""
    return RESTS_ON.get(str(effect.about["measure"])) or ("own", str(effect.about["condition"]))


def accuracies(estimates: Estimates) -> str:
    """The two accuracies without reasoning, each with what it is read after."""
    silent = "not measured" if SILENT not in estimates else _with_n(estimates[SILENT])
    cut = "not measured" if ACCURACY not in estimates else _with_n(estimates[ACCURACY])
    return f"{ACCURACY}: {cut}; {SILENT} (asked without reasoning): {silent}"


# ------------------------------------------------------------------------------------------------------------- tables


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """A table a subject, a row a test."""
    found = []
    for subject, estimates in by_subject(findings).items():
        listed = rows(estimates)
        reasons: dict[str, list[str]] = {}
        for row in listed:
            four = [(row.name, e) for e in (row.raw, row.floor, row.result, row.share)]
            for name, estimate in [*four, *([] if row.accuracy is None else [(ACCURACY, row.accuracy)])]:
                names = reasons.setdefault(shown(estimate), []) if estimate.value is None else [name]
                if name not in names:
                    names.append(name)
        why = [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()] if listed else _all(estimates)
        why += [f"{row.name}:{mass.MARK} {row.small}; no claim is made of it" for row in listed if row.small]
        why += [f"{BEFORE} is the {accuracies(estimates)}"] if listed else []
        most = max((e.n for e in estimates.values() if e.value is not None), default=0)
        why += [unseen(most)] if listed and most else []
        found.append(Grid(str(subject), HEAD, tuple(_cells(row) for row in listed), tuple(why)))
    return [*found[:-1], *(replace(grid, reasons=(*grid.reasons, NO_SCORE)) for grid in found[-1:])]


def _cells(row: Row) -> tuple[str, ...]:
    head = (row.name, row.reads.replace(", ", "/"))
    accuracy = "" if row.accuracy is None else counted(row.accuracy, row.result.n)
    ruler = short(row.name) or "no ruler card"
    if row.reason is not None:
        return (*head, "-", brief(row.raw), "", "", "", accuracy, ruler)
    numbers = [counted(e, row.result.n) for e in (row.raw, row.floor, row.result, row.share)]
    numbers[-1] += mass.MARK if row.small else ""
    return (*head, str(row.result.n), *numbers, accuracy, ruler)


def lines(findings: Sequence[Finding]) -> list[str]:
    """The same as plain lines, with the whole reason where there is no number."""
    found = []
    for subject, estimates in by_subject(findings).items():
        found.append(f"{subject}; {accuracies(estimates)}")
        for row in rows(estimates):
            numbers = zip(HEAD[3:7], (row.raw, row.floor, row.result, row.share), strict=True)
            said = row.reason or ", ".join(f"{title} {shown(estimate)}" for title, estimate in numbers)
            beside = "" if row.accuracy is None else f"; {BEFORE} {shown(row.accuracy)}"
            n = "" if row.reason else f", n {row.result.n}"
            found.append(f"  {row.name} (reads {row.reads}): {said}{n}{beside}")
            found += [f"    no claim is made of it: {row.small}"] if row.small else []
            found.append(f"    ruler: {short(row.name) or 'no card'}")
        found += [f"  {line}" for line in ([] if rows(estimates) else _all(estimates))]
    return [*found, NO_SCORE] if found else []


def _all(estimates: Estimates) -> list[str]:
    """What there is of a subject that has no test: as a rule, why."""
    return [f"{name}: {_with_n(estimate)}" for name, estimate in estimates.items()]


def _with_n(estimate: Estimate) -> str:
    return shown(estimate) if estimate.value is None else f"{shown(estimate)}, n {estimate.n}"


def short(test: str) -> str | None:
    """The ruler card of a test in a few words, None where it has none: `24/25 known truths, AUROC 1.00, taken
    for use misreads capable`. AUROC: of the faithful reasoner over the post-hoc one."""
    from thinkaloud.calibration import cards

    cells = cards.cells_of(test)
    if not cells:
        return None
    parts = [f"{sum(map(cards.held, cells))}/{len(cells)} known truths"]
    parts += [
        f"AUROC {row['value']:.2f}"
        for row in cards.load()["separation"]
        if row["test"] == test and row["organism"].endswith(":posthoc") and row["value"] is not None
    ][:1]
    kinds = list(dict.fromkeys(cards.kind(organism) for organism, _, _ in cards.misreadings(test)))
    if kinds:
        parts.append(
            f"taken for use misreads {', '.join(kinds[:2])}{f' and {len(kinds) - 2} more' if len(kinds) > 2 else ''}"
        )
    return ", ".join(parts)


def ruler(name: str) -> str | None:
    """The whole ruler card of a test in a line; None where it has none."""
    from thinkaloud.calibration import cards

    line = cards.line(name)
    return line and f"Ruler: {line}"


# ---------------------------------------------------------------------------------------------------------- sentences


def sentences(findings: Sequence[Finding]) -> list[str]:
    """Need, use and bias of each subject, a sentence each, and that they are not one thing."""
    found = []
    for subject, estimates in by_subject(findings).items():
        listed = {row.name: row for row in rows(estimates)}
        need = _said(listed, "early answering", "early answering (need) reaches {} of its ceiling")
        if need is not None and ACCURACY in estimates:
            beside = f"{ACCURACY} is {shown(estimates[ACCURACY])}"
            silent = f", {SILENT} {shown(estimates[SILENT])}" if SILENT in estimates else ""
            found.append(f"{subject}: {need}; {beside}{silent}.{mass.aside(estimates, RESTS_ON['early answering'])}")
        used = [
            _said(listed, "use", f"following a wrong step (use{_where(estimates)}) reaches {{}} of its ceiling"),
            _said(listed, "follow mistake:last", "the last step alone {}"),
            _said(listed, "follow transplant", "following another item's reasoning {}"),
        ]
        if told := [text for text in used if text is not None]:
            found.append(f"{subject}: {', '.join(told)}.{mass.aside(estimates, ('own', 'mistake', 'transplant'))}")
        hints = [row.result for row in listed.values() if row.reads == BIAS and row.small is None]
        moved = [f"{effect.about['hint']} {shown(effect)}" for effect in hints if effect.value is not None]
        if moved:
            found.append(
                f"{subject}: a hint to a wrong option (bias) adds to that option's probability: {', '.join(moved)}."
            )
    return [*found, NO_SCORE] if found else []


def _where(estimates: Estimates) -> str:
    """The position with the highest follow: where the answer listens most."""
    follows = every(estimates.values(), measure="follow", condition="mistake", role="effect", by="probability")
    known = {int(e.about["position"]): e.value for e in follows if e.value is not None}
    return f", highest at {called(max(known, key=lambda at: known[at]))}" if known else ""


def _said(listed: Mapping[str, Row], name: str, words: str) -> str | None:
    """A test's share of its ceiling in words, or why there is none."""
    row = listed.get(name)
    if row is None:
        return None
    if row.share.value is None:
        return f"{name} has no number ({shown(row.share)})"
    if row.small is not None:
        return f"no claim is made of {name}: {row.small}"
    return f"{words.format(shown(row.share))} ({row.share.n} items)"


# ----------------------------------------------------------------------------------------------------------- explorer

_EDITS = "Mistakes, and the same place without one"
_HINTS, _LETTERS = "Hints to a wrong option", "Order and letters"
_KINDS: Mapping[str | None, str] = {
    "suggested": "A sentence in the question says that somebody thinks it is the → option.",
    "metadata": "Metadata in the question names the → option.",
    "grader": "The question holds the code of a grader that wants the → option.",
    "always-A": "In all the examples before it the right option is the first; here the first is the → option.",
    None: "Something in the question speaks for the → option.",
}
_ALIKE = "Its own reasoning, in other words, and without it"
SECTIONS = (
    *(replace(section, title=_ALIKE if section.title == MADE_OF else section.title)
      for section in CHANNEL_SECTIONS if section.kind != "mistake" and not section.form),
    Section("continue", _EDITS, "Cut after this sentence, as it is; the model went on from there.",
            edited=False, together=True),
    Section("mistake", _EDITS, "This sentence made wrong; the model went on from there.", together=True),
    Section("reword", _EDITS, "This sentence in other words; the model went on from there.", together=True),
    Section("prefix", _EDITS, "All sentences up to this one in other words; the model went on from there.",
            together=True),
    *(Section("hint", _HINTS, f"{text} Without reasoning.", together=True, variant=kind, form=SILENT_FORM)
      for kind, text in _KINDS.items()),
    *(Section("hint", _HINTS, f"{text} The reasoning was written under it.", written=True, together=True, variant=kind)
      for kind, text in _KINDS.items()),
    Section("silent", _LETTERS, "Options behind letters, nothing between.", form=LETTERED),
    Section("silent", _LETTERS, "The same in another order of the options.", form=REORDERED),
    Section("own", _LETTERS, "Reasoning about the question with letters.", written=True, form=LETTERED),
    Section("reversed", "Reversed pair", "The model's reasoning about the question asked the other way round.",
            written=True),
)  # fmt: skip


def _parts(records: Sequence[Record]) -> list[Parts]:
    """Raw minus floor of every test for each record, by probability."""
    asked, used = _tests(records), iter(by_record(parsed(records)))
    found: list[Parts] = []
    for record in typed(records):
        follow = next(used) if record["status"] == "ok" else None
        values: dict[str, float] = {} if follow is None else {"use": follow}
        for test in asked if record["status"] == "ok" else ():
            raw, floor = test.raw(record, "probability"), test.floor(record, "probability")
            if raw is not None and floor is not None:
                values[test.name] = raw - floor
        found.append(values or None)
    return found


def _tests(records: Sequence[Record]) -> list[Test]:
    return [test for test in tests(parsed(records)) if test.name in MAIN or test.reads == BIAS]


def _names(records: Sequence[Record]) -> list[str]:
    """Tests in the order of the table."""
    names = [test.name for test in _tests(records)]
    return [*MAIN, *(name for name in names if name not in MAIN)]


def _about(records: Sequence[Record]) -> dict[str, str]:
    """What each test is, in words."""
    abouts = {test.name: test.about("effect", "probability") for test in _tests(records)}
    abouts["use"] = about(measure="use", role="effect", by="probability", reads="use")
    told = {name: WORDS.meaning(Estimate.absent(name, "not asked for", about=of)) for name, of in abouts.items()}
    return {name: text for name in _names(records) if (text := told.get(name)) is not None}


def _why(record: Record, part: str) -> str:
    lacking = record.get("lacking") or ()
    return f"the model lacks {', '.join(lacking)}" if lacking else "not measured"


EXPLORER = Explorer(
    noun="test",
    parts=_names,
    values=_parts,
    why=_why,
    sections=SECTIONS,
    says="How far this test moved the answer, item by item: raw minus floor, by probability. "
    "Single items are noisy: read them beside all the others.",
    about=_about,
)
