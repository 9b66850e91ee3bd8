"""The words that are shown as what sets a claim and a statement apart."""

import pytest

from knowledge.agreement.text_differences import Difference, find_difference


@pytest.mark.parametrize(
    ("claim", "statement", "expected"),
    [
        ("ارتفعت أسعار الخبز في المدينة", "انخفضت أسعار الخبز في المدينة", ("ارتفعت", "انخفضت")),
        ("وصل 300 عامل إلى الميناء", "وصل 70 عاملا إلى الميناء", ("300 عامل", "70 عاملا")),
        ("The bridge was opened in Tunis", "The bridge was opened in Cairo", ("Tunis", "Cairo")),
        ("المجلس وافق على القرار", "المجلس لم يوافق على القرار", ("وافق", "لم يوافق")),
        ("أُغلق الجسر", "أغلق الجسر", ("", "")),
    ],
)
def test_the_exchanged_words_are_named(
    claim: str, statement: str, expected: tuple[str, str]
) -> None:
    assert find_difference(claim, statement) == Difference(*expected)


def test_another_wording_of_everything_shows_a_few_words_only() -> None:
    found = find_difference("word " * 50, "كلمة " * 5000)
    assert len(found.claim.split()) <= 6
    assert len(found.statement.split()) <= 6


def test_what_is_shown_hides_nothing() -> None:
    assert "\u202e" not in find_difference("فتح \u202eالباب اليوم", "فتح الشباك اليوم").claim
