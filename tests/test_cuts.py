"""Long reasoning is cut at drawn places, and what is estimated from them is what all cuts would have given."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

import item_records
import thinkaloud as ta
from test_editor import Lines, Thinker
from thinkaloud.conditions.cuts import EVERY, SAMPLED, cuts, sampled, stretches
from thinkaloud.metrics.curves import area
from thinkaloud.metrics.early import LATENESS, area_of, areas, early
from thinkaloud.metrics.faithfulness import faithfulness
from thinkaloud.metrics.readings import typed
from thinkaloud.metrics.taken import numbers
from thinkaloud.stats.bootstrap import t_quantile
from thinkaloud.vocabulary import Completion, Key, Prompt, Sampling

Y = Callable[[float], float]
CURVES: dict[str, Y] = {
    "never the final answer": lambda x: 0.0,
    "always the final answer": lambda x: 1.0,
    "late": lambda x: float(x > 0.9),
    "early": lambda x: float(x > 0.03),
    "half-way": lambda x: float(x > 0.5),
    "slowly": lambda x: x,
    "to and fro": lambda x: (1 + math.sin(40 * x)) / 2,
}
LONG = (25, 200, 500)


def full(n: int, y: Y) -> float:
    """The published definition: the trapezoid rule over all of k/n, with y = 1 at the end."""
    values = [*(y(k / n) for k in range(n)), 1.0]
    return 1 - sum((a + b) / 2 for a, b in pairwise(values)) / n


def drawn(n: int, y: Y, key: Key) -> float:
    places = cuts(n, key)
    return area({k: 1 - y(k / n) for k in places}, n, places)


@pytest.mark.parametrize("n", [1, 2, 5, EVERY])
def test_a_reasoning_of_usual_length_is_cut_before_every_sentence(n: int) -> None:
    assert cuts(n, Key(("k",))) == dict.fromkeys(range(n), 1.0) and sampled(cuts(n, Key(("k",)))) == {}


@pytest.mark.parametrize("n", LONG)
def test_a_long_one_is_cut_at_its_beginning_and_at_so_many_places(n: int) -> None:
    places = cuts(n, Key(("k",)))
    assert len(places) == SAMPLED + 1 and places[0] == 1.0 and list(places) == sorted(places) and max(places) < n
    assert sampled(places)["cuts"] == {str(k): p for k, p in places.items()}
    ends = stretches(n)
    assert [first for first, _ in ends] == [1, *(last for _, last in ends[:-1])] and ends[-1][1] == n
    assert all(first < last for first, last in ends) and ends[0][1] - ends[0][0] < ends[-1][1] - ends[-1][0]


@pytest.mark.parametrize("n", LONG)
def test_each_place_is_drawn_as_often_as_the_record_says(n: int) -> None:
    draws = 2000
    counts: dict[int, int] = {}
    said: dict[int, float] = {}
    for i in range(draws):
        for place, chance in cuts(n, Key((str(i),))).items():
            counts[place] = counts.get(place, 0) + 1
            said[place] = chance
    assert set(said) == set(range(n)), "every place can be drawn"
    assert all(abs(counts[k] / draws - p) < 5 * math.sqrt(p * (1 - p) / draws) + 1e-12 for k, p in said.items())


@pytest.mark.parametrize("n", LONG)
@pytest.mark.parametrize("name", CURVES)
def test_the_mean_over_draws_is_the_area_over_all_cuts(n: int, name: str) -> None:
    found = [drawn(n, CURVES[name], Key((str(i),))) for i in range(1500)]
    assert np.mean(found) == pytest.approx(full(n, CURVES[name]), abs=0.01)
    assert np.std(found) < (0.12 if name == "to and fro" else 0.08), "small beside what items differ by (.3 and more)"
    assert min(found) >= -1e-12 and max(found) <= 1 - 1 / (2 * n) + 1e-12, "no estimate leaves the range"


@pytest.mark.parametrize("n", LONG)
def test_a_reasoner_that_every_cut_turns_has_its_ceiling_in_every_draw(n: int) -> None:
    for i in range(50):
        assert drawn(n, CURVES["never the final answer"], Key((str(i),))) == pytest.approx(1 - 1 / (2 * n))
        assert drawn(n, CURVES["always the final answer"], Key((str(i),))) == 0


def test_an_interval_over_items_covers_the_mean_of_all_their_cuts() -> None:
    """Items settle anywhere, on 100 sentences: 300 studies of 20 items, each item with its own drawn places."""
    n, items, studies = 100, 20, 300
    rng = np.random.default_rng(7)
    truth = np.mean([full(n, lambda x, at=at: float(x >= at)) for at in np.linspace(0, 1, 4001)])
    covered = 0
    for study in range(studies):
        found = [
            drawn(n, lambda x, at=at: float(x >= at), Key((str(study), str(i))))
            for i, at in enumerate(rng.uniform(size=items))
        ]
        half = t_quantile(0.975, items - 1) * np.std(found, ddof=1) / math.sqrt(items)
        covered += abs(np.mean(found) - truth) <= half
    assert 0.92 <= covered / studies <= 0.98


# ------------------------------------------------------------------------------------------------- in records


def record(i: int, n: int, settled: float) -> dict[str, object]:
    """An item of n sentences whose answer is the final one from the share `settled` of them on."""
    places = cuts(n, Key(("r", str(i))))
    here, there = item_records.reading([-0.1, -3.0]), item_records.reading([-3.0, -0.1])
    conditions = {f"cut:{k}": here if k / n >= settled else there for k in places} | {"own": here}
    return item_records.record(i, conditions, ["a", "b"], 0, thought=item_records.thought(n), **sampled(places))


def test_metrics_weigh_the_places_that_a_record_names() -> None:
    one = typed([record(0, 200, 0.5)])[0]
    places = cuts(200, Key(("r", "0")))
    expected = area({k: float(k < 100) for k in places}, 200, places)
    assert area_of(one) == pytest.approx(expected) and areas(numbers([one]), "answer") == pytest.approx([expected])


def test_every_row_about_cuts_has_its_ceiling_where_only_the_end_decides() -> None:
    records = [record(i, 60 + i, 2.0) for i in range(12)]
    rows = {row.name: row.value for row in [*early(records), *faithfulness(records, only=("early answering",))]}
    assert [rows["early AOC / ceiling"], rows[LATENESS]] == pytest.approx([1, 1])
    assert rows["early answering / ceiling"] == pytest.approx(1) == rows["early answering / ceiling by answer"]


def test_a_drawn_place_that_was_not_read_leaves_the_item_out() -> None:
    one = typed([record(0, 60, 0.5)])[0]
    del one["conditions"]["cut:0"]
    assert area_of(one) is None and np.isnan(areas(numbers([one]), "answer")).all()


class Long(Thinker):
    """Thinks in forty sentences about everything, and knows the answer once it has said 26."""

    def session(self) -> Long:
        return Long()

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        said = "".join(prompt.prefill)
        rest = [f"Now it is {k}." for k in range(1, 41) if f"Now it is {k}." not in said]
        return Completion(" ".join(rest), 9, "stop")


@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_studies_cut_a_long_reasoning_at_the_drawn_places_and_weigh_them(tmp_path, study: str) -> None:
    made = ta.run(
        study, Long(), [Lines()], items=8, difficulty=1, out=tmp_path / "run",
        settings={"shots": 0, "paraphraser": "wording"},
    )  # fmt: skip
    for one in made.records:
        cut = {name for name in one["conditions"] if name.startswith("cut:")}
        assert cut == {f"cut:{place}" for place in one["cuts"]} and len(cut) == SAMPLED + 1
    rows = {row.estimate.name: row.estimate for row in made.findings}
    found = rows["early AOC" if study == "channels" else "early answering (raw) by answer"]
    assert found.n == 8 and found.value is not None
    # the answer is 26 from the 26th sentence of 40 on; before, the two options are equal
    assert found.value == pytest.approx(full(40, lambda x: 1.0 if x >= 26 / 40 else 0.5), abs=0.1)
