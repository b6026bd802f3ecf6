"""Everything that reads a file or a model's words, given whatever bytes a fuzzer finds.

    python benchmarks/fuzz.py --list
    python benchmarks/fuzz.py --target answers --seconds 60      one target, guided by coverage (pip: thinkaloud[fuzz])
    python benchmarks/fuzz.py --seconds 600                      all of them, one after the other

A target is a reader, and what must hold of it: a reader of words never raises; a reader of files gives a value or one
line (`ThinkaloudError`). `tests/test_fuzz.py` gives the same targets small random texts, and every input that was once
found here. What a run finds is written into `--out`, and a failing target ends the command with its exit code.
"""

from __future__ import annotations

import argparse
import functools
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import fuzz_logs

MODULES = ["thinkaloud"]
LONGEST = 4096
"""Bytes of an input."""
SLOW = 10
"""Seconds after which an input counts as one that hangs."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is tried, and inputs to begin with."""

    try_: Callable[[bytes], None]
    texts: tuple[str | bytes, ...] = ()

    @property
    def seeds(self) -> list[bytes]:
        """The inputs."""
        return [one.encode() if isinstance(one, str) else one for one in self.texts]


@contextmanager
def one_line() -> Any:
    """What thinkaloud raises on purpose is an answer, if it is one line; anything else is a fault."""
    from thinkaloud.errors import ThinkaloudError

    try:
        yield
    except ThinkaloudError as error:
        assert str(error).splitlines()[1:] == [], f"more than a line: {error}"


def words(data: bytes) -> str:
    """Bytes as what a model might write: any characters, halves of some among them."""
    return data.decode("utf-8", "surrogateescape")


