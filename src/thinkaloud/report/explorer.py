"""What the transcript explorer of the HTML report is given: the records, made small, as JSON that is safe in a page.

An item has *parts*: its share in each number that a study is about (a channel, a test), by which items are listed. What
they are, and what the conditions are called, is the study's (`Explorer`). Sentences are stored once a record and
pointed to by number, log-probabilities become probabilities. Everything in here is text from a model or a file and not
to be trusted: `as_json` leaves no character that could end a script element, and the page shows the text as text only.
This module does not know how the page looks.
A study whose records are not of this shape makes its own JSON (`Explorer.make`), of which the page knows the shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from thinkaloud.joining import joined
from thinkaloud.records.condition import Condition, read
from thinkaloud.records.many import picked, structs
from thinkaloud.records.shape import asks, part, readings
from thinkaloud.vocabulary import Finding, Reading, Record

SAID = ("item", "task", "level", "status", "error", "question")
"""Fields of a record that are shown in a place of their own."""
LINE = 300
"""Characters of a field; the records hold it all."""
CAP = 400
"""Records in a page, unless told otherwise: about 2 MB."""
Parts = Mapping[str, float] | None
"""An item's part of each number by name; without those it has no part in."""


@dataclass(frozen=True, slots=True)
class Section:
    """Conditions of a kind (empty: of any), variant and form (None: any): the section of the item's page they stand in,
    and what stands between question and answer there. `written`: the model wrote all of it. `edited`: an intervention
    may have changed sentences. `together`: what was done at one sentence, or with one variant, is put side by side."""

    kind: str
    title: str
    caption: str
    written: bool = False
    edited: bool = True
    together: bool = False
    variant: str | None = None
    form: str | None = None

    def has(self, condition: Condition) -> bool:
        """Whether a condition stands here."""
        return (
            self.kind in ("", condition.kind)
            and self.variant in (None, condition.variant)
            and self.form in (None, condition.form)
        )


REST = Section("", "Other conditions", "")
"""Conditions that no section is for."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """What a study's items are listed by and made of.

    `noun`: what a part is called; `parts`: their names, from all records; `values`: each record's parts, from all
    records of a task and level; `why`: (record, part) -> why an item that was measured has no such part; `sections`
    in reading order; `says`: what a list of items means; `about`: the same for each part that has a meaning. `make`
    (records, findings, cap) makes everything instead, where there is one.
    """

    noun: str
    parts: Callable[[Sequence[Record]], Sequence[str]]
    values: Callable[[Sequence[Record]], Sequence[Parts]]
    why: Callable[[Record, str], str]
    sections: tuple[Section, ...]
    says: str
    about: Callable[[Sequence[Record]], Mapping[str, str]] = lambda records: {}
    make: Callable[[Sequence[Record], Sequence[Finding], int], dict[str, Any]] | None = None


def payload(
    records: Sequence[Record], explorer: Explorer, cap: int = CAP, findings: Sequence[Finding] = ()
) -> dict[str, Any]:
    """At most `cap` records by task and level, spread evenly over them, each with its parts."""
    if explorer.make is not None:
        return explorer.make(records, findings, cap)
    places: dict[tuple[str, Any], list[int]] = {}
    for place, of in enumerate(chain.from_iterable(structs(records, _Of))):
        places.setdefault((str(of.task), of.level), []).append(place)
    groups = {of: picked(records, some) for of, some in places.items()}
    quota = quotas([len(group) for group in groups.values()], cap)
    parts = list(explorer.parts(records))
    return {
        "noun": explorer.noun,
        "says": explorer.says,
        "about": dict(explorer.about(records)),
        "parts": parts,
        "total": len(records),
        "embedded": sum(quota),
        "groups": [
            {"task": task, "level": level, "total": len(group), "records": _group(group, kept, explorer, parts)}
            for ((task, level), group), kept in zip(groups.items(), quota, strict=True)
        ],
    }


class _Of(msgspec.Struct):
    """What a record is listed by."""

    task: Any
    level: Any = None


def as_json(data: Any) -> str:
    """JSON that can stand inside a script element: no <, >, & and no line separators, whatever the text says."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def quotas(sizes: Sequence[int], cap: int) -> list[int]:
    """How many of each group to take: as equal as can be, `cap` in all."""
    taken = [0] * len(sizes)
    left = max(0, cap)
    while left and any(t < s for t, s in zip(taken, sizes, strict=True)):
        for i, size in enumerate(sizes):
            if left and taken[i] < size:
                taken[i] += 1
                left -= 1
    return taken


