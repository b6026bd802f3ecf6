"""Sentences end as people end them, in any script, and cutting a text or joining its parts loses no character."""

from __future__ import annotations

# ruff: noqa: RUF001
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thinkaloud.joining import joined, spaced, written
from thinkaloud.tasks import open_task
from thinkaloud.tasks.text import cut, entries, length, room, sentences
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Key

CODE = "```python\nx = 1.\n\ny = 2; z = 3\n```"

LANGUAGES = {
    "English": ("Tom has 5 apples.¦ He buys 6 more!¦ Has he 11?¦ Half of them is 5 and a half."),
    "Chinese": ("小明有五个苹果。¦他又买了3.5个苹果！¦真的吗？¦一半就是五个半……¦完。"),
    "Chinese, quoted": ("他说：“好。”¦然后走了。¦（完。）¦再来。"),
    "Japanese": ("太郎はりんごを五個持っています。¦さらに六個買いました。¦「半分は五個半です。」¦以上。"),
    "Hindi": ("राम के पास पाँच सेब हैं।¦ उसने छह और खरीदे।¦ तो ग्यारह सेब हैं।"),
    "Arabic": ("مع أحمد خمس تفاحات؟¦ اشترى ستًا أخرى؛¦ إذن لديه إحدى عشرة تفاحة.¦ نصفها خمس ونصف."),
    "Urdu": ("اس کے پاس پانچ سیب ہیں۔¦ اس نے چھ اور خریدے۔"),
    "Thai": ("สมชายมีแอปเปิ้ล 5 ผล¦ เขาซื้อเพิ่มอีกหกผล¦ ดังนั้นเขามีสิบเอ็ดผล"),
    "Korean": ("톰은 사과 5개가 있다.¦ 6개를 더 샀다.¦ 이제 11개다."),
    "Russian": ("У Тома 5 яблок.¦ Он купил 6…¦ Теперь 11?¦ Да."),
    "Amharic": ("አንድ።¦ ሁለት።¦ ሦስት።"),
    "Armenian": ("Նա ունի հինգ խնձոր։¦ Հիմա տասնմեկ։"),
    "Chinese and English": ("他有 5 apples.¦ 然后 he ate。¦Now 3 left.¦对吗？¦ 对。"),
    "decimals": ("It is 3.5 m.¦ Then 4.2 kg; ¦2 left."),
    "abbreviations": ("See e.g. Fig. 2 by Dr. Smith, i.e. the U.S. one.¦ It is No. 5.¦ Is it?¦ No.¦ Yes."),
    "a list": ("1. Add 5.¦\n2. Take 3.¦\n\n  Step 3. Done.¦\na. Or not."),
    "lines": ("7 + 1 = 8¦\n8 + 7 = 15¦\n\nDone"),
    "code": (f"So:¦\n{CODE}¦\nDone.¦ Then."),
    "an open fence": ("So:¦\n```\nx = 1.\n\ny = 2."),
    "formulas": ("So¦\n$$\na = b.\n\nc\n$$¦\nand¦\n\\[ x.\n y \\]¦\nEnd."),
    "a table": ("Here.¦\n| a | b |\n|---|---|\n| 1. | 2. |¦\nNow.¦ Ok."),
    "a table without bars around it": ("Here:¦\n\na | b\n--- | ---\n1. x | 2. y¦\n\nNow.¦ Ok."),
    "formulas in a line": (
        "So \\[ x = 1. y \\] holds.¦ Then \\( a; b \\) and $$c! d$$ too.¦ Run `x = 1; y` now.¦ End."
    ),
    "aligned equations": ("Then \\begin{align*}\na &= 1; \\\\\nb &= 2.\n\\end{align*}¦\nDone."),
    "Thai sums": ("นำ 5 บวก 6 ได้ 11¦ จากนั้นบวก 3 ได้ 14¦ ดังนั้นคำตอบคือ 14"),
    "Chinese with marks of ASCII": ("首先,5加6等于11。¦那么,是多少?¦结果是11!¦好."),
    "quotes": ('He said "no." ¦Then "yes!" ¦So.'),
}
"""By what it shows: a text with a broken bar where a sentence ends."""


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_sentence_ends_where_its_script_ends_it(name: str) -> None:
    text = LANGUAGES[name].replace("¦", "")
    assert cut(text) == [piece.strip() for piece in LANGUAGES[name].split("¦")]
    assert joined(sentences(text)) == text.strip()


TEXTS = st.text(st.sampled_from("ab5 .!?;\n\t\"')(。！？”苹จ้า।1A-*`$|~\\[]…．3"), max_size=60)


@settings(deadline=None)
@given(TEXTS)
def test_cutting_a_text_loses_no_character(text: str) -> None:
    """Also where it is cut again, or read by a task that knows no grammar, or by one that has one."""
    assert joined(sentences(text)) == text.strip()
    assert joined(sentences(joined(sentences(text)))) == text.strip()
    assert Unread().parse(text).text == text.strip()
    assert "".join(open_task("coin").parse(text).text.split()) == "".join(text.split())


def test_a_reasoning_on_several_lines_comes_back_character_for_character() -> None:
    """Of a task that reads its steps too, which finds the same steps as without line ends."""
    task = open_task("chain_sum")
    (item,) = task.items(2, 1, Key(("k",)))
    lines = "\n\n".join(step.text for step in item.worked.steps)
    read = task.parse(lines)
    assert read.text == lines
    assert [step.value for step in read.steps] == [step.value for step in item.worked.steps]


def test_parts_are_put_together_by_one_rule() -> None:
    assert joined(["A.", "B.", "\n\nC.", "对。", "好。", "D", " e"]) == "A. B.\n\nC.对。好。D e"
    assert "".join(spaced(["A.", "B."])) == joined(["A.", "B."]) == "A. B."
    assert joined([]) == "" and spaced([]) == ()


def test_line_ends_before_what_a_model_goes_on_with_are_its_own() -> None:
    """A space is what any part begins with; and where nothing was begun, nothing is kept."""
    assert written(" 8. ", True) == "8." and written("\n\n8. ", True) == "\n\n8." and written("\n\n8. ", False) == "8."
    assert written(" \n ", True) == ""


def test_entries_of_a_list_are_sentences_of_their_own() -> None:
    assert entries(["5 + 6 = 11", "11 + 3 = 14.", "So."]) == "5 + 6 = 11\n11 + 3 = 14. So."
    assert entries(["Take 3.", "2 more.", "2. Add 4."]) == "Take 3. 2 more.\n2. Add 4."
    assert entries(["甲。", "乙。"]) == "甲。乙。" and entries([" ", "A.\n", "B."]) == "A.\nB."
    assert cut(entries(list(sentences("One.\n\nTwo. So.\nEnd")))) == ["One.", "Two.", "So.", "End"]
    assert entries(list(sentences("One.\n\nTwo. So.\nEnd"))) == "One.\n\nTwo. So.\nEnd"


@pytest.mark.parametrize(
    "text, least", [("小明有五个苹果。", 8), ("สวัสดี", 6), ("りんごを五個。", 7), ("Tom has 5 apples.", 5)]
)
def test_a_script_without_spaces_is_as_long_as_its_characters(text: str, least: int) -> None:
    assert length(text) == least


def test_there_is_room_for_letters_that_are_tokens_each() -> None:
    """Three times the length, and where a tokenizer may take a token a letter, three times the letters."""
    assert room("Tom has 5 apples.") == 3 * 5
    assert room("تفاحة") == 15