@functools.cache
def folder() -> Path:
    """Where files are put to be read."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def file(name: str, data: bytes) -> Path:
    """A file with this content."""
    path = folder() / name
    path.write_bytes(data)
    return path


# --------------------------------------------------------------------------------------------------- a model's words


def answers(data: bytes) -> None:
    """Where an answer is stated, and whether two are the same."""
    from thinkaloud.tasks.answer_statement import split_answer
    from thinkaloud.tasks.answers import bare, match, plain, same

    text = words(data)
    first, _, rest = text.partition("\n")
    options = tuple(dict.fromkeys([first, "4", "B", "iron bar"]))
    split = split_answer(rest, options)
    assert split.start is None or 0 <= split.start <= len(rest)
    for one in (text, first, split.answer or ""):
        bare(one), plain(one)
        found = match(one, options, rest)
        assert found is None or 0 <= found < len(options)
    same(first, rest)


def sentences(data: bytes) -> None:
    """The sentences of a text, put together again, are the text."""
    from thinkaloud.joining import joined
    from thinkaloud.tasks.text import cut, entries, length
    from thinkaloud.tasks.text import sentences as sentences_of

    text = words(data)
    assert joined(sentences_of(text)) == text.strip()
    length(text), cut(text), entries(text.split("\n"))


def reasoning(data: bytes) -> None:
    """What conditions make of a reasoning: mistakes by number, pieces for other words, refusals."""
    from thinkaloud.conditions.filler import length
    from thinkaloud.conditions.prose import pieces
    from thinkaloud.conditions.refusal import refuses
    from thinkaloud.conditions.stated_number import mistake_by_number
    from thinkaloud.conditions.think import unanswered
    from thinkaloud.tasks.text import sentences as sentences_of
    from thinkaloud.vocabulary import Completion, Item, Key, Step, Transcript

    text = words(data)
    own = Transcript(tuple(map(Step, sentences_of(text))))
    item = Item("a", "task", 1, text, ("4", "-12", "1,000"), "4", Transcript())
    for at in range(min(len(own.steps), 4)):
        made = mistake_by_number(item, own, at, Key(("x",)))
        assert made is None or made.step.text != own.steps[at].text
    pieces(own), refuses(text), length(text), unanswered(Completion(text, 3, "stop"))


def tools(data: bytes) -> None:
    """Programs and expressions that a model writes, and values that they leave."""
    import asyncio

    from thinkaloud.tools.base import clip
    from thinkaloud.tools.calculator import calculate
    from thinkaloud.tools.extract import code_in
    from thinkaloud.tools.show import show

    text = words(data)
    assert "\n" not in asyncio.run(calculate(text)).text
    code_in(text), clip(text, 20), show([text, {text: data}], 50)


def pages(data: bytes) -> None:
    """The page of a run whose every text is hostile has the elements of an innocent one."""
    text = words(data)
    assert _elements(_page(text)) == _elements(_page("plain")), "a text became an element"


def _page(text: str) -> str:
    from thinkaloud.report.html import render_html
    from thinkaloud.vocabulary import Estimate, Finding

    said = text or "plain"
    record = {"item": f"a{said}", "task": said, "level": 1, "status": "ok", "error": said, "question": said,
              "transcript": said, "answer": said, "conditions": []}  # fmt: skip
    found = [
        Finding(said, said, said, 1, Estimate(said, 0.5, 0.4, 0.6, 3, 3)),
        Finding(said, said, said, 1, Estimate.absent(f"b{said}", said)),
    ]
    meta = {"study": said, "question": said, "model": {"name": said, said: [said]}, "command": said, "seed": said,
            "settings": {said: said}, "failed": [said], "notes": [said], "remarks": [said], "bets": [said],
            "ruler": [said], "limits": [said], "unfinished": said}  # fmt: skip
    return render_html(found, [record], meta)


def _elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes."""
    found: list[tuple[str, tuple[str, ...]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            found.append((tag, tuple(name for name, _ in attrs)))

    Reader(convert_charrefs=False).feed(page)
    return found


# ------------------------------------------------------------------------------------------- what is written by hand


def values(data: bytes) -> None:
    """Values of a command line: budgets, tokens, times, shards, sizes, addresses, maps, names of tasks and models."""
    from thinkaloud.models.http.address import parse
    from thinkaloud.names import split_names
    from thinkaloud.open_study import open_study
    from thinkaloud.runs.shards import shard_of
    from thinkaloud.settings import options
    from thinkaloud.tasks.columns import Columns
    from thinkaloud.tasks.specs import mapped, parted
    from thinkaloud.values import budget, duration, run_size, tokens

    text = words(data)
    asked = [budget, tokens, duration, run_size, shard_of, parse, split_names, Columns.of, parted]
    asked += [lambda given: parse(f"http://h/v1?{given}"), lambda given: parted(f"a.csv?{given}")]
    asked += [lambda given: mapped("a.csv", given)]
    asked += [one.value for one in options(open_study("rungs").Settings)]
    for read in asked:
        with one_line():
            read(text)


def tasks(data: bytes) -> None:
    """Names of tasks."""
    from thinkaloud.tasks import open_tasks

    with one_line():
        open_tasks([words(data)])


def questions(ending: str) -> Callable[[bytes], None]:
    """A file of questions of this kind."""

    def read(data: bytes) -> None:
        from thinkaloud.tasks import open_task
        from thinkaloud.vocabulary import Key

        with one_line():
            task = open_task(str(file(f"questions{ending}", data)))
            for item in task.items(task.levels[0], 1, Key(("fuzz",))):
                assert item.question.strip() and (not item.options or item.gold in item.options)

    return read


def config(data: bytes) -> None:
    """config.toml of a run folder."""
    from thinkaloud.open_study import open_study
    from thinkaloud.runs.config import Config

    with one_line():
        found = Config.loads(words(data), "config.toml", open_study)
        assert Config.loads(found.dumps(), "config.toml", open_study) == found


def recipes(data: bytes) -> None:
    """Recipes of trainings and of boards, and a bet's protocol."""
    from thinkaloud.bets.protocol import load
    from thinkaloud.studies.odds import recipe as odds
    from thinkaloud.studies.training import recipe as training

    path = file("recipe.toml", data)
    for read in (training.read, odds.read):
        with one_line():
            read(str(path))
    with one_line():
        load(path)


def profiles(data: bytes) -> None:
    """A family of models that think in a block."""
    from thinkaloud.models.profiles import family_of

    with one_line():
        family_of(str(file("profile.toml", data)))


def templates(data: bytes) -> None:
    """A chat template, which is code from a model's file."""
    from thinkaloud.models.template import applied, dated

    text = words(data)
    dated(text)
    with one_line():
        applied(text, {"bos_token": "<s>"})([{"role": "user", "content": "Hi?"}], True)


# --------------------------------------------------------------------------------------------- what programs write


@functools.cache
def run() -> Path:
    """A finished run with two tasks."""
    import thinkaloud as ta

    where = folder() / "run"
    made = ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=where)
    lines = [json.dumps(unit) for unit in made.journal]
    (where / "segments" / "records.parquet").unlink()
    (where / "segments" / "0001.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return where


LOOKS = ("units", "findings", "card", "notes", "part", "identity", "bill", "unfinished", "records")
"""What can be asked of a run."""


def of_a_run(name: str) -> Callable[[bytes], None]:
    """A file of a run folder."""

    def read(data: bytes) -> None:
        from thinkaloud.open_study import open_run

        path = run() / name
        there = path.read_bytes() if path.exists() else None
        path.write_bytes(data)
        try:
            for look in LOOKS:
                with one_line():
                    getattr(open_run(run()), look)
        finally:
            path.unlink() if there is None else path.write_bytes(there)

    return read


def logs(data: bytes) -> None:
    """A log of Inspect, as JSON and as an archive: the bytes themselves, and a right log that they change."""
    from thinkaloud.interop.logs_in import import_log

    text, members = fuzz_logs.small(folder())
    if data[:1] in (b"{", b"P"):  # as both begin
        made = {"log.json": data, "log.eval": data}
    else:
        made = {"log.json": fuzz_logs.as_json(text, data), "log.eval": fuzz_logs.as_archive(members, data)}
    for name, content in made.items():
        out = folder() / f"{name}.jsonl"
        out.unlink(missing_ok=True)
        with one_line():
            import_log(file(name, content), out)
            questions(".jsonl")(out.read_bytes())  # what comes in can be asked


def replies(data: bytes) -> None:
    """What a server says."""
    from thinkaloud.models.http.client import MALFORMED
    from thinkaloud.models.http.served import counted, ids, number, stopped, text_of
    from thinkaloud.reading import json_of

    try:
        found = json_of(data)
    except ValueError:
        return
    for read in (counted, ids, number, text_of, lambda given: stopped("stop", given)):
        with suppress(*MALFORMED):
            read(found)


def gguf(data: bytes) -> None:
    """The header of a GGUF file."""
    from thinkaloud.models.headers import check_gguf

    with one_line():
        check_gguf(file("model.gguf", data))


def safetensors(data: bytes) -> None:
    """The header of a safetensors file: whatever passes is read by the format's own library."""
    from safetensors.numpy import load

    from thinkaloud.models.headers import check_safetensors

    with one_line():
        check_safetensors(file("model.safetensors", data))
        if not any(kind in data for kind in (b"BF16", b"F8", b"F4", b"F6", b"C64")):  # which numpy has not
            load(data)


def small_gguf(offset: int = 0, rows: int = 4) -> bytes:
    """A GGUF file with a value, a list and a tensor of float32."""
    value = struct.pack("<Q4sIQ3s", 4, b"name", 8, 3, b"abc") + struct.pack("<Q1sIIQ2i", 1, b"l", 9, 5, 2, 7, -7)
    tensor = struct.pack("<Q1sIQIQ", 1, b"w", 1, rows, 0, offset)
    head = struct.pack("<4sIQQ", b"GGUF", 3, 1, 2) + value + tensor
    return head + bytes(-len(head) % 32 + 16)


def small_safetensors(header: str = '{"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}') -> bytes:
    """A safetensors file with 16 bytes of data."""
    return struct.pack("<Q", len(header)) + header.encode() + bytes(16)


QUESTION = (
    '{"question": "What floats?", "options": ["iron", "cork"], "answer": "cork", "reasoning": ["Cork is light."]}'
)
TARGETS: Mapping[str, Target] = {
    "answers": Target(answers, ("iron\nIt is red. So the answer is $\\boxed{4}$.", "4\n<answer>1,000</answer>")),
    "sentences": Target(sentences, ("1. a e.g. b\n\n$$x$$\n| a | b |\n|---|---|\n`c.` Dr. D\u3002So.",)),
    "reasoning": Target(reasoning, ("16 - 3 = 13. The total is $1,250.50\n- **Step** 2: I cannot help with that.",)),
    "tools": Target(tools, ("(1.5e3 + 2 ** 10) // 3 % 7", "```python\nprint(1)\n```")),
    "pages": Target(pages, ("</script><img src=x onerror=alert(1)>", '" onload="', "{{x}}$style")),
    "values": Target(values, ("4k", "2M", "1h30m", "2/4", "question=prompt,options=A|B", "http://h:1/v1?rpm=2#m")),
    "tasks": Target(tasks, ("chain_sum", "gym:x", "sim:chain_1", "lines.jsonl?question=a")),
    "jsonl": Target(questions(".jsonl"), (QUESTION, '{"question": "2+2?", "answer": 4, "level": 2}')),
    "json": Target(questions(".json"), (f"[{QUESTION}]", f'{{"examples": [{QUESTION}]}}')),
    "csv": Target(questions(".csv"), ("question,answer,options\nWhat?,a,a|b\n", "prompt;target\nx;1\n")),
    "gzip": Target(questions(".jsonl.gz")),
    "config": Target(config, ('format = 2\nstudy = "channels"\nmodel = "smollm2-135m"\ntasks = ["coin"]\n',)),
    "recipes": Target(recipes, ("stops = [1, 2]\n[arms.a]\nseed = 1\n", 'game = "breakthrough"\n[players.a]\n')),
    "profiles": Target(profiles, ('family = "a"\nopens = "<t>"\ncloses = "</t>"\nmark = "</t>"\n',)),
    "templates": Target(
        templates,
        ("{% for m in messages %}{{ m.role }}{{ m['content'] | tojson }}{% endfor %}{{ strftime_now('%Y') }}",),
    ),
    "segment": Target(of_a_run("segments/0001.jsonl"), ('{"unit": "a", "status": "ok", "phase": "x", "task": "y"}\n',)),
    "identity": Target(of_a_run("identity.json"), ('{"of": {"study": "channels"}}',)),
    "findings": Target(of_a_run("findings.json"), ('{"format": 1, "findings": []}',)),
    "card": Target(of_a_run("model.json"), ("{}",)),
    "shard": Target(of_a_run("shard.json"), ('{"shard": {"number": 1, "of": 2}}',)),
    "gguf": Target(gguf, (small_gguf(),)),
    "safetensors": Target(safetensors, (small_safetensors(),)),
    "logs": Target(logs, ('{"version": 2, "eval": {}, "samples": []}', b"", b"\1\2\3ANSWER: 4", b"\0\7\0\1" * 3)),
    "replies": Target(replies, ('{"choices": [{"text": "a", "logprobs": [-1e999]}]}',)),
}


def fuzzed(name: str, seconds: int, out: Path) -> None:
    """One target, until the time is over or something is found. Does not return: the fuzzer ends the process."""
    import atheris

    with suppress(ImportError):  # what takes seconds to import is no input that hangs
        import inspect_ai.log  # noqa: F401
    with atheris.instrument_imports(include=MODULES):
        import thinkaloud.api
        import thinkaloud.interop.logs_in
        import thinkaloud.report.html
        import thinkaloud.tasks  # noqa: F401

    target = TARGETS[name]
    for seed in target.seeds:  # nor is what they make once for all inputs
        target.try_(seed)
    seeds = out / name / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(target.seeds):
        (seeds / f"{i}").write_bytes(seed)
    given = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOW}", f"-artifact_prefix={out / name}/"]
    atheris.Setup([sys.argv[0], *given, "-print_final_stats=1", str(seeds)], target.try_)
    atheris.Fuzz()


def main() -> None:
    """One target here, or each in a process of its own."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--target", choices=TARGETS)
    asked.add_argument("--seconds", type=int, default=600)
    asked.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "thinkaloud-fuzz")
    asked.add_argument("--list", action="store_true")
    given = asked.parse_args()
    if given.list:
        print("\n".join(f"{name}: {target.try_.__doc__}" for name, target in TARGETS.items()))
    elif given.target:
        fuzzed(given.target, given.seconds, given.out)
    else:
        each = max(1, given.seconds // len(TARGETS))
        command = [sys.executable, __file__, "--seconds", str(each), "--out", str(given.out), "--target"]
        failed = [name for name in TARGETS if subprocess.run([*command, name], check=False).returncode]
        sys.exit(f"found in {', '.join(failed)}: see {given.out}" if failed else 0)


if __name__ == "__main__":
    main()
