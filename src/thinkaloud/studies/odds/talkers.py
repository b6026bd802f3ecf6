"""Scripted speakers at the board, whose truth is known: what stands before a move decides it, in a way that is known
exactly, so what each rung must score can be computed instead of played.

    scripted:board:meaning:Q      plays what reasoning about this board says, in whatever words; the solution where its
                                  parts stand there
    scripted:board:surface:Q      plays the code in the wording of its own reasoning, whose words name another move
    scripted:board:decorative:Q   plays its move whatever stands there

Each knows a good move (of a search) in a share Q of all positions and elsewhere guesses. Without what it needs it
guesses everywhere. A guess is one legal move by a hash of the position: the same whenever it is asked. So *own over
silent* is what is known to be there for the first two and 0 for the third, *filler* and *foreign* are *silent* for the
first two, and *paraphrased* is *own* for the first and a guess for the second. `Talker.policy` is all of this as
probabilities of moves of a solved board, for a talker that is a giver; nothing in it asks the talker or reads a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from thinkaloud.errors import ModelError, UserError, unknown
from thinkaloud.games.breakthrough import Breakthrough, Move, Position
from thinkaloud.games.graph import Graph
from thinkaloud.games.policies import Policy
from thinkaloud.games.search import Search, advanced
from thinkaloud.joining import joined
from thinkaloud.organisms.rules import luck
from thinkaloud.organisms.scripted import SURE
from thinkaloud.studies.odds.words import GRAMMAR, ahead, men, named, noted, parts, pictured, read_steps, said
from thinkaloud.vocabulary import PROBE, Completion, Key, ModelCard, Prompt, Reading, Sampling, Transcript

NAME = "scripted:board:"
Rule = Literal["meaning", "surface", "decorative"]
NODES = 200
"""Of the search whose move is the good one."""
WAYS = len(GRAMMAR.forms["ahead"].wordings)
CODES = WAYS * len(GRAMMAR.forms["move"].wordings)
"""What two wordings together can say."""


@lru_cache(maxsize=8)
def talker(name: str) -> Talker:
    """The speaker of this name (all of it); `UserError` where there is none."""
    rule, _, share = name.removeprefix(NAME).partition(":")
    if rule not in get_args(Rule):
        raise unknown("scripted speaker", rule, get_args(Rule))
    try:
        knows = float(share or 1)
    except ValueError:
        knows = -1.0
    if not 0 <= knows <= 1:
        raise UserError(f"{name!r}: {share!r} is no share of positions, give a number from 0 to 1")
    return Talker(rule, knows)  # type: ignore[arg-type]


class Talker:
    """A model that plays by a rule. `knows`: the share of positions whose good move it knows."""

    def __init__(self, rule: Rule, knows: float) -> None:
        self.rule, self.knows = rule, knows
        name = f"{NAME}{rule}:{knows:g}"
        able = frozenset({"prefill", "logprobs", "raw_reasoning"})
        self._policies: dict[str, tuple[Graph, Policy]] = {}
        self.card = ModelCard(name, "scripted", f"rule:{name}:1", "scripted", "exact", 1 << 20, able)  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Its reasoning; after the beginning of an answer, its move or the answer of a part."""
        rules, seen = _shown(prompt)
        part = next((one for ask, one in parts(rules, seen).items() if prompt.question.endswith(ask)), None)
        if part is not None:
            text = part
        elif PROBE in prompt.prefill:
            text = rules.text(self.move(rules, seen, _between(prompt)))
        else:
            text = self.reasoning(rules, seen).text
        return Completion(text, len(text.split()), "stop", "")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Nearly all of it on its move."""
        rules, seen = _shown(prompt)
        move = rules.text(self.move(rules, seen, _between(prompt)))
        total = SURE + float(np.log1p((len(options) - 1) * np.exp(-SURE)))
        return Reading(tuple((SURE if one == move else 0.0) - total for one in options))

    def reasoning(self, rules: Breakthrough, seen: Position) -> Transcript:
        """What it writes: where all men stand, and a move in words or in code."""
        best, code = self.good(rules, seen), 0
        if self.rule == "surface":
            code = (rules.moves(seen).index(best) + _salt(rules, seen)) % CODES
            best = _picked(rules, seen, "decoy")
        a, b = map(rules.square, best)
        return Transcript((men(rules, seen), ahead(rules, seen, code // WAYS), said("move", code % WAYS, a=a, b=b)))

    def move(self, rules: Breakthrough, seen: Position, between: str) -> Move:
        """What it plays after this text."""
        read = self._read(rules, seen, between)
        return _picked(rules, seen) if read is None else read

    def _read(self, rules: Breakthrough, seen: Position, between: str) -> Move | None:
        """The move that it takes from a text; None where there is nothing for it in the text."""
        moves = rules.moves(seen)
        if self.rule == "decorative":
            return self.good(rules, seen)
        if self.rule == "meaning" and between == noted(list(parts(rules, seen).values())).text:
            return self.good(rules, seen)
        steps = read_steps(between).steps
        here = men(rules, seen).fields
        if not any(step.form == "men" and dict(step.fields) == dict(here) for step in steps):
            return None  # no text, or one about another board
        if self.rule == "meaning":
            return next((one for one in moves if rules.text(one) == named(between)), None)
        found = {step.form: GRAMMAR.find(step.text) for step in steps}
        one, other = found.get("ahead"), found.get("move")
        if one is None or other is None:
            return None
        at = (WAYS * one.wording + other.wording - _salt(rules, seen)) % CODES
        return moves[at] if at < len(moves) else None

    def good(self, rules: Breakthrough, seen: Position) -> Move:
        """The move of the search, where it knows it."""
        knows = luck(rules.write(seen), "knows") < self.knows
        return _searched(rules, seen) if knows else _picked(rules, seen)

    def policy(self, reasoning: str, graph: Graph) -> Policy:
        """What it does as a giver with such reasoning, known from the rule; uniform where the taker is to move."""
        kept = self._policies.get(reasoning)
        if kept is None or kept[0] is not graph:
            kept = self._policies[reasoning] = (graph, self._policy(reasoning, graph))
        return kept[1]

    def _policy(self, reasoning: str, graph: Graph) -> Policy:
        found = np.zeros(len(graph.child))
        for number in np.flatnonzero(~graph.over):
            here = slice(int(graph.first[number]), int(graph.first[number + 1]))
            n = here.stop - here.start
            if not graph.giver_to_move[number]:
                found[here] = 1 / n
                continue
            seen = graph.position(int(number))
            for move, chance in self._chances(graph.board, seen, reasoning).items():
                found[here.start + graph.board.moves(seen).index(move)] += chance
        return found

    def _chances(self, rules: Breakthrough, seen: Position, reasoning: str) -> Mapping[Move, float]:
        good, guess = self.good(rules, seen), _picked(rules, seen)
        if (
            self.rule == "decorative"
            or reasoning == "own"
            or (self.rule == "meaning" and reasoning in ("paraphrased", "split"))
        ):
            return {good: 1.0}
        if self.rule == "surface" and reasoning == "paraphrased":  # any code, each as likely
            moves = rules.moves(seen)
            chances = dict.fromkeys(moves, 1 / CODES)
            chances[guess] += 1 - len(moves) / CODES
            return chances
        return {guess: 1.0}


@lru_cache(maxsize=1 << 16)
def _searched(rules: Breakthrough, seen: Position) -> Move:
    return Search(rules, advanced(rules), NODES).best(seen)[0]


def _picked(rules: Breakthrough, seen: Position, purpose: str = "guess") -> Move:
    moves = rules.moves(seen)
    return moves[int(luck(rules.write(seen), purpose) * len(moves))]


def _salt(rules: Breakthrough, seen: Position) -> int:
    """By how much a code is shifted here, so that no wording means the same everywhere."""
    return int(luck(rules.write(seen), "salt") * CODES)


def _between(prompt: Prompt) -> str:
    return joined([part for part in prompt.prefill if part != PROBE])


def _shown(prompt: Prompt) -> tuple[Breakthrough, Position]:
    found = pictured(prompt.question)
    if found is None:
        raise ModelError(f"a speaker at the board was asked {prompt.question[:60]!r}, which shows no board")
    return found
