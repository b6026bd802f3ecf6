"""The positive control: gold from the latent labels, lengths as promised, options that tell nothing, sound chunks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from thinkaloud.tasks import RECORDS, open_task
from thinkaloud.tasks.check import check_item
from thinkaloud.tasks.parts import fill, read_parts, references
from thinkaloud.tasks.records_text import TOPICS, meanings, messages, pieces
from thinkaloud.vocabulary import Key, Task

KEY = Key(("tests", "records"))
FAMILIES = {name: open_task(name) for name in RECORDS}
SHORT = [(name, level) for name, family in FAMILIES.items() for level in family.levels if level <= 11]
at_short_levels = pytest.mark.parametrize(("name", "level"), SHORT)
every_family = pytest.mark.parametrize("name", RECORDS)


@every_family
def test_each_is_a_task_under_its_own_name(name):
    family = FAMILIES[name]
    assert isinstance(family, Task) and family.name == name and family.levels[-1] == 20
    assert open_task(type(family)).name == name and family.algorithm


@at_short_levels
def test_items_are_well_formed_and_gold_is_found_in_the_text(name, level):
    """Gold comes from the labels; a solver that has only the text agrees, and verify takes it and no other."""
    family = FAMILIES[name]
    items = family.items(level, 20, KEY)
    for item in items:
        assert check_item(item) is item and len(item.options) == (2 if "compare" in name else 4)
        assert family.solve(item.question) == item.gold
        assert [option for option in item.options if family.verify(item, f" {option}. ")] == [item.gold]
        assert item.question == item.meta["context"] + "\n" + item.meta["ask"] and "\n" not in item.meta["ask"]
    assert len({item.id for item in items}) == 20
    assert open_task(name).items(level, 5, KEY) == items[:5]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["records_count_inferred", "records_pairs"])
def test_the_longest_level_is_made_and_solved(name):
    (item,) = FAMILIES[name].items(20, 1, KEY)
    assert FAMILIES[name].solve(item.question) == item.gold
    assert 0.7 * 2**20 < pieces(item.question) <= 2**20


@pytest.mark.parametrize(("name", "level"), [(n, lv) for n, f in FAMILIES.items() for lv in (f.levels[0], 8, 10, 13)])
def test_an_item_is_at_most_as_long_as_its_level_says(name, level):
    for item in FAMILIES[name].items(level, 5, KEY):
        assert pieces(item.question) <= 2**level
        assert level < 8 or pieces(item.question) > 0.65 * 2**level


def test_pieces_by_hand():
    assert pieces("[17] Ann: it's 4.5\n") == 13  # [ 1 7 ] Ann : it ' s 4 . 5 and the line end


# ------------------------------------------------------------------------------------------------------------ labels


@pytest.mark.parametrize("labels", ["paraphrased", "inferred"])
def test_an_indirect_label_is_not_written_out(labels):
    """No topic's word stands in any message, and no message stands for two topics."""
    written = [message for topic in TOPICS for message in messages(labels, topic)]
    assert len(written) == len(set(written)) == len(meanings(labels))
    assert not [m for m in written if re.search("|".join(TOPICS), m, re.IGNORECASE)]
    assert len({len(messages(labels, topic)) for topic in TOPICS}) == 1


@every_family
def test_the_labelled_context_has_the_gold_label_of_every_line(name):
    family = FAMILIES[name]
    for item in family.items(8, 5, KEY):
        lines, context = item.meta["labelled"].split("\n"), item.meta["context"].split("\n")
        sheet = item.meta["parts"]
        for line, plain, topic in zip(lines, context, sheet.topics, strict=True):
            assert line == (plain if family.labels == "explicit" else f"{plain} ({topic})")
            assert meanings(family.labels)[plain.split(": ")[1]] == topic and topic in line


# ---------------------------------------------------------------------------------------------- nothing is given away


