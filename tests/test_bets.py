"""Bets: what is locked stays as it is, what is resolved comes from records, and scores are what they are by hand."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner, Result

import thinkaloud as ta
from thinkaloud.bets import prml
from thinkaloud.bets.page import about_run, counts, page, score_grids, scores
from thinkaloud.bets.protocol import Registered, Statement, protocol
from thinkaloud.bets.registry import Registry
from thinkaloud.bets.resolve import Resolution, judged, row, seed_of
from thinkaloud.bets.score import Scored, brier, calibration, last_run, log_loss, pinball, ranking, score
from thinkaloud.bets.standing import standing
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.runs.folder import Run
from thinkaloud.vocabulary import Estimate, Finding

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
CONTENT = {"measure": "content", "condition": "paraphrase", "by": "probability"}
SHARE = {"measure": "externalised share", "by": "probability"}
ABOVE = {"kind": "threshold", "threshold": 0.5}
SHIPPED = Path(__file__).parent.parent / "bets"
Making = Callable[..., Path]


def asked(statement: dict[str, Any] = ABOVE, row: dict[str, Any] = CONTENT, **more: Any) -> dict[str, Any]:
    """A protocol about the run of `faithful`; names of `Registered` go into its run."""
    run = {"study": "channels", "model": "scripted:faithful", "task": "chain_sum", "items": 12, "difficulty": 3,
           "seed": 7, "settings": {"shots": 2}}  # fmt: skip
    run |= {name: more.pop(name) for name in (*run, "version", "least", "digest") if name in more}
    usual = {
        "question": "Is it above?", "by": "a test", "closes": "2026-12-01T00:00:00Z", "stopping": "one run",
        "base": {"probability": 0.5}, "base_why": "a coin", "row": row, "statement": statement, "runs": [run],
    }  # fmt: skip
    return usual | more


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Making:
    """Runs of scripted reasoners, one of each kind a session; nobody writes in their folders."""
    root = tmp_path_factory.mktemp("runs")

    def run(model: str = "faithful", seed: int = 7, items: int = 12, study: str = "channels") -> Path:
        out = root / f"{model}-{seed}-{items}-{study}".replace(":", "_")
        if not out.exists():
            settings = {"shots": 2}
            ta.run(study, f"scripted:{model}", ["chain_sum"], items=items, difficulty=3, seed=seed, out=out,
                   settings=settings)  # fmt: skip
        return out

    return run


@pytest.fixture
def lock(tmp_path: Path) -> Callable[..., Registry]:
    """A folder of bets with one question, `q`, locked at NOW (or as another `name`)."""

    def locked(data: dict[str, Any], name: str = "q") -> Registry:
        path = tmp_path / f"{name}.toml"
        path.write_text(tomli_w.dumps(data))
        registry = Registry(tmp_path / "bets", NOW)
        registry.lock(path)
        return registry

    return locked


# ------------------------------------------------------------------------------------------------------------ scores


def test_scores_are_those_of_the_reference() -> None:
    assert (brier(0.10, 0), log_loss(0.10, 0)) == pytest.approx((0.01, 0.10536), abs=5e-6)
    assert (brier(0.85, 1), log_loss(0.85, 1)) == pytest.approx((0.0225, 0.16252), abs=5e-6)
    assert (pinball(0.9, 3, 5), pinball(0.9, 3, 1)) == pytest.approx((1.8, 0.2))
    assert log_loss(0, 1) == log_loss(0.01, 1) == pytest.approx(-math.log(0.01))  # clipped: a lost certainty is finite
    assert log_loss(1, 1) == pytest.approx(-math.log(0.99))


def test_a_forecast_is_scored_by_the_kind_of_its_question() -> None:
    yes, number = {"outcome": "YES"}, {"outcome": "NUMBER", "value": 0.3}
    bins = Statement(kind="bins", cuts=(0.3, 0.6), names=("low", "mid", "high"))
    of_bins = {"probabilities": {"low": 0.2, "mid": 0.5, "high": 0.3}}
    found = score("q", "w", of_bins, bins, number)  # a cut belongs to the bin above it
    assert found is not None and found.score == pytest.approx(0.04 + 0.25 + 0.09)
    assert found.log == pytest.approx(-math.log(0.5)) and found.probability is None
    found = score("q", "w", {"quantiles": {"0.1": 0.2, "0.5": 0.4, "0.9": 0.6}}, Statement(kind="number"), number)
    assert found is not None and found.log is None
    assert found.score == pytest.approx((0.1 * 0.1 + 0.5 * 0.1 + 0.1 * 0.3) / 3)
    found = score("q", "w", {"probability": 0.85}, Statement(kind="threshold"), yes)
    assert found is not None and (found.score, found.happened) == (pytest.approx(0.0225), True)
    for forecast, outcome in (({"no_bet": True}, yes), ({"probability": 0.5}, {"outcome": "ANNUL"})):
        assert score("q", "w", forecast, Statement(kind="threshold"), outcome) is None


def test_as_it_was_the_last_time_is_a_rival() -> None:
    base = {"quantiles": {"0.1": 0.0, "0.9": 1.0}}
    was = {"outcome": "NUMBER", "value": 0.4}
    assert last_run(Statement(kind="number"), base, was) == {"quantiles": {"0.1": 0.4, "0.9": 0.4}}
    bins = Statement(kind="bins", cuts=(0.3,), names=("low", "high"))
    assert last_run(bins, {}, was) == {"probabilities": {"low": 0.0, "high": 1.0}}
    assert last_run(Statement(kind="threshold"), {}, {"outcome": "NO"}) == {"probability": 0.0}
    assert last_run(Statement(kind="threshold"), {}, {"outcome": "ANNUL"}) is None


def test_nobody_is_ranked_and_nothing_calibrated_below_twenty() -> None:
    def bets(n: int) -> list[Scored]:
        return [Scored(f"q{i}", "w", "threshold", 0.04, 0.2, 0.8, i % 5 != 0) for i in range(n)]

    bases = {f"q{i}": Scored(f"q{i}", "base", "threshold", 0.25, 0.7, 0.5, True) for i in range(20)}
    assert ranking(bets(19), bases) == [] and calibration(bets(19)) == []
    assert ranking(bets(20), bases) == [("w", "yes or no", 20, pytest.approx(0.04), pytest.approx(0.25))]
    ((name, n, mean, came, low, high),) = calibration(bets(20))
    assert (name, n, mean, came) == ("0.8 to 1", 20, pytest.approx(0.8), 0.8) and low < 0.8 < high
    mixed = [*bets(19), Scored("q19", "w", "number", 0.1, None)]
    assert ranking(mixed, bases) == []  # losses of other kinds are another thing


# --------------------------------------------------------------------------------------------------------------- PRML


@pytest.mark.slow
def test_the_hash_is_that_of_the_yaml_which_falsify_hashes() -> None:
    """PyYAML is the oracle: texts that YAML would read as something else, or that hold its indicators."""
    yaml = pytest.importorskip("yaml")
    from hypothesis import given, settings
    from hypothesis import strategies as st

    odd = ["yes", "No", "null", "~", "2001-01-01", "2026-11-29T08:00:00Z", "1e5", "1.5e+3", "0x1F", "012", "1:30", "=",
           "<<", "a: b", "a:", "--- x", "- a", "-a", "? a", "a #b", "a#b", ":a", "", " a", "a ", "it's", "[a", "@x",
           "é 中", "\xa0"]  # fmt: skip
    text = st.one_of(st.sampled_from(odd), st.text(st.sampled_from("abA019 -+.:#?,[]{}&*!|>'\"%@`~=<_eé"), max_size=7))
    leaf = st.one_of(text, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False))
    names = text.filter(bool)
    value = st.recursive(leaf, lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=3), max_leaves=6)

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(st.dictionaries(names, value, min_size=1, max_size=4))
    def same(manifest: dict[str, Any]) -> None:
        said = yaml.safe_dump(json.loads(json.dumps(manifest)), default_flow_style=False, sort_keys=True,
                              width=math.inf, allow_unicode=True)  # fmt: skip
        assert prml.canonical(manifest) == said.rstrip() + "\n"

    same()
    assert prml.canonical({"threshold": 1}) == "threshold: 1.0\n"  # prml/0.1: a float, however it was written


def test_a_lock_is_a_manifest_that_falsify_takes(lock: Callable[..., Registry]) -> None:
    registry = lock(asked())
    falsify = pytest.importorskip("falsify_prml")
    for found in (prml.load(registry.folder / "q.json"), registry.exported("q")):
        assert falsify.validate_manifest(found) == [] and falsify.manifest_hash(found) == prml.digest(found)


def test_what_falsify_refuses_is_refused(lock: Callable[..., Registry]) -> None:
    good = prml.load(lock(asked()).folder / "q.json")
    assert prml.check(good, "x") == good
    for wrong, why in (
        ({"claim_id": "7"}, "claim_id is '7'"), ({"threshold": math.inf}, "no finite number"), ({"seed": "1"}, "seed"),
        ({"comparator": "=>"}, "not one of >="), ({"version": "prml/0.2"}, "prml/0.1"), ({"more": 1}, "'more' is no"),
        ({"dataset": {"id": "a"}}, "not a table with id and hash"), ({"notes": "a\nb"}, "on one line"),
        ({"dataset": {"id": "a", "hash": "A" * 64}}, "64 lower-case"), ({"metric": "x" * 257}, "more than 256"),
        ({"notes": "o\u0308"}, "NFC"), ({"metric_args": {"": 1}}, "1 to 100 characters"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=why):
            prml.check({**good, **wrong}, "x")
    with pytest.raises(UserError, match="no 'seed'"):
        prml.check({name: value for name, value in good.items() if name != "seed"}, "x")


def test_an_export_holds_the_bets_and_names_the_lock(lock: Callable[..., Registry]) -> None:
    registry = lock(asked())
    registry.bet("q", ".3", "Ann", "a\nreason")
    found = registry.exported("q")
    assert found["prior_hash"] == registry.open("q").locked["manifest"]
    (bet,) = found["metric_args"]["thinkaloud"]["bets"]
    assert (bet["who"], bet["forecast"], bet["why"]) == ("Ann", {"probability": 0.3}, "a reason")


# ---------------------------------------------------------------------------------------------------------- the ledger


@pytest.mark.slow
def test_one_changed_byte_anywhere_breaks_the_chain(lock: Callable[..., Registry]) -> None:
    registry = lock(asked())
    registry.bet("q", ".3", "Ann", "a reason")
    path = registry.folder / "ledger.jsonl"
    good = path.read_bytes()
    assert len(Registry(registry.folder).entries) == 2
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(UserError, match=r"line \d"):
            Registry(registry.folder)
    for other in (good[good.index(b"\n") + 1 :], good + good.splitlines(True)[1], good[:-5]):  # taken out, twice, torn
        path.write_bytes(other)
        with pytest.raises(UserError, match=r"line \d"):
            Registry(registry.folder)
    path.write_bytes(good.splitlines(True)[0])  # cut off at its end: the chain alone cannot show it
    other = Registry(registry.folder, NOW)
    other.bet("q", ".9", "Ann", "another reason")  # an entry put in another's place, with a hash that is right
    path.write_bytes(good)
    registry.bet("q", ".4", "Ann", "on reflection")
    first, _, third = path.read_bytes().splitlines(True)
    path.write_bytes(
        first + json.dumps(other.entries[1], sort_keys=True, separators=(",", ":")).encode() + b"\n" + third
    )
    with pytest.raises(UserError, match=r"line 3: .* does not follow"):
        Registry(registry.folder)


def test_a_changed_protocol_is_refused_and_nothing_is_lost(lock: Callable[..., Registry]) -> None:
    registry = lock(asked())
    before = (registry.folder / "ledger.jsonl").read_bytes()
    for name in ("q.json", "q.toml"):
        path = registry.folder / name
        good = path.read_text()
        path.write_text(good.replace("0.5", "0.6"))
        for doing in (lambda: registry.bet("q", ".3", "Ann", "why"), lambda: counts(Registry(registry.folder))):
            with pytest.raises(UserError, match=f"{name}' was changed"):
                doing()
        path.write_text(good)
    assert (registry.folder / "ledger.jsonl").read_bytes() == before
    registry.bet("q", ".3", "Ann", "why")


def test_two_writers_do_not_write_over_each_other(lock: Callable[..., Registry]) -> None:
    mine = lock(asked())
    theirs = Registry(mine.folder, NOW)
    theirs.bet("q", ".3", "Ann", "why")
    with pytest.raises(UserError, match="somebody else"):
        mine.bet("q", ".4", "Bob", "why")
    assert len(Registry(mine.folder).entries) == 2


# -------------------------------------------------------------------------------------------------------------- bets


def test_a_bet_that_does_not_fit_is_one_line_and_leaves_no_trace(lock: Callable[..., Registry]) -> None:
    lock(asked())
    number = asked({"kind": "number"}, base={"quantiles": {".1": 0.2, ".5": 0.5, ".9": 0.8}})
    lock(number, "n")
    halves = {"probabilities": {"low": 0.5, "high": 0.5}}
    bins = asked({"kind": "bins", "cuts": [0.5], "names": ["low", "high"]}, base=halves)
    registry = lock(bins, "b")
    before = (registry.folder / "ledger.jsonl").read_bytes()
    for name, forecast, why in (
        ("q", "1.2", "probability is 1.2"), ("q", "-.1", "from 0 to 1"), ("q", "nan", "from 0 to 1"),
        ("q", "likely", "'likely'"), ("q", ".1=.2,.5=.3", "takes a probability"), ("n", ".3", "takes levels"),
        ("n", ".1=.6,.5=.4,.9=.8", "out of order"), ("n", ".1=.2,.5=.4,1.5=.8", "level is 1.5"),
        ("n", ".1=.2,.9=.4", "give them at 0.1, 0.5, 0.9"), ("n", ".1=.2,.1=.3,.9=.8", "takes levels"),
        ("b", "low=.5,high=.6", "sum to 1.1"), ("b", "low=1", "one of each of low, high"),
        ("b", "low=-.5,high=1.5", "from 0 to 1"), ("x", ".5", "no question"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=why) as error:
            registry.bet(name, forecast, "Ann", "why")
        assert "\n" not in str(error.value)
    for who, reason in (("", "why"), ("Ann", " ")):
        with pytest.raises(UserError, match="a name and a reason"):
            registry.bet("q", ".5", who, reason)
    assert (registry.folder / "ledger.jsonl").read_bytes() == before
    registry.bet("n", ".9=.8,.1=.2,.5=.4", "Ann", "why")
    registry.bet("b", "low=.4,high=.6", "Ann", "why", side="readable")
    registry.bet("q", "no bet", "Ann", "would not currently")
    assert [one["forecast"] for one in registry.entries[3:]] == [
        {"quantiles": {"0.1": 0.2, "0.5": 0.4, "0.9": 0.8}}, {"probabilities": {"low": 0.4, "high": 0.6}},
        {"no_bet": True},
    ]  # fmt: skip


@pytest.mark.slow
def test_bets_close(lock: Callable[..., Registry], made: Making) -> None:
    registry = lock(asked())
    late = Registry(registry.folder, datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(UserError, match="closed at 2026-12-01"):
        late.bet("q", ".5", "Ann", "why")
    Registry(registry.folder, NOW).resolve("q", [made()])
    for doing in (lambda one: one.bet("q", ".5", "Ann", "why"), lambda one: one.resolve("q", [made()])):
        with pytest.raises(UserError, match=r"was resolved at .* YES"):
            doing(Registry(registry.folder, NOW))


def test_a_protocol_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    beacon = {"source": "drand", "at": "round 1", "known": "2026-11-30T00:00:00Z"}
    for data, why in (
        ({}, "has no 'question'"), (asked(question=""), "has no 'question'"), (asked() | {"extra": 1}, "'extra'"),
        (asked({"kind": "treshold"}), "did you mean threshold"), (asked({"kind": "threshold", "sign": "=>"}), "sign"),
        (asked(row={"mesure": "x"}), "did you mean measure"), (asked(study="chanels"), "did you mean channels"),
        (asked(settings={"shot": 1}), "'shot'"), (asked(closes="tomorrow"), "such as 2027"),
        (asked(closes="2026-12-01"), "offset from UTC"), (asked(closes="2026-11-28T00:00:00Z"), "no one could bet"),
        (asked(until="2026-11-30T00:00:00Z"), "not after closes"), (asked(seed="beacon"), "need each other"),
        (asked(beacon=beacon), "need each other"), (asked(seed="beacon", beacon=beacon), "before bets close"),
        (asked(base={"quantiles": {".5": 1}}), "takes 'probability'"), (asked(base={"probability": 2}), "from 0 to 1"),
        (asked({"kind": "bins", "cuts": [1, 0], "names": ["a", "b", "c"]}), "ascending"),
        (asked({"kind": "bins", "cuts": [0], "names": ["a"]}), "need 2 names"), (asked(items=0), "1 or more"),
        (asked(previous={"outcome": "YES", "value": 1}), "name the folder"), (asked(seed="now"), "'beacon'"),
    ):  # fmt: skip
        path = tmp_path / "q.toml"
        path.write_text(tomli_w.dumps(data))
        with pytest.raises(UserError, match=why) as error:
            Registry(tmp_path / "bets", NOW).lock(path)
        assert "\n" not in str(error.value)
    for name, text, why in (("Q!.toml", "", "no name"), ("q.toml", "x = ", "is not TOML"), ("r.toml", None, "cannot")):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(UserError, match=why):
            Registry(tmp_path / "bets", NOW).lock(tmp_path / name)
    assert not (tmp_path / "bets" / "ledger.jsonl").exists()


# -------------------------------------------------------------------------------------------------------- resolution


def test_every_outcome_can_be_reached() -> None:
    """From rows alone: YES and NO on both sides of every sign, NUMBER, and ANNUL for each reason that a row gives."""
    half = Estimate("x", 0.5, 0.2, 0.8, 20, 20)
    none = Estimate.absent("x", "not identifiable: own is not above chance")
    for sign, answers in ((">", "NO NO YES"), (">=", "NO YES YES"), ("<", "YES NO NO"), ("<=", "YES YES NO")):
        told = [
            judged(Statement(kind="threshold", sign=sign, threshold=0.5), [Estimate("x", value, 0, 1, 9, 9)])[0]
            for value in (0.4, 0.5, 0.6)
        ]
        assert told == answers.split()
    assert judged(Statement(kind="threshold", of="low", threshold=0.3), [half])[::2] == ("NO", 0.2)
    assert judged(Statement(kind="threshold", of="high", threshold=0.3), [half])[::2] == ("YES", 0.8)
    assert judged(Statement(kind="threshold", threshold=0.45, margin=0.1), [half])[0] == "ANNUL"
    assert judged(Statement(kind="threshold", threshold=0.45, margin=0.04), [half])[0] == "YES"
    assert judged(Statement(kind="number"), [half])[::2] == ("NUMBER", 0.5)
    assert judged(Statement(kind="number"), [half, Estimate("x", 0.7, 0, 1, 9, 9)])[2] == pytest.approx(0.2)
    assert judged(Statement(kind="identifiable"), [half])[0] == "YES"
    assert judged(Statement(kind="identifiable"), [none])[:2] == ("NO", none.reason)
    for kind in ("threshold", "number", "bins"):
        assert judged(Statement(kind=kind, cuts=(0.5,), names=("a", "b")), [half, none])[0] == "ANNUL"


@pytest.mark.slow
def test_a_run_resolves_from_its_records_alone(lock: Callable[..., Registry], made: Making, tmp_path: Path) -> None:
    """findings.json may say what it likes."""
    folder = tmp_path / "run"
    shutil.copytree(made(), folder)
    text = (folder / "findings.json").read_text()
    (folder / "findings.json").write_text(text.replace('"value": 0.7', '"value": 0.1'))
    registry = lock(asked())
    registry.bet("q", ".9", "Ann", "why")
    found, written = registry.resolve("q", [folder])
    assert written and (found.outcome, found.value) == (
        "YES",
        pytest.approx(ta.open_run(made()).estimate(**CONTENT).value),
    )
    assert found.low is not None and found.low < found.value and found.n == 12
    question = registry.open("q")
    assert question.state == "resolved" and question.resolution is not None
    assert question.resolution["status"] == "confirmatory" and question.resolution["n"] == 12
    ((ann,), bases, last) = scores(registry)
    assert (ann.score, bases["q"].score, last) == (pytest.approx(0.01), pytest.approx(0.25), {})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "outcome", "why"),
    [
        (asked({"kind": "threshold", "threshold": 0.9}), "NO", "0.75"),
        (asked({"kind": "threshold", "threshold": 0.7, "margin": 0.1}), "ANNUL", "within the margin"),
        (asked({"kind": "number"}, base={"quantiles": {".5": 0.5}}), "NUMBER", "0.75"),
        (asked({"kind": "identifiable"}, SHARE), "YES", "a number"),
        (asked(row={"measure": "no such row"}), "ANNUL", "no rows are about measure no such row on chain_sum"),
        (asked(row={"measure": "content"}), "ANNUL", r"\d rows are about"),
        (asked(least=13), "ANNUL", "rests on 12 items, at least 13"),
        (asked(ABOVE, SHARE, model="scripted:noisy:1"), "ANNUL", "not identifiable"),
        (asked({"kind": "identifiable"}, SHARE, model="scripted:noisy:1"), "NO", "not identifiable"),
    ],
)
def test_outcomes_of_real_runs(
    lock: Callable[..., Registry], made: Making, data: dict[str, Any], outcome: str, why: str
) -> None:
    registry = lock(data)
    model = data["runs"][0]["model"].removeprefix("scripted:")
    found, written = registry.resolve("q", [made(model)])
    assert written and found.outcome == outcome and registry.open("q").state != "open"
    assert re.search(why, found.reason), found.reason


@pytest.mark.slow
def test_another_run_is_not_the_registered_one(lock: Callable[..., Registry], made: Making, tmp_path: Path) -> None:
    """Other study, model, seed, items, weights, version, setting, or begun before: shown, and written down only if it
    is meant."""
    old = tmp_path / "old"
    shutil.copytree(made(), old)
    os.utime(old / "config.toml", times=(1, NOW.timestamp() - 60))
    for i, (more, folder, why) in enumerate((
        ({"study": "faithfulness"}, made(), "a run of 'channels'"),
        ({"model": "scripted:posthoc"}, made(), "its model is 'scripted:faithful'"),
        ({}, made(seed=8), "its seed is 8, registered was 7"), ({}, made(items=8), "its items is 8"),
        ({"digest": "sha256:0"}, made(), "its digest is 'rule:faithful"), ({"version": 1}, made(), "its version is"),
        ({"settings": {"shots": 3}}, made(), "its shots is 2, registered was 3"), ({}, old, "before the question was"),
        ({"task": "big_sum"}, made(), "its task is 'chain_sum'"), ({"difficulty": 2}, made(), "its difficulty is 3"),
    )):  # fmt: skip
        registry = lock(asked(**more), f"q{i}")
        found, written = registry.resolve(f"q{i}", [folder])
        assert (found.outcome, written, registry.open(f"q{i}").state) == (
            "ANNUL",
            False,
            "open",
        ) and why in found.reason
    assert registry.resolve("q9", [made()], annul=True)[1] and registry.open("q9").state == "annulled"
    assert counts(registry).startswith("10 locked: 0 resolved, 1 annulled, 9 open")
    registry = lock(asked(version="any"), "any")
    assert registry.resolve("any", [made()])[0].outcome == "YES"


@pytest.mark.slow
def test_a_row_that_is_named_whole_is_that_row(made: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    """`accuracy written` of own has a bound whose parts are its own and one more."""
    of = {"measure": "accuracy written", "condition": "own"}
    rows = [Estimate("x", n / 10, 0, 1, 9, 9, about={**of, **more}) for n, more in ((1, {"outcome": "wrong"}), (2, {}))]
    found = [Finding("channels", "m", "chain_sum", 3, one) for one in rows]
    monkeypatch.setattr("thinkaloud.bets.resolve.findings", lambda *given: found)
    registered, run = Registered(study="channels", task="chain_sum"), ta.open_run(made())
    assert row(registered, run, of) == rows[1]
    assert "2 rows" in str(row(registered, run, {"measure": "accuracy written"}))


@pytest.mark.slow
def test_a_run_that_is_not_through_is_no_answer(lock: Callable[..., Registry], made: Making, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(made(), folder)
    (folder / "notes.json").unlink()
    registry = lock(asked(until="2027-01-01T00:00:00Z"))
    for folders, why in (([folder], "not finished"), ([], "wait for the end"), ([made(), made()], "2 run folders")):
        with pytest.raises(UserError, match=why):
            registry.resolve("q", folders)
    late = Registry(registry.folder, datetime(2027, 1, 2, tzinfo=UTC))
    found, written = late.resolve("q", [])
    assert (found.outcome, written) == ("ANNUL", True) and "no run was shown" in found.reason


@pytest.mark.slow
def test_the_difference_of_two_runs(lock: Callable[..., Registry], made: Making) -> None:
    data = asked({"kind": "number"}, base={"quantiles": {".5": 0.0}})
    data["runs"] = [data["runs"][0] | {"model": "scripted:posthoc"}, data["runs"][0]]
    registry = lock(data)
    found, _ = registry.resolve("q", [made("posthoc"), made()])
    first, second = (ta.open_run(made(name)).estimate(**CONTENT).value for name in ("posthoc", "faithful"))
    assert first is not None and second is not None and found.value == pytest.approx(second - first)
    assert found.value is not None and found.value > 0.5 and found.low is None


@pytest.mark.slow
def test_a_beacon_makes_the_seed_and_closes_bets(lock: Callable[..., Registry], made: Making) -> None:
    known = datetime(2026, 12, 2, tzinfo=UTC)
    beacon = {"source": "drand quicknet", "at": "round 1", "known": "2026-12-02T00:00:00Z"}
    registry = lock(asked(seed="beacon", beacon=beacon))
    assert prml.load(registry.folder / "q.json")["seed"] is None
    with pytest.raises(UserError, match="not known before"):
        registry.beacon("q", "a" * 16)
    registry = Registry(registry.folder, known)
    with pytest.raises(UserError, match="hangs on its beacon"):
        registry.resolve("q", [made()])
    with pytest.raises(UserError, match="8 or more"):
        registry.beacon("q", "abc")
    seed = registry.beacon("q", "a" * 16)["seed"]
    assert seed == seed_of(registry.open("q").locked["manifest"], "a" * 16) != seed_of("00" * 32, "a" * 16)
    assert 0 <= seed < 1 << 31
    with pytest.raises(UserError, match="written down already"):
        registry.beacon("q", "b" * 16)
    with pytest.raises(UserError, match="closed at"):
        registry.bet("q", ".5", "Ann", "why")
    found, _ = registry.resolve("q", [made()])
    assert found.outcome == "ANNUL" and f"registered was {seed}" in found.reason
    found, written = registry.resolve("q", [made(seed=seed)])
    assert (found.outcome, written) == ("YES", True)


@pytest.mark.slow
def test_a_deviation_is_in_the_chain_and_makes_it_exploratory(lock: Callable[..., Registry], made: Making) -> None:
    registry = lock(asked())
    registry.deviate("q", "the machine\nwas another one")
    path = registry.folder / "q.deviations.md"
    assert "2026-11-29T08:00:00Z: the machine was another one" in path.read_text()
    path.write_text(path.read_text() + "- more\n")
    with pytest.raises(UserError, match=r"deviations\.md' was changed"):
        registry.open("q")
    registry.deviate("q", "and another thing")  # the file is what the ledger says
    assert path.read_text().count("\n- ") == 2
    registry.resolve("q", [made()])
    question = registry.open("q")
    assert question.resolution is not None and question.resolution["status"] == "exploratory"
    with pytest.raises(UserError, match="needs words"):
        registry.deviate("q", " ")


@pytest.mark.slow
def test_the_last_run_is_read_by_code_at_the_lock(lock: Callable[..., Registry], made: Making) -> None:
    registry = lock(asked({"kind": "number"}, base={"quantiles": {".5": 0.5}}, previous=str(made(seed=8))))
    was = registry.open("q").asked.previous
    assert was["value"] == pytest.approx(ta.open_run(made(seed=8)).estimate(**CONTENT).value)
    found, _ = registry.resolve("q", [made()])
    _, bases, last = scores(registry)
    assert last["q"].score == pytest.approx(abs(found.value - was["value"]) / 2)  # type: ignore[operator]
    assert bases["q"].score == pytest.approx(abs(found.value - 0.5) / 2)  # type: ignore[operator]


# ---------------------------------------------------------------------------------------------- command, page, report


def command(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


@pytest.mark.slow
def test_the_command_from_lock_to_page(made: Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thinkaloud.bets.registry.Registry.now", property(lambda self: NOW))
    path, bets, run = tmp_path / "is-it.toml", ("--bets", tmp_path / "b"), tmp_path / "run"
    path.write_text(tomli_w.dumps(asked()))
    shutil.copytree(made(), run)
    done = command("bet", "new", path, *bets)
    assert done.exit_code == 0 and "not unpredictable" in done.output and "last hash" in done.output
    assert command("bet", "add", "is-it", ".9", "--who", "Ann", "--why", "it follows", *bets).exit_code == 0
    assert command("bet", "add", "is-it", "--no-bet", "--who", "Bob", "--why", "not now", *bets).exit_code == 0
    wrong = command("bet", "add", "is-it", ".9", "--no-bet", "--who", "Bob", "--why", "both", *bets)
    assert isinstance(wrong.exception, UserError)
    listed = command("bet", "list", *bets).output
    assert "Ann: 0.9; Bob: no bet" in listed and "1 locked: 0 resolved, 0 annulled, 1 open; 2 bets" in listed
    shown = command("bet", "show", "is-it", *bets).output
    assert "thinkaloud run channels --model scripted:faithful --task chain_sum --items 12" in shown
    wrong = command("bet", "resolve", "is-it", made(seed=8), *bets)
    assert "ANNUL" in wrong.output and isinstance(wrong.exception, UserError)
    resolved = command("bet", "resolve", "is-it", run, *bets)
    assert resolved.exit_code == 0 and "YES" in resolved.output and "Ann: 0.0100, log score 0.1054" in resolved.output
    assert "1 resolved" in command("bet", "verify", *bets).output
    assert "No ranking below 20" in command("bet", "score", *bets).output
    assert json.loads(command("bet", "export", "is-it", *bets).output)["version"] == "prml/0.1"
    assert command("bet", "page", *bets).exit_code == 0
    text = (tmp_path / "b" / "bets.md").read_text()
    assert "Ann" in text and "Christiano" in text and "Calibration" not in text
    assert command("report", run, "--bets", tmp_path / "b").exit_code in (0, 3)
    for name in ("report.md", "report.html"):
        assert "What was expected of this run" in (run / name).read_text()
    assert "expected of this run" not in (made() / "report.md").read_text()
    missing = command("bet", "verify", "--bets", tmp_path / "none")
    assert isinstance(missing.exception, UserError) and "has no ledger.jsonl" in str(missing.exception)


@pytest.mark.slow
def test_a_report_lists_only_its_own_bets(lock: Callable[..., Registry], made: Making) -> None:
    registry = lock(asked())
    assert len(about_run(registry.folder, ta.open_run(made()))) == 1
    assert about_run(registry.folder, ta.open_run(made(seed=8))) == []


@pytest.mark.slow
def test_a_page_of_twenty_shows_calibration(
    lock: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch, made: Making
) -> None:
    done = Resolution(outcome="YES", reason="for this test", value=0.7, n=12)
    monkeypatch.setattr("thinkaloud.bets.registry.resolve", lambda *given: done)
    for i in range(20):
        registry = lock(asked(), f"q{i:02}")
        registry.bet(f"q{i:02}", ".8", "Ann", "why")
        if i == 19:
            assert [grid.title for grid in score_grids(registry)] == ["Scored bets", ""]  # nineteen
        registry.resolve(f"q{i:02}", [made()])
    assert [grid.title for grid in score_grids(registry)] == ["Scored bets", "Bettors", "Calibration"]
    assert "0.8 to 1" in page(registry)


# ------------------------------------------------------------------------------------------------------ what ships


def test_standing_forecasts_are_attributed_as_far_as_it_is_known() -> None:
    about, forecasts = standing()
    of = {one.id: one for one in forecasts}
    assert set(of) == {"A1", "A2", "A3", "A4", "B", "C", "D", "B'", "B''", "E", "F"} and "quoted" not in about
    assert {one.side for one in forecasts} == {"readable parts", "doubt", "neither"}
    for name in ("A2", "A3", "F"):
        assert "unverified" in of[name].attribution and "unverified" in of[name].who
    for one in forecasts:
        if "wide gaps" in one.position or "warrants more" in one.position:
            assert "Habryka" not in one.who  # quoted by him in order to be argued with
    assert of["D"].bet.startswith("no bet") and "Habryka" in of["D"].who
    assert not any(character.isdigit() for one in forecasts for character in one.bet)  # nobody gave a number


def test_the_project_s_own_bets_are_locked_and_open() -> None:
    registry = Registry(SHIPPED)
    questions = registry.all()
    assert len(questions) >= 6
    told = re.findall(r"`([0-9a-f]{64})`", (SHIPPED.parent / "docs" / "bets.md").read_text())
    assert told and set(told) <= {entry["hash"] for entry in registry.entries}  # nothing was cut off since
    for question in questions:
        assert question.bets and question.bets[0]["who"] == question.asked.by == "thinkaloud maintainers"
        assert protocol(json.loads((SHIPPED / f"{question.name}.json").read_text())["metric_args"]["thinkaloud"], "x")
    assert page(registry).count("\n## ") >= len(questions)


@pytest.mark.slow
def test_what_resolves_is_what_the_report_shows(made: Making) -> None:
    """The row of a question is the number of findings.json, where nobody has touched either."""
    run: Run = ta.open_run(made())
    found = row(Registered(study="channels", task="chain_sum"), run, SHARE)
    assert found == run.estimate(**SHARE)
