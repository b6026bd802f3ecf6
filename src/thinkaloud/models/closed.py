"""Options as token sequences with an end, so that a score is the probability of one answer and not of longer ones.

The rule, for every item and every backend that is asked in tokens. An option is read with its closing mark, tokenised
as the whole text would be, always: without the mark, `1` also holds the probability of 10 and 12. Two things follow.

*Joined ends.* Some tokenizers join the closing mark with the line ends that come after it (`.` and two line ends are
one token in Llama 3 and Qwen), and a model that ends its answers there writes that token and not the mark alone. These
are other token sequences for the same answer; they are read at the same place, which costs nothing, and added.

*Longer options.* Where a closed option is the beginning of another closed option (`5.` and `5.5.`, `No.` and
`No. 1.`), what goes on into the other one is taken off: the option counts only where the next token is not the one that
leads there. So the probabilities of an item's options are those of different events and never add up to more than 1.

The end of the turn is not read. It would be wrong for a model that goes on with another sentence after its answer, and
after a closed answer there is little else: on SmolLM2-135M (chain_sum and recall, silent and after reasoning), the
token after a closed option is the end of the turn, a line end or a space with .9986 to 1.0 of the probability.

What is not known. *Other spellings*: a text can be written by other token sequences than the tokenizer's own; only
the tokenizer's own is read, so a score is a lower bound, as everywhere where options are scored. *Longer answers that
are no option*: `5.` also holds a `5.25` that no option names, where the tokenizer makes the point a token of its own
(.0018 of the closed options' probability at most, there). *Answers that end otherwise* (`7` and the end of the turn)
count for no option and are missing in the mass: .03 at most, there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thinkaloud.errors import UserError

Tokens = tuple[int, ...]

JOINED = ("\n", "\n\n")
"""What a tokenizer may join with a closing mark: the ends of a line and of a paragraph."""


@dataclass(frozen=True, slots=True)
class Way:
    """One token sequence that writes an option and its closing mark. `onward`: next tokens that would continue into
    another option; their probability is subtracted."""

    tokens: Tokens
    onward: tuple[int, ...]


def texts(lead: str, options: Sequence[str], closing: str) -> list[tuple[str, ...]]:
    """The texts to tokenise for each option: the option with its closing mark, and the same with each line end that a
    tokenizer may join with the mark (none if there is no mark)."""
    ends = ("", *JOINED) if closing else ("",)
    return [tuple(f"{lead}{option}{closing}{more}" for more in ends) for option in options]


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