def test_what_is_looked_for_is_anywhere():
    """The position of the needle, and of the counted topic, in fifths of the text: each within 4 standard errors."""
    found, counted = Counter(), Counter()
    for item in FAMILIES["records_needle"].items(9, 500, KEY):
        sheet = item.meta["parts"]
        found[5 * sheet.ids.index(int(sheet.asked[0])) // len(sheet.ids)] += 1
    assert all(abs(found[i] - 100) < 4 * (500 * 0.2 * 0.8) ** 0.5 for i in range(5))
    for item in FAMILIES["records_count"].items(9, 200, KEY):
        sheet = item.meta["parts"]
        first = len(sheet.topics) // 2
        counted["first"] += sheet.topics[:first].count(sheet.asked[0])
        counted["expected"] += sheet.topics.count(sheet.asked[0]) * first / len(sheet.topics)
    assert counted["first"] / counted["expected"] == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize(
    "name", ["records_count", "records_pairs", "records_mode", "records_needle", "records_compare"]
)
def test_options_do_not_tell_the_gold(name):
    """No place, no rank, no nearness to what is usual and no fixed answer is right much more often than chance."""
    items = FAMILIES[name].items(9, 400, KEY)
    chance = items[0].chance
    counts = [Counter(item.gold_index for item in items)]
    if items[0].gold.isdigit():
        usual = sorted(int(item.gold) for item in items)[200]
        counts.append(Counter(sorted(map(int, item.options)).index(int(item.gold)) for item in items))
        nearest = [min(item.options, key=lambda o: abs(int(o) - usual)) for item in items]
        counts.append(
            Counter(near == item.gold for near, item in zip(nearest, items, strict=True) if near == item.gold)
        )
    else:
        counts.append(Counter(item.gold for item in items))
    bound = chance + 4 * (chance * (1 - chance) / 400) ** 0.5
    assert max(max(count.values()) for count in counts) / 400 < bound


# ------------------------------------------------------------------------------------------------------------ reasoning


@at_short_levels
def test_worked_reasoning_is_short_read_back_and_fully_legible(name, level):
    family = FAMILIES[name]
    for item in family.items(level, 4, KEY):
        assert 1 <= len(item.worked.steps) <= 24
        assert family.parse(item.worked.text) == item.worked and item.worked.conclusion == item.gold
        for transcript in (item.worked, family.paraphrase(item.worked, KEY)):
            seen = family.legible(item, transcript)
            assert (seen.readable, seen.sound, seen.grounded, seen.complete) == (1, 1, 1, 1)


@every_family
def test_a_mistake_leads_to_a_wrong_option(name):
    family = FAMILIES[name]
    made = 0
    for item in family.items(family.levels[0], 10, KEY):
        for at in range(len(item.worked.steps)):
            if (mistake := family.mistake(item, item.worked, at, KEY)) is not None:
                assert mistake.implied in item.options and mistake.implied != item.gold
                made += 1
    assert made >= 5


# ------------------------------------------------------------------------------------------------------------ chunks


def answered(question: str, labels: str) -> str:
    """A sub-question answered from its text alone."""
    *lines, ask = question.split("\n")
    ask = ask.rpartition("weather. ")[2] if ask.startswith("Every line") else ask
    rows = [re.fullmatch(r"(?:\[(\d+)\] )?(\w+): (.+)", line).groups() for line in lines]
    topics = [meanings(labels)[said] for _, _, said in rows]
    tables = [part.split(", ") for part in re.split(r"; ", (re.findall(r"topic: (.*?)\. ", ask) or [""])[0])]
    summed = Counter()
    for entry in (entry for one in tables for entry in one if entry and entry != "none"):
        summed[entry.rsplit(" ", 1)[0]] += int(entry.rsplit(" ", 1)[1])
    pairs = sum(n * (n - 1) // 2 for n in summed.values())
    if "not none" in ask:
        return next((a for a in re.findall(r"none: (.*?)\?", ask)[0].split("; ") if a != "none"), "none")
    if found := re.match(r"Which topic does record (\d+)", ask):
        return next((topic for (k, _, _), topic in zip(rows, topics, strict=True) if k == found[1]), "none")
    if found := re.match(r"How many more lines are about (\w+) than about (\w+)", ask):
        return str(topics.count(found[1]) - topics.count(found[2]))
    if ask.startswith("What is "):
        total = sum(map(int, re.findall(r"-?\d+", ask.split("?")[0])))
        signs = re.findall(r"Answer (\w+) if it is above 0, and (\w+)", ask)
        return str(total) if not signs else signs[0][total < 0]
    if "largest number" in ask:
        return max(summed, key=lambda topic: summed[topic])
    if "pairs are there" in ask:
        return str(pairs)
    if ask.startswith("Add these up, topic") or ask.startswith("How many lines are about each"):
        counts = summed or Counter(topics)
        return ", ".join(f"{topic} {counts[topic]}" for topic in TOPICS)
    if ask.startswith("Add these up, name") or ask.startswith("How many lines does each name"):
        cells = summed or Counter(f"{who} {topic}" for (_, who, _), topic in zip(rows, topics, strict=True))
        return ", ".join(f"{cell} {n}" for cell, n in sorted(cells.items()))
    return str(topics.count(re.findall(r"about (\w+)\?", ask)[0]))


@at_short_levels
@pytest.mark.parametrize("chunk", [None, 32])
def test_following_the_chunks_leads_to_the_gold(name, level, chunk):
    """Every answer is found from the filled sub-question alone, at least two chunks, at most eight put together."""
    family = FAMILIES[name]
    for item in family.items(level, 3, KEY):
        made = family.decompose(item, chunk)
        found: list[str] = []
        for part in made.parts:
            assert len(references(part.question)) != 1 and len(references(part.question)) <= 8
            found.append(answered(fill(part.question, found), family.labels))
            assert found[-1] == part.answer
        assert answered(fill(made.final, found), family.labels) == item.gold
        assert read_parts(made.text()) == tuple(part.question for part in made.parts)


@at_short_levels
def test_chunks_are_independent_and_hold_every_line_once(name, level):
    family = FAMILIES[name]
    (item,) = family.items(level, 1, KEY)
    made = family.decompose(item)
    lines = [line for part in made.parts if "\n" in part.question for line in part.question.split("\n")[:-1]]
    assert "\n".join(lines) == item.meta["context"]
    assert sum("\n" in part.question for part in made.parts) >= 2
    assert all(not references(part.question) for part in made.parts if "\n" in part.question)
    assert "\n" not in made.final and references(made.final)


def test_a_long_item_falls_into_short_questions():
    """At 2^16, no sub-question is longer than a chunk and its question, and the last one is a line."""
    for name in ("records_count_inferred", "records_pairs"):
        (item,) = FAMILIES[name].items(16, 1, KEY)
        made = FAMILIES[name].decompose(item)
        assert max(pieces(part.question) for part in made.parts) < 256 + 60
        assert 3 <= made.chain <= 4 and len(made.parts) > 200 and pieces(made.final) < 70


def test_a_decomposition_needs_no_gold():
    """Parts and final question are made from the records, whatever the item calls its gold."""
    family = FAMILIES["records_mode"]
    (item,) = family.items(8, 1, KEY)
    other = replace(item, gold=next(option for option in item.options if option != item.gold))
    assert family.decompose(other) == family.decompose(item)
