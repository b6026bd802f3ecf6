"""Fillers are as long as what they stand for, in the model's own tokens, and one that is shorter would be seen."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from thinkaloud.conditions.filler import KINDS, Count, counted, length
from thinkaloud.metrics.channels import channels
from thinkaloud.metrics.lengths import lengths
from thinkaloud.open_model import open_model
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Item, Record

ITEM = Item("i", "t", 1, "What is 17 plus 25?", ("42", "43"), "42")


def letters(text: str) -> int:
    return len(text.replace(" ", ""))


@pytest.mark.parametrize("count", [length, letters, len])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("long", [0, 1, 7, 40, 300])
def test_a_filler_is_at_least_as_long_as_asked_and_longer_by_less_than_a_word(
    kind: str, long: int, count: Count
) -> None:
    text = KINDS[kind](ITEM, long, count).text
    words = text.split(" ")
    assert count(text) >= long
    assert len(words) == 1 or count(" ".join(words[:-1])) < long


def test_words_that_count_nothing_do_not_make_a_filler_endless() -> None:
    """A tokenizer that has no token for a word: the filler is as many words."""
    assert len(KINDS["repeat"](ITEM, 4, lambda text: 4 if text.count(" ") >= 3 else 0).text.split()) == 4


def test_length_is_counted_in_the_tokens_of_a_model_that_shows_them() -> None:
    """A number is a word, and several tokens of most vocabularies."""
    count = counted(scripted("faithful"))
    assert (length("12 plus 5 is 17."), count("12 plus 5 is 17.")) == (8, 11)

    class Mute:
        card = scripted("faithful").card

    assert counted(Mute()) is length  # type: ignore[arg-type]


def test_the_servers_tokenizer_is_asked_about_words_and_not_about_every_length() -> None:
    """Each text that is counted costs a round trip: the words of the filler once, and the whole text."""
    asked: list[str] = []

    def count(text: str) -> int:
        asked.append(text)
        return len(text.split())

    KINDS["musing"](ITEM, 400, count)
    assert len(set(asked)) <= 8 + 2


def rows(model: str, study: Channels | Faithfulness, task: str = "chain_sum", level: int = 4) -> list[Record]:
    return records_of(study, open_model(model), open_task(task), Config(study.name, model, (task,), 48, level, 1))


def named(estimates: Sequence[Estimate]) -> dict[str, Estimate]:
    return {estimate.name: estimate for estimate in estimates}


@pytest.mark.slow
@pytest.mark.parametrize("study", [Channels(), Faithfulness()])
def test_fillers_are_as_long_as_the_reasoning_and_as_the_paraphrase_in_every_record(
    study: Channels | Faithfulness,
) -> None:
    for record in rows("scripted:faithful", study):
        found = record["conditions"]
        for kind in KINDS:
            assert found[f"filler:{kind}"]["tokens"] >= found["own"]["tokens"]
            assert found[f"filler:{kind}:paraphrase"]["tokens"] >= found["paraphrase"]["tokens"]


@pytest.mark.slow
def test_a_reasoner_that_needs_any_text_as_long_as_its_own_has_its_ability_in_compute() -> None:
    """Counted in words, fillers had .7 of the tokens of the reasoning, and this one was called content."""
    found = named(channels(rows("scripted:length-sensitive", Channels())))
    for name, truth in (("compute", 0.75), ("content", 0), ("residue", 0), ("silent", 0)):
        row = found[name]
        assert row.low is not None and row.high is not None
        assert row.low - 1e-6 <= truth <= row.high + 1e-6, row
    assert found["externalised share"].value == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_lengths_are_ratios_of_the_recorded_tokens() -> None:
    records = json.loads(json.dumps(rows("scripted:faithful", Channels())))
    found = named(lengths(records))
    for name in ("length filler:dots / own", "length filler:dots:paraphrase / paraphrase"):
        assert found[name].value == pytest.approx(1, abs=0.02)
    for record in records:
        record["conditions"]["filler:dots"]["tokens"] *= 0.5
    assert named(lengths(records))["length filler:dots / own"].value == pytest.approx(0.5, abs=0.02)
    for record in records:
        del record["conditions"]["filler:dots"]["tokens"]
    assert str(named(lengths(records))["length filler:dots / own"].reason).startswith("not measured: no item has")


def test_a_question_without_spaces_is_repeated_character_by_character() -> None:
    """As one word it was far longer than the reasoning."""
    asked = Item("i", "t", 1, "\u76d2\u5b50\u91cc\u6709\u591a\u5c11\u4e2a\u82f9\u679c\uff1f", ("1", "2"), "1")
    text = KINDS["repeat"](asked, 4, length).text
    assert (text, length(text)) == (asked.question[:4], 4)
