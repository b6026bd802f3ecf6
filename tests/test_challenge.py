"""Protects: a challenge is fair and repeatable: a better arm wins, an equal one does not, a broken one is reported, the
questions follow from the protocol and the beacon, and resuming changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from arm_records import arm_attempt, arm_record, spent
from arms_fixture import Fake
from thinkaloud import api
from thinkaloud.budget.ledger import Spend
from thinkaloud.cli.main import cli
from thinkaloud.errors import FatalError, ModelError, UserError
from thinkaloud.metrics.versus import Terms, strengths, versus
from thinkaloud.studies.challenge.protocol import Challenge, Wanted, registered, seeds
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.vocabulary import Key, Prompt

TASKS = ["chain_sum", "chain_mixed"]
BEACON = "a value that came after"
BETTER = """
async def solve(item, ask):
    '''Knows the word.'''
    return (await ask.aloud('abracadabra ' + item.question)).answer
"""
EQUAL = """
async def solve(item, ask):
    '''Does what R2 does.'''
    return (await ask.aloud(item.question)).answer
"""
BROKEN = """
async def solve(item, ask):
    '''Fails after its first call.'''
    await ask.aloud(item.question)
    raise ValueError('no such luck')
"""


def magic(model: Fake, prompt: Prompt, key: Key) -> str:
    """Right where the question holds the word, else as often as not."""
    return (Fake() if "abracadabra" in prompt.question else model).reckon(prompt, key)


def fake(**given: Any) -> Fake:
    return Fake(magic, error=0.5, **given)


def wanted(tmp_path: Path, code: str, name: str = "mine", **given: Any) -> Wanted:
    path = tmp_path / f"{name}.py"
    path.write_text(code)
    settings = RungsSettings(shots=2, budgets=(400, 3000), margin=0.2, trials=2, dev=4, attempts=2)
    asked = api.wanted(path, TASKS, against=("R1", "R2"), items=24, difficulty=4, settings=settings)
    return replace(asked, **given)


def held(tmp_path: Path, code: str, out: str = "out", **given: Any) -> Challenge:
    return api.challenge(wanted(tmp_path, code, **given), fake(), beacon=BEACON, out=tmp_path / out)


def files(folder: Path) -> Mapping[str, bytes]:
    names = ("challenge.json", "challenge.md", "screen/findings.json", "confirm/findings.json", "registered.json")
    return {name: (folder / name).read_bytes() for name in names}


# ------------------------------------------------------------------------------------------------------------ outcomes


@pytest.mark.slow
def test_a_better_arm_wins(tmp_path: Path) -> None:
    """In the pool, in every family after Holm, on all four meters, and the page says so."""
    found = held(tmp_path, BETTER)
    assert found.outcome.pool.word == "gain"
    assert found.outcome.pool.area.value is not None and found.outcome.pool.area.value > 0.2
    assert [(line.family, line.word) for line in found.outcome.families] == [(task, "gain") for task in sorted(TASKS)]
    assert all(line.p is not None and line.p < 0.05 for line in found.outcome.families)
    assert found.outcome.sign.value == 4
    assert found.outcome.accuracy["mine"][0].value == 1
    text = (found.folder / "challenge.md").read_text()
    assert "gain, in this pool of 2 families" in text
    assert "2 families, at least 20 are needed" in text  # and nothing is claimed of families like these
    assert "[confirm/report.html](confirm/report.html)" in text and (found.folder / "confirm/report.html").is_file()
    assert (found.folder / "screen/report.html").is_file()


@pytest.mark.slow
def test_an_equal_arm_does_not(tmp_path: Path) -> None:
    """It asks the same and is told the same: the difference is 0, and with a wide margin that is shown."""
    found = held(tmp_path, EQUAL, against=("R2",), items=32)
    pool = found.outcome.pool
    assert pool.area.value == 0
    assert pool.word == "no gain worth the margin"
    assert all(estimate.value == 0 for estimate in (*pool.at, *found.outcome.meters))
    assert [line.p for line in found.outcome.families] == [1, 1]
    assert found.outcome.sign.value == 0


@pytest.mark.slow
def test_a_broken_arm_is_reported(tmp_path: Path) -> None:
    """It loses, is charged for what it asked, and its first error is quoted with how often it failed."""
    found = held(tmp_path, BROKEN)
    assert found.outcome.pool.word == "loss"
    mine = found.outcome.spent["mine"]
    assert mine.failed == mine.attempts == mine.silent > 0
    assert mine.error == "ValueError: no such luck"
    assert mine.cost["B4"].value is not None and mine.cost["B4"].value > 10
    text = (found.folder / "challenge.md").read_text()
    assert f"{mine.attempts} of {mine.attempts} attempts of mine failed; the first: ValueError: no such luck" in text


@pytest.mark.slow
def test_the_strongest_baseline_is_chosen_in_the_screening(tmp_path: Path) -> None:
    """By accuracy on other items than those of the comparison."""
    arm = tmp_path / "strong.py"
    arm.write_text(BETTER)
    found = held(tmp_path, EQUAL, against=("R1", str(arm), "R2"), difficulty=6)  # few questions come twice by chance
    assert found.baseline == "strong" and found.outcome.name == "mine - strong"
    assert found.outcome.pool.word == "loss"
    values = [one.strength.value for one in found.screening]
    assert values == sorted(values, key=lambda v: -(v or 0)) and values[0] == 1
    run = {name: api.open_run(found.folder / name).records for name in ("screen", "confirm")}
    assert {r["arm"] for r in run["screen"]} == {"R1", "strong", "R2"}
    assert {r["arm"] for r in run["confirm"]} == {"mine", "strong"}
    seen = {r["question"] for r in run["screen"]}
    assert not found.repeated and not any(r["question"] in seen for r in run["confirm"])


@pytest.mark.slow
def test_a_question_of_the_screening_does_not_count(tmp_path: Path) -> None:
    """A level with 81 questions: some come again, and are left out and counted."""
    found = held(tmp_path, EQUAL, tasks=("chain_sum",), difficulty=2)
    runs = {name: api.open_run(found.folder / name).records for name in ("screen", "confirm")}
    asked = {name: {r["question"] for r in records} for name, records in runs.items()}
    both = len(asked["screen"] & asked["confirm"])
    assert both > 0 and found.repeated == {"chain_sum": both}
    assert found.outcome.pool.area.n == 24 - both
    assert f"{both} questions were in the screening too" in (found.folder / "challenge.md").read_text()


# ------------------------------------------------------------------------------------------------------------- honesty


def test_the_seeds_follow_from_protocol_and_beacon(tmp_path: Path) -> None:
    """By the seed rule, written out here; the protocol hash is over the arm's file and all that was decided."""
    asked = wanted(tmp_path, BETTER)
    about = registered(asked, "fake", "fake", "0")
    origin = hashlib.sha256(bytes.fromhex(about.protocol) + BEACON.encode()).digest()

    def seed(split: str) -> int:
        digest = hashlib.sha256(b"thinkaloud/seed/v1\0" + origin + b"\0" + f"challenge/{split}/0/0".encode()).digest()
        return int.from_bytes(digest[:4], "big") >> 1

    assert seeds(about.protocol, BEACON) == {"screen": seed("screen"), "confirm": seed("confirm")}
    assert seeds(about.protocol, "another") != seeds(about.protocol, BEACON)
    changed = [
        replace(asked, against=("R1",)),
        replace(asked, items=25),
        replace(asked, tasks=("chain_sum",)),
        replace(asked, difficulty=3),
        *(
            replace(asked, settings=replace(asked.settings, **other))
            for other in ({"budgets": (400,)}, {"meter": "B1"}, {"margin": 0.1}, {"attempts": 3}, {"trials": 3})
        ),
        wanted(tmp_path, BETTER + "\n# a comment\n"),
    ]
    hashes = {registered(one, "fake", "fake", "0").protocol for one in changed}
    hashes |= {registered(wanted(tmp_path, BETTER), "fake", *more).protocol for more in (("other", "0"), ("fake", "1"))}
    assert len(hashes | {about.protocol}) == len(changed) + 3


