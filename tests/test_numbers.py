"""The numbers of many records as columns are those of the single records."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from item_records import reading, record, thought
from thinkaloud.metrics import change
from thinkaloud.metrics.early import area_of, areas
from thinkaloud.metrics.listening import by_record
from thinkaloud.metrics.numbers import EACH, ENDINGS, NONE, Numbers
from thinkaloud.metrics.readings import (
    UNIT,
    chance,
    conditions,
    cut_places,
    ended,
    gather,
    hit,
    p_gold,
    parsed,
    probability,
)
from thinkaloud.metrics.taken import numbers
from thinkaloud.metrics.use import Where, from_end, implied
from thinkaloud.records.about import Readout
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats import bootstrap
from thinkaloud.stats.bootstrap import Array, Sample, Statistic
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.vocabulary import Key, Record

NAMES = ("own", "silent", "paraphrase", "foreign", "cut:0", "cut:1", "cut:10", "mistake:0", "mistake:1", "mistake:2")
LEGIBLE = {"readable": 1.0, "sound": 0.5, "grounded": 0.25, "complete": 0.0}
READOUTS: tuple[Readout, ...] = ("probability", "answer")


@st.composite
def one_record(draw: st.DrawFn) -> dict[str, Any]:
    """An item with some of the conditions, two to four options, ties among them, and a reasoning of any length."""
    k, steps = draw(st.integers(2, 4)), draw(st.integers(0, 3))
    logprobs = st.lists(st.sampled_from([-9.0, -1.5, -1.5, -0.25, -1e-6, -700.0]), min_size=k, max_size=k)
    there = draw(st.lists(st.sampled_from(NAMES), unique=True)) + draw(st.sampled_from([[], ["own"], ["own", "cut:0"]]))
    found = {}
    for name in dict.fromkeys(there):
        leads = draw(st.one_of(st.none(), st.integers(0, k - 1)))
        more: dict[str, Any] = draw(
            st.sampled_from([{}, {"tokens": 3.0}, {"said": "x", "right": True}, {"said": None}])
        )
        found[name] = reading(draw(logprobs), leads, **more)
    if "paraphrase" in found:
        found["paraphrase"]["wordings"] = draw(st.lists(st.sampled_from(["a", "b", None]), max_size=3))
        found["paraphrase"]["check"] = draw(st.sampled_from(["grammar", "words"]))
    fields: dict[str, Any] = {
        "thought": thought(steps, draw(st.sampled_from([None, LEGIBLE]))),
        "fold": draw(st.integers(0, 1)),
        "status": draw(st.sampled_from(["ok", "ok", "ok", "unparsed"])),
        "space": draw(st.sampled_from(["options", "candidates"])),
    }
    if draw(st.booleans()):
        fields["thought"]["outcome"] = draw(st.sampled_from(ENDINGS))
    if steps > 1 and draw(st.booleans()):  # fewer than all, or it would not name them
        fields["cuts"] = {"0": 1.0} | ({"1": 0.5} if steps > 2 and draw(st.booleans()) else {})
    if draw(st.booleans()):
        fields["rejected"] = {"by": "rules", "why": "no", "wrote": None}
    options = [str(i) for i in range(k)]
    return record(
        draw(st.sampled_from(["p", "q", "r", "s", "t"])), found, options, draw(st.integers(0, k - 1)), **fields
    )


some_records = st.lists(one_record(), min_size=1, max_size=8)


def same(column: Sequence[Any] | Array, values: Sequence[float | None]) -> None:
    """A column has each record's number, and NaN exactly where the record has none."""
    expected = [math.nan if value is None else float(value) for value in values]
    assert np.asarray(column, dtype=float) == pytest.approx(np.array(expected), abs=1e-12, nan_ok=True)


