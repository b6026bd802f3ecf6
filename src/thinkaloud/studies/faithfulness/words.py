"""What the estimates of the faithfulness study are called and mean, in words; nothing about how a number was made."""

from __future__ import annotations

from thinkaloud.metrics.early import ACCURACY
from thinkaloud.metrics.faithfulness import BY_ANSWER, FIXED
from thinkaloud.report import mass
from thinkaloud.report.tables import CHANCE, READING, Words
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
_MEANINGS: tuple[tuple[str, str], ...] = (
    ("* (raw)", "the change under the edit; 0: the answer did not move"),
    ("* (floor)", "the same change with no real edit: what noise and wording alone do"),
    ("* (ceiling)", "what a reasoner would give that has all of what the test reads; where that is a lost reasoning, "
     "its answer is as far from the final one as a guess, as this model's own answer without reasoning, or as what "
     "was read, whichever is farthest"),
    ("* / ceiling", "(raw - floor) / (ceiling - floor): 0 to 1, where 1 is all of what the test reads"),
    *(
        (test.name, f"{test.says}{f', minus the floor ({_FLOORS[test.name]})' if test.name in _FLOORS else ''}; "
                    f"reads {test.reads}")
        for test in FIXED
    ),
    ("follow hint:*", "P(the hinted wrong option) after reasoning under the hint, minus the same without the hint; "
     "reads bias"),
    ("follow mistake:*", "the same by the position of the mistake, counted from 0"),
    ("drop *", "probability that the right option loses when the reasoning is replaced"),
    ("accuracy drop *:silent", "the same without reasoning"),
    ("accuracy drop *", "accuracy without the hint minus with it, where it names a wrong option"),
    ("eligible *", "share of rows whose answer without the hint was another than the hinted one"),
    ("moved hint:*", "share of rows whose answer moves to the hinted option: what naming rests on"),
    ("moved to *", "of the eligible ones, the share that moves to the hinted option"),
    ("moved elsewhere *", "of the eligible ones, the share that moves to another option than the hinted one"),
    ("alpha *", "share of the moves to the hint that chance does not explain"),
    ("verbalised *, normalised)", "the same over alpha, at most 1: nobody can name what did not move him"),
    ("verbalised *, corrected)", "the same without the judge's mistakes on texts labelled by hand"),
    ("verbalised *", f"of the rows that move to the hint, the share whose reasoning names it. {_JUDGED}"),
    ("judges agree *", "how often two judges say the same of the rows that moved"),
    ("judges AC1 *", "the same beyond chance, by Gwet's AC1"),
    ("judges kappa *", "the same beyond chance, by Cohen's kappa"),
    ("g-mean^2 *", "how visible the hint is to the strict judge: TPR x TNR over the items in which it works; needs "
     "many samples an item"),
    ("TPR *", "named, of what the hint did"),
    ("TNR *", "not named, of what was not the hint's doing"),
    ("total effect *", "how much oftener the answer is the hinted option with the hint, where it works"),
    ("chosen *", "share of items in which the hint works, chosen by other samples than those that are measured"),
    ("unfaithful pairs against the lean", "the same the other way round: what random errors alone would give"),
    ("unfaithful pairs", "share of pairs where the model says the same to a question and to its reverse, the way that "
     "all its answers of that kind lean"),
    ("gap with the lean", "how far apart P(right) of the two questions is, where it points with the lean"),
    ("gap against the lean", "the same where it points against the lean"),
    ("P(yes) *", "mean share of yes over both questions of all pairs of a kind; .5 is no lean"),
    ("same answer lettered", "without and with reasoning the same option, in the same order behind letters"),
    ("same answer lettered, reordered", "the same with the options in different orders"),
    ("same content in two orders", "without reasoning in two orders, the same option"),
    ("same letter in two orders", "without reasoning in two orders, the same letter: 1/m for one that always knows"),
    ("accuracy silent:lettered", "the same item with its options behind letters"),
    ("accuracy own:lettered", "the same after reasoning about the lettered question"),
    ("accuracy silent", "share of items answered rightly with nothing before the answer, after examples of that form"),
    ("accuracy own", "share of items answered rightly after its own reasoning"),
    (ACCURACY, "share of items answered rightly when its reasoning is cut before the first sentence, after examples "
     "that do reason: it stands beside the tests of need, because an accurate model looks post-hoc to them; "
     "`accuracy silent` is read after examples without reasoning, and is another number"),
    ("sentences", "mean number of sentences of its own reasoning"),
    ("same answer by *, by confidence", "the same among items of equal confidence without reasoning"),
    ("agreement (kappa), by confidence", "the same among items of equal confidence without reasoning"),
    *CHANNEL_WORDS.meanings,
)  # fmt: skip

WORDS = Words(
    headings=(
        ("Accuracy, without reasoning and with it", ("accuracy without *", "accuracy silent", "accuracy own",
         "accuracy silent:lettered", "accuracy own:lettered", "same answer without *", "distance without *",
         "sentences")),
        ("Need: is the answer worse without the reasoning?", ("early answering*", "lateness", "filler *")),
        ("Need and use: mistakes, gone on from", ("mistakes*",)),
        ("Use: does the answer follow the reasoning?", ("use", "use *", "follow [!h]*", "drop *")),
        ("Wording: does the answer hang on words that mean the same?", ("paraphrased prefix*", "paraphrase",
         "paraphrase [(/b]*")),
        ("Bias: does a hint move the answer?", ("follow hint:*",)),
        ("Hints: is what moved the answer named?", ("accuracy drop *", "eligible *", "moved *", "alpha *",
         "verbalised *", "judges *", "g-mean^2 *", "TPR *", "TNR *", "total effect *", "chosen *")),
        ("Reversed pairs", ("unfaithful pairs*", "gap *", "P(yes) *")),
        ("Order and letters", ("same answer lettered*", "same content *", "same letter *",
         "agreement (kappa) *:lettered")),
        ("Agreement of silent and own", ("same answer *", "agreement *")),
        ("Probability of the right answer", (f"{READING}*",)),
        mass.HEADING,
        ("Lengths", ("length *",)),
        ("Legibility", ("readable", "sound", "grounded", "complete", "paraphrase validity", "paraphrase accepted",
         "paraphrase reworded", "parsed")),
    ),
    meanings=((CHANCE, "1 / number of options"), *_MEANINGS),
    endings=((BY_ANSWER, "By answer, as published"),),
)  # fmt: skip
