"""One training of a giver: from the base net of its seed through all lessons of its arm, and what went on in them.

An arm changes two things and nothing else: where its games begin, and who the opponent is. Every arm has equally many
lessons, updates and positions to learn from, all of them the giver's own. The *equal* opponent is a twin: a second net
that begins with the same base and learns as much from its own side of the same games. The *weak* one is a taker of the
recipe and learns nothing. Who moves first, and how many men are missing at odds, is drawn for every game.

Everything is drawn from keys that name seed and arm: a training that is done again has the same weights. This module
measures nothing but the trainings themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from thinkaloud.games.learned.boards import boards
from thinkaloud.games.learned.crowd import by_net
from thinkaloud.games.learned.lessons import learn, targets
from thinkaloud.games.learned.nets import Learner, Net, initial
from thinkaloud.games.learned.rounds import Begun, Round, played
from thinkaloud.studies.givers.place import Place
from thinkaloud.studies.givers.recipe import EQUAL, Arm, Recipe
from thinkaloud.studies.training.kept import Arrays, kept
from thinkaloud.vocabulary import Key

EARLY = 0.1
"""Share of the lessons that count as early: the giver is still nearly its base net."""


@dataclass
class Log:
    """What went on in the lessons of an arm, lesson by lesson, as shares: `short`, of the games in which the giver
    began with men missing; `behind`, of the positions learned from in which it had fewer men than the other side;
    `won`, of the games that it won."""

    short: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    won: list[float] = field(default_factory=list)

    def add(self, begun: Begun, seen: Round) -> None:
        """A lesson."""
        fewer = [step.boards.own.sum(axis=1) < step.boards.other.sum(axis=1) for step in seen.steps if step.giver]
        self.short.append(float((begun.boards.own.sum(axis=1) < begun.boards.other.sum(axis=1)).mean()))
        self.behind.append(float(np.concatenate(fewer).mean()))
        self.won.append(float(seen.scores.mean()))

    def said(self) -> dict[str, float]:
        """Means over lessons; of games won, also over the early and the last ones."""
        some = max(1, round(EARLY * len(self.won)))
        found = {"short": self.short, "behind": self.behind, "won early": self.won[:some], "won late": self.won[-some:]}
        return {name: round(float(np.mean(values)), 6) for name, values in found.items()}


@dataclass(frozen=True)
class Course:
    """The trainings of one seed. `folder`: where base nets are kept while the run goes on; None: nowhere."""

    recipe: Recipe
    seed: str
    root: Key
    folder: Path | None

    @property
    def key(self) -> Key:
        """Of all that this seed draws."""
        return self.root.child("seed", self.seed)

    def base(self) -> Net:
        """Taught by games against itself from even starts; it learns from both sides."""
        return kept(self.folder, f"base-{self.seed}", self._base)

    def _base(self) -> Arrays:
        recipe, key = self.recipe, self.key.child("base")
        way = recipe.learning
        learner = Learner(initial(recipe.rules.squares, recipe.hidden, key.child("weights").rng), way.rate)
        for lesson in range(recipe.base):
            rng = key.child(lesson).rng
            own = by_net(recipe.rules, learner.net, way.temperature)
            seen = played(recipe.rules, self._begun(False, rng), own, own, rng)
            sides = [targets(learner.net, seen, giver, way.trace) for giver in (True, False)]
            x, y = (np.concatenate(both) for both in zip(*sides, strict=True))
            learn(learner, x, y, way, rng)
        return dict(learner.net)

    def trained(self, arm: Arm, at: Place, log: Log) -> Iterator[tuple[int, Net]]:
        """The net of an arm at every stop, and `log` filled on the way."""
        recipe, way = self.recipe, self.recipe.learning
        rules, key = recipe.rules, self.key.child(arm.name)
        base = self.base()
        giver, twin = Learner(base, way.rate), Learner(base, way.rate)
        taker = None if arm.opponent == EQUAL else at.opponent(str(arm.opponent))
        for lesson in range(1, recipe.stops[-1] + 1):
            rng = key.child(lesson).rng
            own = by_net(rules, giver.net, way.temperature)
            begun = self._begun(arm.start == "odds", rng)
            seen = played(rules, begun, own, taker or by_net(rules, twin.net, way.temperature), rng)
            learn(giver, *targets(giver.net, seen, True, way.trace), way, rng)
            if taker is None:
                learn(twin, *targets(twin.net, seen, False, way.trace), way, rng)
            log.add(begun, seen)
            if lesson in recipe.stops:
                yield lesson, giver.net

    def _begun(self, odds: bool, rng: np.random.Generator) -> Begun:
        rules, missing = self.recipe.rules, self.recipe.missing if odds else (0,)
        starts = boards(rules, [rules.start(one) for one in missing])
        return Begun(starts[rng.integers(len(missing), size=self.recipe.games)], rng.random(self.recipe.games) < 0.5)
