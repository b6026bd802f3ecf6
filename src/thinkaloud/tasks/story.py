"""Things given and taken, told in sentences, some of which are irrelevant.

Tom has 5 apples. Ann gives Tom 3 apples. Tom loses 2 apples. -> 5 + 3 = 8. 8 - 2 = 6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import ADD, TAKE, Calculating
from thinkaloud.tasks.draws import NAMES, pick, some, whole
from thinkaloud.tasks.family import Work
from thinkaloud.tasks.parts import Decomposition, Part
from thinkaloud.vocabulary import Item

GAIN = ("{other} gives {name} {n} {things}.", "{name} finds {n} {things}.", "{name} buys {n} {things}.")
LOSS = ("{name} gives {other} {n} {things}.", "{name} loses {n} {things}.", "{name} sells {n} {things}.")
BESIDE = ("{other} has {n} {things}.", "{name} has {n} {spare}.", "{other} buys {n} {things}.")
THINGS = ("apples", "coins", "books", "pens", "cards", "stamps")

Event = tuple[int, bool, str]
"""By how many, whether that changes what is asked for, and as it is told."""
Story = tuple[str, int, tuple[Event, ...], str]
"""The first sentence, the count it states, what happens, the question."""


class StoryFamily(Calculating[Story]):
    """How many things a person has in the end."""

    name = "story"
    levels = (1, 2, 3, 4, 5, 6)
    meaning = "how many changes are told; from 3 on, level - 2 sentences are beside the point"
    algorithm = (
        "Note who and what is asked about, and the number at the start. Go through the sentences in order: "
        "add what comes, take away what goes, and pass over sentences about somebody else or other things."
    )

    def draw(self, rng: np.random.Generator, level: int) -> Story:
        """Changes by 2 to 9 that never go below 1, and sentences that change nothing, in random places."""
        name, other = some(rng, NAMES, 2)
        things, spare = some(rng, THINGS, 2)
        start = count = whole(rng, 2, 9)
        told: list[Event] = []
        for _ in range(level):
            n = whole(rng, 2, 9)
            change = -n if whole(rng, 0, 1) and count > n else n
            count += change
            text = pick(rng, GAIN if change > 0 else LOSS)
            told.append((change, True, text.format(name=name, other=other, n=n, things=things)))
        for _ in range(level - 2):
            n = whole(rng, 2, 9)
            text = pick(rng, BESIDE).format(name=name, other=other, n=n, things=things, spare=spare)
            told.insert(whole(rng, 0, len(told)), (n, False, text))
        opening = f"{name} has {start} {things}."
        return opening, start, tuple(told), f"How many {things} does {name} have now?"

    def ask(self, parts: Story) -> str:
        """The story, then the question."""
        opening, _, told, question = parts
        return " ".join([opening, *(text for _, _, text in told), question])

    def work(self, parts: Story) -> Work:
        """One step per change."""
        _, count, told, _ = parts
        for change, matters, _ in told:
            if matters:
                step = ADD if change > 0 else TAKE
                count = int((yield step(a=count, b=abs(change), c=count + change)))
        return str(count)

    def decompose(self, item: Item) -> Decomposition:
        """What is gained in all and what is lost in all, each from its own sentences, then one sum."""
        opening, start, told, _ = item.meta["parts"]
        name, things = opening.split()[0], opening.split()[-1].rstrip(".")
        parts, final = [], f"What is {start}"
        for asked, sign in (("get", 1), ("lose", -1)):
            changes = [(abs(change), text) for change, matters, text in told if matters and change * sign > 0]
            if changes:
                sentences = " ".join(text for _, text in changes)
                question = f"{sentences} How many {things} does {name} {asked} in all?"
                parts.append(Part(question, str(sum(n for n, _ in changes))))
                final += f" {'+' if sign > 0 else '-'} #{len(parts)}"
        return Decomposition(tuple(parts), f"{final}?")

    def program(self, item: Item) -> str:
        """A variable for the things asked about, with every change that matters."""
        opening, start, told, _ = item.meta["parts"]
        things = opening.split()[-1].rstrip(".")
        changes = [f"{things} {'+' if n > 0 else '-'}= {abs(n)}" for n, matters, _ in told if matters]
        return "\n".join([f"{things} = {start}", *changes, f"print({things})"])

    def slips(self, parts: Story, right: int) -> Sequence[int]:
        """The last change forgotten, counted twice or with the wrong sign, or irrelevant changes counted."""
        last = [change for change, matters, _ in parts[2] if matters][-1]
        beside = [right + sign * n for n, matters, _ in parts[2] if not matters for sign in (1, -1)]
        return [right - last, right + last, right - 2 * last, *beside]

    def solve(self, question: str) -> str:
        """Follow the asked person and thing sentence by sentence."""
        asked = re.search(r"How many (\w+) does (\w+) have", question)
        if asked is None:
            raise ValueError(f"not a question of {self.name}: {question!r}")
        things, name = asked.groups()
        count = 0
        for subject, verb, receiver, n in re.findall(rf"(\w+) (\w+) (?:(\w+) )?(\d+) {things}\.", question):
            if verb == "gives":
                count += int(n) * ((receiver == name) - (subject == name))
            elif subject == name:
                count += int(n) * (-1 if verb in ("loses", "sells") else 1)
        return str(count)
