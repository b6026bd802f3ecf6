"""A made-up run of the rungs to report on: families of four kinds, thirteen arms, attempts with traces and edits.

F2 is better than F1 by an amount that differs from family to family (`PAYS`), so what a report has to say is known. The
estimates are the real metrics'. One question, one answer, one node and one arm's error are hostile.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from arm_records import arm_attempt, arm_edit, arm_record, spent
from report_fixture import HOSTILE
from thinkaloud.metrics.factored import rungs
from thinkaloud.metrics.pool import pool
from thinkaloud.tasks import task_names
from thinkaloud.tasks.gym import gym_names
from thinkaloud.vocabulary import Finding, Key

BUDGETS = (1000, 4000, 16000)
ARMS = ("R0", "R1", "R2", "F1", "F2", "F3", "T0", "T1", "T2", "A", "V", "E", "P")
SKILL = {"R0": -0.3, "R1": -0.22, "R2": 0.0, "A": 0.03, "V": 0.02, "E": 0.02, "P": -0.12, "F1": 0.05, "F2": 0.05,
         "F3": -0.06, "T0": 0.1, "T1": 0.17, "T2": 0.15}  # fmt: skip
COST = {"R0": 60, "R1": 70, "R2": 400, "A": 520, "V": 1300, "E": 900, "P": 3000, "F1": 700, "F2": 1150, "F3": 2100,
        "T0": 620, "T1": 1500, "T2": 800}  # fmt: skip
PARTED = ("F1", "F2", "F3", "P", "T1")
FAMILIES = (
    "chain_sum", "big_sum", "story", "variables", "count_items", "coin", "swaps", "directions", "weekday", "compare",
    "recall", "records_count", "records_mode", "records_needle",
    "gym:letter_counting", "gym:count_primes", "gym:word_sorting",
    "gym:products", "gym:polynomial_multiplication", "gym:knights_knaves", "gym:countdown", "gym:mini_sudoku",
    "gym:word_ladder", "gym:n_queens",
)  # fmt: skip
HOSTILE_ITEM = "chain_sum/3/000000"
NO_TASK = {*FAMILIES} - {*task_names(), *(f"gym:{name}" for name in gym_names())}
if NO_TASK:  # a family that no task has would be of no kind, and reports of it would say nothing about kinds
    raise LookupError(f"the made-up run has families that are no tasks: {', '.join(sorted(NO_TASK))}")


@cache
def records(families: int = 24, items: int = 20) -> tuple[dict[str, Any], ...]:
    """One record an item and arm."""
    return tuple(
        _record(task, i, index, arm)
        for i, task in enumerate(FAMILIES[:families])
        for index in range(items)
        for arm in ARMS
    )


@cache
def findings(families: int = 24, items: int = 20) -> tuple[Finding, ...]:
    """What the study makes of them, the pool first."""
    by_task: dict[str, list[dict[str, Any]]] = {}
    for record in records(families, items):
        by_task.setdefault(record["task"], []).append(record)
    whole = pool(by_task, BUDGETS, "B4", 0.03, Key(("fixture",)))
    found = [Finding("rungs", "tiny", "pool", None, e) for e in whole]
    for task, own in by_task.items():
        found += [Finding("rungs", "tiny", task, 3, e) for e in rungs(own, BUDGETS, "B4", Key(("fixture", task)))]
    return tuple(found)


def meta() -> dict[str, Any]:
    """What the report says besides the numbers."""
    return {
        "study": "rungs", "question": "What does a fresh context buy, at the same price?", "date": "2026-11-20",
        "model": {"name": "tiny-135m", "backend": "llama_cpp", "context": 8192}, "seed": 1,
        "command": "thinkaloud run rungs --model tiny-135m --pool builtin --budgets 1k,4k,16k --items 20",
        "settings": {"meter": "B4", "margin": 0.03, "block": 16}, "versions": {"thinkaloud": "0.1.0"},
        "ruler": ["On a simulated model without an effect, none is found (n 24 families)."],
        "limits": ["Families of one generator are more alike than families of the world."],
    }  # fmt: skip


def _record(task: str, family: int, index: int, arm: str) -> dict[str, Any]:
    rng = Key(("rungs", task, str(index), arm)).rng
    hard = Key(("rungs", task, str(index))).rng
    a, b = (int(x) for x in hard.integers(3, 90, 2))
    item = f"{task}/3/{index:06}"
    question = (
        f"A shop has {a} boxes with {b} pens each, and sells {b} pens. How many pens are left? "
        + "It is a shop. " * (family % 5)
    )
    if item == HOSTILE_ITEM:
        question += HOSTILE
    gold = str(a * b - b)
    base = arm_record(
        arm, item, [], task, level=3, fold=index % 2, question=question, load=40 * 2 ** (family % 7) + index,
        options=[gold, str(a * b), str(a + b), str(b)], chain=(1, 2, 4)[family % 3],
    )  # fmt: skip
    if item == HOSTILE_ITEM and arm == "P":
        return {**base, "status": "failed", "error": f"refused: {HOSTILE}"}
    pays = 0.28 - 0.016 * family if arm == "F2" else 0.0
    skill = 0.35 + 0.4 * float(hard.random()) - 0.2 + SKILL[arm] + pays
    n = max(1, min(8, int(16000 / COST[arm])))
    attempts = [_attempt(base, arm, rng, skill, i) for i in range(n)]
    short = {str(b): _attempt(base, arm, rng, skill - 0.2, 0, cut=True) for b in BUDGETS if COST[arm] * 1.1 > b}
    edits = {kind: _edit(base, arm, rng, attempts[0], kind) for kind in ("cut", "corrupt", "reword", "replace")}
    return {**base, "attempts": attempts, "short": short, "edits": edits if arm not in ("R0", "R1") else {}}


def _attempt(base: dict[str, Any], arm: str, rng: Any, skill: float, at: int, cut: bool = False) -> dict[str, Any]:
    right = bool(rng.random() < skill)
    answer = (
        base["options"][0] if right else (None if rng.random() < 0.1 else base["options"][1 + int(rng.integers(3))])
    )
    total = int(COST[arm] * (0.8 + 0.4 * float(rng.random())) * (0.5 if cut else 1))
    trace = _trace(base, arm, total, answer, cut, at)
    spend = {key: sum(node["spend"][key] for node in trace) for key in trace[0]["spend"]}
    made = arm_attempt(answer, spend, right=right, cut=cut, trace=trace)
    if arm not in ("F1", "F2"):
        return made
    sound = 0.95 - 0.03 * ((base["load"] // 40 + len(base["task"])) % 7)
    return made | {"steps": [int(rng.binomial(4, sound)), 4]}


def _spend(total: int = 0) -> dict[str, Any]:
    read, written = int(total * 0.6), int(total * 0.4)
    return spent(read, written, total // 3, int(total > 0), cache_write=read)


def _trace(base: dict[str, Any], arm: str, total: int, answer: str | None, cut: bool, at: int) -> list[dict[str, Any]]:
    def node(kind: str, title: str, texts: tuple[str, str], cost: int, parent: int | None) -> None:
        nodes.append(
            {"id": len(nodes), "parent": parent, "kind": kind, "title": title, "asked": texts[0], "text": texts[1],
             "spend": _spend(cost), "cut": False, "edited": None, "error": None}
        )  # fmt: skip

    nodes: list[dict[str, Any]] = []
    node("arm", arm, (base["question"], ""), 0, None)
    if arm in PARTED:
        node(
            "call",
            "split",
            (base["question"], "Parts:\n1. How many pens are there?\n2. How many are sold?\n3. #1 - #2"),
            total // 5,
            0,
        )
        for i in range(3):
            node("sub", f"part {i + 1}", ("", ""), 0, 0)
            node(
                "call",
                "solve",
                (f"Part {i + 1} of: {base['question']}", f"Let me see ({at}). It is {17 * i + at}."),
                total // 5,
                len(nodes) - 1,
            )
        if arm == "T1":
            node("tool", "python", ("print(17 * 23)", "391"), 0, 0)
        node("call", "put together", ("The parts gave 17, 23 and 40.", f"The answer is {answer}."), total // 5, 0)
    else:
        thought = f"First I multiply. Then I subtract what was sold, attempt {at}. " * 3
        node("call", "answer", (base["question"], thought + f"The answer is {answer}."), total, 0)
        if arm == "T0":
            node("tool", "python", ("print(17 * 23)", f"391 {HOSTILE}"), 0, 0)
    nodes[-1]["cut"] = cut
    if base["item"] == HOSTILE_ITEM and arm == "F2":
        nodes[1] |= {"title": HOSTILE, "text": HOSTILE, "error": HOSTILE}
    return nodes


def _edit(base: dict[str, Any], arm: str, rng: Any, own: dict[str, Any], kind: str) -> dict[str, Any]:
    keep = {"cut": 0.4, "corrupt": 0.5, "reword": 0.93, "replace": 0.35}[kind]
    answer = own["answer"] if rng.random() < keep else base["options"][int(rng.integers(4))]
    trace = [dict(node) for node in own["trace"]]
    trace[-2 if len(trace) > 2 else -1] |= {"text": "It is 99." if kind != "cut" else "", "edited": kind}
    followed = bool(rng.random() < 0.45) if kind == "corrupt" else None
    right, changed = answer == base["options"][0], answer != own["answer"]
    return arm_edit(answer, right=right, changed=changed, followed=followed, trace=trace)
