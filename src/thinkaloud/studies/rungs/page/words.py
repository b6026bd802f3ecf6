"""The report of the rungs study: its headlines, its two tables, what its estimates mean.

The factored-cognition effect is F2 - F1 and T1 - T2 and nothing else, and what is said of it is said twice: of this
pool of families, and of families like these. A naive gain never stands without its parts. This module knows what
the estimates of that study are about, and nothing about how a number was made.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.arms.names import called
from thinkaloud.budget.meters import MEANINGS as METERS
from thinkaloud.metrics.factored import GAINS
from thinkaloud.records.about import Inference, one
from thinkaloud.report.tables import Grid, Words, brief, shown
from thinkaloud.stats.equivalence import AGREE, stands, verdict
from thinkaloud.studies.rungs.page.families import Pooled, against_of, pooled
from thinkaloud.studies.rungs.page.found import EFFECTS, POOL, WHOLE, Effect, Estimates, Found, once, read
from thinkaloud.studies.rungs.page.lists import ARMS
from thinkaloud.studies.rungs.page.marks import plus, thousands
from thinkaloud.studies.rungs.page.waterfall import START
from thinkaloud.tasks.kinds import kind_of
from thinkaloud.vocabulary import Estimate, Finding

NOT_SAID = (
    "What cannot be said: a naive gain is not an effect of decomposition; an effect in this pool need not hold for "
    'other families; "not decided" does not mean "no effect".'
)

WORDS = Words(
    headings=(
        ("The factored effect", ("F2 - F1*", "T1 - T2*")),
        ("Naive gain and its parts", ("naive gain *", "spend *", "information *", "tool *", "environment *",
                                      "fresh context *")),
        ("Accuracy of the arms", ("* once", "*[!B][0-9] at [0-9]*", "R2k at [0-9]*", "? at [0-9]*")),
        ("What one attempt costs", ("* spend",)),
        ("Where the curves cross", ("crossing *",)),
        ("Gaps between rungs", ("gap *",)),
        ("What the visible intermediates are for", ("externalised share *", "need *", "residue *", "foreign *", "use *",
                                                    "change *")),
    ),
    meanings=(
        ("* - * pooled mean", "the mean over families like these: families are the unit, weighted by random effects"),
        ("* - * tau", "how far the true effects of families lie apart, as a standard deviation"),
        ("* - * prediction*", "where the true effect in one more family would lie"),
        ("* - * shrunken *", "the family's effect after partial pooling: its own items and what the others say"),
        ("* - * equivalence*", "whether the effect is too small to matter, by two one-sided tests at the margin"),
        ("* - * sign*", "on how many of the four meters the effect has the same sign"),
        ("gap * logit", "the gap on the logit scale, which does not shrink at the ends of the accuracy scale"),
        ("gap *", "difference of the shares of right single attempts; R2k: voted, at the largest budget"),
        ("* - * at * by *", "the difference at this budget on this meter"),
        ("* - * at *", "the difference at this budget; the intervals of all budgets hold together"),
        ("* - * by *", "the area on another meter"),
        ("* - *", "the mean difference over the registered range of budgets, on a log scale, paired by item"),
        ("* once", "share of single attempts that are right, whatever they cost"),
        ("* spend", "token equivalents of one attempt on the registered meter; later ones find their prompt cached"),
        ("naive gain *", "the arm at this budget, minus one chain of thought: the sum of its parts"),
        ("spend *", "chains of thought voted at this budget, minus one chain of thought"),
        ("information *", "the decomposition in the same context, minus voted chains of thought at the same budget"),
        ("tool *", "one chain of thought with a code tool, minus voted chains of thought at the same budget"),
        ("environment *", "the code environment without sub-calls, minus the code tool"),
        ("fresh context *", "the factored effect at this budget"),
        ("crossing *", "the budget at which the two curves meet"),
        ("externalised share *", "(own - cut) / (own - chance): what of the ability goes with the intermediates"),
        ("need *", "right answers of its own, minus the same with the visible intermediates cut away"),
        ("residue *", "right answers of its own, minus the same with the intermediates in other words"),
        ("foreign *", "right answers of its own, minus the same with another item's intermediates"),
        ("use *", "how often the answer follows a corrupted intermediate to the answer that it implies"),
        ("change *", "how often this edit changes the answer at all"),
        ("* at * by *", "accuracy at this budget on this meter; what a budget cannot pay is 0"),
        ("* at *", "accuracy at this budget on the registered meter: attempts that fit, voted; else what the cut left"),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------ sentences


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What the run says of the factored effect and of the naive gain, and what it cannot say."""
    found = read(findings)
    said = [line for effect in EFFECTS for line in _effect(found, effect)]
    said += [line for arm in GAINS if (line := _gain(found, arm))]
    return [*said, NOT_SAID] if said else []


