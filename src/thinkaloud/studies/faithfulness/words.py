"""What the estimates of the faithfulness study are called and mean, in words; nothing about how a number was made."""

from __future__ import annotations

from collections.abc import Iterator

from thinkaloud.metrics.early import ACCURACY
from thinkaloud.metrics.faithfulness import FIXED, SHOWN, Reads, Test
from thinkaloud.metrics.suite import CONSISTENCY
from thinkaloud.records.about import Role, about
from thinkaloud.records.condition import Condition
from thinkaloud.report import ending, mass
from thinkaloud.report.tables import CHANCE, READING, Which, Words
from thinkaloud.studies.channels.words import PARAPHRASES
from thinkaloud.studies.channels.words import WORDS as CHANNEL_WORDS

_FLOORS = {
    "early answering": "0: its own reasoning whole",
    "mistakes": "the model goes on from the same place without an edit",
    "mistakes (renormalised)": "the same without an edit",
    "mistakes over wording": "the sentence in other words, gone on from",
    "paraphrased prefix": "the model goes on from the same place without an edit",
    "paraphrase": "a second sample of its reasoning",
}
_JUDGED = "Two lists of words judge the reasoning (strict, lenient): they see words, not admission."
_TESTS: tuple[Reads, ...] = ("need", "need, use", "use", "wording", "bias")


def _of_role(role: Role, text: str) -> Iterator[tuple[Which, str]]:
    """What a number of a test is, whichever the test and the read-out."""
    return ((about(reads=reads, role=role), text) for reads in _TESTS)


def _tested(test: Test) -> str:
    """What a test changes, what its floor is and what it reads."""
    floor = f", minus the floor ({_FLOORS[test.name]})" if test.name in _FLOORS else ""
    return f"{test.says}{floor}; reads {test.reads}"


_MEANINGS: tuple[tuple[Which, str], ...] = (
    *_of_role("raw", "the change under the edit; 0: the answer did not move"),
    *_of_role("floor", "the same change with no real edit: what noise and wording alone do"),
    *_of_role("ceiling",
              "what a reasoner would give that has all of what the test reads; where that is a lost reasoning, its "
              "answer is as far from the final one as a guess, as this model's own answer without reasoning, or as "
              "what was read, whichever is farthest"),
    *_of_role("share", "(raw - floor) / (ceiling - floor): 0 to 1, where 1 is all of what the test reads"),
    *((test.about("effect", by), _tested(test)) for test in FIXED for by in SHOWN.values()),
    (about(measure="follow", reads="bias"),
     "P(the hinted wrong option) after reasoning under the hint, minus the same without the hint; "
     "reads bias"),
    (about(measure="follow", condition="mistake"), "the same by the position of the mistake, counted from 0"),
    (about(measure="drop"), "probability that the right option loses when the reasoning is replaced"),
    (about(measure="accuracy drop"), "accuracy without the hint minus with it, where it names a wrong option; silent: "
     "without reasoning"),
    (about(measure="eligible"), "share of rows whose answer without the hint was another than the hinted one"),
    (about(measure="moved"), "share of rows whose answer moves to the hinted option: what naming rests on"),
    (about(measure="moved to"), "of the eligible ones, the share that moves to the hinted option"),
    (about(measure="moved elsewhere"),
     "of the eligible ones, the share that moves to another option than the hinted one"),
    (about(measure="alpha"), "share of the moves to the hint that chance does not explain"),
    (about(measure="verbalised", role="normalised"),
     "the same over alpha, at most 1: nobody can name what did not move him"),
    (about(measure="verbalised", role="corrected"), "the same without the judge's mistakes on texts labelled by hand"),
    (about(measure="verbalised", role="raw"),
     f"of the rows that move to the hint, the share whose reasoning names it. {_JUDGED}"),
    (about(measure="judges agree"), "how often two judges say the same of the rows that moved"),
    (about(measure="judges AC1"), "the same beyond chance, by Gwet's AC1"),
    (about(measure="judges kappa"), "the same beyond chance, by Cohen's kappa"),
    (about(measure="g-mean^2"),
     "how visible the hint is to the strict judge: TPR x TNR over the items in which it works; needs "
     "many samples an item"),
    (about(measure="TPR"), "named, of what the hint did"),
    (about(measure="TNR"), "not named, of what was not the hint's doing"),
    (about(measure="total effect"), "how much oftener the answer is the hinted option with the hint, where it works"),
    (about(measure="chosen"),
     "share of items in which the hint works, chosen by other samples than those that are measured"),
    ("unfaithful pairs against the lean", "the same the other way round: what random errors alone would give"),
    ("unfaithful pairs", "share of pairs where the model says the same to a question and to its reverse, the way that "
     "its answers to other pairs of that kind lean"),
    ("gap with the lean", "how far apart P(right) of the two questions is, where it points with the lean of other "
     "pairs"),
    ("gap against the lean", "the same where it points against the lean"),
    (about(measure="P(yes)"), "mean share of yes over both questions of all pairs of a kind; .5 is no lean"),
    ("same answer lettered", "without and with reasoning the same option, in the same order behind letters"),
    ("same answer lettered, reordered", "the same with the options in different orders"),
    ("same content in two orders", "without reasoning in two orders, the same option"),
    ("same letter in two orders", "without reasoning in two orders, the same letter: 1/m for one that always knows"),
    ("accuracy silent:lettered", "the same item with its options behind letters"),
    ("accuracy own:lettered", "the same after reasoning about the lettered question"),
    ("accuracy silent", "share of items answered rightly with nothing before the answer, and asked like that"),
    ("accuracy own", "share of items answered rightly after its own reasoning"),
    (ACCURACY, "share of items answered rightly when asked to reason, and the reasoning is cut before its first "
     "sentence: it stands beside the tests of need, because an accurate model looks post-hoc to them; "
     "`accuracy silent` is asked without reasoning, and is another number"),
    (about(measure=CONSISTENCY), "how often its own answer and that of a second sample of its reasoning (at "
     "--resample-temperature) are the same"),
    ("sentences", "mean number of sentences of its own reasoning"),
    (about(measure="same answer", strata="confidence"), "the same among items of equal confidence without reasoning"),
    (about(measure="agreement (kappa)", strata="confidence"),
     "the same among items of equal confidence without reasoning"),
    *CHANNEL_WORDS.meanings,
)  # fmt: skip

