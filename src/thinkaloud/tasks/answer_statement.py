"""Where a text states its answer: what of it is reasoning, and what the answer is.

    split_answer("5 plus 6 is 11. So the answer is 11.")     ("5 plus 6 is 11.",), "11"
    split_answer("<think>5 plus 6 is 11.</think><answer>11</answer>")   the same
    split_answer("The answer is 11. Check: 11 - 6 = 5. The answer is correct.")   (), "11", 3 sentences after it

thinkaloud reads answers itself, so reasoning must end before it says one. The rule, for logs, for files and for what
arms write:

* **The last statement decides**, and ends the reasoning; what comes after it did not lead to it and is only counted.
* Statements of the same answer directly before it (nothing between them) are cut with it. Other earlier ones stay:
  they were said on the way.
* A sentence that ends in `..., so the answer is 4` keeps its beginning, and so does one that ends in a box.
* A verdict (`The answer is correct.`) and a denial (`The answer isn't 41`) state nothing.
* Weak forms (`So it must be 42`, `Solution: 42`, an arrow, a last line that is an answer) count only at the very end,
  and where they hold a known answer; with a label, a number or a letter is enough.

Forms: sentences in English and in the languages of `answer_languages.py`, headings, boxes, `<answer>` tags, JSON,
`final_answer()`, `####`, the final channel of gpt-oss, a short line after `</think>`. Where none is found the answer is
None, and who calls counts that. This module knows texts only: no model, no log, no task.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from thinkaloud.joining import UNSPACED
from thinkaloud.tasks.answer_languages import LANGUAGES
from thinkaloud.tasks.answers import bare, plain
from thinkaloud.tasks.quantities import quantity
from thinkaloud.tasks.transcripts import cut

LONGEST = 120
"""Characters of a statement's answer; what is longer and has words of `_EXPLAINS` is no answer but talks of it."""
REACH = 2_000
"""Characters behind a statement in which a known answer may go on beyond the end of its sentence."""

_LEAD = r"(?:(?:so|therefore|thus|hence|and|finally|in conclusion|consequently)\b[\s,:]*)?(?:that\s+)?"
_GOOD = r"(?:correct|right|best|final|overall)"
_NAMED = (
    rf"(?:(?:the|my|our)\s+)?(?:(?:{_GOOD}\s+)*answer\b(?:\s+choice)?(?:\s+to\s[^:=]{{0,80}}?)?"
    rf"|{_GOOD}\s+(?P<option>option|choice)\b)"
)
_IS = r"(?:\s+(?:is|will be|would be|must be|should be)\b|[\s*_]*[:=]|\s+[-\u2013\u2014](?=\s))"
_STATED = re.compile(
    rf"[\W_]*(?:{_LEAD}{_NAMED}{_IS}|{'|'.join(LANGUAGES.values())})(?P<answer>.*)", re.IGNORECASE | re.DOTALL
)
_CLAUSE = re.compile(
    rf"(?:(?<=[\s,;:\u2014-])(?:and\s+)?(?:so|therefore|thus|hence|which means)\s+(?:that\s+)?{_NAMED}{_IS}"
    rf"|(?<=[\u3002\uff01\uff1f\uff1b\uff0c,])(?:{LANGUAGES['zh']}|{LANGUAGES['ja']})"
    rf"|(?<=\s){LANGUAGES['th']})(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHOSEN = re.compile(
    rf"[\W_]*{_LEAD}(?:(?:the\s+)?(?:option|choice|answer)\s+)?(?P<answer>\(?[A-Z]\)?|\S.{{0,60}}?)\s+"
    rf"(?:is|must be)\s+(?:therefore\s+|thus\s+)?"
    rf"(?:(?P<kind>(?:the|our|my)\s+(?:{_GOOD}\s+)*(?:answer|option|choice))|{_GOOD})\W*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\(?[A-Z]\)?(?!\w)", re.IGNORECASE)
