"""Phrases that state an answer in languages other than English, up to the answer itself: one pattern per language.

Each goes from the beginning of the statement (`La respuesta es`, with or without `por lo tanto`) to where the answer
begins. To add a language, add its pattern and a line to the table in `tests/test_answer_statement.py`. What surrounds
these words is known by `answer_statement.py`, which matches them without regard to case.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {
    "de": r"(?:(?:also|somit|daher|folglich)\s+)?(?:(?:ist|lautet)\s+)?(?:die\s+)?(?:richtige\s+|endgültige\s+)?"
    r"(?:antwort|lösung)(?:\s+(?:ist|lautet)\b|\s*:)",
    "fr": r"(?:(?:donc|ainsi),?\s+)?(?:la\s+)?(?:bonne\s+)?réponse(?:\s+(?:finale|correcte))?(?:\s+est\b|\s*:)",
    "es": r"(?:(?:así|luego|entonces|por lo tanto),?\s+)?(?:la\s+)?respuesta(?:\s+(?:final|correcta))?(?:\s+es\b|\s*:)",
    "it": r"(?:(?:quindi|dunque),?\s+)?(?:la\s+)?risposta(?:\s+(?:finale|corretta))?(?:\s+è(?!\w)|\s*:)",
    "pt": r"(?:(?:portanto|logo),?\s+)?(?:a\s+)?resposta(?:\s+(?:final|correta))?(?:\s+é(?!\w)|\s*:)",
    "ru": r"(?:(?:итак|значит),?\s+)?(?:правильный\s+)?ответ(?:\s*[:—-]|\s+это\b)",
    "zh": r"(?:所以|因此|故)?[,，]?(?:最终|最終|正确|正確)?(?:的)?答案\s*(?:是|为|為|[:：])",  # noqa: RUF001
    "ja": r"(?:したがって|よって)?、?(?:答え|正解|解答)\s*(?:は|[:：])",  # noqa: RUF001
    "hi": r"(?:(?:अतः|इसलिए|तो),?\s+)?(?:सही\s+|अंतिम\s+)?उत्तर(?:\s*[:=]|(?=\s\S{1,20}\s+है\s*[।.]?\s*\Z))",
    "ur": r"(?:(?:لہذا|اس لیے)،?\s+)?(?:صحیح\s+)?جواب(?:\s*[:=]|(?=\s\S{1,20}\s+ہے\s*[۔.]?\s*\Z))",  # noqa: RUF001
    "ar": r"(?:(?:إذن|إذًا|لذلك|وبالتالي)،?\s+)?(?:الجواب|الإجابة)(?:\s+(?:الصحيحة?|النهائية?))?\s*(?:هو\b|هي\b|[:])",
    "th": r"(?:ดังนั้น\s*)?คำตอบ(?:สุดท้าย|ที่ถูกต้อง)?\s*(?:คือ|เป็น|[:])",
    "vi": r"(?:(?:vậy|do đó|vì vậy),?\s+)?(?:đáp án|câu trả lời)(?:\s+(?:đúng|cuối cùng))?(?:\s+là\b|\s*:)",
    "tr": r"(?:(?:bu yüzden|dolayısıyla),?\s+)?(?:doğru\s+)?(?:cevap|yanıt)(?:\s*:|(?=\s\S{1,20}\s*[.]?\s*\Z))",  # noqa: RUF001
    "ko": r"(?:따라서\s*)?(?:정답|답)\s*(?:은|는|[:：])",  # noqa: RUF001
}
"""Language code -> pattern, without groups that capture."""
