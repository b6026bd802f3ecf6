"""What the transcript explorer of the HTML report is given: the records, made small, as JSON that is safe in a page.

Sentences are stored once a record and pointed to by number, log-probabilities become probabilities. Everything in here
is text from a model or a file and not to be trusted: `as_json` leaves no character that could end a script element, and
the page shows the text as text only. This module does not know how the page looks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.metrics.channels import by_item
from thinkaloud.report.tables import CHANNELS
from thinkaloud.vocabulary import Reading, Record

CAP = 400
"""Records in a page, unless told otherwise: about 2 MB."""

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("own", "What the channels are made of", "The model's own reasoning, as written."),
    ("paraphrase", "What the channels are made of", "The same meaning in other words."),
    ("silent", "What the channels are made of", "Nothing between question and answer."),
    ("filler:", "What the channels are made of", "Meaningless text, as long as the reasoning."),
    ("resample", "Other reasoning in its place", "A second sample of the model's own reasoning."),
    ("foreign", "Other reasoning in its place", "The model's reasoning for another question."),
    ("transplant", "Other reasoning in its place", "Right reasoning for another question, in other words."),
    (
        "mistake:",
        "Directed mistakes",
        "One sentence made wrong; where sentences follow, the model wrote them after it.",
    ),
    ("cut:", "Early answering", "Only the first sentences of the model's own reasoning."),
    ("", "Other conditions", ""),
)
"""Beginning of a condition's name -> section of the item's page, and what stands between; in reading order."""
MISMATCHED = ":mismatched"


def payload(records: Sequence[Record], cap: int = CAP) -> dict[str, Any]:
    """At most `cap` records by task and level, spread evenly over them, each with its part of every channel."""
    groups: dict[tuple[str, Any], list[Record]] = {}
    for record in records:
        groups.setdefault((str(record["task"]), record["level"]), []).append(record)
    quota = _quotas([len(group) for group in groups.values()], cap)
    return {
        "channels": list(CHANNELS),
        "total": len(records),
        "embedded": sum(quota),
        "groups": [
            {"task": task, "level": level, "total": len(group), "records": _group(group, kept)}
            for ((task, level), group), kept in zip(groups.items(), quota, strict=True)
        ],
    }


def as_json(data: Any) -> str:
    """JSON that can stand inside a script element: no <, >, & and no line separators, whatever the text says."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _quotas(sizes: Sequence[int], cap: int) -> list[int]:
    """How many of each group to take: as equal as can be, `cap` in all."""
    taken = [0] * len(sizes)
    left = max(0, cap)
    while left and any(t < s for t, s in zip(taken, sizes, strict=True)):
        for i, size in enumerate(sizes):
            if left and taken[i] < size:
                taken[i] += 1
                left -= 1
    return taken


def _group(group: Sequence[Record], kept: int) -> list[dict[str, Any]]:
    """The first records of a task; their channels are those of all its records together."""
    channels = by_item(group)
    return [_record(record, channels.get(str(record["item"]))) for record in group[:kept]]


def _record(record: Record, channels: Mapping[str, float] | None) -> dict[str, Any]:
    """One record, small."""
    sentences: dict[str, int] = {}
    thought = record.get("thought") or {}
    names = sorted(record.get("conditions", {}), key=_order)
    kept = ("text", "finish", "conclusion", "right", "legible")
    return {
        "id": str(record["item"]),
        "status": record["status"],
        "error": record.get("error"),
        "question": record["question"],
        "options": list(record["options"]),
        "gold": record["gold"],
        "thought": {name: thought.get(name) for name in kept},
        "channels": channels and {name: round(value, 4) for name, value in channels.items()},
        "conditions": [_condition(name, record["conditions"][name], sentences) for name in names],
        "sentences": list(sentences),
    }


def _condition(name: str, found: Mapping[str, Any], sentences: dict[str, int]) -> dict[str, Any]:
    """What stood between and what was read; `wrote` are the sentences of `between` that the model added after an edit,
    `extra` what it wrote that is not among them."""
    between, changed = list(found["between"]), list(found["changed"])
    wrote = found.get("wrote")
    own = [i for i in range(max(changed, default=-1) + 1, len(between)) if wrote and between[i] in wrote]
    if name in ("own", "resample"):
        own = list(range(len(between)))
    section, caption = _section(name)
    return {
        "name": name,
        "section": section,
        "caption": caption,
        "between": [sentences.setdefault(text, len(sentences)) for text in between],
        "changed": changed,
        "wrote": own,
        "extra": wrote if wrote and wrote.strip() != " ".join(between[i] for i in own) else None,
        "implied": found.get("implied"),
        **_reading(found["logprobs"]),
    }


def _reading(logprobs: Sequence[float]) -> dict[str, Any]:
    """Probabilities over the options, and what they cover together; nothing where they are no numbers."""
    reading = Reading(tuple(logprobs))
    if not logprobs or not math.isfinite(max(logprobs)) or any(math.isnan(x) for x in logprobs):
        return {"p": None, "mass": None}
    return {"p": [round(p, 4) for p in reading.probabilities], "mass": round(reading.mass, 4)}


def _section(name: str) -> tuple[str, str]:
    if name.endswith(MISMATCHED):
        return SECTIONS[-1][
            1
        ], f"{_section(name.removesuffix(MISMATCHED))[1]} The examples before it have another form."
    return next((title, caption) for start, title, caption in SECTIONS if name == start or _begins(name, start))


def _begins(name: str, start: str) -> bool:
    return name.startswith(start) if start.endswith(":") or not start else False


def _order(name: str) -> tuple[int, list[str]]:
    """Sections in their order, numbers as numbers."""
    starts = [start for start, _, _ in SECTIONS]
    place = (
        len(starts)
        if name.endswith(MISMATCHED)
        else next(i for i, s in enumerate(starts) if name == s or _begins(name, s))
    )
    return place, [part.zfill(9) for part in name.split(":")]
