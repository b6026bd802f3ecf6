"""How much skill does material buy? Givers of several strengths, who lack some of it, play takers of several strengths.

A unit is a block of games of one giver and one taker at the same odds. See `docs/odds.md` for the protocol in
words and what it cannot tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from thinkaloud.conditions.asking import Asking
from thinkaloud.errors import NotMeasurable, UserError
from thinkaloud.games.breakthrough import board
from thinkaloud.games.programs import close_all
from thinkaloud.items.asking import about_asking
from thinkaloud.items.study import LESS
from thinkaloud.records.many import chained
from thinkaloud.stats.davidson import ELO
from thinkaloud.stats.games import by_score, of_worth
from thinkaloud.studies.odds import estimates as played
from thinkaloud.studies.odds import solution
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.gathered import gathered
from thinkaloud.studies.odds.language import Manner, Speaker, asking_of, settled
from thinkaloud.studies.odds.open_setup import cells, setup
from thinkaloud.studies.odds.page import LIMITS, PAGE
from thinkaloud.studies.odds.recipe import Exact, Recipe, Spec, located, read
from thinkaloud.studies.odds.settings import OddsSettings
from thinkaloud.studies.odds.setups import SIDES
from thinkaloud.studies.odds.workers import Job, Workers
from thinkaloud.study import Asked, Do, Study, Unit, digest_of
from thinkaloud.vocabulary import Estimate, Key, Model, Record

APART = 0.5
"""By how much openings differ, in logits, in a plan that does not know it."""
SETTLES = "settles"
"""The phase in which it is found out how a model's answers are asked for."""