@pytest.mark.slow
def test_the_same_beacon_gives_the_same_bytes_and_another_one_other_items(tmp_path: Path) -> None:
    one, two = held(tmp_path, BETTER, "one"), held(tmp_path, BETTER, "two")
    assert files(one.folder) == files(two.folder)
    other = api.challenge(wanted(tmp_path, BETTER), fake(), beacon="another", out=tmp_path / "other")
    items = [{r["item"] for r in api.open_run(c.folder / "confirm").records} for c in (one, other)]
    assert items[0] != items[1]


@pytest.mark.slow
def test_without_a_beacon_one_is_drawn_and_said_to_be_self_attested(tmp_path: Path) -> None:
    """It is kept: the same command goes on with it, and a beacon that is given afterwards is refused."""
    asked = wanted(tmp_path, EQUAL, items=8)
    one = api.challenge(asked, fake(), out=tmp_path / "out")
    assert one.beacon.source == "self-attested" and len(one.beacon.value) == 32
    assert "self-attested" in (tmp_path / "out" / "challenge.md").read_text()
    before = files(tmp_path / "out")
    assert api.challenge(asked, fake(), out=tmp_path / "out").beacon == one.beacon
    assert files(tmp_path / "out") == before
    with pytest.raises(UserError, match="has the beacon"):
        api.challenge(asked, fake(), beacon=BEACON, out=tmp_path / "out")


