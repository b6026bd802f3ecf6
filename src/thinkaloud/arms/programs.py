"""T0, T1, T2 and F3: the model writes a program, and a sandbox runs it (`tools/python.py`).

    T0   one program in between (it has the same variables): code, its result, the answer
    T2   the question (and a long text) are variables of a session; up to `ROUNDS` programs, errors shown
    T1   T2 whose programs may call `ask(text)`: a sub-process with a fresh context (recursive language models)
    F3   a controller: one program that may call `ask(text)`; what it prints is the answer, and no one looks at it again

T1 - T2 is the effect of sub-calls and of nothing else: the same session, the same examples, every other one of which
shows a program that asks instead of one that computes. A program that fails is a result like any other and the model
is shown it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from thinkaloud.arms.ask import Ask, answer_in
from thinkaloud.arms.style import RESULT, Example, Style, context_of, fenced
from thinkaloud.arms.toolbox import Session
from thinkaloud.tasks.parts import REFERENCE, references
from thinkaloud.tools.extract import code_in
from thinkaloud.vocabulary import Item, Prompt, Shot

ROUNDS = 3
SHOWN = 400
"""Characters of a result that are shown to the model."""
LONG = 1500
"""Characters of a text above which a session's prompt shows only its beginning."""


async def coded(item: Item, ask: Ask) -> str:
    """T0: a program, its result, the answer, in one context."""
    shots = ask.style.programs(lambda example: example.program)
    code = await _program(Prompt(shots, ask.style.ask(item.asked), ("```python",)), ask)
    result = await ask.tool("python", code, inputs=_inputs(item))
    return await ask.snap(item.question, shots, (fenced(code), f"{RESULT} {result[:SHOWN]}"))


async def session(item: Item, ask: Ask) -> str:
    """T2: programs in a session, without sub-calls."""
    return await _session(item, ask, ask.style.programs(lambda example: example.program), False)


async def recursive(item: Item, ask: Ask) -> str:
    """T1: programs in a session that may ask sub-processes."""
    return await _session(item, ask, ask.style.programs(by_turns(ask.style)), True)


async def controller(item: Item, ask: Ask) -> str:
    """F3: one program that asks sub-processes; the last line that it prints is the answer."""
    shots = ask.style.programs(calls)
    code = await _program(Prompt(shots, ask.style.ask(_asked(item)), ("```python",)), ask)
    result = await ask.tool("python", code, inputs=_inputs(item), session=Session(True))
    if not result.ok:
        return ""
    return answer_in(next((line for line in reversed(result.splitlines()) if line.strip()), ""))


async def _session(item: Item, ask: Ask, shots: tuple[Shot, ...], calls: bool) -> str:
    asked = ask.style.ask(_asked(item))
    before: tuple[str, ...] = ()
    programs = Session(calls)
    for _ in range(ROUNDS):
        code = await _program(Prompt(shots, asked, (*before, "```python")), ask)
        result = await ask.tool("python", code, inputs=_inputs(item), session=programs)
        before = (*before, fenced(code), f"{RESULT} {result[:SHOWN]}")
        if result.ok and result.strip():
            break
    return await ask.snap(_asked(item), shots, before)


async def _program(prompt: Prompt, ask: Ask) -> str:
    """What the model writes in the fence."""
    done = await ask.write(prompt, ask.world.room.program, ("```",), "program")
    return code_in(done.text)


def by_turns(style: Style) -> Callable[[Example], str | None]:
    """Programs that compute and programs that ask, by turns."""
    asking = set(style.examples[1::2])

    def write(example: Example) -> str | None:
        return calls(example) or example.program if example in asking else example.program or calls(example)

    return write


def calls(example: Example) -> str | None:
    """A program that asks for every part of an example; None where it has no parts."""
    if example.parts is None:
        return None
    lines = []
    for number, part in enumerate(example.parts.parts, 1):
        lines.append(f"a{number} = ask({_text(part.question)})")
    final = example.parts.final
    lines.append(f"print(ask({_text(final)}))" if "#" in final else f"print(a{len(example.parts.parts)})")
    return "\n".join(lines)


def _text(question: str) -> str:
    """A question as Python source; references become variables."""
    if not references(question):
        return json.dumps(question, ensure_ascii=False)
    braced = question.replace("{", "{{").replace("}", "}}")
    braced = REFERENCE.sub(lambda match: f"{{a{match[1]}}}", braced)
    return "f" + json.dumps(braced, ensure_ascii=False)


def _asked(item: Item) -> str:
    """The question as a session shows it: a long text is a variable, of which only the beginning is seen."""
    context = context_of(item)
    if len(context) <= LONG:
        return item.asked
    begin = f"`context` holds a text of {len(context)} characters that begins: {context[:200]}"
    return f"{begin}\n{item.meta['ask']}{item.listing}"


def _inputs(item: Item) -> dict[str, Any]:
    """A session's variables."""
    context = context_of(item)
    return {"question": item.asked} | ({"context": context} if context else {})
