"""A real server against the local backend on the same weights: prompts, readings, texts, and the findings of a study.

    python benchmarks/servers.py FOLDER [--server http://127.0.0.1:8000/v1 ...] [--questions FOLDER] [--items 8]

FOLDER is the checkpoint that the servers serve (`small_checkpoint.py` makes one); here it is computed by transformers
in float32. Start a server for exact numbers as docs/servers.md says. A server that does not answer is skipped, and
said to be. Printed for each way to ask (native where the model has a block, zero-shot, few-shot): prompts whose tokens
are equal, the largest difference of a log-probability and of a probability over the options, greedy texts that are
equal, what ended texts that were drawn; with `--questions` (GSM8K as it is published) the channels in each way, and how
far their records and findings differ; and the lines of `thinkaloud check` that only the server has. Nothing in these
runs is left to chance: reasoning is greedy, or the likeliest token is drawn, and paraphrases are made by rule.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import thinkaloud as ta
from thinkaloud.check import check_model, turns_to_compare
from thinkaloud.conditions.asking import Asking, Stem, Way
from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Local
from thinkaloud.models.same import with_blocks
from thinkaloud.models.session import profile_of
from thinkaloud.open_model import open_model
from thinkaloud.runs.folder import Run
from thinkaloud.vocabulary import Key, Prompt, Sampling, Shot, Step, Transcript

QUESTIONS = (
    ("A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?",
     ("It takes 2 / 2 = 1 bolt of white fiber.", "2 plus 1 is 3.", "So it takes 3 bolts."), ("3", "4", "2", "13")),
    ("Ann has 3 boxes of 12 eggs and drops 5 eggs. How many eggs are whole?",
     ("3 times 12 is 36.", "36 minus 5 is 31.", "So 31 eggs are whole."), ("31", "36", "41", "3")),
    ("What colour is a ripe banana \u2014 \u9ec4\u8272, or caf\u00e9-brown?",
     ("Ripe bananas are yellow.", "Brown ones are too ripe."), ("yellow", "brown", "light brown", "green")),
)  # fmt: skip
"""Question, reasoning, options: with numbers that begin others, words that begin others, and other scripts."""
SHOT = Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2."))
DRAWN, ROOM = 192, 48
RECOMMENDED = (
    '\n[sampling]\ntemperature = 0.6\ntop_k = 1\nsource = "this benchmark: the likeliest token, so both draw it"\n'
)


def ways(model: Local) -> list[tuple[str, Way]]:
    """Every way in which a study may put a question to this model, by name."""
    profile, stem = profile_of(model), Stem()
    found = [("few-shot", Way((SHOT,), stem=stem)), ("zero-shot", Asking("zero-shot").aloud(stem))]
    found += [(f"zero-shot, {form}", Asking("zero-shot").silent(form, stem)) for form in ("instruction", "plain")]
    if profile is not None:
        native = Asking("native", "", profile)
        found += [("native", native.aloud(stem))]
        found += [(f"native, {form}", native.silent(form, stem)) for form in native.silences]
    return found


def stated(way: Way) -> list[tuple[Prompt, tuple[str, ...]]]:
    """Prompts after which an answer stands, with its options: after every cut of the reasoning where there is one."""
    out = []
    for question, said, options in QUESTIONS:
        cuts = range(len(said) + 1) if way.block or way.told or way.shots else range(1)
        out += [(way.stated(question, Transcript(tuple(map(Step, said[:cut])))), options) for cut in cuts]
    return out


def begun(way: Way) -> list[Prompt]:
    """Prompts after which reasoning is written: from its beginning, and gone on with."""
    both = [(question, said[:cut]) for question, said, _ in QUESTIONS for cut in (0, 2)]
    return [way.begun(question, Transcript(tuple(map(Step, said)))) for question, said in both]


def tokens(model: Local, prompt: Prompt) -> tuple[int, ...]:
    """All of a prompt."""
    preamble, rest, _ = model.lower(prompt)
    return (*preamble, *rest)


# ------------------------------------------------------------------------------------------------------ comparing


def same_tokens(here: Local, there: Local, asked: Sequence[Prompt]) -> str:
    """How many prompts have the same tokens here, there, and by the server's own template and tokenizer."""
    assert there.reference is not None
    equal = sum(tokens(here, one) == tokens(there, one) for one in asked)
    by_template = sum(tokens(there, one) == there.reference(one) for one in asked if one.begun)
    many = sum(bool(one.begun) for one in asked)
    return f"{equal} of {len(asked)} prompts; {by_template} of {many} by the server's own template"


