"""Numbers in digits and words: what people rely on is the value, in whatever script or case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement.fractions import read_fraction, read_magnitude
from knowledge.agreement.number_words import Number, parse_digits, read_number
from knowledge.agreement.tokens import fold, tokenise

_UNITS = ["واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة"]
_TENS = ["عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون"]
_HUNDREDS = ["مئة", "مئتان", "ثلاثمئة", "أربعمئة", "خمسمئة", "ستمئة", "سبعمئة", "ثمانمئة", "تسعمئة"]
_SCALES = (
    (10**9, "مليار", "ملياران", "مليارات"),
    (10**6, "مليون", "مليونان", "ملايين"),
    (10**3, "ألف", "ألفان", "آلاف"),
)


def below_thousand(number: int) -> list[str]:
    words = []
    if number >= 100:
        words.append(_HUNDREDS[number // 100 - 1])
    rest = number % 100
    if 1 <= rest <= 10:
        words.append(_UNITS[rest - 1])
    elif rest in (11, 12):
        words.append(("أحد عشر", "اثنا عشر")[rest - 11])
    elif 13 <= rest <= 19:
        words.append(f"{_UNITS[rest - 11]} عشر")
    elif rest >= 20:
        if rest % 10:
            words.append(_UNITS[rest % 10 - 1])
        words.append(_TENS[rest // 10 - 2])
    return words


def in_arabic(number: int) -> str:
    words = []
    for scale, one, two, many in _SCALES:
        times, number = divmod(number, scale)
        if times == 1:
            words.append(one)
        elif times == 2:
            words.append(two)
        elif times:
            words.append(f"{' و'.join(below_thousand(times))} {many if times <= 10 else one}")
    return " و".join(words + below_thousand(number))


def read(text: str) -> Number:
    number = read_number(tokenise(text), 0)
    assert number is not None, text
    return number


@given(st.integers(2, 10**12 - 1))
def test_arabic_words_read_back_as_the_number_they_spell(number: int) -> None:
    tokens = tokenise(in_arabic(number))
    found = read_number(tokens, 0)
    assert found is not None
    assert (found.value, found.end) == (number, len(tokens))


@given(st.integers(0, 10**15 - 1))
def test_digits_of_three_scripts_are_one_number(number: int) -> None:
    western = str(number)
    arabic = western.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    persian = western.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert read(western).value == read(arabic).value == read(persian).value == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3400", 3400),
        ("3,400", 3400),
        ("1,234", 1234),
        ("1,000,000", 1_000_000),
        ("1.000.000", 1_000_000),
        ("1٬234٬567", 1_234_567),
        ("6.000", 6000),
        ("99,5", 99.5),
        ("99.5", 99.5),
        ("99٫5", 99.5),
        ("٩٩٫٥", 99.5),
        ("99،5", 99.5),
        ("7ر5", 7.5),
        ("1.234", 1.234),
        ("0,125", 0.125),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("37 000", 37_000),
        ("37\u00a0000", 37_000),
    ],
)
def test_digit_separators(text: str, value: float) -> None:
    assert read(text).value == pytest.approx(value)


@pytest.mark.parametrize("text", ["1.2.3.4", "12,34,56,7", "9" * 16, ".5"])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert parse_digits(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("سبعة وثلاثين ألفا وأربعمئة", 37_400),
        ("سبعة وثلاثون ألف", 37_000),
        ("سَبْعَةٌ وثَلاثُونَ أَلْفًا", 37_000),
        ("ســبــعة", 7),
        ("ثلاث مئة", 300),
        ("ثلاثمائة", 300),
        ("ثمانمئة", 800),
        ("ثمانيمائة", 800),
        ("ألفان", 2000),
        ("مليونين", 2_000_000),
        ("مئتي ألف", 200_000),
        ("ألفا شخص", 2000),
        ("ألفين وأربعة عشر", 2014),
        ("إحدى عشرة", 11),
        ("اثنتا عشرة", 12),
        ("تسع عشرة", 19),
        ("بأربعة", 4),
        ("والأربعة", 4),
        ("للأربعة", 4),
        ("واحد وعشرون", 21),
        ("مليون ونصف المليون", 1_500_000),
        ("ثلاثة ملايين ونصف", 3_500_000),
        ("نصف مليون", 500_000),
        ("37 ألفا و400", 37_400),
        ("مليون و250 ألفا", 1_250_000),
        ("یک", None),
        ("thirty-seven thousand four hundred", 37_400),
        ("two hundred and fifty", 250),
        ("a hundred", 100),
        ("one and a half million", 1_500_000),
        ("half a million", 500_000),
        ("two dozen", 24),
        ("37k", 37_000),
        ("trente-sept mille", 37_000),
    ],
)
def test_words(text: str, value: float | None) -> None:
    found = read_number(tokenise(text), 0)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    "text", ["أحد", "الأحد", "لست", "الثلاثاء", "الأربعاء", "عام", "وسط", "ستار", "تسعى", "لا"]
)
def test_false_friends_are_not_numbers(text: str) -> None:
    assert read_number(tokenise(text), 0) is None


@pytest.mark.parametrize("text", ["ثلاثة وأربعة", "خمسة وعشرة", "ثلاث مئة وتسع مئة", "2014 و2015"])
def test_two_numbers_are_not_glued(text: str) -> None:
    tokens = tokenise(text)
    assert read(text).end < len(tokens)


@pytest.mark.parametrize(
    ("text", "step"),
    [("37 ألف", 1000), ("37400", 100), ("10", 1), ("100", 10), ("99,5", 0.1), ("1.2 مليون", 1e5)],
)
def test_step_says_how_finely_the_writer_spoke(text: str, step: float) -> None:
    assert read(text).step == pytest.approx(step)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("نصف", 1 / 2),
        ("ثلثي", 2 / 3),
        ("ثلاثة أرباع", 3 / 4),
        ("خمس السكان", 1 / 5),
        ("three quarters", 3 / 4),
        ("two-thirds", 2 / 3),
        ("a third", 1 / 3),
    ],
)
def test_fractions(text: str, value: float) -> None:
    fraction = read_fraction(tokenise(text), 0)
    assert fraction is not None
    assert fraction.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["خمس سنوات", "السبع الكبرى", "third largest", "ربيع"])
def test_what_only_looks_like_a_fraction(text: str) -> None:
    assert read_fraction(tokenise(text), 0) is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("مئات", 200, 999),
        ("عشرات الآلاف", 20_000, 99_999),
        ("hundreds of thousands", 200_000, 999_999),
        ("dozens", 24, 99),
    ],
)
def test_magnitudes(text: str, low: float, high: float) -> None:
    found = read_magnitude(tokenise(text), 0)
    assert found is not None
    assert (found.low, found.high) == (low, high)


@given(st.text())
def test_tokens_point_into_the_text(text: str) -> None:
    previous = 0
    for token in tokenise(text):
        assert previous <= token.start < token.end <= len(text)
        assert token.text in fold(text[token.start : token.end])
        previous = token.start


def test_a_number_with_a_direction_mark_inside_is_not_trusted() -> None:
    assert read_number(tokenise("50.\u200f940"), 0) is None