def test_a_protocol_can_be_written_down_before_there_is_a_beacon(tmp_path: Path) -> None:
    """Nothing is asked, the hash is the one that the challenge has later, and the beacon is added."""
    model, asked = fake(), wanted(tmp_path, EQUAL, items=8)
    about, folder = api.register(asked, model, out=tmp_path / "out")
    assert not model.asked and json.loads((folder / "registered.json").read_text())["beacon"] is None
    found = api.challenge(asked, model, beacon=BEACON, out=folder)
    assert found.registered.protocol == about.protocol and found.beacon.source == "given"


@pytest.mark.slow
def test_resuming_changes_nothing(tmp_path: Path) -> None:
    """A model that fails now and then: the challenge stops with a reason, the same command goes on, and the end is the
    same byte for byte; asked once more it asks nobody."""
    asked, whole = wanted(tmp_path, BETTER), held(tmp_path, BETTER, "whole")

    class Failing(Fake):
        left = 60

        async def generate(self, *args: Any) -> Any:
            Failing.left -= 1
            if Failing.left < 0:
                raise FatalError("stopped")  # what ends a run at once
            return await super().generate(*args)

    stops = 0
    for _ in range(40):
        Failing.left = 60
        try:
            api.challenge(asked, Failing(magic, error=0.5), beacon=BEACON, out=tmp_path / "out")
            break
        except UserError:
            stops += 1
    assert stops > 0
    assert files(tmp_path / "out") == files(whole.folder)
    Failing.left = 0
    api.challenge(asked, Failing(magic, error=0.5), beacon=BEACON, out=tmp_path / "out")
    assert files(tmp_path / "out") == files(whole.folder)