def same_readings(here: Local, there: Local, asked: Sequence[tuple[Prompt, tuple[str, ...]]]) -> str:
    """The largest differences."""

    async def read(model: Local) -> list[Any]:
        session = model.session()
        return list(await asyncio.gather(*(session.score(prompt, options) for prompt, options in asked)))

    both = list(zip(asyncio.run(read(here)), asyncio.run(read(there)), strict=True))
    pairs = [pair for a, b in both for pair in zip(a.logprobs, b.logprobs, strict=True)]
    nats = max(abs(x - y) for x, y in pairs)
    shares = max(abs(x - y) for a, b in both for x, y in zip(a.probabilities, b.probabilities, strict=True))
    flips = sum(a.best != b.best for a, b in both)
    return (
        f"{nats:.1e} nats, {shares:.1e} of a probability ({len(pairs)} options, {flips} of {len(both)} answers differ)"
    )


def same_texts(here: Local, there: Local, way: Way) -> str:
    """Greedy texts."""
    sampling, asked = Sampling(ROOM, (way.mark,) if way.mark else ()), begun(way)

    async def write(model: Local) -> list[Any]:
        session = model.session()
        keys = [Key(("servers", str(i))) for i in range(len(asked))]
        return list(await asyncio.gather(*(session.generate(p, sampling, k) for p, k in zip(asked, keys, strict=True))))

    mine, theirs = asyncio.run(write(here)), asyncio.run(write(there))
    equal = sum(a == b for a, b in zip(mine, theirs, strict=True))
    return f"{equal} of {len(asked)} ({_ends(theirs, way.mark)})"


def drawn(model: Local, way: Way) -> str:
    """What ended texts at temperature 1, and whether any shows the mark that ends it."""
    sampling = Sampling(ROOM, (way.mark,) if way.mark else (), 1.0)

    async def write() -> list[Any]:
        session = model.session()
        keys = [Key(("drawn", str(i))) for i in range(DRAWN)]
        return list(await asyncio.gather(*(session.generate(begun(way)[0], sampling, key) for key in keys)))

    done = asyncio.run(write())
    shown = sum(way.mark in one.text for one in done) if way.mark else 0
    return f"{_ends(done, way.mark)}; the mark is in {shown} texts"


def _ends(done: Sequence[Any], mark: str) -> str:
    names = {mark: f"at {mark}", "": "at the end of the turn", None: "at the limit"}
    found = Counter(names[one.stopped_by] for one in done)
    return ", ".join(f"{count} ended {name}" for name, count in sorted(found.items()))


def check_lines(here: Local, there: Local) -> list[str]:
    """The lines of `thinkaloud check` on which the two do not agree, those of the server."""
    mine = set(check_model(here))
    return [line for line in check_model(there) if line not in mine]


def same_findings(folder: Path, url: str, questions: Path, items: int, profile: str) -> list[tuple[str, str]]:
    """The channels on published questions in each way, here and there."""
    out = []
    with tempfile.TemporaryDirectory() as place:
        for ask in ("native", "zero-shot", "few-shot") if profile != "none" else ("zero-shot", "few-shot"):
            loading = Loading(precision="exact", threads=1, profile=profile if ask == "native" else "auto")
            settings: dict[str, Any] = {
                "ask": ask,
                "resample_temperature": 0.0,
                "think_tokens": 64,
                "paraphraser": "wording",
            }
            settings |= {} if ask == "native" else {"temperature": 0.0}
            runs = [
                ta.run("channels", model, [f"gsm8k:{questions}"], items=items, out=Path(place) / f"{ask}-{name}",
                       settings=settings, loading=loading)
                for name, model in (("here", str(folder)), ("there", url))
            ]  # fmt: skip
            out.append((f"channels, {ask}", differences(*runs)))
    return out


