"""Dates, years and weekdays, and when two of them cannot be the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement.calendar_points import Moment, MomentBound, moments_conflict, same_moment
from knowledge.agreement.dates import moments
from knowledge.agreement.quantities import quantities

Parts = tuple[int | None, int | None, int | None, int | None]


def only(text: str) -> Moment:
    found = moments(text)
    assert len(found) == 1, f"{text}: {found}"
    return found[0]


def parts(moment: Moment) -> Parts:
    return moment.year, moment.month, moment.day, moment.weekday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("التي أعلنها في العام 2014", (2014, None, None, None)),
        ("أعلن في 2014 إقامة الخلافة", (2014, None, None, None)),
        ("سنة ألفين وأربعة عشر", (2014, None, None, None)),
        ("عام ألف وتسعمئة وتسعين", (1990, None, None, None)),
        ("في عام ٢٠١٤م", (2014, None, None, None)),
        ("بدأته في أيلول/سبتمبر", (None, 9, None, None)),
        ("منذ مطلع كانون الأول/ديسمبر", (None, 12, None, None)),
        ("كانون الثاني (يناير) 2015", (2015, 1, None, None)),
        ("يوليو تموز 2009", (2009, 7, None, None)),
        ("7 فبراير 2019", (2019, 2, 7, None)),
        ("7 من فبراير 2019", (2019, 2, 7, None)),
        ("السابع من فبراير", (None, 2, 7, None)),
        ("الخامس والعشرين من يناير 2011", (2011, 1, 25, None)),
        ("٧ شباط ٢٠١٩", (2019, 2, 7, None)),
        ("12 دجنبر 2018", (2018, 12, 12, None)),
        ("3 جويلية 2018", (2018, 7, 3, None)),
        ("20 أوت 2018", (2018, 8, 20, None)),
        ("الخميس 7 فبراير 2019", (2019, 2, 7, 3)),
        ("السبت، على خط الجبهة", (None, None, None, 5)),
        ("والاثنين", (None, None, None, 0)),
        ("2019-02-07", (2019, 2, 7, None)),
        ("07/02/2019", (2019, 2, 7, None)),
        ("02/27/2019", (2019, 2, 27, None)),
        ("7.2.2019", (2019, 2, 7, None)),
        ("in 2014", (2014, None, None, None)),
        ("February 7, 2019", (2019, 2, 7, None)),
        ("7th of February 2019", (2019, 2, 7, None)),
        ("Dec. 14", (None, 12, 14, None)),
        ("Thursday, 7 February 2019", (2019, 2, 7, 3)),
        ("in May 2014", (2014, 5, None, None)),
        ("filming began in 1815.", (1815, None, None, None)),
        ("le 7 février 2019", (2019, 2, 7, None)),
        ("شهر رمضان", (None, None, None, None)),
        ("25 شوال 1436هـ", (None, None, None, None)),
        ("عام 1440هـ", (None, None, None, None)),
    ],
)
def test_reads_moments_and_leaves_no_quantity(text: str, expected: Parts) -> None:
    assert parts(only(text)) == expected
    assert quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("منذ مطلع كانون الأول/ديسمبر", MomentBound.SINCE),
        ("قبل عام 2014", MomentBound.BEFORE),
        ("بعد 7 فبراير", MomentBound.AFTER),
        ("وحتى نهاية 2018", MomentBound.UNTIL),
        ("since 2011", MomentBound.SINCE),
        ("في 2014", MomentBound.EXACT),
    ],
)
def test_bounds(text: str, bound: MomentBound) -> None:
    assert only(text).bound is bound


@pytest.mark.parametrize(
    "text",
    [
        "قتل 2014 شخصا",
        "أكثر من 2000 جندي",
        "2000 كيلومتر",
        "$2000",
        "القرار 1973",
        "1950 people",
        "2,014",
        "مارس ضغوطا على الحكومة",
        "قال أب لطفلين",
        "it may be",
        "they march",
        "لا أحد في الشارع",
        "خلال العامين الأخيرين",
        "شركة نيسان لصناعة السيارات",
    ],
)
def test_what_only_looks_like_a_moment(text: str) -> None:
    assert moments(text) == ()


def test_several() -> None:
    assert [m.year for m in moments("بين 2011 و2014 وموسم 2015/2016")] == [2011, 2014, 2015, 2016]
    assert [parts(m) for m in moments("من 5 إلى 7 فبراير 2019")] == [
        (2019, 2, 5, None),
        (2019, 2, 7, None),
    ]


@pytest.mark.parametrize(
    ("statement", "claim", "same", "conflict"),
    [
        ("في العام 2014", "في 2014", True, False),
        ("في العام 2014", "في 2015", False, True),
        ("7 فبراير 2019", "فبراير 2019", True, False),
        ("فبراير 2019", "7 فبراير 2019", False, False),
        ("7 فبراير 2019", "8 فبراير 2019", False, True),
        ("شباط", "فبراير", True, False),
        ("شباط", "آذار", False, True),
        ("فبراير 2019", "آذار", False, True),
        ("الخميس", "السبت", False, True),
        ("الخميس 7 فبراير 2019", "7 فبراير 2019", True, False),
        ("منذ 2014", "في 2014", True, False),
        ("منذ 2014", "في 2016", False, False),
        ("منذ 2014", "منذ 2015", False, True),
        ("قبل 2014", "في 2016", False, True),
        ("في 2016", "قبل 2014", False, True),
        ("الخميس", "2014", False, False),
        ("شهر رمضان", "شهر رمضان", False, False),
    ],
)
def test_comparison(statement: str, claim: str, same: bool, conflict: bool) -> None:
    first, second = only(statement), only(claim)
    assert (same_moment(first, second), moments_conflict(first, second)) == (same, conflict)


@given(st.integers(1900, 2099), st.integers(1, 12), st.integers(1, 28))
def test_numeric_orders_agree(year: int, month: int, day: int) -> None:
    iso = only(f"{year}-{month:02}-{day:02}")
    assert parts(iso) == (year, month, day, None)
    assert parts(only(f"{day:02}/{month:02}/{year}")) == parts(iso)


@given(st.text() | st.text(alphabet="0123456789٠١٢/-. ,فبرايرعام الخميس"))
def test_never_raises_and_spans_are_valid(text: str) -> None:
    for moment in moments(text):
        assert 0 <= moment.start < moment.end <= len(text)