def _effect(found: Found, effect: Effect) -> list[str]:
    """The verdicts on one effect, and whether they hang on the price."""
    whole = pooled(found, effect)
    name = effect.title
    if not found.pool:
        return [
            f"{name} ({effect.name}) in {subject}: {_told(area)}."
            for subject, estimates in found.families.items()
            if (area := effect.area(estimates, found.primary)) is not None
        ]
    if whole.here is None and whole.anywhere is None:
        return []
    margin = "no margin was registered" if whole.margin is None else f"margin {whole.margin:g}"
    return [
        f"{name} ({effect.name}; {margin}). This pool: {_verdict(whole, whole.here, 'this pool')}.",
        f"{name}, families like these: {_verdict(whole, whole.anywhere, 'families like these')}.",
        *_sign(found, whole),
    ]


def _verdict(whole: Pooled, estimate: Estimate | None, inference: Inference) -> str:
    """The word, then why; where no margin was registered there is no word."""
    if estimate is None or estimate.value is None:
        return f"not measured{f' ({estimate.reason})' if estimate else ''}"
    size = f"{estimate.clusters} families, {estimate.n} items"
    if whole.margin is None:
        return f"{_told(estimate)} ({size})"
    made = verdict(whole.effect.name, {e.name: e for e in whole.estimates}, inference)
    why = made.why.removeprefix(f"{made.word}: ")
    return f"{made.word}; {why} ({size})"


def _sign(found: Found, whole: Pooled) -> list[str]:
    """Whether the sign hangs on what is paid for."""
    if whole.sign is None:
        return []
    against = [f"{meter} ({METERS[meter]})" for meter in against_of(found, whole.effect)]
    rest = f" (not on {', '.join(against)})" if against else ""
    same = whole.sign.value
    said = stands(whole.sign)
    if same is not None and same >= AGREE:  # there may be no effect: no word of a claim that stands
        said = f"its sign does not depend on them: the same on {same:.0f} of 4 meters"
    return [f"{whole.effect.title} ({whole.effect.name}) under four prices: {said}{rest}."]


def _gain(found: Found, arm: str) -> str | None:
    """The naive gain at the largest budget, with its parts."""
    estimates, budget = found.about(found.subject), found.largest
    gain = None if budget is None else one(estimates, measure="naive gain", arm=arm, budget=budget)
    if gain is None or gain.value is None or budget is None:
        return None
    parts = {
        name: one(estimates, measure="part of a naive gain", part=name, arm=arm, budget=budget)
        for name, _ in GAINS[arm]
    }
    told = ", ".join(
        f"{name} {'not measured' if e is None or e.value is None else plus(e.value)}" for name, e in parts.items()
    )
    name = called(arm)
    begin = f"{name[:1].upper()}{name[1:]} at {thousands(budget)}"
    return f"{begin} minus one chain of thought: {_told(gain)}, of which {told}."


