"""Where a text states its answer: what is cut off as the answer, and what stays as reasoning."""

from __future__ import annotations

# ruff: noqa: RUF001
import pytest

from thinkaloud.tasks.answer_languages import LANGUAGES
from thinkaloud.tasks.answer_statement import split_answer

R = "5 plus 6 is 11. 11 plus 31 is 42."
KNOWN = ("42", "41", "7", "A", "B", "C", "D")
FORMS = {
    "tags": (f"<think>\n{R}\n</think>\n<answer>42</answer>", "42"),
    "tags on lines": (f"<think>\n{R}\n</think>\n<answer>\n42\n</answer>", "42"),
    "Minerva": (f"{R}\nFinal Answer: The final answer is $42$. I hope it is correct.", "42"),
    "a box without braces": (f"{R} So our answer is $\\boxed 42$.", "42"),
    "fbox": (f"{R} So the result is \\fbox{{42}}.", "42"),
    "correct option": (f"{R} Hence the correct option is B.", "B"),
    "option is correct": (f"{R} Therefore, option (B) is correct.", "B"),
    "best choice, with its text": (f"{R} The best choice is (B) 42.", "B"),
    "so it must be": (f"{R} So it must be 42.", "42"),
    "solution": (f"{R}\nSolution: 42", "42"),
    "result": (f"{R}\nFinal result: **42**", "42"),
    "a heading, then a sentence": (f"{R}\n\n**Final Answer**\n\nThe total is 42 apples.", "42"),
    "a heading, then a box": (f"{R}\n\n## Final answer\n\n$$\\boxed{{42}}$$", "42"),
    "a check after it": (f"{R} The answer is 42. Check: 42 minus 31 is 11. The answer is correct.", "42"),
    "JSON": (f'{R}\n{{"answer": "42"}}', "42"),
    "JSON in a fence": (f'{R}\n```json\n{{"answer": 42}}\n```', "42"),
    "final_answer()": (f"{R}\nfinal_answer(42)", "42"),
    "GSM8K": (f"{R}\n#### 42", "42"),
    "solutions of GSM8K": (f"{R}\nA: 42", "42"),
    "Inspect": (f"{R}\n\nANSWER: 42", "42"),
    "bold": (f"{R} **The answer is: 42**", "42"),
    "bold label": (f"{R}\n\n**Answer:** B", "B"),
    "channels": (
        f"<|channel|>analysis<|message|>{R}<|end|><|start|>assistant<|channel|>final<|message|>42<|return|>",
        "42",
    ),
    "after the thought": (f"<think>{R}</think>\n\n42", "42"),
    "small letter": (f"{R}\n\nanswer: b)", "b"),
    "dash": (f"{R}\n\nAnswer - 42", "42"),
    "arrow": (f"{R}\n\n\u2192 42", "42"),
    "approximately": (f"{R} The answer is approximately 42.", "42"),
    "therefore": (f"{R} The answer is therefore 42.", "42"),
    "clause": ("5 plus 6 is 11. 11 plus 31 is 42, so the answer is 42.", "42"),
    "a reason after it": (f"{R} The answer is 42 because 11 plus 31 is that.", "42"),
    "twice": (f"{R} The answer is 42.\n\nANSWER: 42", "42"),
    "on the next line": (f"{R}\nThe answer is\n42", "42"),
    "an explanation after it": (f"{R}\n\n**Answer:** B\n\n**Explanation:** It is the sum.", "B"),
    "a last line that is one": (f"{R}\n42", "42"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_statement_is_cut_off(form):
    text, answer = FORMS[form]
    found = split_answer(text, KNOWN)
    assert (found.answer, found.sentences) == (answer, ("5 plus 6 is 11.", "11 plus 31 is 42."))


SAID = {
    "de": ("Das ist leicht. Die Antwort ist 42.", "Das ist leicht."),
    "fr": ("On additionne. La réponse est donc 42.", "On additionne."),
    "es": ("5 más 6 es 11. Por lo tanto, la respuesta es 42.", "5 más 6 es 11."),
    "it": ("Si somma. Quindi la risposta è 42.", "Si somma."),
    "pt": ("Somamos. Portanto, a resposta é 42.", "Somamos."),
    "ru": ("Складываем. Ответ: 42.", "Складываем."),
    "zh": ("5加6等于11。所以答案是42。", "5加6等于11。"),
    "ja": ("足します。よって答えは42です。", "足します。"),
    "ko": ("더합니다. 따라서 정답은 42입니다.", "더합니다."),
    "hi": ("5 और 6 जोड़ें। अतः उत्तर 42 है।", "5 और 6 जोड़ें।"),
    "ur": ("5 اور 6 جمع کریں۔ لہذا جواب 42 ہے۔", "5 اور 6 جمع کریں۔"),
    "ar": ("كم الناتج؟ إذن الجواب هو 42.", "كم الناتج؟"),
    "th": ("นำ 5 บวก 6 ได้ 11 ดังนั้นคำตอบคือ 42", "นำ 5 บวก 6 ได้ 11"),
    "vi": ("5 cộng 6 là 11. Vậy đáp án là 42.", "5 cộng 6 là 11."),
    "tr": ("5 artı 6, 11 eder. Cevap: 42.", "5 artı 6, 11 eder."),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_state_answers_too(language):
    text, reasoning = SAID[language]
    found = split_answer(text)
    assert (found.text, found.answer) == (reasoning, "42")


@pytest.mark.parametrize(
    "text",
    [
        "The answer isn't 41, because 31 plus 11 is 42.", "The answer is not obvious. We add.",
        "Check: the answer is right.",
        "The right choice is hard. Let me think.", "The best option is to add them first. Then 4 plus 4 is 8.",
        "The answer is found by adding. 3 plus 4 is 7.", "We look for the answer. It is near.", "So it must be heavy.",
        "",
        "Note that the answer is unknown.", "In the answer is a clue. We add.", "A is the first letter. B comes next.",
    ],
)  # fmt: skip
def test_a_denial_a_verdict_and_talk_of_answers_state_none(text):
    found = split_answer(text)
    assert found.answer is None and " ".join(found.sentences) == text


def test_the_last_statement_decides_and_earlier_ones_stay_where_reasoning_follows():
    found = split_answer("So the answer is 41. Wait, 11 plus 31 is 42. So the answer is 42.", KNOWN)
    assert (found.text, found.answer) == ("So the answer is 41. Wait, 11 plus 31 is 42.", "42")
    other = split_answer("<think>So the answer is A.</think>\nANSWER: B", KNOWN)
    assert (other.text, other.answer) == ("So the answer is A.", "B")
    first = split_answer("The answer is 5. Because two and three are.")
    assert (first.text, first.answer, first.after) == ("", "5", 1)


def test_what_stands_before_a_box_or_a_clause_stays():
    assert split_answer("The sum equals $\\boxed{\\frac{1}{2}}$.").text == "The sum equals"
    assert split_answer("2+3 = 5, so the answer is 5.").text == "2+3 = 5."
    assert (
        split_answer("Add.\n2. The answer is 5.").text == "Add."
        and split_answer("It is 5.\nAnswer: 5").text == "It is 5."
    )


def test_a_known_answer_may_have_an_end_mark_inside():
    known = ["J. K. Rowling", "St. Louis", "It rises. Then it falls"]
    for answer in known:
        assert split_answer(f"I know it. The answer is {answer}.", known).answer == answer
    assert split_answer("The answer is that a verdict counts. It is: valid.", ["valid", "invalid"]).answer is not None
    assert (
        split_answer("It follows. So the argument is valid. The answer is correct.", ["correct", "wrong"]).answer
        == "correct"
    )


def test_a_long_list_is_an_answer_and_a_long_explanation_is_none():
    numbers = str([str(i) for i in range(200)])
    assert split_answer(f"I sort. The answer is **{numbers}**.").answer == numbers
    talk = "that we first add all of the numbers on the left, and " * 5
    assert split_answer(f"I think. The answer is {talk} so on.").answer is None


def test_reasoning_keeps_its_lines():
    """Only the statement is cut: what stands before it is the same text, line ends included."""
    text = "Add:\n\n5 + 6\n= 11\n\n```\nx = 11\n```"
    assert split_answer(f"{text}\n\nThe answer is 11.").text == split_answer(text).text == text
