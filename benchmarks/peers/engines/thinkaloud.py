"""thinkaloud itself, through its public model interface: everything of a stage is asked at the same time, and
the stages of a workload in one session.

One change for the comparison's sake: the end of a turn does not end a writing, as for every other peer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from workload import Answers, Ask, Score

from engines.base import Given


class Thinkaloud:
    """A peer on one of our backends; `name` is what `open_model` opens."""

    def __init__(self, name: str, given: Given) -> None:
        import thinkaloud
        from thinkaloud.models.loading import Loading
        from thinkaloud.open_model import open_model

        loading = Loading(precision="exact", format="chat", threads=given.threads)
        self.model: Any = open_model(name, loading)
        self._loop = asyncio.new_event_loop()
        self._session: Any = self.model.session()
        self.computed: int | None = None
        card = self.model.card
        self.facts = {"thinkaloud": thinkaloud.__version__, "precision": card.precision, "backend": card.backend}

    def run(self, asks: list[Ask]) -> Answers:
        return self._loop.run_until_complete(self._together(asks))

    async def _together(self, asks: list[Ask]) -> Answers:
        from thinkaloud.vocabulary import Key, Prompt, Sampling, Shot

        session, before = self._session, self._session.usage
        answers, jobs = Answers(), list[Any]()

        async def read(ask: Ask, prompt: Any) -> None:
            assert isinstance(ask.op, Score)
            answers.logprobs[ask.op.id] = list((await session.score(prompt, ask.op.options, "")).logprobs)

        async def write(ask: Ask, prompt: Any) -> None:
            assert not isinstance(ask.op, Score)
            op = ask.op
            sampling, key = Sampling(op.tokens, (), op.temperature), Key(("peers", op.id))
            done = await asyncio.gather(*(session.generate(prompt, sampling, key.child(s)) for s in range(op.n)))
            answers.texts[op.id] = [one.text for one in done]
            short = [one.tokens for one in done if one.tokens != op.tokens]
            assert not short, f"{op.id} wrote {short} tokens, not {op.tokens}"

        for ask in asks:
            shots = tuple(Shot(question, (answer,)) for question, answer in ask.shots)
            prompt = Prompt(shots, ask.question, ask.prefill)
            jobs.append((read if isinstance(ask.op, Score) else write)(ask, prompt))
        await asyncio.gather(*jobs)
        written = sum(ask.op.n for ask in asks if not isinstance(ask.op, Score))
        # the last token of a writing is never computed
        spent = session.usage.computed + session.usage.generated - before.computed - before.generated
        self.computed = (self.computed or 0) + spent - written
        return answers

    def forget(self) -> None:
        """A workload is one session, as a unit of a run is; preambles of earlier ones go as well."""
        self._session = self.model.session()
        self.model.engine._saved.clear()

    def close(self) -> None:
        pass


def never(token: int) -> bool:
    """Whether a token ends a turn: here none does."""
    return False