def test_no_verdict_on_half_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit that failed stops the challenge in one line that says what to do."""
    from thinkaloud.studies.rungs.protocol import Rungs

    async def fails(*args: Any) -> Any:
        raise ModelError("the server is gone")

    monkeypatch.setattr(Rungs, "measure", fails)
    with pytest.raises(ModelError, match=r"the server is gone.*give the same command again"):
        held(tmp_path, EQUAL, items=8)


def test_an_arm_that_changes_is_another_challenge(tmp_path: Path) -> None:
    """Between two commands: refused, with what has changed; nothing is overwritten."""
    held(tmp_path, EQUAL, items=8)
    before = files(tmp_path / "out")
    with pytest.raises(UserError, match=r"another challenge.*digest"):
        held(tmp_path, BETTER, items=8)
    assert files(tmp_path / "out") == before


@pytest.mark.slow
def test_a_baseline_that_is_not_measurable_somewhere_has_a_stand_in(tmp_path: Path) -> None:
    """Nobody wrote an algorithm for recall: A is compared where there is one, and the best of the others elsewhere."""
    asked = wanted(tmp_path, EQUAL, against=("A", "R2"), items=8)
    asked = replace(asked, tasks=("chain_sum", "recall"), difficulty=2)

    def say(model: Fake, prompt: Prompt, key: Key) -> str:
        return (Fake() if prompt.question.startswith("Go from left") else model).reckon(prompt, key)

    found = api.challenge(asked, Fake(say, error=0.7), beacon=BEACON, out=tmp_path / "out")
    assert (found.baseline, found.stand_in) == ("A", "R2")
    assert [line.family for line in found.outcome.families] == ["chain_sum", "recall"]
    assert "R2k in its place where it is not measurable: recall" in (tmp_path / "out" / "challenge.md").read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"against": ("R9",)}, "no arm named 'R9'; did you mean"),
        ({"against": ()}, "cannot stand against nobody"),
        ({"arm": Path("R2")}, "is a built-in arm"),
        ({"arm": Path("nowhere.py")}, "there is no arm file"),
    ],
)
def test_what_cannot_be_challenged_is_said_in_one_line(given: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        api.challenge(wanted(tmp_path, EQUAL, **given), fake(), beacon=BEACON, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_arm_cannot_take_the_name_of_a_baseline(tmp_path: Path) -> None:
    """Its records would be taken for the baseline's."""
    with pytest.raises(UserError, match="named like the built-in arm 'R2'"):
        api.challenge(wanted(tmp_path, EQUAL, name="R2"), fake(), out=tmp_path / "out")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty and no challenge"):
        held(tmp_path, EQUAL)
    shutil.rmtree(tmp_path / "out")


def test_the_command_registers_and_refuses(tmp_path: Path) -> None:
    """The options reach the protocol; an unknown baseline is one line."""
    arm = tmp_path / "mine.py"
    arm.write_text(EQUAL)
    common = ["challenge", str(arm), "--model", "scripted:faithful", "--register", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, [*common, "--task", "coin,swaps", "--budgets", "500,2k", "--against", "R1,V"])
    assert done.exit_code == 0, done.output
    state = json.loads((tmp_path / "out" / "registered.json").read_text())
    assert state["protocol_hash"] in done.output
    protocol = state["protocol"]
    assert (protocol["tasks"], protocol["against"]) == (["coin", "swaps"], ["R1", "V"])
    assert protocol["settings"]["budgets"] == [500, 2000]
    failed = CliRunner().invoke(cli, [*common, "--against", "R22"])
    assert isinstance(failed.exception, UserError) and "R22" in str(failed.exception)


# ------------------------------------------------------------------------------------------------------ the statistics


def record(arm: str, item: int, right: bool, cost: int = 10, task: str = "t") -> dict[str, Any]:
    node = {"error": None, "cut": False}
    attempt = arm_attempt(str(right), spent(cost, cost), right=right, trace=[node])
    return arm_record(arm, str(item), [attempt], task)


TERMS = Terms((100,), "B4", 0.1)


