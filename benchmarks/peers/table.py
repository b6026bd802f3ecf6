"""Results as Markdown: a table a workload, then whether what was aimed at was reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contenders import CONTENDERS
from results import Agreement, Line, Spread, Summary, summaries

TITLES = {
    "early": "Early answering: a reading after each of {size} sentences",
    "early_numbers": "Early answering with options of several tokens, {size} sentences",
    "mistakes": "Mistakes at four positions, {size} questions: continuation of 40 tokens, then a reading",
    "samples": "Eight samples for each of {size} questions, seven readings a sample",
    "rungs": "Sub-calls, {size} items: a plan, four parts in fresh contexts, a last call, a reading",
    "linear": "One text of about {size} tokens, read at its quarters",
}
BRANCHING = ("mistakes", "samples", "rungs")
HEAD = (
    "| peer | CPU s | wall s | x ours | tokens computed / unique | memory, MB | largest difference | same answer |\n"
    "|---|---|---|---|---|---|---|---|"
)


def document(lines: Sequence[Line], machine: dict[str, str]) -> str:
    """The whole text."""
    found = summaries(lines)
    cells = list(dict.fromkeys((one.workload, one.size) for one in found))
    parts = ["; ".join(f"{key}: {value}" for key, value in machine.items()) + ".", _versions(lines)]
    parts.append(
        "Medians over repeats (least to most; no brackets: one run). *x ours*: CPU seconds over those of our faster "
        "backend. Differences are of probabilities among the options, against the naive loop, on the readings whose "
        "prompt was the same."
    )
    for workload, size in cells:
        mine = [one for one in found if (one.workload, one.size) == (workload, size)]
        parts.append(f"## {TITLES[workload].format(size=size)}\n\n{HEAD}\n" + "\n".join(_rows(mine)))
    linear = growth(found)
    if linear:
        parts.append("## What a token costs as the context fills\n\n" + linear)
    parts.append("## What was aimed at\n\n" + "\n".join(f"- {line}" for line in aims(found)))
    return "\n\n".join(parts) + "\n"


def _rows(found: Sequence[Summary]) -> list[str]:
    best = ours(found)
    order = list(CONTENDERS)
    return [_row(one, best) for one in sorted(found, key=lambda one: order.index(one.peer))]


def _row(one: Summary, best: Summary | None) -> str:
    title = CONTENDERS[one.peer].title
    if one.cpu is None or one.wall is None:
        return f"| {title} | *did not run*: {(one.error or '').replace('|', '/')} | | | | | | |"
    times = f"{one.cpu.median / best.cpu.median:.1f}" if best is not None and best.cpu is not None else ""
    tokens = f"? / {one.unique:,}"
    if one.computed is not None:
        tokens = f"{one.computed:,} / {one.unique:,} = {one.computed / one.unique:.2f}"
    cells = (title, _spread(one.cpu), _spread(one.wall), times, tokens, f"{one.peak / 1e6:,.0f}")
    return f"| {' | '.join((*cells, *_agreement(one.agreement)))} |"


def _spread(value: Spread) -> str:
    return f"{value.median:.1f}" + (f" ({value.low:.1f} to {value.high:.1f})" if value.n > 1 else "")


def _agreement(value: Agreement | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    unread = f", {value.unread} not read" if value.unread else ""
    if not value.n:
        return "", f"none read of {value.unread}"
    return f"{value.largest:.0e}", f"{value.same:.2f} of {value.n}{unread}"


def ours(found: Sequence[Summary]) -> Summary | None:
    """The faster of our backends."""
    mine = [one for one in found if CONTENDERS[one.peer].ours and one.cpu is not None]
    return min(mine, key=_cpu, default=None)


def _cpu(one: Summary) -> float:
    return one.cpu.median if one.cpu is not None else float("inf")


def growth(found: Sequence[Summary]) -> str:
    """CPU milliseconds a unique token at every size of the `linear` workload, and over those of the smallest."""
    lines = []
    for peer in CONTENDERS:
        mine = [one for one in found if (one.peer, one.workload) == (peer, "linear") and one.cpu is not None]
        mine.sort(key=lambda one: one.unique)
        for one in mine:
            each, first = _cpu(one) / one.unique, _cpu(mine[0]) / mine[0].unique
            cells = (CONTENDERS[peer].title, f"{one.unique:,}", f"{_cpu(one):.2f}", f"{each * 1e3:.2f}")
            lines.append(f"| {' | '.join(cells)} | {each / first:.2f} |")
    head = "| peer | unique tokens | CPU s | CPU ms a token | over the smallest |\n|---|---|---|---|---|\n"
    return head + "\n".join(lines) if lines else ""


# --------------------------------------------------------------------------------------------------- aims


def aims(found: Sequence[Summary]) -> list[str]:
    """Each aim with what was measured for it, and whether it was reached."""
    out = []
    cells = list(dict.fromkeys((one.workload, one.size) for one in found))
    for workload, size in cells:
        mine = [one for one in found if (one.workload, one.size) == (workload, size)]
        best = ours(mine)
        if best is None:
            continue
        where = f"{workload} {size}"
        if workload == "early" and size >= 10:
            for name in ("lm_eval", "inspect_hf"):
                out += _ratio(where, mine, best, name, 10)
        like = [one for one in mine if CONTENDERS[one.peer].same and one.cpu is not None]
        servers = [one for one in like if CONTENDERS[one.peer].caches]
        if servers:
            out += _ratio(where, mine, best, min(servers, key=_cpu).peer, 1.5 if workload in BRANCHING else 1)
        for one in mine:
            if CONTENDERS[one.peer].ours and one.computed is not None:
                share = one.computed / one.unique
                out.append(
                    f"{where}, {CONTENDERS[one.peer].title}: {share:.3f} tokens computed a unique token, at most 1.02: "
                    f"{_verdict(share <= 1.02)}"
                )
    return out


def _ratio(where: str, mine: Sequence[Summary], best: Summary, name: str, wanted: float) -> list[str]:
    other = next((one for one in mine if one.peer == name and one.cpu is not None), None)
    if other is None:
        return []
    ratio = _cpu(other) / _cpu(best)
    return [
        f"{where}: {ratio:.2f} times fewer CPU seconds than {CONTENDERS[name].title}, at least {wanted:g}: "
        f"{_verdict(ratio >= wanted)}"
    ]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _versions(lines: Sequence[Line]) -> str:
    facts = {line.peer: line.facts for line in lines if line.error is None}
    said: Callable[[str], str] = lambda peer: ", ".join(f"{k} {v}" for k, v in facts[peer].items())  # noqa: E731
    return "\n".join(f"- {CONTENDERS[peer].title}: {said(peer)}" for peer in CONTENDERS if peer in facts)
