"""Protects: whatever an arm, a model or a budget does, every call is charged and written down."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arms_fixture import EXAMPLES, ITEM, STYLE, Fake, stage, terms, top
from thinkaloud.arms import direct
from thinkaloud.arms.ask import Ask, cut
from thinkaloud.arms.attempt import Attempt, attempt
from thinkaloud.arms.programs import coded
from thinkaloud.arms.style import Style, example
from thinkaloud.budget.ledger import OutOfBudget, Spend
from thinkaloud.budget.meters import METERS
from thinkaloud.errors import ModelError, UserError
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import PROBE, Item, Key, Prompt


def run(model: Fake, solve: object, limit: int = 100_000, **given: object) -> Attempt:
    """One attempt."""
    return asyncio.run(attempt(stage(model), terms(solve, limit), 0, limit, **given))  # type: ignore[arg-type]


async def aloud(item: Item, ask: Ask) -> str:
    return (await ask.aloud(item.question)).answer


def total(made: Attempt) -> Spend:
    return made.trace.spend


def test_a_right_answer_is_right_and_its_calls_are_in_the_trace() -> None:
    """The ordinary case, as a measure for the others."""
    made = run(Fake(), aloud)
    assert (made.answer, made.right, made.cut) == (ITEM.gold, True, False)
    assert [(n.kind, n.parent) for n in made.trace.nodes] == [("arm", None), ("call", 0)]
    assert total(made).calls == 1 and total(made).output > 0 and total(made).uncached > 0


def test_an_arm_that_raises_is_wrong_and_pays_for_what_it_asked() -> None:
    """Its own fault is data: the error is quoted, the call before it is charged."""

    async def solve(item: Item, ask: Ask) -> str:
        await ask.aloud(item.question)
        raise ZeroDivisionError("a bug of its own")

    made = run(Fake(), solve)
    assert (made.answer, made.right) == ("", False)
    assert made.trace.nodes[0].error == "ZeroDivisionError: a bug of its own"
    assert total(made) == replace(total(run(Fake(), aloud)), wall=total(made).wall)


def test_a_model_that_fails_is_wrong_and_its_prompt_is_charged() -> None:
    """The prompt was computed, though nothing came back."""

    def broken(model: Fake, prompt: Prompt, key: Key) -> str:
        raise ModelError("the server is gone")

    made = run(Fake(broken), aloud)
    assert (made.answer, made.right) == ("", False)
    call = made.trace.nodes[1]
    assert call.error == "the server is gone"
    assert (call.spend.uncached, call.spend.output, call.spend.calls) == (len(call.prompt), 0, 1)


@pytest.mark.parametrize("thing", [14, None, ["14"]])
def test_what_is_not_a_text_is_no_answer(thing: object) -> None:
    """An arm, or a process of one, that returns a number: wrong with a reason, not wrong in silence."""

    async def solve(item: Item, ask: Ask) -> str:
        return thing  # type: ignore[return-value]

    async def below(item: Item, ask: Ask) -> str:
        return await ask.sub(item, solve)

    for arm in (solve, below):
        made = run(Fake(), arm)
        assert not made.right
        assert made.trace.nodes[0].error == f"TypeError: a process returned {thing!r}, not a text"


def test_the_users_own_mistake_stops_the_run() -> None:
    """A tool that there is not is true of every attempt, and names the nearest one."""

    async def solve(item: Item, ask: Ask) -> str:
        return await ask.tool("calculater", "1 + 1")

    with pytest.raises(UserError, match="did you mean calculator"):
        run(Fake(), solve)


def test_a_refused_call_ends_the_arm_and_the_offered_answer_counts() -> None:
    """The second call does not fit: it costs nothing, it is in the trace, and the first answer stands."""
    once = METERS["B4"](total(run(Fake(), aloud)))

    async def greedy(item: Item, ask: Ask) -> str:
        await ask.aloud(item.question)
        return await ask("far too many words " * 50)

    made = run(Fake(), greedy, int(once) + 60)
    assert (made.answer, made.right, made.cut) == (ITEM.gold, True, True)
    refused = made.trace.nodes[2]
    assert refused.cut and refused.error is not None and "does not fit" in refused.error
    assert refused.spend == Spend()
    assert METERS["B4"](total(made)) == once


def test_an_arm_that_offered_nothing_has_no_answer_when_the_budget_ends() -> None:
    """Scored 0, and nothing is made up."""
    made = run(Fake(), aloud, 10)
    assert (made.answer, made.right, made.cut) == ("", False, True)
    assert total(made) == Spend()


def test_calls_that_are_under_way_when_the_arm_ends_are_charged() -> None:
    """One of three calls side by side is refused: the arm ends, and the two that were asked are waited for."""
    model = Fake(waits=lambda prompt: 20 if "slow" in prompt.question else 1)

    async def solve(item: Item, ask: Ask) -> str:
        ask.offer("early")
        await asyncio.gather(
            ask("slow one", tokens=30), ask("slow two", tokens=30), ask("refused " * 500, tokens=30), ask("late")
        )
        return "never"

    made = run(model, solve, 200)
    assert made.answer == "early"
    texts = {node.asked.strip(): node for node in made.trace.nodes[1:]}
    assert all(texts[f"slow {n}"].text for n in ("one", "two"))
    assert total(made).calls == len(model.asked) == sum(node.spend.calls for node in made.trace.nodes)
    assert made.trace.nodes[3].cut and not made.trace.nodes[3].spend.calls


def test_an_arm_that_fails_waits_for_its_calls_too() -> None:
    """The same where the arm ends by an error of its own."""
    model = Fake(waits=lambda prompt: 20)

    async def wrong() -> None:
        raise KeyError("oops")

    async def solve(item: Item, ask: Ask) -> str:
        await asyncio.gather(ask("slow"), wrong())
        return "never"

    made = run(model, solve)
    assert made.trace.nodes[0].error == "KeyError: 'oops'"
    assert made.trace.nodes[1].text and total(made).calls == 1


def test_nobody_asks_after_the_end() -> None:
    """A task that is left behind finds that its process has ended: it asks nothing and is not charged."""
    left: list[asyncio.Task[str]] = []

    async def late(ask: Ask, how: str) -> str:
        for _ in range(10):
            await asyncio.sleep(0)
        return await {"call": lambda: ask("x"), "sub": lambda: ask.sub("x"), "tool": lambda: ask.tool("calculator", "1")}[how]()  # noqa: E501  # fmt: skip

    async def solve(item: Item, ask: Ask) -> str:
        left.extend(asyncio.ensure_future(late(ask, how)) for how in ("call", "sub", "tool"))
        return item.gold

    async def both() -> tuple[Attempt, list[object]]:
        made = await attempt(stage(model), terms(solve), 0, 1000)
        return made, list(await asyncio.gather(*left, return_exceptions=True))

    model = Fake()
    made, came = asyncio.run(both())
    assert made.right and not model.asked and len(made.trace.nodes) == 1
    assert all(isinstance(one, OutOfBudget) for one in came)


def test_a_replay_is_charged_in_full_and_asks_nobody() -> None:
    """An edited attempt goes the old way up to its edit: the same ledger, without the model."""

    async def solve(item: Item, ask: Ask) -> str:
        found = await asyncio.gather(ask.sub("What is 2 + 3?", share=0.5), ask.sub("What is 2 + 3?"))
        return await ask.snap(f"{' '.join(found)} {item.question}")

    model = Fake(error=0.3)
    first = run(model, solve)
    asked = len(model.asked)
    again = run(model, solve, memory=first.memory)
    assert len(model.asked) == asked
    assert [replace(n.spend, wall=0) for n in again.trace.nodes] == [
        replace(n.spend, wall=0) for n in first.trace.nodes
    ]
    assert again.answer == first.answer


def test_the_same_question_twice_gets_two_answers_that_can_be_repeated() -> None:
    """Each time it is asked it has randomness of its own, whatever else is asked at the time."""

    async def votes(item: Item, ask: Ask) -> str:
        found = await asyncio.gather(*(ask.sub(item) for _ in range(12)))
        return " ".join(found)

    model = Fake(error=0.5)
    assert len(set(run(model, votes).answer.split())) == 2
    assert run(model, votes).answer == run(Fake(error=0.5), votes).answer


@pytest.mark.usefixtures("sandbox")
def test_a_program_that_asks_is_waited_for() -> None:
    """A tool beside a refused call: its program's question is still answered, charged and below the tool."""
    from thinkaloud.arms.toolbox import Session

    model = Fake(waits=lambda prompt: 50)

    async def solve(item: Item, ask: Ask) -> str:
        ask.offer("early")
        tool = ask.tool("python", 'print(ask("What is 2 + 3?"))', session=Session(True))

        async def refused() -> str:
            while not model.asked:
                await asyncio.sleep(0.001)
            return await ask("refused " * 1000)

        await asyncio.gather(tool, refused())
        return "never"

    made = run(model, solve, 900)
    assert made.answer == "early"
    kinds = {node.kind: node for node in made.trace.nodes}
    assert kinds["tool"].text == "5" and kinds["sub"].text == "5"
    assert kinds["sub"].parent == kinds["tool"].id
    assert total(made).calls == len(model.asked) == 1