def differences(here: Run, there: Run) -> str:
    """How far the records and the findings of two runs differ."""
    texts = conditions = 0
    nats = [0.0]
    for a, b in zip(here.records, there.records, strict=True):
        for name, one in (a.get("conditions") or {}).items():
            other = b["conditions"][name]
            if one is None or other is None:
                texts, conditions = texts + (one is other), conditions + 1
                continue
            conditions, texts = conditions + 1, texts + (one["between"] == other["between"])
            if one["between"] == other["between"] and a["options"] == b["options"]:
                nats += [abs(x - y) for x, y in zip(one["logprobs"], other["logprobs"], strict=True)]
    gaps, same = [0.0], 0
    for x, y in zip(here.findings, there.findings, strict=True):
        p, q = x.estimate, y.estimate
        if (p.name, p.n, p.reason) == (q.name, q.n, q.reason):
            same += 1
            if p.value is not None:
                gaps += [abs(getattr(p, f) - getattr(q, f)) for f in ("value", "low", "high")]
    valued = (len(gaps) - 1) // 3
    return (
        f"{same} of {len(here.findings)} findings agree in name, items and reason, {valued} of them are numbers, all "
        f"within {max(gaps):.1e}; {texts} of {conditions} conditions with equal text, read within {max(nats):.1e} nats"
    )


# ------------------------------------------------------------------------------------------------------ the table


def rows(here: Local, there: Local) -> list[tuple[str, str]]:
    """What was compared, and what came out."""
    mine, theirs = profile_of(here), profile_of(there)
    shown = [(one.family, one.opens, one.closes, one.given, one.silence, one.switch) for one in (mine, theirs) if one]
    out = [
        (
            "profile",
            f"{mine.family if mine else 'none'}: {'the same' if len(set(shown)) < 2 else f'NOT the same: {shown}'}",
        )
    ]
    odd = turns_to_compare()
    odd += with_blocks(mine, odd) if mine else []
    out.append(("tokens, odd texts", same_tokens(here, there, odd)))
    for name, way in ways(here):
        read, write = stated(way), begun(way) if "," not in name else []
        out.append((f"tokens, {name}", same_tokens(here, there, [*(prompt for prompt, _ in read), *write])))
        out.append((f"readings, {name}", same_readings(here, there, read)))
        out += [(f"greedy texts, {name}", same_texts(here, there, way))] if write else []
    thinks = [way for name, way in ways(here) if name == "native"]
    for way, (name, model) in itertools.product(thinks, (("here", here), ("there", there))):
        out.append((f"drawn at temperature 1, {name}", drawn(model, way)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", action="append", default=[])
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--items", type=int, default=8)
    args = parser.parse_args()
    here = open_model(str(args.folder), Loading(precision="exact", threads=1))
    assert isinstance(here, Local)
    print(f"here: {here.card.name}, {here.card.backend}, {here.card.precision}, {here.card.details['torch']}")
    for url in args.server:
        try:
            there = open_model(f"{url}?patience=10")
        except ThinkaloudError as error:
            print(f"\n{url}: skipped: {error}")
            continue
        assert isinstance(there, Local)
        print(f"\n{there.card.details['server']}\n\n| compared | found |\n|---|---|")
        found = rows(here, there)
        for name, said in found:
            print(f"| {name} | {said} |", flush=True)
        if args.questions:
            with tempfile.TemporaryDirectory() as place:
                profile = written(here, Path(place))
                for name, said in same_findings(args.folder, f"{url}?patience=10", args.questions, args.items, profile):
                    print(f"| {name} | {said} |", flush=True)
        print("\nlines of `thinkaloud check` that only the server has:")
        print("\n".join(f"- {line}" for line in check_lines(here, there)), flush=True)


def written(model: Local, folder: Path) -> str:
    """A profile file like the model's own, whose recommended sampling leaves nothing to chance; `none` without one."""
    profile = profile_of(model)
    if profile is None:
        return "none"
    said = {"family": profile.family, "opens": profile.opens, "closes": profile.closes, "mark": profile.mark}
    lines = [f"{name} = {_toml(text)}" for name, text in said.items()]
    lines.append(f"silence = [{', '.join(_toml(form) for form in profile.silence)}]")
    lines += [f"switches = [{_toml(profile.switch[0])}]"] if profile.switch else []
    lines += [f"instruction = {_toml(profile.instruction)}"] if profile.instruction else []
    path = folder / "likeliest.toml"
    path.write_text("\n".join(lines) + RECOMMENDED)
    return str(path)


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    main()
