"""Sentences: cut where a reader would cut, and always true to the place in the body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus.extraction.segmentation import MAX_CHARACTERS, clauses, sentences

# What decides about cuts, so that random texts hit the rules and not only random letters.
_PIECES = st.sampled_from(
    [
        ". ",
        ".",
        ".,",
        "...",
        "…",
        "؟ ",
        "! ",
        "؛ ",
        "،",
        '"',
        "«",
        "»",
        "“",
        "”",
        "(",
        ")",
        "\n",
        "\r\n",
        "1. ",
        "99.5",
        "99,5",
        "د. ",
        "أ.ف.ب",
        "U.S.",
        "Dr. ",
        "https://example.com/a.b",
        "#داعش ",
        "قال ",
        "وفق ",
        "Said ",
        "the ",
        "كلمة ",
        "\u202e",
        "\u200f",
        "\ufeff",
        "• ",
        "- ",
    ]
)
texts = st.one_of(st.text(), st.lists(_PIECES).map("".join))


def _cut(body: str) -> list[str]:
    return [body[span.start : span.end] for span in sentences(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "انتهت المعركة في البلدة., وعاد السكان إلى منازلهم.,",
            ["انتهت المعركة في البلدة.", "وعاد السكان إلى منازلهم."],
            id="paragraphs joined by full stop and comma",
        ),
        pytest.param(
            'قال إن "الأمر انتهى"., وغادر القاعة.',
            ['قال إن "الأمر انتهى".', "وغادر القاعة."],
            id="closing quote before the joined full stop",
        ),
        pytest.param(
            "بلغت النسبة 99,5 في المئة. وكانت 99.5 قبل عام. والعدد 1.000.000 نسمة.",
            ["بلغت النسبة 99,5 في المئة.", "وكانت 99.5 قبل عام.", "والعدد 1.000.000 نسمة."],
            id="decimals and thousands",
        ),
        pytest.param(
            "The U.S. military met Dr. J. Smith at 5 p.m. on Friday. Maj. Gen. Ghika left.",
            [
                "The U.S. military met Dr. J. Smith at 5 p.m. on Friday.",
                "Maj. Gen. Ghika left.",
            ],
            id="english abbreviations and initials",
        ),
        pytest.param(
            "He moved to the U.S. The war was over by then.",
            ["He moved to the U.S.", "The war was over by then."],
            id="an abbreviation may end a sentence",
        ),
        pytest.param(
            "نقلت أ.ف.ب عن د. أحمد وم. خالد الخبر. وصدر عام 2019 م. وانتشر بعدها.",
            ["نقلت أ.ف.ب عن د. أحمد وم. خالد الخبر.", "وصدر عام 2019 م.", "وانتشر بعدها."],
            id="arabic abbreviations and years",
        ),
        pytest.param(
            'قال "لن نتوقف. سنستمر في القتال" ثم غادر. وأضاف «انتهى الأمر.» وعاد.',
            ['قال "لن نتوقف. سنستمر في القتال" ثم غادر.', "وأضاف «انتهى الأمر.»", "وعاد."],
            id="never inside a short quotation",
        ),
        pytest.param(
            '"It is over. We won." The crowd left. “Why now?” he asked.',
            ['"It is over. We won."', "The crowd left.", "“Why now?” he asked."],
            id="a closing quote stays with its sentence",
        ),
        pytest.param(
            "انتظروا ... ثم رحلوا. They waited... and left. They waited... Then they left.",
            [
                "انتظروا ... ثم رحلوا.",
                "They waited... and left.",
                "They waited...",
                "Then they left.",
            ],
            id="ellipsis is a pause",
        ),
        pytest.param(
            "حاصرت القوات #داعش في البلدة. التفاصيل على https://example.com/a.b?c=1. وانتهى الأمر.",
            [
                "حاصرت القوات #داعش في البلدة.",
                "التفاصيل على https://example.com/a.b?c=1.",
                "وانتهى الأمر.",
            ],
            id="hashtags and addresses",
        ),
        pytest.param(
            "1. فتح المعبر\n2. عودة السكان\n• وقف القصف",
            ["فتح المعبر", "عودة السكان", "وقف القصف"],
            id="lists",
        ),
        pytest.param(
            "هل انتهت الحرب؟ نعم! انتهت.وعاد السكان.",
            ["هل انتهت الحرب؟", "نعم!", "انتهت.", "وعاد السكان."],
            id="question, exclamation and a missing space",
        ),
        pytest.param(
            "عاد السكان إلى منازلهم في البلدة بعد المعركة؛ وفتحت المدارس أبوابها. "
            "رفض العرض كله أمس؛ لأنه متأخر.",
            [
                "عاد السكان إلى منازلهم في البلدة بعد المعركة؛",
                "وفتحت المدارس أبوابها.",
                "رفض العرض كله أمس؛ لأنه متأخر.",
            ],
            id="semicolon between clauses that stand alone",
        ),
        pytest.param(
            "The report was long\nand went on here.\nA New Line starts\n\nbelow",
            ["The report was long\nand went on here.", "A New Line starts", "below"],
            id="wrapped lines go on, other lines do not",
        ),
        pytest.param("... \n -- \u200f\n\ufeff .,", [], id="nothing said"),
    ],
)
def test_cuts(body: str, expected: list[str]) -> None:
    assert _cut(body) == expected


@given(texts)
def test_spans_are_ordered_disjoint_and_stripped(body: str) -> None:
    reached = 0
    for span in sentences(body):
        assert reached <= span.start < span.end <= len(body)
        text = body[span.start : span.end]
        assert text == text.strip()
        reached = span.end


@given(texts)
def test_every_word_is_in_a_sentence(body: str) -> None:
    """Only list numbers are ever dropped."""
    kept = {i for span in sentences(body) for i in range(span.start, span.end)}
    dropped = "".join(char for i, char in enumerate(body) if i not in kept and char.isalpha())
    assert dropped == ""


def test_a_sentence_over_the_edge_is_left_out_not_cut() -> None:
    body = "كلمة. " * (MAX_CHARACTERS // 6) + "جملة لا تنتهي قبل الحد أبدا. "
    found = sentences(body)
    assert found[-1].end <= MAX_CHARACTERS
    assert {body[span.start : span.end] for span in found} == {"كلمة."}


def test_an_overlong_sentence_is_cut_at_clauses_outside_quotations() -> None:
    text = 'أولا كذا، ثانيا "كذا، وكذا"، ثالثا كذا'
    parts = [text[part.start : part.end] for part in clauses(text, 25)]
    assert parts == ["أولا كذا،", 'ثانيا "كذا، وكذا"،', "ثالثا كذا"]


def test_a_part_that_stays_too_long_is_left_out() -> None:
    text = "قصير، " + "طويل " * 20
    parts = [text[part.start : part.end] for part in clauses(text, 30)]
    assert parts == ["قصير،"]


@given(texts, st.integers(min_value=1, max_value=50))
def test_parts_are_ordered_and_bounded(text: str, limit: int) -> None:
    reached = 0
    for part in clauses(text, limit):
        assert reached <= part.start < part.end <= len(text)
        assert part.end - part.start <= limit
        reached = part.end
