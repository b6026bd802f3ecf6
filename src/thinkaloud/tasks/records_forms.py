"""The sentences in which the records families reason, programs that answer them, and how questions fall into chunks.

Knows neither how records are drawn nor how they are asked about; `records.py` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thinkaloud.tasks.draws import NAMES
from thinkaloud.tasks.grammar import Form, words
from thinkaloud.tasks.parts import Decomposition, Part
from thinkaloud.tasks.records_text import TOPICS

TOPIC = words(*TOPICS)

LINE = Form(
    "line",
    (
        "Line {i} is about {topic}, so {a} becomes {b}.",
        "Line {i} has {topic} and takes us from {a} to {b};",
        "At line {i} we see {topic} and count {b} after {a}.",
        "Counting line {i}, {topic}, leads from {a} to {b}.",
    ),
    value="b",
    sound=lambda i, topic, a, b: int(b) == int(a) + 1,
    kinds={"topic": TOPIC},
)
SPAN = Form(
    "span",
    (
        "Lines {i} to {j} have {n} about {topic}, so {a} becomes {b}.",
        "From line {i} to line {j} there are {n} of {topic} and {a} turns into {b};",
        "With {n} about {topic} in lines {i} to {j} we go from {a} to {b}.",
        "Adding {n} of {topic} found in lines {i} to {j} takes {a} to {b}.",
    ),
    value="b",
    sound=lambda i, j, n, topic, a, b: int(b) == int(a) + int(n),
    kinds={"topic": TOPIC},
)
TALLY = Form(
    "tally",
    (
        "The lines about {topic} number {n}.",
        "For {topic} there are {n};",
        "We find {topic} {n} times.",
        "Counting {topic} gives {n}.",
    ),
    value="n",
    sound=lambda topic, n: True,
    kinds={"topic": TOPIC},
)
MOST = Form(
    "most",
    (
        "With {n} lines the largest topic is {r}.",
        "The largest count is {n} and it is that of {r};",
        "Nothing is above {n}, the number of {r}.",
        "The most lines, {n}, belong to {r}.",
    ),
    value="r",
    sound=lambda n, r: True,
    kinds={"r": TOPIC},
)
ENTRY = Form(
    "entry",
    (
        "Record {k} is about {r}.",
        "The topic of record {k} is {r};",
        "What record {k} has is {r}.",
        "Looking up record {k} we find {r}.",
    ),
    value="r",
    sound=lambda k, r: True,
    kinds={"r": TOPIC},
)
CELL = Form(
    "cell",
    (
        "{who} has {n} about {topic}, so {a} becomes {b}.",
        "There are {n} of {topic} by {who} and {a} turns into {b};",
        "With {n} lines of {who} about {topic} we go from {a} to {b}.",
        "The {n} of {who} about {topic} take {a} to {b}.",
    ),
    value="b",
    sound=lambda who, n, topic, a, b: int(b) == int(a) + int(n) * (int(n) - 1) // 2,
    kinds={"who": words(*NAMES), "topic": TOPIC},
)


# ----------------------------------------------------------------------------------------------------------- programs

# What is asked for is put into the braces; `context` holds the lines, each of which ends with its topic's own word.
FIND = """\
for line in context.split("\\n"):
    if line.startswith("[{}] "):
        print(line.split(": ")[1])"""
COUNT = 'print(context.count(": {}"))'
COMMON = """\
topics = [line.split(": ")[1] for line in context.split("\\n")]
print(max(set(topics), key=lambda topic: topics.count(topic)))"""
LARGER = """\
{0} = context.count(": {0}")
{1} = context.count(": {1}")
print("{0}" if {0} > {1} else "{1}")"""
PAIRS = """\
pairs, seen = 0, {{}}
for line in context.split("\\n"):
    pairs += seen.get(line, 0)
    seen[line] = seen.get(line, 0) + 1
print(pairs)"""


# ------------------------------------------------------------------------------------------------------------- chunks

FAN = 8
"""So many answers are put together at once; more, in several rounds, so that no question is long."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the answers about chunks become the answer about all.

    `asked` is what is asked about a chunk; `join` puts references (one text) into the question that puts together, with
    `between` between them; `total` is the right answer to that; `final` makes the last question of the references.
    """

    asked: str
    join: Callable[[str], str]
    between: str
    total: Callable[[Sequence[str]], str]
    final: Callable[[str], str]


def in_chunks(texts: Sequence[str], answers: Sequence[str], recipe: Recipe) -> Decomposition:
    """The recipe's question about each text, independent of each other, then rounds of putting together."""
    parts = [Part(f"{text}\n{recipe.asked}", answer) for text, answer in zip(texts, answers, strict=True)]
    layer = range(1, len(parts) + 1)
    while len(layer) > FAN:
        done = len(parts)
        groups = -(-len(layer) // FAN)  # as equal as can be: nobody is asked to add up a single number
        for i in range(groups):
            group = layer[i * len(layer) // groups : (i + 1) * len(layer) // groups]
            answer = recipe.total([parts[k - 1].answer for k in group])
            parts.append(Part(recipe.join(_references(group, recipe.between)), answer))
        layer = range(done + 1, len(parts) + 1)
    return Decomposition(tuple(parts), recipe.final(_references(layer, recipe.between)))


def _references(numbers: Sequence[int], between: str) -> str:
    return between.join(f"#{k}" for k in numbers)


def table(counts: Counter[str], order: Sequence[str] = ()) -> str:
    """Counts in one line: those in `order` first, zeros too, then others that are not zero, sorted; `none` if empty."""
    others = sorted(name for name, n in counts.items() if n and name not in order)
    return ", ".join(f"{name} {counts[name]}" for name in (*order, *others)) or "none"


def read_table(text: str) -> Counter[str]:
    """Counts as `table` writes them."""
    entries = (entry.rsplit(" ", 1) for entry in text.split(", ") if entry != "none")
    return Counter({name: int(n) for name, n in entries})


def add_tables(texts: Sequence[str], order: Sequence[str] = ()) -> str:
    """The table of all."""
    return table(sum(map(read_table, texts), Counter()), order)


def add_numbers(texts: Sequence[str]) -> str:
    """The sum of whole numbers, as a text."""
    return str(sum(map(int, texts)))
