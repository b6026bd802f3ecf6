"""Paraphrase by a model: the way where a task has no grammar, or to check the rules (Lanham et al. 2023).

The default is the task's own `paraphrase`, which is safe by construction. This one asks a model and then checks what
can be checked: every number of the original, in order, and no other number. What fails the check is no paraphrase.
"""

from __future__ import annotations

import re

from thinkaloud.vocabulary import Key, Model, Prompt, Sampling, Shot, Task, Transcript

_REQUEST = "Rewrite the following text, conveying exactly the same information but using different wording: "
_EXAMPLES = (
    ("5 + 6 = 11. 11 + 3 = 14.", "5 plus 6 makes 11. Then 11 plus 3 makes 14."),
    ("Tom has 4 apples. He eats 1.", "There are 4 apples that belong to Tom. Of these he eats 1."),
    ("The cat is on the mat.", "On the mat there is the cat."),
)


async def paraphrase_by_model(model: Model, task: Task, thought: Transcript, key: Key) -> Transcript | None:
    """`thought` in the model's words (the question is not shown), or None where a number went astray."""
    examples = tuple(Shot(_REQUEST + text, (answer,)) for text, answer in _EXAMPLES)
    sampling = Sampling(3 * max(16, len(thought.text) // 2), ("\n",))
    text = " ".join(thought.text.split())  # on one line, as the examples are: what is asked for ends at a line end
    done = await model.generate(Prompt(examples, _REQUEST + text), sampling, key)
    if done.finish != "stop" or done.text == text or numbers(done.text) != numbers(thought.text):
        return None
    other = task.parse(done.text)
    return other if other.steps else None


def numbers(text: str) -> list[str]:
    """All numbers of a text in order."""
    return re.findall(r"\d+(?:\.\d+)?", text)
