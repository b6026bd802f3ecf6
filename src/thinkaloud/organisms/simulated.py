"""Simulated models `scripted:sim:E,C,G[,TAU,D,S,K,W,I]`: accuracy and spend under every arm follow from formulas.

    E     a step goes wrong with this probability: its value is one of the nine wrong digits, all alike
    C     context noise: what is added to E for every 1000 words that stand before the step
    G     aggregator noise: the call that puts sub-answers together goes wrong with this probability
    TAU   families differ: u ~ N(0, TAU) is a family's own; where u > 0, an answer below a plan in the same context goes
          wrong with probability u, where u < 0, G is larger by -u there. So F2 - F1 is moved by u times the share that
          was not guessed, up as often as down
    D     items differ: E is E + D for one half of them, E - D for the other (so attempts of an item are correlated)
    S     what is added to E for a step that is not written down (.15)
    K     a program is wrong with this probability, in one of nine ways (.1)
    W     a verdict on a proposed answer is wrong with this probability (.2)
    I     of this share of items sub-answers are ignored: the call that would put them together works the question out
          by itself, unwritten, where the question stands there. So no answer follows a corrupted sub-answer (0)

C and G are the "model noise" (confusion that grows with the context) and the "aggregator noise" (imperfect integration
of partial results) of 2506.16411; its "task noise", dependence across parts, is the difference between the kinds of
questions (`tasks/simulated.py`). That C is linear and G constant is ours, not theirs.

A model answers every form of call that the arms make. A token is a word. All randomness comes from the key, but for u,
the half an item is in and whether its sub-answers are ignored, which hang on its name. It understands no other
questions than those of its tasks.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from statistics import NormalDist

from thinkaloud.errors import ModelError, UserError
from thinkaloud.tasks.parts import numbered
from thinkaloud.tasks.simulated import NOTE, STEP, VALUES, YES, Problem, answered, last, parts, read, summed
from thinkaloud.vocabulary import PROBE, Completion, Key, ModelCard, Prompt, Reading, Sampling, Shot

PARTS, ANSWERS, FENCE = "Parts:", "Answers:", "```"
"""Marks of the arms' prompt templates. They are repeated here because models do not import arms."""
MOST = 1 - 1 / VALUES
"""An error this large is a guess; there is no larger one."""
WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"-?[0-9]+")
_VALUES = re.compile(r"-?[0-9]+|\?")
_PART = re.compile(r"Step [0-9]+ of (\S+) : add ([0-9]+) to ([^\n]+)")
_NOTE = re.compile(r"Note [0-9]+ of (\S+) : is ([0-9]+) a digit")
_LAST = re.compile(r"Finish (\S+) : (?:give back|add up) ([^\n]+)")
_SAID = re.compile(r"\S+ plus \S+ is (-?[0-9]+)\.")
_RESULT = re.compile(r"Result: (\S+)")
_PROPOSED = re.compile(r"\nProposed answer: (.*)\nIs the proposed answer right\?")


@dataclass(frozen=True, slots=True)
class Dials:
    """The dials, as the module's docstring explains them."""

    error: float
    context: float
    aggregator: float
    tau: float = 0.0
    spread: float = 0.0
    silent: float = 0.15
    code: float = 0.1
    verdict: float = 0.2
    ignore: float = 0.0

    def step(self, tag: str, words: int, silent: bool) -> float:
        """Probability that a step goes wrong that has so many words before it."""
        own = self.error + (self.spread if hard(tag) else -self.spread)
        return min(MOST, max(0.0, own + self.context * words / 1000 + self.silent * silent))

    def own(self, family: str) -> float:
        """The number u of a family (see TAU)."""
        return self.tau * standing(family)

    def same(self, family: str) -> float:
        """Probability that an answer below a plan goes wrong."""
        return min(MOST, max(0.0, self.own(family)))

    def last(self, family: str) -> float:
        """Probability that the call goes wrong that puts sub-answers together."""
        return min(MOST, self.aggregator + max(0.0, -self.own(family)))

    def ignores(self, tag: str) -> bool:
        """Whether an item's sub-answers are ignored."""
        return _drawn(f"ignore\0{tag}") < self.ignore