def test_the_difference_is_paired_and_every_family_counts_alike() -> None:
    """One family with 10 items and a difference of .5, one with 40 and none: .25, by hand; the t interval by hand."""
    by_task = {
        "small": [record(arm, i, arm == "mine" or i % 2 == 0) for arm in ("mine", "R2") for i in range(10)],
        "large": [record(arm, i, i % 3 == 0) for arm in ("mine", "R2") for i in range(40)],
    }
    found = versus(by_task, "mine", ("R2",), TERMS)
    assert found.name == "mine - R2k"
    assert found.pool.area.value == pytest.approx(0.25)
    assert [line.area.value for line in found.families] == [0.5, 0.0]
    small = found.families[0].area
    error = np.std([0.0, 1.0] * 5, ddof=1) / np.sqrt(10)
    assert small.high == pytest.approx(0.5 + 2.262157 * error, abs=1e-4)
    unseen = 1 - 0.05 ** (1 / 10)
    assert small.low == pytest.approx((1 - unseen) * 0.5 - unseen, abs=1e-6)  # the wider of the two
    assert found.pool.area.n == 50
    # five items differ, all one way: 2 of 32 patterns of signs; Holm: the smaller of two counts twice
    assert [line.p for line in found.families] == [2 * 2 / 32, 1]


def test_five_of_five_one_way_do_not_confirm_a_gain() -> None:
    """Student's t has no spread to go by there, and called it p = 0."""
    rows = [record(arm, i, arm == "mine") for arm in ("mine", "R2") for i in range(5)]
    (line,) = versus({"t": rows}, "mine", ("R2",), TERMS).families
    assert line.p == 0.0625


def test_an_area_is_between_its_budgets() -> None:
    """An arm that is better at the larger of two budgets alone: half of that."""
    rows = [record("mine", i, True, 60) for i in range(20)] + [record("R2", i, False, 60) for i in range(20)]
    found = versus({"t": rows}, "mine", ("R2",), Terms((100, 1000), "B4", 0.1))
    assert [e.value for e in found.pool.at] == [0, 1]
    assert found.pool.area.value == pytest.approx(0.5)


def test_a_sign_that_depends_on_the_price_is_counted() -> None:
    """Two arms that are equally right, of which one reads more: it loses on the meters that count reading."""
    rows = [record("R2", i, True, 10) for i in range(20)]
    for i in range(20):
        more = record("mine", i, True)
        more["attempts"][0]["spend"] = Spend(uncached=500, output=10, calls=1).as_dict()
        rows.append(more)
    rows += [record(arm, 100 + i, arm == "mine", 1) for arm in ("mine", "R2") for i in range(2)]
    found = versus({"t": rows}, "mine", ("R2",), Terms((100,), "B1", 0.1))
    assert {e.name: (e.value or 0) > 0 for e in found.meters} == {
        "mine - R2k": True, "mine - R2k by B2": False, "mine - R2k by B3": False, "mine - R2k by B4": False,
    }  # fmt: skip
    assert found.sign.value == 1


def test_too_few_items_have_a_reason_and_no_number() -> None:
    rows = [record(arm, i, True) for arm in ("mine", "R2") for i in range(3)]
    found = versus({"t": rows}, "mine", ("R2",), TERMS)
    assert found.pool.word == "not decided" and "too few items (n=3)" in str(found.pool.area.reason)
    assert found.families[0].p is None and found.sign.value is None


def test_nothing_in_common_is_not_decided() -> None:
    """Other items for either arm: there is nothing to pair."""
    rows = [record("mine", i, True) for i in range(9)] + [record("R2", 100 + i, True) for i in range(9)]
    found = versus({"t": rows}, "mine", ("R2",), TERMS)
    assert found.pool.word == "not decided" and found.families == ()


def test_a_missing_family_is_not_a_zero() -> None:
    """A baseline that is not measurable in one family is ranked with the best other one in its place."""
    rows = {
        "a": [record(arm, i, i < n) for arm, n in (("R1", 4), ("R2", 6), ("A", 9)) for i in range(10)],
        "b": [record(arm, i, i < n) for arm, n in (("R1", 4), ("R2", 5)) for i in range(10)],
    }
    found = strengths(rows, TERMS)
    assert {arm: (pytest.approx(e.value), lacking) for arm, (e, lacking) in found.items()} == {
        "A": (0.7, ["b"]), "R2": (0.55, []), "R1": (0.4, []),
    }  # fmt: skip
    assert list(found) == ["A", "R2", "R1"]