@pytest.mark.usefixtures("sandbox")
def test_a_program_that_runs_out_of_budget_ends_the_process_and_is_written_down() -> None:
    """Its sub-process has no answer within its budget: it gets what was offered, which is nothing; and where the
    program stops for good the tool says so."""
    from thinkaloud.arms.toolbox import Session

    async def solve(item: Item, ask: Ask) -> str:
        ask.offer("early")
        return await ask.tool("python", 'print("got", ask("What is 2 + 3?"))', session=Session(True))

    made = run(Fake(), solve, 5)
    tool = next(node for node in made.trace.nodes if node.kind == "tool")
    assert tool.spend.tool_seconds > 0
    assert made.answer == "got"


@pytest.mark.usefixtures("sandbox")
def test_a_long_text_is_a_variable_of_a_program_in_one_context_too() -> None:
    """T0's examples over records read `context`, so its program has it."""
    task = open_task("records_count")
    shown, item = task.items(6, 2, Key(("context", "shown"))), task.items(6, 1, Key(("context", "item")))[0]

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        if prompt.prefill == ("```python",):
            return f"\n{task.program(item)}\n```"  # type: ignore[attr-defined]
        return " " + prompt.prefill[-2].rpartition("Result: ")[2] + "."

    style = Style(tuple(example(task, one) for one in shown))
    made = asyncio.run(attempt(stage(Fake(say), item, task), replace(terms(coded), style=style), 0, 100_000))
    assert made.right, [node.text for node in made.trace.nodes]