_HEADING = re.compile(r"[\W_]*(?:the\s+)?(?:final\s+|correct\s+)?answer(?:\s+is)?[\W_]*", re.IGNORECASE)
_ENTRY = re.compile(r"(?:\A|(?<=\n))[ \t*#>-]*(?:step\s+)?\(?\d{1,3}[.):][ \t*]*\Z", re.IGNORECASE)
"""What numbers the entry of a list, right before a statement."""
_OPENED = re.compile(r"\s*\\[(\[]\s*\Z")
"""Opens a formula in which nothing but the answer stands."""
_BOX = re.compile(r"\\(?:boxed|fbox)\b")
_RESULT = re.compile(
    rf"[\W_]*{_LEAD}(?:the|our|my)\s+(?:final\s+)?(?:result|solution|total|answer)\s+(?:is|equals)\W*", re.I
)
_LABELLED = re.compile(
    r"[\W_]*(?:(?:final\s+)?(?:solution|result)\s*[:=]|\u2192|=>|\u2234|A:)(?P<answer>.*)", re.IGNORECASE | re.DOTALL
)
_NAMES_LETTER = re.compile(
    r"(?:\A|(?<=[\s,;:=.(>\u2014-]))(?:[Cc]orrect\s+|[Rr]ight\s+|CORRECT\s+)?"
    r"(?:[Aa]nswer|ANSWER|[Aa]ns|ANS|[Oo]ption|OPTION|[Cc]hoice|CHOICE)(?:\s+(?:choice|option|is|will be))?"
    r"\s*[:.=\u2013-]*\s*\(?(?P<answer>[A-J])\)?[\W_]*(?P<text>\S.{0,40})?\Z"
)
"""`Answer D` at the end of a text, or beside the option's text; only capital letters, and only known ones."""
_MUST_BE = re.compile(
    r"[\W_]*(?:so|therefore|thus|hence),?\s+(?:it|this|that|the\s+\w+)\s+(?:is|must be|has to be)\s+(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)

_TAG = re.compile(r"<answer>\s*(?P<answer>.*?)\s*(?:</answer>|\Z)", re.IGNORECASE | re.DOTALL)
_CHANNEL = re.compile(
    r"(?:<\|start\|>\w*)?<\|channel\|>final\b[^<]*<\|message\|>\s*(?P<answer>.*?)\s*(?:<\|(?:end|return)\|>|\Z)",
    re.DOTALL,
)
_JSON = re.compile(
    r"(?:```(?:json)?\s*)?\{(?P<before>[^{}]*?)\"(?:final[_ ])?answer\"\s*:\s*"
    r"(?P<answer>\"(?:[^\"\\]|\\.)*\"|[^,}\s]+)[^{}]*\}(?:\s*```)?",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"^[ \t]*(?:final_answer|submit_answer|submit|answer|finish)\((?P<answer>.*)\)[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_HASHES = re.compile(r"####[ \t]*(?P<answer>.+)")
_THOUGHT = re.compile(r"</think(?:ing)?>\s*(?P<answer>[^\n]+?)\s*\Z", re.IGNORECASE)
_TOKENS = re.compile(r"<\|start\|>\w*|<\|channel\|>\w*|<\|[^|<>\s]*\|>|</?think(?:ing)?>", re.IGNORECASE)

_ABBREVIATED = "".join(rf"(?<!\b{word}\.)" for word in ("St", "Dr", "Mr", "Mrs", "Ms", "Mt", "vs", "approx"))
_END = re.compile(
    rf"(?<!\s)\s*\n\s*|(?<=[.;!?]){_ABBREVIATED}\s+|(?<=[\u0964\u061f\u06d4])\s+|(?<=[\u3002\uff01\uff1f\uff1b])|(?<=[.!?;])(?=[{UNSPACED}])"
)
_SOFT = re.compile(
    r"\s*[:=]?\s*(?:therefore|thus|hence|then|clearly|simply|just|indeed|approximately|about|roughly|around|exactly|likely|"
    r"probably|donc|also|daher|somit|ca\.|that|option|choice)\b[\s,:]*",
    re.IGNORECASE,
)
_WHY = re.compile(r",?\s+(?:because|since|as|which|so that|weil|porque|parce que)\b.*", re.IGNORECASE | re.DOTALL)
_POLITE = re.compile(
    r"\s*(?:\u3067\u3059|\u3067\u3042\u308b|\uc785\ub2c8\ub2e4|\uc774\ub2e4|\u0939\u0948|\u06c1\u06d2)[\s.\u3002\u0964\u06d4]*\Z"
)
_NO_ANSWER = re.compile(
    r"(?:n't|not|un(?:clear|known|certain|sure)|obvious\w*|found|obtained|given|what|whether|in|to|by|based|simple|easy|"
    r"yet|the same|as follows|nicht|pas|no es|n\u00e3o|\u4e0d)(?:\b|(?=\W)).*",
    re.IGNORECASE | re.DOTALL,
)
_EXPLAINS = re.compile(r"\b(?:we|you|is|are|that|this|because|which|would|can|need|first|then|so)\b", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?:(?:also|indeed|now|therefore|thus)\s+)*(?:correct|incorrect|right|wrong|verified|confirmed|reasonable|consistent|"
    r"checked|good|fine|plausible|above|below|clear|complete|richtig|falsch|korrekt|correcta?|juste|esatta|"
    r"\u6b63\u786e|\u6b63\u78ba|\u5bf9|\u5c0d)(?:de|\u7684)?(?:\s+(?:now|indeed|too|as well))?",
    re.IGNORECASE,
)
_NOBODY = frozenset({"it", "this", "that", "which", "what", "he", "she", "they", "there", "here", "one"})


@dataclass(frozen=True, slots=True)
class Split:
    """The reasoning that leads to the answer, the answer as stated (None: nowhere), how many sentences came after it,
    and at which character its statement begins."""

    text: str
    answer: str | None
    after: int = 0
    start: int | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The reasoning, sentence by sentence."""
        return tuple(cut(self.text))


@dataclass(frozen=True, slots=True)
class Statement:
    """A place in a text that states an answer: from `start` to `end`; `weak`: only if the text ends with it."""

    start: int
    end: int
    answer: str
    weak: bool = False


def split_answer(text: str, known: Collection[str] = ()) -> Split:
    """Cut a text into reasoning and answer; `known` are texts that can be an answer: options, targets."""
    there = frozenset(map(plain, known))
    last = last_statement(text, there)
    if last is None:
        return Split(_untagged(text), None)
    before = _OPENED.sub("", _untagged(_ENTRY.sub("", text[: last.start])).rstrip(" *$"))
    if (head := before.rstrip(" ,;:-\u2014\uff0c")) != before:  # the sentence went on with the answer
        before = head + ("\u3002" if before.endswith("\uff0c") else "." if head[-1:].isalnum() else "")
    return Split(_headless(before), last.answer, len(cut(_untagged(text[last.end :]))), last.start)


def last_statement(text: str, known: frozenset[str] = frozenset()) -> Statement | None:
    """The last statement of an answer, from the first one before it that says the same with nothing between; `known`
    as `plain` spells them."""
    every = sorted(_statements(text, known), key=lambda one: (one.start, -one.end))
    while every and every[-1].weak and re.search(r"\w", text[every[-1].end :]):
        every.pop()
    strong = [one for i, one in enumerate(every) if not one.weak or i == len(every) - 1]
    if not strong:
        return None
    last = strong[-1]
    for one in reversed(strong[:-1]):
        if one.end >= last.end:  # it holds the other one: a box in a sentence, a sentence in a tag
            last = Statement(one.start, one.end, last.answer)
        elif plain(one.answer) == plain(last.answer) and not _says(text[one.end : last.start]):
            last = Statement(one.start, last.end, last.answer)
        else:
            break
    return last


def _says(between: str) -> bool:
    """Whether there is anything between two statements but headings and marks."""
    return bool(re.search(r"\w", _headless(_untagged(between))))


def _statements(text: str, known: frozenset[str]) -> Iterator[Statement]:
    """Every statement of an answer, in no order."""
    for pattern in (_TAG, _CHANNEL, _CALL, _HASHES):
        for found in pattern.finditer(text):
            if not _HEADING.fullmatch(found["answer"]) and (said := _inside(found["answer"], known)):
                yield Statement(found.start(), found.end(), said)
    for found in _JSON.finditer(text):
        start = found.start("before") + len(found["before"]) if '"' in found["before"] else found.start()
        yield Statement(start, found.end(), bare(found["answer"]))
    last = _THOUGHT.search(text)
    if last and len(last["answer"]) <= LONGEST and (said := _inside(last["answer"], known)):
        yield Statement(last.start("answer"), last.end(), said)
    pieces = list(_pieces(text))
    for at, (start, end, line_end) in enumerate(pieces):
        piece = text[start:end]
        if made := _sentence(piece, text[start:line_end], known):
            yield Statement(start + made.start, start + made.end, made.answer)
        elif at + 1 < len(pieces) and _HEADING.fullmatch(piece):
            following = text[pieces[at + 1][0] : pieces[at + 1][1]]
            if len(following) <= LONGEST and not _sentence(following, following, known):
                yield Statement(start, pieces[at + 1][1], _inside(following, known))
        elif at + 1 == len(pieces) and (ended := _weak(piece, known)):
            yield Statement(start + ended.start, end, ended.answer, True)


def _pieces(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, end of its line) of every sentence."""
    start = 0
    for found in [*_END.finditer(text), None]:
        end = found.start() if found else len(text)
        if text[start:end].strip():
            newline = text.find("\n", end)
            yield start, end, newline if newline >= 0 else len(text)
        start = found.end() if found else end


def _sentence(piece: str, line: str, known: frozenset[str]) -> Statement | None:
    """The statement in a sentence (its place counted from the sentence's beginning); `line`: it and the rest of its
    line, where an answer that is known may go on (`St. Louis`)."""
    for pattern in (_STATED, _CLAUSE):
        found = pattern.fullmatch(piece) if pattern is _STATED else _last(pattern, piece)
        if not found or (pattern is _CLAUSE and not re.search(r"\w", piece[: found.start()])):
            continue
        start = 0 if pattern is _STATED else found.start()
        whole = line[found.start("answer") :]
        if len(whole) <= REACH and plain(bare(whole)) in known:
            return Statement(start, len(line), bare(whole))
        said = _said(found["answer"], known)
        if said is not None and (not found["option"] or plain(said) in known or _LETTER.match(said) or quantity(said)):
            return Statement(start, len(piece), said)
    if (boxes := list(_BOX.finditer(piece))) and (said := bare(piece[boxes[-1].start() :])):
        head = piece[: boxes[0].start()].strip(" $*")
        kept = re.search(r"\w\W+\w", head) and not _RESULT.fullmatch(head)
        return Statement(boxes[0].start() if kept else 0, len(piece), said)
    if found := _CHOSEN.fullmatch(piece):
        said = bare(found["answer"])
        sure = plain(said) in known or (_LETTER.fullmatch(said) and len(said) == 1 and said.isupper())
        if sure or (found["kind"] and len(said.split()) <= 3 and not _NO_ANSWER.fullmatch(said)):
            return Statement(0, len(piece), said) if said.casefold() not in _NOBODY else None
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match that begins last and goes to the end of the text."""
    found, at = None, 0
    while match := pattern.search(text, at):
        found, at = match, match.start() + 1
    return found


def _said(content: str, known: frozenset[str]) -> str | None:
    """The answer that stands after `the answer is`; None where that is a verdict, a denial, or no answer."""
    text = content.strip()
    while text and (less := _SOFT.sub("", text, count=1) if _SOFT.match(text) else text) != text:
        text = less
    text = bare(_POLITE.sub("", _WHY.sub("", text)).strip())
    if not re.search(r"\w", text):
        return text if text and plain(text) in known else None
    if plain(text) in known:
        return text
    if (
        (len(text) > LONGEST and _EXPLAINS.search(text))
        or _VERDICT.fullmatch(text)
        or _NO_ANSWER.fullmatch(text.lstrip("' "))
    ):
        return None
    return _inside(text, known)


def _inside(text: str, known: frozenset[str]) -> str:
    """The answer in what was set apart as one: it, what it states, or the one known answer that it names."""
    text = _TAG.sub(r"\g<answer>", text).strip()
    if plain(bare(text)) in known:
        return bare(text)
    if inner := _sentence(text, text, known) or _lines(text, known):
        return inner.answer
    if found := re.fullmatch(r"\(?([A-Z])\)\s*(\S.*)", bare(text), re.DOTALL):
        return next((said for said in (found[1], bare(found[2])) if plain(said) in known), bare(text))
    named = {token for token in re.findall(r"[\w,.'-]*\w", text) if len(token) > 1 and plain(token) in known}
    return named.pop() if len({plain(one) for one in named}) == 1 and " " in text else bare(text)


def _lines(text: str, known: frozenset[str]) -> Statement | None:
    """The last statement of a text of several lines or sentences."""
    return last_statement(text, known) if len(list(_pieces(text))) > 1 else None


def _weak(piece: str, known: frozenset[str]) -> Statement | None:
    """The statement in a last sentence that states an answer without saying so; its place counted from the sentence's
    beginning."""
    if plain(bare(piece)) in known:
        return Statement(0, len(piece), bare(piece))
    if found := _LABELLED.fullmatch(piece):
        said = bare(found["answer"])
        if plain(said) in known or quantity(said) or _LETTER.fullmatch(said):
            return Statement(0, len(piece), said)
    named = _last(_NAMES_LETTER, piece)
    if named and plain(named["answer"]) in known and (not named["text"] or plain(bare(named["text"])) in known):
        return Statement(named.start(), len(piece), named["answer"])
    found = _MUST_BE.fullmatch(piece)
    said = bare(found["answer"]) if found else ""
    return Statement(0, len(piece), said) if said and plain(said) in known else None


def _untagged(text: str) -> str:
    """Without the tags that set reasoning apart."""
    return _TOKENS.sub("\n", text).strip() if "<" in text else text.strip()


def _headless(text: str) -> str:
    """Without a heading such as `**Final answer**` at the end."""
    for start, _, _ in reversed(list(_pieces(text))):
        piece = text[start:]
        if piece.strip("*_# \n") and not _HEADING.fullmatch(piece):
            break
        text = text[:start].rstrip()
    return text