def _told(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return shown(estimate)
    return f"{plus(estimate.value)} [{plus(estimate.low)}, {plus(estimate.high)}]"


# --------------------------------------------------------------------------------------------------------- tables


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """The arms over the pool, and the families."""
    found = read(findings)
    subject = found.subject
    estimates = found.about(subject)
    arms = _arms(found, estimates)
    title = "The arms, all families together" if subject == WHOLE else f"The arms, {subject}"
    made = [Grid(title, _arm_head(found, estimates), tuple(arms), _reasons(found))] if arms else []
    return [*made, *([_families(found)] if found.pool and found.families else [])]


def _cost(estimates: Estimates, arm: str) -> Estimate | None:
    """What one attempt costs."""
    return one(estimates, measure="cost of an attempt", arm=arm)


def _arm_head(found: Found, estimates: Estimates) -> tuple[str, ...]:
    spend = ("spend",) if any(_cost(estimates, arm) for arm in found.arms) else ()
    return ("arm", "n", "once", *(f"at {thousands(budget)}" for budget in found.budgets), *spend, "what it is")


def _arms(found: Found, estimates: Estimates) -> list[tuple[str, ...]]:
    """A row an arm."""
    spends = any(_cost(estimates, arm) for arm in found.arms)
    rows = []
    for arm in found.arms:
        single, curve = once(estimates, arm), found.curve(estimates, arm, found.primary)
        if single is None and not curve:
            continue
        n = max(e.n for e in (single, *curve.values()) if e is not None)
        cells = [brief(single) if single else "-", *(brief(curve[b]) if b in curve else "-" for b in found.budgets)]
        spend = [tokens(_cost(estimates, arm))] if spends else []
        rows.append((called(arm), str(n), *cells, *spend, ARMS.get(arm, "")))
    return rows


def tokens(estimate: Estimate | None) -> str:
    """A number of token equivalents: whole, without a fraction."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "-" if estimate is None else brief(estimate)
    return f"{estimate.value:,.0f} [{estimate.low:,.0f}, {estimate.high:,.0f}]"


def _reasons(found: Found) -> tuple[str, ...]:
    meter = f"{found.primary}, {METERS[found.primary]}" if found.primary else "the registered meter"
    return (f"Budgets are in token equivalents ({meter}). once: single attempts, whatever they cost.",)


def _families(found: Found) -> Grid:
    """A row a family: its effects, raw and shrunken."""
    effects = [(effect, pooled(found, effect)) for effect in found.effects]
    head = ["family", "falls into", "n"]
    for effect, whole in effects:
        head += [effect.called, *(["shrunken"] if whole.shrunken else [])]
    rows = []
    for subject, estimates in found.families.items():
        areas = [effect.area(estimates, found.primary) for effect, _ in effects]
        row = [str(subject), kind_of(subject.task), str(max((e.n for e in areas if e is not None), default=0))]
        for area, (_, whole) in zip(areas, effects, strict=True):
            row += [_cell(area), *([_cell(whole.of(subject))] if whole.shrunken else [])]
        rows.append((*row, _cell(once(estimates, START))))
    reasons = (
        "shrunken: after partial pooling. falls into: type of decomposition, assigned before any result was seen.",
    )
    return Grid(f"The families of the {POOL}", (*head, "chain of thought, once"), tuple(rows), reasons)


def _cell(estimate: Estimate | None) -> str:
    """An estimate in a table; a dash where there is none."""
    return "-" if estimate is None else brief(estimate)


def lines(findings: Sequence[Finding]) -> list[str]:
    """The tables as plain lines, below the headlines."""
    said = list(sentences(findings))
    for grid in grids(findings):
        said.append(grid.title)
        for row in grid.rows:
            cells = (
                f"{title} {cell}" for title, cell in zip(grid.head[1:], row[1:], strict=True) if cell not in ("-", "")
            )
            said.append(f"  {row[0]}: {', '.join(cells)}")
        said += [f"  {reason}" for reason in grid.reasons]
    return said


def numbers(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """All numbers of the pool; then those of the families, on the registered meter only."""
    whole = [finding for finding in findings if finding.task == POOL]
    rest = [finding for finding in findings if finding.task != POOL and _registered(finding.estimate)]
    about = (
        "All families together." if whole else "",
        "Family by family, on the registered meter; the other meters are in findings.json.",
    )
    return [(words, some) for words, some in zip(about, (whole, rest), strict=True) if some]


def _registered(estimate: Estimate) -> bool:
    """Whether it is on the meter that the run was registered with, or on none."""
    return estimate.about.get("meter") == estimate.about.get("primary")