def test_an_answer_that_was_cut_says_so() -> None:
    """A call that may write less than it wanted, and writes all of it, is marked."""

    async def solve(item: Item, ask: Ask) -> str:
        return await ask("Talk.", tokens=100)

    made = run(Fake(lambda model, prompt, key: "word " * 80), solve, 40)
    assert made.cut and made.trace.nodes[1].cut
    assert METERS["B4"](total(made)) <= 40


# -------------------------------------------------------------------------------------------------------- properties


async def tree(item: Item, ask: Ask) -> str:
    """A random process: calls, sub-processes with and without shares, side by side or not, to a depth of three, some
    of which fail. What it does hangs on its question, so it is the same each time."""
    rng = random.Random(item.question)
    ask.offer("so far")
    jobs = []
    for i in range(rng.randint(1, 3)):
        name = f"{item.question}/{i} " + "word " * rng.randint(0, 15)
        kind = rng.choice(("call", "aloud", "sub", "share", "tool"))
        if kind == "call" or ask.depth >= 3:
            jobs.append(ask(name, tokens=rng.randint(1, 30)))
        elif kind == "aloud":
            jobs.append(_answer(ask, name))
        elif kind == "tool":
            jobs.append(ask.tool("calculator", "2 + 3"))
        else:
            jobs.append(ask.sub(name, tree, share=rng.choice((0.2, 0.5, 1.0)) if kind == "share" else None))
    if rng.random() < 0.5:
        await asyncio.gather(*jobs)
    else:
        for job in jobs:
            await job
    if rng.random() < 0.1:
        raise RuntimeError("a process fails")
    return "done"


