"""Quantities as texts word them, and whether one wording bears out or excludes another."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement.quantities import (
    Bound,
    Dimension,
    Interval,
    Quantity,
    conflicts,
    entails,
    quantities,
)
from knowledge.agreement.tokens import MAX_CHARACTERS

YEAR = 365.25 * 86_400


def only(text: str) -> Quantity:
    found = quantities(text)
    assert len(found) == 1, f"{text}: {found}"
    return found[0]


@pytest.mark.parametrize(
    ("text", "dimension", "unit", "value", "bound", "counted"),
    [
        # the seed report's own expressions
        ("تعادل أقل من واحد في المئة من مساحة الخلافة",
         "proportion", "percent", 0.01, "less_than", "مساحة"),
        ("تعادل حالیاً أقل من واحد في المئة من مساحة",
         "proportion", "percent", 0.01, "less_than", "مساحة"),
        ("ما یقارب 99,5 في المئة من الأراضي",
         "proportion", "percent", 0.995, "approximate", "الأراضي"),
        ("أكثر من 37 ألف شخص إلى الخروج", "count", None, 37_000, "more_than", "شخص"),
        ("وبينهم نحو 3400 عنصر من التنظيم", "count", None, 3400, "approximate", "عنصر"),
        ("تقدر بأربعة كيلومترات مربعة قرب الحدود", "area", "m2", 4e6, "exact", None),
        ("خلال العامين الأخيرين", "duration", "s", 2 * YEAR, "exact", None),
        ("وغالبيتهم نساء وأطفال", "proportion", "percent", 0.5, "more_than", None),
        # percent signs and words
        ("1%", "proportion", "percent", 0.01, "exact", None),
        ("٪١", "count", None, 1, "exact", None),
        ("٩٩٫٥٪", "proportion", "percent", 0.995, "exact", None),
        ("30 بالمئة", "proportion", "percent", 0.3, "exact", None),
        ("30 بالميه", "proportion", "percent", 0.3, "exact", None),
        ("30 في المائة", "proportion", "percent", 0.3, "exact", None),
        ("30 per cent of the land", "proportion", "percent", 0.3, "exact", "land"),
        ("30 pour cent du territoire", "proportion", "percent", 0.3, "exact", "territoire"),
        # shares in words
        ("نصف المساحة", "proportion", "percent", 0.5, "exact", "المساحة"),
        ("ثلثي الأراضي", "proportion", "percent", 2 / 3, "exact", "الأراضي"),
        ("ثلاثة أرباع السكان", "proportion", "percent", 0.75, "exact", "السكان"),
        ("معظم الأراضي", "proportion", "percent", 0.5, "more_than", "الأراضي"),
        ("كامل مساحة البلاد", "proportion", "percent", 1.0, "exact", "مساحة"),
        ("half of the area", "proportion", "percent", 0.5, "exact", "area"),
        ("less than half of the area", "proportion", "percent", 0.5, "less_than", "area"),
        # units
        ("4 كم²", "area", "m2", 4e6, "exact", None),
        ("4 km2", "area", "m2", 4e6, "exact", None),
        ("four square kilometres", "area", "m2", 4e6, "exact", None),
        ("كيلومترين", "length", "m", 2000, "exact", None),
        ("نصف ساعة", "duration", "s", 1800, "exact", None),
        ("28.6 مليون طن", "mass", "kg", 28.6e9, "exact", None),
        ("5 درجات مئوية تحت الصفر", "temperature", "C", -5, "exact", None),
        ("200 كيلومتر في الساعة", "speed", "m/s", 200 / 3.6, "exact", None),
        ("مليون ونصف المليون دولار أمريكي", "money", "USD", 1.5e6, "exact", None),
        ("10 ريالات سعودية", "money", "SAR", 10, "exact", None),
        ("10 ريالات", "money", "riyal", 10, "exact", None),
        ("$5m", "money", "USD", 5e6, "exact", None),
        ("about €3.5 billion", "money", "EUR", 3.5e9, "approximate", None),
        # counts
        ("2014 شخصا", "count", None, 2014, "exact", "شخصا"),
        ("سبعة وثلاثون ألف شخص", "count", None, 37_000, "exact", "شخص"),
        ("شخصين", "count", None, 2, "exact", "شخصين"),
        ("شخص واحد", "count", None, 1, "exact", "شخص"),
        ("one person", "count", None, 1, "exact", "person"),
        ("37k people", "count", None, 37_000, "exact", "people"),
        ("ضبط «45» عاملاً", "count", None, 45, "exact", "عاملاً"),
        ("37 ألفا من المدنيين", "count", None, 37_000, "exact", "المدنيين"),
        ("عشرات الآلاف من المدنيين", "count", None, 20_000, "approximate", "المدنيين"),
        ("المرتبة الثالثة", "ordinal", None, 3, "exact", "المرتبة"),
        ("2nd place", "ordinal", None, 2, "exact", "place"),
        # bounds
        ("ما لا يقل عن خمسة مدنيين", "count", None, 5, "at_least", "مدنيين"),
        ("لا يقل عن نحو 30 قتيلا", "count", None, 30, "at_least", "قتيلا"),
        ("37 شخصا على الأقل", "count", None, 37, "at_least", "شخصا"),
        ("لا يتجاوز 30 شخصا", "count", None, 30, "at_most", "شخصا"),
        ("حتى 30 شخصا", "count", None, 30, "at_most", "شخصا"),
        ("دون 30 شخصا", "count", None, 30, "less_than", "شخصا"),
        ("تجاوز 30 شخصا", "count", None, 30, "more_than", "شخصا"),
        ("زهاء 30 شخصا", "count", None, 30, "approximate", "شخصا"),
        ("no more than 30 people", "count", None, 30, "at_most", "people"),
        ("30 people or more", "count", None, 30, "at_least", "people"),
        ("plus d'un million de personnes", "count", None, 1e6, "more_than", "personnes"),
        ("plus de 30 personnes", "count", None, 30, "more_than", "personnes"),
        ("over 3 years", "duration", "s", 3 * YEAR, "exact", None),
        # ranges
        ("بين 3 و5 ملايين دولار", "money", "USD", 3e6, "between", None),
        ("من 10 إلى 15 في المئة", "proportion", "percent", 0.1, "between", None),
        ("10-15% من السكان", "proportion", "percent", 0.1, "between", "السكان"),
        ("between 300 and 400 people", "count", None, 300, "between", "people"),
    ],
)  # fmt: skip
def test_reads(
    text: str, dimension: str, unit: str | None, value: float, bound: str, counted: str | None
) -> None:
    found = only(text)
    assert (found.dimension, found.unit, found.bound, found.counted) == (
        Dimension(dimension),
        unit,
        Bound(bound),
        counted,
    )
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "لا أحد في الشارع",
        "COVID-19",
        "كوفيد-19",
        "F-16",
        "القرار 2254",
        "الساعة 10:30",
        "فاز ريال مدريد 3-1 على برشلونة",
        "نصف نهائي البطولة",
        "زعيم طالبان",
        "وست هام",
        "one of them",
        "no one",
        "الدول الخمس",
        "https://example.org/2/12345",
        "50.\u200f940 دولار",
        "the third largest",
        "يسعى كل واحد منهم",
    ],
)
def test_what_only_looks_like_a_quantity(text: str) -> None:
    assert quantities(text) == ()


def test_a_rise_is_two_numbers_that_share_a_unit() -> None:
    low, high = quantities("ارتفع من 5 إلى 10 في المئة")
    assert (low.value, high.value) == (0.05, 0.1)
    assert low.dimension is high.dimension is Dimension.PROPORTION


def test_span_holds_bound_words_number_and_unit() -> None:
    text = "دفعت أكثر من 37 ألف شخص إلى الخروج من 4 كم²."
    spans = [text[found.start : found.end] for found in quantities(text)]
    assert spans == ["أكثر من 37 ألف", "4 كم²"]


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("37 شخصا", Interval(37, 37)),
        ("أقل من 1%", Interval(0, 0.01, high_open=True)),
        ("أكثر من 37 شخصا", Interval(37, math.inf, low_open=True)),
        ("37 شخصا على الأقل", Interval(37, math.inf)),
        ("بين 300 و400 شخص", Interval(300, 400)),
        ("مئات الأشخاص", Interval(200, 999)),
        ("معظم السكان", Interval(0.5, 1.0, low_open=True)),
    ],
)
def test_interval(text: str, interval: Interval) -> None:
    assert only(text).interval == interval


SUPPORTS, REFUTES, NEITHER = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("statement", "claim", "expected"),
    [
        ("أكثر من 37 ألف شخص", "37 ألف شخص", SUPPORTS),
        ("أكثر من 37 ألف شخص", "أكثر من 30 ألف شخص", SUPPORTS),
        ("أكثر من 37 ألف شخص", "عشرات الآلاف من الأشخاص", SUPPORTS),
        ("أكثر من 37 ألف شخص", "38 ألف شخص", NEITHER),
        ("أكثر من 37 ألف شخص", "45 ألف شخص", NEITHER),
        ("أكثر من 37 ألف شخص", "50 ألف شخص", REFUTES),
        ("أكثر من 37 ألف شخص", "نحو 50 ألف شخص", REFUTES),
        ("أكثر من 37 ألف شخص", "أكثر من 50 ألف شخص", REFUTES),
        ("أكثر من 37 ألف شخص", "3700 شخص", REFUTES),
        ("أكثر من 37 ألف شخص", "أقل من 30 ألف شخص", REFUTES),
        ("أكثر من 37 ألف شخص", "مئات الأشخاص", REFUTES),
        ("أكثر من 37 ألف شخص", "آلاف الأشخاص", NEITHER),
        ("يتخطى حاجز الـ80 دولارا", "يقل عن ٨٠ دولارا", REFUTES),
        ("أقل من واحد في المئة", "1%", SUPPORTS),
        ("أقل من واحد في المئة", "أقل من نصف المساحة", SUPPORTS),
        ("أقل من واحد في المئة", "0.5%", NEITHER),
        ("أقل من واحد في المئة", "2%", REFUTES),
        ("أقل من واحد في المئة", "10%", REFUTES),
        ("أقل من واحد في المئة", "نصف المساحة", REFUTES),
        ("أقل من واحد في المئة", "أكثر من 10%", REFUTES),
        ("أقل من واحد في المئة", "معظم الأراضي", REFUTES),
        ("ما يقارب 99,5 في المئة", "99.5%", SUPPORTS),
        ("ما يقارب 99,5 في المئة", "نحو 99.5%", SUPPORTS),
        ("ما يقارب 99,5 في المئة", "معظم الأراضي", SUPPORTS),
        ("ما يقارب 99,5 في المئة", "أكثر من 90%", SUPPORTS),
        ("ما يقارب 99,5 في المئة", "95%", REFUTES),
        ("99.5%", "95%", REFUTES),
        ("نحو 3400 عنصر", "3400 عنصر", SUPPORTS),
        ("نحو 3400 عنصر", "آلاف العناصر", SUPPORTS),
        ("نحو 3400 عنصر", "3500 عنصر", NEITHER),
        ("نحو 3400 عنصر", "340 عنصرا", REFUTES),
        ("نحو 3400 عنصر", "34 ألف عنصر", REFUTES),
        ("1670 دعوى", "مئات الدعاوى", NEITHER),
        ("37400 شخص", "37 ألف شخص", SUPPORTS),
        ("37 ألف شخص", "37400 شخص", NEITHER),
        ("37 شخصا", "38 شخصا", REFUTES),
        ("12 قتيلا", "10 قتلى", REFUTES),
        ("37 شخصا", "نحو 40 شخصا", SUPPORTS),
        ("37 شخصا", "نحو 60 شخصا", REFUTES),
        ("33%", "ثلث السكان", SUPPORTS),
        ("أربعة كيلومترات مربعة", "4 كم²", SUPPORTS),
        ("أربعة كيلومترات مربعة", "40 كم²", REFUTES),
        ("أربعة كيلومترات مربعة", "400 هكتار", SUPPORTS),
        ("بين 300 و400 شخص", "350 شخصا", NEITHER),
        ("350 شخصا", "بين 300 و400 شخص", SUPPORTS),
        ("بين 300 و400 شخص", "500 شخص", REFUTES),
        ("العامين الأخيرين", "سنتين", SUPPORTS),
        ("24 شهرا", "سنتين", SUPPORTS),
        ("10 ريالات سعودية", "10 ريالات", SUPPORTS),
        ("10 ريالات سعودية", "10 ريالات قطرية", NEITHER),
        ("10 دولارات", "10 يورو", NEITHER),
        ("37 شخصا", "37%", NEITHER),
        ("المرتبة الثالثة", "المرتبة الثانية", REFUTES),
    ],
)
def test_agreement(statement: str, claim: str, expected: tuple[bool, bool]) -> None:
    first, second = only(statement), only(claim)
    assert (entails(first, second), conflicts(first, second)) == expected


_BOUNDS = st.sampled_from([bound for bound in Bound if bound is not Bound.BETWEEN])
_QUANTITIES = st.builds(
    Quantity,
    dimension=st.sampled_from([Dimension.COUNT, Dimension.PROPORTION, Dimension.TEMPERATURE]),
    unit=st.none(),
    value=st.integers(-50, 1000).map(float) | st.floats(0, 1),
    bound=_BOUNDS,
    upper=st.none(),
    start=st.just(0),
    end=st.just(1),
    counted=st.none(),
    step=st.sampled_from([0.01, 1.0, 10.0]),
)


@given(_QUANTITIES, _QUANTITIES)
def test_nothing_is_both_borne_out_and_excluded(statement: Quantity, claim: Quantity) -> None:
    assert not (entails(statement, claim) and conflicts(statement, claim))


@given(_QUANTITIES)
def test_everything_bears_itself_out(quantity: Quantity) -> None:
    assert entails(quantity, quantity)


_PIECES = (
    *("بين", "3", "و5", "ملايين", "ألف", "مئة", "نصف", "من", "إلى", "-", "%", "أكثر", "واحد"),
    *("عشر", "the", "half", "of", "a", "10:30", "«45»", "دولار", "على", "الأقل", "رفع", "(", ")"),
)


@given(
    st.text()
    | st.text(alphabet="0123456789٠١٢۳٫٬,.%٪-()«»$/ و ألفمئةبينمنإلى ٍَ")
    | st.lists(
        st.sampled_from(
            _PIECES
        )
    ).map(" ".join)
)  # fmt: skip
def test_never_raises_and_spans_are_valid(text: str) -> None:
    for found in quantities(text):
        assert 0 <= found.start < found.end <= len(text)
        assert math.isfinite(found.value)
        assert found.step >= 0


@given(st.integers(3, 10**9).filter(lambda number: not 1900 <= number <= 2099))
def test_the_span_contains_the_number(number: int) -> None:
    text = f"قتل نحو {number} شخص في المدينة"
    found = only(text)
    assert str(number) in text[found.start : found.end]
    assert found.value == number


@pytest.mark.parametrize(
    "piece",
    [
        *("1 ", "1-", "1/", "ألف و", "نصف ", "بين 3 و", "a ", "1 000 ", "(", "فبراير/", "فبراير "),
        *(
            "square ",
            "1 square ",
            "من 1 إلى ",
            "the ",
            "كانون ",
            "2014 ",
            "ﷺ",
            "الأول ",
            "https://",
        ),
    ],
)
def test_long_hostile_text_is_read_only_so_far(piece: str) -> None:
    found = quantities(piece * 100_000)
    assert all(quantity.end <= MAX_CHARACTERS for quantity in found)
