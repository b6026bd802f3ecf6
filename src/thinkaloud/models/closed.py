"""Options as token sequences with an end, so that a score is the probability of one answer and not of longer ones.

The rule, for every item and every backend that is asked in tokens. An option is read with its closing mark, tokenised
as the whole text would be, always: without the mark, `1` also holds the probability of 10 and 12. Three things follow.

*Joined ends.* Some tokenizers join the closing mark with what comes after it (`.` and two line ends are one token in
Llama 3 and Qwen, and so is `}` with a full stop), and a model that ends its answers there writes that token and not the
mark alone. These are other token sequences for the same answer; they are read at the same place, which costs nothing,
and added.

*No mark.* Examples teach a model its closing mark. A model that answers in its own form ends an answer with its line,
with a full stop before it, or with its turn, now one and now the other. Where the closing mark is the end of a line,
all of these end an option, and their probabilities are added.

*Longer options.* Where a closed option is the beginning of another closed option (`5.` and `5.5.`, `No.` and
`No. 1.`), what goes on into the other one is taken off: the option counts only where the next token is not the one that
leads there. So the probabilities of an item's options are those of different events and never add up to more than 1.

After a closing mark the end of the turn is not read. It would be wrong for a model that goes on with another sentence
after its answer, and there is little else: on SmolLM2-135M (chain_sum and recall, silent and after reasoning), the
token after a closed option is the end of the turn, a line end or a space with .9986 to 1.0 of the probability.

What is not known. *Other spellings*: a text can be written by other token sequences than the tokenizer's own; only
the tokenizer's own is read, so a score is a lower bound, as everywhere where options are scored. *Longer answers that
are no option*: `5.` also holds a `5.25` that no option names, where the tokenizer makes the point a token of its own
(.0018 of the closed options' probability at most, there). *Answers that end otherwise* (`7` and the end of the turn)
count for no option where a closing mark is asked for, and are missing in the mass: .03 at most, there. *Units* (`7
dollars`) end no option.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thinkaloud.errors import UserError
from thinkaloud.vocabulary import LINE_END

Tokens = tuple[int, ...]

LINES = ("\n", "\n\n")
STOPS = (".", ".\n", ".\n\n", *LINES)
"""What ends an answer that no mark closes, beside the end of the turn."""
BEHIND = (*STOPS, ",", "$", "$.", "$\n", "$\n\n", "\\", "\\)", ")", ").", "]", "*", "**")
"""What a tokenizer may join with a closing mark of the model's own: stops, and marks of Markdown and TeX."""


@dataclass(frozen=True, slots=True)
class Way:
    """One token sequence that writes an option and its closing mark. `onward`: next tokens that would continue into
    another option; their probability is subtracted."""

    tokens: Tokens
    onward: tuple[int, ...]


def texts(lead: str, options: Sequence[str], closing: str) -> list[tuple[str, ...]]:
    """The texts to tokenise for each option: the option with its closing mark, and the same with what a tokenizer may
    join with the mark; at the end of a line, the option with each of the `STOPS`."""
    ends = endings(closing)
    return [tuple(f"{lead}{option}{end}" for end in ends) for option in options]


def endings(closing: str) -> tuple[str, ...]:
    """What may stand behind an option, shorter ones first; nothing where it is not closed at all."""
    if not closing:
        return ("",)
    if closing == LINE_END:
        return STOPS
    return (closing, *(closing + more for more in (LINES if closing == "." else BEHIND)))


def sequences(
    tokenize: Callable[[str], Tokens], lead: str, options: Sequence[str], closing: str
) -> tuple[tuple[Tokens, ...], tuple[tuple[Tokens, ...], ...]]:
    """The token sequence of each closed option, and further sequences in which the mark is joined with a line end. No
    sequence of an option is a prefix of another sequence of the same option. Raises `UserError` if two options have the
    same tokens."""
    return grouped([tuple(map(tokenize, spelt)) for spelt in texts(lead, options, closing)], options)


def grouped(
    written: Sequence[Sequence[Tokens]], options: Sequence[str]
) -> tuple[tuple[Tokens, ...], tuple[tuple[Tokens, ...], ...]]:
    """The same, from the tokens of `texts`."""
    plain = tuple(own[0] for own in written)
    if len(set(plain)) < len(plain):
        raise UserError(f"options repeat: {list(options)!r}")
    return plain, tuple(_others(own) for own in written)


def _others(own: Sequence[Tokens]) -> tuple[Tokens, ...]:
    kept = tuple(own[:1])
    for other in own[1:]:
        if not any(other[: len(one)] == one for one in kept):
            kept = (*kept, other)
    return kept[1:]


def ways(options: Sequence[Tokens], also: Sequence[Sequence[Tokens]] = ()) -> list[list[Way]]:
    """All sequences of each option, each with the next tokens that would continue into another option."""
    written = [(tokens, *others) for tokens, others in zip(options, also or [()] * len(options), strict=True)]
    owner = {tokens: index for index, own in enumerate(written) for tokens in own}
    lengths = sorted({len(tokens) for tokens in owner})
    onward: dict[Tokens, dict[int, None]] = {}
    for tokens, index in owner.items():
        for length in lengths:
            if length >= len(tokens):
                break
            if owner.get(tokens[:length], index) != index:
                onward.setdefault(tokens[:length], {})[tokens[length]] = None
    return [[Way(tokens, tuple(onward.get(tokens, ()))) for tokens in own] for own in written]
