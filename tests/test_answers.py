"""What is the same answer: as loose as people write, and never so loose that another answer passes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies

from thinkaloud.tasks.answers import bare, canonical, listed, match, plain, same, same_option
from thinkaloud.tasks.check import check_item, is_gold
from thinkaloud.tasks.quantities import moment, quantity
from thinkaloud.vocabulary import Item

EIGHTEEN = (
    "18000", "18,000", "$18000", "$18,000", "$18,000.00", "\\$18{,}000", "18000 dollars", "18 thousand dollars",
    "USD 18,000", "18\u202f000", "18\u00a0000", "18'000", "1.8 \u00d7 10^4", "1.8 \\times 10^{4}", "18000.",
    "\\boxed{18000}", "$\\boxed{18000}$", "\\fbox{18,000}", "\\boxed 18000", "**18000**", "**18,000**.", "`18000`",
    "\\(18000\\)", "\\text{18000 dollars}", "$18000$", '"18000"', "\uff11\uff18\uff10\uff10\uff10", "18\u200b000",
    " 18000\n", "18000 houses", "36000/2", "\\frac{36000}{2}", "+18000", "18,000 dollars per house",
    "**Answer:** 18000",
    "The answer is $18,000.", "Final Answer: The final answer is $18000$. I hope it is correct.", "#### 18,000",
    "<answer>18000</answer>", "18000. That is the price.", "Antwort: 18000", "\\boxed{\\$18{,}000.00}",
)  # fmt: skip
NOT_EIGHTEEN = (
    "-18000", "1800", "180000", "18000!", "18,00", "18 000", "18.000", "18000x", "18000 or 19000", "18000 or more",
    "not 18000", "18000 thousand", "18000 squared", "18000 km", "17000", "", ".", "18000 17000", "18000. No, 17000.",
    "The answer is 17000.", "18000 wolves", "eighteen", "$18k",
)  # fmt: skip


@pytest.mark.parametrize("text", EIGHTEEN)
def test_a_right_answer_is_right_however_it_is_written(text):
    item = Item("i", "t", 1, "What do the houses cost, in dollars?", ("17000", "18000", "19000"), "18000")
    assert is_gold(item, text)


@pytest.mark.parametrize("text", NOT_EIGHTEEN)
def test_what_is_another_answer_or_two_is_not_right(text):
    item = Item("i", "t", 1, "What do the houses cost, in dollars?", ("17000", "18000", "19000"), "18000")
    assert not is_gold(item, text)


@pytest.mark.parametrize(
    ("answer", "gold", "others"),
    [
        ("5!", "5", ["6"]), ("5", "5!", ["6"]), ("Aa", "AA", ["BB"]), ("AA", "Aa", ["aa"]), ("MW", "mW", ["kW"]),
        ("mW", "MW", ["kW"]), ("x = 1", "x = 1;", ["y"]), ("x = 1;", "x = 1", ["y"]), ("1,5", "15", ["6"]),
        ("15", "1,5", ["6"]), ("-5", "5", ["6"]), ("5", "-5", ["6"]), ("5 km", "5 m", ["6 m"]), ("0.5", "50%", ["1"]),
        ("CO", "Co", ["O2"]), ("nacl", "NaCl", ["KCl"]), ("x^3", "x^2", ["x"]), ("x\u00b2", "x2", ["x"]),
        ("C++", "C", ["C#"]), ("5.5", "5", ["6"]), ("No. 1", "No", ["Yes"]), ("1/3", "0.333", ["1"]),
        ("03/05/2024", "May 3, 2024", ["1"]), ("B", "iron", ["cork"]), ("not valid", "valid", ["invalid"]),
        ("\u00bd", "12", ["1"]), ("abc;", "ab", ["c"]), ("5 or six", "5", ["7"]), ("1/0", "1", ["0"]),
    ],
)  # fmt: skip
def test_answers_that_differ_are_told_apart(answer, gold, others):
    assert match(answer, [gold, *others]) != 0


@pytest.mark.parametrize(
    ("answer", "gold", "others"),
    [
        ("50 percent", "50%", ["60%"]), ("50%", "50", ["60"]), ("50", "50%", ["60%"]), ("50\\%", "50%", ["5%"]),
        ("1/2", "0.5", ["1"]), ("\\frac{1}{2}", "1/2", ["2"]), ("\\dfrac12", "1/2", ["2"]), ("\u00bd", "1/2", ["2"]),
        ("1 1/2", "1.5", ["2"]), ("1\u00bd", "1.5", ["2"]), ("45^\\circ", "45\u00b0", ["90\u00b0"]),
        ("45 degrees", "45\u00b0", ["90\u00b0"]), ("12 kilometres per hour", "12 km/h", ["12 mph"]),
        ("(B) cork", "cork", ["iron"]), ("B. cork", "cork", ["iron"]), ("NO.", "No", ["Yes"]), ("yes!", "Yes", ["No"]),
        ("paris", "Paris", ["Rome"]), ("NEW YORK", "New York", ["Rome"]), ("cafe\u0301", "caf\u00e9", ["the"]),
        ("May 3rd, 2024", "2024-05-03", ["2024-03-05"]), ("3 May 2024", "May 3, 2024", ["May 4, 2024"]),
        ("December 25, 1937", "12/25/1937", ["12/24/1937"]), ("5/3/2024", "05/03/2024", ["05/04/2024"]),
        ("5 pm", "5:00 PM", ["5:00 AM"]), ("\u221250", "-50", ["50"]), ("x=1", "x = 1", ["x = 2"]),
        ("$x+1$", "x + 1", ["x"]),
        ("\u201ciron\u201d", "iron", ["cork"]), ("\\text{iron}", "iron", ["cork"]), ("(1, 2)", "(1,2)", ["(2,1)"]),
        ("apples  and pears", "apples and pears", ["pears"]),
        ("iron, because it sinks.", "iron, because it sinks", ["no"]),
    ],
)  # fmt: skip
def test_one_answer_in_two_spellings_is_one_answer(answer, gold, others):
    assert match(answer, [gold, *others]) == match(answer, [*others, gold]) - len(others) == 0


def test_a_spelling_that_tells_two_options_apart_counts_and_what_fits_both_is_neither():
    assert [match(text, ["AA", "Aa", "aa"]) for text in ("AA", "Aa", "**aa**", "aA")] == [0, 1, 2, None]
    assert [match(text, ["5", "5.0", "5 m"]) for text in ("5", "5.0", "5 m", "5.00", "5 cm")] == [0, 1, 2, None, None]
    assert [match(text, ["1/2", "0.5"]) for text in ("0.5", "$1/2$", "0.50")] == [1, 0, None]
    assert [match(text, ['"abc"', "abc"]) for text in ('"abc"', '**"abc"**', "abc", "`abc`")] == [0, 0, 1, 1]
    assert [match(text, ["C", "C++", "C#"]) for text in ("C", "C++", "c++", "C.")] == [0, 1, None, 0]
    assert [match(text, ["?", "!", "."]) for text in ("?", "!", ".")] == [0, 1, 2]
    assert [match(text, ["x = 1", "x = 1;"]) for text in ("x = 1", "x = 1;", "x=1;", "`x = 1`")] == [0, 1, 1, 0]
    assert match("5", ["5 km", "5 m"]) is None and match("5", ["5 km", "6 m"]) == 0


def test_a_letter_counts_where_the_question_lists_it_and_only_there():
    """Also where another option has the letter as its text; a text beside the letter must be that of the option."""
    question, options = "Which one?\nA) O\nB) A\nC) B", ["B", "O", "A"]
    assert [match(text, options, question) for text in ("A", "b", "(C)", "B) A", "A) B", "D")] == [
        1,
        2,
        0,
        2,
        None,
        None,
    ]
    assert [match(text, options) for text in ("A", "B", "C")] == [2, 0, None]
    assert listed("Which?\nOptions:\n(A) 1/2\n(B) 2", ("2", "1/2")) == {"A": 1, "B": 0}
    assert listed("Is A. or B. better?", ("A", "B")) == {}


def test_two_options_are_one_where_nobody_can_see_a_difference():
    for one, other in (("42", "\uff14\uff12"), ("42", "4\u200b2"), ("caf\u00e9", "cafe\u0301"), ("1,000", "1000"),
                       ("a b", "a\u00a0 b"), ("$1,000", "$1000")):  # fmt: skip
        assert same_option(one, other), (one, other)
    for one, other in (("AA", "Aa"), ("mW", "MW"), ("5!", "5"), ('"abc"', "abc"), ("x;", "x"), ("No", "No."),
                       ("!", "?"),
                       ("5", "5.0"), ("1/2", "0.5"), ("(1,200)", "(1200)"), ("x\u00b2", "x2"), ("C", "C++"),
                       ):  # fmt: skip
        assert not same_option(one, other), (one, other)
        check_item(Item("i", "t", 1, "Q?", (one, other), one))


def test_answers_to_an_open_question_are_counted_by_one_spelling():
    assert plain("$18,000.00") == plain("18000") == plain("**18000**") != plain("1800")
    assert plain("Paris.") == plain("PARIS") and plain("5!") != plain("5") and plain("50%") != plain("50")
    assert plain("Aa") != plain("AA") and plain("5 red") != plain("5 blue")
    assert same("18,000", "$18000") and same("", " ") and not same("", "5") and not same("5!", "5")


def test_what_is_a_number_and_what_is_none():
    assert quantity("-1,234.5").value == -1234.5 and quantity("3 1/4").value == 3.25 and quantity("2.5e3").value == 2500
    assert (
        quantity("\u20b9 500").unit == "\u20b9"
        and quantity("7 kg").unit == "kg"
        and quantity("7 apples").unit == "?apple"
    )
    for text in (
        "1,23",
        "1.2.3",
        "1/2/3",
        "5!",
        "x",
        "5 6",
        "--5",
        "5x",
        "1 000",
        "1/0",
        "5 or 6",
        "9" * 500,
        "1:2",
        "\u00b2",
    ):
        assert quantity(text) is None, text
    assert moment("31/12/2024") == moment("Dec 31, 2024") != moment("12/30/2024") and moment("1/2") is None


@given(strategies.text(max_size=60))
def test_any_text_is_itself_and_has_a_spelling_that_stays(text):
    """Normalising is idempotent, never fails, and a text always matches itself where it is the only such option."""
    assert canonical(canonical(text)) == canonical(text) and bare(bare(text)) == bare(text)
    plain(text)
    if canonical(text) and canonical(text) != "other":
        assert match(text, [text, "other"]) == 0 or not bare(text)


@given(strategies.integers(1, 10**12), strategies.integers(1, 9))
def test_no_other_whole_number_passes(n, step):
    for spelled in (f"{n:,}", f"${n}", f"\\boxed{{{n}}}", f"{n} dollars", unicodedata.normalize("NFKD", str(n))):
        assert match(spelled, [str(n), str(n + step), str(n * 10 + step)]) == 0
        assert match(spelled, [str(n + step), str(n * 10 + step)]) is None
