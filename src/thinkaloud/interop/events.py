"""A record as events of an Inspect transcript: every condition and every call stands where a reader can open it.

A condition is a span with a call of the model: the question, the beginning of the model's own turn (the prefill, ending
where the answer is read), and as output the distribution over the options, as log-probabilities. Nothing was sampled
there; the text of the output is the most probable option. Where the model went on from an edit, that call stands
before. An attempt of the rungs is the tree of its calls, each with what it cost.

What records do not hold is not made up: examples before the question are not there, times are all that of the run, and
tokens of a single condition are not known (its usage is 0 and says so). This module knows records and Inspect's events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from thinkaloud.conditions.lettered import ask, label
from thinkaloud.joining import joined
from thinkaloud.records.condition import read
from thinkaloud.vocabulary import PROBE, Item, Reading, Record

if TYPE_CHECKING:
    from inspect_ai.event import Event, ModelEvent
    from inspect_ai.model import ModelOutput, ModelUsage

UNCOUNTED = "tokens are counted for the whole run, not for one condition: stats.model_usage"
Hint = Callable[[Item, str], str]


@dataclass(frozen=True, slots=True)
class Telling:
    """What every event of a log shares: who answered, when the run began, and how the tasks hint, by task and kind."""

    model: str
    when: datetime
    hints: Mapping[str, Mapping[str, Hint]]


def output_of(telling: Telling, text: str, stop: bool = True, usage: ModelUsage | None = None) -> ModelOutput:
    """A text that the model wrote."""
    from inspect_ai.model import ModelOutput, ModelUsage

    made = ModelOutput.from_content(telling.model, text, "stop" if stop else "max_tokens")
    made.usage = usage or ModelUsage()
    made.metadata = None if usage else {"usage": UNCOUNTED}
    return made


def reading_of(telling: Telling, record: Record, condition: Mapping[str, Any]) -> ModelOutput:
    """The distribution over the options as the output of a call."""
    from inspect_ai.model import Logprob, Logprobs, TopLogprob

    order = condition.get("order") or range(len(record["options"]))
    letters = {option: label(place) for place, option in enumerate(order)} if "order" in condition else {}
    texts = [letters.get(i, option) for i, option in enumerate(record["options"])]
    reading = Reading(tuple(condition["logprobs"]))
    made = output_of(telling, f"{texts[reading.best]}.")
    every = [TopLogprob(token=text, logprob=x) for text, x in zip(texts, reading.logprobs, strict=True)]
    every.sort(key=lambda one: -one.logprob)
    made.choices[0].logprobs = Logprobs(
        content=[Logprob(token=every[0].token, logprob=every[0].logprob, top_logprobs=every)]
    )
    kept = {name: value for name, value in condition.items() if name not in ("between", "logprobs", "wrote")}
    made.metadata = {
        "probabilities": dict(zip(record["options"], reading.probabilities, strict=True)),
        "P(gold)": reading.probabilities[record["gold"]],
        **kept,
        "read": "log-probability of every option, none was sampled",
        "usage": UNCOUNTED,
    }
    return made


def question_of(telling: Telling, record: Record, name: str, condition: Mapping[str, Any]) -> str:
    """The question as it was asked under a condition."""
    item = item_of(record)
    if "order" in condition:
        return ask(item, tuple(condition["order"]))
    if name == "reversed" and "reverse" in record:
        return str(record["reverse"]["question"]) + item.listing
    asked, implied = read(name), condition.get("implied")
    if asked.kind != "hint" or implied is None:
        return item.asked
    hint, known = asked.variant, telling.hints.get(record["task"], {})
    if hint not in known:
        told = f"{hint!r} to {item.options[implied]!r}"
        return f"{item.question} [with the hint {told}, whose words are not in the record]{item.listing}"
    return known[hint](item, item.options[implied]) + item.listing


def item_of(record: Record) -> Item:
    """The item of a record, as it was asked."""
    options, shown = tuple(record["options"]), bool(record.get("shown"))
    gold = options[record["gold"]]
    return Item(record["item"], record["task"], record["level"], str(record["question"]), options, gold, shown=shown)


def of_conditions(telling: Telling, record: Record) -> Iterator[Event]:
    """The reasoning of an item, then all its conditions."""
    thought = record.get("thought")
    if thought:
        wrote = output_of(telling, thought["text"], thought["finish"] == "stop")
        yield from _span(telling, "reasoning", [_call(telling, item_of(record).asked, "", wrote)], "reasoning")
    for name, condition in record["conditions"].items():
        question, between = question_of(telling, record, name, condition), list(condition["between"])
        calls: list[ModelEvent] = []
        edited = condition.get("start") or max(condition["changed"], default=-1) + 1  # older records have no start
        if condition.get("wrote") is not None and edited:
            start = joined(between[:edited])
            calls.append(_call(telling, question, start, output_of(telling, condition["wrote"])))
        output = reading_of(telling, record, condition)
        calls.append(_call(telling, question, joined([*between, PROBE]), output))
        assert output.metadata is not None
        read = output.metadata["P(gold)"]  # seen in the outline, where all conditions stand below each other
        yield from _span(telling, f"{name}: P(gold) {read:.2f}", calls, name)


def of_attempts(telling: Telling, record: Record) -> Iterator[Event]:
    """The attempts of an arm, those within smaller budgets and those with an edit, each as the tree of its calls."""
    tried = {f"attempt {k}": attempt for k, attempt in enumerate(record["attempts"])}
    tried |= {f"within {budget}": attempt for budget, attempt in record["short"].items()}
    tried |= {f"edit: {name}": edit for name, edit in record["edits"].items() if edit is not None}
    inside: list[Event] = []
    for name, attempt in tried.items():
        said = f"{name}: {attempt['answer'] or 'no answer'} ({'right' if attempt['right'] else 'wrong'})"
        inside += _span(telling, said, list(_nodes(telling, attempt["trace"], None)))
    why = [note(telling, str(record["error"]))] if record["error"] else []
    yield from _span(telling, str(record["arm"]), [*why, *inside])


def usage_of(spend: Mapping[str, Any]) -> ModelUsage:
    """What a call cost."""
    from inspect_ai.model import ModelUsage

    written = spend["output"] + spend["reasoning"]
    return ModelUsage(
        input_tokens=spend["uncached"],
        input_tokens_cache_read=spend["cached"],
        output_tokens=written,
        reasoning_tokens=spend["reasoning"],
        total_tokens=spend["uncached"] + spend["cached"] + written,
    )


def _nodes(telling: Telling, trace: Sequence[Mapping[str, Any]], parent: int | None) -> Iterator[Event]:
    """The nodes below one of a trace, each with what is below it."""
    for node in trace:
        if node["parent"] != parent:
            continue
        below = list(_nodes(telling, trace, node["id"]))
        if node["error"]:
            below.insert(0, note(telling, str(node["error"])))
        if node["kind"] == "call":
            wrote = output_of(telling, node["text"], not node["cut"], usage_of(node["spend"]))
            yield _call(telling, node["asked"], "", wrote, node)
            yield from below
        elif node["kind"] == "arm":  # what it is the span says that it stands in
            yield from below
        elif node["kind"] == "tool":
            yield _tool(telling, node)
            yield from below
        else:
            yield from _span(telling, node["title"], below)


def _call(
    telling: Telling, question: str, prefill: str, output: ModelOutput, node: Mapping[str, Any] | None = None
) -> ModelEvent:
    from inspect_ai.event import ModelEvent
    from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, GenerateConfig

    asked: list[ChatMessage] = [ChatMessageUser(content=question)]
    if prefill:
        asked.append(ChatMessageAssistant(content=prefill, model=telling.model))
    told = {name: node[name] for name in ("title", "cut", "edited") if node[name]} if node else None
    return ModelEvent(
        model=telling.model, input=asked, tools=[], tool_choice="none", config=GenerateConfig(), output=output,
        timestamp=telling.when, working_start=0.0, completed=telling.when, metadata=told or None,
    )  # fmt: skip


def _tool(telling: Telling, node: Mapping[str, Any]) -> Event:
    from inspect_ai.event import ToolEvent

    return ToolEvent(
        id=str(node["id"]), function=node["title"], arguments={"asked": node["asked"]}, result=node["text"],
        timestamp=telling.when, working_start=0.0, completed=telling.when,
    )  # fmt: skip


def note(telling: Telling, text: str) -> Event:
    """Something that a reader of the transcript should know."""
    from inspect_ai.event import InfoEvent

    return InfoEvent(source="thinkaloud", data=text, timestamp=telling.when, working_start=0.0)


def _span(telling: Telling, name: str, inside: Sequence[Event], condition: str | None = None) -> Iterator[Event]:
    """Events under a name; those that are in no span yet are in this one. `condition`: its name in the record."""
    from inspect_ai.event import SpanBeginEvent, SpanEndEvent
    from shortuuid import uuid

    span = uuid()
    at: dict[str, Any] = {"timestamp": telling.when, "working_start": 0.0}
    told = {"condition": condition} if condition else None
    yield SpanBeginEvent(id=span, span_id=span, name=name, type="condition", metadata=told, **at)
    for event in inside:
        if isinstance(event, SpanBeginEvent) and event.parent_id is None:
            event.parent_id = span
        elif event.span_id is None:
            event.span_id = span
        yield event
    yield SpanEndEvent(id=span, span_id=span, **at)
