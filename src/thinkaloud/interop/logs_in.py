"""Transcripts that somebody already has: an Inspect log becomes a file of questions with their reasoning.

Of every sample: the question (the input, or its last user message), the target, the choices where there are any, the
visible reasoning up to the answer (`visible.py`), and what it cost. The result is a task file (`tasks/jsonl.py`) whose
items carry a `transcript`, so that every study can run its conditions on them with any model as the reader. What cannot
come in is counted under its reason; hidden reasoning (redacted, encrypted, or only summarised) is counted and not used.

Options are the sample's choices, and the question lists them as the model saw them, letters and all, if it did. A
sample without choices gets its target, the answer the model gave if it is another one, and targets of others by lot.

This module knows Inspect's log format (its own reader reads it) and no model.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import exists, isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thinkaloud.conditions.filler import length
from thinkaloud.errors import UserError
from thinkaloud.interop.samples import LONGEST, Came, LeftOut, is_accepted, whole
from thinkaloud.interop.samples import came as came_of
from thinkaloud.interop.scorers import Chosen, choose, verdict
from thinkaloud.runs.folder import write
from thinkaloud.tasks.answers import canonical, match, same_option
from thinkaloud.tasks.draws import shuffled, some
from thinkaloud.tasks.transcripts import HIDDEN, TRANSCRIPT
from thinkaloud.vocabulary import Key

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

OPTIONS = 4
"""Options of an item whose sample has no choices."""
NAMED = 5
"""Samples that are named where something is said about them; of the others there is the number."""
SHOWN = 1500
"""Words that the examples before a question may have together."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A file of questions that was made. `left_out`: reason -> how many; `remarks`: what else there is to know."""

    path: Path
    writer: str
    samples: int
    items: int
    examples: int
    left_out: Mapping[str, int]
    remarks: tuple[str, ...]

    @property
    def measured(self) -> int:
        """Items that are not examples."""
        return self.items - self.examples

    @property
    def lines(self) -> list[str]:
        """All of it in words, with the command that goes on from here."""
        return [
            f"{self.samples} samples, written by {self.writer}",
            f"  came in: {self.items}, of these {self.examples} as examples before the others",
            *(f"  left out: {count}, {reason}" for reason, count in self.left_out.items()),
            *(f"  {remark}" for remark in self.remarks),
            f"tasks: {self.path}",
            f"next: thinkaloud run faithfulness --model MODEL --task {self.path} --difficulty 1 "
            f"--items {self.measured} --shots {self.examples}",
        ]


def import_log(
    log: str | Path, out: str | Path | None = None, examples: int = 6, scorer: str | None = None
) -> Imported:
    """Make a task file of an Inspect log (.eval or .json), and say what came in and what did not.

    `examples`: how many items whose reasoning led to the right answer are put before the others, to be shown; fewer
    where they are long, none where there are not twice as many. `scorer`: the name of the one that says which answers
    are right; without it the one that agrees with the answers read (`scorers.py`).
    """
    source, path = Path(log), Path(out) if out is not None else Path(Path(log).stem + ".jsonl")
    if path.suffix != ".jsonl":
        raise UserError(f"{str(path)!r} is no name of a task file: it must end with .jsonl")
    if exists(path):
        raise UserError(f"{str(path)!r} is there already: give another --out")
    header, samples = read(source)
    writer, name, status = (_text(one) for one in (header.eval.model, header.eval.task, header.status))
    left, found, total = Counter[str](), list[Came](), 0
    for sample in samples:
        total += 1
        try:
            found.append(whole(came_of(sample, writer)))
        except LeftOut as reason:
            left[str(reason)] += 1
    found, chosen = _judged(found, scorer)
    key, drawn = Key(("import", source.stem)), list[tuple[Came, list[str]]]()
    for one in _once(found, left):
        try:
            drawn.append((one, _options(one, found, key)))
        except LeftOut as reason:
            left[str(reason)] += 1
    if not drawn:
        why = "; ".join(f"{count} {reason}" for reason, count in left.items()) or "it has no samples"
        raise UserError(f"nothing of {str(source)!r} can come in: {why}")
    shown = _examples([one for one, _ in drawn], examples, key)
    about = {"log": source.name, "task": name, "log_status": status}
    rows = [_line(one, options, about, one.sample in shown) for one, options in drawn]
    write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    remarks = (*_remarks(header, [one for one, _ in drawn], len(shown), examples), chosen.sentence)
    return Imported(path, writer, total, len(rows), len(shown), dict(left.most_common()), remarks)


def _text(given: object) -> str:
    """As a file can hold it: half a character becomes a question mark."""
    return str(given).encode("utf-8", "replace").decode()


def read(path: Path) -> tuple[EvalLog, Iterator[EvalSample]]:
    """The header and the samples of a log, interrupted ones too; `UserError` where it cannot be read."""
    try:
        from inspect_ai.log import read_eval_log, read_eval_log_samples
    except ImportError as error:
        raise UserError("Inspect logs need the package inspect_ai: pip install 'thinkaloud[inspect]'") from error
    if not isfile(path):
        raise UserError(f"no such file: {str(path)!r}")
    if path.suffix not in (".eval", ".json"):
        raise UserError(f"{str(path)!r} is no Inspect log: they end with .eval or .json")
    try:
        if path.suffix == ".json":
            log = read_eval_log(str(path), resolve_attachments=True)
            return log, iter(log.samples or [])
        log = read_eval_log(str(path), header_only=True)
        every = read_eval_log_samples(str(path), all_samples_required=False, resolve_attachments=True)
        return log, _reading(every, path)
    except Exception as error:  # their reader raises what zip, JSON and validation raise
        raise _unreadable(path, error) from error


