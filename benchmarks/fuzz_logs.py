"""A small log that Inspect itself wrote, and what it becomes where bytes decide what is changed in it.

Random bytes never get behind a reader's first check. Here they choose values in the tree of a log that is right, and
what becomes of each: gone, doubled, of another type, a text of the bytes themselves. Knows no reader.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

EDITS = 12
"""Changes of one log, at most."""
MOST = 3000
"""Values of a log that is changed further: each change looks at all of them."""
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**400, 1e308, float("nan"), float("-inf"), "", " \n", "\ud800", "\x00", "9" * 5000, [],
    {}, [[]], ["a", "b"], [None], {"a": {}}, {"type": "text", "text": "a"}, {"type": "reasoning", "reasoning": None},
    "attachment://" + "0" * 32, "ANSWER: 4", "<think>4</think>", "error", "2020-01-01T00:00:00+00:00", "x" * 3000,
)  # fmt: skip
"""What stands in the place of a value."""


@cache
def small(folder: Path) -> tuple[str, Mapping[str, str]]:
    """The log as JSON, and the members of its archive, each as JSON: reasoning that can be seen and that is hidden, a
    list of targets, two epochs."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.log import read_eval_log, write_eval_log
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ContentReasoning,
        ContentText,
        ModelOutput,
        ModelUsage,
        get_model,
    )
    from inspect_ai.scorer import match
    from inspect_ai.solver import generate

    def reply(messages: Any, *rest: Any) -> Any:
        a = int(messages[-1].text.split()[2])
        hidden = ContentReasoning(reasoning="sealed", redacted=True, summary="I add.")
        said = [*([hidden] if a % 2 else []), ContentText(text=f"1. Add {a}.\n2. It is {2 * a}.\n\nANSWER: {2 * a}")]
        turn = ChatMessageAssistant(content=said)
        usage = ModelUsage(input_tokens=9, output_tokens=9, total_tokens=18)
        return ModelOutput(model="mockllm/model", choices=[ChatCompletionChoice(message=turn)], usage=usage)

    samples = [Sample(input=f"What is {a} plus {a}?", target=[str(2 * a), f"{2 * a}.0"], id=a) for a in (2, 3, 4)]
    model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
    task = Task(dataset=samples, solver=generate(), scorer=match(), name="sums")
    made = eval(task, model=model, log_dir=str(folder / "inspect"), display="none", epochs=2)[0].location
    log = read_eval_log(made)
    for sample in log.samples or []:  # events are most of a log; of them readers look at a model's calls alone
        sample.events = [event for event in sample.events if event.event == "model"]
    for name in ("small.json", "small.eval"):
        write_eval_log(log, str(folder / name))
    text = (folder / "small.json").read_text()
    with zipfile.ZipFile(folder / "small.eval") as archive:  # Inspect has taught this module its way of packing
        members = {one.filename: archive.read(one).decode() for one in archive.infolist()}
    return text, members


def changed(tree: Any, data: bytes) -> Any:
    """A copy of a tree in which the bytes change some values: four bytes for where and what, then those of a text."""
    tree, bytes_ = copy.deepcopy(tree), iter(data)
    for _ in range(EDITS):
        head = [next(bytes_, None) for _ in range(4)]
        if None in head:
            break
        places = list(islice(_places(tree), MOST))
        if not 0 < len(places) < MOST:
            break
        where, what, which = head[0] * 256 + head[1], head[2], head[3]  # type: ignore[operator]
        holder, name = places[where % len(places)]
        KINDS[what % len(KINDS)](holder, name, which, bytes_)
    return tree


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every value with what holds it, from the outside in."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in list(inside):
        yield tree, name
        yield from _places(value)


def _gone(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    del holder[name]


def _other(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    holder[name] = copy.deepcopy(VALUES[which % len(VALUES)])


def _text(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    said = bytes(one for _, one in zip(range(which), rest, strict=False))
    holder[name] = said.decode("utf-8", "surrogateescape")


def _longer(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    value = holder[name]
    times = which % (40 if isinstance(value, str) and len(value) < 1000 else 4)
    holder[name] = value * times if isinstance(value, str | list) else [value] * times


def _renamed(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    if isinstance(holder, dict):
        holder[f"{name}{which % 3 or ''}" if which % 2 else "id"] = holder.pop(name)


def _deep(holder: Any, name: Any, which: int, rest: Iterator[int]) -> None:
    for _ in range(which % 100):
        holder[name] = [holder[name]]


Change = Callable[[Any, Any, int, Iterator[int]], None]
KINDS: tuple[Change, ...] = (_gone, _other, _other, _text, _longer, _renamed, _deep)
"""What may become of a value."""


def as_json(text: str, data: bytes) -> bytes:
    """The log as JSON, changed."""
    return _written(changed(json.loads(text), data))


def as_archive(members: Mapping[str, str], data: bytes) -> bytes:
    """The log as an archive of members, each changed, and some of them gone."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in changed({name: json.loads(text) for name, text in members.items()}, data).items():
            archive.writestr(name, _written(value))
    return made.getvalue()


def _written(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
