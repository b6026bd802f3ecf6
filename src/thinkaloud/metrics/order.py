"""Order and letters: does the answer hang on where an option stands? (Bentham et al. 2024, 2402.14897)

"The answer without reasoning is the answer with it" can come from accuracy, and from a habit of letters. So the same
items are asked with letters twice, in two orders, and four agreements are set side by side, all by the most probable
option:

    same answer lettered                     without and with reasoning, options in the same order
    same answer lettered, reordered          without and with reasoning, options in different orders
    same content in two orders               without reasoning in both: the option's text
    same letter in two orders                without reasoning in both: the option's letter

A reasoner that always knows has 1, 1, 1 and about 1/m; one that answers a letter on a share b of the items has 1 - b +
b/m and b + (1-b)/m in the last two. The first two also stand beside what two independent answers of the same
accuracies would have (`agreement (kappa) ...`). The *letter-free twin* is the same item asked without letters:
`accuracy silent` against `accuracy silent:lettered`.

This module does not know why an answer is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.metrics.agreement import agreement
from thinkaloud.metrics.readings import UNIT, Column, best, condition, gather, parsed
from thinkaloud.records.about import About, about
from thinkaloud.records.condition import LETTERED, REORDERED, Condition
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

SILENT, OTHER, OWN = (
    Condition(kind, form=form).name for kind, form in (("silent", LETTERED), ("silent", REORDERED), ("own", LETTERED))
)


def order(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """The four agreements, and kappa of the first two."""
    ok = parsed(records)
    asked: list[tuple[str, Column, About]] = [
        ("same answer lettered", lambda r: _same(r, SILENT, OWN), _pair("same answer", SILENT, OWN)),
        ("same answer lettered, reordered", lambda r: _same(r, OTHER, OWN), _pair("same answer", OTHER, OWN)),
        ("same content in two orders", lambda r: _same(r, SILENT, OTHER), _pair("same content", SILENT, OTHER)),
        ("same letter in two orders", _same_letter, _pair("same letter", SILENT, OTHER)),
    ]
    rows = []
    for name, column, of in asked:
        sample = gather(ok, [column], [UNIT], f"no item has {of['condition']} and {of['against']}")
        rows.append(interval(name, mean(0), sample, key, about=about(**of)))
    kappas = [agreement(records, key, (one, OWN))[-1] for one in (SILENT, OTHER)]
    return [*rows, *kappas]


def _pair(measure: str, one: str, other: str) -> About:
    return About(measure=measure, condition=one, against=other, by="answer", role="raw")


def _same(record: ItemRecord, one: str, other: str) -> float | None:
    """Share of most probable options in common."""
    a, b = best(record, one), best(record, other)
    return None if a is None or b is None else len(a & b) / len(a | b)


def _same_letter(record: ItemRecord) -> float | None:
    """The same, of the letters they stand behind."""
    a, b = _letters(record, SILENT), _letters(record, OTHER)
    return None if a is None or b is None else len(a & b) / len(a | b)


def _letters(record: ItemRecord, name: str) -> frozenset[int] | None:
    found, answers = condition(record, name), best(record, name)
    if found is None or answers is None or "order" not in found:
        return None
    return frozenset(letter for letter, option in enumerate(found["order"]) if option in answers)