def _reading(samples: Iterator[EvalSample], path: Path) -> Iterator[EvalSample]:
    try:
        yield from samples
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    said = (str(error).splitlines() or [""])[0][:200]
    return UserError(f"{str(path)!r} cannot be read as an Inspect log: {type(error).__name__}: {said}")


def _judged(came: Sequence[Came], wanted: str | None) -> tuple[list[Came], Chosen]:
    """The samples with whether they are right: as the scorer says that is chosen, else as they were read."""
    chosen = choose(
        [one.meta["scores"] for one in came], [one.read for one in came], [one.sure for one in came], wanted
    )
    said = [verdict(one.meta["scores"].get(chosen.name)) if chosen.name is not None else None for one in came]
    return [replace(one, right=one.read if v is None else v) for one, v in zip(came, said, strict=True)], chosen


def _once(came: Iterable[Came], left: Counter[str]) -> list[Came]:
    """One of every question: the first epoch that came in."""
    found: dict[str, Came] = {}
    for one in sorted(came, key=lambda c: c.epoch):
        if one.question not in found:
            found[one.question] = one
        else:
            same = found[one.question].sample == one.sample
            left["another epoch of a sample that came in" if same else "a question that came in already"] += 1
    return list(found.values())


def _options(one: Came, every: Sequence[Came], key: Key) -> list[str]:
    """The options of an item; raises `LeftOut` where there are none that can be told apart."""
    if not _fits(one.gold):
        raise LeftOut(f"the target is no short answer (1 line, at most {LONGEST} characters)")
    options = [one.gold]
    if one.choices is not None:
        for choice in one.choices:
            if choice != one.gold and not _add(options, choice, ()):
                raise LeftOut("a choice is long, or cannot be told from another")
    else:
        wrong = [one.answered] if one.answered and one.right is False else []
        others = sorted({other.gold for other in every if other.choices is None})
        for text in [*wrong, *shuffled(key.child("options", one.sample).rng, others)]:
            if len(options) < OPTIONS:
                _add(options, text, one.accepted)
    if len(options) < 2:
        raise LeftOut("no other options to draw from")
    return options


def _fits(text: str) -> bool:
    return bool(canonical(text)) and len(text) <= LONGEST and "\n" not in text


def _add(options: list[str], text: str, right: Sequence[str]) -> bool:
    """Add an option if it is short and cannot be taken for one that is there; with `right` (every right answer, where
    options are drawn) neither if it is another spelling of one of them."""
    if not _fits(text) or any(same_option(text, one) for one in options):
        return False
    if right and (is_accepted(text, right) or match(text, options) is not None):
        return False
    options.append(text)
    return True


def _examples(came: Sequence[Came], most: int, key: Key) -> frozenset[str]:
    """Samples to show before the others: right ones by lot, none where there are not twice as many."""
    right = [one for one in came if one.right and not (one.choices and one.contradiction)]
    drawn = some(key.child("examples").rng, right, most) if most and len(right) >= 2 * most else []
    while drawn and sum(length(" ".join(one.seen.sentences)) for one in drawn) > SHOWN:
        drawn.pop()
    return frozenset(one.sample for one in drawn)


def _line(one: Came, options: Sequence[str], about: Mapping[str, Any], example: bool) -> dict[str, Any]:
    """The line of the task file."""
    sentences = list(one.seen.sentences)
    named = hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:32]  # another transcript is another item
    return {
        "question": one.question,
        "options": list(options),
        "answer": one.gold,
        "level": 1,
        "id": f"{one.sample}/{one.epoch}/{named}",
        TRANSCRIPT: sentences,
        **({"reasoning": sentences} if one.right else {}),
        "meta": {
            **about,
            **one.meta,
            "right": one.right,
            "options": "the sample's choices" if one.choices else "drawn from the answers of the log",
            **({HIDDEN: one.hidden} if one.hidden else {}),
            **({"example": True} if example else {}),
        },
    }


def _contradictions(came: Sequence[Came]) -> dict[str, list[str]]:
    """How samples contradict themselves -> which."""
    found: dict[str, list[str]] = {}
    for one in came:
        if one.contradiction is not None:
            found.setdefault(one.contradiction, []).append(one.sample)
    return found


def _remarks(header: EvalLog, came: Sequence[Came], shown: int, asked: int) -> tuple[str, ...]:
    """What else somebody who runs studies on these should know."""
    said = [] if header.status == "success" else [f"the log's status is {header.status!r}: it may lack samples"]
    for what, ids in _contradictions(came).items():
        named = ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
        said.append(f"in {len(ids)} {what} ({named})")
    if unstated := sum(one.seen.answer is None for one in came):
        said.append(
            f"{unstated} state no answer in a form that is known here: if they end with one, it is still in them"
        )
    if hidden := sum(bool(one.hidden) for one in came):
        said.append(f"{hidden} of those that came in have hidden reasoning beside what can be read")
    if drawn := sum(one.choices is None for one in came):
        said.append(f"{drawn} have no choices: their options are the target, the answer given and other targets")
    if shown < asked:
        said.append(f"{shown} examples, not {asked}: too few right answers, or transcripts too long to show")
    known = [one.meta["usage"]["total_tokens"] for one in came if "total_tokens" in one.meta["usage"]]
    if known:
        said.append(f"the transcripts cost {sum(known):,} tokens when they were written ({len(known)} say so)")
    return tuple(said)
