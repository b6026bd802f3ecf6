"""Simulated models do in the real runner what the formulas say, and the rungs' card speaks of this code."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from itertools import accumulate, product

import numpy as np
import pytest

from thinkaloud.arms.ask import _digest
from thinkaloud.arms.style import Style, example
from thinkaloud.budget.ledger import Prefixes, Spend
from thinkaloud.errors import UserError
from thinkaloud.items.material import Wanted, material
from thinkaloud.metrics import closed_form
from thinkaloud.metrics.frontier import frontiers
from thinkaloud.open_model import open_model
from thinkaloud.organisms.simulated import Dials, simulated, standing
from thinkaloud.ruler.simulated_truth import Setting, accuracy, at_budget, halves, spend, voted, votes
from thinkaloud.studies.rungs import card as rungs_card
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task, task_names
from thinkaloud.tasks.parts import decompose, numbered, read_parts
from thinkaloud.tasks.simulated import KINDS, parts, read
from thinkaloud.vocabulary import PROBE, Key, Prompt, Record, Sampling, Shot

CHEAP = ("R0", "R1", "R2", "F1", "F2", "A", "V", "E", "P", "F2d")
CODE = ("T0", "T1", "T2", "F3")
LUCKY = ("V", "E")
"""Arms whose calls depend on what came before."""
SHOTS = 2
CELLS = (
    (".05,.4,.1", "chain", 3, "model"),
    (".08,.4,.1,.1,.04", "map", 4, "given"),
    (".05,.3,.1,.1,.03", "search", 3, "model"),
    (".1,.4,.1,.1,.05", "recall", 2, "given"),
)


@lru_cache(maxsize=64)
def measured(
    dials: str, name: str, level: int, arm: str, plan: str = "model", items: int = 60,
    budgets: tuple[int, ...] = (16000,), meter: str = "B4", attempts: int = 2, edits: bool = False,
) -> tuple[Record, ...]:  # fmt: skip
    """Records of one arm on one family by the study itself."""
    model, task, study = open_model(f"scripted:sim:{dials}"), open_task(f"sim:{name}"), Rungs()
    settings = RungsSettings(
        shots=SHOTS, budgets=budgets, arms=(arm,), meter=meter, plan=plan, trials=1, attempts=attempts, edits=edits
    )
    drawn = material(task, level, 1, Wanted(items, study.examples(settings), 0, study.dev(settings), reasoned=False))
    key = Key(("1", "rungs", task.name, str(level)))

    async def all_of_it() -> list[Record]:
        groups = [replace(group, part=arm) for group in drawn.groups(drawn.items)]
        prepared = tuple(await study.prepare(model, replace(groups[0], items=()), settings, key))
        made = [await study.measure(model, replace(g, prepared=prepared), settings, key) for g in groups]
        return [record for group in made for record in group]

    return tuple(asyncio.run(all_of_it()))


def setting(dials: str, kind: str, level: int, plan: str = "model") -> Setting:
    return Setting(simulated(dials).dials, kind, level, f"{kind}_1", SHOTS, plan == "given")


def error(arm: str, s: Setting, items: int, attempts: int) -> float:
    """Standard error of a mean over items whose attempts are independent given the item's half."""
    hard, easy = halves(arm, s)
    within = (hard * (1 - hard) + easy * (1 - easy)) / 2 / attempts
    return math.sqrt((within + ((hard - easy) / 2) ** 2) / items)


def once(records: Sequence[Record]) -> float:
    return float(np.mean([attempt["right"] for record in records for attempt in record["attempts"]]))


# ------------------------------------------------------------------------------------------------ the runner agrees


@pytest.mark.slow
@pytest.mark.parametrize("arm", [*CHEAP, *CODE])
@pytest.mark.parametrize("cell", CELLS, ids=[f"{kind}-{plan}" for _, kind, _, plan in CELLS])
def test_accuracy_and_spend_of_every_arm_are_those_of_the_formulas(cell: tuple[str, str, int, str], arm: str) -> None:
    """Accuracy within 4 standard errors; tokens of the first attempt exactly, or within their error where calls depend
    on luck."""
    dials, kind, level, plan = cell
    items = 15 if arm in CODE else 40
    records, s = measured(dials, f"{kind}_1", level, arm, plan, items), setting(dials, kind, level, plan)
    assert abs(once(records) - accuracy(arm, s)) < 4 * error(arm, s, items, 2)
    true = asdict(spend(arm, s))
    for name in ("uncached", "cached", "output", "calls"):
        spent = [record["attempts"][0]["spend"][name] for record in records]
        if arm in LUCKY:
            assert abs(np.mean(spent) - true[name]) <= 4 * np.std(spent, ddof=1) / math.sqrt(items) + 1e-9
        else:
            assert set(spent) == {true[name]}, name