@given(some_records)
@settings(max_examples=40, deadline=None)
def test_every_column_is_the_number_of_the_single_record(made: list[Any]) -> None:
    """One formula on columns and one on records: missing conditions, unlike options and ties are told alike."""
    found, records = numbers(made), cast(list[ItemRecord], made)
    same(found.chance, list(map(chance, records)))
    assert found.conditions() == conditions(records) and found.conditions("cut") == conditions(records, "cut")
    assert [None if i == NONE else ENDINGS[i] for i in found.ended] == list(map(ended, records))
    for name in (*NAMES, "nowhere"):
        same(found.p_gold(name), [p_gold(one, name) for one in records])
        same(found.hit(name), [hit(one, name) for one in records])
        whole = [None if name not in one["conditions"] else one["conditions"][name]["logprobs"] for one in records]
        same(found.whole(name), [x and math.exp(x[one["gold"]]) for x, one in zip(whole, records, strict=True)])
        same(found.mass(name), [x and math.fsum(map(math.exp, x)) for x in whole])
        same(found.change(name, "own"), [change.by_probability(one, name, "own") for one in records])
        same(found.change("own", name, "answer"), [change.by_answer(one, "own", name) for one in records])
        for key, column in (("tokens", found.tokens), ("right", found.right)):
            same(column(name), [one["conditions"].get(name, {}).get(key) for one in records])
        same(found.said(name), [1.0 if "said" in one["conditions"].get(name, ()) else None for one in records])
        for by in READOUTS:
            same(found.implied(name, "own", by), [implied(one, name, "own", by) for one in records])


@given(some_records)
@settings(max_examples=30, deadline=None)
def test_what_a_record_says_of_its_length_its_cuts_and_its_last_steps_is_in_the_columns(made: list[Any]) -> None:
    """Places counted from the end lie elsewhere in each record, and a cut counts by its own chance."""
    found, records = numbers(made), cast(list[ItemRecord], made)
    for back in range(3):
        place = from_end(back)
        where = place.under(found)
        same(found.implied(where, where), [implied(one, place.where(one), place.where(one)) for one in records])
        same(found.p_gold(where), [p_gold(one, place.where(one)) for one in records])
    for place_ in range(4):
        same(found.cut_chances(place_), [cut_places(one).get(place_) for one in records])
    for by in READOUTS:
        same(areas(found, by), [area_of(one, by) for one in records])


@given(some_records)
@settings(max_examples=30, deadline=None)
def test_some_of_the_numbers_are_the_numbers_of_some_of_the_records(made: list[Any]) -> None:
    """`where` and `ok` leave out all that belongs to the others, and a sample is that of `gather`."""
    records = cast(list[ItemRecord], made)
    equal(numbers(made).ok, numbers(parsed(made)))
    equal(numbers(made).where(np.array([one["fold"] == 1 for one in records])), numbers([r for r in made if r["fold"]]))
    found = numbers(made)
    mine = found.sample([found.p_gold("own"), found.hit("silent")], [UNIT, UNIT], "none")
    columns = [partial(p_gold, name="own"), partial(hit, name="silent")]
    theirs = gather(records, columns, [UNIT, UNIT], "none")
    assert mine.rows == pytest.approx(theirs.rows) and mine.lacking == theirs.lacking
    assert partition(mine) == partition(theirs) and np.array_equal(mine.extremes, theirs.extremes)  # type: ignore[arg-type]


def partition(sample: Sample) -> list[int]:
    """Which rows are of one item."""
    clusters = list(range(len(sample.rows)) if sample.clusters is None else sample.clusters)
    return [clusters.index(one) for one in clusters]


def equal(one: Numbers, other: Numbers) -> None:
    """Every field of both."""
    assert (list(one.items), one.rejected, one.lacking) == (list(other.items), other.rejected, other.lacking)
    for name in EACH:
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name != "read"), name
    assert one.readings.keys() == other.readings.keys() and one.wordings.keys() == other.wordings.keys()
    for name in one.readings:
        same(one.p_gold(name), other.p_gold(name).tolist())
        same(one.tokens(name), other.tokens(name).tolist())
    for name, some in one.wordings.items():
        assert (some.at.tolist(), some.values.tolist()) == (
            other.wordings[name].at.tolist(), other.wordings[name].values.tolist(),
        )  # fmt: skip
    for place in range(3):
        same(one.cut_chances(place), other.cut_chances(place).tolist())


# ------------------------------------------------------------------------------------------------- one pass


class Noted(dict[str, Any]):
    """A record that can be watched."""


def test_records_are_read_once_and_let_go() -> None:
    """A run of a million records must not be held: of those that pass by, one and the next are there at most."""
    gone, most = list[int](), 0

    def stream() -> Iterator[Record]:
        nonlocal most
        for i in range(60):
            one = Noted(record(i, {"own": reading([-0.1, -2.0]), f"cut:{i % 3}": reading([-3.0, -0.1])}, "ab", i % 2))
            weakref.finalize(one, gone.append, i)
            most = max(most, i + 1 - len(gone))
            yield one
            del one

    found = numbers(stream())
    assert most <= 2 and len(found) == 60 and found.has("cut:1").sum() == 20
    assert found.p_gold("own").tolist()[:2] == pytest.approx([1 / (1 + math.exp(-1.9)), 1 / (1 + math.exp(1.9))])
    assert numbers(found) is found