async def _answer(ask: Ask, question: str) -> str:
    return (await ask.aloud(question)).answer


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # jobs that stand behind a refused one
@pytest.mark.parametrize("meter", METERS)
@given(seed=st.integers(0, 10**6), limit=st.sampled_from([30, 150, 400, 1500]))
@settings(max_examples=60, deadline=None)
def test_no_tree_of_processes_overspends(meter: str, seed: int, limit: int) -> None:
    """Random trees on a model that answers in random order: the limit holds, nothing stays reserved, and the trace adds
    up to the ledger."""
    rng = random.Random(seed)
    model = Fake(
        lambda model, prompt, key: "word " * (len(prompt.question) % 37), waits=lambda prompt: rng.randint(0, 9)
    )

    async def whole() -> Ask:
        ask = top(model, limit, meter)
        item = replace(ITEM, question=f"root {seed}")
        with suppress(RuntimeError):
            await ask.run(tree, item)
        return ask

    ask = asyncio.run(whole())
    world = ask.world
    account = world.ledger.account
    assert METERS[meter](world.ledger.total) <= limit + 1e-6
    assert account.held == pytest.approx(0, abs=1e-6)
    assert account.left == pytest.approx(limit - METERS[meter](world.ledger.total), abs=1e-6)
    spent = world.trace.spend
    assert (spent.uncached, spent.cached, spent.output) == (
        world.ledger.total.uncached, world.ledger.total.cached, world.ledger.total.output,
    )  # fmt: skip
    assert spent.calls == len(model.asked)


def test_the_examples_are_what_the_fake_was_made_for() -> None:
    """The fixture's own premise: two examples with reasoning."""
    assert len(EXAMPLES) == 2 and all(one.thought for one in STYLE.examples)


# ---------------------------------------------------------------------------------------------- where an answer begins


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("5 plus 6 is 11. The answer is 11.", "5 plus 6 is 11.", "11"),
        ("The answer isn't obvious. I add. The answer is 11.", "The answer isn't obvious. I add.", "11"),
        (
            "I add. The answer is 10. Wait, it is 11. The answer is 11.",
            "I add. The answer is 10. Wait, it is 11.",
            "11",
        ),
        ("I add.\n\n**Answer:** $11$", "I add.", "11"),
        ("<think>I add.</think> <answer>11</answer>", "I add.", "11"),
        ("I add, so it is \\boxed{11}.", "I add, so it is", "11"),
        ("I add. The answer is 11. Check: the answer is correct.", "I add.", "11"),
        ("I add. The answer is 11.\n\nQuestion: What is 1 + 1?\nAnswer: The answer is 2.", "I add.", "11"),
    ],
)
def test_reasoning_ends_where_its_last_statement_of_an_answer_begins(text: str, thought: str, answer: str) -> None:
    """The same reading as of logs and files; what a model asks itself afterwards is not its answer."""
    assert cut(text) == (thought, True, answer)


def test_an_answer_that_is_not_stated_is_asked_for_and_one_of_several_lines_stays_whole() -> None:
    assert cut("I add 5 and 6.") == ("I add 5 and 6.", False, "")
    assert cut("We see.\nThe answer is\n1 2\n3 4", lines=True) == ("We see.", True, "\n1 2\n3 4")
    assert cut("It is far. The answer is St. Louis.", frozenset({"st. louis"})) == ("It is far.", True, "St. Louis")


@pytest.mark.parametrize("spelled", ["{g}", "**{g}**", "${g}", "\\boxed{{{g}}}", "{g}.0", "{g} in all"])
def test_a_model_that_is_always_right_is_right_in_any_spelling(spelled: str) -> None:
    text = spelled.format(g=ITEM.gold)

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        return f" {text}." if prompt.prefill[-1:] == (PROBE,) else f"I add them. {PROBE} {text}."

    for solve in (direct.snap, direct.aloud):
        made = asyncio.run(attempt(stage(Fake(say)), terms(solve), 0, 100_000))
        assert made.right and made.as_dict(stage(Fake(say)))["answer"] == ITEM.gold