@pytest.mark.slow
@pytest.mark.parametrize("arm, meter", [("R2", "B2"), ("F1", "B2"), ("F2", "B2"), ("R2", "B4"), ("F1", "B3")])
def test_accuracy_at_every_budget_is_that_of_the_formulas(arm: str, meter: str) -> None:
    """Votes that a budget pays, and what they score, on meters with and without a cache, with items that differ."""
    dials, items = ".12,.2,.05,0,.1", 60
    s = setting(dials, "chain", 3)
    budgets = tuple(sorted({math.ceil(x * spend(arm, s).uncached) for x in (1.2, 2.1, 3.2, 6.5)} | {16000}))
    records = measured(dials, "chain_1", 3, arm, "model", items, budgets, meter, 6)
    scores = frontiers(records, budgets, meter)[arm].at[meter]
    paid = [votes(arm, s, budget, 6, meter) for budget in budgets]
    assert len(set(paid)) > 2 and paid[-1] == 6
    for at, (budget, k) in enumerate(zip(budgets, paid, strict=True)):
        if not k:
            continue
        true = at_budget(arm, s, budget, 6, meter)
        assert true == voted(arm, s, k)
        assert abs(scores[:, at].mean() - true) < 4 * scores[:, at].std(ddof=1) / math.sqrt(items)


def test_what_depends_on_luck_is_not_made_up() -> None:
    """How many attempts a budget pays is unknown for arms whose cost varies: None, not a number."""
    s = setting(".1,0,0", "chain", 3)
    assert votes("E", s, 4000, 4) is None and votes("F2", s, 4000, 4, "B4") is None
    assert at_budget("F2", s, 10, 4) is None


def effect(dials: str, kind: str, level: int = 4, items: int = 50) -> tuple[float, float, float]:
    """F2 - F1 by formula, measured, and its standard error."""
    s = setting(dials, kind, level)
    rows = [
        np.array([once([r]) for r in measured(dials, f"{kind}_1", level, arm, items=items)]) for arm in ("F2", "F1")
    ]
    difference = rows[0] - rows[1]
    true = accuracy("F2", s) - accuracy("F1", s)
    return true, float(difference.mean()), float(difference.std(ddof=1)) / math.sqrt(items)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chain", "map"])
def test_context_noise_makes_fresh_contexts_win_and_aggregator_noise_makes_them_lose(kind: str) -> None:
    """The positive control, and what it costs to put answers together; with 200 items chance hardly decides."""
    true, found, wide = effect(".02,.5,0", kind, items=200)
    assert true > 0.2 and found > 3 * wide and abs(found - true) < 4 * wide
    true, found, wide = effect(".02,0,.4", kind, items=200)
    assert true < -0.2 and found < -3 * wide and abs(found - true) < 4 * wide


@pytest.mark.slow
def test_useless_parts_do_not_help() -> None:
    """Negative controls: a search loses by being taken apart, a recall is as it was."""
    true, found, wide = effect(".05,0,0", "search")
    assert true < -0.2 and found < -3 * wide
    true, found, wide = effect(".2,0,0", "recall")
    assert true == 0.0 and abs(found) < 4 * wide


def test_no_noise_is_no_effect_and_a_family_of_its_own_is_moved_by_u() -> None:
    """F2 - F1 = 0 without noise, and u times the share that was not guessed with a u, of either sign."""
    for kind in ("chain", "map"):
        s = setting(".1,0,0", kind, 3)
        assert accuracy("F2", s) == pytest.approx(accuracy("F1", s), abs=1e-12)
        share = (accuracy("F1", s) - 0.1) / 0.9
        for number in range(6):
            own = replace(s, dials=replace(s.dials, tau=0.2), family=f"{kind}_{number}")
            moved = accuracy("F2", own) - accuracy("F1", own)
            assert moved == pytest.approx(share * own.dials.own(own.family), abs=1e-12)


