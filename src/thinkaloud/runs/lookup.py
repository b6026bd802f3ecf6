"""What somebody asks a run for by name: estimates by what they are about, and the record of an item.

    find(findings, task="chain_sum", about={"arm": "F2", "budget": 1000})

Names of parts and of a record's fields are taken as they come; this module knows none of them. A question that finds
nothing is a `UserError` that says what there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.vocabulary import Estimate, Finding, Part, Record

SHOWN = 6
"""How many names a message lists."""


def find(
    findings: Sequence[Finding],
    task: str | None = None,
    name: str | None = None,
    about: Mapping[str, Part] | None = None,
) -> list[Estimate]:
    """The estimates of this task (any, where none is given) and name whose `about` has all of these parts. A task, a
    name or a part that no estimate of the run has is a `UserError`; a combination that none has is an empty list."""
    wanted = dict(about or {})
    _known("task", task, [one.task for one in findings])
    _known("estimate", name, [one.estimate.name for one in findings])
    for part, value in wanted.items():
        _known("part", part, [known for one in findings for known in one.estimate.about])
        _known(part, value, [one.estimate.about[part] for one in findings if part in one.estimate.about])
    return [
        finding.estimate for finding in findings
        if task in (None, finding.task) and name in (None, finding.estimate.name)
        and wanted.items() <= finding.estimate.about.items()
    ]  # fmt: skip


def find_one(
    findings: Sequence[Finding],
    task: str | None = None,
    name: str | None = None,
    about: Mapping[str, Part] | None = None,
) -> Estimate:
    """As `find`, where exactly one estimate fits; `UserError` with those that do where there are several."""
    found = find(findings, task, name, about)
    if len(found) == 1:
        return found[0]
    said = {**({} if task is None else {"task": task}), **({} if name is None else {"name": name}), **(about or {})}
    asked = ", ".join(f"{part}={value!r}" for part, value in said.items())
    if not found:
        raise UserError(f"no estimate has all of {asked}: leave one out to see what there is")
    raise UserError(
        f"{len(found)} estimates {f'have {asked}' if asked else 'are there'}: say which by {_telling(found)}"
    )


def find_item(records: Sequence[Record], item: str, which: Mapping[str, Part]) -> Record:
    """The one record of an item. `item`: the beginning of its id, or of the last part of it; `which`: fields of the
    record, where an item has several records (`arm`, `sample`). `UserError` where it is not exactly one."""
    ids = list(dict.fromkeys(str(record["item"]) for record in records))
    exact = [one for one in ids if one == item]
    fitting = exact or [one for one in ids if one.startswith(item) or one.rpartition("/")[2].startswith(item)]
    if not fitting:
        raise UserError(f"no item of this run begins with {item!r}; there are {_some(ids)}")
    if len(fitting) > 1:
        raise UserError(f"{len(fitting)} items begin with {item!r}: {_some(fitting)}")
    of_it = [record for record in records if record["item"] == fitting[0]]
    found = [record for record in of_it if all(record.get(name) == value for name, value in which.items())]
    if len(found) == 1:
        return found[0]
    said = ", ".join(f"{name}={value!r}" for name, value in which.items())
    raise UserError(f"{len(found)} records of {fitting[0]!r} have {said or 'its id'}; {_differing(of_it)}")


def _known(what: str, value: Part | None, there: Sequence[Part]) -> None:
    """`UserError` for a value that is nowhere."""
    if value is None or value in there:
        return
    if not there:
        raise UserError(f"no estimate has a {what}, and {value!r} was asked for")
    if isinstance(value, str):
        raise unknown(what, value, [str(one) for one in dict.fromkeys(there)])
    raise UserError(f"no {what} is {value!r}; there are {_some([repr(one) for one in dict.fromkeys(there)])}")


def _telling(found: Sequence[Estimate]) -> str:
    """What tells estimates apart: the parts in which they differ, with their values, and their names."""
    parts = dict.fromkeys(part for estimate in found for part in estimate.about)
    values = {part: dict.fromkeys(repr(e.about[part]) for e in found if part in e.about) for part in parts}
    said = [f"{part} ({_some(list(some))})" for part, some in values.items() if len(some) > 1]
    names = list(dict.fromkeys(estimate.name for estimate in found))
    return " or ".join([*said[:SHOWN], f"name ({_some(names)})" if len(names) > 1 else "task"])


def _differing(records: Sequence[Record]) -> str:
    """The plain fields in which the records of one item differ."""
    values: dict[str, dict[Any, None]] = {}
    for record in records:
        for name, value in record.items():
            if isinstance(value, str | int) and name not in ("error", "status"):
                values.setdefault(name, {})[value] = None
    said = [f"{name} ({_some(list(map(repr, some)))})" for name, some in values.items() if len(some) > 1]
    return f"say which by {' or '.join(said[:SHOWN])}" if said else "they differ in no plain field"


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
