"""What the lines of the records families say: six topics, each written in three ways.

    explicit      music                                 the topic's own word
    paraphrased   This one concerns songs and tunes     other words for the topic
    inferred      The choir sang too low yesterday      a message from which the topic has to be read

No message of the two indirect ways contains the word of any topic. Lengths are in `pieces`: a word, a digit and a mark
each count as one, and so does a line end. That is an estimate of tokens without a tokenizer. It is used in place of
"1.3 tokens a word" because lines of two words and two marks hold more than twice as many tokens as words; a tokenizer
that splits words needs more than it says. This module knows no questions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Labels = Literal["explicit", "paraphrased", "inferred"]
"""How a line's topic is written."""

TOPICS = ("food", "money", "music", "sport", "travel", "weather")

_PIECE = re.compile(r"[^\W\d_]+|\d|[^\w\s]|\n")

_PARAPHRASES = {
    "food": ("things to eat", "meals and dishes", "what we cook", "eating well", "snacks and dinners"),
    "money": ("cash and coins", "banks and loans", "what things cost", "pay and prices", "saving and spending"),
    "music": ("songs and tunes", "bands and singers", "playing instruments", "concerts and melodies", "singing"),
    "sport": ("games and matches", "athletics", "teams and contests", "training to win", "running and ball games"),
    "travel": ("trips and tours", "journeys abroad", "being on holiday", "going to far places", "flights and hotels"),
    "weather": ("sun and rain", "wind and clouds", "storms and snow", "the forecast", "heat and frost outside"),
}
_OPENINGS = (
    "This one concerns",
    "Here you read on",
    "My subject is",
    "A few words on",
    "What I think of is",
    "Notes on",
)

_INFERRED = {
    "food": (
        "The soup was too salty",
        "I burned the pancakes",
        "My sister baked bread",
        "We ran out of butter",
        "I peeled ten potatoes",
        "The cheese smelled bad",
        "Our rice boiled over",
        "I had three plums",
        "The cook forgot the sauce",
        "The pizza came cold",
    ),
    "money": (
        "The rent went up",
        "I paid off the loan",
        "My salary was late",
        "The bank took a fee",
        "I owed him ten dollars",
        "The price doubled",
        "My card was declined",
        "The tax form came",
        "I sold my shares",
        "Our budget was cut",
    ),
    "music": (
        "I tuned the violin",
        "The choir sang too low",
        "She practised the drums",
        "The pianist was brilliant",
        "I hummed the same tune",
        "Our band found a singer",
        "He broke a guitar string",
        "The chorus was catchy",
        "I practised my scales",
        "The trumpet was too loud",
    ),
    "sport": (
        "We lost by two goals",
        "I swam forty lengths",
        "The referee sent him off",
        "My team won the cup",
        "I lifted heavy weights",
        "She served four aces",
        "The goalkeeper slipped",
        "Our coach made us sprint",
        "He missed the penalty",
        "I jogged ten laps",
    ),
    "travel": (
        "We missed the ferry",
        "My visa had expired",
        "The hotel lost our booking",
        "I packed two suitcases",
        "Our flight was delayed",
        "We slept at the airport",
        "The border guard waved us on",
        "The tour bus left early",
        "We crossed the desert by jeep",
        "Customs searched our bags",
    ),
    "weather": (
        "It poured for hours",
        "The fog hid the street",
        "Snow covered the car",
        "It was hot and humid",
        "A storm took the roof",
        "Hail broke the window",
        "The wind bent the trees",
        "It froze hard outside",
        "Thunder woke the baby",
        "Dark clouds came in",
    ),
}
_WHEN = ("again", "today", "yesterday", "last night", "on Friday", "this morning", "this week", "at noon")


@cache
def messages(labels: Labels, topic: str) -> tuple[str, ...]:
    """Everything that a line of this topic can say; no message belongs to two topics."""
    if labels == "explicit":
        return (topic,)
    if labels == "paraphrased":
        return tuple(f"{opening} {phrase}" for opening in _OPENINGS for phrase in _PARAPHRASES[topic])
    return tuple(f"{sentence} {when}" for sentence in _INFERRED[topic] for when in _WHEN)


@cache
def meanings(labels: Labels) -> dict[str, str]:
    """Message -> its topic: how the text is read again."""
    return {message: topic for topic in TOPICS for message in messages(labels, topic)}


@cache
def longest(labels: Labels) -> int:
    """Pieces of the longest message."""
    return max(pieces(message) for message in meanings(labels))


def pieces(text: str) -> int:
    """Length of a text in words, digits, marks and line ends, each counted as one."""
    return sum(1 for _ in _PIECE.finditer(text))