def test_families_differ_like_a_normal_distribution() -> None:
    drawn = np.array([standing(f"chain_{i}") for i in range(4000)])
    assert abs(drawn.mean()) < 4 / math.sqrt(4000) and abs(drawn.std() - 1) < 4 / math.sqrt(8000)


# ---------------------------------------------------------------------------------------------- what a model is like


def test_all_randomness_comes_from_the_key() -> None:
    """The same call with the same key says the same; keys of their own differ."""
    model, item = simulated(".5,0,0"), open_task("sim:chain_1").items(4, 1, Key(("k",)))[0]

    def say(key: str) -> str:
        prompt = Prompt((Shot("q", ("a",)),), item.question)
        return asyncio.run(model.generate(prompt, Sampling(200), Key((key,)))).text

    assert say("1") == say("1")
    assert len({say(str(i)) for i in range(20)}) > 10


def test_a_wrong_value_is_any_of_the_wrong_ones() -> None:
    """Errors of one step: as often as the dial says, and evenly over nine values (chi-square below its .999 point)."""
    model, item = simulated(".4,0,0,0,0,0"), open_task("sim:chain_1").items(1, 1, Key(("k",)))[0]
    prompt = Prompt((), item.question, (PROBE,))
    said = Counter(
        asyncio.run(model.generate(prompt, Sampling(9), Key((str(i),)))).text.strip(" .") for i in range(1500)
    )
    wrong = [said[str(d)] for d in range(10) if str(d) != item.gold]
    assert abs(said[item.gold] / 1500 - 0.6) < 4 * math.sqrt(0.24 / 1500)
    assert sum((x - sum(wrong) / 9) ** 2 for x in wrong) / (sum(wrong) / 9) < 26.1
    reading = asyncio.run(model.score(prompt, item.options))
    assert reading.probabilities[item.gold_index] == pytest.approx(0.6)
    assert reading.mass == pytest.approx(1)


def test_an_answer_is_cut_at_the_tokens_it_may_have() -> None:
    model, item = simulated("0,0,0"), open_task("sim:chain_1").items(4, 1, Key(("k",)))[0]
    whole = asyncio.run(model.generate(Prompt((), item.question), Sampling(100), Key(("1",))))
    short = asyncio.run(model.generate(Prompt((), item.question), Sampling(7), Key(("1",))))
    assert (whole.finish, whole.tokens) == ("stop", 24) and whole.text.endswith(f"{PROBE} {item.gold}.")
    assert (short.finish, short.tokens) == ("length", 7) and short.text == " ".join(whole.text.split()[:7])


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_reads_back_and_its_parts_lead_to_its_answer(kind: str) -> None:
    """The plan that a model writes is the task's own, and worked reasoning, parts and code agree with the gold."""
    task = open_task(f"sim:{kind}_7")
    for item in task.items(5, 20, Key(("k",))):
        problem = read(f"Be exact.\n{item.question}")
        assert problem == item.meta["problem"] and str(problem.gold) == item.gold
        own = decompose(task, item)
        assert all(read(part) is None for part in parts(problem))  # a part names its item and is no question
        assert own is not None and len(own.parts) == 5 == len(item.worked.steps)
        assert read_parts(numbered(parts(problem))) == tuple(part.question for part in own.parts)
        assert own.chain == (5 if kind == "chain" else 1)
        if kind == "chain":
            assert own.parts[-1].answer == item.gold
        if kind == "map":
            assert str(sum(map(int, own.answers)) % 10) == item.gold
        code = task.program(item)  # type: ignore[attr-defined]
        assert (code is None) == (kind == "recall")
        if code is not None:
            assert str(eval(code.removeprefix("print"))) == item.gold
    assert [i.id for i in task.items(5, 20, Key(("k",)))[:6]] == [i.id for i in task.items(5, 6, Key(("k",)))]