def _group(group: Sequence[Record], kept: int, explorer: Explorer, parts: Sequence[str]) -> list[dict[str, Any]]:
    """The first records of a task; their parts are made from all its records together."""
    values = explorer.values(group)
    return [
        {**_any(record, str(i), explorer.sections), **_parts(record, value, explorer, parts)}
        for i, (record, value) in enumerate(zip(group[:kept], values, strict=False), start=1)
    ]


def _parts(record: Record, value: Parts, explorer: Explorer, parts: Sequence[str]) -> dict[str, Any]:
    """An item's parts, and for those it lacks the reason."""
    lacking = [name for name in parts if name not in (value or {})]
    ok = record["status"] == "ok"
    return {
        "parts": value and {name: round(x, 4) for name, x in value.items() if name in parts},
        "why": {name: explorer.why(record, name) if ok else str(record["status"]) for name in lacking},
    }


def _any(record: Record, name: str, sections: Sequence[Section]) -> dict[str, Any]:
    """One record, small; `name` is what it is called that is about no item. One that asks nothing is shown by its
    fields."""
    if asks(record) and "item" in record and readings(record).keys() == part(record, "conditions").keys():
        return _record(record, sections)
    called = str(record.get("item", name))
    return {
        "id": called,
        "status": record["status"],
        "error": record.get("error"),
        "question": str(record.get("question", called)),
        "answer": None,
        "fields": [(str(name), _field(value)) for name, value in record.items() if name not in SAID],
        "conditions": [],
    }


def _field(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LINE else f"{text[:LINE]} ..."


def _record(record: Record, sections: Sequence[Section]) -> dict[str, Any]:
    """One record, small."""
    sentences: dict[str, int] = {}
    thought = record.get("thought") or {}
    every = (*sections, REST)
    names = sorted(record.get("conditions", {}), key=lambda name: _order(name, every))
    kept = ("text", "finish", "conclusion", "right", "legible")
    sample = record.get("sample")
    return {
        "id": f"{record['item']}#{sample}" if sample else str(record["item"]),
        "status": record["status"],
        "error": record.get("error"),
        "question": record["question"],
        "options": list(record["options"]),
        "gold": record["gold"],
        "thought": {name: thought.get(name) for name in kept},
        "conditions": [_condition(name, record, _section(name, every), sentences) for name in names],
        "sentences": list(sentences),
    }


def _condition(name: str, record: Record, section: Section, sentences: dict[str, int]) -> dict[str, Any]:
    """What stood between and what was read; `wrote` are the sentences of `between` that the model added after an edit,
    `extra` what it wrote that is not among them."""
    found: Mapping[str, Any] = record["conditions"][name]
    between, changed = list(found["between"]), list(found["changed"])
    wrote = found.get("wrote")
    start = found.get("start") or max(changed, default=-1) + 1  # older records do not say where the edit ends
    own = [i for i in range(start, len(between)) if wrote and between[i] in wrote]
    if section.written:
        own = list(range(len(between)))
    return {
        "name": name,
        "section": section.title,
        "caption": section.caption,
        "between": [sentences.setdefault(text, len(sentences)) for text in between],
        "changed": changed if section.edited else [],
        "wrote": own,
        "extra": wrote if wrote and wrote.strip() != joined([between[i] for i in own]).strip() else None,
        "implied": found.get("implied"),
        **_asked(name, found, record),
        **_reading(found["logprobs"]),
    }


def _asked(name: str, found: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """What only some conditions have: another question with its own right answer, letters, verdicts of judges."""
    extra: dict[str, Any] = {}
    reverse = record.get("reverse")
    if name == "reversed" and reverse is not None:
        extra |= {"question": str(reverse["question"]), "gold": reverse["gold"]}
    if found.get("order") is not None:
        extra["letters"] = [list(found["order"]).index(option) for option in range(len(record["options"]))]
    if found.get("verbalised") is not None:
        extra["verdicts"] = {str(judge): verdict for judge, verdict in found["verbalised"].items()}
    return extra


def _reading(logprobs: Sequence[float]) -> dict[str, Any]:
    """Probabilities over the options, and what they cover together; nothing where they are no numbers."""
    reading = Reading(tuple(logprobs))
    if not logprobs or not math.isfinite(max(logprobs)) or any(math.isnan(x) for x in logprobs):
        return {"p": None, "mass": None}
    return {"p": [round(p, 4) for p in reading.probabilities], "mass": round(reading.mass, 4)}


def _section(name: str, sections: Sequence[Section]) -> Section:
    return next(section for section in sections if section.has(read(name)))


def _order(name: str, sections: Sequence[Section]) -> tuple[int, tuple[str, ...], int, tuple[str, ...]]:
    """Sections in their order, numbers as numbers."""
    section = _section(name, sections)
    first = next(i for i, other in enumerate(sections) if other.title == section.title)
    parts = read(name).order
    return first, parts[1:2] if section.together else (), sections.index(section), parts