def test_a_reading_that_ends_before_the_right_option_is_refused() -> None:
    """It would look like one that was not measured."""
    with pytest.raises(ValueError, match="item 'i0' has 2 numbers under own, and its right option is 2"):
        numbers([record(0, {"own": reading([-1.0, -2.0])}, "abc", 2)])


# ------------------------------------------------------------------------------------------------- metrics


def test_every_statistic_of_channels_is_one_of_weighted_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows may be put together into groups, each as its mean with as much weight as it has rows: no value changes. So
    a product of two columns must be a column itself."""
    seen: list[tuple[Statistic, Sample]] = []
    first = bootstrap.of_all

    def noted(statistic: Statistic, sample: Sample) -> float:
        seen.append((statistic, sample))
        return first(statistic, sample)

    monkeypatch.setattr(bootstrap, "of_all", noted)
    rng = np.random.default_rng(3)
    made = [whole_record(i, rng) for i in range(40)]
    Channels().estimate(made, Key(("x",)))
    assert len(seen) > 100
    for statistic, sample in seen:
        of = rng.integers(0, 7, len(sample.rows))
        groups = [sample.rows[of == g] for g in range(7) if (of == g).any()]
        rows, behind = (
            np.array([some.mean(axis=0) for some in groups]),
            np.array([[float(len(some)) for some in groups]]),
        )
        assert statistic(rows, behind)[0] == pytest.approx(first(statistic, sample), abs=1e-9, nan_ok=True)


def whole_record(i: int, rng: np.random.Generator) -> dict[str, Any]:
    """An item with all that the metrics of channels read."""
    steps = int(rng.integers(2, 5))
    names = [
        "own",
        "silent",
        "paraphrase",
        "unrelated",
        "resample",
        "foreign",
        "transplant",
        "filler:dots",
        "silent:brief",
    ]
    names += [f"{kind}:{at}" for kind in ("cut", "mistake") for at in range(steps)]
    found = {
        name: reading(np.log(rng.dirichlet([0.5] * 4)).clip(-50).tolist(), int(rng.integers(0, 4)), tokens=float(i + 3))
        for name in names
    }
    found["own"] |= {"said": "x", "right": bool(i % 2)}
    found["paraphrase"]["wordings"] = ["a", "b"] if i % 3 else ["a", "a"]
    own = thought(steps, LEGIBLE) | {"outcome": "closed" if i % 4 else "forced"}
    return record(i, found, "abcd", i % 4, thought=own, space="candidates" if i % 2 else "options")


@pytest.mark.parametrize("readout", READOUTS)
def test_use_is_read_where_the_other_half_follows_most(readout: Readout) -> None:
    """The same as record by record: the position of a fold is the one where the other fold's mean is highest."""
    rng = np.random.default_rng(5)
    made = cast(list[ItemRecord], [whole_record(i, rng) for i in range(40)])
    wheres: list[Where] = [partial(named, f"mistake:{at}") for at in range(4)]
    wheres += [from_end(back).where for back in range(4)]
    table = [[follow(one, where(one), readout) for one in made] for where in wheres]

    def of(row: list[float | None], fold: int) -> list[float]:
        return [x for x, one in zip(row, made, strict=True) if x is not None and one["fold"] == fold]

    candidates = [row for row in table if min(len(of(row, 0)), len(of(row, 1))) >= 3]
    chosen = [max(candidates, key=lambda row: float(np.mean(of(row, 1 - fold)))) for fold in (0, 1)]
    same(np.array(by_record(made, readout), dtype=float), [chosen[one["fold"]][i] for i, one in enumerate(made)])


def named(name: str, one: Record) -> str:
    return name


def follow(one: ItemRecord, name: str, readout: Readout) -> float | None:
    raw, floor = implied(one, name, name, readout), implied(one, name, "own", readout)
    return None if raw is None or floor is None else raw - floor


def test_the_option_of_another_length_is_looked_up_in_its_own_record() -> None:
    """Shorter readings are filled up, and nothing of that is an option."""
    made = [record(0, {"own": reading([-1.0, -1.0])}, "ab", 1), record(1, {"own": reading([-1.0] * 4)}, "abcd", 3)]
    found = numbers(made)
    same(found.p_gold("own"), [probability(made[0], "own", 1), probability(made[1], "own", 3)])
    assert found.hit("own").tolist() == [0.5, 0.25] and found.mass("own")[0] == pytest.approx(2 * math.exp(-1))