def test_interventions_on_a_simulated_model_find_what_is_known() -> None:
    """A chain's answer is its last part's: it follows a corrupted one always, is lost with the parts, and other words
    for the same change nothing where nothing goes wrong by chance."""
    records = measured(".05,0,0", "chain_1", 3, "F2", items=60, edits=True)
    followed = [r["edits"]["corrupt"]["followed"] for r in records if r["edits"]["corrupt"]["followed"] is not None]
    assert len(followed) > 40 and all(followed)
    cut = [r["edits"]["cut"]["right"] for r in records]
    assert abs(np.mean(cut) - 0.1) < 4 * math.sqrt(0.09 / 60)
    sure = measured("0,0,0", "chain_1", 3, "F2", items=20, edits=True)
    assert not any(r["edits"]["reword"]["changed"] for r in sure) and once(sure) == 1


@pytest.mark.parametrize("name", ["scripted:sim:.1", "scripted:sim:a,b,c", "scripted:sim:.1,0,-1", "scripted:sim:"])
def test_dials_that_are_none_are_quoted(name: str) -> None:
    with pytest.raises(UserError, match=f"{name}.*E,C,G"):
        open_model(name)


def test_simulated_tasks_are_opened_by_name_and_not_listed() -> None:
    assert open_task("sim:map_12").name == "sim:map_12"
    assert not any(name.startswith("sim:") for name in task_names())
    for wrong in ("sim:tree_1", "sim:map", "sim:map_x"):
        with pytest.raises(UserError, match=wrong):
            open_task(wrong)


def test_a_model_fails_on_what_is_not_its_own_task() -> None:
    """It does not guess at questions that it cannot read."""
    from thinkaloud.errors import ModelError

    with pytest.raises(ModelError, match="What is 2 \\+ 2"):
        asyncio.run(simulated(".1,0,0").generate(Prompt((), "What is 2 + 2?"), Sampling(9), Key(("1",))))


# ------------------------------------------------------------------------------------------------ the formulas agree


def test_a_chain_of_errors_is_a_convolution() -> None:
    """`right` of `kept` against the distribution of a sum modulo 10, step by step."""
    errors = [0.05, 0.3, 0.9, 0.12][:3]
    for used in (errors[:1], errors[:2], [*errors[:2], 0.12]):
        spread = np.eye(10)[0]
        for e in used:
            step = np.array([1 - e, *[e / 9] * 9])
            spread = sum(spread[j] * np.roll(step, j) for j in range(10))
        assert closed_form.right(closed_form.kept(used)) == pytest.approx(spread[0])


@pytest.mark.parametrize("p", [0.1, 0.35, 0.8])
def test_votes_verdicts_and_escalations_are_those_of_a_list_of_all_cases(p: float) -> None:
    """Every pattern of four values out of ten, weighed."""
    weight = [p, *[(1 - p) / 9] * 9]
    for k in (1, 2, 3, 4):
        total = 0.0
        for drawn in product(range(10), repeat=k):
            most = max(Counter(drawn).values())
            tied = [x for x, n in Counter(drawn).items() if n == most]
            total += math.prod(weight[x] for x in drawn) * (0 in tied) / len(tied)
        assert closed_form.majority(p, k) == pytest.approx(total)
    wrong = 0.2

    def refused(x: int) -> float:
        return wrong if x == 0 else 1 - wrong

    best = 0.0
    for drawn in product(range(10), repeat=3):
        chance, none = math.prod(weight[x] for x in drawn), math.prod(refused(x) for x in drawn)
        firsts = [math.prod(refused(x) for x in drawn[:i]) * (1 - refused(drawn[i])) for i in range(3)]
        best += chance * (sum(f * (drawn[i] == 0) for i, f in enumerate(firsts)))
        best += chance * none * (max(drawn, key=drawn.count) == 0)
    assert closed_form.best_of(p, wrong) == pytest.approx(best)
    snap, after = 0.3, 0.0
    for drawn in product(range(10), repeat=4):
        chance = math.prod(weight[x] for x in drawn) * refused(drawn[0])
        after += chance * (max(drawn, key=drawn.count) == 0)
    on = snap * wrong + (1 - snap) * (1 - wrong)
    assert closed_form.escalated(snap, p, wrong) == pytest.approx(snap * (1 - wrong) + on * (p * (1 - wrong) + after))


def test_votes_hurt_where_right_answers_are_a_minority() -> None:
    """The oracle of two answers and p = .4."""
    assert closed_form.majority(0.4, 3, values=2) == pytest.approx(0.352)
    assert closed_form.majority(0.4, 2, values=2) == pytest.approx(0.4)