class Odds(Study):
    """What odds are worth as a function of skill."""

    name = "odds"
    question = "How much skill does material buy: what is it worth to the weak, and what to the strong?"
    short = "how much skill does material buy?"
    limits = LIMITS
    Settings = OddsSettings
    page = PAGE
    # no card: its numbers are held against solved boards in every run of the recipe `exact`, and in tests
    card = None

    def check(self, settings: OddsSettings) -> None:
        """A recipe that can be read and played."""
        recipe = self._recipe(settings)
        if recipe.players:
            setup(recipe).check(f"the recipe {settings.recipe!r}")

    def files(self, settings: OddsSettings) -> Mapping[str, str]:
        """A run that was begun with another recipe, or with another build of an engine, is not gone on with."""
        recipe = self._recipe(settings)
        more = setup(recipe).files() if recipe.players else {}
        return {"recipe": hashlib.sha256(located(settings.recipe, settings.game).read_bytes()).hexdigest(), **more}

    def undivided(self, settings: OddsSettings) -> str:
        """Whether a further block is played follows from the games of all cells, and a shard has only its own."""
        half = self._recipe(settings).half_width
        return f"with a half-width of {half:g} Elo wanted, when it stops follows from all games" if half else ""

    def asks(self, asked: Asked) -> Model | None:
        """The language model of the recipe, if one plays."""
        name = self._recipe(asked.settings).model
        return None if name is None else _opened(asked, name)

    def _recipe(self, settings: OddsSettings) -> Recipe:
        found, half = read(settings.recipe, settings.game), settings.half_width
        return found if half is None else replace(found, half_width=half)

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """What is solved first, then every cell, block by block."""
        recipe = self._recipe(asked.settings)
        do.expect(self.expected(asked.settings, 0, 0))
        if recipe.exact is not None:
            for missing in recipe.exact.missing:
                await do.unit(self._solved(recipe.exact, missing))
        if not recipe.players:
            return []
        key, made = Key(("odds", str(asked.seed))), setup(recipe)
        try:
            asides = made.notes()
            begun = {odds.label: made.openings(odds.label, key.child("openings", odds.label)) for odds in made.odds}
        finally:
            close_all()
        model = self.asks(asked)
        manners = {} if model is None else await self._manners(recipe, model, do, key.child("settled"))
        done: list[Sequence[Record]] = []
        async with Workers() as workers:
            for numbers in recipe.blocks:
                jobs = [Job(recipe, cell, [begun[cell.odds][i] for i in numbers], key) for cell in cells(recipe)]
                units = [self._block(at, job, workers, model, manners) for at, job in enumerate(jobs)]
                done += [came.records for came in await do.each([partial(do.unit, unit) for unit in units])]
                if recipe.half_width and played.precise(chained(done), key.child("enough"), recipe.half_width):
                    break
        n = sum(gathered(chained(done)).openings.values()) // max(1, len(made.odds))
        sides = SIDES.get(recipe.game)
        begun_from = f"{n} openings of {recipe.plies} random moves" if sides is None else f"{n} maps"
        turned = "to move first" if sides is None else sides[0]
        notes = [*asides, f"{2 * n} games of every cell: {begun_from}, each with either side {turned}."]
        notes += [line for one in manners.values() for line in about_asking("moves", one.asking, one.settled)]
        if recipe.half_width:
            notes.append(
                f"Registered: up to {recipe.openings} openings, looked at after every {recipe.block}; no more once "
                f"every worth was known to {recipe.half_width:g} Elo either way."
            )
        return notes

    def _solved(self, exact: Exact, missing: int) -> Unit:
        async def work(session: Model) -> list[Record]:
            return solution.solution(exact, missing)

        return Unit(phase=self.name, subject=exact.title, work=work, at={"missing": missing}, title=exact.title)

    async def _manners(self, recipe: Recipe, model: Model, do: Do, key: Key) -> dict[str, Manner]:
        """How the model is asked, for every `ask` of the recipe; what must be found out is a unit of its own."""
        rules = board(recipe.board, recipe.rows)
        found: dict[str, Manner] = {}
        for spec in (one for one in recipe.players.values() if one.by == "model"):
            if spec.ask in found:
                continue
            asking = asking_of(model, spec)
            found[spec.ask] = Manner(asking)
            if asking.tried:

                async def work(session: Model, spec: Spec = spec, asking: Asking = asking) -> list[Record]:
                    return await settled(session, rules, spec, asking, key)

                subject = setup(recipe).title
                done = await do.unit(Unit(phase=SETTLES, subject=subject, work=work, at={"ask": spec.ask}, cost=LESS,
                                          title=f"how answers are asked for ({asking.ask})", model=model))  # fmt: skip
                found[spec.ask] = Manner(asking, tuple(done.records))
        return found

    def _block(
        self, number: int, job: Job, workers: Workers, model: Model | None, manners: Mapping[str, Manner]
    ) -> Unit:
        specs = [job.recipe.players[name] for name in (job.cell.giver, job.cell.taker)]
        speak = [spec for spec in specs if spec.by == "model"]

        async def work(session: Model) -> list[Record]:
            return await spoken(job, session, manners) if speak else await workers.records(job)

        cell, numbers = job.cell, [opening.number for opening in job.begun]
        at = {"cell": number, "giver": cell.giver, "taker": cell.taker, "odds": cell.odds, "openings": numbers}
        prepared = [_lasting(record) for spec in speak for record in manners[spec.ask].settled]
        return Unit(phase=self.name, subject=setup(job.recipe).title, work=work, at=at, title=cell.title,
                    content={"prepared": digest_of(prepared)} if prepared else {},
                    model=model if speak else None)  # fmt: skip

    def rank(self, settings: OddsSettings) -> Callable[[Mapping[str, Any]], Any]:
        """In the order of the recipe, and then of the openings."""
        return lambda at: (at["cell"], at["openings"]) if "cell" in at else (at["missing"], [])

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """See `estimates.py` and `solution.py`."""
        games = gathered(records)
        return [*solution.estimates([records[i] for i in games.others]), *played.estimates_of(games, key)]

    def expected(self, settings: OddsSettings, tasks: int, items: int) -> int:
        """A unit for each block of each cell, and for each position that is solved."""
        recipe = self._recipe(settings)
        solved = len(recipe.exact.missing) if recipe.exact else 0
        return solved + (len(cells(recipe)) * len(recipe.blocks) if recipe.players else 0)

    def precision(self, asked: Asked) -> str:
        """How far from the truth one cell may be, and what a narrower interval takes."""
        recipe = self._recipe(asked.settings)
        if not recipe.players:
            return ""
        n = 2 * recipe.openings
        half = 25 * (by_score(0.5) / n) ** 0.5
        there = cells(recipe)
        games = n * len(there) / len({cell.odds for cell in there})
        alike, apart = (of_worth(games, recipe.openings, spread) for spread in (0.0, APART))
        return (
            f"{n} games a cell: at a score of one half +-{half:.0f} Elo (95%, if openings do not matter), at .9 "
            f"+-{25 * (by_score(0.9) / n) ** 0.5:.0f}; +-25 Elo takes {by_score(0.5):.0f} games. The ladder pools "
            f"{len(there)} cells: the worth of odds between nearly equal players to +-{alike:.0f} Elo at best, to "
            f"+-{apart:.0f} where openings differ by {APART * ELO:.0f} Elo in whom they favour (standard deviation)"
            f"{self._spoken(recipe, n)}"
        )

    def _spoken(self, recipe: Recipe, n: int) -> str:
        """In how many of the games a language model is asked, for a plan, which does not ask it."""
        speak = [name for name, spec in recipe.players.items() if spec.by == "model"]
        spoken = n * sum(cell.giver in speak or cell.taker in speak for cell in cells(recipe))
        return f"; {recipe.model} is asked before every move of its own in {spoken} games" if spoken else ""


def _opened(asked: Asked, name: str) -> Model:
    if asked.open_model is None:
        raise UserError(f"the language model {name!r} cannot be opened here")
    model = asked.open_model(name)
    if lacking := {"prefill", "logprobs"} - model.card.capabilities:
        raise NotMeasurable(f"{name} cannot be asked for moves: it lacks {', '.join(sorted(lacking))}")
    return model


def _lasting(record: Record) -> dict[str, Any]:
    """What later units depend on: the stem and the form of silence."""
    return {name: record.get(name) for name in ("stem", "silence")}


async def spoken(job: Job, model: Model, manners: Mapping[str, Manner]) -> list[Record]:
    """The games of a block in which a language model plays; `manners`: how it is asked, by the `ask` of its player."""
    specs = {name: job.recipe.players[name] for name in (job.cell.giver, job.cell.taker)}
    rules = board(job.recipe.board, job.recipe.rows)
    speakers = {
        name: Speaker(model, rules, spec, manners[spec.ask]) for name, spec in specs.items() if spec.by == "model"
    }
    return await games(job.recipe, job.cell, job.begun, job.key, speakers)