@lru_cache(maxsize=4096)
def standing(family: str) -> float:
    """A standard normal number that hangs on the family's name."""
    return NormalDist().inv_cdf(_drawn(f"family\0{family}"))


def _drawn(name: str) -> float:
    """A number between 0 and 1 that hangs on a name."""
    return (int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") + 0.5) / 2**64


def hard(tag: str) -> bool:
    """Whether an item is in the harder half (see D)."""
    return hashlib.sha256(f"item\0{tag}".encode()).digest()[0] < 128


class RandomDraws:
    """A stream of random numbers that depends on a key."""

    def __init__(self, key: Key) -> None:
        self._seed, self._left = key.digest, b""
        self._block = 0

    def below(self, p: float) -> float | None:
        """A number in [0, 1) with probability p, else None."""
        if not self._left:
            self._left = hashlib.sha256(self._seed + self._block.to_bytes(4, "big")).digest()
            self._block += 1
        drawn, self._left = int.from_bytes(self._left[:4], "big") / 2**32, self._left[4:]
        return drawn / p if drawn < p else None

    def slip(self, p: float) -> int:
        """The error of a value: 0, or with probability p one of 1..9, all equally likely."""
        drawn = self.below(p)
        return 0 if drawn is None else 1 + int(drawn * (VALUES - 1))


class ExpectedDraws(RandomDraws):
    """Computes expectations instead of drawing: no step goes wrong, and `kept` is the probability that none was a
    guess."""

    def __init__(self) -> None:
        self.kept = 1.0

    def slip(self, p: float) -> int:
        """Never slips; multiplies `kept` by the probability that this step was not a guess."""
        self.kept *= 1 - p / MOST
        return 0


def simulated(dials: str) -> Simulated:
    """A simulated model from its dials: `E,C,G` and any number of further ones."""
    try:
        given = [float(x) for x in dials.split(",")]
    except ValueError:
        given = []
    if not 3 <= len(given) <= len(fields(Dials)) or not all(math.isfinite(x) and x >= 0 for x in given):
        raise UserError(
            f"{'scripted:sim:' + dials!r} needs 3 to 9 numbers from 0 up: scripted:sim:E,C,G[,TAU,D,S,K,W,I]"
        )
    return Simulated(Dials(*given))


class Simulated:
    """A model whose ability is its dials. `lower` and `tokens` say what is counted: words."""

    def __init__(self, dials: Dials) -> None:
        self.dials = dials
        shown = astuple(dials) if dials.ignore else astuple(dials)[:-1]
        name = "scripted:sim:" + ",".join(f"{x:g}" for x in shown)
        can = frozenset({"prefill", "logprobs"})
        self._counted: tuple[Prompt | None, int] = (None, 0)
        self.card = ModelCard(name, "scripted", f"rule:{name}:1", "scripted", "exact", 1 << 20, can)  # type: ignore[arg-type]

    def tokens(self, text: str) -> tuple[str, ...]:
        """The words of a text."""
        return tuple(text.split())

    def lower(self, prompt: Prompt) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """The words of a prompt: of its examples, of the rest, and nothing."""
        begun = " ".join(prompt.prefill).split()
        shown, rest = _preamble(prompt.shots), ("\nQ", *prompt.question.split(), "\nA", *begun)
        self._counted = prompt, len(shown) + len(rest)
        return shown, rest, ""

    def _words(self, prompt: Prompt) -> int:
        """How many words a prompt has: whoever pays for a call has counted them just before."""
        known, count = self._counted
        if known is not prompt:
            shown, rest, _ = self.lower(prompt)
            count = len(shown) + len(rest)
        return count

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Whatever the form of the call asks for."""
        text, stopped = self._write(prompt, sampling.stop, RandomDraws(key))
        count = len(text.split())
        if count > sampling.tokens:
            end = list(WORD.finditer(text))[sampling.tokens - 1].end()
            return Completion(text[:end], sampling.tokens, "length")
        return Completion(text, min(sampling.tokens, count + stopped), "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """The distribution of the whole answers, with their closing mark, that `generate` would give after "The answer
        is"."""
        odds = ExpectedDraws()
        best = self._answer(prompt, odds)
        right = (1 - MOST) + MOST * odds.kept
        return Reading(tuple(math.log(max(1e-12, right if o == best else (1 - right) / (VALUES - 1))) for o in options))

    # ------------------------------------------------------------------------------------------------ forms of calls

    def _write(self, prompt: Prompt, stop: tuple[str, ...], luck: RandomDraws) -> tuple[str, bool]:
        """What is written, and whether a stop text ended it."""
        question, end = prompt.question, prompt.prefill[-1] if prompt.prefill else ""
        if end == PROBE:
            return f" {self._answer(prompt, luck)}.", False
        if end == f"{FENCE}python":
            return f"\n{self._program(prompt, luck)}\n", True
        if "Next action:" in question:
            return _action(question), False
        if (proposed := _PROPOSED.search(question)) is not None:
            right = str(_problem(question).gold) == proposed[1].strip()
            return (YES if right is (luck.below(self.dials.verdict) is None) else "no"), False
        if end != PARTS:
            return self._aloud(prompt, self._words(prompt), luck), False
        problem = read(question)
        plan = f"\n{numbered([question.splitlines()[-1]] if problem is None else parts(problem))}\n"
        if ANSWERS in stop:
            return plan, True
        before = self._words(prompt) + len(plan.split()) + 1
        return f"{plan} {ANSWERS} {self._aloud(prompt, before, luck)}", False

    def _aloud(self, prompt: Prompt, words: int, luck: RandomDraws) -> str:
        """Steps and the answer, after the given number of words in the context."""
        question = prompt.question
        problem = read(question)
        if problem is not None:
            steps, value = self._steps(problem, words, luck)
            if prompt.prefill and prompt.prefill[0].startswith(PARTS):
                value = (value + luck.slip(self.dials.same(problem.family))) % VALUES
            return " ".join((*steps, answered(value)))
        if (note := _NOTE.search(question)) is not None:
            return f"{NOTE.format(term=note[2])} {answered(YES)}"
        if (part := _PART.search(question)) is not None:
            made = self._part(part, words, False, luck)
            return f"{STEP.format(value=_value(part[3]), term=part[2], sum=made)} {answered(made)}"
        return answered(self._answer(prompt, luck))

    def _steps(self, problem: Problem, words: int, luck: RandomDraws) -> tuple[list[str], int]:
        """The steps as they come out, and the answer they lead to."""
        if problem.kind == "recall":
            notes = [NOTE.format(term=term) for term in problem.terms]
            words += sum(len(note.split()) for note in notes)
            return notes, (problem.gold + luck.slip(self.dials.step(problem.tag, words, False))) % VALUES
        value, total, steps = problem.start, 0, []
        for term in problem.terms:
            made = (value + term + luck.slip(self.dials.step(problem.tag, words, False))) % VALUES
            steps.append(STEP.format(value=value, term=term, sum=made))
            words += len(steps[-1].split())
            total += made
            value = problem.start if problem.kind == "map" else made
        return steps, total % VALUES if problem.kind == "map" else value

    def _part(self, part: re.Match[str], words: int, silent: bool, luck: RandomDraws) -> int:
        """The value of a part; a guess if an answer that it needs is missing."""
        known = _value(part[3])
        slip = luck.slip(MOST if known is None else self.dials.step(part[1], words, silent))
        return (int(part[2]) + (known or 0) + slip) % VALUES

    def _answer(self, prompt: Prompt, luck: RandomDraws) -> str:
        """The answer at once, after whatever text is there already."""
        question, between = prompt.question, " ".join(prompt.prefill)
        if results := _RESULT.findall(between):
            return str(results[-1]).removesuffix(".")
        said = [int(x) for x in _SAID.findall(between)]
        problem = read(question)
        if problem is None:
            return self._of_part(question, said, self._words(prompt), luck)
        notes = question.partition(f"\n{ANSWERS}\n")[2]
        words = self._words(prompt)
        if notes and problem.splits and not self.dials.ignores(problem.tag):
            found = [_value(line) for line in notes.splitlines()]
            return self._together(found, problem.kind, problem.family, luck)
        value = self._rest(problem, said, words, luck)
        if between.startswith(PARTS):
            value = (value + luck.slip(self.dials.same(problem.family))) % VALUES
        if notes:
            value = (value + luck.slip(self.dials.last(problem.family))) % VALUES
        return str(value)

    def _rest(self, problem: Problem, said: list[int], words: int, luck: RandomDraws) -> int:
        """The answer, with the missing steps done without writing them; stated values are used as they are."""
        if problem.kind == "recall":
            return (problem.gold + luck.slip(self.dials.step(problem.tag, words, False))) % VALUES
        missing = problem.terms[len(said) :]
        slips = sum(luck.slip(self.dials.step(problem.tag, words, True)) for _ in missing)
        if problem.kind == "map":
            return (sum(said) + sum(problem.start + term for term in missing) + slips) % VALUES
        value = said[-1] if said else problem.start
        return (value + sum(missing) + slips) % VALUES if missing else value

    def _of_part(self, question: str, said: list[int], words: int, luck: RandomDraws) -> str:
        """The answer to a part or to a last question that stands alone."""
        if (end := _LAST.search(question)) is not None:
            kind = "map" if "add up" in end[0] else "chain"
            return self._together([_value(x) for x in _VALUES.findall(end[2])], kind, end[1].partition(".")[0], luck)
        if (part := _PART.search(question)) is not None:
            return str(said[-1] if said else self._part(part, words, True, luck))
        if _NOTE.search(question) is not None:
            return YES
        raise ModelError(f"{self.card.name} does not know what is asked by {question!r}")

    def _together(self, found: list[int | None], kind: str, family: str, luck: RandomDraws) -> str:
        """The last answer of a chain, or the sum of a map's answers; a guess if an answer is missing."""
        needed = found[-1:] if kind == "chain" else found
        slip = luck.slip(self.dials.last(family)) + luck.slip(MOST if None in needed else 0.0)
        total = sum(x for x in needed if x is not None)
        return str((total + slip) % VALUES if kind == "map" or slip else total)

    def _program(self, prompt: Prompt, luck: RandomDraws) -> str:
        """A program; it asks sub-questions if the examples do."""
        problem = _problem(prompt.question)
        if not any("ask(" in part for shot in prompt.shots for part in shot.answer):
            if problem.kind == "recall":
                return f"print({self._rest(problem, [], self._words(prompt), luck)})"
            first, *others = problem.addends
            return summed(((first + luck.slip(self.dials.code)) % VALUES, *others))
        slip = luck.slip(self.dials.code)
        if not problem.splits:
            return f"print((int(ask(question)) + {slip}) % {VALUES})"
        asked = [re.sub(r"#([0-9]+)", r"{a\1}", part) for part in (*parts(problem), last(problem))]
        asked[0] = f"{asked[0][:-1]}{(problem.start + slip) % VALUES}"
        lines = [f'a{i} = ask(f"{part}")' for i, part in enumerate(asked[:-1], 1)]
        return "\n".join((*lines, f'print(ask(f"{asked[-1]}"))'))


def _action(question: str) -> str:
    """A planner's next: hand the question on, then finish with what came back."""
    came = [line.removeprefix("= ") for line in question.splitlines() if line.startswith("= ")]
    return f"finish: {came[-1]}" if came else f"ask: {_problem(question).question}"


def _problem(question: str) -> Problem:
    found = read(question)
    if found is None:
        raise ModelError(f"a simulated model knows only its own tasks, not {question!r}")
    return found


def _value(text: str) -> int | None:
    """The number at the end of a text."""
    found = _NUMBER.fullmatch(text.rsplit(" ", 1)[-1].rstrip("."))
    return None if found is None else int(found[0])


@lru_cache(maxsize=1024)
def _preamble(shots: tuple[Shot, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for shot in shots:
        found += ["\nQ", *shot.question.split(), "\nA", *" ".join(shot.answer).split()]
    return tuple(found)