# --------------------------------------------------------------------------- what was made faster still does the same


def test_the_name_of_a_prompt_hangs_on_all_of_it() -> None:
    """The hash of the examples is kept; the name is still that of the whole text."""
    shots = (Shot("a", ("b", "c")), Shot("d", ("e",)))
    whole = hashlib.sha256(b"a\0b c\0d\0e\1q\1x y").hexdigest()[:16]
    assert _digest(Prompt(shots, "q", ("x", "y"))) == whole == _digest(Prompt(shots, "q", ("x", "y")))
    assert _digest(Prompt(shots[:1], "q", ("x", "y"))) != whole


def test_the_longest_known_beginning_is_that_of_a_comparison_with_all() -> None:
    """Looking up and adding in any order, with repeats: as by trying every earlier sequence."""
    rng = np.random.default_rng(1)
    for block in (1, 3):
        prefixes, seen = Prefixes(block), []
        for _ in range(400):
            tokens = tuple(map(str, rng.integers(0, 2, size=rng.integers(0, 9)).tolist()))
            longest = max(
                (sum(accumulate((a == b for a, b in zip(tokens, x, strict=False)), min)) for x in seen), default=0
            )
            if rng.random() < 0.8:
                assert prefixes.shared(tokens) == longest // block * block
            if rng.random() < 0.7:
                kept = tokens if rng.random() < 0.7 else (*tokens, "2")
                prefixes.add(kept)
                seen.append(kept)


def test_a_spend_is_written_with_all_its_fields_and_shots_are_made_once() -> None:
    spent = Spend(1, 2, 3, 4, 5, 6, 0.5, 0.25)
    assert spent.as_dict() == asdict(spent)
    task = open_task("sim:chain_1")
    style = Style(tuple(example(task, item) for item in task.items(3, 2, Key(("k",)))))
    assert style.whole is style.whole and style == Style(style.examples)


# ----------------------------------------------------------------------------------------------------------- the card


def test_the_card_of_the_rungs_is_not_stale() -> None:
    """It was made by the files that decide its numbers as they are now."""
    assert rungs_card.stale() is None


def test_the_card_says_how_often_the_pipeline_errs() -> None:
    """Every rate with its interval and number of studies; no effect is seen about as often as is meant (over all
    spreads: with six cells one is unlucky), effects about as often as computed, and no control gets the opposite
    verdict."""
    rows = rungs_card.load()["cells"]
    assert {row["cell"] for row in rows} >= {"no effect", "power", "positive control", "negative control"}
    for row in rows:
        for share in (row["seen"], *row["verdicts"].values()):
            assert share["low"] <= share["value"] <= share["high"]
        if row["cell"] == "power":
            assert abs(row["seen"]["value"] - row["power"]) < 0.2
        opposite = "loss" if row["true"] > 0 else "gain"
        if abs(row["true"]) > 0.1:
            assert opposite not in row["verdicts"]
    for families in (20, 40):
        null = [row for row in rows if row["cell"] == "no effect" and row["families"] == families]
        studies = sum(row["studies"] for row in null)
        seen = rungs_card.rate(round(sum(row["seen"]["value"] * row["studies"] for row in null)), studies)
        assert len(null) == 3 and studies >= 200 and seen["low"] < 0.05 < seen["high"]
    said = " ".join(rungs_card.sentences())
    assert "studies" in said and rungs_card.load()["made"]["date"] in said


def test_wilson_intervals() -> None:
    """Newcombe 1998, table I: 81 of 263 is .2553 to .3662; 0 of 20 is 0 to .1611."""
    assert rungs_card.rate(81, 263) == {"value": 0.308, "low": 0.2553, "high": 0.3662}
    assert rungs_card.rate(0, 20) == {"value": 0.0, "low": 0.0, "high": 0.1611}


def test_dials_have_bounds() -> None:
    """An error is at most a guess."""
    assert Dials(0.8, 9.0, 0.0).step("x", 1000, True) == pytest.approx(0.9)
    assert Dials(0.01, 0.0, 0.0, spread=0.5).step("x", 0, False) in (0.0, pytest.approx(0.51))