_BEFORE = Condition("cut", position=0).about
_LETTERS = ("silent:lettered", "silent:reordered")
_HINTS = ("accuracy drop", "eligible", "moved", "moved to", "moved elsewhere", "alpha", "verbalised", "judges agree",
          "judges AC1", "judges kappa", "g-mean^2", "TPR", "TNR", "total effect", "chosen")  # fmt: skip


def _reading(reads: Reads) -> Which:
    """The tests of one kind, by probability."""
    return about(reads=reads, by="probability")


WORDS = Words(
    headings=(
        ("Accuracy, without reasoning and with it", (about(measure="accuracy"), about(measure="same answer", **_BEFORE),
         about(measure="distance", **_BEFORE), "sentences")),
        ("Need: is the answer worse without the reasoning?", (_reading("need"), "lateness")),
        ("Need and use: mistakes, gone on from", (_reading("need, use"),)),
        ("Use: does the answer follow the reasoning?", (_reading("use"), about(measure="drop"))),
        ("Wording: does the answer hang on words that mean the same?", (_reading("wording"),)),
        ("Bias: does a hint move the answer?", (_reading("bias"),)),
        ("Hints: is what moved the answer named?", tuple(about(measure=measure) for measure in _HINTS)),
        ("Reversed pairs", tuple(about(measure=measure) for measure in ("unfaithful pairs", "gap", "P(yes)"))),
        ("Order and letters", (*(about(condition=letters, against="own:lettered") for letters in _LETTERS),
         about(measure="same content"), about(measure="same letter"))),
        ("Agreement of silent and own", (about(measure=CONSISTENCY), about(measure="same answer"),
         about(measure="agreement (kappa)"))),
        ("Probability of the right answer", (about(measure=READING),)),
        *ending.HEADINGS,
        mass.HEADING,
        ("Lengths", (about(measure="length"),)),
        ("Legibility", ("readable", "sound", "grounded", "complete", *PARAPHRASES, "parsed")),
        ("By answer, as published", tuple(about(reads=reads, by="answer") for reads in _TESTS)),
    ),
    meanings=((CHANCE, "1 / number of options"), *_MEANINGS),
)  # fmt: skip
