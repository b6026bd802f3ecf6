"""Protects: an arm of one's own is ten lines, runs as it is, pays like any other, and fails in words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import thinkaloud as ta
from arms_fixture import ITEM, Fake, stage, terms
from thinkaloud.arms.attempt import Attempt, attempt
from thinkaloud.arms.registry import open_arm
from thinkaloud.budget.ledger import Spend
from thinkaloud.budget.meters import METERS
from thinkaloud.errors import UserError
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key, Prompt

FOLDER = Path(__file__).parent.parent / "examples" / "arms"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.py"))


def solved(name: str, model: Fake, limit: int = 100_000) -> Attempt:
    """One attempt of an example."""
    arm = open_arm(str(FOLDER / f"{name}.py"))
    return asyncio.run(attempt(stage(model), terms(arm.solve, limit), 0, limit))


def kinds(made: Attempt) -> dict[str, int]:
    """How many nodes of each kind."""
    found = [node.kind for node in made.trace.nodes]
    return {kind: found.count(kind) for kind in ("call", "sub", "tool")}


def test_there_are_examples() -> None:
    assert EXAMPLES == ["calculator", "debate", "least_to_most", "recursive", "verify_twice"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_says_what_it_is(name: str) -> None:
    """About ten lines of its own: that is what the page promises."""
    arm = open_arm(str(FOLDER / f"{name}.py"))
    assert arm.name == name and len(arm.digest) == 16 and len(arm.about) > 30
    code = (FOLDER / f"{name}.py").read_text().split("async def solve")[1].splitlines()
    assert len([line for line in code if line.strip()]) <= 15


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_right_on_a_model_that_is(name: str) -> None:
    """And the trace adds up to what was asked."""
    model = Fake()
    made = solved(name, model)
    assert (made.answer, made.right, made.cut) == (ITEM.gold, True, False)
    assert not any(node.error for node in made.trace.nodes)
    assert made.trace.spend.calls == len(model.asked)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("calculator", {"call": 1, "sub": 0, "tool": 1}),
        ("debate", {"call": 2, "sub": 2, "tool": 0}),  # they agree: nobody has to argue
        ("least_to_most", {"call": 4, "sub": 2, "tool": 0}),
        ("recursive", {"call": 8, "sub": 4, "tool": 0}),
        ("verify_twice", {"call": 3, "sub": 2, "tool": 0}),
    ],
)
def test_an_example_does_what_it_says(name: str, expected: dict[str, int]) -> None:
    """The shape of its tree on a question with four numbers."""
    assert kinds(solved(name, Fake())) == expected


def test_a_debate_is_held_where_two_disagree() -> None:
    """Each is asked why, and a judge reads both."""

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        if "Say in one sentence" in prompt.question:
            return "Because I say so."
        if "Ann says" in prompt.question:
            return f" {ITEM.gold}."
        return f"So. The answer is {key.path[-1]}."  # how often it was asked this

    made = solved("debate", Fake(say))
    assert made.right and kinds(made) == {"call": 5, "sub": 2, "tool": 0}
    judge = made.trace.nodes[-1]
    assert "Ann says 1: Because I say so." in judge.asked and "Bob says 2: Because" in judge.asked


def test_a_check_that_says_no_is_another_try() -> None:
    """Verify twice tries three times at most."""
    refused = Fake(lambda model, prompt, key: "The answer is no.")
    assert kinds(solved("verify_twice", refused)) == {"call": 9, "sub": 6, "tool": 0}


def test_recursion_ends_at_its_depth_and_keeps_to_its_shares() -> None:
    """Processes are two deep at most, and no process has spent more than its share of the whole."""
    made = solved("recursive", Fake(), 2000)
    nodes = made.trace.nodes

    def depth(i: int) -> int:
        parent = nodes[i].parent
        return 0 if parent is None else depth(parent) + (nodes[i].kind == "sub")

    def below(i: int) -> Spend:
        return sum((below(node.id) for node in nodes if node.parent == i), nodes[i].spend)

    assert max(depth(node.id) for node in nodes) == 2
    for node in nodes:
        if node.kind == "sub":
            assert METERS["B4"](below(node.id)) <= 2000 * 0.45 ** depth(node.id)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("limit", [20, 120, 250, 400])
def test_an_example_keeps_to_any_budget(name: str, limit: int) -> None:
    """Where it ends early it is cut, and never has spent more."""
    made = solved(name, Fake(), limit)
    assert METERS["B4"](made.trace.spend) <= limit
    assert made.cut or made.right


@pytest.mark.slow
def test_own_arms_run_beside_the_built_in_ones(tmp_path: Path) -> None:
    """By their file names, tuned and voted like any other, with rows of their own."""
    settings = RungsSettings(
        shots=2,
        budgets=(400, 1600),
        arms=(*(str(FOLDER / f"{name}.py") for name in EXAMPLES), "R1"),
        trials=2,
        dev=3,
        attempts=2,
    )
    run = ta.run(
        "rungs", Fake(error=0.2), ["chain_sum"], items=6, difficulty=4, out=tmp_path / "run",
        settings=settings,
    )  # fmt: skip
    assert all(unit["status"] == "ok" for unit in run.units)
    values = {f.estimate.name: f.estimate.value for f in run.findings if f.task == "chain_sum"}
    for name in (*EXAMPLES, "R1"):
        assert values[f"{name} once"] is not None and values[f"{name} at 1600"] is not None
    assert values["calculator at 1600"] > values["R1 at 400"]  # type: ignore[operator]


def test_the_arm_in_the_docs_runs(tmp_path: Path) -> None:
    """As it stands on the page; two answers that agree are the answer."""
    page = (FOLDER.parent.parent / "docs" / "add-an-arm.md").read_text()
    path = tmp_path / "mine.py"
    path.write_text(page.split("```python\n")[1].split("```")[0])
    made = asyncio.run(attempt(stage(Fake()), terms(open_arm(str(path)).solve), 0, 1000))
    assert made.right and kinds(made) == {"call": 2, "sub": 2, "tool": 0}


@pytest.mark.parametrize("trials", [1, 2])
def test_an_arm_that_a_task_lacks_is_absent_and_stops_nothing(trials: int, tmp_path: Path) -> None:
    """Nobody wrote an algorithm for recall: found out in tuning, or where nothing is tuned in the units; the report of
    both families is made."""
    settings = RungsSettings(shots=2, budgets=(400,), arms=("A", "R2"), trials=trials, dev=2, attempts=1)
    run = ta.run(
        "rungs", Fake(), ["recall", "chain_sum"], items=5, difficulty=2, out=tmp_path / "run",
        settings=settings,
    )  # fmt: skip
    absent = [r for r in run.records if r["status"] == "absent"]
    assert {(r["task"], r["arm"]) for r in absent} == {("recall", "A")} and len(absent) == 5
    names = {(f.task, f.estimate.name) for f in run.findings if f.estimate.value is not None}
    assert ("chain_sum", "A once") in names and ("recall", "A once") not in names and ("recall", "R2 once") in names
    assert (run.folder / "report.html").is_file()


def test_an_arm_of_a_file_is_not_handed_the_answer(tmp_path: Path) -> None:
    """The question and a long text are all it sees; the same for an item with options, reasoning and parts."""
    path = tmp_path / "peeks.py"
    path.write_text("async def solve(item, ask):\n    return repr((item.question, item.options, item.gold, item.worked.text, dict(item.meta)))\n")  # noqa: E501  # fmt: skip
    item = open_task("records_count_inferred").items(7, 1, Key(("peek",)))[0]
    made = asyncio.run(attempt(stage(Fake(), item), terms(open_arm(str(path)).solve), 0, 1000))
    seen = {name: item.meta[name] for name in ("context", "ask")}
    assert made.answer == repr((item.question, (), "", "", seen)) and not made.right


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no arm file"),
        ("def solve(item, ask):\n    return 1\n", "has no `async def solve"),
        ("import not_there\n", "does not load: ModuleNotFoundError"),
    ],
)
def test_a_file_that_is_no_arm_says_what_it_lacks(text: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=said):
        open_arm(str(path))
