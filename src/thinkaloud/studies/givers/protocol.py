"""Are givers bad at odds because they never saw them, or because they were never paid for exploiting the weak?

A unit is one training of one seed, with its tests. See `docs/givers.md` for the protocol in words and what it cannot
tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from thinkaloud.games.learned.nets import Net
from thinkaloud.runs.scratch import scratch
from thinkaloud.stats.davidson import ELO
from thinkaloud.stats.seeds import FEWEST
from thinkaloud.studies.givers.course import Course, Log
from thinkaloud.studies.givers.estimates import GIVER, KNOWN, estimates
from thinkaloud.studies.givers.page import LIMITS, PAGE
from thinkaloud.studies.givers.place import Computed, Giver, Place, Scores, check_solvable, place
from thinkaloud.studies.givers.recipe import Arm, Recipe, located, read
from thinkaloud.studies.givers.settings import GiversSettings
from thinkaloud.study import Asked, Do, Study, Unit
from thinkaloud.vocabulary import Estimate, Key, Model, Record

STRANGER = "stranger"
"""The seed of the net that takers play."""


class Givers(Study):
    """The 2x2 of starts at odds and weak opponents, over training seeds."""

    name = "givers"
    question = "Do strong players fail at odds because they never saw them, or because they do not exploit the weak?"
    short = "what must a giver be trained on to play at odds?"
    limits = LIMITS
    Settings = GiversSettings
    page = PAGE
    # no card: exact policies in the place of nets give back their exact contrasts (tests), and every solved run has
    # the ceiling and a null
    card = None

    def check(self, settings: GiversSettings) -> None:
        """A recipe that can be read, and a board that can be solved where it must be."""
        check_solvable(read(settings.recipe))

    def files(self, settings: GiversSettings) -> Mapping[str, str]:
        """A run that was begun with another recipe is not gone on with."""
        return {"recipe": hashlib.sha256(located(settings.recipe).read_bytes()).hexdigest()}

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """What is known of the board, then every training, seed by seed."""
        settings: GiversSettings = asked.settings
        recipe, root = read(settings.recipe), Key(("givers", str(asked.seed)))
        do.expect(self.expected(settings, 0, 0))

        @lru_cache(maxsize=1)
        def there() -> Place:
            return place(recipe, root, Course(recipe, STRANGER, root, scratch()).base)

        if recipe.exact:
            await do.unit(self._known(recipe, there))
        for seed in settings.seeds:
            course = Course(recipe, str(seed), root, scratch())
            for number, arm in enumerate(recipe.arms):
                await do.unit(self._training(course, number, arm, there))
        way = recipe.learning
        return [
            f"Base nets: {recipe.base} lessons of {recipe.games} games; every arm: {recipe.stops[-1]} more, each with "
            f"{way.updates} updates over {way.rows} of the giver's own positions. The control is (even, equal) once "
            "more: as many updates, other draws.",
            f"Training taker {recipe.weak!r}; held out {recipe.held_out!r}.",
            f"Of a test: {self.precision(asked)}.",
        ]

    def _known(self, recipe: Recipe, there: Callable[[], Place]) -> Unit:
        async def work(session: Model) -> list[Record]:
            at = there()
            assert isinstance(at, Computed)
            tests = [{"giver": giver, **test} for taker in recipe.takers
                     for giver, scores in at.ceiling(taker).items() for test in _tests(taker, 0, scores)]  # fmt: skip
            return [{"item": "the ceiling", "status": "ok", "kind": KNOWN, **_roles(recipe), "tests": tests}]

        return Unit(phase=self.name, subject=recipe.title, work=work, at={"known": True}, title="the ceiling")

    def _training(self, course: Course, number: int, arm: Arm, there: Callable[[], Place]) -> Unit:
        async def work(session: Model) -> list[Record]:
            return [{**_roles(course.recipe), **training(course, arm, there())}]

        title = f"{arm.name}, seed {course.seed}"
        at = {"seed": int(course.seed), "arm": number, "name": arm.name}
        return Unit(phase=self.name, subject=course.recipe.title, work=work, at=at, title=title)

    def rank(self, settings: GiversSettings) -> Callable[[Mapping[str, Any]], Any]:
        """What is known first, then seed by seed in the order of the arms."""
        return lambda at: (at["seed"], at["arm"]) if "seed" in at else (-1, 0)

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """See `estimates.py`."""
        return estimates(records)

    def expected(self, settings: GiversSettings, tasks: int, items: int) -> int:
        """A unit for each training, and one for what is known."""
        recipe = read(settings.recipe)
        return len(settings.seeds) * len(recipe.arms) + recipe.exact

    def precision(self, asked: Asked) -> str:
        """What the games of a test leave open beside the seeds."""
        recipe, seeds = read(asked.settings.recipe), len(asked.settings.seeds)
        few = f"; fewer than {FEWEST} seeds give no interval" if seeds < FEWEST else ""
        if recipe.exact:
            return f"scores are computed: intervals are about training seeds alone{few}"
        n = 2 * recipe.openings * recipe.times
        known = 1.96 * ELO * 2 / n**0.5
        return f"{n} games a test: at a score of one half each seed's Elo is known to +-{known:.0f}{few}"


def training(course: Course, arm: Arm, at: Place) -> Record:
    """The record of a training: its tests at every stop, and what went on."""
    recipe = course.recipe
    about = {"item": f"seed {course.seed}, {arm.name}", "status": "ok", "kind": GIVER, "seed": int(course.seed)}
    about |= {"arm": arm.name, "start": arm.start, "opponent": arm.opponent}

    def tests(net: Net, stop: int) -> list[Record]:
        """All of them at both ends of a training; on the way, those of the curves."""
        last, few = stop in (0, recipe.stops[-1]), [recipe.weak, recipe.held_out]
        key = course.key.child("tests", arm.name, stop)
        usual, *others = (Giver(net, temperature) for temperature in recipe.temperatures)
        asked: list[tuple[Giver, Sequence[str], Sequence[int]]] = (
            [(usual, list(recipe.takers), recipe.odds), *((one, [recipe.held_out], recipe.missing) for one in others)]
            if last
            else [(usual, few, recipe.missing)]
        )
        return [{**test, "temperature": giver.temperature} for giver, takers, odds in asked
                for taker, scores in at.scores(giver, takers, odds, key).items()
                for test in _tests(taker, stop, scores)]  # fmt: skip

    if arm.opponent is None:
        return {**about, "tests": tests(course.base(), 0), "log": {}}
    log, found = Log(), []
    for stop, net in course.trained(arm, at, log):
        found += tests(net, stop)
    return {**about, "tests": found, "log": log.said()}


def _tests(taker: str, stop: int, scores: Scores) -> list[Record]:
    return [{"taker": taker, "stop": stop, "missing": missing, "score": round(score, 9), "games": games}
            for missing, (score, games) in scores.items()]  # fmt: skip


def _roles(recipe: Recipe) -> dict[str, Any]:
    """What estimates must know of the recipe."""
    return {"weak": recipe.weak, "held out": recipe.held_out, "missing": list(recipe.missing),
            "stops": list(recipe.stops), "temperatures": list(recipe.temperatures),
            "takers": list(recipe.takers)}  # fmt: skip
